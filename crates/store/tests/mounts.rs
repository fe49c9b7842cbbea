//! Real file systems: a full one and one that may not be written, mounted for a child alone.
//!
//! Where the system lets this user mount nothing, these tests show nothing; the ones in `faults` on limits of size
//! stand for them there.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used, reason = "these are tests, their helpers too")]

use std::path::Path;
use std::process::Command;

use ravine_store::{Draft, Durability, ErrorKind, Header, Sqlite, Store, StudyId};

/// Names the folder to a child.
const FOLDER: &str = "RAVINE_STORE_TEST_FOLDER";

/// Runs a test of this file in a namespace of its own, after `mount` has mounted something at `$FOLDER`. The mount
/// goes with the child.
fn run_mounted(mount: &str, folder: &Path, child: &str) {
    let private = |script: &str| {
        let mut command = Command::new("unshare");
        command.args(["--map-root-user", "--mount", "sh", "-c", script]).env("FOLDER", folder);
        command
    };
    let allowed = private(mount).output().is_ok_and(|output| output.status.success());
    if !allowed {
        return;
    }
    let script = format!(r#"{mount} && exec "$0" --exact {child} --nocapture"#);
    let status = private(&script).arg(std::env::current_exe().unwrap()).env(FOLDER, folder).status().unwrap();
    assert!(status.success());
}

fn drafts(count: usize) -> Vec<Draft> {
    (0..count).map(|n| Draft::new("note", format!(r#"{{"n":{n},"text":"{}"}}"#, "x".repeat(200)))).collect()
}

#[test]
fn a_full_file_system_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    run_mounted(r#"mount -t tmpfs -o size=600k tmpfs "$FOLDER""#, folder.path(), "child_that_fills_the_disk");
}

#[test]
fn child_that_fills_the_disk() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let path = Path::new(&folder).join("study.db");
    let ballast = Path::new(&folder).join("ballast");
    std::fs::write(&ballast, vec![0; 100_000]).unwrap();
    let store = Sqlite::open(&path).unwrap();
    let study = store.create_study("s", Header { format: 1, min_reader: 1 }).unwrap().id;
    let mut kept = 0;
    let error = loop {
        match store.append(study, &drafts(40), Durability::Synced) {
            Ok(place) => kept = place.last,
            Err(error) => break error,
        }
    };
    assert!(matches!(error.kind, ErrorKind::Full), "{error}");
    assert_eq!(store.read(study, 0, usize::MAX).unwrap().len() as u64, kept);
    std::fs::remove_file(ballast).unwrap();
    // The same store goes on once there is space.
    assert_eq!(store.append(study, &drafts(40), Durability::Synced).unwrap().first, kept + 1);
}

#[test]
fn a_study_on_a_file_system_that_may_not_be_written_can_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = Sqlite::open(folder.path().join("study #1 100%.db")).unwrap();
    let study = store.create_study("s", Header { format: 1, min_reader: 1 }).unwrap().id;
    store.append(study, &drafts(5), Durability::Synced).unwrap();
    drop(store);
    let mount = r#"mount --bind "$FOLDER" "$FOLDER" && mount -o remount,bind,ro "$FOLDER""#;
    run_mounted(mount, folder.path(), "child_that_only_reads");
}

#[test]
fn child_that_only_reads() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let path = Path::new(&folder).join("study #1 100%.db");
    let store = Sqlite::open_for_reading(&path).unwrap();
    assert_eq!(store.read(StudyId(1), 0, usize::MAX).unwrap().len(), 5);
    let error = Sqlite::open(&path).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Denied { .. }), "{error}");
}
