//! Tables whose keys depend on their name (`[sampler]`, `[pruner]`): where in them a mistake is.
//!
//! They are read by way of JSON, so that the place of a mistake is found by the words of serde's message.

use serde::de::DeserializeOwned;
use space::Json;

use super::Loader;
use crate::de;
use crate::diagnostic::Diagnostic;
use crate::tree::{Entry, Node, Table, Tree};

impl Loader<'_> {
    /// Reads the table at `key`; says what is wrong where that cannot be. `usual` is a name that one may have.
    pub(super) fn options<T: DeserializeOwned>(&mut self, key: &str, usual: &str, table: &Json) -> Option<T> {
        let odd = self.odd_numbers(key);
        if !odd.is_empty() {
            self.problems.extend(odd);
            return None;
        }
        let read = serde_json::from_value(table.clone());
        let problem = |error: &serde_json::Error| self.option_problem(key, usual, &error.to_string());
        let problem = read.as_ref().err().map(problem);
        self.problems.extend(problem);
        read.ok()
    }

    /// What serde says of the table at `key`, and where.
    fn option_problem(&self, key: &str, usual: &str, message: &str) -> Diagnostic {
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        let Some(table) = self.root.get(key).and_then(|entry| entry.node.table()) else {
            return Diagnostic::error(self.at(key), "this is not a table")
                .help(format!("write [{key}] and below it `name = \"{usual}\"`"));
        };
        let (first, known) =
            quoted.split_first().map_or((&"", [].as_slice()), |(first, known)| (first, known));
        let help = Some(de::suggestion(first, known)).filter(|_| !known.is_empty());
        if message.starts_with("unknown field")
            && let Some((table, entry)) = within(table, first)
        {
            let name = table.get("name").and_then(|entry| entry.node.text()).unwrap_or("of this name");
            return Diagnostic::error(
                entry.key.clone(),
                format!("the {key} `{name}` has no option `{first}`"),
            )
            .maybe_help(help);
        }
        if message.starts_with("unknown variant") {
            let said = tables(table).into_iter().flat_map(Table::iter);
            let mut said = said.filter(|(_, entry)| entry.node.text() == Some(first));
            let (at, problem) = match said.next() {
                Some((option, entry)) if option != "name" => {
                    (entry.node.span.clone(), format!("the option `{option}` cannot be `{first}`"))
                }
                Some((_, entry)) => (entry.node.span.clone(), format!("there is no {key} `{first}`")),
                None => (self.at(&format!("{key}.name")), format!("there is no {key} `{first}`")),
            };
            return Diagnostic::error(at, problem).maybe_help(help);
        }
        if message.starts_with("missing field") && *first != "name" {
            return Diagnostic::error(
                self.at(&format!("{key}.name")),
                format!("the option `{first}` is missing"),
            );
        }
        if message.starts_with("missing field") {
            return Diagnostic::error(self.at(key), format!("the {key}'s name is missing"))
                .help(format!("write `name = \"{usual}\"`"));
        }
        let values = tables(table).into_iter().flat_map(Table::values);
        let culprit = values.filter(|entry| !matches!(entry.node.value, Tree::Table(_)));
        let at = culprit.into_iter().find(|entry| mentions(message, &entry.node));
        let at = at.map_or_else(|| self.at(key), |entry| entry.node.span.clone());
        let types = ["invalid type: ", "invalid value: "].iter().find_map(|kind| message.strip_prefix(kind));
        match types.and_then(|types| types.split_once(", expected ")) {
            Some((found, wanted)) => {
                Diagnostic::error(at, format!("this is {found}, not {}", de::wanted(wanted)))
            }
            None => Diagnostic::error(at, message.to_owned()),
        }
    }

    /// Options are read by way of JSON, which has no such numbers.
    fn odd_numbers(&self, key: &str) -> Vec<Diagnostic> {
        let table = self.root.get(key).and_then(|entry| entry.node.table());
        let values = table.into_iter().flat_map(tables).flat_map(Table::values).map(|entry| &entry.node);
        let odd = |node: &&Node| matches!(node.value, Tree::Float(number) if !number.is_finite());
        let problem = |node: &Node| Diagnostic::error(node.span.clone(), "this is not a finite number");
        values.filter(odd).map(problem).collect()
    }

    /// A message of what was built from the table at `key`, beside the option that it names.
    pub(super) fn unsuitable(&self, key: &str, message: String) -> Diagnostic {
        let words: Vec<&str> = message.split(|c: char| !(c.is_alphanumeric() || c == '_')).collect();
        let table = self.root.get(key).and_then(|entry| entry.node.table());
        let options =
            table.into_iter().flat_map(tables).flat_map(Table::iter).filter(|(name, _)| *name != "name");
        let named =
            options.min_by_key(|(name, _)| words.iter().position(|word| word == name).unwrap_or(usize::MAX));
        let named = named.filter(|(name, _)| words.contains(&name.as_str()));
        let at = named.map_or_else(|| self.at(&format!("{key}.name")), |(_, entry)| entry.node.span.clone());
        Diagnostic::error(at, message)
    }
}

/// A table and those inside it.
fn tables(table: &Table) -> Vec<&Table> {
    let inner = table.values().filter_map(|entry| entry.node.table()).flat_map(tables);
    std::iter::once(table).chain(inner).collect()
}

/// The entry of this name in a table or in those inside it, and the table.
fn within<'t>(table: &'t Table, name: &str) -> Option<(&'t Table, &'t Entry)> {
    tables(table).into_iter().find_map(|table| Some((table, table.get(name)?)))
}

/// Whether serde's message is about this value: it shows it.
fn mentions(message: &str, node: &Node) -> bool {
    let shown = match &node.value {
        Tree::Str(text) => format!("string {text:?}"),
        Tree::Int(value) => format!("integer `{value}`"),
        Tree::Float(value) => format!("floating point `{value}`"),
        Tree::Bool(value) => format!("boolean `{value}`"),
        Tree::List(_) => "sequence".to_owned(),
        Tree::Table(_) => "map".to_owned(),
        Tree::Null => "null".to_owned(),
    };
    message.contains(&shown)
}
