//! `kill -9` of ravine and of its supervisor at any moment: nothing lost, nothing doubled, no orphan.

use std::time::Duration;

use crate::programs::{PARABOLA, parabola};
use crate::scene::{Scene, processes_in, wait_for};

/// A small generator for the moments of the kills: a test that fails can be run again.
struct Moments(u64);

impl Moments {
    fn next_ms(&mut self, below: u64) -> Duration {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        Duration::from_millis((self.0 >> 33) % below)
    }
}

fn canonical(scene: &Scene) -> String {
    scene.ok(&["export", "--canonical"]).out
}

#[test]
fn kill_9_at_any_moment_loses_and_doubles_nothing() {
    let undisturbed = Scene::new();
    undisturbed.program("parabola.sh", PARABOLA);
    undisturbed.file("study.toml", &parabola("parabola", 30, 1));
    undisturbed.ok(&["run", "study.toml"]);

    let scene = Scene::new();
    scene.program("parabola.sh", PARABOLA);
    scene.file("study.toml", &parabola("parabola", 30, 1));
    let mut moments = Moments(2026);
    let mut kills = 0;
    for _ in 0..25 {
        let mut child = scene.start(&["run", "study.toml", "--quiet"]);
        std::thread::sleep(moments.next_ms(120));
        if child.try_wait().expect("its state").is_none() {
            kills += 1;
        }
        child.kill().expect("a kill");
        child.wait().expect("it is dead");
    }
    assert!(kills >= 5, "only {kills} kills met a living process");
    scene.ok(&["run", "study.toml"]);
    assert_eq!(canonical(&scene), canonical(&undisturbed));
    assert_eq!(scene.lines("runs/parabola/results.jsonl").len(), 30);
}

#[test]
fn a_run_outlives_its_ravine_and_is_taken_over() {
    let scene = Scene::new();
    scene.program("slow.sh", "#!/bin/sh\necho start >> starts.txt\nsleep 2\necho '{\"loss\": 1}'\n");
    scene.file("study.toml", &parabola("slow", 1, 1).replace("parabola.sh", "slow.sh"));
    let mut child = scene.start(&["run", "study.toml", "--quiet"]);
    wait_for("the program", 20, || scene.path("starts.txt").exists());
    child.kill().expect("a kill");
    child.wait().expect("it is dead");
    scene.ok(&["run", "study.toml"]);
    assert_eq!(scene.read("starts.txt").lines().count(), 1, "it was adopted, not started again");
    assert_eq!(scene.lines("runs/slow/results.jsonl")[0]["state"], "complete");
}

#[test]
fn a_killed_supervisor_takes_its_runs_along_and_they_run_again() {
    let scene = Scene::new();
    scene.program("slow.sh", "#!/bin/sh\necho start >> starts.txt\nsleep 2\necho '{\"loss\": 1}'\n");
    scene.file("study.toml", &parabola("slow", 1, 1).replace("parabola.sh", "slow.sh"));
    let mut child = scene.start(&["run", "study.toml", "--quiet"]);
    wait_for("the program", 20, || scene.path("starts.txt").exists());
    for pid in processes_in(&scene.path("")) {
        let command = std::fs::read(format!("/proc/{pid}/cmdline")).unwrap_or_default();
        if String::from_utf8_lossy(&command).contains("ravine") {
            let _ =
                nix::sys::signal::kill(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
        }
    }
    child.wait().expect("it is dead");
    scene.ok(&["run", "study.toml"]);
    assert_eq!(scene.read("starts.txt").lines().count(), 2, "lost, and run again");
    let lines = scene.lines("runs/slow/results.jsonl");
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["state"], "complete");
    wait_for("no process left", 10, || processes_in(&scene.path("")).is_empty());
}
