//! TOML into the tree.

use std::ops::Range;

use ::toml::Spanned;
use ::toml::de::{DeTable, DeValue};

use super::{Entry, MAX_DEPTH, Node, Table, Tree, too_deep};
use crate::diagnostic::Diagnostic;

pub(super) fn read(text: &str) -> Result<Node, Vec<Diagnostic>> {
    let (root, errors) = DeTable::parse_recoverable(text);
    if !errors.is_empty() {
        return Err(errors.into_iter().map(|error| syntax(&error)).collect());
    }
    if root.get_ref().is_empty() {
        return Err(vec![super::empty()]);
    }
    let span = root.span();
    table(root.into_inner(), span, 0).map_err(|error| vec![error])
}

fn syntax(error: &::toml::de::Error) -> Diagnostic {
    let message = error.message().trim().replace('\n', ", ");
    match error.span() {
        Some(span) => Diagnostic::error(span, message),
        None => Diagnostic::whole(message),
    }
}

fn table(entries: DeTable<'_>, span: Range<usize>, depth: usize) -> Result<Node, Diagnostic> {
    if depth > MAX_DEPTH {
        return Err(too_deep(span));
    }
    let mut table = Table::new();
    for (key, value) in entries {
        let key_span = key.span();
        let node = node(value, depth)?;
        table.insert(key.into_inner().into_owned(), Entry { key: key_span, node });
    }
    Ok(Node { value: Tree::Table(table), span })
}

fn node(value: Spanned<DeValue<'_>>, depth: usize) -> Result<Node, Diagnostic> {
    let span = value.span();
    let value = match value.into_inner() {
        DeValue::Boolean(value) => Tree::Bool(value),
        DeValue::String(value) => Tree::Str(value.into_owned()),
        DeValue::Float(value) => match value.as_str().parse() {
            Ok(number) => Tree::Float(number),
            Err(_) => return Err(Diagnostic::error(span, "this is not a number")),
        },
        DeValue::Integer(value) => match i64::from_str_radix(value.as_str(), value.radix()) {
            Ok(number) => Tree::Int(number),
            Err(_) => return Err(Diagnostic::error(span, "this integer does not fit into 64 bits")),
        },
        DeValue::Datetime(_) => {
            return Err(
                Diagnostic::error(span, "a study file has no dates").help("write it as text, in quotes")
            );
        }
        DeValue::Array(items) => {
            if depth >= MAX_DEPTH {
                return Err(too_deep(span));
            }
            Tree::List(items.into_iter().map(|item| node(item, depth + 1)).collect::<Result<_, _>>()?)
        }
        DeValue::Table(entries) => return table(entries, span, depth + 1),
    };
    Ok(Node { value, span })
}
