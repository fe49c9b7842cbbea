//! The schema, the first study file, and the difference of two.

use ravine_spec::{Class, Format, StudyFile, diff, init, schema, schema_text};

#[test]
fn the_published_schema_is_that_of_the_types() {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/schema/study.schema.json");
    let published = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        published == schema_text(),
        "write it anew: cargo run -p ravine-spec --example schema > docs/schema/study.schema.json"
    );
}

#[test]
fn the_schema_knows_each_key_and_describes_it() {
    let schema = schema();
    let properties = schema["properties"].as_object().expect("properties");
    for key in
        ["name", "objective", "space", "stage", "stop", "sampler", "executor", "store", "point", "setup"]
    {
        assert!(properties.contains_key(key), "{key}");
    }
    for (key, property) in properties {
        assert!(property["description"].is_string(), "{key} has no description");
    }
    let text = schema.to_string();
    for word in ["on_timeout", "n_startup_trials", "additionalProperties", "permutation", "log_limit"] {
        assert!(text.contains(word), "{word}");
    }
}

fn started(command: &str) -> String {
    let command: Vec<String> = command.split_whitespace().map(str::to_owned).collect();
    init(&command)
}

#[test]
fn a_first_study_file_is_made_from_a_command_line() {
    let text = started(
        "python train.py --lr 0.001 --layers=3 --batch-size 64 --momentum 0.9 --epochs 10 --seed 1 --optimizer adam \
         --nesterov false data.csv weight_decay=1e-5 -n -3",
    );
    insta::assert_snapshot!(text);
    let study =
        StudyFile::parse("study.toml", &text, Format::Toml).unwrap_or_else(|errors| panic!("{errors}"));
    assert_eq!(study.name, "train");
    assert_eq!(study.space.parameters().len(), 7);
}

#[test]
fn any_command_line_gives_a_file_that_can_be_read() {
    for command in [
        "true",
        "./run",
        "solve --x 0 --x 1 --seed 3 --trial 4 --stage 5",
        "p {a} --b={c} -1 -2.5 --tol 1e-300 --big 1e300 --n 9223372036854775807 --m -9223372036854775808",
        "p --a=nan --b=inf --c=0.05 --d=1 --e=1.0 --f=-0.5 --3d 4 --é 5 = =3 --=4 \"quoted\\",
        "p --lr -0.0 --w 5e-324 --v 1.7976931348623157e308",
    ] {
        let text = started(command);
        StudyFile::parse("study.toml", &text, Format::Toml)
            .unwrap_or_else(|errors| panic!("{text}\n{errors}"));
    }
}

const OLD: &str = r#"
name = "a"
[[objective]]
metric = "loss"
direction = "minimize"
[space]
lr = { float = [0, 1] }
[[stage]]
run = ["p", "{lr}"]
[stop]
trials = 10
"#;

fn changes(new: &str) -> Vec<(String, Class)> {
    let read = |text: &str| {
        StudyFile::parse("a.toml", text, Format::Toml).unwrap_or_else(|errors| panic!("{errors}"))
    };
    diff(&read(OLD), &read(new)).into_iter().map(|change| (change.key, change.class)).collect()
}

#[test]
fn layout_and_comments_are_no_change() {
    let new = "# better\nspace.lr = { float = [0.0, 1.0] }\nname = 'a'\nstop = { trials = 10 }\n\
               objective = [{ direction = \"minimize\", metric = \"loss\" }]\nstage = [{ run = [\"p\", \"{lr}\"] }]\n";
    assert_eq!(changes(new), []);
}

#[test]
fn changes_are_classed_by_what_they_mean_for_a_study_that_goes_on() {
    let new = OLD
        .replace("trials = 10", "trials = 20\n[executor]\nparallel = 3\n[sampler]\nname = \"random\"")
        .replace("[0, 1]", "[0, 2]")
        .replace("metric = \"loss\"\n", "")
        .replace("run = ", "grace = \"1s\"\nrun = ");
    let found = changes(&new);
    let expected = [
        ("objective[0].metric", Class::Objective, false),
        ("space.lr.float", Class::Space, false),
        ("stage[0].grace", Class::Executor, true),
        ("stop.trials", Class::Budget, true),
        ("executor", Class::Executor, true),
        ("sampler", Class::Sampler, false),
    ];
    assert_eq!(found, expected.map(|(key, class, _)| (key.to_owned(), class)));
    assert!(expected.iter().all(|(_, class, may)| class.may_change() == *may));
}

#[test]
fn a_change_says_what_was_and_what_is() {
    let read = |text: &str| {
        StudyFile::parse("a.toml", text, Format::Toml).unwrap_or_else(|errors| panic!("{errors}"))
    };
    let new = OLD.replace("trials = 10", "time = \"1h\"").replace("[0, 1]", "[0, 2]");
    let shown: Vec<String> = diff(&read(OLD), &read(&new)).iter().map(ToString::to_string).collect();
    assert_eq!(
        shown,
        ["space.lr.float: [0,1] is now [0,2]", "stop.trials: 10 is gone", "stop.time: \"1h\" is new"]
    );
}
