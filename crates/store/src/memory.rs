//! A store without a file, for tests, simulations, and studies that nobody wants to keep. Starts no thread.

use std::collections::BTreeMap;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use crate::clock::millis;
use crate::{
    Acquired, Appended, Clock, Draft, Durability, ErrorKind, Guard, Header, Lease, Place, Record, Row,
    Snapshot, Store, StoreError, StudyId, StudyInfo, SystemClock,
};

/// A store in memory. Share it between threads by an `Arc`.
#[derive(Debug)]
pub struct Memory {
    place: Place,
    clock: Arc<dyn Clock>,
    logs: Mutex<Vec<Log>>,
    changed: Condvar,
}

/// One study; its id is its index plus one.
#[derive(Debug)]
struct Log {
    info: StudyInfo,
    events: Vec<Record>,
    /// By role. A released lease stays, with no holder, so that its epoch is never used again.
    leases: BTreeMap<String, (Lease, bool)>,
    snapshots: BTreeMap<u32, Snapshot>,
    curves: BTreeMap<String, Vec<u8>>,
}

impl Default for Memory {
    fn default() -> Self {
        Self::new()
    }
}

impl Memory {
    /// An empty store on the machine's clock.
    pub fn new() -> Self {
        Self::with_clock(Arc::new(SystemClock))
    }

    /// An empty store on a clock of the caller's.
    pub fn with_clock(clock: Arc<dyn Clock>) -> Self {
        Self { place: Place::named("memory"), clock, logs: Mutex::default(), changed: Condvar::new() }
    }

    /// Every change is made in one step at its end, so a panic elsewhere leaves nothing half-done.
    fn lock(&self) -> MutexGuard<'_, Vec<Log>> {
        self.logs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn error(&self, doing: &'static str, kind: ErrorKind) -> StoreError {
        StoreError::new(doing, &self.place, kind)
    }

    fn log(logs: &mut [Log], study: StudyId) -> Result<&mut Log, ErrorKind> {
        let index = usize::try_from(study.0).ok().and_then(|id| id.checked_sub(1));
        index
            .and_then(|index| logs.get_mut(index))
            .ok_or_else(|| ErrorKind::NoSuchStudy { study: study.to_string() })
    }

    fn with<T>(
        &self,
        doing: &'static str,
        study: StudyId,
        act: impl FnOnce(&mut Log) -> Result<T, ErrorKind>,
    ) -> Result<T, StoreError> {
        let mut logs = self.lock();
        Self::log(&mut logs, study).and_then(act).map_err(|kind| self.error(doing, kind))
    }
}

impl Log {
    fn held(&self, role: &str) -> Option<&Lease> {
        self.leases.get(role).filter(|(_, held)| *held).map(|(lease, _)| lease)
    }

    fn own(&self, lease: &Lease) -> Result<(), ErrorKind> {
        let held = self.held(&lease.role);
        if held.is_some_and(|held| held.epoch == lease.epoch) {
            return Ok(());
        }
        let by = held.map(|held| held.holder.clone());
        Err(ErrorKind::LeaseLost { role: lease.role.clone(), epoch: lease.epoch, by })
    }

    fn grant(&mut self, role: &str, holder: &str, expires_at: u64) -> Lease {
        let epoch = self.leases.get(role).map_or(0, |(last, _)| last.epoch) + 1;
        let lease = Lease {
            study: self.info.id,
            role: role.to_owned(),
            holder: holder.to_owned(),
            epoch,
            expires_at,
        };
        self.leases.insert(role.to_owned(), (lease.clone(), true));
        lease
    }

    fn check(&self, guard: &Guard) -> Result<(), ErrorKind> {
        if let Some(lease) = &guard.lease {
            self.own(lease)?;
        }
        if let Some(decisions) = &guard.decisions
            && decisions.start != self.info.decisions
        {
            return Err(ErrorKind::Decided { tried: decisions.start, next: self.info.decisions });
        }
        match guard.head {
            Some(expected) if expected != self.info.head => {
                Err(ErrorKind::Moved { expected, head: self.info.head })
            }
            _ => Ok(()),
        }
    }
}

impl Store for Memory {
    fn now_ms(&self) -> Result<u64, StoreError> {
        Ok(self.clock.now_ms())
    }

    fn create_study(&self, name: &str, header: Header) -> Result<StudyInfo, StoreError> {
        let mut logs = self.lock();
        if logs.iter().any(|log| log.info.name == name) {
            return Err(self.error("create a study in", ErrorKind::StudyExists { name: name.to_owned() }));
        }
        let info = StudyInfo {
            id: StudyId(logs.len() as u64 + 1),
            name: name.to_owned(),
            header,
            head: 0,
            decisions: 0,
            created_at: self.clock.now_ms(),
        };
        logs.push(Log {
            info: info.clone(),
            events: Vec::new(),
            leases: BTreeMap::new(),
            snapshots: BTreeMap::new(),
            curves: BTreeMap::new(),
        });
        Ok(info)
    }

    fn open_study(&self, name: &str) -> Result<StudyInfo, StoreError> {
        let logs = self.lock();
        let log = logs.iter().find(|log| log.info.name == name);
        log.map(|log| log.info.clone())
            .ok_or_else(|| self.error("open", ErrorKind::NoSuchStudy { study: format!("`{name}`") }))
    }

    fn studies(&self) -> Result<Vec<StudyInfo>, StoreError> {
        Ok(self.lock().iter().map(|log| log.info.clone()).collect())
    }

    fn append_if(
        &self,
        study: StudyId,
        guard: &Guard,
        drafts: &[Draft],
        _durability: Durability,
    ) -> Result<Appended, StoreError> {
        let appended = self.with("append to", study, |log| {
            log.check(guard)?;
            let at = self.clock.now_ms();
            let first = log.info.head + 1;
            log.events.extend((first..).zip(drafts).map(|(seq, draft)| Record {
                seq,
                at,
                kind: draft.kind.clone().into_owned(),
                body: draft.body.clone(),
            }));
            log.info.head += drafts.len() as u64;
            if let Some(decisions) = &guard.decisions {
                log.info.decisions = decisions.end;
            }
            Ok(Appended { first, last: log.info.head, at })
        })?;
        self.changed.notify_all();
        Ok(appended)
    }

    fn scan(
        &self,
        study: StudyId,
        after: u64,
        limit: usize,
        each: &mut dyn FnMut(Row<'_>),
    ) -> Result<u64, StoreError> {
        self.with("read", study, |log| {
            let skip = usize::try_from(after).unwrap_or(usize::MAX);
            Ok(log.events.iter().skip(skip).take(limit).fold(after, |_, event| {
                each(Row { seq: event.seq, at: event.at, kind: &event.kind, body: &event.body });
                event.seq
            }))
        })
    }

    fn head(&self, study: StudyId) -> Result<u64, StoreError> {
        self.with("read", study, |log| Ok(log.info.head))
    }

    fn wait(&self, study: StudyId, after: u64, timeout: Duration) -> Result<u64, StoreError> {
        let start = Instant::now();
        let mut logs = self.lock();
        loop {
            let head = Self::log(&mut logs, study).map_err(|kind| self.error("read", kind))?.info.head;
            let left = timeout.saturating_sub(start.elapsed());
            if head > after || left.is_zero() {
                return Ok(head);
            }
            logs = self.changed.wait_timeout(logs, left).unwrap_or_else(PoisonError::into_inner).0;
        }
    }

    fn acquire(
        &self,
        study: StudyId,
        role: &str,
        holder: &str,
        ttl: Duration,
    ) -> Result<Acquired, StoreError> {
        self.with("lease in", study, |log| {
            let now = self.clock.now_ms();
            match log.held(role) {
                Some(held) if held.expires_at > now => Ok(Acquired::Held(held.clone())),
                _ => Ok(Acquired::Mine(log.grant(role, holder, now.saturating_add(millis(ttl))))),
            }
        })
    }

    fn steal(&self, from: &Lease, holder: &str, ttl: Duration) -> Result<Acquired, StoreError> {
        self.with("lease in", from.study, |log| {
            let now = self.clock.now_ms();
            match log.held(&from.role) {
                Some(held) if held.expires_at > now && held.epoch != from.epoch => {
                    Ok(Acquired::Held(held.clone()))
                }
                _ => Ok(Acquired::Mine(log.grant(&from.role, holder, now.saturating_add(millis(ttl))))),
            }
        })
    }

    fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Lease, StoreError> {
        self.with("renew a lease in", lease.study, |log| {
            log.own(lease)?;
            let expires_at = self.clock.now_ms().saturating_add(millis(ttl));
            let renewed = Lease { expires_at, ..lease.clone() };
            log.leases.insert(lease.role.clone(), (renewed.clone(), true));
            Ok(renewed)
        })
    }

    fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.with("release a lease in", lease.study, |log| {
            if log.own(lease).is_ok() {
                log.leases.insert(lease.role.clone(), (lease.clone(), false));
            }
            Ok(())
        })
    }

    fn holder(&self, study: StudyId, role: &str) -> Result<Option<Lease>, StoreError> {
        self.with("read", study, |log| Ok(log.held(role).cloned()))
    }

    fn save_snapshot(&self, study: StudyId, snapshot: &Snapshot) -> Result<(), StoreError> {
        self.with("save a snapshot in", study, |log| {
            log.snapshots.insert(snapshot.fold_version, snapshot.clone());
            Ok(())
        })
    }

    fn load_snapshot(&self, study: StudyId, fold_version: u32) -> Result<Option<Snapshot>, StoreError> {
        self.with("read", study, |log| {
            let kept = log.snapshots.get(&fold_version);
            Ok(kept.filter(|snapshot| snapshot.seq <= log.info.head).cloned())
        })
    }

    fn save_curve(&self, study: StudyId, run: &str, body: &[u8]) -> Result<(), StoreError> {
        self.with("save a curve in", study, |log| {
            log.curves.insert(run.to_owned(), body.to_owned());
            Ok(())
        })
    }

    fn load_curve(&self, study: StudyId, run: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.with("read", study, |log| Ok(log.curves.get(run).cloned()))
    }
}
