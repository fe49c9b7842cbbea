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

/// Each log, with its version and its canonical export.
const LOGS: &[(&str, &str, &str)] = &[
    (
        "0.1, a study file",
        include_str!("../../../tests/histories/0.1/log.jsonl"),
        include_str!("../../../tests/histories/0.1/canonical.jsonl"),
    ),
    (
        "0.1, promotion and repetition",
        include_str!("../../../tests/histories/0.1/promotion.jsonl"),
        include_str!("../../../tests/histories/0.1/promotion.canonical.jsonl"),
    ),
    (
        "0.1, early stopping",
        include_str!("../../../tests/histories/0.1/stopping.jsonl"),
        include_str!("../../../tests/histories/0.1/stopping.canonical.jsonl"),
    ),
];

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
    for (version, log, canonical) in LOGS {
        assert_eq!(fold(log, history::decode).canonical().unwrap(), *canonical, "{version}");
        assert_eq!(fold(log, history::decode_for_fold).canonical().unwrap(), *canonical, "{version}, lean");
    }
}

/// The kinds that version 0.1 wrote for study files.
const FIRST: &[&str] = &[
    "study-created",
    "settings-changed",
    "runner-started",
    "runner-stopped",
    "enqueued",
    "trial-created",
    "trial-continued",
    "trial-repeated",
    "run-started",
    "reported",
    "run-ended",
    "trial-ended",
    "study-tagged",
    "control",
];

#[test]
fn the_first_versions_logs_hold_every_kind_that_it_wrote_for_study_files() {
    let first = LOGS.iter().filter(|(version, ..)| version.starts_with("0.1,"));
    let kinds: BTreeSet<&str> = first.flat_map(|(_, log, _)| rows(log)).map(|row| row.kind).collect();
    assert_eq!(kinds, FIRST.iter().copied().collect());
}
