//! The statements on what is not history: snapshots and curves.

use rusqlite::{Connection, OptionalExtension};

use super::faults::Fault;
use super::studies;
use crate::{Snapshot, StudyId};

/// Keeps a snapshot in place of the earlier one of its fold version.
pub(super) fn save_snapshot(conn: &Connection, study: StudyId, snapshot: &Snapshot) -> Result<(), Fault> {
    studies::head(conn, study)?;
    conn.prepare_cached(
        "INSERT OR REPLACE INTO snapshots (study_id, fold_version, seq, crc, body)
         VALUES (?1, ?2, ?3, ?4, ?5)",
    )?
    .execute((
        study.0,
        snapshot.fold_version,
        snapshot.seq,
        crc32fast::hash(&snapshot.body),
        &snapshot.body,
    ))?;
    Ok(())
}

/// The snapshot of this fold version, if it can be trusted.
pub(super) fn load_snapshot(
    conn: &Connection,
    study: StudyId,
    fold_version: u32,
) -> Result<Option<Snapshot>, Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT seq, crc, body FROM snapshots
         WHERE study_id = ?1 AND fold_version = ?2 AND seq <= (SELECT head FROM studies WHERE id = ?1)",
    )?;
    let row = statement
        .query_row((study.0, fold_version), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
        .optional()?;
    Ok(row.and_then(|(seq, crc, body): (u64, u32, Vec<u8>)| {
        (crc32fast::hash(&body) == crc).then_some(Snapshot { seq, fold_version, body })
    }))
}

/// Keeps a run's curve.
pub(super) fn save_curve(conn: &Connection, study: StudyId, run: &str, body: &[u8]) -> Result<(), Fault> {
    studies::head(conn, study)?;
    conn.prepare_cached("INSERT OR REPLACE INTO curves (study_id, run, body) VALUES (?1, ?2, ?3)")?
        .execute((study.0, run, body))?;
    Ok(())
}

/// A run's curve.
pub(super) fn load_curve(conn: &Connection, study: StudyId, run: &str) -> Result<Option<Vec<u8>>, Fault> {
    let mut statement = conn.prepare_cached("SELECT body FROM curves WHERE study_id = ?1 AND run = ?2")?;
    Ok(statement.query_row((study.0, run), |row| row.get(0)).optional()?)
}
