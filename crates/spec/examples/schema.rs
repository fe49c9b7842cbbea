//! Prints the JSON Schema of the study file: `cargo run -p ravine-spec --example schema > docs/schema/study.schema.json`.
#![allow(clippy::print_stdout, reason = "what it is for")]

fn main() {
    print!("{}", ravine_spec::schema_text());
}
