//! The statements on leases. Each is one statement, so it is atomic with or without a transaction around it.

use rusqlite::{Connection, OptionalExtension, Row as SqlRow};

use super::faults::Fault;
use super::studies;
use crate::{Acquired, ErrorKind, Lease, StudyId};

fn lease(study: StudyId, role: &str, row: &SqlRow<'_>) -> rusqlite::Result<Lease> {
    Ok(Lease {
        study,
        role: role.to_owned(),
        holder: row.get(0)?,
        epoch: row.get(1)?,
        expires_at: row.get(2)?,
    })
}

/// Who holds the role, expired or not.
pub(super) fn holder(conn: &Connection, study: StudyId, role: &str) -> Result<Option<Lease>, Fault> {
    let mut statement = conn.prepare_cached(
        "SELECT holder, epoch, expires_at FROM leases
         WHERE study_id = ?1 AND role = ?2 AND holder IS NOT NULL",
    )?;
    Ok(statement.query_row((study.0, role), |row| lease(study, role, row)).optional()?)
}

/// Fails unless `lease` is still its holder's.
pub(super) fn own(conn: &Connection, lease: &Lease) -> Result<(), Fault> {
    let held = holder(conn, lease.study, &lease.role)?;
    if held.as_ref().is_some_and(|held| held.epoch == lease.epoch) {
        return Ok(());
    }
    let by = held.map(|held| held.holder);
    Err(ErrorKind::LeaseLost { role: lease.role.clone(), epoch: lease.epoch, by }.into())
}

/// Who asks for what, when, until when.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) study: StudyId,
    pub(super) role: &'a str,
    pub(super) holder: &'a str,
    pub(super) now: u64,
    pub(super) expires_at: u64,
    /// The epoch of a holder known to be dead.
    pub(super) dead: Option<u64>,
}

/// Grants the role if it is free, expired, or held by the dead. Inside the caller's transaction.
pub(super) fn acquire(conn: &Connection, ask: Request<'_>) -> Result<Acquired, Fault> {
    studies::head(conn, ask.study)?;
    let mut statement = conn.prepare_cached(
        "INSERT INTO leases (study_id, role, holder, epoch, expires_at) VALUES (?1, ?2, ?3, 1, ?5)
         ON CONFLICT (study_id, role) DO UPDATE
           SET holder = excluded.holder, epoch = epoch + 1, expires_at = excluded.expires_at
           WHERE holder IS NULL OR expires_at <= ?4 OR epoch = ?6
         RETURNING holder, epoch, expires_at",
    )?;
    let values = (ask.study.0, ask.role, ask.holder, ask.now, ask.expires_at, ask.dead);
    let granted = statement.query_row(values, |row| lease(ask.study, ask.role, row)).optional()?;
    match granted {
        Some(lease) => Ok(Acquired::Mine(lease)),
        None => match holder(conn, ask.study, ask.role)? {
            Some(held) => Ok(Acquired::Held(held)),
            None => Err(ErrorKind::Corrupt { detail: "a lease is neither free nor held".to_owned() }.into()),
        },
    }
}

/// Moves the expiry of a lease that is still held.
pub(super) fn renew(conn: &Connection, held: &Lease, expires_at: u64) -> Result<Lease, Fault> {
    own(conn, held)?;
    conn.prepare_cached("UPDATE leases SET expires_at = ?3 WHERE study_id = ?1 AND role = ?2")?.execute((
        held.study.0,
        &held.role,
        expires_at,
    ))?;
    Ok(Lease { expires_at, ..held.clone() })
}

/// Frees the role if it is still held by this lease.
pub(super) fn release(conn: &Connection, held: &Lease) -> Result<(), Fault> {
    conn.prepare_cached("UPDATE leases SET holder = NULL WHERE study_id = ?1 AND role = ?2 AND epoch = ?3")?
        .execute((held.study.0, &held.role, held.epoch))?;
    Ok(())
}
