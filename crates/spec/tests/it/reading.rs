//! Good files: what they mean, and that three formats mean the same.

use ravine_spec::{Format, StudyFile};
use serde_json::json;

const TOML: &str = r#"
name = "digits-mlp"
seed = 7

[[objective]]
metric = "val_error"
direction = "minimize"

[[constraint]]
expr = "latency_ms <= 20"

[space]
lr = { float = [1e-5, 1e-1], log = true, default = 1e-3 }
layers = { int = [1, 4] }
units = { int = [16, 256], log = true, length = "layers" }
batch = { choice = [16, 32, 64, 128], ordered = true }
optimizer = { choice = [
  { name = "sgd", momentum = { float = [0.0, 0.99] } },
  { name = "adam", beta1 = { float = [0.8, 0.999] } } ] }
warmup = { float = [0, 0.3], when = "layers > 2" }
width2 = { expr = "2 * units[0]", int = true }
patience = 5

[[space_constraint]]
expr = "batch * units[0] <= 16384"

[[point]]
params = { lr = 1e-3, optimizer = "adam" }
result = { val_error = 0.1, latency_ms = 12.0 }

[sampler]
name = "tpe"
n_startup_trials = 20

[setup]
run = ["make", "data"]

[[stage]]
name = "train"
run = ["python", "train.py", "--lr={lr}", ["--momentum", "{optimizer.momentum}"], "--units={units:,}"]
cpus = 2
timeout = "30m"
on_timeout = "keep"
ok = [0, 10]
env = { OPTIMIZER = "{optimizer}" }

[stage.capture]
val_error = 'test error: ([0-9.]+)'

[[stage.file]]
template = "runcard.yml"
set = { "fitting.learning_rate" = "{lr}", "fitting.seed" = "{seed}" }

[stop]
trials = 200
time = "2h"

[executor]
parallel = 4

[store]
url = "sqlite"
"#;

fn read(text: &str, format: Format) -> StudyFile {
    StudyFile::parse("study.toml", text, format).unwrap_or_else(|errors| panic!("{errors}"))
}

/// The same tree as JSON, by way of the toml crate.
fn as_json() -> serde_json::Value {
    toml::from_str(TOML).expect("TOML")
}

#[test]
fn a_whole_file_is_read() {
    let study = read(TOML, Format::Toml);
    assert_eq!((study.name.as_str(), study.seed), ("digits-mlp", Some(7)));
    assert_eq!(study.settings.stop.trials, Some(200));
    assert!(!study.default_stop);
    assert_eq!(study.space.parameters().len(), 11);
    assert_eq!(study.sampler.name(), "tpe");
    let stage = &study.stages[0];
    assert_eq!(
        (stage.name.as_str(), stage.demand.cpus.min, stage.ok.as_slice()),
        ("train", 2, [0, 10].as_slice())
    );
    assert_eq!(stage.timeout.map(|timeout| timeout.as_seconds()), Some(1800.0));
    assert_eq!(study.points[0].params["optimizer"], json!("adam"));
    assert_eq!(study.executor.parallel, Some(4));
    assert_eq!(study.store.to_string(), "sqlite");
    assert_eq!(study.warnings, []);
    let declared = serde_json::to_value(&study.declaration).expect("JSON");
    assert_eq!(declared["parameters"]["patience"], json!(5));
    let again: ravine_spec::Declaration = serde_json::from_value(declared).expect("a declaration");
    assert_eq!(again.build().expect("a space").parameters(), study.space.parameters());
}

#[test]
fn toml_yaml_and_json_give_the_same_study() {
    let json = serde_json::to_string_pretty(&as_json()).expect("JSON");
    let plain = |study: StudyFile| {
        let StudyFile {
            name,
            seed,
            settings,
            declaration,
            points,
            sampler,
            setup,
            stages,
            executor,
            store,
            ..
        } = study;
        format!(
            "{name} {seed:?} {settings:?} {declaration:?} {points:?} {sampler:?} {setup:?} {stages:?} {executor:?} {store:?}"
        )
    };
    let toml = plain(read(TOML, Format::Toml));
    assert_eq!(toml, plain(read(&json, Format::Json)));
    assert_eq!(toml, plain(read(&json, Format::Yaml)), "JSON is YAML too");
    assert_eq!(toml, plain(read(&yaml(&as_json(), 0), Format::Yaml)));
}

/// Block style, as a person would write it.
fn yaml(value: &serde_json::Value, indent: usize) -> String {
    let pad = " ".repeat(indent);
    match value {
        serde_json::Value::Object(table) if !table.is_empty() => table
            .iter()
            .map(|(key, value)| match value {
                serde_json::Value::Object(_) | serde_json::Value::Array(_) => {
                    format!("{pad}{key:?}:\n{}", yaml(value, indent + 2))
                }
                scalar => format!("{pad}{key}: {scalar} # a comment\n"),
            })
            .collect(),
        serde_json::Value::Array(items) if !items.is_empty() => items
            .iter()
            .map(|item| match item {
                serde_json::Value::Object(_) | serde_json::Value::Array(_) => {
                    format!("{pad}-\n{}", yaml(item, indent + 2))
                }
                scalar => format!("{pad}- {scalar}\n"),
            })
            .collect(),
        other => format!("{pad}{other}\n"),
    }
}

#[test]
fn what_is_absent_has_the_documented_meaning() {
    let text = r#"
        objective = [{ direction = "maximize" }]
        space.x = { float = [0, 1] }
        stage = [{ run = "./run.sh {x}" }]
    "#;
    let study = StudyFile::parse("some/where/hill.toml", text, Format::Toml)
        .unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(study.name, "hill");
    assert_eq!(study.folder(), std::path::Path::new("some/where"));
    assert_eq!((study.settings.stop.trials, study.default_stop), (Some(100), true));
    assert_eq!(study.sampler.name(), "auto");
    assert_eq!((study.stages[0].name.as_str(), study.stages[0].demand.cpus.min), ("run", 1));
    assert_eq!((study.stages[0].timeout, study.stages[0].ok.as_slice()), (None, [0].as_slice()));
}

#[test]
fn the_examples_of_this_project_are_read() {
    let examples = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples");
    let mut read = 0;
    for entry in std::fs::read_dir(examples).expect("examples").flatten() {
        let file = entry.path().join("study.toml");
        if file.exists() {
            StudyFile::load(&file).unwrap_or_else(|errors| panic!("{errors}"));
            read += 1;
        }
    }
    assert!(read >= 4, "{read} examples");
}

#[test]
fn a_condition_that_gives_a_sampler_no_distance_is_warned_of() {
    let text = r#"
        objective = [{ metric = "loss", direction = "minimize" }]
        constraint = [{ expr = "latency <= 3 && (speed > 2 || size < 3)" }]
        space.x = { float = [0, 1] }
        stage = [{ run = ["./run", "{x}"] }]
    "#;
    let study = read(text, Format::Toml);
    assert_eq!(study.warnings.len(), 1);
    let span = study.warnings[0].span.clone().expect("a place");
    assert_eq!(&text[span], "(speed > 2 || size < 3)");
}
