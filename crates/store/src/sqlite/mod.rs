//! A store in an SQLite file: `study.db` in a study's folder, or one file for many studies.
//!
//! **Who commits.** Appends are committed by the calling thread; those that arrive meanwhile are committed
//! together by the next (`group`). So a store starts no thread, and one that appends alone pays for no hand-over.
//! Best of 7, in one run of `examples/figures.rs` on an ext4 disk: `fdatasync` of the same bytes 69 to 78 µs, a synced
//! append 73 µs (by a writer thread 70), 34 µs each from 8 threads; a committed one 23 µs (by a writer thread 28).
//!
//! **Durability.** Every commit goes to the write-ahead log. A group that holds a synced append is committed with
//! `synchronous=FULL`, which syncs that log and so covers all commits before it; any other with `NORMAL`, which
//! leaves it to the kernel (invariant NOTHING LOST). Switching costs some microseconds.
//!
//! **Reading** uses connections of its own and waits for nobody. On network file systems there is no write-ahead
//! log, one process has the file for itself, and reads go through the writing connection.

use std::borrow::Cow;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::time::{Duration, Instant};

use rusqlite::Connection;

use crate::clock::millis;
use crate::{
    Acquired, Appended, Clock, Draft, Durability, ErrorKind, Guard, Header, Lease, Place, Row, Snapshot,
    Store, StoreError, StudyId, StudyInfo,
};

mod caches;
mod faults;
mod file_system;
mod group;
mod leases;
mod log;
mod migrations;
mod open;
mod readers;
mod studies;
mod writer;

pub use open::{Access, Options, Sharing};

use faults::Fault;
use group::{Group, Job};
use open::{Note, Opened};
use readers::Readers;
use writer::Writer;

/// How often a waiting reader looks whether another process appended; one look costs some microseconds.
const LOOK: Duration = Duration::from_millis(10);

/// A store in an SQLite file. Share it between threads by an `Arc`; other processes may open the same file.
#[derive(Debug)]
pub struct Sqlite {
    path: PathBuf,
    place: Place,
    clock: Arc<dyn Clock>,
    writer: Option<Group>,
    /// `None`: read through the writer.
    readers: Option<Readers>,
    /// Counts the appends of this process, to wake those who wait for one.
    appends: Mutex<u64>,
    appended: Condvar,
    /// Dropped last: it says that the file is in use.
    _note: Option<Note>,
}

impl Sqlite {
    /// Opens the database for writing; creates it if there is none.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_with(path, Options::default())
    }

    /// Opens an existing database for reading, and leaves it as it is.
    pub fn open_for_reading(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Self::open_with(path, Options { access: Access::Read, ..Options::default() })
    }

    /// Opens a database as `options` say.
    pub fn open_with(path: impl AsRef<Path>, options: Options) -> Result<Self, StoreError> {
        let path = path.as_ref().to_owned();
        let place = Place::file(&path);
        let opened = open::open(&path, &options).map_err(|fault| StoreError::new("open", &place, fault.0))?;
        let readers = Readers::new(path.clone(), options.patience);
        let group = |writer: Writer| Some(Group::new(writer, Arc::clone(&options.clock)));
        let (writer, readers, note) = match opened {
            Opened::Reader(conn) => (None, Some(readers.keep(conn)), None),
            Opened::Shared(writer) => (group(writer), Some(readers), None),
            Opened::Exclusive(writer, note) => (group(writer), None, Some(note)),
        };
        let clock = options.clock;
        Ok(Self {
            path,
            place,
            clock,
            writer,
            readers,
            appends: Mutex::new(0),
            appended: Condvar::new(),
            _note: note,
        })
    }

    /// Where the file lies.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Deletes a study with its whole log: there is no way back, and who has it open finds nothing any more.
    ///
    /// # Errors
    /// Where there is no such study.
    pub fn delete_study(&self, study: StudyId) -> Result<(), StoreError> {
        self.write_with("delete a study from", Durability::Synced, |conn| studies::delete(conn, study))
    }

    fn error(&self, doing: &'static str, fault: Fault) -> StoreError {
        StoreError::new(doing, &self.place, fault.0)
    }

    fn read_with<T>(&self, act: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, StoreError> {
        let done = match (&self.readers, &self.writer) {
            (Some(readers), _) => readers.read(act),
            (None, Some(group)) => act(group.writer().connection()),
            (None, None) => Err(ErrorKind::ReadOnly.into()),
        };
        done.map_err(|fault| self.error("read", fault))
    }

    fn group(&self) -> Result<&Group, Fault> {
        self.writer.as_ref().ok_or_else(|| ErrorKind::ReadOnly.into())
    }

    fn write_with<T>(
        &self,
        doing: &'static str,
        durability: Durability,
        act: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, StoreError> {
        let done = self.group().and_then(|group| group.writer().transact(durability, act));
        done.map_err(|fault| self.error(doing, fault))
    }

    fn ask(
        &self,
        study: StudyId,
        role: &str,
        holder: &str,
        ttl: Duration,
        dead: Option<u64>,
    ) -> Result<Acquired, StoreError> {
        self.write_with("take a lease in", Durability::Committed, |conn| {
            let now = self.clock.now_ms();
            let expires_at = now.saturating_add(millis(ttl));
            leases::acquire(conn, leases::Request { study, role, holder, now, expires_at, dead })
        })
    }
}

impl Store for Sqlite {
    fn now_ms(&self) -> Result<u64, StoreError> {
        Ok(self.clock.now_ms())
    }

    fn create_study(&self, name: &str, header: Header) -> Result<StudyInfo, StoreError> {
        self.write_with("create a study in", Durability::Synced, |conn| {
            studies::create(conn, name, header, self.clock.now_ms())
        })
    }

    fn open_study(&self, name: &str) -> Result<StudyInfo, StoreError> {
        self.read_with(|conn| studies::open(conn, name))
    }

    fn studies(&self) -> Result<Vec<StudyInfo>, StoreError> {
        self.read_with(studies::list)
    }

    fn append_if(
        &self,
        study: StudyId,
        guard: &Guard,
        drafts: &[Draft],
        durability: Durability,
    ) -> Result<Appended, StoreError> {
        let job = Job { study, guard: Cow::Borrowed(guard), drafts: Cow::Borrowed(drafts), durability };
        let done = self.group().and_then(|group| group.append(job));
        let appended = done.map_err(|fault| self.error("append to", fault))?;
        *self.appends.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.appended.notify_all();
        Ok(appended)
    }

    fn scan(
        &self,
        study: StudyId,
        after: u64,
        limit: usize,
        each: &mut dyn FnMut(Row<'_>),
    ) -> Result<u64, StoreError> {
        self.read_with(|conn| log::scan(conn, study, after, limit, each))
    }

    fn head(&self, study: StudyId) -> Result<u64, StoreError> {
        self.read_with(|conn| studies::head(conn, study))
    }

    fn wait(&self, study: StudyId, after: u64, timeout: Duration) -> Result<u64, StoreError> {
        let start = Instant::now();
        loop {
            let seen = *self.appends.lock().unwrap_or_else(PoisonError::into_inner);
            let head = self.head(study)?;
            let left = timeout.saturating_sub(start.elapsed());
            if head > after || left.is_zero() {
                return Ok(head);
            }
            let appends = self.appends.lock().unwrap_or_else(PoisonError::into_inner);
            let woken = self.appended.wait_timeout_while(appends, left.min(LOOK), |now| *now == seen);
            drop(woken.unwrap_or_else(PoisonError::into_inner));
        }
    }

    fn acquire(
        &self,
        study: StudyId,
        role: &str,
        holder: &str,
        ttl: Duration,
    ) -> Result<Acquired, StoreError> {
        self.ask(study, role, holder, ttl, None)
    }

    fn steal(&self, from: &Lease, holder: &str, ttl: Duration) -> Result<Acquired, StoreError> {
        self.ask(from.study, &from.role, holder, ttl, Some(from.epoch))
    }

    fn renew(&self, lease: &Lease, ttl: Duration) -> Result<Lease, StoreError> {
        self.write_with("renew a lease in", Durability::Committed, |conn| {
            leases::renew(conn, lease, self.clock.now_ms().saturating_add(millis(ttl)))
        })
    }

    fn release(&self, lease: &Lease) -> Result<(), StoreError> {
        self.write_with("release a lease in", Durability::Committed, |conn| leases::release(conn, lease))
    }

    fn holder(&self, study: StudyId, role: &str) -> Result<Option<Lease>, StoreError> {
        self.read_with(|conn| {
            studies::head(conn, study)?;
            leases::holder(conn, study, role)
        })
    }

    fn save_snapshot(&self, study: StudyId, snapshot: &Snapshot) -> Result<(), StoreError> {
        self.write_with("save a snapshot in", Durability::Committed, |conn| {
            caches::save_snapshot(conn, study, snapshot)
        })
    }

    fn load_snapshot(&self, study: StudyId, fold_version: u32) -> Result<Option<Snapshot>, StoreError> {
        self.read_with(|conn| caches::load_snapshot(conn, study, fold_version))
    }

    fn save_curve(&self, study: StudyId, run: &str, body: &[u8]) -> Result<(), StoreError> {
        self.write_with("save a curve in", Durability::Committed, |conn| {
            caches::save_curve(conn, study, run, body)
        })
    }

    fn load_curve(&self, study: StudyId, run: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.read_with(|conn| caches::load_curve(conn, study, run))
    }
}
