//! What happened and what follows: events, the fold, statistics, stop rules. Pure.
//!
//! A study is its history (invariant HISTORY): [`Event`]s in one order, of which [`Study`] is the fold. Nothing
//! here reads a clock, a file or the environment; times come in with the events and as arguments.
//!
//! - [`history`]: events to and from the kind and text that a store keeps
//! - [`Study`], [`Trial`], [`Run`]: the state, and the questions that it answers
//! - [`Settings`]: objectives, outcome constraints, stop rules, as in the study file
//! - [`Course`]: what follows for a trial from how its runs went
//! - [`Axis`]: repetitions, and how their results become one
//! - [`Judge`]: from what a run reported to objective values and violations
//! - [`schedule`]: which waiting run starts next, and which cores and gpus it gets
//! - [`Digest`], [`Real`], [`Duration`]: a curve in short, a number at a border, a length of time

mod attempts;
mod canonical;
mod conditions;
mod course;
mod digest;
mod duration;
mod event;
mod fold;
pub mod history;
mod json_text;
mod judge;
mod lag;
mod names;
mod observe;
mod rank;
mod real;
mod record;
mod repeat;
pub mod schedule;
mod settings;
mod snapshot;
mod stop;
mod study;
mod tally;
mod trial;

pub use conditions::Unmeasured;
pub use course::{Course, Due, Foreseen, Stopped};
pub use digest::{Digest, DigestBuilder, Digests, MAX_POINTS, Mark};
pub use duration::{Duration, DurationError};
pub use event::{
    Assignment, Command, Control, Ending, Enqueued, Event, EventBody, How, RepetitionEnded, Reported, RunEnd,
    RunEnded, RunKey, RunLimit, RunStarted, RunnerStarted, RunnerStopped, SettingsChanged, Source,
    StudyCreated, StudyTagged, Suggested, TrialContinued, TrialCreated, TrialEnded, TrialRepeated,
    TrialTagged,
};
pub use fold::{FoldError, Problem};
pub use judge::{Judge, JudgeError, Judged, SettingsError, told};
pub use observe::{Begun, Reader};
pub use rank::BestSoFar;
pub use real::Real;
pub use record::State;
pub use repeat::{Axis, Statistic, coordinates, repetitions};
pub use search::{DecisionId, Duplicates, Level, TrialId, Verdict};
pub use settings::{At, Constraint, Direction, Noise, Objective, OnTimeout, Settings, StageRules, StopRules};
pub use snapshot::{FOLD_VERSION, SnapshotError};
pub use stop::{DEFAULT_FAILURES, DEFAULT_TRIALS, Limit, Rule};
pub use study::{Conflict, Counts, Phase, Runner, Study};
pub use tally::Runs;
pub use trial::{Run, Trial};
