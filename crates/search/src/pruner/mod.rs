//! Which trials go on, and how long: rules that stop running trials early, and promotion from level to level.
//!
//! A rule is a [`Pruner`]: it is told what happened, as samplers are, and judges single reports. Promotion is a
//! [`Sampler`](crate::Sampler) around another one, since it proposes.

mod asha;
mod build;
mod columns;
mod curves;
mod hyperband;
mod ladder;
mod patience;
mod pbt;
mod percentile;
mod promotion;
mod rungs;
mod spec;
mod split;
mod threshold;
mod wilcoxon;

use serde::{Deserialize, Serialize};

use crate::{Observed, TrialId};

pub use build::build_pruner;
pub(crate) use build::promoted;
pub use hyperband::{BohbOptions, Bracket, Brackets, HyperbandOptions};
pub use pbt::PbtOptions;
pub use rungs::Rungs;
pub use spec::{
    AshaKind, AshaOptions, MedianOptions, PatienceOptions, PercentileOptions, PrunerSpec, ThresholdOptions,
};
pub use wilcoxon::{Instances, WilcoxonOptions};

/// Which way an objective is good. All that rules and samplers see is turned so that less is better; options that name
/// values, such as limits, are as the program reports them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Sense {
    /// Less is better.
    #[default]
    Minimize,
    /// More is better.
    Maximize,
}

/// What a rule made of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It goes on.
    Go,
    /// It is stopped here.
    Prune,
}

/// A report, to be judged. One that does not have the objective is no question: it says nothing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Question {
    /// Which trial.
    pub trial: TrialId,
    /// Which of its repetitions, from 0. It is compared with the same repetition of others.
    pub repetition: u32,
    /// Its step (epoch, iteration), as the program counts.
    pub step: u64,
    /// The reported objective value, minimised sense. May be NaN or infinite.
    pub value: f64,
}

/// A rule that stops running trials early.
///
/// Verdicts follow from what was learned, in its order, and from the question alone; asking changes nothing
/// (invariant HISTORY). What a rule may know of other trials is for the caller to decide (invariant LAG): by what it
/// teaches, and by [`fork`](Pruner::fork).
pub trait Pruner: Send {
    /// Takes in what happened, in the study's order, one by one or in bulk; both give the same verdicts.
    fn learn(&mut self, events: &[Observed]);

    /// Judges a report that was learned before, as if it were the last one of its repetition: later ones of the same
    /// repetition do not count.
    fn judge(&self, question: &Question) -> Verdict;

    /// Judges a trial by what its first repetitions came to, in the order of their numbers and the minimised sense: whether
    /// the others are run as well. For rules that compare trials over their repetitions
    /// ([`PrunerSpec::compares_repetitions`]); all else goes on.
    fn judge_repetitions(&self, values: &[f64]) -> Verdict {
        let _ = values;
        Verdict::Go
    }

    /// Whether a report that is about to be learned matters to the rule at all. One that does not need neither be
    /// learned nor judged, nor stand in the log: no verdict will ever differ for it.
    fn acts_on(&self, report: &Question) -> bool;

    /// The rule as it is now, sharing what it knows: what either learns from now on does not reach the other. For
    /// invariant LAG: a trial's own rule, which is taught only that trial's reports.
    fn fork(&self) -> Box<dyn Pruner>;
}

/// What is asked about a report, if the event is one. Rules look at the first objective.
fn report(event: &Observed) -> Option<Question> {
    match event {
        Observed::Reported { trial, repetition, step, values } => Some(Question {
            trial: *trial,
            repetition: *repetition,
            step: *step,
            value: values.first().copied().unwrap_or(f64::NAN),
        }),
        _ => None,
    }
}
