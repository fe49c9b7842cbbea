//! Every process that a run started ends with it, whatever it did to get away (promise NO ORPHANS).

use crate::programs::parabola;
use crate::scene::{Scene, processes_in, wait_for};

/// Starts children that leave their session, fork twice, clear their environment and ignore SIGTERM.
const HOSTILE: &str = r#"
import os, signal, sys, time

def child(*ways):
    if os.fork():
        return
    if "setsid" in ways:
        os.setsid()
    if "twice" in ways and os.fork():
        os._exit(0)
    if "deaf" in ways:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if "bare" in ways:
        os.execve(sys.executable, [sys.executable, "-c", "import time; time.sleep(600)  # hostile"], {})
    time.sleep(600)

child()
child("setsid")
child("setsid", "twice")
child("deaf")
child("setsid", "twice", "deaf")
child("setsid", "twice", "bare")
time.sleep(0.3)
print('{"loss": 1}', flush=True)
if len(sys.argv) > 2:
    time.sleep(600)
"#;

fn study(scene: &Scene, more: &str, waits: bool) {
    scene.file("hostile.py", HOSTILE);
    let argument = if waits { "\"{x}\", \"wait\"" } else { "\"{x}\"" };
    let text = parabola("hostile", 2, 2).replace(
        "run = [\"./parabola.sh\", \"{x}\"]",
        &format!("run = [\"python3\", \"hostile.py\", {argument}]\n{more}"),
    );
    scene.file("study.toml", &text);
}

fn nobody_is_left(scene: &Scene) {
    wait_for("no process left", 15, || processes_in(&scene.path("")).is_empty());
}

#[test]
fn children_end_with_a_run_that_ends() {
    let scene = Scene::new();
    study(&scene, "", false);
    scene.ok(&["run", "study.toml"]);
    assert!(scene.lines("runs/hostile/results.jsonl").iter().all(|line| line["state"] == "complete"));
    nobody_is_left(&scene);
}

#[test]
fn children_end_with_a_run_that_times_out() {
    let scene = Scene::new();
    study(&scene, "timeout = \"1s\"\ngrace = \"1s\"", true);
    let said = scene.ravine(&["run", "study.toml"]);
    assert_eq!(said.code, 1, "no trial succeeded: {}", said.out);
    let lines = scene.lines("runs/hostile/results.jsonl");
    assert!(lines.iter().all(|line| line["state"] == "failed"), "{lines:?}");
    nobody_is_left(&scene);
}

#[test]
fn a_time_out_may_keep_what_was_reported() {
    let scene = Scene::new();
    // Long enough for Python to start and report on a machine that has much else to do.
    study(&scene, "timeout = \"5s\"\ngrace = \"1s\"\non_timeout = \"keep\"", true);
    scene.ok(&["run", "study.toml"]);
    let lines = scene.lines("runs/hostile/results.jsonl");
    assert!(lines.iter().all(|line| line["values"]["loss"] == 1.0), "{lines:?}");
    nobody_is_left(&scene);
}
