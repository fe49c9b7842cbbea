//! From a study file to the best configuration.

use crate::programs::{PARABOLA, parabola};
use crate::scene::Scene;

fn scene(trials: u32, parallel: u32) -> Scene {
    let scene = Scene::new();
    scene.program("parabola.sh", PARABOLA);
    scene.file("study.toml", &parabola("parabola", trials, parallel));
    scene
}

#[test]
fn a_study_runs_to_its_limit_and_shows_what_it_found() {
    let scene = scene(12, 2);
    let said = scene.ok(&["run", "study.toml"]);
    assert!(said.out.contains("the limit on trials is reached"), "{}", said.out);
    assert!(said.out.contains("ravine rerun"), "it says how to re-run the best: {}", said.out);

    let lines = scene.lines("runs/parabola/results.jsonl");
    assert_eq!(lines.len(), 12);
    for line in &lines {
        let x = line["params"]["x"].as_f64().expect("a number");
        let loss = line["values"]["loss"].as_f64().expect("a number");
        assert!((loss - (x - 0.3) * (x - 0.3)).abs() < 1e-12, "{line}");
    }
    assert_eq!(scene.read("runs/parabola/params.csv").lines().count(), 13, "a header and twelve rows");
    assert_eq!(scene.read("runs/parabola/study.toml"), scene.read("study.toml"));

    let best = scene.json(&["best", "--json"]);
    let least = lines.iter().filter_map(|line| line["values"]["loss"].as_f64()).fold(f64::INFINITY, f64::min);
    assert_eq!(best[0]["values"]["loss"].as_f64(), Some(least));
}

#[test]
fn a_run_is_a_directory_that_a_person_can_read() {
    let scene = scene(1, 1);
    scene.ok(&["run", "study.toml"]);
    let attempt = "runs/parabola/trials/0000/00000/eval/0";
    let config: serde_json::Value =
        serde_json::from_str(&scene.read(&format!("{attempt}/config.json"))).expect("JSON");
    assert!(config["x"].as_f64().is_some(), "{config}");
    assert!(scene.read(&format!("{attempt}/stdout.log")).contains("loss"));
    assert!(scene.read(&format!("{attempt}/metrics.jsonl")).contains("loss"));
    assert!(scene.read(&format!("{attempt}/exit.json")).contains("\"ok\""));
    assert!(!scene.path(&format!("{attempt}/stderr.log")).exists(), "no empty files");
}

#[test]
fn the_same_command_goes_on_and_counts_what_is_there() {
    let scene = scene(5, 1);
    scene.ok(&["run", "study.toml"]);
    scene.ok(&["run", "study.toml"]);
    assert_eq!(scene.lines("runs/parabola/results.jsonl").len(), 5, "the budget is for all starts together");
    scene.ok(&["run", "study.toml", "--trials", "8"]);
    let lines = scene.lines("runs/parabola/results.jsonl");
    let numbers: Vec<_> = lines.iter().filter_map(|line| line["trial"].as_u64()).collect();
    assert_eq!(numbers, (0..8).collect::<Vec<_>>());
}

#[test]
fn same_seed_same_search() {
    let tables: Vec<String> = (0..2)
        .map(|_| {
            let scene = scene(15, 1);
            scene.ok(&["run", "study.toml"]);
            scene.ok(&["export", "--canonical"]).out
        })
        .collect();
    assert_eq!(tables[0], tables[1]);
}

#[test]
fn a_finite_space_ends_when_it_is_used_up() {
    let scene = Scene::new();
    scene.program("parabola.sh", PARABOLA);
    let text =
        parabola("small", 100, 2).replace("{ float = [-1.0, 1.0] }", "{ choice = [0.1, 0.2, 0.3, 0.4] }");
    scene.file("study.toml", &text);
    let said = scene.ok(&["run", "study.toml"]);
    assert!(said.out.contains("every configuration was tried"), "{}", said.out);
    assert_eq!(scene.lines("runs/small/results.jsonl").len(), 4);
}

#[test]
fn two_runs_of_one_study_share_it() {
    let scene = scene(40, 2);
    let mut children: Vec<_> = (0..2).map(|_| scene.start(&["run", "study.toml", "--quiet"])).collect();
    for child in &mut children {
        assert!(child.wait().expect("it ends").success());
    }
    let lines = scene.lines("runs/parabola/results.jsonl");
    let mut numbers: Vec<_> = lines.iter().filter_map(|line| line["trial"].as_u64()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..40).collect::<Vec<_>>(), "each trial once, none over the budget");
}
