//! From the tree to the types, past mistakes: a top-level key that is wrong is set aside, and the rest is read. In
//! `[space]` only the parameter is.

use std::ops::Range;

use crate::de;
use crate::diagnostic::Diagnostic;
use crate::file::File;
use crate::tree::{Entry, Node, Table, Tree};

/// The keys whose absence is an error.
const REQUIRED: [&str; 3] = ["objective", "space", "stage"];

/// What can be read, and the top-level keys that cannot; of the space, the paths of parameters that cannot, each of
/// which is left as an empty table.
pub(super) fn decode(root: &mut Node, problems: &mut Vec<Diagnostic>) -> (File, Vec<String>) {
    let mut broken = Vec::new();
    explain_shapes(root, problems, &mut broken);
    loop {
        let problem = match de::decode::<File>(root) {
            Ok(file) => return (file, broken),
            Err(problem) => problem,
        };
        let at = problem.span.clone().unwrap_or_default();
        let found = root.table().and_then(|table| table.iter().find(|(_, entry)| holds(entry, &at)));
        let key = found.map(|(key, _)| key.clone());
        problems.push(problem);
        if key.as_deref() == Some("space")
            && let Some(parameter) = blank_parameter(root, &at)
        {
            broken.push(parameter);
            continue;
        }
        match key {
            // One key fewer each time round, so this ends.
            Some(key) => {
                root.remove(&key);
                // A misspelt key does not lack what it was meant to be.
                broken.extend(space::nearest(&key, REQUIRED).map(str::to_owned));
                broken.push(key);
            }
            None => return (File::default(), broken),
        }
    }
}

/// Empties the table of the innermost parameter that holds a place, and gives its path. None where the space is no
/// table of parameters, or is empty there already.
fn blank_parameter(root: &mut Node, at: &Range<usize>) -> Option<String> {
    let Tree::Table(top) = &mut root.value else { return None };
    blank_within(&mut top.get_mut("space")?.node, "space", at)
}

fn blank_within(declarations: &mut Node, path: &str, at: &Range<usize>) -> Option<String> {
    let Tree::Table(table) = &mut declarations.value else { return None };
    let (name, entry) = table.iter_mut().find(|(_, entry)| holds(entry, at))?;
    let path = format!("{path}.{name}");
    if entry.key == *at {
        return None;
    }
    if let Tree::Table(parameter) = &mut entry.node.value {
        if let Some(inner) = parameter.get_mut("choice").and_then(|choice| blank_option(choice, &path, at)) {
            return Some(inner);
        }
        if parameter.is_empty() {
            return None;
        }
    }
    entry.node.value = Tree::Table(Table::new());
    Some(path)
}

/// The same within the options of a choice; none where an option itself is wrong.
fn blank_option(choice: &mut Entry, path: &str, at: &Range<usize>) -> Option<String> {
    let Tree::List(options) = &mut choice.node.value else { return None };
    let (k, option) = options.iter_mut().enumerate().find(|(_, option)| part_holds(option, at))?;
    let is_own = |key| option.get(key).is_some_and(|entry| holds(entry, at));
    if is_own("name") || is_own("value") {
        return None;
    }
    blank_within(option, &format!("{path}.choice[{k}]"), at)
}

/// Whether a place lies within an entry. TOML spreads a table over several places, so each of its parts is looked at.
fn holds(entry: &Entry, at: &Range<usize>) -> bool {
    let within = |span: &Range<usize>| span.start <= at.start && at.end <= span.end;
    within(&entry.key) || within(&entry.node.span) || part_holds(&entry.node, at)
}

fn part_holds(node: &Node, at: &Range<usize>) -> bool {
    match &node.value {
        Tree::List(items) => items.iter().any(|item| item.span == *at || part_holds(item, at)),
        Tree::Table(table) => table.values().any(|entry| holds(entry, at)),
        _ => node.span.start <= at.start && at.end <= node.span.end,
    }
}

/// The mistakes of shape that deserve better words than a type's.
fn explain_shapes(root: &mut Node, problems: &mut Vec<Diagnostic>, broken: &mut Vec<String>) {
    for key in ["objective", "constraint", "space_constraint", "point", "stage", "repeat", "on"] {
        let Some(entry) = root.get(key) else { continue };
        if matches!(entry.node.value, Tree::Table(_)) {
            let problem = Diagnostic::error(
                entry.key.clone(),
                format!("`{key}` is a list of tables, this is one table"),
            );
            problems.push(problem.help(format!("in TOML, write [[{key}]] with two brackets")));
            root.remove(key);
            broken.push(key.to_owned());
        }
    }
    let objectives = root.get("objective").and_then(|entry| entry.node.list()).unwrap_or_default();
    let without: Vec<Diagnostic> = objectives.iter().filter_map(without_direction).collect();
    if !without.is_empty() {
        problems.extend(without);
        root.remove("objective");
        broken.push("objective".to_owned());
    }
}

fn without_direction(objective: &Node) -> Option<Diagnostic> {
    let table = objective.table()?;
    if table.contains_key("direction") || table.keys().any(|key| space::nearest(key, ["direction"]).is_some())
    {
        return None;
    }
    let metric = objective.get("metric").map(|entry| &entry.node);
    let name = metric.and_then(Node::text);
    let problem = Diagnostic::error(
        metric.map_or_else(|| objective.span.clone(), |metric| metric.span.clone()),
        "this objective does not say whether small or large is good",
    );
    Some(problem.help(match name.and_then(guess) {
        Some(direction) => format!("add `direction = \"{direction}\"`"),
        None => "add `direction = \"minimize\"` or `direction = \"maximize\"`".to_owned(),
    }))
}

/// The direction that a metric's name suggests.
fn guess(metric: &str) -> Option<&'static str> {
    const LARGE: [&str; 14] = [
        "acc",
        "auc",
        "f1",
        "reward",
        "score",
        "precision",
        "recall",
        "bleu",
        "map",
        "iou",
        "r2",
        "throughput",
        "speed",
        "return",
    ];
    const SMALL: [&str; 14] = [
        "loss",
        "err",
        "rmse",
        "mse",
        "mae",
        "perplexity",
        "ppl",
        "latency",
        "time",
        "cost",
        "size",
        "nll",
        "bpb",
        "wer",
    ];
    let words: Vec<String> = metric.split(|c: char| !c.is_alphanumeric()).map(str::to_lowercase).collect();
    let like = |known: &[&str]| words.iter().any(|word| known.iter().any(|known| word.starts_with(known)));
    match (like(&SMALL), like(&LARGE)) {
        (true, false) => Some("minimize"),
        (false, true) => Some("maximize"),
        _ => None,
    }
}
