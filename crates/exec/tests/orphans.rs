//! NO ORPHANS: whatever a run's program does to get away, all that it started ends with it.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says so where it cannot go on")]

mod common;

use std::path::Path;
use std::time::Duration;

use common::{Study, eventually, id, processes_of};
use ravine_exec::{Executor, RunNews, RunOrder};
use study::How;

/// A process that names the study in its command line, ignores SIGTERM, and does not end by itself.
fn stubborn(study: &Path, name: &str) -> String {
    format!("sh -c 'trap \"\" TERM HUP INT; while :; do sleep 0.02; done' {}/{name}", study.display())
}

/// The same, started in the ways in which programs get away from those who started them.
fn escapes(study: &Path) -> Vec<(&'static str, String)> {
    let stubborn = |name| stubborn(study, name);
    vec![
        ("a background child", format!("{} &", stubborn("background"))),
        ("a child in a session of its own", format!("setsid {} &", stubborn("session"))),
        (
            "a daemon, forked twice",
            format!("(setsid sh -c \"$(cat <<'X'\n{} &\nX\n)\" &)", stubborn("daemon")),
        ),
        ("one without environment", format!("(env -i PATH=\"$PATH\" setsid {} &)", stubborn("bare"))),
        (
            "a chain of daemons",
            format!(
                "(setsid sh -c \"$(cat <<'X'\n(env -i PATH=\"$PATH\" setsid {} &)\nX\n)\" &)",
                stubborn("chain")
            ),
        ),
    ]
}

fn survivors(study: &Study) -> Vec<String> {
    let probe = "ravine-supervisor-probe";
    processes_of(study.path()).into_values().filter(|command| !command.contains(probe)).collect()
}

/// Some time for the descendants to get going: the run waits until they are seen.
fn escaping(study: &Study, trial: u64, escape: &str, then: &str) -> RunOrder {
    let mut order = study.shell(trial, &format!("{escape}\n{then}"));
    order.grace = Duration::from_millis(50);
    order
}

#[test]
fn what_a_run_leaves_behind_ends_with_it() {
    let mut study = Study::new();
    for (trial, (what, escape)) in escapes(study.path()).into_iter().enumerate() {
        let order = escaping(&study, trial as u64, &escape, "sleep 0.3");
        let (ended, _) = study.run(order);
        assert_eq!(ended.end.how, How::Ok, "{what}: {ended:?}");
        assert_eq!(survivors(&study), [""; 0], "{what}");
    }
}

#[test]
fn a_stopped_run_ends_with_all_it_started() {
    let mut study = Study::new();
    let all: Vec<_> = escapes(study.path()).into_iter().map(|(_, escape)| escape).collect();
    let own = stubborn(study.path(), "own");
    let order = escaping(&study, 0, &all.join("\n"), &format!("exec {own}"));
    study.local.start(order);
    study.until(|news| matches!(news, RunNews::Started { .. }));
    eventually("all are there", || {
        let all = survivors(&study);
        ["background", "session", "daemon", "bare", "chain", "own"].iter().all(|name| {
            all.iter().any(|command| {
                command.ends_with(&format!("/{name}")) || command.ends_with(&format!("/{name} "))
            })
        })
    });
    study.local.stop(id(0), How::Killed, None);
    let (ended, _) = study.until_ended(id(0));
    assert_eq!((ended.end.how, ended.end.signal), (How::Killed, Some(9)));
    assert_eq!(survivors(&study), [""; 0]);
}

#[test]
fn a_run_that_ends_takes_nothing_of_another_run_with_it() {
    let mut study = Study::new();
    // The daemon of the first run is the supervisor's child as those of the second are.
    let daemon = format!("(env -i PATH=\"$PATH\" setsid {} &)", stubborn(study.path(), "first"));
    let order = escaping(&study, 0, &daemon, "exec sleep 1000");
    study.local.start(order);
    study.until(|news| matches!(news, RunNews::Started { .. }));
    eventually("the daemon is there", || survivors(&study).iter().any(|command| command.contains("/first")));
    let daemon = format!("(env -i PATH=\"$PATH\" setsid {} &)", stubborn(study.path(), "second"));
    let order = escaping(&study, 1, &daemon, "sleep 0.3");
    let (ended, _) = study.run(order);
    assert_eq!(ended.end.how, How::Ok);
    let left = survivors(&study);
    assert!(left.iter().any(|command| command.contains("/first")), "{left:?}");
    assert!(!left.iter().any(|command| command.contains("/second")), "{left:?}");
    study.local.kill(id(0), How::Killed, None);
    study.until_ended(id(0));
    assert_eq!(survivors(&study), [""; 0]);
}

#[test]
fn a_helper_that_ends_by_itself_may_write_its_last_lines() {
    let mut study = Study::new();
    let order = study.shell(0, "(sleep 0.05; echo '{\"late\": 1}') & exit 0");
    let (ended, _) = study.run(order);
    assert_eq!(ended.metrics["late"].count, 1);
}

#[test]
fn a_run_that_forks_faster_than_it_is_killed_ends_all_the_same() {
    let mut study = Study::new();
    // Each process starts the next and ends: no pid is there for long.
    let name = study.path().join("hopper.sh");
    std::fs::write(&name, "trap '' TERM\nsetsid sh \"$0\" &\n").unwrap();
    let mut order = study.shell(0, &format!("sh {} ; exec sleep 1000", name.display()));
    order.grace = Duration::from_millis(20);
    study.local.start(order);
    study.until(|news| matches!(news, RunNews::Started { .. }));
    std::thread::sleep(Duration::from_millis(200));
    study.local.stop(id(0), How::Killed, None);
    study.until_ended(id(0));
    assert_eq!(survivors(&study), [""; 0]);
}
