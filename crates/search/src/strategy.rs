//! What the samplers of this crate are inside: a source of drafts that [`Distinct`](crate::Distinct) turns into
//! a [`Sampler`](crate::Sampler).

use std::num::NonZeroU32;

use space::{Point, Stream};

use crate::{Ask, Observed, Purpose, SearchError, Spent, TrialId};

/// A draft, or the end.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Draft {
    /// A point that was accepted, and the memo that goes with it.
    Point(Point, Option<serde_json::Value>),
    /// Likewise, and the trial whose artifacts and checkpoint the new one is handed.
    Child(Point, TrialId, Option<serde_json::Value>),
    /// No point, but so many more repetitions of a trial that has ended.
    Repeat(TrialId, NonZeroU32, Option<serde_json::Value>),
    /// There is nothing until another trial has ended.
    Wait,
    /// What was drawn was not accepted; another attempt may be.
    Refused,
    /// There will never be another point, for this reason.
    Exhausted(Spent),
}

/// A way to draw points. Unlike a [`Sampler`](crate::Sampler) it is told which points will do, so that it can
/// offer its second best at once.
pub(crate) trait Strategy: Send {
    /// Takes in what happened.
    fn learn(&mut self, events: &[Observed]);

    /// Draws a point that `accept` accepts. `attempt` counts from 0 within one decision and names the stream of
    /// randomness; a strategy that needs no second attempt never answers [`Draft::Refused`].
    fn draw(
        &mut self,
        ask: &Ask<'_>,
        attempt: u32,
        accept: &dyn Fn(&Point) -> bool,
    ) -> Result<Draft, SearchError>;
}

/// The stream of one attempt of a decision.
pub(crate) fn stream(ask: &Ask<'_>, attempt: u32) -> Stream {
    ask.stream(attempt.checked_sub(1).map_or(Purpose::Propose, Purpose::Retry))
}
