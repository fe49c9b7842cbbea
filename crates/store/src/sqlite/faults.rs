//! What SQLite reports, in the store's words.

use std::sync::Arc;

use rusqlite::ErrorCode;

use crate::ErrorKind;

/// A failure inside this module, before it learns what was tried and where.
#[derive(Debug, Clone)]
pub(super) struct Fault(pub(super) ErrorKind);

impl From<ErrorKind> for Fault {
    fn from(kind: ErrorKind) -> Self {
        Self(kind)
    }
}

/// Whether another connection's lock is all that stands in the way.
pub(super) fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

impl From<rusqlite::Error> for Fault {
    fn from(error: rusqlite::Error) -> Self {
        let detail = || match &error {
            rusqlite::Error::SqliteFailure(_, Some(message)) => message.clone(),
            other => other.to_string(),
        };
        Self(match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => ErrorKind::Full,
            // The index of the log beside a database cannot grow: SQLite names no reason, and there is one.
            Some(ErrorCode::SystemIoFailure) if is(&error, rusqlite::ffi::SQLITE_IOERR_SHMSIZE) => {
                ErrorKind::Full
            }
            Some(ErrorCode::NotADatabase) => {
                ErrorKind::NotOurs { found: "not an SQLite database, or a damaged one".to_owned() }
            }
            Some(ErrorCode::DatabaseCorrupt) => ErrorKind::Corrupt { detail: detail() },
            Some(ErrorCode::PermissionDenied | ErrorCode::CannotOpen | ErrorCode::ReadOnly) => {
                ErrorKind::Denied { detail: detail() }
            }
            // A value of the wrong type or out of range in a column of ours: only damage puts it there.
            None if matches!(
                error,
                rusqlite::Error::FromSqlConversionFailure(..)
                    | rusqlite::Error::IntegralValueOutOfRange(..)
                    | rusqlite::Error::InvalidColumnType(..)
                    | rusqlite::Error::Utf8Error(..)
            ) =>
            {
                ErrorKind::Corrupt { detail: detail() }
            }
            Some(ErrorCode::SystemIoFailure) if is(&error, rusqlite::ffi::SQLITE_IOERR_SHORT_READ) => {
                ErrorKind::Corrupt { detail: "the file ends too early".to_owned() }
            }
            _ => ErrorKind::Other(Arc::new(error)),
        })
    }
}

/// Whether it is exactly this of SQLite's errors.
fn is(error: &rusqlite::Error, extended: std::ffi::c_int) -> bool {
    error.sqlite_error().is_some_and(|e| e.extended_code == extended)
}
