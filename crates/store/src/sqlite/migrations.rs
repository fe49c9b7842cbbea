//! The schema, as the steps that led to it.
//!
//! A new database takes the same steps as an old one, so there is one way to the present schema; what it looks
//! like in the end lies in `schema.sql`, and a test holds the two together. A step that was released never
//! changes. Only who opens a database for writing takes them: reading commands never migrate.

use rusqlite::Connection;

use super::faults::Fault;
use crate::ErrorKind;

/// `PRAGMA application_id` of a ravine database: "ravn".
pub(super) const APPLICATION: i64 = 0x7261_766e;
/// The steps; a database that took the first n of them has `user_version` n.
const STEPS: &[&str] = &[include_str!("steps/1-log.sql"), include_str!("steps/2-views.sql")];
/// The lowest version whose tables a reader understands as they are.
const READABLE: u32 = 1;

/// What a database says of itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Standing {
    /// It has no tables yet.
    Empty,
    /// It took this many steps.
    Version(u32),
}

/// The version that this program makes.
pub(super) fn current() -> u32 {
    u32::try_from(STEPS.len()).unwrap_or(u32::MAX)
}

/// What tells a database of ours from others, as it stood at one moment.
#[derive(Debug, Clone, Copy)]
pub(super) struct Stamps {
    application: i64,
    version: i64,
    tables: i64,
}

/// Reads the stamps, and changes nothing. One statement, so that nobody's migration comes between.
pub(super) fn stamps(conn: &Connection) -> rusqlite::Result<Stamps> {
    conn.query_row(
        "SELECT (SELECT count(*) FROM sqlite_schema), application_id, user_version
         FROM pragma_application_id, pragma_user_version",
        [],
        |row| Ok(Stamps { tables: row.get(0)?, application: row.get(1)?, version: row.get(2)? }),
    )
}

/// What a database is, by its stamps.
pub(super) fn standing(stamps: Stamps) -> Result<Standing, Fault> {
    let Stamps { application, version, tables } = stamps;
    if application == APPLICATION {
        let found = u32::try_from(version).unwrap_or(u32::MAX);
        return match found {
            0 => Err(ErrorKind::Corrupt { detail: "it has no schema version".to_owned() }.into()),
            found if found > current() => Err(ErrorKind::Newer { found, known: current() }.into()),
            found => Ok(Standing::Version(found)),
        };
    }
    if application == 0 && version == 0 && tables == 0 {
        return Ok(Standing::Empty);
    }
    let found = format!("an SQLite database of another program, application id {application:#x}");
    Err(ErrorKind::NotOurs { found }.into())
}

/// Whether a reader can do with the database as it is.
pub(super) fn readable(standing: Standing) -> Result<(), Fault> {
    match standing {
        Standing::Empty => Err(ErrorKind::NotOurs { found: "an empty database".to_owned() }.into()),
        Standing::Version(found) if found < READABLE => {
            Err(ErrorKind::Older { found, readable: READABLE }.into())
        }
        Standing::Version(_) => Ok(()),
    }
}

/// Takes the missing steps. To be called inside a transaction, with the standing read inside it too.
pub(super) fn migrate(conn: &Connection, from: Standing) -> Result<(), Fault> {
    let taken = match from {
        Standing::Empty => 0,
        Standing::Version(version) => version as usize,
    };
    if taken == STEPS.len() {
        return Ok(());
    }
    for step in &STEPS[taken..] {
        conn.execute_batch(step)?;
    }
    conn.pragma_update(None, "application_id", APPLICATION)?;
    conn.pragma_update(None, "user_version", current())?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(conn: &Connection) -> Vec<(String, String)> {
        let mut statement =
            conn.prepare("SELECT name, coalesce(sql, '') FROM sqlite_schema ORDER BY name").unwrap();
        let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?))).unwrap();
        rows.map(Result::unwrap).collect()
    }

    #[test]
    fn every_earlier_schema_with_its_missing_steps_is_the_fresh_schema() {
        let fresh = Connection::open_in_memory().unwrap();
        fresh.execute_batch(include_str!("schema.sql")).unwrap();
        for taken in 0..=STEPS.len() {
            let old = Connection::open_in_memory().unwrap();
            STEPS[..taken].iter().for_each(|step| old.execute_batch(step).unwrap());
            let version = u32::try_from(taken).unwrap();
            let from = if taken == 0 { Standing::Empty } else { Standing::Version(version) };
            migrate(&old, from).unwrap();
            assert_eq!(schema(&old), schema(&fresh), "from version {taken}");
            if taken < STEPS.len() {
                assert_eq!(standing(stamps(&old).unwrap()).unwrap(), Standing::Version(current()));
            }
        }
    }
}
