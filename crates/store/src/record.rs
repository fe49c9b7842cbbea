//! What goes into the log and comes out of it.
//!
//! A store does not know what events mean: it keeps rows of `(kind, JSON)` in order. Their types, and the
//! up-casters of older kinds, are `study`'s, so that a store needs no release when an event kind is added.

use std::borrow::Cow;
use std::fmt;

/// A study's number inside its store. Names are for people; this is for calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StudyId(pub u64);

impl fmt::Display for StudyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What a reader must know before it reads a study's events.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    /// The version of the event format that the study was created with.
    pub format: u32,
    /// The lowest version of a reader that understands every event so far.
    pub min_reader: u32,
}

/// A study as the store lists it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StudyInfo {
    /// Its number in this store.
    pub id: StudyId,
    /// Its name, unique in the store.
    pub name: String,
    /// The versions that its events ask for.
    pub header: Header,
    /// The `seq` of its last event; 0 when it has none.
    pub head: u64,
    /// The number of the next decision (see [`crate::Guard::deciding`]).
    pub decisions: u64,
    /// When it was created, in ms since 1970.
    pub created_at: u64,
}

/// An event on its way into the log: it has no place yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Draft {
    /// The event's kind, such as `run-ended`.
    pub kind: Cow<'static, str>,
    /// The event as a JSON object.
    pub body: String,
}

impl Draft {
    /// An event of `kind` with `body`, which must be JSON: the database's views read it.
    pub fn new(kind: impl Into<Cow<'static, str>>, body: impl Into<String>) -> Self {
        Self { kind: kind.into(), body: body.into() }
    }
}

/// An event of the log, lent to a visitor.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Row<'a> {
    /// Its place: 1, 2, 3, … without gaps (invariant ORDER).
    pub seq: u64,
    /// When the store took it, in ms since 1970, by the store's clock. Not monotonic; order is `seq`'s job.
    pub at: u64,
    /// The event's kind.
    pub kind: &'a str,
    /// The event as JSON.
    pub body: &'a str,
}

impl Row<'_> {
    /// A copy to keep.
    pub fn to_record(self) -> Record {
        Record { seq: self.seq, at: self.at, kind: self.kind.to_owned(), body: self.body.to_owned() }
    }
}

/// An event of the log, owned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Its place: 1, 2, 3, … without gaps (invariant ORDER).
    pub seq: u64,
    /// When the store took it, in ms since 1970.
    pub at: u64,
    /// The event's kind.
    pub kind: String,
    /// The event as JSON.
    pub body: String,
}

/// Where appended events came to lie: `first..=last`. An empty append has `last == first - 1`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Appended {
    /// `seq` of the first event.
    pub first: u64,
    /// `seq` of the last event: the study's head after this append.
    pub last: u64,
    /// The time that all of them carry, in ms since 1970.
    pub at: u64,
}

/// What an append survives when it returns (invariant NOTHING LOST).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Durability {
    /// Death of this process at any moment, `kill -9` included. The next synced append covers it.
    Committed,
    /// Loss of power.
    Synced,
}

/// A fold's state after event `seq`: a cache, which may be deleted at any time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snapshot {
    /// The last event that it holds.
    pub seq: u64,
    /// The version of the fold's own format.
    pub fold_version: u32,
    /// The state, in the fold's encoding.
    pub body: Vec<u8>,
}
