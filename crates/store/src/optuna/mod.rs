//! Studies that Optuna wrote, read from its SQLite database, which is left as it is.
//!
//! What its tables hold is handed on as it stands there: distributions, notes and times as their texts. What becomes of them
//! is for whoever reads.

mod read;

use std::path::{Path, PathBuf};

use rusqlite::{Connection, OpenFlags, OptionalExtension};

/// The newest schema that is known: Optuna's from 3.2 to 5.
const SCHEMA: i64 = 12;
/// Tables that tell Optuna's database from others.
const TABLES: [&str; 3] = ["studies", "study_directions", "trial_params"];

/// An Optuna database.
#[derive(Debug)]
pub struct Database {
    path: PathBuf,
    connection: Connection,
    is_utc: bool,
}

/// A study with all that is known of it.
#[derive(Clone, Debug, PartialEq)]
pub struct Study {
    /// Its name.
    pub name: String,
    /// For each objective whether it is maximised.
    pub maximize: Vec<bool>,
    /// Its notes.
    pub notes: Notes,
    /// Its trials, by number.
    pub trials: Vec<Trial>,
    /// Whether times are in UTC; otherwise in the local time of whoever wrote them.
    pub is_utc: bool,
}

/// Names with JSON texts (in which NaN and Infinity may occur): the user's notes, and the system's.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Notes {
    /// The user's.
    pub user: Vec<(String, String)>,
    /// The system's.
    pub system: Vec<(String, String)>,
}

/// One trial.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Its number in the study.
    pub number: u64,
    /// How it is.
    pub state: State,
    /// When it started, as `2024-01-02 03:04:05.000006`.
    pub started: Option<String>,
    /// When it ended.
    pub ended: Option<String>,
    /// Its values, one per objective; none where it has no result.
    pub values: Vec<f64>,
    /// Its parameters in the order in which they were suggested.
    pub params: Vec<Param>,
    /// Steps and what was reported at them.
    pub reports: Vec<(i64, f64)>,
    /// Its notes.
    pub notes: Notes,
}

/// A trial's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// It is being evaluated, or was when its process died.
    Running,
    /// It has values.
    Complete,
    /// It was stopped early.
    Pruned,
    /// It has no usable value.
    Failed,
    /// It waits to be evaluated.
    Waiting,
}

/// A trial's value of one parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Param {
    /// Its name.
    pub name: String,
    /// The number itself, or the index of a choice.
    pub value: f64,
    /// The range, as JSON: `{"name": "FloatDistribution", "attributes": {…}}`.
    pub distribution: String,
}

/// Why a study could not be read.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Problem {
    /// The file is not there.
    #[error("there is no file {}", .0.display())]
    Missing(PathBuf),
    /// It is something else.
    #[error("{} is not a database of Optuna: {found}", .path.display())]
    NotOptunas {
        /// The file.
        path: PathBuf,
        /// What speaks against it.
        found: String,
    },
    /// A later version wrote it.
    #[error(
        "{} was written by Optuna {by}, with schema version {found}; versions up to {SCHEMA} are known", .path.display()
    )]
    Newer {
        /// The file.
        path: PathBuf,
        /// Its schema's version.
        found: i64,
        /// The version of Optuna.
        by: String,
    },
    /// No study has this name.
    #[error("there is no study `{name}` in {}", .path.display())]
    NoSuchStudy {
        /// The file.
        path: PathBuf,
        /// The name.
        name: String,
        /// The names that there are.
        known: Vec<String>,
    },
    /// It cannot be read.
    #[error("cannot read {}: {what}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        what: String,
    },
}

impl Database {
    /// Opens a database for reading.
    ///
    /// # Errors
    /// Where there is none, it is not Optuna's, or a later version wrote it.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, Problem> {
        let path = path.as_ref().to_owned();
        if !path.is_file() {
            return Err(Problem::Missing(path));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let connection = Connection::open_with_flags(&path, flags);
        let connection = connection
            .map_err(|error| Problem::Unreadable { path: path.clone(), what: error.to_string() })?;
        let mut database = Database { path, connection, is_utc: false };
        database.check()?;
        Ok(database)
    }

    /// The names of its studies, oldest first.
    ///
    /// # Errors
    /// Where it cannot be read.
    pub fn names(&self) -> Result<Vec<String>, Problem> {
        read::names(&self.connection).map_err(|error| self.unreadable(&error))
    }

    /// A study as it is now.
    ///
    /// # Errors
    /// Where there is none of this name, or it cannot be read.
    pub fn study(&self, name: &str) -> Result<Study, Problem> {
        let study = read::study(&self.connection, name).map_err(|error| self.unreadable(&error))?;
        match study {
            Some(study) => Ok(Study { is_utc: self.is_utc, ..study }),
            None => Err(Problem::NoSuchStudy {
                path: self.path.clone(),
                name: name.to_owned(),
                known: self.names()?,
            }),
        }
    }

    fn check(&mut self) -> Result<(), Problem> {
        let not_optunas = |found: String| Err(Problem::NotOptunas { path: self.path.clone(), found });
        let missing = read::missing_tables(&self.connection, &TABLES);
        match missing.map(|missing| missing.first().copied()) {
            Err(error) => return not_optunas(error.to_string()),
            Ok(Some(table)) => return not_optunas(format!("it has no table `{table}`")),
            Ok(None) => {}
        }
        let version = self.connection.query_row(
            "SELECT schema_version, library_version FROM version_info",
            [],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)),
        );
        // Very old ones, and those made by hand, say nothing of it.
        let Some((found, by)) = version.optional().unwrap_or_default() else { return Ok(()) };
        if found > SCHEMA {
            return Err(Problem::Newer { path: self.path.clone(), found, by });
        }
        let major = by.split('.').next().and_then(|major| major.parse::<u32>().ok());
        self.is_utc = major.is_some_and(|major| major >= 5);
        Ok(())
    }

    fn unreadable(&self, error: &rusqlite::Error) -> Problem {
        Problem::Unreadable { path: self.path.clone(), what: error.to_string() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(sql: &str) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("optuna.db");
        let connection = Connection::open(&path).unwrap();
        connection.execute_batch(include_str!("tables.sql")).unwrap();
        connection.execute_batch(sql).unwrap();
        (folder, path)
    }

    #[test]
    fn all_of_a_study_is_read_with_the_numbers_that_sqlite_has_no_value_for() {
        let (_folder, path) = database(
            r#"
            INSERT INTO studies VALUES (1, 'other'), (2, 'old');
            INSERT INTO study_directions VALUES (1, 'MAXIMIZE', 2, 1), (2, 'MINIMIZE', 2, 0);
            INSERT INTO study_user_attributes VALUES (1, 2, 'who', '"me"');
            INSERT INTO trials VALUES (10, 1, 2, 'PRUNED', '2024-01-02 03:04:05.000006', NULL),
                (11, 0, 2, 'COMPLETE', NULL, NULL);
            INSERT INTO trial_values VALUES (1, 11, 1, NULL, 'INF_NEG'), (2, 11, 0, 0.5, 'FINITE');
            INSERT INTO trial_intermediate_values VALUES (1, 10, 3, NULL, 'NAN');
            INSERT INTO trial_params VALUES (1, 11, 'x', 0.25, '{}');
            INSERT INTO version_info VALUES (1, 12, '5.0.0');
            "#,
        );
        let database = Database::open(&path).unwrap();
        assert_eq!(database.names().unwrap(), ["other", "old"]);
        let study = database.study("old").unwrap();
        assert_eq!((study.maximize, study.is_utc), (vec![false, true], true));
        assert_eq!(study.notes.user, [("who".to_owned(), "\"me\"".to_owned())]);
        let [first, second] = study.trials.as_slice() else { panic!("two trials") };
        assert_eq!((first.state, &*first.values), (State::Complete, &[0.5, f64::NEG_INFINITY][..]));
        assert_eq!((first.params[0].name.as_str(), first.params[0].value), ("x", 0.25));
        assert_eq!((second.state, second.reports[0].0), (State::Pruned, 3));
        assert!(second.reports[0].1.is_nan());
    }

    #[test]
    fn a_study_that_is_not_there_is_refused_with_those_that_are() {
        let (_folder, path) = database("INSERT INTO studies VALUES (1, 'one');");
        let problem = Database::open(&path).unwrap().study("two").unwrap_err();
        assert!(matches!(problem, Problem::NoSuchStudy { known, .. } if known == ["one"]));
    }

    #[test]
    fn what_is_not_optunas_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        assert!(matches!(Database::open(&path), Err(Problem::Missing(_))));
        std::fs::write(&path, "not a database, and long enough to be sure of it".repeat(50)).unwrap();
        assert!(matches!(Database::open(&path), Err(Problem::NotOptunas { .. })));
        let path = folder.path().join("own.db");
        drop(crate::Sqlite::open(&path).unwrap());
        let message = Database::open(&path).unwrap_err().to_string();
        assert!(message.ends_with("it has no table `study_directions`"), "{message}");
    }

    #[test]
    fn a_newer_schema_is_refused() {
        let (_folder, path) = database("INSERT INTO version_info VALUES (1, 13, '6.1.0');");
        let message = Database::open(&path).unwrap_err().to_string();
        assert!(message.contains("Optuna 6.1.0") && message.contains("version 13"), "{message}");
    }
}
