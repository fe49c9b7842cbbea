//! What the page's script knows of trials, for tooltips, sorting and filters.

use serde_json::{Map, Value as Json, json};

use crate::format;
use crate::view::View;

/// `{"o": objective names, "p": paths, "r": {number: [state, [values], [parameters], seconds]}}`, safe inside a
/// `script` element.
pub(super) fn json(view: &View, rows: &[usize]) -> String {
    let trials: Map<String, Json> = rows
        .iter()
        .filter_map(|&i| view.rows.get(i))
        .map(|row| {
            let values: Vec<Json> = row.values.iter().map(|&v| short(v)).collect();
            let cells: Vec<Json> = view
                .columns
                .iter()
                .zip(&row.cells)
                .map(|(column, cell)| match column.kind.raw(cell) {
                    None => Json::Null,
                    Some(raw) if raw.is_f64() => raw.as_f64().map_or(Json::Null, short),
                    Some(raw) if raw.is_i64() => raw,
                    Some(raw) => Json::from(format::json(&raw)),
                })
                .collect();
            (row.number.to_string(), json!([row.state.word(), values, cells, row.took().map(short)]))
        })
        .collect();
    let names: Vec<&str> = view.objectives.iter().map(|o| o.name.as_str()).collect();
    let paths: Vec<&str> = view.columns.iter().map(|c| c.path.as_str()).collect();
    // `<` could end the element or open a comment; inside JSON strings its escape means the same.
    json!({ "o": names, "p": paths, "r": trials }).to_string().replace('<', "\\u003c")
}

/// Eight digits are enough to sort by and to read.
fn short(value: f64) -> Json {
    if !value.is_finite() {
        return format::real(value);
    }
    format::real(format!("{value:.7e}").parse().unwrap_or(value))
}
