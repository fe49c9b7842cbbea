//! Databases with flipped bytes and cut ends: an error or a correct prefix of the log, never a panic, never a hang.
#![allow(clippy::unwrap_used, reason = "these are tests, their helpers too")]

use std::fs;
use std::path::Path;
use std::sync::LazyLock;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use ravine_store::sqlite::{Access, Options};
use ravine_store::{Draft, Durability, Header, Record, Snapshot, Sqlite, Store, StoreError};

const NAME: &str = "s";
const EVENTS: usize = 300;

/// What is done to a file. Places are shares of its length, since files differ in it.
#[derive(Debug, Clone)]
enum Damage {
    /// These bytes are changed.
    Flips(Vec<(f64, u8)>),
    /// The file ends here.
    Cut(f64),
    /// From here on, so many bytes are zero: a block that never reached the disk.
    Hole(f64, usize),
}

impl Damage {
    fn any() -> impl Strategy<Value = Self> {
        let place = || prop_oneof![0.0..1.0, 0.0..0.002];
        prop_oneof![
            3 => proptest::collection::vec((place(), 1..=255_u8), 1..6).prop_map(Self::Flips),
            1 => (0.0..1.0).prop_map(Self::Cut),
            1 => (place(), 1..5000_usize).prop_map(|(from, length)| Self::Hole(from, length)),
        ]
    }

    fn apply(&self, bytes: &mut Vec<u8>) {
        let place = |share: f64| ((bytes.len() as f64 * share) as usize).min(bytes.len() - 1);
        match self {
            Self::Flips(flips) => {
                let flips: Vec<_> = flips.iter().map(|(share, mask)| (place(*share), mask)).collect();
                flips.iter().for_each(|(place, mask)| bytes[*place] ^= **mask);
            }
            Self::Cut(share) => bytes.truncate(place(*share)),
            Self::Hole(share, length) => {
                let from = place(*share);
                let to = bytes.len().min(from + length);
                bytes[from..to].fill(0);
            }
        }
    }
}

/// A healthy database: what its files' names end with, the files, and its events.
struct Healthy {
    files: Vec<(&'static str, Vec<u8>)>,
    records: Vec<Record>,
}

static CLOSED: LazyLock<Healthy> = LazyLock::new(|| Healthy::make(false));
/// As `kill -9` leaves it, with its write-ahead log.
static KILLED: LazyLock<Healthy> = LazyLock::new(|| Healthy::make(true));

impl Healthy {
    fn make(killed: bool) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("healthy.db");
        let store = Sqlite::open(&path).unwrap();
        let study = store.create_study(NAME, Header { format: 1, min_reader: 1 }).unwrap().id;
        for n in 0..EVENTS {
            let long = if n % 50 == 0 { 6000 } else { 100 };
            let body = format!(r#"{{"n":{n},"text":"{}"}}"#, "ravine".repeat(long / 6));
            store.append(study, &[Draft::new("note", body)], Durability::Committed).unwrap();
        }
        store.save_snapshot(study, &Snapshot { seq: 100, fold_version: 1, body: vec![1; 3000] }).unwrap();
        let records = store.read(study, 0, usize::MAX).unwrap();
        let read = |suffix| (suffix, fs::read(folder.path().join(format!("healthy.db{suffix}"))).unwrap());
        if killed {
            return Self { files: vec![read(""), read("-wal")], records };
        }
        drop(store);
        Self { files: vec![read("")], records }
    }
}

/// All that a program does with a database that it finds.
fn use_it(path: &Path, access: Access, seen: &mut Vec<Record>) -> Result<(), StoreError> {
    let patience = Duration::from_millis(100);
    let store = Sqlite::open_with(path, Options { access, patience, ..Options::default() })?;
    store.studies()?;
    let study = store.open_study(NAME)?.id;
    if let Some(snapshot) = store.load_snapshot(study, 1)? {
        assert_eq!(snapshot.body, vec![1; 3000], "a damaged snapshot was given out");
    }
    store.holder(study, "decider")?;
    store.scan(study, 0, usize::MAX, &mut |row| seen.push(row.to_record()))?;
    if access == Access::Write {
        store.append(study, &[Draft::new("note", "{}")], Durability::Synced)?;
        drop(store.acquire(study, "decider", "me", Duration::from_secs(1))?);
    }
    Ok(())
}

fn check(damage: &[Damage], healthy: &Healthy) {
    let folder = tempfile::tempdir().unwrap();
    let Healthy { files, records } = healthy;
    for access in [Access::Read, Access::Write] {
        let path = folder.path().join(format!("{access:?}.db"));
        for (damage, (suffix, bytes)) in damage.iter().zip(files) {
            let mut bytes = bytes.clone();
            damage.apply(&mut bytes);
            fs::write(folder.path().join(format!("{access:?}.db{suffix}")), bytes).unwrap();
        }
        let (mut seen, start) = (Vec::new(), Instant::now());
        let outcome = use_it(&path, access, &mut seen);
        assert!(start.elapsed() < Duration::from_secs(10), "it took {:?}", start.elapsed());
        assert!(seen.len() <= records.len());
        assert_eq!(seen, records[..seen.len()], "what was read is not what was written: {outcome:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_database_gives_an_error_or_a_correct_prefix(damage in Damage::any()) {
        check(&[damage], &CLOSED);
    }

    #[test]
    fn a_damaged_write_ahead_log_gives_an_error_or_a_correct_prefix(both in [Damage::any(), Damage::any()], file in any::<bool>()) {
        let [main, log] = both;
        let main = if file { main } else { Damage::Flips(Vec::new()) };
        check(&[main, log], &KILLED);
    }
}
