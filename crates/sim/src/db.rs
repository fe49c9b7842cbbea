//! The database of a world: a store in memory, a journal of what reached the disk, and what was promised about it.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use exec::RunId;
use store::{Appended, Clock, Draft, Durability, Guard, Header, Memory, Record, Store, StoreError, StudyId};
use study::{EventBody, history};

/// The study of a world.
pub(crate) const STUDY: StudyId = StudyId(1);

/// See the module.
pub(crate) struct Db {
    clock: Arc<dyn Clock>,
    inner: Mutex<Inner>,
}

struct Inner {
    memory: Arc<Memory>,
    journal: Vec<Entry>,
    /// So many entries survive loss of power.
    synced: usize,
    /// The endings in them.
    endings: BTreeSet<RunId>,
    /// Of the journal, so many entries were looked through for endings.
    looked: usize,
    broken: Vec<String>,
}

struct Entry {
    drafts: Vec<Draft>,
    decisions: Option<u64>,
}

impl fmt::Debug for Db {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Db").finish_non_exhaustive()
    }
}

impl Db {
    pub(crate) fn new(clock: Arc<dyn Clock>) -> Self {
        let memory = Arc::new(Memory::with_clock(Arc::clone(&clock)));
        let inner = Inner {
            memory,
            journal: Vec::new(),
            synced: 0,
            endings: BTreeSet::new(),
            looked: 0,
            broken: Vec::new(),
        };
        Db { clock, inner: Mutex::new(inner) }
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn memory(&self) -> Arc<Memory> {
        Arc::clone(&self.lock().memory)
    }

    pub(crate) fn append_if(
        &self,
        study: StudyId,
        guard: &Guard,
        drafts: &[Draft],
        durability: Durability,
    ) -> Result<Appended, StoreError> {
        let mut inner = self.lock();
        let appended = inner.memory.append_if(study, guard, drafts, durability)?;
        let decisions = guard.decisions.as_ref().map(|decisions| decisions.end);
        inner.journal.push(Entry { drafts: drafts.to_vec(), decisions });
        if durability == Durability::Synced {
            inner.synced = inner.journal.len();
        }
        Ok(appended)
    }

    /// A supervisor is told to forget an ending: it must be safe by now (invariant NOTHING LOST).
    pub(crate) fn acknowledged(&self, id: RunId) {
        let mut inner = self.lock();
        let Inner { journal, synced, endings, looked, broken, .. } = &mut *inner;
        for entry in &journal[*looked..*synced] {
            endings.extend(entry.drafts.iter().filter_map(ending));
        }
        *looked = *synced;
        if !endings.contains(&id) {
            broken.push(format!("NOTHING LOST: the ending of {id} was acknowledged before it was safe"));
        }
    }

    /// The power goes: what was not synced is as if it had never been.
    pub(crate) fn lose_power(&self) {
        let mut inner = self.lock();
        let synced = inner.synced;
        inner.journal.truncate(synced);
        let memory = Memory::with_clock(Arc::clone(&self.clock));
        let header = Header { format: history::FORMAT, min_reader: history::FORMAT };
        let mut decisions = 0;
        let made = memory.create_study("sim", header).and_then(|_| {
            inner.journal.iter().try_for_each(|entry| {
                let guard = match entry.decisions {
                    Some(end) => Guard::default().deciding(std::mem::replace(&mut decisions, end)..end),
                    None => Guard::default(),
                };
                memory.append_if(STUDY, &guard, &entry.drafts, Durability::Synced).map(|_| ())
            })
        });
        if let Err(error) = made {
            inner.broken.push(format!("the journal cannot be replayed: {error}"));
        }
        inner.memory = Arc::new(memory);
    }

    /// How many appends there were.
    pub(crate) fn appends(&self) -> usize {
        self.lock().journal.len()
    }

    /// The log as it is.
    pub(crate) fn log(&self) -> Result<Vec<Record>, StoreError> {
        self.memory().read(STUDY, 0, usize::MAX)
    }

    /// Promises that were broken.
    pub(crate) fn broken(&self) -> Vec<String> {
        self.lock().broken.clone()
    }
}

fn ending(draft: &Draft) -> Option<RunId> {
    if draft.kind != "run-ended" {
        return None;
    }
    match history::decode(&draft.kind, &draft.body) {
        Ok(history::Decoded::Known(body)) => match *body {
            EventBody::RunEnded(ended) => Some(RunId { run: ended.run, epoch: ended.epoch }),
            _ => None,
        },
        _ => None,
    }
}
