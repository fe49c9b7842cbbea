//! Placeholders in commands: what a program gets.

use indexmap::IndexMap;
use ravine_spec::template::{Command, Rendered, RunScope, StageResult, Values, variables};
use ravine_spec::{Format, StudyFile};
use serde_json::json;
use space::Found;
use study::Real;

const SPACE: &str = r#"
[[objective]]
direction = "minimize"
[space]
lr = { float = [1e-5, 1e-1], log = true }
layers = { int = [1, 3] }
units = { int = [16, 256], length = "layers" }
optimizer = { choice = [
  { name = "sgd", momentum = { float = [0.0, 0.99] } },
  { name = "adam", beta1 = { float = [0.8, 0.999] } } ] }
title = { choice = ["it's $HOME", "a b"] }
arch = { choice = [{ name = "small", value = { width = 1 } }, { name = "large", value = { width = 2 } }] }
bias = { bool = true }
patience = 5
[[stage]]
"#;

/// The command with a configuration of 2 layers, sgd.
fn rendered(run: &str) -> Rendered {
    rendered_stage(&format!("run = {run}"))
}

/// The command of a stage with these lines.
fn rendered_stage(lines: &str) -> Rendered {
    let text = format!("{SPACE}{lines}\n");
    let study =
        StudyFile::parse("study.toml", &text, Format::Toml).unwrap_or_else(|errors| panic!("{errors}"));
    let given = json!({
        "lr": 0.00001, "layers": 2, "units[0]": 16, "units[1]": 32, "optimizer": "sgd", "optimizer.sgd.momentum": 0.5,
        "title": "it's $HOME", "arch": "large", "bias": false,
    });
    let point = study.space.from_json(given.as_object().expect("a table")).expect("a point");
    let metrics = IndexMap::from([("lr_min".to_owned(), Real(0.25))]);
    let tune = StageResult { dir: "/runs/1/tune/1".to_owned(), metrics };
    let scope = RunScope {
        space: &study.space,
        point: &point,
        run_dir: "/runs/1".to_owned(),
        checkpoint_dir: "/runs/1/checkpoint".to_owned(),
        artifacts_dir: "/runs/1/artifacts".to_owned(),
        seed: 42,
        trial: 7,
        repetition: 3,
        axes: IndexMap::from([("fold".to_owned(), json!(3))]),
        level: Some(27),
        resource: Some("epochs"),
        cpus: 4,
        gpus: 0.5,
        python: "python3".to_owned(),
        stages: IndexMap::from([("tune".to_owned(), tune)]),
    };
    study.stages[0].command.render(&scope).unwrap_or_else(|error| panic!("{error}"))
}

fn arguments(run: &str) -> Vec<String> {
    match rendered(run) {
        Rendered::Program(arguments) => arguments,
        Rendered::Shell(line) => panic!("{line}"),
    }
}

#[test]
fn values_are_written_with_their_types() {
    let run = r#"["p", "{lr}", "{layers}", "{bias}", "{optimizer}", "{arch}", "{patience}", "{units}", "{units:,}", "{units[1]}", "{lr:.6f}", "{title}"]"#;
    assert_eq!(
        arguments(run),
        [
            "p",
            "0.00001",
            "2",
            "false",
            "sgd",
            "large",
            "5",
            "[16,32]",
            "16,32",
            "32",
            "0.000010",
            "it's $HOME"
        ]
    );
}

#[test]
fn arguments_whose_placeholder_is_inactive_are_dropped() {
    let run = r#"["p", "--m={optimizer.momentum}", "--b={optimizer.beta1}", ["--beta", "{optimizer.adam.beta1}"], ["--m", "{optimizer.sgd.momentum}"], "{units[2]}", "{optimizer.beta1|0.9}"]"#;
    assert_eq!(arguments(run), ["p", "--m=0.5", "--m", "0.5", "0.9"]);
    let nested = r#"["p", ["--a", ["--b", "{optimizer.beta1}"], "--c"], 3, true, 0.5]"#;
    assert_eq!(arguments(nested), ["p", "--a", "--c", "3", "true", "0.5"]);
}

#[test]
fn ravine_gives_folders_seed_and_trial_and_braces_can_be_written() {
    let run = r#"["p", "{run_dir}/out", "{checkpoint_dir}", "{artifacts_dir}", "{seed}", "{trial}", "{{\"lr\": {lr}}}"]"#;
    let given =
        ["p", "/runs/1/out", "/runs/1/checkpoint", "/runs/1/artifacts", "42", "7", "{\"lr\": 0.00001}"];
    assert_eq!(arguments(run), given);
}

#[test]
fn a_line_for_the_shell_gets_each_value_quoted_where_it_stands() {
    let line = r#"p {title} "{title}" '{title}' --x="\"{title}" {layers} > {run_dir}/log"#;
    let wanted = r#"p 'it'\''s $HOME' "it's \$HOME" 'it'\''s $HOME' --x="\"it's \$HOME" 2 > /runs/1/log"#;
    // As JSON it is a TOML text too.
    assert_eq!(rendered(&json!(line).to_string()), Rendered::Shell(wanted.to_owned()));
}

#[test]
fn the_shell_sees_exactly_the_value() {
    let text = r#""printf '%s|' {title} '{title}' \"{title}\" \"$(printf %s {title} \"$(echo {title})\")\" $(({layers} + 1))""#;
    let Rendered::Shell(line) = rendered(text) else { panic!("a line") };
    let output = std::process::Command::new("/bin/sh").arg("-c").arg(line).output().expect("a shell");
    let wanted = "it's $HOME|it's $HOME|it's $HOME|it's $HOMEit's $HOME|3|";
    assert_eq!(String::from_utf8_lossy(&output.stdout), wanted);
}

#[test]
fn a_command_is_shown_as_it_would_be_typed() {
    assert_eq!(rendered(r#"["p", "--lr={lr}", "{title}"]"#).shown(), r"p --lr=0.00001 'it'\''s $HOME'");
}

#[test]
fn each_value_of_the_configuration_has_an_environment_variable() {
    let config = json!({
        "lr": 0.1, "units": [16, 32], "optimizer": { "name": "sgd", "momentum": 0.5 }, "bias": false, "weight-decay": 1,
    });
    let found = variables(&config);
    let found: Vec<(&str, &str)> =
        found.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    assert_eq!(
        found,
        [
            ("RAVINE_PARAM_LR", "0.1"),
            ("RAVINE_PARAM_UNITS", "[16,32]"),
            ("RAVINE_PARAM_OPTIMIZER", "sgd"),
            ("RAVINE_PARAM_OPTIMIZER_MOMENTUM", "0.5"),
            ("RAVINE_PARAM_BIAS", "false"),
            ("RAVINE_PARAM_WEIGHT_DECAY", "1"),
        ]
    );
}

#[test]
fn a_command_lists_its_placeholders() {
    let text = format!("{SPACE}run = [\"p\", \"{{lr}}\", [\"{{optimizer.momentum}}\"]]\n");
    let study =
        StudyFile::parse("study.toml", &text, Format::Toml).unwrap_or_else(|errors| panic!("{errors}"));
    let Command::Program(_) = &study.stages[0].command else { panic!("a program") };
    let names: Vec<_> = study.stages[0].command.placeholders().into_iter().map(|p| p.name.clone()).collect();
    assert_eq!(names, ["lr", "optimizer.momentum"]);
}

#[test]
fn a_value_that_is_not_known_yet_can_stand_for_itself_whatever_its_format() {
    struct Itself;
    impl Values for Itself {
        fn value(&self, name: &str) -> Found {
            Found::Value(format!("{{{name}}}").into())
        }
    }
    let text = format!("{SPACE}run = [\"p\", [\"-x\", \"{{lr:.3f}}\"]]\n");
    let study =
        StudyFile::parse("study.toml", &text, Format::Toml).unwrap_or_else(|errors| panic!("{errors}"));
    let shown = study.stages[0].command.unformatted(&|name| name == "lr").render(&Itself);
    let wanted = ["p", "-x", "{lr}"].map(str::to_owned).to_vec();
    assert_eq!(shown, Ok(Rendered::Program(wanted)));
}

#[test]
fn a_function_is_called_by_the_interpreter_and_told_the_objectives() {
    let call = |lines: &str| match rendered_stage(&format!("name = \"fit\"\n{lines}")) {
        Rendered::Program(arguments) => arguments,
        Rendered::Shell(line) => panic!("{line}"),
    };
    assert_eq!(call("call = \"pkg.mod:fit\""), ["python3", "-m", "ravine._call", "pkg.mod:fit", "value"]);
    let own = "call = \"mod:Model.fit\"\npython = \".venv/{x}/python\"";
    assert_eq!(call(own), [".venv/{x}/python", "-m", "ravine._call", "mod:Model.fit", "value"]);
    assert_eq!(arguments(r#"["{python}", "train.py"]"#), ["python3", "train.py"]);
}
