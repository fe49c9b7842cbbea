//! What a database, a disk or a person can do wrong: each has its error, and loses nothing.
#![allow(clippy::unwrap_used, reason = "these are tests, their helpers too")]

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

use ravine_store::sqlite::{Access, Options, Sharing};
use ravine_store::{
    Draft, Durability, ErrorKind, Header, Patience, Patient, Snapshot, Sqlite, Store, StoreError, StudyId,
};
use rusqlite::Connection;
use tempfile::TempDir;

const HEADER: Header = Header { format: 1, min_reader: 1 };

fn drafts(count: usize) -> Vec<Draft> {
    (0..count).map(|n| Draft::new("note", format!(r#"{{"n":{n},"text":"{}"}}"#, "x".repeat(200)))).collect()
}

/// A closed database of one study with ten events.
fn database() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("study.db");
    let store = Sqlite::open(&path).unwrap();
    let study = store.create_study("s", HEADER).unwrap().id;
    store.append(study, &drafts(10), Durability::Synced).unwrap();
    (folder, path)
}

fn open(path: &Path, access: Access) -> Result<Sqlite, StoreError> {
    let patience = Duration::from_millis(200);
    Sqlite::open_with(path, Options { access, patience, ..Options::default() })
}

/// Opening fails for all kinds of access, says where, and leaves the file as it is.
fn refused(path: &Path) -> StoreError {
    let before = fs::read(path).ok();
    let errors = [Access::Read, Access::Write, Access::Create].map(|access| open(path, access).unwrap_err());
    for error in &errors {
        assert!(error.to_string().contains(&path.display().to_string()), "{error}");
        assert!(error.hint().is_some(), "{error}");
    }
    assert_eq!(fs::read(path).ok(), before, "the file was changed");
    errors.into_iter().next_back().unwrap()
}

#[test]
fn a_database_from_a_newer_version_is_left_alone_and_both_versions_are_named() {
    let (_folder, path) = database();
    Connection::open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
    let error = refused(&path);
    assert!(matches!(error.kind, ErrorKind::Newer { found: 99, known: 2 }), "{error}");
    assert!(error.to_string().ends_with("it has schema version 99, and this ravine knows versions up to 2"));
}

#[test]
fn reading_never_migrates_and_writing_does() {
    let (_folder, path) = database();
    let version = |path: &Path| -> i64 {
        let conn = Connection::open(path).unwrap();
        conn.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    };
    let old = Connection::open(&path).unwrap();
    old.execute_batch(
        "DROP VIEW metrics; DROP VIEW trials; DROP VIEW runs; DROP VIEW trial_marks; PRAGMA user_version = 1",
    )
    .unwrap();
    drop(old);
    let reader = Sqlite::open_for_reading(&path).unwrap();
    assert_eq!(reader.read(StudyId(1), 0, 99).unwrap().len(), 10);
    let error = reader.append(StudyId(1), &drafts(1), Durability::Synced).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::ReadOnly), "{error}");
    drop(reader);
    assert_eq!(version(&path), 1);
    drop(Sqlite::open(&path).unwrap());
    assert_eq!(version(&path), 2);
    let conn = Connection::open(&path).unwrap();
    assert_eq!(conn.query_row("SELECT count(*) FROM trials", [], |row| row.get::<_, i64>(0)).unwrap(), 0);
}

#[test]
fn what_is_not_a_ravine_database_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "learning rates that worked\n".repeat(500)).unwrap();
    assert!(matches!(refused(&text).kind, ErrorKind::NotOurs { .. }));

    let foreign = folder.path().join("optuna.db");
    Connection::open(&foreign).unwrap().execute_batch("CREATE TABLE trials (number INTEGER)").unwrap();
    let error = refused(&foreign);
    assert!(error.to_string().contains("another program"), "{error}");

    let directory = folder.path().join("directory");
    fs::create_dir(&directory).unwrap();
    assert!(matches!(refused(&directory).kind, ErrorKind::NotOurs { .. }));

    let empty = folder.path().join("empty.db");
    fs::write(&empty, "").unwrap();
    assert!(matches!(open(&empty, Access::Read).unwrap_err().kind, ErrorKind::NotOurs { .. }));
    drop(open(&empty, Access::Create).unwrap());
}

#[test]
fn a_missing_file_or_folder_is_named_and_a_reader_creates_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let absent = folder.path().join("absent.db");
    for access in [Access::Read, Access::Write] {
        let error = open(&absent, access).unwrap_err();
        assert!(matches!(error.kind, ErrorKind::Missing { .. }), "{error}");
    }
    assert!(!absent.exists());
    let error = refused(&folder.path().join("no/such/folder/study.db"));
    assert!(
        matches!(&error.kind, ErrorKind::Missing { missing } if missing.ends_with("no/such/folder")),
        "{error}"
    );
}

/// The kernel's own file system refuses new files even to root.
#[cfg(target_os = "linux")]
#[test]
fn a_folder_that_may_not_be_written_is_said_so() {
    let error = open(Path::new("/sys/ravine-test.db"), Access::Create).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Denied { .. }), "{error}");
    assert!(error.hint().unwrap().contains("rights"));
}

#[test]
fn a_locked_database_is_waited_for_with_a_bound() {
    let (_folder, path) = database();
    let store = open(&path, Access::Write).unwrap();
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let start = Instant::now();
    let error = store.append(StudyId(1), &drafts(1), Durability::Synced).unwrap_err();
    assert!(
        matches!(error.kind, ErrorKind::Busy { waited } if waited >= Duration::from_millis(200)),
        "{error}"
    );
    assert!(start.elapsed() < Duration::from_secs(20));
    assert_eq!(store.head(StudyId(1)).unwrap(), 10, "readers do not wait");
    let path = &path;
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(50));
            other.execute_batch("ROLLBACK").unwrap();
        });
        let patience = Duration::from_secs(30);
        let store = Sqlite::open_with(path, Options { patience, ..Options::default() }).unwrap();
        assert_eq!(store.append(StudyId(1), &drafts(1), Durability::Synced).unwrap().first, 11);
    });
}

#[test]
fn a_database_in_exclusive_use_names_its_user() {
    let (_folder, path) = database();
    let options = |holder: &str| Options {
        sharing: Sharing::Exclusive,
        patience: Duration::from_millis(50),
        holder: holder.to_owned(),
        ..Options::default()
    };
    let first = Sqlite::open_with(&path, options("node7, process 12")).unwrap();
    let error = Sqlite::open_with(&path, options("node8, process 9")).unwrap_err();
    assert!(matches!(&error.kind, ErrorKind::InUse { holder } if holder == "node7, process 12"), "{error}");
    assert!(error.hint().unwrap().contains("postgres"));
    first.append(StudyId(1), &drafts(1), Durability::Synced).unwrap();
    drop(first);
    let second = Sqlite::open_with(&path, options("node8, process 9")).unwrap();
    assert_eq!(second.head(StudyId(1)).unwrap(), 11);
    drop(second);
    let names: Vec<_> =
        fs::read_dir(path.parent().unwrap()).unwrap().map(|f| f.unwrap().file_name()).collect();
    assert_eq!(names, ["study.db"], "nothing is left beside it");
}

/// Appends batches until one fails; what was appended before is there, and nothing of the failed one.
fn fill(store: &Sqlite) -> StoreError {
    let study = store.open_study("s").unwrap().id;
    let (mut kept, batch) = (store.head(study).unwrap(), drafts(40));
    let error = loop {
        match store.append(study, &batch, Durability::Synced) {
            Ok(place) => kept = place.last,
            Err(error) => break error,
        }
    };
    assert_eq!(store.head(study).unwrap(), kept);
    assert_eq!(store.read(study, 0, usize::MAX).unwrap().len() as u64, kept);
    error
}

#[test]
fn a_full_disk_loses_nothing_and_the_study_goes_on_when_there_is_space() {
    let (_folder, path) = database();
    let max_bytes = Some(400_000);
    let store = Sqlite::open_with(&path, Options { max_bytes, ..Options::default() }).unwrap();
    let error = fill(&store);
    assert!(matches!(error.kind, ErrorKind::Full), "{error}");
    assert!(error.hint().unwrap().contains("free some space"));
    let snapshot = Snapshot { seq: 1, fold_version: 1, body: vec![0; 500_000] };
    assert!(matches!(store.save_snapshot(StudyId(1), &snapshot).unwrap_err().kind, ErrorKind::Full));
    let head = store.head(StudyId(1)).unwrap();
    drop(store);
    let store = Sqlite::open(&path).unwrap();
    assert_eq!(store.append(StudyId(1), &drafts(40), Durability::Synced).unwrap().first, head + 1);
}

/// Names the database to a child that may not write large files.
const LIMITED: &str = "RAVINE_STORE_TEST_LIMITED";

/// The kernel refuses a write in the middle of a commit, as it would on a full disk or with a quota.
#[cfg(unix)]
#[test]
fn a_write_that_the_kernel_refuses_loses_nothing() {
    let (_folder, path) = database();
    let status = Command::new("sh")
        // 600 blocks of 512 bytes or 1 KiB, as the shell counts.
        .args(["-c", r#"trap "" XFSZ; ulimit -f 600; exec "$0" --exact child_that_fills_up --nocapture"#])
        .arg(std::env::current_exe().unwrap())
        .env(LIMITED, &path)
        .status()
        .unwrap();
    assert!(status.success());
    let store = Sqlite::open(&path).unwrap();
    let head = store.head(StudyId(1)).unwrap();
    assert!(head > 10);
    assert_eq!(store.append(StudyId(1), &drafts(40), Durability::Synced).unwrap().first, head + 1);
}

/// Does nothing unless the test above starts it.
#[test]
fn child_that_fills_up() {
    if let Some(path) = std::env::var_os(LIMITED) {
        let error = fill(&Sqlite::open(Path::new(&path)).unwrap());
        assert!(matches!(error.kind, ErrorKind::Full | ErrorKind::Other(_)), "{error}");
    }
}

#[test]
fn a_missing_event_stops_the_reader() {
    let (_folder, path) = database();
    let conn = Connection::open(&path).unwrap();
    let store = Sqlite::open_for_reading(&path).unwrap();
    let expected = |error: StoreError| match error.kind {
        ErrorKind::Gap { expected, .. } => expected,
        kind => panic!("{kind:?}"),
    };
    conn.execute("DELETE FROM events WHERE seq = 10", []).unwrap();
    assert_eq!(expected(store.read(StudyId(1), 0, 99).unwrap_err()), 10);
    assert_eq!(store.read(StudyId(1), 0, 9).unwrap().len(), 9, "what was asked for is there");
    conn.execute("DELETE FROM events WHERE seq = 4", []).unwrap();
    let mut seen = 0;
    assert_eq!(expected(store.scan(StudyId(1), 0, 99, &mut |_| seen += 1).unwrap_err()), 4);
    assert_eq!(seen, 3);
    assert_eq!(store.read(StudyId(1), 4, 5).unwrap().len(), 5);
}

#[test]
fn a_changed_event_stops_the_reader_and_a_changed_snapshot_is_ignored() {
    let (_folder, path) = database();
    let store = Sqlite::open(&path).unwrap();
    let snapshot = Snapshot { seq: 5, fold_version: 1, body: b"state".to_vec() };
    store.save_snapshot(StudyId(1), &snapshot).unwrap();
    assert_eq!(store.load_snapshot(StudyId(1), 1).unwrap(), Some(snapshot));
    let conn = Connection::open(&path).unwrap();
    conn.execute("UPDATE snapshots SET body = X'00'", []).unwrap();
    assert_eq!(store.load_snapshot(StudyId(1), 1).unwrap(), None);
    conn.execute("UPDATE events SET body = replace(body, '3', '4') WHERE seq = 4", []).unwrap();
    let error = store.read(StudyId(1), 0, 99).unwrap_err();
    assert!(error.to_string().contains("event 4 of study 1 does not match its checksum"), "{error}");
}

#[test]
fn an_append_of_nothing_that_is_synced_writes_so_that_sqlite_syncs() {
    let (_folder, path) = database();
    let store = open(&path, Access::Write).unwrap();
    store.append(StudyId(1), &drafts(1), Durability::Committed).unwrap();
    let wal = || fs::read(path.with_extension("db-wal")).unwrap();
    let before = wal();
    store.append(StudyId(1), &[], Durability::Committed).unwrap();
    assert_eq!(wal(), before, "nothing is to be written");
    let done = store.append(StudyId(1), &[], Durability::Synced).unwrap();
    assert_ne!(wal(), before, "a commit without a frame is not synced");
    assert_eq!((done.last, store.head(StudyId(1)).unwrap()), (11, 11));
}

/// Waits for short pauses, and counts.
#[derive(Debug, Default)]
struct Counted {
    waits: AtomicU32,
    overs: AtomicU32,
    most: u32,
}

impl Patience for Counted {
    fn wait(&self, error: &StoreError, tries: u32) -> bool {
        assert!(error.may_pass());
        self.waits.fetch_add(1, Ordering::Relaxed);
        std::thread::sleep(Duration::from_millis(20));
        tries < self.most
    }

    fn is_over(&self) {
        self.overs.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_patient_one_waits_for_a_locked_database_and_appends_once() {
    let (_folder, path) = database();
    let patience = Duration::from_millis(1);
    let store = Arc::new(Sqlite::open_with(&path, Options { patience, ..Options::default() }).unwrap());
    let other = Connection::open(&path).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let short = Arc::new(Counted { most: 2, ..Counted::default() });
    let patient = Patient::new(Arc::clone(&store) as Arc<dyn Store>, Arc::clone(&short) as Arc<dyn Patience>);
    let error = patient.append(StudyId(1), &drafts(1), Durability::Synced).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Busy { .. }), "{error}");
    let of = |counted: &Counted| [&counted.waits, &counted.overs].map(|n| n.load(Ordering::Relaxed));
    assert_eq!(of(&short), [3, 0]);
    let long = Arc::new(Counted { most: u32::MAX, ..Counted::default() });
    let patient = Patient::new(store, Arc::clone(&long) as Arc<dyn Patience>);
    std::thread::scope(|scope| {
        scope.spawn(move || {
            std::thread::sleep(Duration::from_millis(100));
            other.execute_batch("ROLLBACK").unwrap();
        });
        assert_eq!(patient.append(StudyId(1), &drafts(1), Durability::Synced).unwrap().last, 11);
    });
    let [waits, overs] = of(&long);
    assert!(waits > 0 && overs == 1);
    let mut shown = Vec::new();
    patient.scan(StudyId(1), 4, 5, &mut |row| shown.push(row.seq)).unwrap();
    assert_eq!(shown, [5, 6, 7, 8, 9]);
}
