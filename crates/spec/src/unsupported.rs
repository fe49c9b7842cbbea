//! Keys of the study file's design that do not work yet. They are refused with their line: a key that were silently
//! ignored would be a search that is not the one asked for.

use crate::diagnostic::Diagnostic;
use crate::tree::{Entry, Node, Tree};

/// Keys of `[executor]`.
const EXECUTOR: [&str; 2] = ["hosts", "partition"];
/// Kinds of executors.
const KINDS: [&str; 3] = ["slurm", "ray", "ssh"];

/// Takes such keys out of the tree, so that what reads it afterwards does not know them, and says so for each.
pub(crate) fn refuse(root: &mut Node, problems: &mut Vec<Diagnostic>) {
    if let Some(executor) = child(root, "executor") {
        for key in EXECUTOR {
            take(executor, key, &format!("`{key}` of the executor"), problems);
        }
        take_word(executor, "kind", &KINDS, "executor", problems);
    }
    // The commands look for a study's database in its folder.
    if let Some(store) = child(root, "store")
        && store.get("url").and_then(|entry| entry.node.text()).is_some_and(|url| url.starts_with("sqlite:"))
        && let Some(Entry { node, .. }) = store.remove("url")
    {
        let problem =
            Diagnostic::error(node.span, "a database outside the study's folder is not supported yet");
        problems.push(problem.help("leave it out, and say where studies live with `ravine run --dir`"));
    }
}

fn take(node: &mut Node, key: &str, called: &str, problems: &mut Vec<Diagnostic>) {
    if let Some(Entry { key, .. }) = node.remove(key) {
        problems.push(Diagnostic::error(key, format!("{called} is not supported yet")).help("leave it out"));
    }
}

/// Refuses a word that means something that does not exist yet.
fn take_word(node: &mut Node, key: &str, words: &[&str], what: &str, problems: &mut Vec<Diagnostic>) {
    let Some(word) = node.get(key).and_then(|entry| entry.node.text()) else { return };
    let Some(word) = words.iter().find(|known| **known == word) else { return };
    if let Some(entry) = node.remove(key) {
        problems
            .push(Diagnostic::error(entry.node.span, format!("the {what} `{word}` is not supported yet")));
    }
}

fn child<'a>(node: &'a mut Node, key: &str) -> Option<&'a mut Node> {
    match &mut node.value {
        Tree::Table(table) => table.get_mut(key).map(|entry| &mut entry.node),
        _ => None,
    }
}
