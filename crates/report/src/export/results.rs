//! `results.jsonl`: one JSON object a line for each finished trial.

use serde_json::{Map, Value as Json};

use super::Source;
use crate::format::{real, timestamp};
use crate::view::{Row, View};

/// The line of one trial, with its newline. Keys in this order: `trial`, `state`, `values`, `violations` (with
/// constraints), `metrics`, `repetitions` (with several: lists, means and deviations), `params` (as sampled), `config` (as the program got it), `started`, `ended`, `seconds`,
/// `message` (of failures). What is unknown is left out; numbers are exact, not-finite ones strings (invariants
/// NUMBERS, RAW AND RESOLVED).
pub fn jsonl_line(head: &View, row: &Row, config: Option<Json>) -> String {
    let line = Json::Object(object(head, row, config));
    // Line separators are legal inside JSON strings but break readers that split lines as Unicode does.
    line.to_string()
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
        .replace('\u{85}', "\\u0085")
        + "\n"
}

pub(super) fn object(head: &View, row: &Row, config: Option<Json>) -> Map<String, Json> {
    let mut line = Map::new();
    let mut put = |key: &str, value: Option<Json>| {
        if let Some(value) = value {
            line.insert(key.to_owned(), value);
        }
    };
    let values: Map<String, Json> = head
        .objectives
        .iter()
        .zip(&row.values)
        .map(|(objective, &v)| (objective.name.clone(), real(v)))
        .collect();
    let metrics: Map<String, Json> = row.metrics.iter().map(|(name, &v)| (name.clone(), real(v))).collect();
    put("trial", Some(row.number.into()));
    put("state", Some(row.state.word().into()));
    put("values", Some(values.into()));
    put(
        "violations",
        (!head.constraints.is_empty()).then(|| row.violations.iter().map(|&v| real(v)).collect()),
    );
    put("metrics", Some(metrics.into()));
    put("repetitions", (!row.repetitions.is_empty()).then(|| repetitions(row).into()));
    put("params", Some(head.raw_params(row).into()));
    put("config", config);
    put("started", row.start.map(|at| timestamp(at).into()));
    put("ended", row.end.map(|at| timestamp(at).into()));
    put("seconds", row.took().map(real));
    put("message", row.message.as_deref().map(Json::from));
    line
}

/// Of each metric the list of its values in the repetitions, and their `mean_` and population `std_`.
fn repetitions(row: &Row) -> Map<String, Json> {
    let mut all = Map::new();
    for (name, values) in &row.repetitions {
        let count = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        all.insert(name.clone(), values.iter().map(|&value| real(value)).collect());
        all.insert(format!("mean_{name}"), real(mean));
        all.insert(format!("std_{name}"), real((squares / count).sqrt()));
    }
    all
}

/// The whole of `results.jsonl`.
pub fn jsonl(source: &dyn Source) -> String {
    let rows = source.finished().into_iter().filter_map(|finished| source.read(finished.number));
    rows.map(|(row, config)| jsonl_line(source.view(), &row, config)).collect()
}
