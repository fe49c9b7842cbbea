//! The published JSON Schema of the study file, for completion and checks in editors.

use serde_json::Value as Json;

use crate::file::File;

/// The schema, made from the types that read the file.
pub fn schema() -> Json {
    schemars::schema_for!(File).to_value()
}

/// The schema as it is published in `docs/schema/study.schema.json`.
pub fn schema_text() -> String {
    let text = serde_json::to_string_pretty(&schema()).unwrap_or_default();
    text + "\n"
}

/// Where a key is known that stands in a wrong place: `[stop]` for `trials`; the top for `seed`. None for a key that is
/// known nowhere, or in several places.
pub(crate) fn home_of(key: &str) -> Option<String> {
    let schema = schema();
    let properties = schema.get("properties")?.as_object()?;
    if properties.contains_key(key) {
        return Some("it stands at the top, before the first table".to_owned());
    }
    let mut homes = properties.iter().filter_map(|(table, property)| {
        let known = &definition(&schema, property)?["properties"];
        let list = property["type"] == "array";
        known.get(key).map(|_| if list { format!("[[{table}]]") } else { format!("[{table}]") })
    });
    match (homes.next(), homes.next()) {
        (Some(home), None) => Some(format!("it belongs to {home}")),
        _ => None,
    }
}

/// The definition that a property refers to, directly, as an element or as one of several.
fn definition<'s>(schema: &'s Json, property: &'s Json) -> Option<&'s Json> {
    let reference = |json: &'s Json| json["$ref"].as_str()?.strip_prefix("#/$defs/");
    let among = || property["anyOf"].as_array()?.iter().find_map(reference);
    let name = reference(property).or_else(|| reference(&property["items"])).or_else(among)?;
    schema["$defs"].get(name)
}
