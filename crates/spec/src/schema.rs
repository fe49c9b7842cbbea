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
