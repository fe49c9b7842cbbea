//! What a run used is told in every ending: CPU time and memory of all that it started, however it was started and ended.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says so where it cannot go on")]

mod common;

use std::time::Duration;

use common::{Study, id};
use ravine_exec::{Command, Executor, RunNews};
use study::{How, RunEnded};

/// Ways in which 0.4 s of CPU time are used, and 60 MiB held, by somebody else than the run's first process.
const BUSY: &str = r#"
import os, signal, sys, time
def work():
    ballast = os.urandom(1 << 20) * 60
    while time.process_time() < 0.4: pass
def child(then):
    pid = os.fork()
    if pid == 0:
        then(); os._exit(0)
    return pid
def daemon():
    os.setsid(); child(work)
"#;

fn used(then: &str) -> RunEnded {
    let mut study = Study::new();
    let program = Command::Program(vec!["python3".into(), "-c".into(), format!("{BUSY}\n{then}")]);
    let order = study.order(0, program);
    study.run(order).0
}

fn assert_told(ended: &RunEnded, cpu: f64) {
    let (seconds, memory) = (ended.end.cpu_seconds.unwrap().0, ended.end.peak_memory.unwrap());
    assert!((cpu..cpu + 20.0).contains(&seconds), "{ended:?}");
    assert!((60 << 20..200 << 20).contains(&memory), "{ended:?}");
}

#[test]
fn a_child_that_is_waited_for_counts() {
    assert_told(&used("os.waitpid(child(work), 0)"), 0.4);
}

#[test]
fn children_of_children_count() {
    assert_told(&used("os.waitpid(child(lambda: os.waitpid(child(work), 0)), 0)"), 0.4);
}

#[test]
fn a_daemon_that_ends_long_before_its_run_counts() {
    // It is the supervisor's child when it ends, and only its mark tells whose it was.
    assert_told(&used("os.waitpid(child(daemon), 0); time.sleep(3)"), 0.4);
}

#[test]
fn many_children_that_are_gone_at_once_count() {
    let ended = used("for _ in range(300): child(lambda: None)\nos.waitpid(child(work), 0)");
    assert_told(&ended, 0.4);
}

#[test]
fn a_child_that_nobody_ever_waits_for_counts_as_far_as_it_was_seen() {
    // Its parent ignores SIGCHLD, so that the kernel forgets what it used.
    let ended = used("signal.signal(signal.SIGCHLD, signal.SIG_IGN); child(work); time.sleep(3)");
    assert_told(&ended, 0.15);
}

#[test]
fn a_run_that_is_killed_counts_with_all_it_started() {
    let mut study = Study::new();
    let script = format!(
        "{BUSY}\npid = child(work); work(); os.waitpid(pid, 0)\nprint('{{\"done\": 1}}', flush=True)\nchild(lambda: time.sleep(1000)); time.sleep(1000)"
    );
    let order = study.order(0, Command::Program(vec!["python3".into(), "-c".into(), script]));
    study.local.start(order);
    study.until(|news| matches!(news, RunNews::Reported { .. }));
    study.local.kill(id(0), How::Killed, None);
    let (ended, _) = study.until_ended(id(0));
    assert_eq!(ended.end.how, How::Killed);
    assert_told(&ended, 0.8);
}

#[test]
fn runs_at_once_are_told_apart() {
    let mut study = Study::new();
    let script = format!("{BUSY}\nos.waitpid(child(daemon), 0); time.sleep(3)");
    let busy = study.order(0, Command::Program(vec!["python3".into(), "-c".into(), script]));
    study.local.start(busy);
    let mut order = study.shell(1, "(setsid sleep 0.5 &); exec sleep 1000");
    order.timeout = Some(Duration::from_secs(2));
    let (idle, _) = study.run(order);
    assert!(idle.end.cpu_seconds.unwrap().0 < 0.2, "{idle:?}");
    assert!(idle.end.peak_memory.unwrap() < 40 << 20, "{idle:?}");
    assert_told(&study.until_ended(id(0)).0, 0.4);
}
