//! Guarded appends (invariant ONE DECIDER).

use std::sync::Arc;
use std::time::Duration;

use super::{HEADER, Pauses, author_and_number, drafts};
use crate::{DECIDER, Durability, ErrorKind, Guard, Store};

const LONG: Duration = Duration::from_secs(600);

/// An append happens only while its lease has not passed on; a refused one changes nothing.
pub fn an_append_happens_only_under_its_lease(store: &Arc<dyn Store>) {
    let study = store.create_study("s", HEADER).unwrap().id;
    let append = |guard: &Guard| store.append_if(study, guard, &drafts(0, 0..2), Durability::Committed);
    let first = store.acquire(study, DECIDER, "first", LONG).unwrap().mine().unwrap();
    append(&Guard::holding(&first)).unwrap();
    let second = store.steal(&first, "second", LONG).unwrap().mine().unwrap();
    let error = append(&Guard::holding(&first).deciding(0..1)).unwrap_err();
    assert!(error.is_conflict(), "{error}");
    match error.kind {
        ErrorKind::LeaseLost { epoch, by, .. } => {
            assert_eq!((epoch, by.as_deref()), (first.epoch, Some("second")));
        }
        kind => panic!("{kind:?}"),
    }
    assert_eq!((store.head(study).unwrap(), store.open_study("s").unwrap().decisions), (2, 0));
    append(&Guard::holding(&second)).unwrap();
    store.release(&second).unwrap();
    assert!(append(&Guard::holding(&second)).unwrap_err().is_conflict());
    append(&Guard::default()).unwrap();
    assert_eq!(store.head(study).unwrap(), 6);
}

/// An append that holds decisions happens if the first of them is next.
pub fn a_decision_is_made_once(store: &Arc<dyn Store>) {
    let study = store.create_study("s", HEADER).unwrap().id;
    let lease = store.acquire(study, DECIDER, "me", LONG).unwrap().mine().unwrap();
    let decide = |decisions| {
        let guard = Guard::holding(&lease).deciding(decisions);
        store.append_if(study, &guard, &drafts(0, 0..1), Durability::Committed)
    };
    decide(0..1).unwrap();
    decide(1..4).unwrap();
    for late in [0..1, 1..4, 5..6] {
        let tried = late.start;
        let kind = decide(late).unwrap_err().kind;
        assert!(matches!(kind, ErrorKind::Decided { tried: t, next: 4 } if t == tried), "{kind:?}");
    }
    decide(4..4).unwrap();
    let info = store.open_study("s").unwrap();
    assert_eq!((info.head, info.decisions), (3, 4));
}

/// Eight deciders who all believe that they may: each decision is made by one of them.
pub fn of_racing_deciders_one_wins_each_decision(store: &Arc<dyn Store>) {
    const DECISIONS: u64 = 60;
    let study = store.create_study("s", HEADER).unwrap().id;
    let wins: u64 = std::thread::scope(|scope| {
        let race = |author| {
            let mut pauses = Pauses(author);
            let mut wins = 0;
            loop {
                let next = store.open_study("s").unwrap().decisions;
                if next >= DECISIONS {
                    return wins;
                }
                std::thread::sleep(pauses.up_to(Duration::from_micros(200)));
                let guard = Guard::default().deciding(next..next + 1);
                let how = [Durability::Committed, Durability::Synced][usize::from(author == 0)];
                match store.append_if(study, &guard, &drafts(author, next..next + 1), how) {
                    Ok(_) => wins += 1,
                    Err(error) => assert!(error.is_conflict(), "{error}"),
                }
            }
        };
        let deciders: Vec<_> = (0..8).map(|author| scope.spawn(move || race(author))).collect();
        deciders.into_iter().map(|decider| decider.join().unwrap()).sum()
    });
    assert_eq!(wins, DECISIONS);
    let read = store.read(study, 0, usize::MAX).unwrap();
    let made: Vec<_> = read.iter().map(|record| author_and_number(&record.body).1).collect();
    assert_eq!(made, (0..DECISIONS).collect::<Vec<_>>());
}

/// An append can be tied to the log as its caller knows it.
pub fn an_append_can_ask_for_an_unchanged_log(store: &Arc<dyn Store>) {
    let study = store.create_study("s", HEADER).unwrap().id;
    let append =
        |head| store.append_if(study, &Guard::unchanged(head), &drafts(0, 0..1), Durability::Committed);
    append(0).unwrap();
    append(1).unwrap();
    let error = append(1).unwrap_err();
    assert!(matches!(error.kind, ErrorKind::Moved { expected: 1, head: 2 }), "{error}");
    assert!(error.is_conflict());
    assert_eq!(store.head(study).unwrap(), 2);
}
