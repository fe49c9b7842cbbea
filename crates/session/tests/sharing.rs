//! Several sessions on one study: threads and processes, on SQLite.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

mod common;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use common::{definition, told};
use ravine_session::*;
use store::{Durability, Sqlite, Store};
use study::schedule::Lease;
use study::{Course, How, RunEnd, State, Study};

const FOLDER: &str = "RAVINE_TEST_FOLDER";

fn sqlite(folder: &Path) -> Arc<dyn Store> {
    Arc::new(Sqlite::open(folder.join("study.db")).unwrap())
}

fn study_of(folder: &Path, trials: u64) -> Session {
    let mut definition = definition("tpe");
    definition.settings.stop.trials = Some(trials);
    Session::create(sqlite(folder), &definition, Options::named("maker")).unwrap()
}

/// Asks and tells until the study is over; in every third round both at once.
fn work(session: &Session) {
    let mut next = session.ask().unwrap().trial();
    for round in 0.. {
        let Some(trial) = next else { return };
        next = if round % 3 == 0 {
            session.tell_and_ask(trial.number, told(&trial)).unwrap().trial()
        } else {
            session.tell(trial.number, told(&trial)).unwrap();
            session.ask().unwrap().trial()
        };
    }
}

fn whole(study: &Study, trials: u64) {
    assert_eq!(study.counts().complete, trials, "{:?}", study.counts());
    let decisions: BTreeSet<_> = study.trials().map(|trial| trial.decision().unwrap().0).collect();
    assert_eq!(decisions, (0..trials).collect(), "no decision is lost or made twice");
    assert!(study.trials().all(|trial| trial.runs().count() == 1), "nobody runs what another runs");
}

#[test]
fn threads_with_sessions_of_their_own_share_a_study() {
    let folder = tempfile::tempdir().unwrap();
    let maker = study_of(folder.path(), 120);
    std::thread::scope(|scope| {
        for number in 0..4 {
            let store = Arc::clone(maker.store());
            let options = Options::named(format!("thread {number}"));
            scope.spawn(move || work(&Session::open(store, "test", options).unwrap()));
        }
    });
    maker.refresh().unwrap();
    maker.with_study(|study| whole(study, 120));
}

#[test]
fn threads_may_use_one_session() {
    let folder = tempfile::tempdir().unwrap();
    let session = study_of(folder.path(), 120);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| work(&session));
        }
    });
    session.with_study(|study| whole(study, 120));
}

/// Not a test of its own: what [`processes_share_a_study`] starts.
#[test]
fn one_process_of_several() {
    let Some(folder) = std::env::var_os(FOLDER).map(PathBuf::from) else { return };
    let name = format!("process {}", std::process::id());
    work(&Session::open(sqlite(&folder), "test", Options::named(name)).unwrap());
}

fn process(folder: &Path) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "one_process_of_several"])
        .env(FOLDER, folder)
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

#[test]
fn processes_share_a_study() {
    let folder = tempfile::tempdir().unwrap();
    let maker = study_of(folder.path(), 90);
    let mut children: Vec<_> = (0..3).map(|_| process(folder.path())).collect();
    assert!(children.iter_mut().all(|child| child.wait().unwrap().success()));
    maker.refresh().unwrap();
    maker.with_study(|study| whole(study, 90));
}

#[test]
fn a_killed_process_leaves_a_study_that_others_finish() {
    let folder = tempfile::tempdir().unwrap();
    let maker = study_of(folder.path(), 400);
    let mut victims: Vec<_> = (0..2).map(|_| process(folder.path())).collect();
    while maker.refresh().unwrap() < 100 {
        std::thread::sleep(std::time::Duration::from_millis(1));
    }
    for victim in &mut victims {
        victim.kill().unwrap();
        victim.wait().unwrap();
    }
    work(&maker);
    let (counts, open) = maker.with_study(|study| (study.counts(), study.running().count()));
    assert_eq!(counts.total(), 400);
    assert!(open <= 2, "at most the one that each of the dead had asked for: {open}");
    assert_eq!(counts.complete + open as u64, 400);
}

#[test]
fn of_two_that_claim_an_attempt_one_gets_it_and_only_its_ending_counts() {
    let folder = tempfile::tempdir().unwrap();
    let first = study_of(folder.path(), 5);
    let second = Session::open(sqlite(folder.path()), "test", Options::named("second")).unwrap();
    let planned = first.plan(1).unwrap().trial().unwrap();
    assert_eq!(planned.run, None);
    second.refresh().unwrap();
    let Some(Course::Open { due, .. }) = first.course(planned.number) else { panic!("it is over") };
    let runs = [(due[0].run, Lease::default())];
    let claims = [first.start_runs(&runs).unwrap()[0], second.start_runs(&runs).unwrap()[0]];
    let [Some(claim), None] = claims else { panic!("{claims:?}") };
    let stolen = Claim { epoch: second.epoch().unwrap(), ..claim };
    let failed = RunEnd::new(How::Failed, 1.0);
    second.end_run(stolen, failed, study::Digests::new(), Durability::Synced).unwrap();
    let metrics: study::Digests = [("loss".to_owned(), study::Digest::single(0.5))].into_iter().collect();
    let course = first.end_run(claim, RunEnd::new(How::Ok, 2.0), metrics, Durability::Synced).unwrap();
    let Some(Course::Over(ended)) = course else { panic!("{course:?}") };
    assert_eq!(ended.values, [study::Real(0.5)]);
    let trial_state = first.with_study(|study| study.trial(planned.number).unwrap().state());
    assert_eq!(trial_state, State::Complete);
}
