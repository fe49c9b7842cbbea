//! TOML runcards: toml_edit keeps comments and layout.

use serde_json::Value as Json;
use toml_edit::{Array, DocumentMut, InlineTable, Item, Value};

use super::{Change, KeyPath, Problem, Step};

pub(super) fn write(text: &str, changes: &[Change]) -> Result<String, Problem> {
    let mut document: DocumentMut = text
        .parse()
        .map_err(|error: toml_edit::TomlError| Problem::Syntax(error.to_string().trim().to_owned()))?;
    for Change { path, value } in changes {
        apply(document.as_item_mut(), path, value.as_ref())?;
    }
    Ok(document.to_string())
}

fn apply(root: &mut Item, path: &KeyPath, value: Option<&Json>) -> Result<(), Problem> {
    let (parents, Some(last)) = path.split() else { return Ok(()) };
    let value = value.map(|value| converted(value, path)).transpose()?;
    let mut node = root;
    for step in parents {
        node = child(node, step, path)?;
    }
    match last {
        Step::Key(key) => {
            let table = node.as_table_like_mut().ok_or_else(|| Problem::shape(path, last, "table"))?;
            match (value, table.get_mut(key)) {
                (None, _) => {
                    table.remove(key);
                }
                (Some(value), Some(item)) => replace(item, value),
                (Some(value), None) => {
                    table.insert(key, Item::Value(value));
                }
            }
        }
        Step::Index(index) => {
            let items = node.as_array_mut().ok_or_else(|| Problem::shape(path, last, "list of values"))?;
            match (value, items.get_mut(*index)) {
                (_, None) => return Err(super::too_short(path, last, items.len())),
                (None, Some(_)) => {
                    items.remove(*index);
                }
                (Some(mut value), Some(item)) => {
                    *value.decor_mut() = item.decor().clone();
                    *item = value;
                }
            }
        }
    }
    Ok(())
}

/// Puts a value in another's place; a comment at the end of the line stays.
fn replace(item: &mut Item, mut value: Value) {
    if let Some(old) = item.as_value() {
        *value.decor_mut() = old.decor().clone();
    }
    *item = Item::Value(value);
}

fn child<'i>(node: &'i mut Item, step: &Step, path: &KeyPath) -> Result<&'i mut Item, Problem> {
    match step {
        Step::Key(key) => {
            let table = node.as_table_like_mut().ok_or_else(|| Problem::shape(path, step, "table"))?;
            if !table.contains_key(key) {
                return Err(Problem::missing(path, key, table.iter().map(|(key, _)| key)));
            }
            table.get_mut(key).ok_or_else(|| Problem::shape(path, step, "table"))
        }
        Step::Index(index) => {
            let count = match &*node {
                Item::ArrayOfTables(tables) => tables.len(),
                Item::Value(Value::Array(items)) => items.len(),
                _ => return Err(Problem::shape(path, step, "list")),
            };
            node.get_mut(*index).ok_or_else(|| super::too_short(path, step, count))
        }
    }
}

fn converted(value: &Json, path: &KeyPath) -> Result<Value, Problem> {
    Ok(match value {
        Json::Null => return Err(Problem::Path(path.to_string(), "TOML has no null".to_owned())),
        Json::Bool(value) => Value::from(*value),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => Value::from(integer),
            None => Value::from(number.as_f64().unwrap_or(f64::NAN)),
        },
        Json::String(text) => Value::from(text.as_str()),
        Json::Array(items) => {
            let items: Vec<Value> =
                items.iter().map(|item| converted(item, path)).collect::<Result<_, _>>()?;
            Value::Array(items.into_iter().collect::<Array>())
        }
        Json::Object(table) => {
            let mut inline = InlineTable::new();
            for (key, value) in table {
                inline.insert(key, converted(value, path)?);
            }
            Value::InlineTable(inline)
        }
    })
}
