//! Many runs, and a world that fails under them: whoever sleeps, whatever is removed or full, each run has one ending.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says so where it cannot go on")]

mod common;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use common::{PATIENCE, Study, eventually, id, kill};
use nix::mount::{MntFlags, MsFlags, mount, umount2};
use nix::sys::signal::Signal::{SIGCONT, SIGSTOP};
use ravine_exec::{Command, Executor, RunNews};
use serde_json::json;
use study::How;

const RUNS: u64 = 1000;

/// Runs many, so many at a time, and pauses before waits as told. How often each one ended, and was reported of.
fn run_many(study: &mut Study, slots: u64, mut pause: impl FnMut(u64)) -> BTreeMap<u64, (u32, u32)> {
    let (mut next, mut open, mut waits) = (0, 0, 0);
    let mut heard = BTreeMap::new();
    let deadline = Instant::now() + PATIENCE * 3;
    while (next < RUNS || open > 0) && Instant::now() < deadline {
        while open < slots && next < RUNS {
            let line = if next % 5 == 0 { "echo '{\"a\": 1}'" } else { ":" };
            let order = study.shell(next, line);
            study.local.start(order);
            (next, open) = (next + 1, open + 1);
        }
        pause(waits);
        waits += 1;
        for news in study.local.wait(Some(Duration::from_millis(100))).unwrap() {
            let (endings, reports) = heard.entry(news.id().run.trial.0).or_insert((0, 0));
            match news {
                RunNews::Started { .. } => {}
                RunNews::Reported { .. } => *reports += 1,
                RunNews::Ended(ended) => {
                    assert_eq!(ended.end.how, How::Ok, "{ended:?}");
                    *endings += 1;
                    open -= 1;
                    study.local.acknowledge(id(ended.run.trial.0));
                }
            }
        }
    }
    heard
}

fn assert_each_ended_once(heard: &BTreeMap<u64, (u32, u32)>) {
    assert_eq!(heard.len() as u64, RUNS);
    for (trial, told) in heard {
        assert_eq!(*told, (1, u32::from(trial % 5 == 0)), "run {trial}");
    }
}

#[test]
fn a_thousand_runs_end_once_each_under_a_supervisor_that_is_suspended_again_and_again() {
    let mut study = Study::new();
    let supervisor = study.local.supervisor();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                std::thread::sleep(Duration::from_millis(150));
                kill(supervisor, SIGSTOP);
                std::thread::sleep(Duration::from_millis(100));
                kill(supervisor, SIGCONT);
            }
        });
        let heard = run_many(&mut study, 8, |_| {});
        done.store(true, Ordering::Relaxed);
        assert_each_ended_once(&heard);
    });
    assert_eq!(study.local.supervisor(), supervisor, "it is still the same");
}

#[test]
fn a_thousand_runs_end_once_each_for_a_client_that_sleeps() {
    let mut study = Study::new();
    // All are ordered at once: the news of hundreds waits for who sleeps.
    let sleep = |waits| {
        if waits % 50 == 0 {
            std::thread::sleep(Duration::from_millis(500));
        }
    };
    let heard = run_many(&mut study, RUNS, sleep);
    assert_each_ended_once(&heard);
}

#[test]
fn a_run_whose_directory_is_removed_ends_and_says_what_is_missing() {
    let mut study = Study::new();
    let order = study.shell(0, "rm -r \"$RAVINE_RUN_DIR\"; echo '{\"a\": 1}'; exit 0");
    let (ended, _) = study.run(order);
    assert_eq!((ended.end.how, ended.metrics["a"].count), (How::Ok, 1));
    let why = ended.end.message.unwrap();
    assert!(why.starts_with("reports could not be written to ") && why.contains("metrics.jsonl"), "{why}");
    // The place is there again for the next one.
    let order = study.shell(1, "true");
    assert_eq!(study.run(order).0.end.how, How::Ok);
}

#[test]
fn a_study_that_is_removed_ends_its_runs_and_starts_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("study");
    fs::create_dir(&home).unwrap();
    let local = ravine_exec::Local::connect(&home, common::supervisor()).unwrap();
    let mut study = Study { folder, local };
    let mut order = study.shell(0, "exec sleep 1000");
    order.directory = home.join("0");
    study.local.start(order);
    study.until(|news| matches!(news, RunNews::Started { .. }));
    fs::remove_dir_all(&home).unwrap();
    study.local.stop(id(0), How::Killed, Some("enough".into()));
    assert_eq!(study.until_ended(id(0)).0.end.message.as_deref(), Some("enough"));
    let mut order = study.shell(1, "true");
    order.directory = home.join("1");
    let (ended, _) = study.run(order);
    assert_eq!(ended.end.how, How::Killed);
    let why = ended.end.message.unwrap();
    assert!(why.starts_with("the study's folder is gone: "), "{why}");
}

/// A small disk, where this process may have one.
struct Disk<'a>(&'a Path);

impl<'a> Disk<'a> {
    fn mounted(at: &'a Path) -> Option<Self> {
        let done =
            mount(Some("tmpfs"), at, Some("tmpfs"), MsFlags::empty(), Some("size=256k,nr_inodes=1000"));
        done.map(|()| Disk(at)).ok()
    }
}

impl Drop for Disk<'_> {
    fn drop(&mut self) {
        let _ = umount2(self.0, MntFlags::MNT_DETACH);
    }
}

#[test]
fn a_full_disk_is_said_and_what_could_not_be_written_is_written_when_there_is_room() {
    let folder = tempfile::tempdir().unwrap();
    let home = folder.path().join("study");
    fs::create_dir(&home).unwrap();
    let Some(disk) = Disk::mounted(&home) else {
        return println!("not tested: this process may not mount a small disk");
    };
    let local = ravine_exec::Local::connect(&home, common::supervisor()).unwrap();
    let mut study = Study { folder, local };
    // What it printed meanwhile may be lost: neither its failure nor its success counts.
    let mut order = study.shell(0, "head -c 1000000 /dev/zero > ballast; exit 1");
    (order.directory, order.cwd) = (home.join("0"), Some(home.clone()));
    let (ended, _) = study.run(order);
    assert_eq!(ended.end.how, How::Lost);
    assert!(ended.end.message.unwrap().starts_with("the disk was full while it ran"));
    assert!(ended.end.seconds.0 < 30.0);
    // The next cannot even be told its configuration: the machine's fault, and nobody's trial.
    let mut order = study.shell(1, "true");
    (order.directory, order.config) = (home.join("1"), Some(json!({"text": "x".repeat(10_000)})));
    let (ended, _) = study.run(order);
    assert_eq!(ended.end.how, How::Killed);
    let why = ended.end.message.unwrap();
    assert!(why.starts_with("cannot write ") && why.contains("No space left"), "{why}");
    // One that ends well while it is full may have said more than there was room for. It is told all the same.
    let mut order = study.order(2, Command::Program(vec!["true".into()]));
    order.directory = home.join("2");
    study.local.start(order);
    let news = study.until(|news| matches!(news, RunNews::Ended(_)));
    let RunNews::Ended(ended) = news else { unreachable!() };
    assert_eq!((ended.end.how, ended.end.exit_code), (How::Lost, Some(0)));
    assert!(fs::read_to_string(home.join("2/exit.json")).map_or(true, |text| text.is_empty()));
    fs::remove_file(home.join("ballast")).unwrap();
    eventually("its ending is written", || home.join("2/exit.json").exists());
    let told: study::RunEnded =
        serde_json::from_str(&fs::read_to_string(home.join("2/exit.json")).unwrap()).unwrap();
    assert_eq!(told, *ended);
    study.local.acknowledge(id(2));
    study.local.wait(Some(Duration::ZERO)).unwrap();
    drop(study);
    drop(disk);
}
