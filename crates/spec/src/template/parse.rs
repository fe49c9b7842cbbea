//! From text to placeholders.

use std::ops::Range;

use super::format::Spec;
use super::{Part, Placeholder, Template};

/// What is wrong with a text with placeholders, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct TemplateError {
    /// What is wrong.
    pub message: String,
    /// The bytes of the text that it is about.
    pub span: Range<usize>,
    /// What would be right.
    pub hint: Option<String>,
}

impl TemplateError {
    pub(super) fn new(span: Range<usize>, message: impl Into<String>, hint: &str) -> TemplateError {
        TemplateError { message: message.into(), span, hint: Some(hint.to_owned()) }
    }
}

pub(super) fn parse(text: &str) -> Result<Template, TemplateError> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(c) = text[at..].chars().next() {
        let doubled = text[at + c.len_utf8()..].starts_with(c);
        match c {
            '{' | '}' if doubled => {
                literal.push(c);
                at += 2;
            }
            '{' => {
                let Some(length) = text[at..].find('}') else {
                    let hint = "close it with `}`, or write `{{` for a literal brace";
                    return Err(TemplateError::new(at..text.len(), "this placeholder is not closed", hint));
                };
                if !literal.is_empty() {
                    parts.push(Part::Text(std::mem::take(&mut literal)));
                }
                parts.push(Part::Hole(placeholder(&text[at + 1..at + length], at)?));
                at += length + 1;
            }
            '}' => {
                let hint = "write `}}` for a literal brace";
                return Err(TemplateError::new(at..at + 1, "this brace closes no placeholder", hint));
            }
            _ => {
                literal.push(c);
                at += c.len_utf8();
            }
        }
    }
    if !literal.is_empty() {
        parts.push(Part::Text(literal));
    }
    Ok(Template { parts })
}

/// `name[:format][|default]`, whose brace opens at `start`.
fn placeholder(inner: &str, start: usize) -> Result<Placeholder, TemplateError> {
    let span = start..start + inner.len() + 2;
    let (rest, default) = match inner.split_once('|') {
        Some((rest, default)) => (rest, Some(default.to_owned())),
        None => (inner, None),
    };
    let (name, format) = match rest.split_once(':') {
        Some((name, format)) => (name, Some(format)),
        None => (rest, None),
    };
    let name = name.trim();
    if name.is_empty() || name.contains(['{', '"', '\'', '\n']) {
        let hint = "a placeholder is `{name}`; write `{{` and `}}` for literal braces";
        return Err(TemplateError::new(span, "this is not the name of a placeholder", hint));
    }
    let spec = match format.map(Spec::parse) {
        None => None,
        Some(Some(spec)) => Some(spec),
        Some(None) => {
            let message = format!("`{}` is not a format", format.unwrap_or_default());
            let hint =
                "known are `:.6f`, `:.3e`, `:.4g`, `:05d`, and a separator such as `:,` to join a list";
            return Err(TemplateError::new(span, message, hint));
        }
    };
    Ok(Placeholder { name: name.to_owned(), spec, default, span })
}
