//! Lines for the shell. Each placeholder's value is quoted by where it stands, so that no value is ever read as shell
//! syntax: bare, between `'…'`, or between `"…"`.

use super::{Outcome, Part, Placeholder, RenderError, Template, TemplateError, Values};

/// A line for `/bin/sh -c` with placeholders.
///
/// Quoting follows the line's own quotes, `'`, `"` and `\`. Placeholders inside here-documents or comments are quoted as
/// bare words.
#[derive(Clone, Debug, PartialEq)]
pub struct ShellTemplate {
    template: Template,
    /// For each placeholder, where it stands.
    quotes: Vec<Quotes>,
}

/// The quotes around a place in a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Quotes {
    Bare,
    Single,
    Double,
}

impl ShellTemplate {
    /// Reads a line.
    ///
    /// # Errors
    /// As [`Template::parse`].
    pub fn parse(text: &str) -> Result<ShellTemplate, TemplateError> {
        let template = Template::parse(text)?;
        let mut state = Quotes::Bare;
        let mut quotes = Vec::new();
        for part in &template.parts {
            match part {
                Part::Text(text) => state = after(text, state),
                Part::Hole(_) => quotes.push(state),
            }
        }
        Ok(ShellTemplate { template, quotes })
    }

    pub(super) fn unformatted(&self, of: &dyn Fn(&str) -> bool) -> ShellTemplate {
        ShellTemplate { template: self.template.unformatted(of), quotes: self.quotes.clone() }
    }

    /// The placeholders in their order.
    pub fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.template.placeholders()
    }

    /// Puts the values in, each quoted.
    ///
    /// # Errors
    /// As [`Template::render`].
    pub fn render(&self, values: &dyn Values) -> Result<Outcome, RenderError> {
        let mut line = String::new();
        let mut quotes = self.quotes.iter();
        for part in &self.template.parts {
            match part {
                Part::Text(literal) => line += literal,
                Part::Hole(placeholder) => {
                    let Some(value) = placeholder.text(values)? else {
                        return Ok(Outcome::Inactive(placeholder.name.clone()));
                    };
                    line += &match quotes.next().unwrap_or(&Quotes::Bare) {
                        Quotes::Bare => quoted(&value),
                        Quotes::Single => value.replace('\'', r"'\''"),
                        Quotes::Double => escaped(&value),
                    };
                }
            }
        }
        Ok(Outcome::Text(line))
    }
}

/// The quotes that are open after a text.
fn after(text: &str, mut state: Quotes) -> Quotes {
    let mut chars = text.chars();
    while let Some(c) = chars.next() {
        state = match (state, c) {
            (Quotes::Bare | Quotes::Double, '\\') => {
                chars.next();
                state
            }
            (Quotes::Bare, '\'') => Quotes::Single,
            (Quotes::Bare, '"') => Quotes::Double,
            (Quotes::Single, '\'') | (Quotes::Double, '"') => Quotes::Bare,
            _ => state,
        };
    }
    state
}

/// A value as one bare word of the shell.
pub(super) fn quoted(value: &str) -> String {
    let safe = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    if !value.is_empty() && value.chars().all(safe) {
        return value.to_owned();
    }
    format!("'{}'", value.replace('\'', r"'\''"))
}

/// A value between double quotes.
fn escaped(value: &str) -> String {
    let mut text = String::new();
    for c in value.chars() {
        if matches!(c, '$' | '`' | '"' | '\\') {
            text.push('\\');
        }
        text.push(c);
    }
    text
}
