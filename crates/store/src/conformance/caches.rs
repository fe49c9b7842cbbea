//! What is not history: snapshots and curves.

use std::sync::Arc;

use super::{HEADER, drafts};
use crate::{Durability, Snapshot, Store};

/// A snapshot is found by its fold version, and the newest one counts.
pub fn a_snapshot_is_found_by_its_fold_version(store: &Arc<dyn Store>) {
    let study = store.create_study("s", HEADER).unwrap().id;
    store.append(study, &drafts(0, 0..9), Durability::Committed).unwrap();
    assert_eq!(store.load_snapshot(study, 1).unwrap(), None);
    let snapshot = |seq, fold_version, byte| Snapshot { seq, fold_version, body: vec![byte; 100_000] };
    for kept in [snapshot(3, 1, 1), snapshot(5, 2, 2), snapshot(9, 1, 3)] {
        store.save_snapshot(study, &kept).unwrap();
    }
    assert_eq!(store.load_snapshot(study, 1).unwrap(), Some(snapshot(9, 1, 3)));
    assert_eq!(store.load_snapshot(study, 2).unwrap(), Some(snapshot(5, 2, 2)));
    assert_eq!(store.load_snapshot(study, 3).unwrap(), None);
}

/// A snapshot of events that the log does not hold is as good as none.
pub fn a_snapshot_that_runs_ahead_of_the_log_is_ignored(store: &Arc<dyn Store>) {
    let study = store.create_study("s", HEADER).unwrap().id;
    store.append(study, &drafts(0, 0..2), Durability::Committed).unwrap();
    store.save_snapshot(study, &Snapshot { seq: 3, fold_version: 1, body: vec![1] }).unwrap();
    assert_eq!(store.load_snapshot(study, 1).unwrap(), None);
}

/// A curve is kept by its study and run; a later one takes its place.
pub fn a_curve_is_kept_by_its_run(store: &Arc<dyn Store>) {
    let study = store.create_study("s", HEADER).unwrap().id;
    let other = store.create_study("t", HEADER).unwrap().id;
    store.save_curve(study, "0/train/1", &[0, 255, 1]).unwrap();
    store.save_curve(study, "0/train/1", &[7; 50_000]).unwrap();
    store.save_curve(study, "0/train/2", &[]).unwrap();
    assert_eq!(store.load_curve(study, "0/train/1").unwrap(), Some(vec![7; 50_000]));
    assert_eq!(store.load_curve(study, "0/train/2").unwrap(), Some(vec![]));
    assert_eq!(store.load_curve(other, "0/train/1").unwrap(), None);
}
