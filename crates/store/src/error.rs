//! What can go wrong with a store: an error says what was tried, where, why it failed, and what to do.

use std::error::Error;
use std::fmt;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// A failed call of a store. Nothing of what was tried is left half-done.
#[derive(Debug, Clone, thiserror::Error)]
#[error("cannot {doing} {place}: {kind}")]
pub struct StoreError {
    /// What was tried, to be read after "cannot".
    pub doing: &'static str,
    /// Where: a path, or the address of a server.
    pub place: Place,
    /// Why it failed.
    #[source]
    pub kind: ErrorKind,
}

/// Where a store lies, as people are told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place(Arc<str>);

impl Place {
    /// A store in a file.
    pub fn file(path: &Path) -> Self {
        Self(path.display().to_string().into())
    }

    /// A store that is named in words or by an address.
    pub fn named(name: &str) -> Self {
        Self(name.into())
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a call failed.
#[derive(Debug, Clone, thiserror::Error)]
#[non_exhaustive]
pub enum ErrorKind {
    /// No study of this name or number.
    #[error("there is no study {study}")]
    NoSuchStudy {
        /// Its name, quoted, or its number.
        study: String,
    },
    /// A study of this name is there already.
    #[error("it already holds a study named `{name}`")]
    StudyExists {
        /// The name.
        name: String,
    },
    /// The lease passed to another, or was released.
    #[error("the lease `{role}` (epoch {epoch}) is lost{}", now_held(.by))]
    LeaseLost {
        /// The lease's role.
        role: String,
        /// The epoch that was held.
        epoch: u64,
        /// Who holds it now.
        by: Option<String>,
    },
    /// Another made this decision.
    #[error("decision {tried} was to be made, and {next} is next: another decided")]
    Decided {
        /// The decision that was tried.
        tried: u64,
        /// The study's next decision.
        next: u64,
    },
    /// Another appended meanwhile.
    #[error("event {expected} was to be the last, and {head} is: another appended")]
    Moved {
        /// The head that the caller had seen.
        expected: u64,
        /// The head now.
        head: u64,
    },
    /// An event is missing from the log (invariant ORDER).
    #[error("event {expected} of study {study} is missing from its log")]
    Gap {
        /// The study's number.
        study: u64,
        /// The first missing event.
        expected: u64,
    },
    /// Others kept it locked for the whole time that a caller is willing to wait.
    #[error("it was locked by another process for {:.0} s", .waited.as_secs_f64().round().max(1.0))]
    Busy {
        /// How long was waited.
        waited: Duration,
    },
    /// One process has it for itself, as on network file systems.
    #[error("it lies on a network file system and is in use by {holder}")]
    InUse {
        /// Who has it.
        holder: String,
    },
    /// No space left, or a quota reached.
    #[error("the disk is full")]
    Full,
    /// The file is of another kind.
    #[error("it is not a ravine database ({found})")]
    NotOurs {
        /// What it looks like.
        found: String,
    },
    /// The file is damaged.
    #[error("the database is damaged ({detail})")]
    Corrupt {
        /// What the database found.
        detail: String,
    },
    /// A later version of ravine wrote it.
    #[error("it has schema version {found}, and this ravine knows versions up to {known}")]
    Newer {
        /// The database's version.
        found: u32,
        /// The highest version known here.
        known: u32,
    },
    /// An earlier version of ravine wrote it, and a reader may not change it.
    #[error("it has schema version {found}, and this ravine reads versions from {readable}")]
    Older {
        /// The database's version.
        found: u32,
        /// The lowest version that can be read as it is.
        readable: u32,
    },
    /// There is no such file or folder.
    #[error("{missing} does not exist")]
    Missing {
        /// The path that is missing.
        missing: String,
    },
    /// The file or its folder may not be written or read.
    #[error("permission denied: {detail}")]
    Denied {
        /// Which right is missing.
        detail: String,
    },
    /// Opened for reading only.
    #[error("it was opened for reading only")]
    ReadOnly,
    /// Anything else that the database reports.
    #[error("{0}")]
    Other(Arc<dyn Error + Send + Sync>),
}

fn now_held(by: &Option<String>) -> String {
    by.as_ref().map_or_else(String::new, |by| format!(", {by} holds it"))
}

impl StoreError {
    pub(crate) fn new(doing: &'static str, place: &Place, kind: ErrorKind) -> Self {
        Self { doing, place: place.clone(), kind }
    }

    /// Whether the caller lost a race that the protocol foresees: re-read, and try anew.
    pub fn is_conflict(&self) -> bool {
        matches!(self.kind, ErrorKind::LeaseLost { .. } | ErrorKind::Decided { .. } | ErrorKind::Moved { .. })
    }

    /// Whether it may pass by itself, or when somebody makes room: the same call can be made again then.
    pub fn may_pass(&self) -> bool {
        matches!(self.kind, ErrorKind::Busy { .. } | ErrorKind::Full)
    }

    /// What a person can do about it.
    pub fn hint(&self) -> Option<&'static str> {
        Some(match self.kind {
            ErrorKind::Busy { .. } => "end the process that holds it, or try again",
            ErrorKind::InUse { .. } => {
                "run on that host, or share the study by a store with a `postgres://` url"
            }
            ErrorKind::Full => "free some space and run the same command again; what was recorded is intact",
            ErrorKind::NotOurs { .. } => "name another file; this one was left as it is",
            ErrorKind::Corrupt { .. } | ErrorKind::Gap { .. } => {
                "copy the file away, then recover what is readable with `sqlite3 FILE .recover`, or restore a backup"
            }
            ErrorKind::Newer { .. } => "update ravine; the file was left as it is",
            ErrorKind::Older { .. } => {
                "continue the study once with `ravine run`, which brings it up to date"
            }
            ErrorKind::Missing { .. } => "check the path",
            ErrorKind::Denied { .. } => "check the owner and the rights of the file and of its folder",
            _ => return None,
        })
    }
}
