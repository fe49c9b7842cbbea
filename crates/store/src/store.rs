//! The trait that every place for a log implements.

use std::fmt::Debug;
use std::time::Duration;

use crate::{
    Acquired, Appended, Draft, Durability, Guard, Header, Lease, Record, Row, Snapshot, StoreError, StudyId,
    StudyInfo,
};

/// A place that keeps the logs of studies.
///
/// All calls are synchronous and may come from any thread at once. An implementation shows that it keeps
/// these promises by passing [`crate::conformance`].
pub trait Store: Send + Sync + Debug {
    /// The time by the clock that stamps events and judges leases, in ms since 1970. Between hosts it is the only one that
    /// counts: the caller's own may be wrong.
    fn now_ms(&self) -> Result<u64, StoreError>;

    /// Creates an empty study, synced. Fails with [`crate::ErrorKind::StudyExists`] if the name is taken.
    fn create_study(&self, name: &str, header: Header) -> Result<StudyInfo, StoreError>;

    /// The study of this name. Fails with [`crate::ErrorKind::NoSuchStudy`].
    fn open_study(&self, name: &str) -> Result<StudyInfo, StoreError>;

    /// All studies, oldest first.
    fn studies(&self) -> Result<Vec<StudyInfo>, StoreError>;

    /// Appends events, all or none, directly after the study's last one; others' events never lie between
    /// them. They have the durability asked for when it returns.
    fn append(
        &self,
        study: StudyId,
        drafts: &[Draft],
        durability: Durability,
    ) -> Result<Appended, StoreError> {
        self.append_if(study, &Guard::default(), drafts, durability)
    }

    /// Appends events if, in that instant, all of `guard` holds; else it changes nothing and fails with an
    /// error whose [`StoreError::is_conflict`] is true.
    fn append_if(
        &self,
        study: StudyId,
        guard: &Guard,
        drafts: &[Draft],
        durability: Durability,
    ) -> Result<Appended, StoreError>;

    /// Shows events `after + 1, …`, at most `limit` of them, to `each`; returns the last `seq` shown, or
    /// `after` when there was none. A missing event is an error (invariant ORDER), after those before it
    /// were shown. `each` must not call the store.
    fn scan(
        &self,
        study: StudyId,
        after: u64,
        limit: usize,
        each: &mut dyn FnMut(Row<'_>),
    ) -> Result<u64, StoreError>;

    /// Events `after + 1, …`, at most `limit` of them, as [`Store::scan`] shows them.
    fn read(&self, study: StudyId, after: u64, limit: usize) -> Result<Vec<Record>, StoreError> {
        let mut records = Vec::new();
        self.scan(study, after, limit, &mut |row| records.push(row.to_record()))?;
        Ok(records)
    }

    /// The `seq` of the study's last event, 0 when it has none. Cheap: a few microseconds.
    fn head(&self, study: StudyId) -> Result<u64, StoreError>;

    /// Waits until the head lies beyond `after`, or `timeout` is over; returns the head. An append in this
    /// process wakes it at once, one of another process after some milliseconds.
    fn wait(&self, study: StudyId, after: u64, timeout: Duration) -> Result<u64, StoreError>;

    /// Asks for a lease on `role`, for `ttl` from now. Granted when nobody holds it or it has expired.
    fn acquire(
        &self,
        study: StudyId,
        role: &str,
        holder: &str,
        ttl: Duration,
    ) -> Result<Acquired, StoreError>;

    /// Takes over a lease whose holder is known to be dead (on one host an unlocked lock file tells), before
    /// it expires. `from` is the dead one's; if it passed to another meanwhile, that one keeps it.
    fn steal(&self, from: &Lease, holder: &str, ttl: Duration) -> Result<Acquired, StoreError>;

    /// Prolongs a lease to `ttl` from now; an expired one too, as long as nobody took it.
    /// Fails with [`crate::ErrorKind::LeaseLost`].
    fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Lease, StoreError>;

    /// Gives a lease back. One that was lost is no error.
    fn release(&self, lease: &Lease) -> Result<(), StoreError>;

    /// Who holds `role` at the moment, expired or not; `None` when it was released or never held.
    fn holder(&self, study: StudyId, role: &str) -> Result<Option<Lease>, StoreError>;

    /// Keeps a fold's state in place of the study's earlier one of the same fold version.
    fn save_snapshot(&self, study: StudyId, snapshot: &Snapshot) -> Result<(), StoreError>;

    /// The kept state of this fold version, if it is whole and does not run ahead of the log; one that
    /// cannot be used is as good as none.
    fn load_snapshot(&self, study: StudyId, fold_version: u32) -> Result<Option<Snapshot>, StoreError>;

    /// Keeps a run's curve where its host shares no directory; `run` names the run, `body` is the caller's
    /// encoding. Replaces an earlier one.
    fn save_curve(&self, study: StudyId, run: &str, body: &[u8]) -> Result<(), StoreError>;

    /// A kept curve.
    fn load_curve(&self, study: StudyId, run: &str) -> Result<Option<Vec<u8>>, StoreError>;
}
