//! A store that counts events and keeps none but the first few: what is measured is the engine's memory, not the log's.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use store::{
    Acquired, Appended, Clock, Draft, Durability, ErrorKind, Guard, Header, Lease, Memory, Place, Row,
    Snapshot, Store, StoreError, StudyId, StudyInfo,
};

use crate::crowd::Virtual;

/// So many events are kept, for who opens the study.
const KEPT: u64 = 16;

/// See the module. Leases and the first events are an ordinary store's.
#[derive(Debug)]
pub(crate) struct Ledger {
    clock: Arc<Virtual>,
    memory: Memory,
    counted: Mutex<(u64, u64)>,
}

impl Ledger {
    pub(crate) fn new(clock: Arc<Virtual>) -> Self {
        let memory = Memory::with_clock(Arc::clone(&clock) as Arc<dyn Clock>);
        Ledger { clock, memory, counted: Mutex::default() }
    }

    /// Events and decisions.
    fn counted(&self) -> MutexGuard<'_, (u64, u64)> {
        self.counted.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Store for Ledger {
    fn now_ms(&self) -> Result<u64, StoreError> {
        Ok(self.clock.now_ms())
    }

    fn create_study(&self, name: &str, header: Header) -> Result<StudyInfo, StoreError> {
        self.memory.create_study(name, header)
    }

    fn open_study(&self, name: &str) -> Result<StudyInfo, StoreError> {
        self.memory.open_study(name)
    }

    fn studies(&self) -> Result<Vec<StudyInfo>, StoreError> {
        self.memory.studies()
    }

    fn append_if(
        &self,
        study: StudyId,
        guard: &Guard,
        drafts: &[Draft],
        durability: Durability,
    ) -> Result<Appended, StoreError> {
        let mut counted = self.counted();
        if counted.0 < KEPT {
            self.memory.append(study, drafts, durability)?;
        }
        if let Some(expected) = guard.head
            && expected != counted.0
        {
            let kind = ErrorKind::Moved { expected, head: counted.0 };
            return Err(StoreError { doing: "append to", place: Place::named("a ledger"), kind });
        }
        let first = counted.0 + 1;
        counted.0 += drafts.len() as u64;
        counted.1 = guard.decisions.as_ref().map_or(counted.1, |decisions| decisions.end);
        Ok(Appended { first, last: counted.0, at: self.clock.now_ms() })
    }

    fn scan(
        &self,
        study: StudyId,
        after: u64,
        limit: usize,
        each: &mut dyn FnMut(Row<'_>),
    ) -> Result<u64, StoreError> {
        if after >= KEPT { Ok(after) } else { self.memory.scan(study, after, limit, each) }
    }

    fn head(&self, _: StudyId) -> Result<u64, StoreError> {
        Ok(self.counted().0)
    }

    fn wait(&self, study: StudyId, _: u64, _: Duration) -> Result<u64, StoreError> {
        self.head(study)
    }

    fn acquire(
        &self,
        study: StudyId,
        role: &str,
        holder: &str,
        ttl: Duration,
    ) -> Result<Acquired, StoreError> {
        self.memory.acquire(study, role, holder, ttl)
    }

    fn steal(&self, from: &Lease, holder: &str, ttl: Duration) -> Result<Acquired, StoreError> {
        self.memory.steal(from, holder, ttl)
    }

    fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Lease, StoreError> {
        self.memory.renew(lease, ttl)
    }

    fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.memory.release(lease)
    }

    fn holder(&self, study: StudyId, role: &str) -> Result<Option<Lease>, StoreError> {
        self.memory.holder(study, role)
    }

    fn save_snapshot(&self, _: StudyId, _: &Snapshot) -> Result<(), StoreError> {
        Ok(())
    }

    fn load_snapshot(&self, _: StudyId, _: u32) -> Result<Option<Snapshot>, StoreError> {
        Ok(None)
    }

    fn save_curve(&self, _: StudyId, _: &str, _: &[u8]) -> Result<(), StoreError> {
        Ok(())
    }

    fn load_curve(&self, _: StudyId, _: &str) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(None)
    }
}
