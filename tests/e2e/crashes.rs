//! `kill -9` of ravine and of its supervisor at any moment: nothing lost, nothing doubled, no orphan.

use std::time::Duration;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

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

/// A study whose runs take a while, some longer than others.
fn scene(sampler: &str) -> Scene {
    let scene = Scene::new();
    scene.program("parabola.sh", &PARABOLA.replace("awk", "sleep 0.0$((RAVINE_TRIAL % 4)); awk"));
    let text = parabola("parabola", TRIALS, 1);
    scene.file("study.toml", &format!("{text}\n[sampler]\nname = \"{sampler}\"\n"));
    scene
}

const TRIALS: u32 = 25;

/// What the study comes to when nothing happens to it.
fn undisturbed(sampler: &str) -> String {
    let scene = scene(sampler);
    scene.ok(&["run", "study.toml"]);
    canonical(&scene)
}

/// The processes of the scene that are a ravine: runners and supervisors.
fn ravines(scene: &Scene) -> impl Iterator<Item = i32> {
    let program = |pid: &i32| std::fs::read_link(format!("/proc/{pid}/exe")).unwrap_or_default();
    processes_in(&scene.path("")).into_iter().filter(move |pid| program(pid).ends_with("ravine"))
}

fn kill_every_ravine(scene: &Scene) {
    for pid in ravines(scene) {
        // It may have ended by itself.
        let _ = kill(Pid::from_raw(pid), Signal::SIGKILL);
    }
}

/// The study goes on to its end, and is what it would have been.
fn ends_as_if_nothing_had_happened(scene: &Scene, undisturbed: &str) {
    scene.ok(&["run", "study.toml"]);
    assert_eq!(canonical(scene), undisturbed);
    let mut numbers: Vec<_> =
        scene.lines("runs/parabola/results.jsonl").iter().filter_map(|line| line["trial"].as_u64()).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (0..u64::from(TRIALS)).collect::<Vec<_>>(), "each once");
    wait_for("no process left", 20, || processes_in(&scene.path("")).is_empty());
}

/// Starts and kills a study fourteen times; sometimes its supervisor dies with it. How often a kill met a living
/// process: on a fast machine the study may be done after the first few.
fn kills_of_one_study(moments: &mut Moments, undisturbed: &str) -> u32 {
    let scene = scene("tpe");
    let mut kills = 0;
    for round in 0..14 {
        let mut child = scene.start(&["run", "study.toml", "--quiet"]);
        std::thread::sleep(moments.next_ms(250));
        kills += u32::from(child.try_wait().expect("its state").is_none());
        if round % 4 == 3 {
            kill_every_ravine(&scene);
        }
        child.kill().expect("a kill");
        child.wait().expect("it is dead");
    }
    ends_as_if_nothing_had_happened(&scene, undisturbed);
    kills
}

/// Kills studies until enough kills met a living process, however fast the machine is.
fn kill_often(seed: u64) {
    let undisturbed = undisturbed("tpe");
    let mut moments = Moments(seed);
    let mut kills = 0;
    while kills < 5 {
        kills += kills_of_one_study(&mut moments, &undisturbed);
    }
}

#[test]
fn kill_9_at_any_moment_loses_and_doubles_nothing() {
    kill_often(2026);
}

#[test]
fn kill_9_at_other_moments_loses_and_doubles_nothing() {
    kill_often(77);
}

#[test]
fn kill_9_at_a_moment_that_nobody_chose_loses_and_doubles_nothing() {
    let seed = std::time::UNIX_EPOCH.elapsed().expect("a clock").as_nanos() as u64;
    eprintln!("the moments' seed is {seed}");
    kill_often(seed);
}

#[test]
fn of_two_runners_one_is_killed_and_the_other_takes_its_trials() {
    // What random search proposes does not depend on who finished first.
    let undisturbed = undisturbed("random");
    let scene = scene("random");
    let mut moments = Moments(4);
    let mut other = scene.start(&["run", "study.toml", "--quiet"]);
    for _ in 0..6 {
        let mut killed = scene.start(&["run", "study.toml", "--quiet"]);
        std::thread::sleep(moments.next_ms(200));
        killed.kill().expect("a kill");
        killed.wait().expect("it is dead");
    }
    let mut ended = None;
    wait_for("the other", 60, || {
        ended = other.try_wait().expect("its state");
        ended.is_some()
    });
    assert_eq!(ended.and_then(|status| status.code()), Some(0), "{}", scene.read("stderr.txt"));
    ends_as_if_nothing_had_happened(&scene, &undisturbed);
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
    kill_every_ravine(&scene);
    child.wait().expect("it is dead");
    scene.ok(&["run", "study.toml"]);
    assert_eq!(scene.read("starts.txt").lines().count(), 2, "lost, and run again");
    let lines = scene.lines("runs/slow/results.jsonl");
    assert_eq!(lines.len(), 1);
    assert_eq!(lines[0]["state"], "complete");
    wait_for("no process left", 10, || processes_in(&scene.path("")).is_empty());
}

#[test]
fn a_supervisor_that_is_told_to_end_costs_no_trial() {
    let scene = Scene::new();
    scene.program("slow.sh", "#!/bin/sh\necho start >> starts.txt\nsleep 1\necho '{\"loss\": 1}'\n");
    scene.file("study.toml", &parabola("slow", 2, 1).replace("parabola.sh", "slow.sh"));
    let mut child = scene.start(&["run", "study.toml", "--quiet"]);
    wait_for("the program", 20, || scene.path("starts.txt").exists());
    for pid in ravines(&scene).filter(|pid| *pid != child.id() as i32) {
        kill(Pid::from_raw(pid), Signal::SIGTERM).expect("it lives");
    }
    assert_eq!(child.wait().expect("it ends").code(), Some(6));
    assert!(scene.read("stderr.txt").contains("told to end"), "{}", scene.read("stderr.txt"));
    scene.ok(&["run", "study.toml"]);
    let lines = scene.lines("runs/slow/results.jsonl");
    assert!(lines.len() == 2 && lines.iter().all(|line| line["state"] == "complete"), "{lines:?}");
}
