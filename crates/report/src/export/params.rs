//! `params.csv`: one line for each finished trial (RFC 4180).

use serde_json::Value as Json;

use super::Source;
use crate::format::exact;
use crate::view::{Row, View};

/// `trial,state,<objectives>,<parameters>`, with its line end.
pub fn csv_header(head: &View) -> String {
    let objectives = head.objectives.iter().map(|objective| objective.name.clone());
    let paths = head.columns.iter().map(|column| column.path.clone());
    record(["trial", "state"].map(str::to_owned).into_iter().chain(objectives).chain(paths))
}

/// The line of one trial, with its line end. What is inactive or missing is empty; numbers are exact; lists are JSON.
pub fn csv_line(head: &View, row: &Row) -> String {
    let values =
        (0..head.objectives.len()).map(|k| row.values.get(k).map_or_else(String::new, |&v| exact(v)));
    let cells = head.columns.iter().enumerate().map(|(k, column)| {
        let raw = row.cells.get(k).and_then(|cell| column.kind.raw(cell));
        raw.map_or_else(String::new, |raw| match raw {
            Json::String(text) => text,
            other => other.to_string(),
        })
    });
    record([row.number.to_string(), row.state.word().to_owned()].into_iter().chain(values).chain(cells))
}

/// The whole of `params.csv`.
pub fn csv(source: &dyn Source) -> String {
    let rows = source.finished().into_iter().filter_map(|finished| source.read(finished.number));
    rows.fold(csv_header(source.view()), |out, (row, _)| out + &csv_line(source.view(), &row))
}

fn record(fields: impl Iterator<Item = String>) -> String {
    let mut line = fields.map(quoted).collect::<Vec<_>>().join(",");
    line.push_str("\r\n");
    line
}

fn quoted(field: String) -> String {
    let plain = !field.contains([',', '"', '\r', '\n']) && field.trim() == field;
    if plain { field } else { format!("\"{}\"", field.replace('"', "\"\"")) }
}
