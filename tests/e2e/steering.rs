//! Ctrl-C, pause, resume, stop and enqueue, from this terminal and from another.

use std::process::Child;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::programs::{PARABOLA, SLOW, parabola, slow};
use crate::scene::{Scene, processes_in, wait_for};

fn interrupt(child: &Child) {
    kill(Pid::from_raw(child.id() as i32), Signal::SIGINT).expect("it lives");
}

/// A scene with a slow study under way: two runs have reported.
fn under_way() -> (Scene, Child) {
    let scene = Scene::new();
    scene.program("slow.sh", SLOW);
    scene.file("study.toml", &slow("slow", 2));
    let child = scene.start(&["run", "study.toml", "--json"]);
    wait_for("two runs that report", 20, || {
        (0..2).all(|n| scene.path(&format!("runs/slow/trials/0000/0000{n}/eval/0/metrics.jsonl")).exists())
    });
    (scene, child)
}

fn slow_programs(scene: &Scene) -> usize {
    processes_in(&scene.path("")).iter().filter(|pid| command_of(**pid).contains("slow.sh")).count()
}

fn command_of(pid: i32) -> String {
    let bytes = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
    String::from_utf8_lossy(&bytes).replace('\0', " ")
}

#[test]
fn ctrl_c_once_lets_running_trials_finish() {
    let scene = Scene::new();
    scene.program("slow.sh", "#!/bin/sh\nsleep 1\necho '{\"loss\": 1}'\n");
    scene.file("study.toml", &slow("slow", 2));
    let mut child = scene.start(&["run", "study.toml"]);
    wait_for("a run", 20, || slow_programs(&scene) > 0);
    interrupt(&child);
    let status = child.wait().expect("it ends");
    assert_eq!(status.code(), Some(130));
    let lines = scene.lines("runs/slow/results.jsonl");
    assert_eq!(lines.len(), 2);
    assert!(lines.iter().all(|line| line["state"] == "complete"), "{lines:?}");
}

#[test]
fn ctrl_c_twice_ends_running_trials_and_leaves_no_process() {
    let (scene, mut child) = under_way();
    interrupt(&child);
    std::thread::sleep(Duration::from_millis(300));
    interrupt(&child);
    let start = Instant::now();
    assert_eq!(child.wait().expect("it ends").code(), Some(130));
    assert!(start.elapsed() < Duration::from_secs(8), "it took {:?}", start.elapsed());
    assert_eq!(slow_programs(&scene), 0);
}

#[test]
fn a_study_is_stopped_from_another_terminal() {
    let (scene, mut child) = under_way();
    let start = Instant::now();
    scene.ok(&["stop"]);
    child.wait().expect("it ends");
    assert!(start.elapsed() < Duration::from_secs(8), "it took {:?}", start.elapsed());
    assert_eq!(slow_programs(&scene), 0);
    assert_eq!(scene.json(&["show", "--json"])["phase"], "stopped");
}

#[test]
fn a_paused_study_starts_nothing_until_it_is_resumed() {
    let scene = Scene::new();
    scene.program("parabola.sh", &PARABOLA.replace("awk", "sleep 0.2; awk"));
    scene.file("study.toml", &parabola("parabola", 20, 1));
    let mut child = scene.start(&["run", "study.toml", "--quiet"]);
    let finished = || scene.json(&["show", "--json"])["counts"]["complete"].as_u64().unwrap_or(0);
    wait_for("the study", 20, || scene.ravine(&["show", "--json"]).code == 0);
    wait_for("a result", 20, || finished() >= 1);
    scene.ok(&["pause"]);
    std::thread::sleep(Duration::from_millis(1_500));
    let held = finished();
    std::thread::sleep(Duration::from_millis(1_000));
    assert_eq!(finished(), held, "nothing starts while paused");
    assert!(held < 20);
    scene.ok(&["resume"]);
    assert!(child.wait().expect("it ends").success());
    assert_eq!(finished(), 20);
}

#[test]
fn an_enqueued_point_is_tried_next_and_the_rest_of_it_is_sampled() {
    let scene = Scene::new();
    scene.program("parabola.sh", PARABOLA);
    let text = parabola("parabola", 3, 1).replace("[[stage]]", "y = { int = [1, 9] }\n\n[[stage]]");
    scene.file("study.toml", &text);
    scene.ok(&["run", "study.toml"]);
    scene.ok(&["enqueue", "x=0.25"]);
    scene.ok(&["run", "study.toml", "--trials", "4"]);
    let lines = scene.lines("runs/parabola/results.jsonl");
    assert_eq!(lines[3]["params"]["x"], 0.25);
    assert!(lines[3]["params"]["y"].as_i64().is_some());
    let said = scene.ravine(&["enqueue", "x=7"]);
    assert_eq!(said.code, 3, "{}", said.err);
    let said = scene.ravine(&["enqueue", "z=1"]);
    assert_eq!(said.code, 3, "{}", said.err);
    assert!(said.err.contains('z'), "{}", said.err);
}
