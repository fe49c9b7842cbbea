//! Signs of life of trials that run: so that one whose process died does not run for ever.
//!
//! A trial's sign is a lease in the database, which is no history. It is granted for no time at all, so that its expiry is
//! the moment of the last sign, by the store's clock, and who looks says how long ago is too long. Who finds it too long
//! ago takes the lease over; of several only one can.

use std::time::Duration;

use store::{Acquired, ErrorKind, Lease, Sqlite, Store, StoreError, StudyId};

/// How long nobody else can take over what one has found dead: longer than telling its end takes.
const TAKEN: Duration = Duration::from_secs(600);

fn role(number: u32) -> String {
    format!("trial {number}")
}

fn who() -> String {
    format!("process {}", std::process::id())
}

/// Gives a sign, the first or another one after `last`; `None` where somebody has found the trial dead meanwhile.
pub(crate) fn beat(
    store: &Sqlite,
    id: StudyId,
    number: u32,
    last: Option<&Lease>,
) -> Result<Option<Lease>, StoreError> {
    let Some(last) = last else {
        return store.acquire(id, &role(number), &who(), Duration::ZERO).map(Acquired::mine);
    };
    match store.renew(last, Duration::ZERO) {
        Ok(lease) => Ok(Some(lease)),
        Err(error) if matches!(error.kind, ErrorKind::LeaseLost { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Of these trials, those that have given a sign once, and none for longer than `grace`.
pub(crate) fn silent(
    store: &Sqlite,
    id: StudyId,
    numbers: Vec<u32>,
    grace: Duration,
) -> Result<Vec<u32>, StoreError> {
    let now = store.now_ms()?;
    let mut silent = Vec::new();
    for number in numbers {
        let last = store.holder(id, &role(number))?;
        if last.is_some_and(|last| is_silent(&last, now, grace)) {
            silent.push(number);
        }
    }
    Ok(silent)
}

/// Takes over a trial that has been silent for longer than `grace`: whether this is who tells its end.
pub(crate) fn bury(store: &Sqlite, id: StudyId, number: u32, grace: Duration) -> Result<bool, StoreError> {
    let Some(last) = store.holder(id, &role(number))? else { return Ok(false) };
    if !is_silent(&last, store.now_ms()?, grace) {
        return Ok(false);
    }
    Ok(store.steal(&last, &who(), TAKEN)?.mine().is_some())
}

fn is_silent(last: &Lease, now: u64, grace: Duration) -> bool {
    u128::from(now.saturating_sub(last.expires_at)) > grace.as_millis()
}
