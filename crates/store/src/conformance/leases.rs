//! Leases: one holder, expiry by the store's clock, epochs that only grow.

use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use super::{HEADER, Pauses};
use crate::{Acquired, DECIDER, ErrorKind, Guard, SCRIBE, Store};

const SHORT: Duration = Duration::from_millis(40);
const LONG: Duration = Duration::from_secs(600);

/// A role has one holder; roles and studies do not touch each other.
pub fn a_lease_has_one_holder(store: &Arc<dyn Store>) {
    let study = store.create_study("s", HEADER).unwrap().id;
    let other = store.create_study("t", HEADER).unwrap().id;
    assert_eq!(store.holder(study, DECIDER).unwrap(), None);
    let lease = store.acquire(study, DECIDER, "me", LONG).unwrap().mine().unwrap();
    assert_eq!((lease.study, lease.role.as_str(), lease.holder.as_str()), (study, DECIDER, "me"));
    assert_eq!(store.holder(study, DECIDER).unwrap(), Some(lease.clone()));
    for holder in ["you", "me"] {
        assert_eq!(store.acquire(study, DECIDER, holder, LONG).unwrap(), Acquired::Held(lease.clone()));
    }
    assert!(store.acquire(study, SCRIBE, "you", LONG).unwrap().mine().is_some());
    assert!(store.acquire(other, DECIDER, "you", LONG).unwrap().mine().is_some());
}

/// Who comes after the expiry gets it; the earlier holder notices whatever it tries.
pub fn an_expired_lease_passes_on_with_a_higher_epoch(store: &Arc<dyn Store>) {
    let study = store.create_study("s", HEADER).unwrap().id;
    let first = store.acquire(study, DECIDER, "first", SHORT).unwrap().mine().unwrap();
    sleep(2 * SHORT);
    // Nobody took it: it is still the first one's.
    store.append_if(study, &Guard::holding(&first), &[], crate::Durability::Committed).unwrap();
    let second = store.acquire(study, DECIDER, "second", LONG).unwrap().mine().unwrap();
    assert!(second.epoch > first.epoch);
    let kind = store.renew(&first, LONG).unwrap_err().kind;
    assert!(matches!(kind, ErrorKind::LeaseLost { .. }), "{kind:?}");
    store.release(&first).unwrap();
    assert_eq!(store.holder(study, DECIDER).unwrap(), Some(second));
}

/// Renewing moves the expiry and keeps the epoch.
pub fn a_renewed_lease_does_not_expire(store: &Arc<dyn Store>) {
    let study = store.create_study("s", HEADER).unwrap().id;
    let lease = store.acquire(study, DECIDER, "me", SHORT).unwrap().mine().unwrap();
    let renewed = store.renew(&lease, LONG).unwrap();
    assert_eq!(renewed.epoch, lease.epoch);
    assert!(renewed.expires_at > lease.expires_at);
    sleep(2 * SHORT);
    assert_eq!(store.acquire(study, DECIDER, "you", LONG).unwrap(), Acquired::Held(renewed));
}

/// After a release anybody gets the lease, with an epoch that nobody had.
pub fn a_released_epoch_is_never_used_again(store: &Arc<dyn Store>) {
    let study = store.create_study("s", HEADER).unwrap().id;
    let mut last = 0;
    for _ in 0..3 {
        let lease = store.acquire(study, DECIDER, "me", LONG).unwrap().mine().unwrap();
        assert!(lease.epoch > last);
        last = lease.epoch;
        store.release(&lease).unwrap();
        assert_eq!(store.holder(study, DECIDER).unwrap(), None);
        assert!(store.renew(&lease, LONG).is_err());
    }
}

/// A lease is taken over from a dead holder, but not from who took it over first.
pub fn a_dead_holders_lease_can_be_taken_before_it_expires(store: &Arc<dyn Store>) {
    let study = store.create_study("s", HEADER).unwrap().id;
    let dead = store.acquire(study, DECIDER, "dead", LONG).unwrap().mine().unwrap();
    let heir = store.steal(&dead, "heir", LONG).unwrap().mine().unwrap();
    assert!(heir.epoch > dead.epoch);
    assert_eq!(store.steal(&dead, "late", LONG).unwrap(), Acquired::Held(heir));
}

/// Eight ask at once, over and over: at any time one holds it, and no epoch is given twice.
pub fn of_many_who_ask_one_gets_it(store: &Arc<dyn Store>) {
    let study = store.create_study("s", HEADER).unwrap().id;
    let mut epochs: Vec<u64> = std::thread::scope(|scope| {
        let compete = |author: u64| {
            let (mut pauses, mut got) = (Pauses(author), Vec::new());
            for _ in 0..30 {
                sleep(pauses.up_to(Duration::from_micros(500)));
                if let Some(lease) = store.acquire(study, DECIDER, &author.to_string(), LONG).unwrap().mine()
                {
                    sleep(pauses.up_to(Duration::from_micros(500)));
                    assert_eq!(store.holder(study, DECIDER).unwrap(), Some(lease.clone()));
                    store.release(&lease).unwrap();
                    got.push(lease.epoch);
                }
            }
            got
        };
        let rivals: Vec<_> = (0..8).map(|author| scope.spawn(move || compete(author))).collect();
        rivals.into_iter().flat_map(|rival| rival.join().unwrap()).collect()
    });
    epochs.sort_unstable();
    assert_eq!(epochs, (1..=epochs.len() as u64).collect::<Vec<_>>());
}
