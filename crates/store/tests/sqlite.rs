//! The SQLite store keeps the promises of every store, shared and exclusive, and under `kill -9`.
#![allow(clippy::unwrap_used, reason = "these are tests, their helpers too")]

use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use ravine_store::sqlite::{Options, Sharing};
use ravine_store::{Sqlite, Store, conformance, conformance_tests};
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
