//! Leases: who may do what only one may do, and the guard that ties an append to one.
//!
//! A lease is fenced by its epoch, which grows with each holder: whoever slept past the expiry and was
//! followed by another can no longer append with it, whatever its own clock says (invariant ONE DECIDER).
//! An expired lease that nobody took is still its holder's.

use std::ops::Range;

use crate::StudyId;

/// The role of the one that decides what is tried next.
pub const DECIDER: &str = "decider";
/// The role of the one that writes the derived files.
pub const SCRIBE: &str = "scribe";

/// A role in a study, held by somebody up to a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lease {
    /// The study.
    pub study: StudyId,
    /// What it allows: [`DECIDER`], [`SCRIBE`], or a name of the caller's.
    pub role: String,
    /// Who holds it; should tell host and process, as people will read it.
    pub holder: String,
    /// Grows with each holder of the role, from 1; never used twice.
    pub epoch: u64,
    /// From when on another may take it, in ms since 1970 by the store's clock.
    pub expires_at: u64,
}

/// The answer to somebody who asks for a lease.
#[derive(Debug, Clone, PartialEq, Eq)]
#[must_use]
pub enum Acquired {
    /// It is yours.
    Mine(Lease),
    /// Another holds it, and it has not expired.
    Held(Lease),
}

impl Acquired {
    /// The lease if it was granted.
    pub fn mine(self) -> Option<Lease> {
        match self {
            Self::Mine(lease) => Some(lease),
            Self::Held(_) => None,
        }
    }
}

/// Conditions that must hold, in the instant of the append, for it to happen. All of those set must hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guard {
    /// This lease must not have passed to another, nor been released.
    pub lease: Option<Lease>,
    /// The study's next decision must be `start`; afterwards it is `end`.
    pub decisions: Option<Range<u64>>,
    /// The study's last event must be this one.
    pub head: Option<u64>,
}

impl Guard {
    /// Append only while `lease` is held.
    pub fn holding(lease: &Lease) -> Self {
        Self { lease: Some(lease.clone()), ..Self::default() }
    }

    /// Append only if nothing was appended after event `head`.
    pub fn unchanged(head: u64) -> Self {
        Self { head: Some(head), ..Self::default() }
    }

    /// And only if no other made decision `decisions.start`; the append makes all of `decisions`.
    #[must_use]
    pub fn deciding(self, decisions: Range<u64>) -> Self {
        Self { decisions: Some(decisions), ..self }
    }
}
