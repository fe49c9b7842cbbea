//! JSON runcards.

use serde_json::Value as Json;

use super::{Change, KeyPath, Problem, Step};

pub(super) fn write(text: &str, changes: &[Change]) -> Result<String, Problem> {
    let mut root: Json = serde_json::from_str(text).map_err(|error| Problem::Syntax(error.to_string()))?;
    for Change { path, value } in changes {
        apply(&mut root, path, value.as_ref())?;
    }
    let written = serde_json::to_string_pretty(&root).map_err(|error| Problem::Syntax(error.to_string()))?;
    Ok(written + "\n")
}

fn apply(root: &mut Json, path: &KeyPath, value: Option<&Json>) -> Result<(), Problem> {
    let (parents, Some(last)) = path.split() else { return Ok(()) };
    let mut node = root;
    for step in parents {
        node = match (step, node) {
            (Step::Key(key), Json::Object(table)) => {
                if !table.contains_key(key) {
                    return Err(Problem::missing(path, key, table.keys().map(String::as_str)));
                }
                &mut table[key.as_str()]
            }
            (Step::Index(index), Json::Array(items)) => {
                let count = items.len();
                items.get_mut(*index).ok_or_else(|| super::too_short(path, step, count))?
            }
            (Step::Key(_), _) => return Err(Problem::shape(path, step, "table")),
            (Step::Index(_), _) => return Err(Problem::shape(path, step, "list")),
        };
    }
    match (last, node, value) {
        (Step::Key(key), Json::Object(table), Some(value)) => {
            table.insert(key.clone(), value.clone());
        }
        (Step::Key(key), Json::Object(table), None) => {
            table.shift_remove(key);
        }
        (Step::Index(index), Json::Array(items), value) => {
            let count = items.len();
            match (items.get_mut(*index), value) {
                (None, _) => return Err(super::too_short(path, last, count)),
                (Some(item), Some(value)) => *item = value.clone(),
                (Some(_), None) => {
                    items.remove(*index);
                }
            }
        }
        (Step::Key(_), ..) => return Err(Problem::shape(path, last, "table")),
        (Step::Index(_), ..) => return Err(Problem::shape(path, last, "list")),
    }
    Ok(())
}
