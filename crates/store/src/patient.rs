//! A store for who would rather wait than fail: while another process holds the database, or its disk is full, calls are
//! made again.

use std::fmt::Debug;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crate::{
    Acquired, Appended, Draft, Durability, ErrorKind, Guard, Header, Lease, Row, Snapshot, Store, StoreError,
    StudyId, StudyInfo,
};

/// How somebody waits for a store that is out of reach.
pub trait Patience: Send + Sync + Debug {
    /// Waits a while after this error of the so-many-th try, from 0; `false` where the caller is to have the error.
    fn wait(&self, error: &StoreError, tries: u32) -> bool;

    /// A call that was waited for is done.
    fn is_over(&self);
}

/// See the module. Snapshots and curves are caches and are not waited for; neither is the opening of studies.
///
/// For stores whose errors of this kind ([`StoreError::may_pass`]) mean that nothing was changed, as SQLite's do: a
/// transaction that cannot begin or is rolled back. Where they leave that open, an append may be made twice, which the
/// fold of a study bears.
#[derive(Clone, Debug)]
pub struct Patient {
    store: Arc<dyn Store>,
    patience: Arc<dyn Patience>,
}

impl Patient {
    /// This store, waited for.
    pub fn new(store: Arc<dyn Store>, patience: Arc<dyn Patience>) -> Self {
        Patient { store, patience }
    }

    fn patiently<T>(&self, mut call: impl FnMut() -> Result<T, StoreError>) -> Result<T, StoreError> {
        let began = Instant::now();
        let mut tries = 0;
        loop {
            match call() {
                Err(error) if error.may_pass() && self.patience.wait(&error, tries) => tries += 1,
                Ok(done) => {
                    if tries > 0 {
                        self.patience.is_over();
                    }
                    return Ok(done);
                }
                Err(mut error) => {
                    // All of the waiting counts, not that of the last call alone.
                    if let ErrorKind::Busy { waited } = &mut error.kind {
                        *waited = began.elapsed().max(*waited);
                    }
                    return Err(error);
                }
            }
        }
    }
}

impl Store for Patient {
    fn now_ms(&self) -> Result<u64, StoreError> {
        self.patiently(|| self.store.now_ms())
    }

    fn create_study(&self, name: &str, header: Header) -> Result<StudyInfo, StoreError> {
        self.store.create_study(name, header)
    }

    fn open_study(&self, name: &str) -> Result<StudyInfo, StoreError> {
        self.store.open_study(name)
    }

    fn studies(&self) -> Result<Vec<StudyInfo>, StoreError> {
        self.store.studies()
    }

    fn append_if(
        &self,
        study: StudyId,
        guard: &Guard,
        drafts: &[Draft],
        durability: Durability,
    ) -> Result<Appended, StoreError> {
        self.patiently(|| self.store.append_if(study, guard, drafts, durability))
    }

    fn scan(
        &self,
        study: StudyId,
        after: u64,
        limit: usize,
        each: &mut dyn FnMut(Row<'_>),
    ) -> Result<u64, StoreError> {
        // What was shown before an error is not shown again.
        let mut last = after;
        self.patiently(|| {
            let shown = usize::try_from(last - after).unwrap_or(usize::MAX);
            let mut show = |row: Row<'_>| {
                last = row.seq;
                each(row);
            };
            self.store.scan(study, after + shown as u64, limit.saturating_sub(shown), &mut show)
        })
    }

    fn head(&self, study: StudyId) -> Result<u64, StoreError> {
        self.patiently(|| self.store.head(study))
    }

    fn wait(&self, study: StudyId, after: u64, timeout: Duration) -> Result<u64, StoreError> {
        self.patiently(|| self.store.wait(study, after, timeout))
    }

    fn acquire(
        &self,
        study: StudyId,
        role: &str,
        holder: &str,
        ttl: Duration,
    ) -> Result<Acquired, StoreError> {
        self.patiently(|| self.store.acquire(study, role, holder, ttl))
    }

    fn steal(&self, from: &Lease, holder: &str, ttl: Duration) -> Result<Acquired, StoreError> {
        self.patiently(|| self.store.steal(from, holder, ttl))
    }

    fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Lease, StoreError> {
        self.patiently(|| self.store.renew(lease, ttl))
    }

    fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.patiently(|| self.store.release(lease))
    }

    fn holder(&self, study: StudyId, role: &str) -> Result<Option<Lease>, StoreError> {
        self.patiently(|| self.store.holder(study, role))
    }

    fn save_snapshot(&self, study: StudyId, snapshot: &Snapshot) -> Result<(), StoreError> {
        self.store.save_snapshot(study, snapshot)
    }

    fn load_snapshot(&self, study: StudyId, fold_version: u32) -> Result<Option<Snapshot>, StoreError> {
        self.store.load_snapshot(study, fold_version)
    }

    fn save_curve(&self, study: StudyId, run: &str, body: &[u8]) -> Result<(), StoreError> {
        self.store.save_curve(study, run, body)
    }

    fn load_curve(&self, study: StudyId, run: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.store.load_curve(study, run)
    }
}
