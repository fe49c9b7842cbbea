//! YAML runcards, edited in place: the tree knows the bytes of each value, and only those change. Each result is read
//! again; where it does not say what was meant, that is an error and not a wrong file.

use std::ops::Range;

use serde_json::Value as Json;

use super::{Change, KeyPath, Problem, Step};
use crate::source::{Format, Source};
use crate::tree::yaml::{Dialect, read_as};
use crate::tree::{Entry, Node, Table, Tree};

pub(super) fn write(text: &str, changes: &[Change]) -> Result<String, Problem> {
    let mut text = text.to_owned();
    for Change { path, value } in changes {
        let root = read(&text)?;
        let Some(edit) = edit(&text, &root, path, value.as_ref())? else { continue };
        let unsafe_place = || {
            let problem = "this part of the file cannot be edited safely; write it more plainly".to_owned();
            Problem::Path(path.to_string(), problem)
        };
        if text.get(edit.range.clone()).is_none() {
            return Err(unsafe_place());
        }
        text.replace_range(edit.range, &edit.new);
        if !read(&text).is_ok_and(|root| says(&root, path, value.as_ref())) {
            return Err(unsafe_place());
        }
    }
    Ok(text)
}

fn read(text: &str) -> Result<Node, Problem> {
    read_as(text, Dialect::Foreign).map_err(|problem| {
        let source = Source { name: String::new(), text: text.to_owned(), format: Format::Yaml };
        let line = problem.place(&source).map_or(String::new(), |place| format!(" (line {})", place.line));
        Problem::Syntax(format!("{}{line}", problem.message))
    })
}

/// Bytes to replace, and what with.
struct Edit {
    range: Range<usize>,
    new: String,
}

fn edit(text: &str, root: &Node, path: &KeyPath, value: Option<&Json>) -> Result<Option<Edit>, Problem> {
    let (parents, Some(last)) = path.split() else { return Ok(None) };
    let mut node = root;
    for step in parents {
        node = child(node, step, path)?;
    }
    match (last, &node.value) {
        (Step::Key(key), Tree::Table(table)) => Ok(match (table.get(key), value) {
            (Some(entry), Some(value)) => {
                own(node, &entry.node, path)?;
                Some(replaced(text, Some(&entry.key), &entry.node, value))
            }
            (Some(entry), None) => {
                own(node, &entry.node, path)?;
                Some(removed(text, node, table, key, entry))
            }
            (None, Some(value)) => Some(added(text, node, table, key, value)),
            (None, None) => None,
        }),
        (Step::Index(index), Tree::List(items)) => {
            let item = items.get(*index).ok_or_else(|| super::too_short(path, last, items.len()))?;
            own(node, item, path)?;
            match value {
                Some(value) => Ok(Some(replaced(text, None, item, value))),
                None => {
                    let problem = "an element of a list cannot be left out; set the whole list".to_owned();
                    Err(Problem::Path(path.to_string(), problem))
                }
            }
        }
        (Step::Key(_), _) => Err(Problem::shape(path, last, "table")),
        (Step::Index(_), _) => Err(Problem::shape(path, last, "list")),
    }
}

fn child<'n>(node: &'n Node, step: &Step, path: &KeyPath) -> Result<&'n Node, Problem> {
    let child = match (step, &node.value) {
        (Step::Key(key), Tree::Table(table)) => {
            let entry = table.get(key);
            &entry.ok_or_else(|| Problem::missing(path, key, table.keys().map(String::as_str)))?.node
        }
        (Step::Index(index), Tree::List(items)) => {
            items.get(*index).ok_or_else(|| super::too_short(path, step, items.len()))?
        }
        (Step::Key(_), _) => return Err(Problem::shape(path, step, "table")),
        (Step::Index(_), _) => return Err(Problem::shape(path, step, "list")),
    };
    own(node, child, path)?;
    Ok(child)
}

/// What an alias stands for is written elsewhere: changing it there would change it for others too.
fn own(node: &Node, child: &Node, path: &KeyPath) -> Result<(), Problem> {
    if node.span.start <= child.span.start && child.span.end <= node.span.end.max(child.span.start) {
        return Ok(());
    }
    Err(Problem::Path(
        path.to_string(),
        "it stands behind an alias (`*…`); write it out in the template".to_owned(),
    ))
}

fn replaced(text: &str, key: Option<&Range<usize>>, node: &Node, value: &Json) -> Edit {
    let new = scalar(value);
    let old = text.get(node.span.clone()).unwrap_or_default();
    let spread = !old.starts_with(['{', '[']) && matches!(node.value, Tree::Table(_) | Tree::List(_));
    match key {
        // A block of lines, or nothing at all: the new value stands on the key's line.
        Some(key) if spread || old.is_empty() => {
            let colon = text[key.end..].find(':').map_or(key.end, |colon| key.end + colon + 1);
            Edit { range: colon..node.span.end.max(colon), new: format!(" {new}") }
        }
        _ => Edit { range: node.span.clone(), new },
    }
}

fn removed(text: &str, parent: &Node, table: &Table, key: &str, entry: &Entry) -> Edit {
    let nothing = String::new;
    if table.len() == 1 {
        // A table without entries would become null.
        return Edit {
            range: parent.span.start..parent.span.end.max(entry.node.span.end),
            new: "{}".to_owned(),
        };
    }
    let position = table.get_index_of(key).unwrap_or(0);
    let next = table.get_index(position + 1).map(|(_, next)| next.key.start);
    let before = position
        .checked_sub(1)
        .and_then(|before| table.get_index(before))
        .map(|(_, before)| before.node.span.end);
    let end = entry.node.span.end.max(entry.key.end);
    let line = text[..entry.key.start].rfind('\n').map_or(0, |newline| newline + 1);
    let flow = text[parent.span.start..].starts_with('{');
    let shares_line = flow || !text[line..entry.key.start].trim().is_empty();
    match (shares_line, next, before) {
        // `- a: 1` or `{ a: 1, b: 2 }`: the next entry moves up.
        (true, Some(next), _) => Edit { range: entry.key.start..next, new: nothing() },
        (true, None, Some(before)) => Edit { range: before..end, new: nothing() },
        _ => {
            let line_end = text[end..].find('\n').map_or(text.len(), |newline| end + newline + 1);
            Edit { range: line..line_end, new: nothing() }
        }
    }
}

fn added(text: &str, parent: &Node, table: &Table, key: &str, value: &Json) -> Edit {
    let written = format!("{}: {}", scalar(&Json::from(key)), scalar(value));
    let flow = text[parent.span.start..].starts_with('{');
    let Some((_, last)) = table.last() else {
        return Edit { range: parent.span.clone(), new: format!("{{{written}}}") };
    };
    let end = last.node.span.end.max(last.key.end);
    if flow {
        return Edit { range: end..end, new: format!(", {written}") };
    }
    // The column of the other keys, which may stand behind a `- `.
    let line = text[..last.key.start].rfind('\n').map_or(0, |newline| newline + 1);
    let indent = text[line..last.key.start].chars().count();
    let line_end = text[end..].find('\n').map_or(text.len(), |newline| end + newline);
    Edit { range: line_end..line_end, new: format!("\n{}{written}", " ".repeat(indent)) }
}

/// A value on one line: lists and tables in flow style.
fn scalar(value: &Json) -> String {
    match value {
        Json::Null => "null".to_owned(),
        Json::Bool(value) => value.to_string(),
        Json::Number(number) => match number.as_f64() {
            Some(x) if number.is_f64() => float(x),
            _ => number.to_string(),
        },
        Json::String(text) if is_plain(text) => text.clone(),
        Json::String(text) => Json::from(text.as_str()).to_string(),
        Json::Array(items) => format!("[{}]", items.iter().map(scalar).collect::<Vec<_>>().join(", ")),
        Json::Object(table) => {
            let entry = |(key, value): (&String, &Json)| {
                format!("{}: {}", scalar(&Json::from(key.as_str())), scalar(value))
            };
            format!("{{{}}}", table.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
    }
}

/// A float that YAML 1.1 (PyYAML) reads as one too: with a point, and a sign in the exponent (invariant NUMBERS).
pub(super) fn float(x: f64) -> String {
    if x.is_nan() {
        return ".nan".to_owned();
    }
    if x.is_infinite() {
        return if x > 0.0 { ".inf" } else { "-.inf" }.to_owned();
    }
    if x == 0.0 || (1e-4..1e16).contains(&x.abs()) {
        return format!("{x:?}");
    }
    let written = format!("{x:e}");
    let Some((mantissa, exponent)) = written.split_once('e') else { return written };
    let point = if mantissa.contains('.') { "" } else { ".0" };
    let (sign, digits) = exponent.strip_prefix('-').map_or(('+', exponent), |digits| ('-', digits));
    format!("{mantissa}{point}e{sign}{digits:0>2}")
}

/// Whether a text needs no quotes in YAML of any version.
fn is_plain(text: &str) -> bool {
    const WORDS: [&str; 10] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan"];
    text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_' || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "_./-".contains(c))
        && !WORDS.contains(&text.to_ascii_lowercase().as_str())
}

/// Whether the file now says what was asked for.
fn says(root: &Node, path: &KeyPath, wanted: Option<&Json>) -> bool {
    let mut node = root;
    for step in &path.0 {
        let child = match (step, &node.value) {
            (Step::Key(key), Tree::Table(table)) => table.get(key).map(|entry| &entry.node),
            (Step::Index(index), Tree::List(items)) => items.get(*index),
            _ => None,
        };
        match child {
            Some(child) => node = child,
            None => return wanted.is_none(),
        }
    }
    wanted.is_some_and(|wanted| same(&node.value, wanted))
}

fn same(found: &Tree, wanted: &Json) -> bool {
    match (found, wanted) {
        (Tree::Null, Json::Null) => true,
        (Tree::Bool(a), Json::Bool(b)) => a == b,
        (Tree::Int(a), Json::Number(b)) => b.as_i64() == Some(*a),
        (Tree::Float(a), Json::Number(b)) => b.as_f64() == Some(*a),
        (Tree::Str(a), Json::String(b)) => a == b,
        (Tree::List(a), Json::Array(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(&a.value, b))
        }
        (Tree::Table(a), Json::Object(b)) => {
            a.len() == b.len() && b.iter().all(|(key, b)| a.get(key).is_some_and(|a| same(&a.node.value, b)))
        }
        _ => false,
    }
}
