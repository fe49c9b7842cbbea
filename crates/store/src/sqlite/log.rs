//! The statements that write and read the events.

use rusqlite::{CachedStatement, Connection, OptionalExtension, Row as SqlRow};

use super::faults::Fault;
use super::{leases, studies};
use crate::{Appended, Draft, ErrorKind, Guard, Row, StudyId};

/// Whether the guard holds, and the study's last seq.
fn check(conn: &Connection, study: StudyId, guard: &Guard) -> Result<u64, Fault> {
    if let Some(lease) = &guard.lease {
        leases::own(conn, lease)?;
    }
    let mut statement = conn.prepare_cached("SELECT head, decisions FROM studies WHERE id = ?1")?;
    let found = statement.query_row([study.0], |row| Ok((row.get(0)?, row.get(1)?))).optional()?;
    let (head, next): (u64, u64) = found.ok_or_else(|| studies::no_study(study))?;
    if let Some(decisions) = &guard.decisions
        && decisions.start != next
    {
        return Err(ErrorKind::Decided { tried: decisions.start, next }.into());
    }
    match guard.head {
        Some(expected) if expected != head => Err(ErrorKind::Moved { expected, head }.into()),
        _ => Ok(head),
    }
}

/// Appends inside the caller's transaction. A conflict has changed nothing when it returns, so that the
/// transaction's other appends can go on; after any other fault it must be rolled back.
pub(super) fn append(
    conn: &Connection,
    study: StudyId,
    guard: &Guard,
    drafts: &[Draft],
    at: u64,
) -> Result<Appended, Fault> {
    let head = check(conn, study, guard)?;
    // Without RETURNING, for which SQLite sets up a table in memory, with pages of its own, at each commit.
    let mut raise = conn
        .prepare_cached("UPDATE studies SET head = ?2, decisions = coalesce(?3, decisions) WHERE id = ?1")?;
    let (first, last) = (head + 1, head + drafts.len() as u64);
    let decided = guard.decisions.as_ref().map(|decisions| decisions.end);
    raise.execute((study.0, last, decided))?;
    let mut insert = conn.prepare_cached(
        "INSERT INTO events (study_id, seq, at, kind, body, crc) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
    )?;
    for (seq, draft) in (first..).zip(drafts) {
        let row = Row { seq, at, kind: draft.kind.as_ref(), body: draft.body.as_str() };
        insert.execute((study.0, seq, at, row.kind, row.body, crc(study, row)))?;
    }
    Ok(Appended { first, last, at })
}

/// Writes without changing anything: SQLite syncs no transaction that wrote nothing, and with it none of those before.
pub(super) fn touch(conn: &Connection, study: StudyId) -> Result<(), Fault> {
    conn.prepare_cached("UPDATE studies SET head = head + 1 WHERE id = ?1")?.execute([study.0])?;
    conn.prepare_cached("UPDATE studies SET head = head - 1 WHERE id = ?1")?.execute([study.0])?;
    Ok(())
}

/// Shows events after `after`; see [`crate::Store::scan`]. Reads one state of the database.
pub(super) fn scan(
    conn: &Connection,
    study: StudyId,
    after: u64,
    limit: usize,
    each: &mut dyn FnMut(Row<'_>),
) -> Result<u64, Fault> {
    let transaction = conn.unchecked_transaction()?;
    let head = studies::head(&transaction, study)?;
    let wanted = head.saturating_sub(after).min(limit as u64);
    if wanted == 0 {
        return Ok(after);
    }
    let mut statement = transaction.prepare_cached(
        "SELECT seq, at, kind, body, crc FROM events WHERE study_id = ?1 AND seq > ?2 ORDER BY seq LIMIT ?3",
    )?;
    let last = show(&mut statement, (study, after, wanted), each)?;
    if last != after + wanted {
        return Err(ErrorKind::Gap { study: study.0, expected: last + 1 }.into());
    }
    Ok(last)
}

fn show(
    statement: &mut CachedStatement<'_>,
    (study, after, wanted): (StudyId, u64, u64),
    each: &mut dyn FnMut(Row<'_>),
) -> Result<u64, Fault> {
    let mut rows = statement.query((study.0, after, wanted))?;
    let mut last = after;
    while let Some(row) = rows.next()? {
        let seq = row.get(0)?;
        if seq != last + 1 {
            return Err(ErrorKind::Gap { study: study.0, expected: last + 1 }.into());
        }
        let event = Row { seq, at: row.get(1)?, kind: text(row, 2)?, body: text(row, 3)? };
        if row.get::<_, u32>(4)? != crc(study, event) {
            let detail = format!("event {seq} of study {study} does not match its checksum");
            return Err(ErrorKind::Corrupt { detail }.into());
        }
        each(event);
        last = seq;
    }
    Ok(last)
}

/// The checksum of a row: what a damaged page changes unnoticed, the fold would take for history.
fn crc(study: StudyId, row: Row<'_>) -> u32 {
    let mut crc = crc32fast::Hasher::new();
    for number in [study.0, row.seq, row.at, row.kind.len() as u64] {
        crc.update(&number.to_le_bytes());
    }
    crc.update(row.kind.as_bytes());
    crc.update(row.body.as_bytes());
    crc.finalize()
}

fn text<'a>(row: &'a SqlRow<'_>, column: usize) -> Result<&'a str, Fault> {
    row.get_ref(column)?.as_str().map_err(|error| ErrorKind::Corrupt { detail: error.to_string() }.into())
}
