//! The log: order, wholeness, tailing (invariant ORDER).

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use super::{HEADER, Pauses, author_and_number, drafts};
use crate::{Draft, Durability, Record, Store, StudyId};

/// A log is read as it was written, whatever its text.
pub fn a_log_is_read_as_it_was_written(store: &Arc<dyn Store>) {
    let study = store.create_study("s", HEADER).unwrap().id;
    assert_eq!(store.read(study, 0, 10).unwrap(), []);
    let long = format!(r#"{{"text":"{}"}}"#, "ravine ".repeat(20_000));
    let written = [
        Draft::new("a", "{}"),
        Draft::new("b-c".to_owned(), r#"{"x":1e-300,"y":"é\u0000🪨'\"","z":[0.1,null]}"#),
        Draft::new("a", long),
    ];
    let (one, two) = written.split_at(1);
    let first = store.append(study, one, Durability::Committed).unwrap();
    let second = store.append(study, two, Durability::Synced).unwrap();
    assert_eq!((first.first, first.last, second.first, second.last), (1, 1, 2, 3));
    let read = store.read(study, 0, 10).unwrap();
    let places: Vec<_> = read.iter().map(|record| (record.seq, record.at)).collect();
    assert_eq!(places, [(1, first.at), (2, second.at), (3, second.at)]);
    for (record, draft) in read.iter().zip(&written) {
        assert_eq!((record.kind.as_str(), &record.body), (draft.kind.as_ref(), &draft.body));
    }
}

/// An append's events lie together; an empty one adds nothing.
pub fn an_append_is_all_or_nothing_and_in_one_piece(store: &Arc<dyn Store>) {
    let study = store.create_study("s", HEADER).unwrap().id;
    std::thread::scope(|scope| {
        for author in 0..4 {
            scope.spawn(move || {
                for batch in 0..25 {
                    let events = drafts(author, batch * 5..batch * 5 + 5);
                    let how = if batch % 5 == 0 { Durability::Synced } else { Durability::Committed };
                    let place = store.append(study, &events, how).unwrap();
                    assert_eq!(place.last - place.first + 1, 5);
                }
            });
        }
    });
    let read = store.read(study, 0, usize::MAX).unwrap();
    assert_eq!(read.len(), 500);
    for batch in read.chunks(5) {
        let (author, n) = author_and_number(&batch[0].body);
        let found: Vec<_> = batch.iter().map(|record| author_and_number(&record.body)).collect();
        assert_eq!(found, (n..n + 5).map(|n| (author, n)).collect::<Vec<_>>());
    }
    let nothing = store.append(study, &[], Durability::Synced).unwrap();
    assert_eq!((nothing.first, nothing.last, store.head(study).unwrap()), (501, 500, 500));
}

/// A reader goes on from any place, and stops at its limit.
pub fn a_reader_goes_on_from_any_place(store: &Arc<dyn Store>) {
    let study = store.create_study("s", HEADER).unwrap().id;
    store.append(study, &drafts(0, 0..10), Durability::Committed).unwrap();
    let seqs = |after, limit| {
        let read = store.read(study, after, limit).unwrap();
        read.iter().map(|record| record.seq).collect::<Vec<_>>()
    };
    assert_eq!(seqs(0, 3), [1, 2, 3]);
    assert_eq!(seqs(8, 5), [9, 10]);
    assert_eq!(seqs(10, 5), [0_u64; 0]);
    assert_eq!(seqs(99, 5), [0_u64; 0]);
    assert_eq!(seqs(4, 0), [0_u64; 0]);
    assert_eq!(store.scan(study, 6, 2, &mut |_| ()).unwrap(), 8);
    assert_eq!(store.scan(study, 10, 2, &mut |_| ()).unwrap(), 10);
}

/// Eight appenders with random delays; a tailing reader sees each event once and in order.
pub fn a_tailing_reader_sees_each_event_once_and_in_order(store: &Arc<dyn Store>) {
    const APPENDERS: u64 = 8;
    const EACH: u64 = 100;
    let study = store.create_study("s", HEADER).unwrap().id;
    let seen = std::thread::scope(|scope| {
        let reader = scope.spawn(|| tail(store, study, APPENDERS * EACH));
        for author in 0..APPENDERS {
            scope.spawn(move || {
                let mut pauses = Pauses(author);
                let mut n = 0;
                while n < EACH {
                    let end = EACH.min(n + 1 + pauses.next() % 3);
                    let how = [Durability::Committed, Durability::Synced]
                        [usize::from(pauses.next().is_multiple_of(4))];
                    store.append(study, &drafts(author, n..end), how).unwrap();
                    n = end;
                    std::thread::sleep(pauses.up_to(Duration::from_millis(1)));
                }
            });
        }
        reader.join().unwrap()
    });
    let mut next = [0; APPENDERS as usize];
    for (place, record) in (1..).zip(&seen) {
        assert_eq!(record.seq, place);
        let (author, n) = author_and_number(&record.body);
        assert_eq!(n, next[author as usize], "an event of {author} is lost, doubled, or out of order");
        next[author as usize] += 1;
    }
    assert_eq!(next, [EACH; APPENDERS as usize]);
    assert_eq!(store.read(study, 0, usize::MAX).unwrap(), seen);
}

fn tail(store: &Arc<dyn Store>, study: StudyId, count: u64) -> Vec<Record> {
    let deadline = Instant::now() + Duration::from_secs(60);
    let mut seen = Vec::new();
    while (seen.len() as u64) < count {
        assert!(Instant::now() < deadline, "only {} of {count} events came", seen.len());
        let after = seen.len() as u64;
        store.wait(study, after, Duration::from_secs(1)).unwrap();
        seen.extend(store.read(study, after, 17).unwrap());
    }
    seen
}

/// Each study counts for itself.
pub fn studies_do_not_see_each_other(store: &Arc<dyn Store>) {
    let studies = ["a", "b", "c"].map(|name| store.create_study(name, HEADER).unwrap().id);
    for round in 0..20 {
        for (author, study) in (0..).zip(studies) {
            let place =
                store.append(study, &drafts(author, round..round + 1), Durability::Committed).unwrap();
            assert_eq!(place.first, round + 1);
        }
    }
    for (author, study) in (0..).zip(studies) {
        let read = store.read(study, 0, usize::MAX).unwrap();
        let found: Vec<_> = read.iter().map(|record| author_and_number(&record.body)).collect();
        assert_eq!(found, (0..20).map(|n| (author, n)).collect::<Vec<_>>());
    }
}

/// Who waits for an event is woken by it, and returns without one when the time is over.
pub fn a_waiting_reader_is_woken(store: &Arc<dyn Store>) {
    let study = store.create_study("s", HEADER).unwrap().id;
    assert_eq!(store.wait(study, 0, Duration::from_millis(20)).unwrap(), 0);
    let woken = AtomicBool::new(false);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            assert_eq!(store.wait(study, 0, Duration::from_secs(30)).unwrap(), 1);
            woken.store(true, Ordering::SeqCst);
        });
        std::thread::sleep(Duration::from_millis(20));
        assert!(!woken.load(Ordering::SeqCst), "woken by nothing");
        store.append(study, &drafts(0, 0..1), Durability::Committed).unwrap();
    });
    assert_eq!(store.wait(study, 0, Duration::ZERO).unwrap(), 1);
}
