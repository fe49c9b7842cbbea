//! How to look: samplers and the maths they stand on. Pure.
//!
//! A sampler sees what happened ([`Observed`]) and proposes what to try next ([`Proposal`]). It never sees
//! processes, files or the clock, and objective values always reach it in the minimised sense.

mod protocol;

pub use protocol::{
    Ask, Decision, DecisionId, Level, Observed, Outcome, Proposal, Purpose, Sampler, SearchError, TrialId,
};
