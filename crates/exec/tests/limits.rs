//! Limits of an order: memory, steps. Who comes to one ends there, and nobody else.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says so where it cannot go on")]

mod common;

use std::time::{Duration, Instant};

use common::{Study, eventually, id, processes_of};
use ravine_exec::{Executor, RunNews, RunOrder, StepLimit};
use study::{How, Real, RunLimit};

/// Holds so many MiB in a variable of the shell, until something else happens to it.
fn hold(mib: u64) -> String {
    format!("x=$(head -c {} /dev/zero | tr '\\0' x); sleep 1000; : $x", mib << 20)
}

#[test]
fn a_run_over_its_memory_limit_fails_with_the_reason_and_others_are_untouched() {
    println!("tested: memory limits are kept here as {:?}", ravine_exec::memory_control());
    let mut study = Study::new();
    let mut bystander = study.shell(1, &hold(40));
    bystander.memory = Some(1 << 30);
    study.local.start(bystander);
    let mut order = study.shell(0, &hold(100));
    (order.memory, order.grace) = (Some(50 << 20), Duration::from_secs(1000));
    let start = Instant::now();
    let (ended, _) = study.run(order);
    assert!(start.elapsed() < Duration::from_secs(30), "no grace is given");
    assert_eq!((ended.end.how, ended.end.limit), (How::Failed, Some(RunLimit::Memory)));
    let why = ended.end.message.unwrap();
    assert!(why.starts_with("used ") && why.ends_with(" MiB of memory, the limit is 50 MiB"), "{why}");
    assert!(ended.end.peak_memory.unwrap() > 50 << 20);
    study.local.stop(id(1), How::Pruned, None);
    let (ended, _) = study.until_ended(id(1));
    assert_eq!((ended.end.how, ended.end.limit), (How::Pruned, None));
}

#[test]
fn the_memory_of_a_run_is_that_of_all_it_started() {
    let mut study = Study::new();
    // Two that are under the limit by themselves, one of them a daemon.
    let part = hold(60).replace('\'', "'\\''");
    let path = study.path().display().to_string();
    let script = format!("(setsid sh -c '{part}' {path} &); sh -c '{part}' {path}");
    let mut order = study.shell(0, &script);
    order.memory = Some(100 << 20);
    let (ended, _) = study.run(order);
    assert_eq!((ended.end.how, ended.end.limit), (How::Failed, Some(RunLimit::Memory)), "{ended:?}");
    let alive = processes_of(study.path()).into_values();
    assert_eq!(alive.filter(|command| !command.contains("probe")).collect::<Vec<_>>(), [""; 0]);
}

#[test]
fn memory_that_forked_workers_share_counts_once() {
    let mut study = Study::new();
    // 100 MiB and four workers that look at them: 500 by the sum of the resident sizes.
    let script = r#"
import os, time
ballast = bytearray(os.urandom(1 << 20) * 100)
for _ in range(4):
    if os.fork() == 0:
        time.sleep(1.5); os._exit(0)
for _ in range(4): os.wait()
print('{"done": 1}')"#;
    let mut order =
        study.order(0, ravine_exec::Command::Program(vec!["python3".into(), "-c".into(), script.into()]));
    order.memory = Some(250 << 20);
    let (ended, _) = study.run(order);
    assert_eq!(ended.end.how, How::Ok, "{ended:?}");
    let peak = ended.end.peak_memory.unwrap();
    assert!((100 << 20..250 << 20).contains(&peak), "{peak}");
}

/// Reports one step after the other for ever, and ignores that it is asked to end for a while.
const ENDLESS: &str = r#"
trap 'sleep 0.1; exit 3' TERM
i=0; while :; do i=$((i+1)); echo "{\"step\": $i, \"loss\": $((100-i))}"; sleep 0.02; done"#;

fn limited(study: &Study, line: &str, step: u64, patience: Duration) -> RunOrder {
    let mut order = study.shell(0, line);
    order.step_limit = Some(StepLimit { step, patience });
    order
}

#[test]
fn a_program_that_ignores_its_steps_is_stopped_there_and_has_its_value() {
    for patience in [Duration::ZERO, Duration::from_secs(1000)] {
        let mut study = Study::new();
        let order = limited(&study, ENDLESS, 5, patience);
        let (ended, _) = study.run(order);
        assert_eq!((ended.end.how, ended.end.limit), (How::Ok, Some(RunLimit::Step)), "{ended:?}");
        assert_eq!((ended.end.exit_code, ended.end.reached), (Some(3), Some(5)));
        assert_eq!(ended.end.message.as_deref(), Some("stopped at its limit of 5 steps"));
        let loss = &ended.metrics["loss"];
        assert_eq!((loss.last.value, loss.count), (Real(95.0), 5));
    }
}

#[test]
fn a_program_that_knows_its_steps_may_say_its_last_words() {
    let mut study = Study::new();
    let line =
        r#"for i in 1 2 3; do echo "{\"step\": $i, \"loss\": $i}"; done; sleep 0.3; echo '{"test": 7}'"#;
    let order = limited(&study, line, 3, Duration::from_secs(1000));
    let (ended, _) = study.run(order);
    assert_eq!((ended.end.how, ended.end.limit, ended.end.exit_code), (How::Ok, None, Some(0)));
    assert_eq!((ended.end.reached, ended.metrics["test"].last.value), (Some(3), Real(7.0)));
}

#[test]
fn a_program_that_lingers_at_its_last_step_is_stopped_after_a_while() {
    let mut study = Study::new();
    let line = r#"echo '{"step": 3, "loss": 1}'; exec sleep 1000"#;
    let order = limited(&study, line, 3, Duration::from_millis(300));
    let (ended, _) = study.run(order);
    assert!(ended.end.seconds.0 >= 0.3);
    assert_eq!((ended.end.how, ended.end.limit), (How::Ok, Some(RunLimit::Step)));
}

#[test]
fn what_is_reported_after_a_stop_is_kept_and_the_ending_says_why_it_was_stopped() {
    let mut study = Study::new();
    let script = r#"
trap 'echo "{\"step\": 2, \"loss\": 0}"; exit 0' TERM
echo '{"step": 1, "loss": 1}'; while :; do sleep 0.01; done"#;
    let order = study.shell(0, script);
    study.local.start(order);
    study.until(|news| matches!(news, RunNews::Reported { .. }));
    study.local.stop(id(0), How::Pruned, Some("worse than the median".into()));
    study.local.stop(id(0), How::Killed, Some("too late to be the reason".into()));
    let (ended, news) = study.until_ended(id(0));
    assert!(matches!(news[..], [RunNews::Reported { index: 1, step: Some(2), .. }]), "{news:?}");
    assert_eq!(study.read(0, "metrics.jsonl"), "{\"step\":1,\"loss\":1}\n{\"step\":2,\"loss\":0}\n");
    // Its exit code is told as it was: it ended well, but not by its own choice.
    assert_eq!((ended.end.how, ended.end.exit_code), (How::Pruned, Some(0)));
    assert_eq!(ended.end.message.as_deref(), Some("worse than the median"));
}

#[test]
fn a_stop_that_comes_after_the_end_changes_nothing() {
    let mut study = Study::new();
    let order = study.shell(0, "(sleep 0.1; exit 0) & exit 0");
    study.local.start(order);
    let RunNews::Started { pid, .. } = study.until(|news| matches!(news, RunNews::Started { .. })) else {
        unreachable!()
    };
    // Its program has ended and is reaped; what it left behind may say its last words.
    eventually("it ends", || !std::path::Path::new(&format!("/proc/{pid}")).exists());
    study.local.stop(id(0), How::Pruned, None);
    assert_eq!(study.until_ended(id(0)).0.end.how, How::Ok);
}
