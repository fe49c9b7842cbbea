//! Studies: created, found, listed.

use std::sync::Arc;

use super::HEADER;
use crate::{ErrorKind, Header, Store, StudyId};

/// A study is found by its name, with what it was created with.
pub fn a_study_is_found_by_its_name(store: &Arc<dyn Store>) {
    let header = Header { format: 7, min_reader: 3 };
    let first = store.create_study("first", header).unwrap();
    let second = store.create_study("zweite “Studie” 🪨", HEADER).unwrap();
    assert_ne!(first.id, second.id);
    assert_eq!(store.open_study("first").unwrap(), first);
    assert_eq!((first.header, first.head, first.decisions), (header, 0, 0));
    assert_eq!(store.studies().unwrap(), [first, second]);
}

/// A name is taken once.
pub fn a_name_is_taken_once(store: &Arc<dyn Store>) {
    store.create_study("s", HEADER).unwrap();
    let kind = store.create_study("s", HEADER).unwrap_err().kind;
    assert!(matches!(&kind, ErrorKind::StudyExists { name } if name == "s"), "{kind:?}");
    assert_eq!(store.studies().unwrap().len(), 1);
}

/// Each call on a study that is not there says so.
pub fn a_study_that_is_not_there_is_an_error(store: &Arc<dyn Store>) {
    let (none, ttl) = (StudyId(99), std::time::Duration::ZERO);
    let errors = [
        store.open_study("none").unwrap_err(),
        store.append(none, &super::drafts(0, 0..1), crate::Durability::Synced).unwrap_err(),
        store.read(none, 0, 1).unwrap_err(),
        store.head(none).unwrap_err(),
        store.wait(none, 0, ttl).unwrap_err(),
        store.acquire(none, "decider", "me", ttl).unwrap_err(),
        store.holder(none, "decider").unwrap_err(),
        store.save_curve(none, "0", b"").unwrap_err(),
    ];
    for error in errors {
        assert!(matches!(error.kind, ErrorKind::NoSuchStudy { .. }), "{error}");
    }
}
