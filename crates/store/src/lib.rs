//! Keeps the log: SQLite, memory, and the conformance suite that every store passes.
//!
//! A study is its history, so this is the one place where state lives. [`Store`] is the promise; [`Sqlite`] keeps
//! it in a file, [`Memory`] for as long as the process lives.

mod clock;
pub mod conformance;
mod error;
mod lease;
mod memory;
pub mod optuna;
mod patient;
mod record;
pub mod sqlite;
mod store;

pub use clock::{Clock, SystemClock};
pub use error::{ErrorKind, Place, StoreError};
pub use lease::{Acquired, DECIDER, Guard, Lease, SCRIBE};
pub use memory::Memory;
pub use patient::{Patience, Patient};
pub use record::{Appended, Draft, Durability, Header, Record, Row, Snapshot, StudyId, StudyInfo};
pub use sqlite::Sqlite;
pub use store::Store;
