//! Who is killed, and what the others make of it: nothing is lost, nothing is told twice, nothing is left running.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says so where it cannot go on")]

mod common;

use std::fs;
use std::time::Duration;

use common::{PATIENCE, Study, eventually, id, kill, processes_of, supervisor};
use nix::sys::signal::Signal::{SIGKILL, SIGTERM};
use ravine_exec::{Executor, Local, RunId, RunNews};
use study::How;

/// The study's process ends as by `kill -9`, and another comes.
fn another_process(study: &mut Study) {
    study.local = Local::connect(study.path(), supervisor()).unwrap();
}

#[test]
fn a_run_outlives_its_ravine_and_is_adopted() {
    let mut study = Study::new();
    let go = study.path().join("go");
    let order = study.shell(
        0,
        &format!("echo '{{\"step\": 0, \"a\": 1}}'; while [ ! -e {} ]; do sleep 0.02; done; echo '{{\"step\": 1, \"a\": 2}}'", go.display()),
    );
    study.local.start(order);
    study.until(|news| matches!(news, RunNews::Reported { .. }));
    let before = study.local.supervisor();
    another_process(&mut study);
    assert_eq!(study.local.supervisor(), before);
    let known = study.local.known().to_vec();
    assert!(matches!(known[..], [ref run] if run.id == id(0) && run.alive), "{known:?}");
    let directory = study.directory(0);
    study.local.claim(id(0), directory);
    fs::write(go, "").unwrap();
    let (ended, news) = study.until_ended(id(0));
    assert_eq!(ended.end.how, How::Ok);
    // From its beginning: started, and both reports.
    let indices: Vec<_> = news
        .iter()
        .map(|news| match news {
            RunNews::Reported { index, .. } => *index as i64,
            _ => -1,
        })
        .collect();
    assert_eq!(indices, [-1, 0, 1]);
}

#[test]
fn an_ending_that_nobody_heard_is_told_to_the_next() {
    let mut study = Study::new();
    let order = study.shell(0, "echo '{\"a\": 5}'");
    study.local.start(order);
    study.local.wait(Some(Duration::ZERO)).unwrap();
    let exit = study.directory(0).join("exit.json");
    eventually("it ends", || exit.exists());
    another_process(&mut study);
    let directory = study.directory(0);
    study.local.claim(id(0), directory.clone());
    let (ended, _) = study.until_ended(id(0));
    assert_eq!((ended.end.how, ended.metrics["a"].count), (How::Ok, 1));
    // Also when the supervisor has gone meanwhile, as its directory says it.
    kill(study.local.supervisor(), SIGTERM);
    eventually("the supervisor leaves", || processes_of(study.path()).is_empty());
    another_process(&mut study);
    study.local.claim(id(0), directory.clone());
    assert_eq!(study.until_ended(id(0)).0, ended);
    // An attempt of another epoch is another one.
    let other = RunId { epoch: 2, ..id(0) };
    study.local.claim(other, directory);
    assert_eq!(study.until_ended(other).0.end.how, How::Lost);
}

#[test]
fn a_killed_supervisor_leaves_nothing_running_and_its_runs_are_lost() {
    let mut study = Study::new();
    let bait = study.path().join("bait");
    let script = format!(
        "(env -i PATH=\"$PATH\" setsid sh -c 'trap \"\" TERM; while :; do sleep 0.02; done' {} &) ; echo '{{\"a\": 1}}'; exec sleep 1000",
        bait.display()
    );
    let order = study.shell(0, &script);
    study.local.start(order);
    study.until(|news| matches!(news, RunNews::Reported { .. }));
    let order = study.shell(1, "true");
    study.run(order);
    eventually("the daemon is there", || !processes_of(&bait).is_empty());
    let before = study.local.supervisor();
    kill(before, SIGKILL);
    let (ended, news) = study.until_ended(id(0));
    assert_eq!((ended.end.how, news.len()), (How::Lost, 0));
    assert_ne!(study.local.supervisor(), before);
    assert!(processes_of(&bait).is_empty());
    assert!(study.names(0).contains(&"exit.json".to_owned()));
    // And the new one works.
    let order = study.shell(2, "true");
    assert_eq!(study.run(order).0.end.how, How::Ok);
}

#[test]
fn a_supervisor_told_to_end_ends_its_runs_first() {
    let mut study = Study::new();
    let order = study.shell(0, "exec sleep 1000");
    study.local.start(order);
    study.until(|news| matches!(news, RunNews::Started { .. }));
    kill(study.local.supervisor(), SIGTERM);
    let (ended, _) = study.until_ended(id(0));
    assert_eq!(ended.end.how, How::Killed);
    assert_eq!(ended.end.message.as_deref(), Some("the supervisor was told to end"));
}

#[test]
fn a_supervisor_that_nobody_needs_leaves() {
    let folder = tempfile::tempdir().unwrap();
    let local = Local::connect(folder.path(), supervisor()).unwrap();
    assert_eq!(processes_of(folder.path()).len(), 1);
    drop(local);
    eventually("it leaves", || processes_of(folder.path()).is_empty());
}

#[test]
fn a_supervisor_that_left_is_no_zombie_of_who_started_it() {
    let folder = tempfile::tempdir().unwrap();
    let local = Local::connect(folder.path(), supervisor()).unwrap();
    let process = format!("/proc/{}", local.supervisor());
    drop(local);
    eventually("it is buried", || !std::path::Path::new(&process).exists());
}

#[test]
fn two_processes_have_one_supervisor_and_each_its_own_news() {
    let mut study = Study::new();
    let mut other = Local::connect(study.path(), supervisor()).unwrap();
    assert_eq!(other.supervisor(), study.local.supervisor());
    other.start(study.shell(1, "true"));
    let order = study.shell(0, "true");
    study.run(order);
    let deadline = std::time::Instant::now() + PATIENCE;
    let mut heard = Vec::new();
    while heard.len() < 2 && std::time::Instant::now() < deadline {
        heard.extend(other.wait(Some(Duration::from_millis(100))).unwrap());
    }
    assert!(heard.iter().all(|news| news.id() == id(1)), "{heard:?}");
}

#[test]
fn many_who_come_at_once_meet_one_supervisor() {
    let folder = tempfile::tempdir().unwrap();
    let pids: Vec<u32> = std::thread::scope(|scope| {
        let come = || Local::connect(folder.path(), supervisor()).unwrap();
        let all: Vec<_> = (0..8).map(|_| scope.spawn(come)).collect();
        let all: Vec<_> = all.into_iter().map(|one| one.join().unwrap()).collect();
        all.iter().map(Local::supervisor).collect()
    });
    assert!(pids.iter().all(|pid| *pid == pids[0]), "{pids:?}");
    kill(pids[0], SIGTERM);
    eventually("it leaves", || processes_of(folder.path()).is_empty());
}

#[test]
fn a_study_that_lies_deep_has_a_supervisor_too() {
    let folder = tempfile::tempdir().unwrap();
    let deep = folder.path().join("a-long-name-of-a-folder/".repeat(8));
    fs::create_dir_all(&deep).unwrap();
    let local = Local::connect(&deep, supervisor()).unwrap();
    let mut study = Study { folder, local };
    let mut order = study.shell(0, "true");
    order.directory = deep.join("trials/0");
    assert_eq!(study.run(order).0.end.how, How::Ok);
}

#[test]
fn a_wait_is_ended_from_another_thread() {
    let mut study = Study::new();
    let waker = study.local.waker();
    let thread = std::thread::spawn(move || waker.wake());
    assert_eq!(study.local.wait(None).unwrap(), []);
    thread.join().unwrap();
}

#[test]
fn a_program_that_is_no_supervisor_is_told_with_its_last_words() {
    let folder = tempfile::tempdir().unwrap();
    let error = Local::connect(folder.path(), vec!["/no/such/program".into()]).err().unwrap().to_string();
    assert!(
        error.starts_with("cannot start the supervisor: the program `/no/such/program` is not there"),
        "{error}"
    );
}
