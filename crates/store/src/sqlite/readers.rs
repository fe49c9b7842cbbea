//! Connections for reading: with a write-ahead log they never wait for the writer, nor it for them.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags};

use super::faults::Fault;

/// How many idle connections are kept.
const KEPT: usize = 8;

/// A pool that opens what it lacks.
#[derive(Debug)]
pub(super) struct Readers {
    path: PathBuf,
    patience: Duration,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf, patience: Duration) -> Self {
        Self { path, patience, idle: Mutex::default() }
    }

    /// A pool with one connection that was opened already.
    pub(super) fn keep(self, conn: Connection) -> Self {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(conn);
        self
    }

    /// Reads with a connection of its own.
    pub(super) fn read<T>(&self, act: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let conn = match idle {
            Some(conn) => conn,
            None => self.open()?,
        };
        let done = act(&conn);
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        if idle.len() < KEPT {
            idle.push(conn);
        }
        done
    }

    fn open(&self) -> Result<Connection, Fault> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let conn = Connection::open_with_flags(&self.path, flags).or_else(|_| {
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            Connection::open_with_flags(&self.path, flags)
        })?;
        conn.busy_timeout(self.patience)?;
        conn.execute_batch("PRAGMA query_only = ON")?;
        Ok(conn)
    }
}
