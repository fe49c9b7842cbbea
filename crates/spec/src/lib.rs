//! The study file: types, TOML, YAML and JSON with spans, schema, checks.
