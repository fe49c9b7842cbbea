//! JSON into the tree. serde_json judges the syntax (and bounds the nesting); what is left here is to find the places,
//! which it does not tell.

use std::ops::Range;

use serde::de::IgnoredAny;

use super::{Entry, MAX_DEPTH, Node, Table, Tree, too_deep};
use crate::diagnostic::Diagnostic;

pub(super) fn read(text: &str) -> Result<Node, Diagnostic> {
    if text.trim().is_empty() {
        return Err(super::empty());
    }
    if let Err(error) = serde_json::from_str::<IgnoredAny>(text) {
        return Err(syntax(text, &error));
    }
    Reader { text, at: 0 }.value(0)
}

fn syntax(text: &str, error: &serde_json::Error) -> Diagnostic {
    let line: usize = text.split_inclusive('\n').take(error.line().saturating_sub(1)).map(str::len).sum();
    // serde_json counts the column in bytes, and from 1.
    let at = (line + error.column().saturating_sub(1)).min(text.len());
    let message = error.to_string();
    let message = message.split(" at line ").next().unwrap_or(&message);
    let end = text[at..].chars().next().map_or(at, |c| at + c.len_utf8());
    Diagnostic::error(at..end, message.to_owned())
}

/// Walks over a text that is known to be JSON.
struct Reader<'a> {
    text: &'a str,
    at: usize,
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Result<Node, Diagnostic> {
        self.space();
        let start = self.at;
        let value = match self.byte() {
            Some(b'{') => self.table(depth)?,
            Some(b'[') => self.list(depth)?,
            Some(b'"') => Tree::Str(self.string()?.0),
            _ => self.scalar()?,
        };
        Ok(Node { value, span: start..self.at })
    }

    fn table(&mut self, depth: usize) -> Result<Tree, Diagnostic> {
        self.enter(depth)?;
        let mut table = Table::new();
        loop {
            self.space();
            if self.took(b'}') {
                return Ok(Tree::Table(table));
            }
            let (name, key) = self.string()?;
            self.space();
            self.took(b':');
            let node = self.value(depth + 1)?;
            if table.contains_key(&name) {
                return Err(Diagnostic::error(key, format!("the key `{name}` is there twice")));
            }
            table.insert(name, Entry { key, node });
            self.space();
            self.took(b',');
        }
    }

    fn list(&mut self, depth: usize) -> Result<Tree, Diagnostic> {
        self.enter(depth)?;
        let mut items = Vec::new();
        loop {
            self.space();
            if self.took(b']') {
                return Ok(Tree::List(items));
            }
            items.push(self.value(depth + 1)?);
            self.space();
            self.took(b',');
        }
    }

    fn string(&mut self) -> Result<(String, Range<usize>), Diagnostic> {
        let start = self.at;
        let bytes = self.text.as_bytes();
        let mut end = start + 1;
        while let Some(byte) = bytes.get(end) {
            match byte {
                b'"' => break,
                b'\\' => end += 2,
                _ => end += 1,
            }
        }
        self.at = (end + 1).min(bytes.len());
        let span = start..self.at;
        let read = self.text.get(span.clone()).and_then(|text| serde_json::from_str(text).ok());
        read.map(|text| (text, span.clone())).ok_or_else(|| lost(span))
    }

    fn scalar(&mut self) -> Result<Tree, Diagnostic> {
        let start = self.at;
        let rest = &self.text[start..];
        let length = rest.find(|c: char| ",]}".contains(c) || c.is_ascii_whitespace()).unwrap_or(rest.len());
        self.at += length;
        let span = start..self.at;
        Ok(match &rest[..length] {
            "null" => Tree::Null,
            "true" => Tree::Bool(true),
            "false" => Tree::Bool(false),
            number => match number.parse::<i64>() {
                Ok(number) => Tree::Int(number),
                Err(_) if number.bytes().all(|b| b.is_ascii_digit() || b == b'-') => {
                    return Err(Diagnostic::error(span, "this integer does not fit into 64 bits"));
                }
                Err(_) => Tree::Float(number.parse().map_err(|_| lost(span))?),
            },
        })
    }

    fn enter(&mut self, depth: usize) -> Result<(), Diagnostic> {
        let start = self.at;
        self.at += 1;
        if depth > MAX_DEPTH { Err(too_deep(start..start + 1)) } else { Ok(()) }
    }

    fn space(&mut self) {
        while self.byte().is_some_and(|byte| byte.is_ascii_whitespace()) {
            self.at += 1;
        }
    }

    fn took(&mut self, byte: u8) -> bool {
        let found = self.byte() == Some(byte);
        self.at += usize::from(found);
        found
    }

    fn byte(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }
}

fn lost(span: Range<usize>) -> Diagnostic {
    Diagnostic::error(span, "this cannot be read")
}
