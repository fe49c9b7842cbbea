//! What a decision is asked for with.

use study::{EventBody, TrialEnded};

/// What is to be decided.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The endings that go with it, in the same commit.
    pub(crate) endings: Vec<TrialEnded>,
    /// Their events.
    pub(crate) events: Vec<EventBody>,
    /// At most so many trials.
    pub(crate) want: usize,
    /// The epoch of who runs them at once; `None` leaves them queued.
    pub(crate) epoch: Option<u64>,
}
