//! The statements on the rows of studies.

use rusqlite::{Connection, OptionalExtension, Row as SqlRow};

use super::faults::Fault;
use crate::{ErrorKind, Header, StudyId, StudyInfo};

const INFO: &str = "id, name, format, min_reader, head, decisions, created_at";

fn info(row: &SqlRow<'_>) -> rusqlite::Result<StudyInfo> {
    Ok(StudyInfo {
        id: StudyId(row.get(0)?),
        name: row.get(1)?,
        header: Header { format: row.get(2)?, min_reader: row.get(3)? },
        head: row.get(4)?,
        decisions: row.get(5)?,
        created_at: row.get(6)?,
    })
}

/// Adds a study's row.
pub(super) fn create(conn: &Connection, name: &str, header: Header, now: u64) -> Result<StudyInfo, Fault> {
    let sql = format!(
        "INSERT INTO studies (name, format, min_reader, created_at) VALUES (?1, ?2, ?3, ?4)
         ON CONFLICT (name) DO NOTHING RETURNING {INFO}"
    );
    let made =
        conn.prepare(&sql)?.query_row((name, header.format, header.min_reader, now), info).optional()?;
    made.ok_or_else(|| ErrorKind::StudyExists { name: name.to_owned() }.into())
}

/// The study of this name.
pub(super) fn open(conn: &Connection, name: &str) -> Result<StudyInfo, Fault> {
    let sql = format!("SELECT {INFO} FROM studies WHERE name = ?1");
    let found = conn.prepare(&sql)?.query_row([name], info).optional()?;
    found.ok_or_else(|| ErrorKind::NoSuchStudy { study: format!("`{name}`") }.into())
}

/// All studies.
pub(super) fn list(conn: &Connection) -> Result<Vec<StudyInfo>, Fault> {
    let mut statement = conn.prepare(&format!("SELECT {INFO} FROM studies ORDER BY id"))?;
    let rows = statement.query_map([], info)?;
    Ok(rows.collect::<Result<_, _>>()?)
}

/// Deletes all that there is of a study.
pub(super) fn delete(conn: &Connection, study: StudyId) -> Result<(), Fault> {
    for table in ["events", "leases", "snapshots", "curves"] {
        conn.execute(&format!("DELETE FROM {table} WHERE study_id = ?1"), [study.0])?;
    }
    match conn.execute("DELETE FROM studies WHERE id = ?1", [study.0])? {
        0 => Err(no_study(study)),
        _ => Ok(()),
    }
}

/// Told where the study of a number is not there.
pub(super) fn no_study(study: StudyId) -> Fault {
    ErrorKind::NoSuchStudy { study: study.to_string() }.into()
}

/// The study's last seq.
pub(super) fn head(conn: &Connection, study: StudyId) -> Result<u64, Fault> {
    let mut statement = conn.prepare_cached("SELECT head FROM studies WHERE id = ?1")?;
    let head = statement.query_row([study.0], |row| row.get(0)).optional()?;
    head.ok_or_else(|| no_study(study))
}
