//! The one connection that writes, and its transactions.

use std::time::{Duration, Instant};

use rusqlite::Connection;

use super::faults::{Fault, is_busy};
use crate::{Durability, ErrorKind};

/// How long the first retry waits; each doubles it. A commit of another process takes about 100 µs.
const FIRST_PAUSE: Duration = Duration::from_micros(50);
/// How long a retry waits at most.
const LONGEST_PAUSE: Duration = Duration::from_millis(5);

/// Repeats `act` while another holds the lock, for at most `limit`. SQLite's own busy handler waits 1, 2, 5,
/// 10, … 100 ms, which starves one of two processes that append at once; these pauses do not.
pub(super) fn patiently<T>(
    limit: Duration,
    mut act: impl FnMut() -> rusqlite::Result<T>,
) -> Result<T, Fault> {
    let start = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        match act() {
            Err(error) if is_busy(&error) => {
                let waited = start.elapsed();
                if waited >= limit {
                    return Err(ErrorKind::Busy { waited }.into());
                }
                std::thread::sleep(pause.min(limit - waited));
                pause = LONGEST_PAUSE.min(pause * 2);
            }
            done => return Ok(done?),
        }
    }
}

/// The writing connection, the durability that its commits have at present, and its patience.
#[derive(Debug)]
pub(super) struct Writer {
    conn: Connection,
    durability: Option<Durability>,
    patience: Duration,
}

impl Writer {
    pub(super) fn new(conn: Connection, patience: Duration) -> Self {
        Self { conn, durability: None, patience }
    }

    /// The connection, for reading.
    pub(super) fn connection(&self) -> &Connection {
        &self.conn
    }

    /// Does `act` in one transaction, which keeps nothing if `act` or the commit fails.
    pub(super) fn transact<T>(
        &mut self,
        durability: Durability,
        act: impl FnOnce(&Connection) -> Result<T, Fault>,
    ) -> Result<T, Fault> {
        self.commit_as(durability)?;
        patiently(self.patience, || self.run("BEGIN IMMEDIATE"))?;
        let done = act(&self.conn).and_then(|value| Ok(self.run("COMMIT").map(|()| value)?));
        if done.is_err() && !self.conn.is_autocommit() {
            // After a full disk SQLite may have rolled back by itself; else this does it. Should it fail too,
            // the next BEGIN fails and says so: nothing is ever committed by accident.
            let _ = self.run("ROLLBACK");
        }
        done
    }

    fn run(&self, sql: &str) -> rusqlite::Result<()> {
        self.conn.prepare_cached(sql)?.execute([]).map(drop)
    }

    /// With `synchronous=FULL` a commit syncs the write-ahead log, and with it all commits before it; with
    /// `NORMAL` it does not. The pragma works when it is prepared, and so cannot come from the cache.
    fn commit_as(&mut self, durability: Durability) -> Result<(), Fault> {
        if self.durability == Some(durability) {
            return Ok(());
        }
        self.durability = None;
        self.conn.execute_batch(match durability {
            Durability::Synced => "PRAGMA synchronous = FULL",
            Durability::Committed => "PRAGMA synchronous = NORMAL",
        })?;
        self.durability = Some(durability);
        Ok(())
    }
}
