//! Bad files: what is said about each, word by word.

use ravine_spec::{Format, StudyFile};

const GOOD: &str = r#"[[objective]]
metric = "val_loss"
direction = "minimize"

[space]
lr = { float = [1e-5, 1e-1], log = true }
layers = { int = [1, 4] }
units = { int = [16, 256], length = "layers" }
optimizer = { choice = [
  { name = "sgd", momentum = { float = [0.0, 0.99] } },
  { name = "adam", beta1 = { float = [0.8, 0.999] } } ] }

[[stage]]
name = "train"
run = ["python", "train.py", "--lr={lr}"]
"#;

fn said(text: &str, format: Format) -> String {
    let name = format!("study.{}", format.name().to_lowercase());
    match StudyFile::parse(&name, text, format) {
        Ok(_) => panic!("nothing is wrong with\n{text}"),
        Err(errors) => errors.to_string(),
    }
}

/// What is said where a part of the good file is replaced.
fn changed(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    said(&GOOD.replacen(from, to, 1), Format::Toml)
}

fn added(text: &str) -> String {
    said(&format!("{GOOD}{text}"), Format::Toml)
}

/// Several files' messages in one snapshot.
fn all(messages: impl IntoIterator<Item = String>) -> String {
    messages.into_iter().collect::<Vec<_>>().join("\n----\n")
}

#[test]
fn unknown_keys_are_errors_with_the_nearest_name() {
    let shown = all([
        changed("[space]", "trails = 3\n[space]"),
        changed("[space]", "trials = 3\n[space]"),
        changed("[space]", "seed = 3\n[space]"),
        added("timeout = 3\n[executor]\ncapture = 3\n"),
        said(&format!("seeed = 3\n{GOOD}"), Format::Toml),
        changed("log = true", "logg = true"),
        changed("name = \"train\"", "nmae = \"train\""),
        added("[stop]\ntrails = 20\n"),
        added("[sampler]\nname = \"tpe\"\nn_startup = 3\n"),
        added("[sampler]\nname = \"tpee\"\n"),
        added("[executor]\nparalel = 3\n"),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn wrong_types_say_what_is_wanted() {
    let shown = all([
        changed("direction = \"minimize\"", "direction = \"min\""),
        changed("direction = \"minimize\"", "direction = 3"),
        changed("float = [1e-5, 1e-1]", "float = \"wide\""),
        changed("float = [1e-5, 1e-1]", "float = [1e-5, 1e-1, 3]"),
        changed("int = [1, 4]", "int = [1.5, 4]"),
        changed("name = \"train\"", "cpus = -1"),
        changed("name = \"train\"", "timeout = \"soon\""),
        changed("name = \"train\"", "log_limit = \"much\""),
        changed("name = \"train\"", "env = [\"A=b\"]"),
        changed("name = \"train\"", "ok = 3"),
        changed("run = [\"python\", \"train.py\", \"--lr={lr}\"]", "run = { a = 1 }"),
        changed("[[stage]]", "[stage]"),
        added("[sampler]\nname = \"tpe\"\nn_startup_trials = \"few\"\n"),
        added("[stop]\ntarget = \"low\"\n"),
        said("seed = -1\n", Format::Toml),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn impossible_spaces_are_explained() {
    let shown = all([
        changed("float = [1e-5, 1e-1]", "float = [1e-1, 1e-5]"),
        changed("float = [1e-5, 1e-1]", "float = [0.0, 1e-1]"),
        changed("int = [1, 4]", "choice = []"),
        changed("lr = { float = [1e-5, 1e-1], log = true }", "lr = { log = true }"),
        changed("layers = { int = [1, 4] }", "layers = { int = [1, 4], when = \"layer > 2\" }"),
        changed("layers = { int = [1, 4] }", "layers = { int = [1, 4], when = \"lr >\" }"),
        changed(
            "layers = { int = [1, 4] }",
            "layers = { int = [1, 4] }\na = { expr = \"b + 1\" }\nb = { expr = \"2 * a\" }",
        ),
        changed("length = \"layers\"", "length = \"layrs\""),
        changed("layers = { int = [1, 4] }", "layers = { int = [1, 4], default = 9 }"),
        added("[[space_constraint]]\nexpr = \"lr * unit[0] < 3\"\n"),
        added("[[space_constraint]]\nexpr = \"lr + layers\"\n"),
        added("[[point]]\nparams = { lrr = 0.01 }\n"),
        added("[[point]]\nparams = { lr = 5 }\n"),
        changed("layers = { int = [1, 4] }", "layers = { int = [1, 4] }\nseed = { int = [1, 4] }"),
        changed("layers = { int = [1, 4] }", "layers = { int = [1, 4] }\noptimizer_beta1 = { int = [1, 4] }"),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn all_mistakes_of_a_space_are_shown_at_once() {
    let text = GOOD
        .replace("log = true", "logg = true")
        .replace("int = [1, 4]", "int = [4, 1]")
        .replace("int = [16, 256]", "int = \"many\"")
        .replace("float = [0.0, 0.99]", "flaot = [0.0, 0.99]")
        .replace("float = [0.8, 0.999]", "float = [0.8, 0.999], default = 1")
        .replace("[[stage]]", "named = { choice = [{ name = 3, x = { int = [2, 1] } }] }\na = { expr = \"lr * unitz\" }\n[[stage]]");
    let constraint = "[[space_constraint]]\nexpr = \"units[0] < layesr\"\n[[space_constraint]]\nexpr = 3\n";
    let shown = all([
        said(&format!("{text}{constraint}"), Format::Toml),
        said(
            "objective:\n- {metric: a, direction: minimize}\nspace:\n  x: {float: [1, 0]}\n  y: {choice: []}\n  z: 3\n  \
             w: {flat: 1}\nstage:\n- run: [a]\n",
            Format::Yaml,
        ),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn placeholders_that_name_nothing_are_errors() {
    let shown = all([
        changed("--lr={lr}", "--lr={lrr}"),
        changed("--lr={lr}", "--beta={beta1}"),
        changed("--lr={lr}", "--lr={lr"),
        changed("--lr={lr}", "--lr=lr}"),
        changed("--lr={lr}", "--lr={}"),
        changed("--lr={lr}", "--lr={lr:.3x}"),
        changed("--lr={lr}", "--lr={lr:d}"),
        changed("--lr={lr}", "--lr={units:d}"),
        changed("--lr={lr}", "--lr={stage.tune.lr}"),
        changed(
            "run = [\"python\", \"train.py\", \"--lr={lr}\"]",
            "run = \"python train.py {optimizer.beta1}\"",
        ),
        changed("name = \"train\"", "cwd = \"{units[3]}\""),
        changed("name = \"train\"", "env = { A = \"{zzz}\" }"),
        added("[setup]\nrun = [\"prepare\", \"{lr}\"]\n"),
        added("[[stage.file]]\ntemplate = \"card.yml\"\nset = { \"a.b\" = \"{lrr}\" }\n"),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn points_that_cannot_be_tried_or_told_are_errors() {
    let limited = "[[space_constraint]]\nexpr = \"layers * lr <= 0.05\"\n";
    let shown = all([
        added("[[point]]\nparams = { lr = 2.0 }\n"),
        added("[[point]]\nparams = { layerz = 2 }\n"),
        added("[[point]]\nparams = { lr = 0.01 }\nresult = {}\n"),
        added("[[point]]\nparams = { lr = 0.01 }\nresult = { loss = 0.5 }\n"),
        added("[[point]]\nparams = { lr = 0.01 }\nresult = { val_loss = nan }\n"),
        added(&format!(
            "{limited}[[point]]\nparams = {{ lr = 0.1, units = [16], optimizer = {{ name = \"sgd\", momentum = 0.5 }} }}\n"
        )),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn a_tied_value_that_cannot_be_computed_is_told_before_any_trial() {
    let always =
        changed("layers =", "wide = { expr = \"layers * 9223372036854775807 * 2\", int = true }\nlayers =");
    insta::assert_snapshot!(always);
    let text = GOOD.replacen("layers =", "wide = { expr = \"layers / (layers - 1)\" }\nlayers =", 1);
    let study = StudyFile::parse("study.toml", &text, Format::Toml).expect("only a warning");
    let warned: Vec<_> = study.warnings.iter().map(|warning| warning.message.as_str()).collect();
    assert!(
        matches!(warned.as_slice(), [one] if one.starts_with("`wide` cannot be computed in")),
        "{warned:?}"
    );
}

#[test]
fn what_is_missing_or_contradicts_itself_is_said() {
    let shown = all([
        changed("direction = \"minimize\"\n", ""),
        changed("metric = \"val_loss\"\ndirection = \"minimize\"\n", "metric = \"test_accuracy\"\n"),
        changed("[[objective]]", "[objective]"),
        changed("[[stage]]", "[[stages]]"),
        said("name = \"empty\"\n", Format::Toml),
        changed("metric = \"val_loss\"", "metric = \"val_loss +\""),
        changed("metric = \"val_loss\"", "metric = \"loss + 1\"\nat = \"best\""),
        added("[[stage]]\nname = \"train\"\nrun = [\"true\"]\n"),
        changed("name = \"train\"", "name = \"a/b\""),
        changed("name = \"train\"", "shell = true"),
        changed("name = \"train\"", "cpus = 4\n[executor]\ncpus = 2\n[[stage]]"),
        added("[stage.capture]\nloss = 'loss ([0-9'\n"),
        added("[stage.capture]\nloss = 'loss [0-9]+'\n"),
        added("[[stage.file]]\ntemplate = \"card.txt\"\n"),
        added("[store]\nurl = \"postgres://me:secret@host/db\"\n"),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn keys_of_later_versions_are_refused_and_not_ignored() {
    let shown = all([added("[executor]\nkind = \"slurm\"\n"), added("[executor]\nhosts = [\"a\"]\n")]);
    insta::assert_snapshot!(shown);
}

#[test]
fn a_function_that_cannot_be_called_is_shown_with_what_is_meant() {
    let run = "run = [\"python\", \"train.py\", \"--lr={lr}\"]";
    let shown = all([
        changed(run, ""),
        changed(run, &format!("call = \"train:fit\"\n{run}")),
        changed(run, "call = \"pkg.train.fit\""),
        changed(run, "call = \"train\""),
        changed(run, "call = \"./pkg/train.py:fit\""),
        changed(run, "call = \"pkg.my-train:fit\""),
        changed(run, "call = \"pkg:Model.\""),
        changed(run, "call = [\"pkg:fit\"]"),
        changed(run, "call = \"pkg:fit\"\nshell = true\npython = \"\""),
        changed(run, &format!("{run}\npython = \"python3.12\"")),
        changed(run, &format!("{run}\npool = true")),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn several_mistakes_are_shown_at_once() {
    let text = GOOD
        .replace("direction = \"minimize\"", "direction = \"smaller\"")
        .replace("--lr={lr}", "--lr={lrr}")
        .replace("name = \"train\"", "ok = []\ncpus = 0");
    let shown = said(&format!("{text}[stop]\ntrials = \"many\"\n"), Format::Toml);
    insta::assert_snapshot!(shown);
}

#[test]
fn syntax_errors_show_their_line_in_each_format() {
    let shown = all([
        said("name = \nseed = 3\n[space\n", Format::Toml),
        said("seed = 1\nseed = 2\n", Format::Toml),
        said("when = 2024-01-01\n", Format::Toml),
        said("{\n  \"name\": \"x\",\n  \"seed\": 3,\n}\n", Format::Json),
        said("{\"seed\": 1, \"seed\": 2}", Format::Json),
        said("name: x\n  seed: 3\n", Format::Yaml),
        said("seed: 1\nseed: 2\n", Format::Yaml),
        said("objective:\n- metric: acc\n  direction: up\n", Format::Yaml),
        said("a: &a 1\n<<: *a\n", Format::Yaml),
        said("--- 1\n--- 2\n", Format::Yaml),
        said("[1, 2]", Format::Json),
        said("seed = 99999999999999999999\n", Format::Toml),
    ]);
    insta::assert_snapshot!(shown);
}

#[test]
fn runcards_are_tried_when_the_file_is_loaded() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("study.toml");
    let card = "[[stage.file]]\ntemplate = \"card.yml\"\nset = { \"fit.lr\" = \"{lr:.3f}\", \"fti.depth\" = \"{units:,}\" }\n";
    std::fs::write(&path, format!("{GOOD}{card}")).expect("written");
    let said = || {
        StudyFile::load(&path)
            .expect_err("no runcard")
            .to_string()
            .replace(&folder.path().display().to_string(), "FOLDER")
    };
    let missing = said();
    std::fs::write(folder.path().join("card.yml"), "fit:\n  lr: 1\n").expect("written");
    let typo = said();
    std::fs::write(folder.path().join("card.yml"), "fit: [\n").expect("written");
    let shown = all([missing, typo, said()]);
    insta::assert_snapshot!(shown);
    std::fs::remove_file(folder.path().join("card.yml")).expect("removed");
    std::fs::write(&path, format!("{GOOD}{card}[setup]\nrun = [\"make\"]\n")).expect("written");
    assert!(StudyFile::load(&path).is_ok(), "the setup may make it");
}

#[test]
fn an_option_that_cannot_be_is_underlined_itself() {
    let sampler = |text: &str| added(&format!("[sampler]\nname = {text}\n"));
    let pruner = |text: &str| added(&format!("[pruner]\nname = {text}\n"));
    let shown = all([
        sampler("\"gp\"\nn_startup_trials = 0"),
        sampler("\"tpe\"\nn_ei_candidates = 4000000000"),
        sampler("\"tpe\"\nn_startup_trials = -3"),
        sampler("\"cmaes\"\nsigma = nan"),
        sampler("\"cmaes\"\ncovariance = \"sep\""),
        sampler("\"cmaes\"\npopulation = 4000000000"),
        sampler("\"cmaes\"\ncovariance = \"diagonal\"\nadapt_learning_rate = true"),
        sampler("\"cmaes\"\nstart = { layers = 1.5, lr = 3.0 }"),
        sampler("\"cmaes\"\npromising = [{ layers = 9 }]"),
        sampler("\"fixed\"\npoints = []"),
        pruner("\"asha\"\nkind = \"x\""),
        pruner("\"threshold\"\nlower = nan"),
        pruner("\"wilcoxon\"\nover = \"repetitions\""),
        added("[[objective]]\nmetric = \"val_loss\"\ndirection = \"maximize\"\n"),
    ]);
    insta::assert_snapshot!(shown);
    let objective = "[[objective]]\nmetric = \"b\"\ndirection = \"minimize\"\n";
    let three = format!("{objective}{}", objective.replace("\"b\"", "\"c\""));
    let directions = added(&format!("{three}[sampler]\nname = \"nsga3\"\ndivisions = 100000\n"));
    assert!(directions.contains("more than 100000 directions"), "{directions}");
}

#[test]
fn what_bohb_searches_with_is_called_by_its_name() {
    let study = |more: &str| {
        StudyFile::parse("study.toml", &format!("{GOOD}{more}"), Format::Toml).expect("nothing is wrong")
    };
    let bohb = "[pruner]\nname = \"bohb\"\nmax_resource = 9\n";
    assert_eq!(study(bohb).sampler.name(), "tpe");
    assert_eq!(study(&format!("{bohb}[sampler]\nname = \"gp\"\n")).sampler.name(), "gp");
    assert_eq!(study("").sampler.name(), "auto");
}

#[test]
fn promotion_of_a_program_that_is_not_told_its_level_is_warned_of() {
    let asha = "[pruner]\nname = \"asha\"\nkind = \"promotion\"\nmax_resource = 9\n";
    let warnings = |text: &str| {
        let study = StudyFile::parse("study.toml", text, Format::Toml).expect("nothing is wrong");
        study.warnings.iter().map(|warning| warning.message.clone()).collect::<Vec<_>>()
    };
    let want = "no command names `{level}` or `{checkpoint_dir}`: how far is a trial to run?";
    assert_eq!(warnings(&format!("{GOOD}{asha}")), [want]);
    let told = GOOD.replace("--lr={lr}", "--lr={lr}\", \"--epochs={level}");
    assert!(warnings(&format!("{told}{asha}")).is_empty());
}
