//! What changed between two study files, and whether a study can go on with it.

use std::fmt;

use serde_json::Value as Json;

use crate::study_file::StudyFile;
use crate::tree::{self, Node, Tree};

/// A key whose value is another one now.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// The key's path: `stop.trials`, `space.lr.float`, `stage[0].run`.
    pub key: String,
    /// The earlier value; `None` where the key is new.
    pub old: Option<Json>,
    /// The value now; `None` where the key is gone.
    pub new: Option<Json>,
    /// What it is about.
    pub class: Class,
}

/// What a key is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Class {
    /// When the study ends: may change.
    Budget,
    /// Where and how runs go, without a bearing on their results: may change.
    Executor,
    /// Which study this is: its name, seed, store.
    Study,
    /// What can be tried.
    Space,
    /// What is good.
    Objective,
    /// How to look.
    Sampler,
    /// What is run.
    Stage,
}

impl Class {
    /// Whether a study can go on with such a change; with others, earlier results would not belong to later ones.
    pub fn may_change(self) -> bool {
        matches!(self, Class::Budget | Class::Executor)
    }

    fn of(key: &str) -> Class {
        let mut parts = key.split(['.', '[']);
        match parts.next().unwrap_or_default() {
            "stop" | "limits" => Class::Budget,
            // What is kept, told and noted says nothing about results.
            "executor" | "keep" | "on" | "metrics" | "record" => Class::Executor,
            "space" | "space_constraint" => Class::Space,
            "objective" | "constraint" => Class::Objective,
            "sampler" | "transfer" | "pruner" | "point" | "duplicates" => Class::Sampler,
            // How much of a log is kept, where and how often a run is tried say nothing about results.
            "stage" if matches!(parts.nth(1), Some(key) if OF_PLACE.contains(&key)) => Class::Executor,
            "stage" | "setup" | "repeat" => Class::Stage,
            _ => Class::Study,
        }
    }
}

/// Keys of a stage that are about where and how its runs go.
const OF_PLACE: [&str; 9] =
    ["log_limit", "grace", "memory", "resources", "pin", "priority", "retries", "backoff", "pool"];

impl Change {
    /// The top-level key that it is below: `stop`, `space`, `stage`.
    pub fn topic(&self) -> &str {
        self.key.split(['.', '[']).next().unwrap_or_default()
    }
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.old, &self.new) {
            (Some(old), Some(new)) => write!(f, "{}: {old} is now {new}", self.key),
            (None, Some(new)) => write!(f, "{}: {new} is new", self.key),
            (Some(old), None) => write!(f, "{}: {old} is gone", self.key),
            (None, None) => write!(f, "{}", self.key),
        }
    }
}

/// The changes from one file to another, in the order of the old one, then what is new. Layout, comments, the order of
/// keys, the format and how a number is written make no difference.
pub fn diff(old: &StudyFile, new: &StudyFile) -> Vec<Change> {
    let root = |study: &StudyFile| tree::read(&study.source.text, study.source.format).ok();
    match (root(old), root(new)) {
        (Some(old), Some(new)) => compare("", Some(&json(&old)), Some(&json(&new))),
        _ => Vec::new(),
    }
}

/// What differs between two values of a key, down to the keys inside them; with an empty key between two whole files.
pub fn compare(key: &str, old: Option<&Json>, new: Option<&Json>) -> Vec<Change> {
    let mut changes = Vec::new();
    collect(key, old, new, &mut changes);
    changes
}

fn collect(key: &str, old: Option<&Json>, new: Option<&Json>, changes: &mut Vec<Change>) {
    // What is null is not there.
    let (old, new) = (old.filter(|value| !value.is_null()), new.filter(|value| !value.is_null()));
    match (old, new) {
        (Some(Json::Object(before)), Some(Json::Object(after))) => {
            let gone = before.keys();
            let come = after.keys().filter(|key| !before.contains_key(*key));
            for name in gone.chain(come) {
                let path = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                collect(&path, before.get(name), after.get(name), changes);
            }
        }
        (Some(Json::Array(before)), Some(Json::Array(after))) if tables(before) && tables(after) => {
            for i in 0..before.len().max(after.len()) {
                collect(&format!("{key}[{i}]"), before.get(i), after.get(i), changes);
            }
        }
        (before, after) => {
            let is_same = match (before, after) {
                (Some(before), Some(after)) => same(before, after),
                (None, None) => true,
                _ => false,
            };
            if !is_same {
                let (old, new) = (old.cloned(), new.cloned());
                changes.push(Change { class: Class::of(key), key: key.to_owned(), old, new });
            }
        }
    }
}

fn tables(items: &[Json]) -> bool {
    !items.is_empty() && items.iter().all(Json::is_object)
}

fn same(a: &Json, b: &Json) -> bool {
    match (a, b) {
        // `1` is `1.0`.
        (Json::Number(a), Json::Number(b)) => {
            a == b || (a.is_f64() != b.is_f64() && a.as_f64() == b.as_f64())
        }
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(a, b)))
        }
        (a, b) => a == b,
    }
}

fn json(node: &Node) -> Json {
    match &node.value {
        Tree::Null => Json::Null,
        Tree::Bool(value) => Json::from(*value),
        Tree::Int(value) => Json::from(*value),
        Tree::Float(value) if value.is_finite() => Json::from(*value),
        Tree::Float(value) => Json::from(value.to_string()),
        Tree::Str(value) => Json::from(value.as_str()),
        Tree::List(items) => items.iter().map(json).collect(),
        Tree::Table(table) => table.iter().map(|(key, entry)| (key.clone(), json(&entry.node))).collect(),
    }
}
