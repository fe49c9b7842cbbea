//! Logs that released versions wrote are read as those versions read them; see `tests/histories/README.md`.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

use std::collections::BTreeSet;

use ravine_study::history::{self, Decoded};
use ravine_study::{Event, Study};
use serde_json::Value as Json;

/// A row of the table `events`.
#[derive(serde::Deserialize)]
struct Row<'a> {
    seq: u64,
    at: u64,
    kind: &'a str,
    body: Json,
}

/// Each version with its log and its canonical export.
const VERSIONS: &[(&str, &str, &str)] = &[(
    "0.1",
    include_str!("../../../tests/histories/0.1/log.jsonl"),
    include_str!("../../../tests/histories/0.1/canonical.jsonl"),
)];

fn rows(log: &str) -> impl Iterator<Item = Row<'_>> {
    log.lines().map(|line| serde_json::from_str(line).unwrap())
}

fn fold(log: &str, decode: fn(&str, &str) -> Result<Decoded, history::HistoryError>) -> Study {
    let mut study = Study::new();
    for Row { seq, at, kind, body } in rows(log) {
        let Decoded::Known(body) = decode(kind, &body.to_string()).unwrap() else {
            panic!("{kind} is unknown")
        };
        study.apply(&Event { seq, at, body: *body }).unwrap();
    }
    study
}

#[test]
fn every_released_versions_log_folds_to_what_that_version_exported() {
    for (version, log, canonical) in VERSIONS {
        assert_eq!(fold(log, history::decode).canonical().unwrap(), *canonical, "{version}");
        assert_eq!(fold(log, history::decode_for_fold).canonical().unwrap(), *canonical, "{version}, lean");
    }
}

/// The kinds that version 0.1 wrote for a study file.
const FIRST: &[&str] = &[
    "study-created",
    "settings-changed",
    "runner-started",
    "runner-stopped",
    "enqueued",
    "trial-created",
    "run-started",
    "run-ended",
    "trial-ended",
    "study-tagged",
    "control",
];

#[test]
fn the_first_log_holds_every_kind_that_its_version_wrote_for_a_study_file() {
    let kinds: BTreeSet<&str> = rows(VERSIONS[0].1).map(|row| row.kind).collect();
    assert_eq!(kinds, FIRST.iter().copied().collect());
}
