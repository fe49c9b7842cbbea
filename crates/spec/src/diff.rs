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
const OF_PLACE: [&str; 8] =
    ["log_limit", "grace", "memory", "resources", "pin", "priority", "retries", "backoff"];

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
    let mut changes = Vec::new();
    if let (Some(old), Some(new)) = (root(old), root(new)) {
        compare("", Some(&old), Some(&new), &mut changes);
    }
    changes
}

fn compare(key: &str, old: Option<&Node>, new: Option<&Node>, changes: &mut Vec<Change>) {
    match (old.map(|node| &node.value), new.map(|node| &node.value)) {
        (Some(Tree::Table(before)), Some(Tree::Table(after))) => {
            let gone = before.keys();
            let come = after.keys().filter(|key| !before.contains_key(*key));
            for name in gone.chain(come) {
                let path = if key.is_empty() { name.clone() } else { format!("{key}.{name}") };
                let node = |table: &'_ tree::Table| table.get(name).map(|entry| entry.node.clone());
                compare(&path, node(before).as_ref(), node(after).as_ref(), changes);
            }
        }
        (Some(Tree::List(before)), Some(Tree::List(after))) if tables(before) && tables(after) => {
            for i in 0..before.len().max(after.len()) {
                compare(&format!("{key}[{i}]"), before.get(i), after.get(i), changes);
            }
        }
        (before, after) => {
            let same = match (before, after) {
                (Some(before), Some(after)) => same(before, after),
                (None, None) => true,
                _ => false,
            };
            if !same {
                let (old, new) = (old.map(json), new.map(json));
                changes.push(Change { class: Class::of(key), key: key.to_owned(), old, new });
            }
        }
    }
}

fn tables(items: &[Node]) -> bool {
    !items.is_empty() && items.iter().all(|item| matches!(item.value, Tree::Table(_)))
}

fn same(a: &Tree, b: &Tree) -> bool {
    match (a, b) {
        (Tree::Float(a), Tree::Float(b)) => a == b || (a.is_nan() && b.is_nan()),
        (Tree::Int(a), Tree::Float(b)) | (Tree::Float(b), Tree::Int(a)) => *a as f64 == *b,
        (Tree::List(a), Tree::List(b)) => {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same(&a.value, &b.value))
        }
        (Tree::Table(a), Tree::Table(b)) => {
            a.len() == b.len()
                && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same(&a.node.value, &b.node.value)))
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
