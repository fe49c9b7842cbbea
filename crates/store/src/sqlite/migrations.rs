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

/// Reads what the database is, and changes nothing.
pub(super) fn standing(conn: &Connection) -> Result<Standing, Fault> {
    let number = |pragma: &str| conn.pragma_query_value(None, pragma, |row| row.get::<_, i64>(0));
    let (application, version) = (number("application_id")?, number("user_version")?);
    if application == APPLICATION {
        let found = u32::try_from(version).unwrap_or(u32::MAX);
        return match found {
            0 => Err(ErrorKind::Corrupt { detail: "it has no schema version".to_owned() }.into()),
            found if found > current() => Err(ErrorKind::Newer { found, known: current() }.into()),
            found => Ok(Standing::Version(found)),
        };
    }
    let tables: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
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
                assert_eq!(standing(&old).unwrap(), Standing::Version(current()));
            }
        }
    }
}
