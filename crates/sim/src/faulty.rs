//! A process's way to the database: calls take time, fail, fail and happen all the same, and others act in between.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use store::{
    Acquired, Appended, Draft, Durability, ErrorKind, Guard, Header, Lease, Memory, Patience, Place, Row,
    Snapshot, Store, StoreError, StudyId, StudyInfo,
};

use crate::chance::Chance;
use crate::db::Db;
use crate::executor::Dead;
use crate::life::Life;
use crate::time::{Instant, SECOND, Time};

/// What goes on while one process waits for its database.
pub(crate) trait Bystanders: Send + Sync {
    /// Process `me` is in the middle of a call; others may act.
    fn let_others_act(&self, me: usize);

    /// This runner is said to be dead.
    fn is_given_up(&self, runner: &str);
}

/// What goes wrong with the database, for all who use it.
#[derive(Debug, Default)]
pub(crate) struct Trouble {
    /// Appends that find it locked; half of them are made all the same.
    pub(crate) unsure: f64,
    /// Reads that fail.
    pub(crate) unread: f64,
    /// The disk is full until then.
    pub(crate) full_until: AtomicU64,
}

/// See the module.
pub(crate) struct Faulty {
    pub(crate) db: Arc<Db>,
    pub(crate) life: Arc<Life>,
    pub(crate) time: Arc<Time>,
    pub(crate) chance: Arc<Chance>,
    pub(crate) trouble: Arc<Trouble>,
    pub(crate) bystanders: Option<(usize, Weak<dyn Bystanders>)>,
}

/// A runner that waits for its database, up to half a minute or so; others act meanwhile.
#[derive(Debug)]
pub(crate) struct Waits(pub(crate) Arc<Time>);

impl Patience for Waits {
    fn wait(&self, _: &StoreError, tries: u32) -> bool {
        self.0.pass((SECOND / 10) << tries.min(4));
        tries < 20
    }

    fn is_over(&self) {}
}

impl fmt::Debug for Faulty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faulty").finish_non_exhaustive()
    }
}

fn error(doing: &'static str, kind: ErrorKind) -> StoreError {
    StoreError { doing, place: Place::named("the simulated database"), kind }
}

/// The runner that an event says is dead; a farewell says nothing of when it was last seen.
fn given_up(draft: &Draft) -> Option<String> {
    if draft.kind != "runner-stopped" {
        return None;
    }
    let body: serde_json::Value = serde_json::from_str(&draft.body).ok()?;
    body.get("seen")?;
    Some(body.get("runner")?.as_str()?.to_owned())
}

impl Faulty {
    fn acts(&self, doing: &'static str) -> Result<(), StoreError> {
        if self.life.acts() { Ok(()) } else { Err(error(doing, ErrorKind::Other(Arc::new(Dead)))) }
    }

    fn others(&self) {
        if let Some((me, bystanders)) = &self.bystanders
            && let Some(bystanders) = bystanders.upgrade()
        {
            bystanders.let_others_act(*me);
        }
    }

    fn busy(&self, doing: &'static str) -> StoreError {
        let waited = Duration::from_secs(5);
        self.time.pass(5 * SECOND);
        error(doing, ErrorKind::Busy { waited })
    }

    fn is_full(&self) -> bool {
        let until: Instant = self.trouble.full_until.load(Ordering::Relaxed);
        self.time.now() < until
    }

    /// A call that changes nothing of the log.
    fn read<T>(
        &self,
        doing: &'static str,
        act: impl FnOnce(&Memory) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.others();
        self.acts(doing)?;
        self.time.pass(5);
        if self.chance.happens(self.trouble.unread) {
            return Err(self.busy(doing));
        }
        act(&self.db.memory())
    }

    /// A call that writes.
    fn write<T>(
        &self,
        doing: &'static str,
        act: impl FnOnce(&Db) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        self.others();
        self.acts(doing)?;
        self.time.pass(40);
        if self.is_full() {
            return Err(error(doing, ErrorKind::Full));
        }
        let unsure = self.chance.happens(self.trouble.unsure);
        if unsure && self.chance.happens(0.5) {
            return Err(self.busy(doing));
        }
        let done = act(&self.db)?;
        if unsure {
            return Err(self.busy(doing));
        }
        // It may die before it hears of what it did.
        self.acts(doing)?;
        self.others();
        Ok(done)
    }
}

impl Store for Faulty {
    fn now_ms(&self) -> Result<u64, StoreError> {
        self.db.memory().now_ms()
    }

    fn create_study(&self, name: &str, header: Header) -> Result<StudyInfo, StoreError> {
        self.write("create a study in", |db| db.memory().create_study(name, header))
    }

    fn open_study(&self, name: &str) -> Result<StudyInfo, StoreError> {
        self.read("open", |memory| memory.open_study(name))
    }

    fn studies(&self) -> Result<Vec<StudyInfo>, StoreError> {
        self.read("read", Memory::studies)
    }

    fn append_if(
        &self,
        study: StudyId,
        guard: &Guard,
        drafts: &[Draft],
        durability: Durability,
    ) -> Result<Appended, StoreError> {
        let appended = self.write("append to", |db| db.append_if(study, guard, drafts, durability))?;
        for given_up in drafts.iter().filter_map(given_up) {
            if let Some(bystanders) = self.bystanders.as_ref().and_then(|(_, others)| others.upgrade()) {
                bystanders.is_given_up(&given_up);
            }
        }
        Ok(appended)
    }

    fn scan(
        &self,
        study: StudyId,
        after: u64,
        limit: usize,
        each: &mut dyn FnMut(Row<'_>),
    ) -> Result<u64, StoreError> {
        self.read("read", |memory| memory.scan(study, after, limit, each))
    }

    fn head(&self, study: StudyId) -> Result<u64, StoreError> {
        self.read("read", |memory| memory.head(study))
    }

    /// Does not wait for others, who may act before every call; its time passes.
    fn wait(&self, study: StudyId, _: u64, timeout: Duration) -> Result<u64, StoreError> {
        self.time.pass(u64::try_from(timeout.as_micros()).unwrap_or(u64::MAX));
        self.head(study)
    }

    fn acquire(
        &self,
        study: StudyId,
        role: &str,
        holder: &str,
        ttl: Duration,
    ) -> Result<Acquired, StoreError> {
        self.write("lease in", |db| db.memory().acquire(study, role, holder, ttl))
    }

    fn steal(&self, from: &Lease, holder: &str, ttl: Duration) -> Result<Acquired, StoreError> {
        self.write("lease in", |db| db.memory().steal(from, holder, ttl))
    }

    fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Lease, StoreError> {
        self.write("renew a lease in", |db| db.memory().renew(lease, ttl))
    }

    fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.write("release a lease in", |db| db.memory().release(lease))
    }

    fn holder(&self, study: StudyId, role: &str) -> Result<Option<Lease>, StoreError> {
        self.read("read", |memory| memory.holder(study, role))
    }

    fn save_snapshot(&self, study: StudyId, snapshot: &Snapshot) -> Result<(), StoreError> {
        self.write("save a snapshot in", |db| db.memory().save_snapshot(study, snapshot))
    }

    fn load_snapshot(&self, study: StudyId, fold_version: u32) -> Result<Option<Snapshot>, StoreError> {
        self.read("read", |memory| memory.load_snapshot(study, fold_version))
    }

    fn save_curve(&self, study: StudyId, run: &str, body: &[u8]) -> Result<(), StoreError> {
        self.write("save a curve in", |db| db.memory().save_curve(study, run, body))
    }

    fn load_curve(&self, study: StudyId, run: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read("read", |memory| memory.load_curve(study, run))
    }
}
