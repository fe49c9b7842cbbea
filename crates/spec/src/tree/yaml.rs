//! YAML into the tree: one document, scalars by YAML 1.2's core schema, aliases written out.

use std::collections::BTreeMap;
use std::ops::Range;

use granit_parser::{Event, Parser, ScalarStyle, Span, Tag};

use super::{Entry, MAX_DEPTH, MAX_NODES, Node, Table, Tree, too_deep};
use crate::diagnostic::Diagnostic;

/// Reads a study file.
pub(super) fn read(text: &str) -> Result<Node, Diagnostic> {
    read_as(text, Dialect::StudyFile)
}

/// What is taken for granted of a text.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Dialect {
    /// What means nothing to us is a mistake.
    StudyFile,
    /// Another program's file: its tags and merge keys are its own affair.
    Foreign,
}

pub(crate) fn read_as(text: &str, dialect: Dialect) -> Result<Node, Diagnostic> {
    let mut builder =
        Builder { text, dialect, open: Vec::new(), root: None, anchors: BTreeMap::new(), nodes: 0 };
    let mut documents = 0;
    for next in Parser::new_from_str(text) {
        let (event, span) = next.map_err(|error| {
            let at = error.marker().byte_offset().unwrap_or(text.len()).min(text.len());
            Diagnostic::error(at..at, error.info())
        })?;
        let at = span.byte_range().unwrap_or(0..0);
        if matches!(event, Event::DocumentStart(..)) {
            documents += 1;
            if documents > 1 {
                return Err(Diagnostic::error(
                    at,
                    "a second YAML document starts here; a study file is one document",
                ));
            }
        }
        builder.event(event, &span, at)?;
    }
    builder.root.ok_or_else(super::empty)
}

/// A table or list that is not closed yet.
struct Open {
    node: Node,
    anchor: usize,
    /// The key that waits for its value.
    key: Option<(String, Range<usize>)>,
}

struct Builder<'t> {
    text: &'t str,
    dialect: Dialect,
    open: Vec<Open>,
    root: Option<Node>,
    anchors: BTreeMap<usize, Node>,
    nodes: usize,
}

impl Builder<'_> {
    fn event(&mut self, event: Event<'_>, span: &Span, at: Range<usize>) -> Result<(), Diagnostic> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let value = match scalar(&text, style, tag.as_deref(), &at) {
                    Err(_) if self.dialect == Dialect::Foreign => Tree::Str(text.into_owned()),
                    other => other?,
                };
                self.complete(Node { value, span: at }, anchor)
            }
            Event::SequenceStart(_, anchor, _) => self.begin(Tree::List(Vec::new()), at, anchor),
            Event::MappingStart(_, anchor, _) => self.begin(Tree::Table(Table::new()), at, anchor),
            Event::SequenceEnd | Event::MappingEnd => self.end(at),
            Event::Alias(id) => {
                let node = self.anchors.get(&id).cloned();
                let node = node.ok_or_else(|| {
                    Diagnostic::error(at.clone(), "this alias refers to what is not complete")
                })?;
                let (count, depth) = node.extent();
                if self.open.len() + depth > MAX_DEPTH {
                    return Err(too_deep(at));
                }
                self.nodes += count;
                self.complete(Node { span: span.byte_range().unwrap_or(at), ..node }, 0)
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, value: Tree, at: Range<usize>, anchor: usize) -> Result<(), Diagnostic> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(at));
        }
        if matches!(self.open.last(), Some(Open { node: Node { value: Tree::Table(_), .. }, key: None, .. }))
        {
            return Err(Diagnostic::error(at, "a key is a text, not a list or table"));
        }
        self.open.push(Open { node: Node { value, span: at }, anchor, key: None });
        Ok(())
    }

    fn end(&mut self, at: Range<usize>) -> Result<(), Diagnostic> {
        let Some(open) = self.open.pop() else { return Ok(()) };
        let mut node = open.node;
        // A block's end event stands where the next thing begins: leave out the space before that.
        let end = at.end.clamp(node.span.start, self.text.len());
        let text = self.text.get(node.span.start..end).unwrap_or_default();
        node.span.end = node.span.start + text.trim_end().len();
        self.complete(node, open.anchor)
    }

    /// Puts a complete node where it belongs: the root, an element, a key, or a key's value.
    fn complete(&mut self, node: Node, anchor: usize) -> Result<(), Diagnostic> {
        self.nodes += 1;
        if self.nodes > MAX_NODES {
            return Err(Diagnostic::error(node.span, format!("the file holds more than {MAX_NODES} values")));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return Ok(());
        };
        match (&mut open.node.value, open.key.take()) {
            (Tree::Table(_), None) => {
                let name =
                    key_text(&node).ok_or_else(|| Diagnostic::error(node.span.clone(), "a key is a text"))?;
                if name == "<<" && self.dialect == Dialect::StudyFile {
                    return Err(Diagnostic::error(node.span, "`<<` (merge) is not part of YAML 1.2")
                        .help("repeat the keys, or give the whole table with an alias"));
                }
                open.key = Some((name, node.span));
            }
            (Tree::Table(table), Some((name, key))) => {
                if table.contains_key(&name) {
                    return Err(Diagnostic::error(key, format!("the key `{name}` is there twice")));
                }
                table.insert(name, Entry { key, node });
            }
            (Tree::List(items), _) => items.push(node),
            _ => {}
        }
        Ok(())
    }
}

impl Node {
    /// How many values it is made of, and how deeply they lie inside each other.
    fn extent(&self) -> (usize, usize) {
        let over = |(count, depth): (usize, usize), node: &Node| {
            let (inner, below) = node.extent();
            (count + inner, depth.max(below + 1))
        };
        match &self.value {
            Tree::List(items) => items.iter().fold((1, 1), over),
            Tree::Table(table) => table.values().map(|entry| &entry.node).fold((1, 1), over),
            _ => (1, 0),
        }
    }
}

fn key_text(node: &Node) -> Option<String> {
    match &node.value {
        Tree::Str(text) => Some(text.clone()),
        Tree::Int(number) => Some(number.to_string()),
        Tree::Bool(value) => Some(value.to_string()),
        _ => None,
    }
}

fn scalar(text: &str, style: ScalarStyle, tag: Option<&Tag>, at: &Range<usize>) -> Result<Tree, Diagnostic> {
    if let Some(tag) = tag {
        return match tag.core_suffix() {
            Some("str") => Ok(Tree::Str(text.to_owned())),
            Some("int" | "float" | "bool" | "null") => plain(text, at),
            _ => Err(Diagnostic::error(at.clone(), format!("the tag `{tag}` means nothing here"))),
        };
    }
    if style == ScalarStyle::Plain { plain(text, at) } else { Ok(Tree::Str(text.to_owned())) }
}

/// A plain scalar by the core schema: `yes` and `on` are text.
fn plain(text: &str, at: &Range<usize>) -> Result<Tree, Diagnostic> {
    let too_large = || Diagnostic::error(at.clone(), "this integer does not fit into 64 bits");
    Ok(match text {
        "" | "~" | "null" | "Null" | "NULL" => Tree::Null,
        "true" | "True" | "TRUE" => Tree::Bool(true),
        "false" | "False" | "FALSE" => Tree::Bool(false),
        ".nan" | ".NaN" | ".NAN" => Tree::Float(f64::NAN),
        ".inf" | ".Inf" | ".INF" | "+.inf" | "+.Inf" | "+.INF" => Tree::Float(f64::INFINITY),
        "-.inf" | "-.Inf" | "-.INF" => Tree::Float(f64::NEG_INFINITY),
        _ => {
            let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
            if let Some(digits) =
                text.strip_prefix("0x").filter(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit()))
            {
                Tree::Int(i64::from_str_radix(digits, 16).map_err(|_| too_large())?)
            } else if let Some(digits) =
                text.strip_prefix("0o").filter(|rest| rest.bytes().all(|b| (b'0'..b'8').contains(&b)))
            {
                Tree::Int(i64::from_str_radix(digits, 8).map_err(|_| too_large())?)
            } else if !unsigned.is_empty() && unsigned.bytes().all(|b| b.is_ascii_digit()) {
                Tree::Int(text.parse().map_err(|_| too_large())?)
            } else if is_float(unsigned) {
                Tree::Float(text.parse().map_err(|_| Diagnostic::error(at.clone(), "this is not a number"))?)
            } else {
                Tree::Str(text.to_owned())
            }
        }
    })
}

/// Whether a text is `(\.[0-9]+ | [0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`, the core schema's float without its sign.
fn is_float(text: &str) -> bool {
    let (mantissa, exponent) = match text.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent.strip_prefix(['-', '+']).unwrap_or(exponent))),
        None => (text, None),
    };
    let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let some = !whole.is_empty() || !fraction.is_empty();
    some && digits(whole)
        && digits(fraction)
        && exponent.is_none_or(|exponent| !exponent.is_empty() && digits(exponent))
}
