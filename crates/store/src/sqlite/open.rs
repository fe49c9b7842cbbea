//! Opening a database: what it is, is found out before anything is changed.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rusqlite::types::FromSql;
use rusqlite::{Connection, OpenFlags};

use super::faults::Fault;
use super::file_system;
use super::migrations::{self, Standing};
use super::writer::{Writer, patiently};
use crate::{Clock, ErrorKind, SystemClock};

/// What a database is opened for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// Reading: changes nothing, migrates nothing, and never creates a file.
    Read,
    /// Reading and writing a database that exists.
    Write,
    /// Reading and writing; it is created if it does not exist.
    Create,
}

/// Who may use the database at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sharing {
    /// [`Sharing::Exclusive`] on network file systems, else [`Sharing::Processes`].
    Auto,
    /// Any number of processes of this host, by a write-ahead log.
    Processes,
    /// One process: no write-ahead log, and the file is locked while it is open.
    Exclusive,
}

/// How to open a database. The default creates, decides on sharing by itself, and waits 10 s for locks.
#[derive(Debug, Clone)]
pub struct Options {
    /// What it is opened for.
    pub access: Access,
    /// Who may use it at once.
    pub sharing: Sharing,
    /// How long to wait for another's lock.
    pub patience: Duration,
    /// What another process is told about this one when it finds the database in exclusive use.
    pub holder: String,
    /// The size in bytes that the database may not outgrow; appends then fail as on a full disk.
    pub max_bytes: Option<u64>,
    /// Stamps events and judges leases.
    pub clock: Arc<dyn Clock>,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            access: Access::Create,
            sharing: Sharing::Auto,
            patience: Duration::from_secs(10),
            holder: format!("process {}", std::process::id()),
            max_bytes: None,
            clock: Arc::new(SystemClock),
        }
    }
}

/// What opening yields.
pub(super) enum Opened {
    /// A connection that may only read.
    Reader(Connection),
    /// The writer of a database that others may use too.
    Shared(Writer),
    /// The writer of a database that nobody else uses, and the note that says who it is.
    Exclusive(Writer, Note),
}

/// A small file beside an exclusively used database that names its user; removed at the end.
#[derive(Debug)]
pub(super) struct Note(PathBuf);

impl Note {
    fn path(database: &Path) -> PathBuf {
        let mut name = database.as_os_str().to_owned();
        name.push(".user");
        name.into()
    }

    fn write(database: &Path, holder: &str) -> Self {
        let path = Self::path(database);
        // It only makes a message better, so that failing to write it is no failure.
        let _ = fs::write(&path, holder);
        Self(path)
    }

    fn read(database: &Path) -> Option<String> {
        fs::read_to_string(Self::path(database)).ok()
    }
}

impl Drop for Note {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

/// Opens the database at `path`.
pub(super) fn open(path: &Path, options: &Options) -> Result<Opened, Fault> {
    inspect(path, options.access)?;
    if options.access == Access::Read {
        return open_reader(path, options.patience).map(Opened::Reader);
    }
    let exclusive = match options.sharing {
        Sharing::Auto => file_system::of(path).is_some_and(|kind| file_system::is_shared(&kind)),
        Sharing::Processes => false,
        Sharing::Exclusive => true,
    };
    let opened = open_writer(path, options, exclusive);
    opened.map_err(|fault| match (&fault.0, Note::read(path)) {
        (ErrorKind::Busy { .. }, Some(holder)) => ErrorKind::InUse { holder }.into(),
        _ => fault,
    })
}

/// Refuses what is certainly no database of ours, by reading the start of the file only.
fn inspect(path: &Path, access: Access) -> Result<(), Fault> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    if !folder.exists() {
        return Err(ErrorKind::Missing { missing: format!("the folder {}", folder.display()) }.into());
    }
    let found = match fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return match access {
                Access::Create => Ok(()),
                _ => Err(ErrorKind::Missing { missing: "the file".to_owned() }.into()),
            };
        }
        found => found.map_err(denied)?,
    };
    if found.is_dir() {
        return Err(ErrorKind::NotOurs { found: "a folder".to_owned() }.into());
    }
    if found.len() == 0 {
        return match access {
            // Left by a process that died between creating the file and writing to it.
            Access::Create => Ok(()),
            _ => Err(ErrorKind::NotOurs { found: "an empty file".to_owned() }.into()),
        };
    }
    let mut start = Vec::new();
    fs::File::open(path).and_then(|file| file.take(16).read_to_end(&mut start)).map_err(denied)?;
    if start != b"SQLite format 3\0" {
        return Err(
            ErrorKind::NotOurs { found: "not an SQLite database, or a damaged one".to_owned() }.into()
        );
    }
    Ok(())
}

fn denied(error: std::io::Error) -> Fault {
    match error.kind() {
        std::io::ErrorKind::PermissionDenied => ErrorKind::Denied { detail: error.to_string() },
        _ => ErrorKind::Other(Arc::new(error)),
    }
    .into()
}

fn open_reader(path: &Path, patience: Duration) -> Result<Connection, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let examine = |conn: Connection| {
        conn.busy_timeout(patience)?;
        migrations::standing(migrations::stamps(&conn)?).and_then(migrations::readable)?;
        Ok(conn)
    };
    let opened = Connection::open_with_flags(path, flags).map_err(Fault::from).and_then(examine);
    match opened {
        // A folder that may not be written has no place for the index of the write-ahead log. Without such a
        // log nobody is writing, and the file can be read as it is.
        Err(Fault(ErrorKind::Denied { .. })) if !with_suffix(path, "-wal").exists() => {
            let conn = Connection::open_with_flags(immutable(path), flags | OpenFlags::SQLITE_OPEN_URI)?;
            examine(conn)
        }
        opened => opened,
    }
}

fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    name.into()
}

/// The path as a URI that promises that nobody writes.
fn immutable(path: &Path) -> String {
    let escaped: String = path
        .as_os_str()
        .as_encoded_bytes()
        .iter()
        .map(|byte| match byte {
            b'/' | b'.' | b'-' | b'_' => char::from(*byte).to_string(),
            byte if byte.is_ascii_alphanumeric() => char::from(*byte).to_string(),
            byte => format!("%{byte:02X}"),
        })
        .collect();
    format!("file:{escaped}?immutable=1")
}

fn open_writer(path: &Path, options: &Options, exclusive: bool) -> Result<Opened, Fault> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let flags = match options.access {
        Access::Create => flags | OpenFlags::SQLITE_OPEN_CREATE,
        _ => flags,
    };
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(Duration::ZERO)?;
    if conn.is_readonly("main")? {
        return Err(ErrorKind::Denied { detail: "the file may not be written".to_owned() }.into());
    }
    if exclusive {
        // Before the first access: a write-ahead log left by an earlier user then needs no shared memory.
        conn.pragma_update(None, "locking_mode", "EXCLUSIVE")?;
    }
    let standing = examine(&conn, options.patience)?;
    if exclusive || standing != Standing::Version(migrations::current()) {
        prepare(&conn, options.patience)?;
    }
    let mode = if exclusive { "DELETE" } else { "WAL" };
    pragma::<String>(&conn, &format!("journal_mode = {mode}"), options.patience)?;
    // The log is reused from its start after each checkpoint; this bounds what one large snapshot leaves.
    pragma::<i64>(&conn, "journal_size_limit = 16777216", options.patience)?;
    if let Some(bytes) = options.max_bytes {
        let page = pragma::<u64>(&conn, "page_size", options.patience)?;
        let pages = (bytes / page.max(1)).max(1);
        pragma::<i64>(&conn, &format!("max_page_count = {pages}"), options.patience)?;
    }
    let writer = Writer::new(conn, options.patience);
    Ok(match exclusive {
        true => Opened::Exclusive(writer, Note::write(path, &options.holder)),
        false => Opened::Shared(writer),
    })
}

/// Reads or sets a pragma that answers with one value, waiting for a lock if need be.
fn pragma<T: FromSql>(conn: &Connection, text: &str, patience: Duration) -> Result<T, Fault> {
    patiently(patience, || conn.query_row(&format!("PRAGMA {text}"), [], |row| row.get(0)))
}

/// Reads the standing, waiting for a lock if need be.
fn examine(conn: &Connection, patience: Duration) -> Result<Standing, Fault> {
    patiently(patience, || migrations::stamps(conn)).and_then(migrations::standing)
}

/// Brings the schema up to date in one transaction; of several who try, the first does it.
fn prepare(conn: &Connection, patience: Duration) -> Result<(), Fault> {
    conn.execute_batch("PRAGMA synchronous = FULL")?;
    patiently(patience, || conn.execute_batch("BEGIN EXCLUSIVE"))?;
    let done = examine(conn, patience)
        .and_then(|standing| migrations::migrate(conn, standing))
        .and_then(|()| Ok(conn.execute_batch("COMMIT")?));
    if done.is_err() && !conn.is_autocommit() {
        let _ = conn.execute_batch("ROLLBACK");
    }
    done
}
