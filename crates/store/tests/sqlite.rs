//! The SQLite store keeps the promises of every store, shared and exclusive, and under `kill -9`.
#![allow(clippy::unwrap_used, reason = "these are tests, their helpers too")]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use ravine_store::sqlite::{Options, Sharing};
use ravine_store::{Draft, Durability, Guard, Header, Sqlite, Store, conformance, conformance_tests};
use tempfile::TempDir;

fn fresh_with(sharing: Sharing) -> (TempDir, Arc<dyn Store>) {
    let folder = tempfile::tempdir().unwrap();
    let options = Options { sharing, ..Options::default() };
    let store = Sqlite::open_with(folder.path().join("study.db"), options).unwrap();
    (folder, Arc::new(store))
}

mod shared {
    use super::*;

    fn fresh() -> (TempDir, Arc<dyn Store>) {
        fresh_with(Sharing::Processes)
    }

    conformance_tests!(fresh);
}

mod exclusive {
    use super::*;

    fn fresh() -> (TempDir, Arc<dyn Store>) {
        fresh_with(Sharing::Exclusive)
    }

    conformance_tests!(fresh);
}

/// Names the database to a child of the crash test.
const DATABASE: &str = "RAVINE_STORE_TEST_DATABASE";
/// Numbers it.
const AUTHOR: &str = "RAVINE_STORE_TEST_AUTHOR";

#[test]
fn nothing_acknowledged_is_lost_or_doubled_when_two_processes_are_killed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.db");
    let open = || Arc::new(Sqlite::open(&path).unwrap()) as Arc<dyn Store>;
    let child = |author: u64| {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "child_of_the_crash_test", "--nocapture"]);
        command.env(DATABASE, &path).env(AUTHOR, author.to_string());
        command
    };
    conformance::crash::loses_nothing(&open, &child, 12);
}

/// Does nothing unless the crash test starts it.
#[test]
fn child_of_the_crash_test() {
    let (Some(path), Ok(author)) = (std::env::var_os(DATABASE), std::env::var(AUTHOR)) else { return };
    let store = Sqlite::open(Path::new(&path)).unwrap();
    conformance::crash::append_until_killed(&store, author.parse().unwrap()).unwrap();
}

#[test]
fn many_who_create_one_database_at_once_share_it() {
    for _ in 0..10 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("study.db");
        std::thread::scope(|scope| {
            for n in 0..8 {
                let path = &path;
                scope.spawn(move || {
                    let store = Sqlite::open(path).unwrap();
                    store.create_study(&format!("s{n}"), Header { format: 1, min_reader: 1 }).unwrap();
                });
            }
        });
        assert_eq!(Sqlite::open_for_reading(&path).unwrap().studies().unwrap().len(), 8);
    }
}

#[test]
fn a_waiting_reader_notices_what_another_connection_appends() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.db");
    let store = Sqlite::open(&path).unwrap();
    let study = store.create_study("s", Header { format: 1, min_reader: 1 }).unwrap().id;
    let other = Sqlite::open_for_reading(&path).unwrap();
    std::thread::scope(|scope| {
        scope.spawn(|| assert_eq!(other.wait(study, 0, Duration::from_secs(60)).unwrap(), 1));
        std::thread::sleep(Duration::from_millis(5));
        store.append(study, &[Draft::new("note", "{}")], Durability::Committed).unwrap();
    });
}

#[test]
fn errors_of_one_append_do_not_touch_the_others_of_its_group() {
    let (_folder, store) = fresh_with(Sharing::Processes);
    let study = store.create_study("s", Header { format: 1, min_reader: 1 }).unwrap().id;
    let note = || [Draft::new("note", "{}")];
    let kept: usize = std::thread::scope(|scope| {
        let store = &store;
        let work = move |n: u64| {
            let wrong = |at: u64| (at + n).is_multiple_of(3);
            let append = |at: u64| {
                let guard = if wrong(at) { Guard::unchanged(u64::MAX) } else { Guard::default() };
                let done = store.append_if(study, &guard, &note(), Durability::Synced);
                assert_eq!(done.is_err(), wrong(at), "{done:?}");
                done.is_ok()
            };
            (0..60).filter(|at| append(*at)).count()
        };
        let workers: Vec<_> = (0..8).map(|n| scope.spawn(move || work(n))).collect();
        workers.into_iter().map(|worker| worker.join().unwrap()).sum()
    });
    assert_eq!((kept, store.read(study, 0, usize::MAX).unwrap().len()), (320, 320));
}

#[test]
fn a_deleted_study_leaves_nothing_and_its_name_is_free() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(folder.path().join("study.db")).unwrap();
    let header = Header { format: 1, min_reader: 1 };
    let study = store.create_study("a", header).unwrap().id;
    store.append(study, &[Draft::new("noted", "{}".to_owned())], Durability::Synced).unwrap();
    store.delete_study(study).unwrap();
    assert!(store.studies().unwrap().is_empty());
    assert!(store.delete_study(study).is_err());
    let anew = store.create_study("a", header).unwrap();
    assert_eq!(anew.head, 0);
    // Who still holds the old one writes into no other one.
    assert_ne!(anew.id, study);
}
