//! Trials of several stages and repetitions, and what goes on beside them.

use indexmap::IndexMap;
use ravine_spec::template::{HookValues, Rendered, RunScope, StageResult};
use ravine_spec::{ExecutorKind, Format, GpuSet, HookEvent, StudyFile, diff};
use search::{AshaKind, PrunerSpec};
use serde_json::json;
use study::schedule::{Cpus, Gpus};
use study::{Real, StageRules};

const GOOD: &str = r#"keep = 5
lag = 8

[[objective]]
metric = "loss"
direction = "minimize"

[space]
lr = { float = [0.0, 1.0] }
width = { int = [1, 8] }

[pruner]
name = "asha"
resource = "epochs"
max_resource = 81

[[stage]]
name = "tune"
once = true
run = ["tune", "--lr={lr}"]
cpus = 4
retries = 2
backoff = "1s"

[[stage]]
name = "train"
run = ["train", "--lr={stage.tune.lr_min}", "--from={stage.tune.dir}", "--fold={fold}", "--seed={replica}", "--epochs={epochs}", "-j{cpus}", "-g{gpus}", "{repetition}"]
cpus = { min = 1, max = 8 }
gpus = 0.5
memory = "4GiB"
resources = { licences = 1 }
pin = true
priority = 0
step_limit = 1000

[[repeat]]
name = "fold"
values = ["a", "b"]
statistic = "median"

[[repeat]]
name = "replica"
count = 3
keep = 0.5
by = "val_loss"
stop_above = 50.0

[stop]
when = ["max(madd) > 2e8", "len(loss) >= 20 && mean(loss) < 0.5"]
gpu_time = "10h"

[limits]
trial_time = "2h"

[executor]
cpus = 16
gpus = [0, 1]
memory = "64GiB"
resources = { licences = 2 }

[[on]]
event = "trial-ended"
run = ["notify", "{study}: {trial}"]

[[on]]
event = "study-ended"
run = "notify {study}"
timeout = "1m"

[metrics]
file = "metrics.prom"
port = 9464

[record]
env = ["CUDA_VERSION"]
files = ["data/train.csv"]
"#;

fn read(text: &str) -> StudyFile {
    StudyFile::parse("study.toml", text, Format::Toml).unwrap_or_else(|errors| panic!("{errors}"))
}

/// What is said where parts of the good file are replaced.
fn changed(changes: &[(&str, &str)]) -> String {
    let mut text = GOOD.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replacen(from, to, 1);
    }
    match StudyFile::parse("study.toml", &text, Format::Toml) {
        Ok(_) => panic!("nothing is wrong with\n{text}"),
        Err(errors) => errors.to_string(),
    }
}

fn all<const N: usize>(changes: [&[(&str, &str)]; N]) -> String {
    changes.map(changed).join("\n----\n")
}

#[test]
fn stages_say_what_they_take_and_how_they_are_tried() {
    let study = read(GOOD);
    let [tune, train] = study.stages.as_slice() else { panic!("two stages") };
    assert_eq!((tune.once, tune.demand.cpus, tune.priority), (true, Cpus::exactly(4), 0));
    assert_eq!((train.once, train.demand.cpus, train.priority), (false, Cpus::between(1, 8), 0));
    assert_eq!((train.demand.gpus, train.demand.memory), (Gpus::from_amount(0.5).expect("a share"), 4 << 30));
    assert_eq!((train.demand.named["licences"], train.pin, train.step_limit), (1, true, Some(1000)));
    let rules = &study.settings.stages;
    assert_eq!((rules[0].name.as_str(), rules[0].once, rules[0].retries), ("tune", true, 2));
    assert_eq!(rules[0].backoff.map(|backoff| backoff.as_millis()), Some(1000));
    assert_eq!(rules[1], StageRules::named("train"));
}

#[test]
fn earlier_stages_start_first_where_nothing_is_said() {
    let study = read(&GOOD.replace("priority = 0\n", ""));
    assert_eq!(study.stages.iter().map(|stage| stage.priority).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn what_the_study_obeys_is_in_its_settings() {
    let study = read(GOOD);
    let settings = &study.settings;
    assert_eq!(settings.repeat.iter().map(|axis| axis.len()).collect::<Vec<_>>(), [2, 3]);
    assert_eq!((settings.lag, study.reproducible, study.keep), (Some(8), false, Some(5)));
    let priced = read(&format!("cost = \"tune.time\"\n{GOOD}"));
    assert_eq!((priced.settings.cost.as_deref(), &settings.cost), (Some("tune.time"), &None));
    assert_eq!(settings.stop.when.len(), 2);
    assert_eq!(settings.stop.trials, None, "a condition is a limit: no default is needed");
    assert_eq!(study.limits.trial_time.map(|time| time.as_seconds()), Some(7200.0));
    let one = read(
        &GOOD.replace("when = [\"max(madd) > 2e8\", ", "when = [").replace("lag = 8", "reproducible = true"),
    );
    assert_eq!((one.settings.stop.when.len(), one.settings.lag, one.reproducible), (1, None, true));
    let text =
        GOOD.replace("[\"max(madd) > 2e8\", \"len(loss) >= 20 && mean(loss) < 0.5\"]", "\"max(madd) > 2e8\"");
    assert_eq!(read(&text).settings.stop.when, ["max(madd) > 2e8"]);
}

#[test]
fn the_executor_says_what_there_is() {
    let executor = read(GOOD).executor;
    assert_eq!((executor.kind, executor.gpus), (ExecutorKind::Local, GpuSet::These(vec![0, 1])));
    assert_eq!((executor.memory.map(|memory| memory.0), executor.resources["licences"]), (Some(64 << 30), 2));
    assert_eq!(read(&GOOD.replace("gpus = [0, 1]", "gpus = 2")).executor.gpus, GpuSet::Count(2));
    assert_eq!(read(&GOOD.replace("gpus = [0, 1]", "gpus = \"auto\"")).executor.gpus, GpuSet::Auto);
}

#[test]
fn hooks_figures_and_notes_are_read() {
    let study = read(GOOD);
    assert_eq!(
        study.hooks.iter().map(|hook| hook.event).collect::<Vec<_>>(),
        [HookEvent::TrialEnded, HookEvent::StudyEnded]
    );
    assert_eq!((study.hooks[0].timeout.as_seconds(), study.hooks[1].timeout.as_seconds()), (10.0, 60.0));
    let values = HookValues { event: "trial-ended", study: "digits", trial: Some(3) };
    let command = study.hooks[0].command.render(&values).expect("a command");
    assert_eq!(command, Rendered::Program(vec!["notify".to_owned(), "digits: 3".to_owned()]));
    assert_eq!((study.metrics.file.as_deref(), study.metrics.port), (Some("metrics.prom"), Some(9464)));
    assert_eq!(
        (study.record.env, study.record.files),
        (vec!["CUDA_VERSION".to_owned()], vec!["data/train.csv".to_owned()])
    );
}

fn kind(text: &str) -> AshaKind {
    match read(text).settings.pruner {
        Some(PrunerSpec::Asha(options)) => options.kind.expect("settled"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn asha_promotes_programs_that_take_their_level_or_their_checkpoint_and_stops_others() {
    assert_eq!(kind(GOOD), AshaKind::Promotion);
    let deaf = GOOD.replace("\"--epochs={epochs}\", ", "");
    assert_eq!(kind(&deaf), AshaKind::Stopping);
    let level = GOOD.replace("--epochs={epochs}", "--epochs={level}");
    assert_eq!(kind(&level), AshaKind::Promotion);
    let resumes = GOOD.replace("--epochs={epochs}", "--resume={checkpoint_dir}");
    assert_eq!(kind(&resumes), AshaKind::Promotion);
    assert_eq!(kind(&resumes.replace("max_resource = 81\n", "")), AshaKind::Stopping, "to which top?");
    let said = GOOD.replace("max_resource = 81", "max_resource = 81\nkind = \"stopping\"");
    assert_eq!(kind(&said), AshaKind::Stopping);
}

#[test]
fn a_stage_sees_its_repetition_its_level_its_resources_and_earlier_results() {
    let study = read(GOOD);
    let point =
        study.space.from_json(json!({"lr": 0.5, "width": 2}).as_object().expect("a table")).expect("a point");
    let metrics = IndexMap::from([("lr_min".to_owned(), Real(0.25))]);
    let scope = RunScope {
        space: &study.space,
        point: &point,
        run_dir: "/r".to_owned(),
        checkpoint_dir: "/c".to_owned(),
        artifacts_dir: "/a".to_owned(),
        seed: 1,
        trial: 7,
        repetition: 5,
        axes: IndexMap::from([("fold".to_owned(), json!("b")), ("replica".to_owned(), json!(2))]),
        level: Some(27),
        resource: Some("epochs"),
        cpus: 3,
        gpus: 2.0,
        python: "python3".to_owned(),
        stages: IndexMap::from([("tune".to_owned(), StageResult { dir: "/t".to_owned(), metrics })]),
    };
    let Ok(Rendered::Program(arguments)) = study.stages[1].command.render(&scope) else {
        panic!("a program")
    };
    let wanted =
        ["train", "--lr=0.25", "--from=/t", "--fold=b", "--seed=2", "--epochs=27", "-j3", "-g2", "5"];
    assert_eq!(arguments, wanted);
}

#[test]
fn a_changed_pipeline_is_classed_by_what_it_means_for_results() {
    let new = GOOD
        .replace("count = 3", "count = 4")
        .replace("retries = 2", "retries = 3")
        .replace("trial_time = \"2h\"", "trial_time = \"3h\"")
        .replace("keep = 5", "keep = 6")
        .replace("max_resource = 81", "max_resource = 27");
    let changes = diff(&read(GOOD), &read(&new));
    let found: Vec<(&str, bool)> =
        changes.iter().map(|change| (change.key.as_str(), change.class.may_change())).collect();
    let wanted = [
        ("keep", true),
        ("pruner.max_resource", false),
        ("stage[0].retries", true),
        ("repeat[1].count", false),
        ("limits.trial_time", true),
    ];
    assert_eq!(found, wanted);
}

#[test]
fn mistakes_of_stages_are_explained() {
    let shown = all([
        &[("name = \"train\"\n", "")],
        &[("name = \"train\"", "name = \"tune\"")],
        &[("name = \"train\"", "name = \"TUNE\"")],
        &[
            ("once = true\n", ""),
            ("pin = true", "pin = true\nonce = true"),
            ("\"--fold={fold}\", \"--seed={replica}\", ", ""),
        ],
        &[("retries = 2", "retries = 0")],
        &[("step_limit = 1000", "step_limit = 0")],
        &[("memory = \"4GiB\"", "memory = 0")],
        &[("cpus = 4", "cpus = 0")],
        &[("min = 1, max = 8", "min = 9, max = 8")],
        &[("min = 1, max = 8", "mim = 1, max = 8")],
        &[("min = 1, max = 8", "min = 1")],
        &[("gpus = 0.5", "gpus = 1.5")],
        &[("gpus = 0.5", "gpus = -1")],
        &[("licences = 1 }", "licence = 1 }")],
        &[("once = true", "onse = true")],
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn a_stage_that_never_fits_is_an_error_with_both_lines() {
    let shown = all([
        &[("cpus = 4", "cpus = 40")],
        &[("gpus = 0.5", "gpus = 3")],
        &[("gpus = [0, 1]", "gpus = 0")],
        &[("memory = \"4GiB\"", "memory = \"128GiB\"")],
        &[("licences = 1 }", "licences = 3 }")],
        &[("resources = { licences = 2 }\n", "")],
        &[("gpus = [0, 1]", "gpus = [0, 0]")],
        &[("gpus = [0, 1]", "gpus = \"all\"")],
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn mistakes_of_repetitions_are_explained() {
    let shown = all([
        &[("count = 3", "count = 0")],
        &[("count = 3", "count = 3\nweights = [1, 2]")],
        &[("keep = 0.5\nby", "by")],
        &[("statistic = \"median\"", "statistic = \"modus\"")],
        &[("name = \"replica\"", "name = \"fold\"")],
        &[("name = \"replica\"", "name = \"width\"")],
        &[("name = \"replica\"", "name = \"train\"")],
        &[("name = \"replica\"", "name = \"trial\"")],
        &[("name = \"replica\"", "name = \"my fold\"")],
        &[("name = \"replica\"", "name = \"FOLD\"")],
        &[("count = 3", "count = 0"), ("metric = \"loss\"", "metric = \"loss +\"")],
        &[
            ("[[repeat]]\nname = \"fold\"", "[repeat]\nname = \"fold\""),
            (
                "[[repeat]]\nname = \"replica\"\ncount = 3\nkeep = 0.5\nby = \"val_loss\"\nstop_above = 50.0\n",
                "",
            ),
        ],
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn mistakes_of_placeholders_say_what_there_is() {
    let shown = all([
        &[("--fold={fold}", "--fold={flod}")],
        &[("tune\", \"--lr={lr}\"", "tune\", \"{fold}\"")],
        &[("{stage.tune.lr_min}", "{stage.tuen.lr_min}")],
        &[("{stage.tune.lr_min}", "{stage.tune}")],
        &[("tune\", \"--lr={lr}\"", "tune\", \"{stage.train.loss}\"")],
        &[("{stage.tune.lr_min}", "{stage.train.loss}")],
        &[("max_resource = 81\n", "")],
        &[("resource = \"epochs\"\nmax_resource = 81\n", ""), ("{epochs}", "{level}")],
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn mistakes_of_pruners_are_explained() {
    let shown = all([
        &[("name = \"asha\"", "name = \"ahsa\"")],
        &[("max_resource = 81", "max_resouce = 81")],
        &[("max_resource = 81", "max_resource = \"many\"")],
        &[("max_resource = 81", "max_resource = 1")],
        &[("max_resource = 81", "max_resource = 81\nreduction_factor = 1")],
        &[("resource = \"epochs\"", "resource = \"width\"")],
        &[("resource = \"epochs\"", "resource = \"fold\"")],
        &[("resource = \"epochs\"", "resource = \"seed\"")],
        &[("name = \"asha\"\n", "")],
        &[("name = \"asha\"\nresource = \"epochs\"\nmax_resource = 81\n", "name = \"patience\"\n")],
        &[
            (
                "name = \"asha\"\nresource = \"epochs\"\nmax_resource = 81\n",
                "name = \"patience\"\npatience = 3\nrule = { name = \"percentile\", percentil = 3 }\n",
            ),
            ("\"--epochs={epochs}\", ", ""),
        ],
        &[("[space]", "[[objective]]\nmetric = \"size\"\ndirection = \"minimize\"\n\n[space]")],
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn mistakes_of_limits_and_of_what_goes_on_beside_are_explained() {
    let shown = all([
        &[("max(madd) > 2e8", "max(madd)")],
        &[("max(madd) > 2e8", "madd > 2e8")],
        &[("max(madd) > 2e8", "max(madd > 2e8")],
        &[("max(madd) > 2e8", "1 < 2")],
        &[("lag = 8", "lag = 0")],
        &[("lag = 8", "lag = 8\nreproducible = true")],
        &[("keep = 5", "keep = 0")],
        &[("trial_time = \"2h\"", "trial_time = \"0s\"")],
        &[("event = \"trial-ended\"", "event = \"trial-end\"")],
        &[("notify {study}", "notify {trial}")],
        &[("{study}: {trial}", "{lr}")],
        &[("port = 9464", "port = 0")],
        &[("port = 9464", "port = 99999")],
        &[("env = [\"CUDA_VERSION\"]", "env = [\"A=B\"]")],
        &[
            ("[[on]]\nevent = \"study-ended\"\nrun = \"notify {study}\"\ntimeout = \"1m\"\n", ""),
            ("[[on]]", "[on]"),
        ],
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn a_variable_that_looks_like_a_secret_is_warned_of() {
    let study = read(&GOOD.replace("CUDA_VERSION", "WANDB_API_KEY"));
    assert_eq!(study.warnings.len(), 1);
    let shown = study.warnings[0].render(&study.source);
    assert!(shown.contains("`WANDB_API_KEY` would be kept"), "{shown}");
}

#[test]
fn a_file_that_is_to_be_noted_must_be_there() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("study.toml");
    std::fs::write(&path, GOOD).expect("written");
    let said = StudyFile::load(&path).expect_err("no data").to_string();
    assert!(said.contains("there is no file") && said.contains("data/train.csv"), "{said}");
    std::fs::create_dir(folder.path().join("data")).expect("a folder");
    std::fs::write(folder.path().join("data/train.csv"), "1").expect("written");
    assert!(StudyFile::load(&path).is_ok());
}
