//! One tree for three formats. Each value knows the bytes it was read from, so that an error found much later still
//! shows its line.

mod json;
mod toml;
pub(crate) mod yaml;

use std::ops::Range;

use indexmap::IndexMap;

use crate::diagnostic::Diagnostic;
use crate::source::Format;

/// The largest file that is read, in bytes.
pub(crate) const MAX_BYTES: usize = 4 << 20;
/// How deeply tables and lists may lie inside each other; what bounds recursion over the tree.
const MAX_DEPTH: usize = 64;
/// The most values of one file, YAML's aliases written out: an alias of aliases grows without end.
const MAX_NODES: usize = 200_000;

/// A value and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) value: Tree,
    pub(crate) span: Range<usize>,
}

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Tree {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Str(String),
    List(Vec<Node>),
    Table(Table),
}

/// A table in the order of the file.
pub(crate) type Table = IndexMap<String, Entry>;

/// A key's place and its value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) key: Range<usize>,
    pub(crate) node: Node,
}

/// Reads a text into a tree whose root is a table.
pub(crate) fn read(text: &str, format: Format) -> Result<Node, Vec<Diagnostic>> {
    if text.len() > MAX_BYTES {
        let message = format!("the file is too long for a study file: it has more than {MAX_BYTES} bytes");
        return Err(vec![Diagnostic::whole(message)]);
    }
    if let Some(nul) = text.find('\0') {
        return Err(vec![Diagnostic::error(nul..nul + 1, "this is not text: it holds a NUL character")]);
    }
    let root = match format {
        Format::Toml => toml::read(text)?,
        Format::Yaml => yaml::read(text).map_err(|error| vec![error])?,
        Format::Json => json::read(text).map_err(|error| vec![error])?,
    };
    match root.value {
        Tree::Table(_) => Ok(root),
        Tree::Null => Err(vec![empty()]),
        other => {
            let message = format!("the file holds {}, not a table of settings", other.described());
            Err(vec![
                Diagnostic::error(root.span, message).help("it starts with keys such as `name` and `space`"),
            ])
        }
    }
}

/// The error for a file without anything in it.
pub(crate) fn empty() -> Diagnostic {
    Diagnostic::whole("the file is empty").help("`ravine init -- COMMAND` writes a first study file")
}

fn too_deep(span: Range<usize>) -> Diagnostic {
    Diagnostic::error(
        span,
        format!("this is nested too deeply: at most {MAX_DEPTH} tables and lists inside each other"),
    )
}

impl Tree {
    /// What it is, for messages.
    pub(crate) fn described(&self) -> String {
        match self {
            Tree::Null => "nothing".to_owned(),
            Tree::Bool(value) => format!("`{value}`"),
            Tree::Int(value) => format!("the integer {value}"),
            Tree::Float(value) => format!("the float {value}"),
            Tree::Str(value) if value.chars().count() > 40 => "a text".to_owned(),
            Tree::Str(value) => format!("the text {value:?}"),
            Tree::List(_) => "a list".to_owned(),
            Tree::Table(_) => "a table".to_owned(),
        }
    }
}

impl Node {
    /// The table, where it is one.
    pub(crate) fn table(&self) -> Option<&Table> {
        match &self.value {
            Tree::Table(table) => Some(table),
            _ => None,
        }
    }

    /// The elements, where it is a list.
    pub(crate) fn list(&self) -> Option<&[Node]> {
        match &self.value {
            Tree::List(items) => Some(items),
            _ => None,
        }
    }

    /// The text, where it is one.
    pub(crate) fn text(&self) -> Option<&str> {
        match &self.value {
            Tree::Str(text) => Some(text),
            _ => None,
        }
    }

    /// The value under a key.
    pub(crate) fn get(&self, key: &str) -> Option<&Entry> {
        self.table()?.get(key)
    }

    /// Where a key path such as `space.optimizer.choice[0].momentum` stands: the key for a table's entry, the value for
    /// a list's element; the deepest part that exists. Parts match greedily, so that keys with dots are found too.
    pub(crate) fn find(&self, path: &str) -> Found<'_> {
        let mut found = Found { node: self, key: None };
        let mut rest = path;
        while !rest.is_empty() {
            let Some((next, left)) = found.node.step(rest) else { break };
            found = next;
            rest = left.strip_prefix('.').unwrap_or(left);
        }
        found
    }

    fn step<'p>(&self, path: &'p str) -> Option<(Found<'_>, &'p str)> {
        if let Some(rest) = path.strip_prefix('[') {
            let (index, rest) = rest.split_once(']')?;
            let node = self.list()?.get(index.parse::<usize>().ok()?)?;
            return Some((Found { node, key: None }, rest));
        }
        let ends = |key: &str| matches!(path.as_bytes().get(key.len()), None | Some(b'.' | b'['));
        let table = self.table()?;
        let matching = table.iter().filter(|(key, _)| path.starts_with(key.as_str()) && ends(key));
        let (key, entry) = matching.max_by_key(|(key, _)| key.len())?;
        Some((Found { node: &entry.node, key: Some(&entry.key) }, &path[key.len()..]))
    }

    /// Takes the entry under a key out.
    pub(crate) fn remove(&mut self, key: &str) -> Option<Entry> {
        match &mut self.value {
            Tree::Table(table) => table.shift_remove(key),
            _ => None,
        }
    }
}

/// What a key path leads to.
pub(crate) struct Found<'a> {
    pub(crate) node: &'a Node,
    pub(crate) key: Option<&'a Range<usize>>,
}

impl Found<'_> {
    /// Where a caret belongs: the value, or the key of what is spread over lines.
    pub(crate) fn span(&self) -> Range<usize> {
        let spread = match &self.node.value {
            Tree::Table(_) => true,
            Tree::List(items) => items.iter().any(|item| matches!(item.value, Tree::Table(_))),
            _ => false,
        };
        match self.key {
            Some(key) if spread => key.clone(),
            _ => self.node.span.clone(),
        }
    }
}
