//! What passes between a study and any search strategy: the whole border, in one place.

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use space::{Point, Space, Stream};

/// A trial's number in its study, from 0, in the order of creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct TrialId(pub u64);

/// The number of a decision in its study, from 0. Every stream of randomness is keyed by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct DecisionId(pub u64);

/// How far a trial runs, in units of the pruner's resource (epochs, say). Absent means to the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Level(pub u64);

/// All that any strategy can ask for.
#[derive(Clone, Debug, PartialEq)]
pub enum Proposal {
    /// A new trial.
    New {
        /// Where to evaluate.
        point: Point,
        /// How far to run it; `None` is to the end.
        level: Option<Level>,
        /// The trial whose artifacts and checkpoint are handed on.
        parent: Option<TrialId>,
    },
    /// Go on with a trial from its checkpoint, to a higher level.
    Continue {
        /// Which trial.
        trial: TrialId,
        /// The new level.
        level: Level,
    },
    /// More repetitions of the same point.
    Repeat {
        /// Which trial.
        trial: TrialId,
        /// How many more.
        runs: u32,
    },
    /// Nothing until another result arrives; draws no randomness.
    Wait,
    /// Nothing, ever, for this reason.
    Exhausted(Spent),
}

/// Why a sampler has nothing more to propose, ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Spent {
    /// Every configuration of the space was tried.
    Space,
    /// Every point of the sampler's list was tried.
    Points,
    /// No trial of the frontier can have another child.
    Frontier,
    /// All members of the population have come to their last step.
    Population,
    /// The program that is the sampler says so.
    Program,
}

impl std::fmt::Display for Spent {
    /// As the end of a sentence that tells why a study is over.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Spent::Space => "every configuration was tried",
            Spent::Points => "every point of the sampler's list was tried",
            Spent::Frontier => "nothing on the frontier can grow any more",
            Spent::Population => "the population has come to its last step",
            Spent::Program => "the sampler's program has nothing more to propose",
        })
    }
}

/// A proposal, and what the sampler must remember about having made it.
#[derive(Clone, Debug, PartialEq)]
pub struct Decision {
    /// What to do.
    pub proposal: Proposal,
    /// Kept in the log and handed back with what was observed of it on replay (invariant HISTORY).
    pub memo: Option<serde_json::Value>,
}

impl Decision {
    /// A new trial at `point`, run to the end, with no parent and no memo.
    pub fn new_trial(point: Point) -> Self {
        Proposal::New { point, level: None, parent: None }.into()
    }
}

impl From<Proposal> for Decision {
    fn from(proposal: Proposal) -> Self {
        Decision { proposal, memo: None }
    }
}

/// One thing that happened, in the study's order.
#[derive(Clone, Debug)]
pub enum Observed {
    /// A trial came to be: decided here, decided by another process, or given by a person.
    Created {
        /// Its number.
        trial: TrialId,
        /// The decision that made it; `None` for enqueued and given points.
        decision: Option<DecisionId>,
        /// Where it is evaluated.
        point: Arc<Point>,
        /// How far it runs.
        level: Option<Level>,
        /// Whose checkpoint it started from.
        parent: Option<TrialId>,
        /// What the sampler noted when it decided.
        memo: Option<serde_json::Value>,
    },
    /// A trial that had ended goes on, to a higher level; another [`Observed::Ended`] follows.
    Continued {
        /// Which trial.
        trial: TrialId,
        /// The decision.
        decision: DecisionId,
        /// How far it runs now.
        level: Level,
        /// What the sampler noted when it decided.
        memo: Option<serde_json::Value>,
    },
    /// A trial that had ended gets more repetitions; another [`Observed::Ended`] follows.
    Repeated {
        /// Which trial.
        trial: TrialId,
        /// The decision.
        decision: DecisionId,
        /// How many more.
        runs: u32,
        /// What the sampler noted when it decided.
        memo: Option<serde_json::Value>,
    },
    /// A running trial said how it is doing.
    Reported {
        /// Which trial.
        trial: TrialId,
        /// Which of its repetitions, from 0.
        repetition: u32,
        /// Its step (epoch, iteration), as the program counts.
        step: u64,
        /// One value per objective, minimised sense. NaN where not reported.
        values: Vec<f64>,
    },
    /// One repetition of a trial has its results; told once for each.
    Repetition {
        /// Which trial.
        trial: TrialId,
        /// Which of its repetitions, from 0.
        repetition: u32,
        /// One value per objective, minimised sense. NaN where it has none.
        values: Vec<f64>,
    },
    /// What a trial has cost, in whatever unit, where its study says how that is known; told just before it is over.
    Spent {
        /// Which trial.
        trial: TrialId,
        /// May be anything that a program reports; what is not positive and finite says nothing.
        cost: f64,
    },
    /// A trial is over: its repetitions folded into one outcome.
    Ended {
        /// Which trial.
        trial: TrialId,
        /// How.
        outcome: Outcome,
    },
}

/// How a trial ended, as a sampler needs to know it.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// It has values: one per objective, minimised sense, never NaN (may be infinite).
    Complete {
        /// Objective values.
        values: Vec<f64>,
        /// One per constraint; ≤ 0 is feasible, larger is worse. Empty when the study has none.
        violations: Vec<f64>,
    },
    /// It was stopped early at `step` with its last reported objective value, if it had reported one.
    Pruned {
        /// Where it was stopped.
        step: u64,
        /// Minimised sense.
        value: Option<f64>,
    },
    /// It has no usable value: crash, time-out, NaN, missing metric.
    Failed,
}

/// What the next decision is made from, besides what was learned.
#[derive(Clone, Copy, Debug)]
pub struct Ask<'a> {
    /// The space to propose in; the one the sampler was built for.
    pub space: &'a Space,
    /// The study's seed, 0…2⁶³−1.
    pub seed: u64,
    /// Which decision this is.
    pub decision: DecisionId,
    /// How many trials the study may have in all, where it has such a limit. A hint: it may change between asks.
    pub budget: Option<u64>,
}

/// What a stream of randomness is for; streams of one decision are independent between purposes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The proposal itself.
    Propose,
    /// Another try of the same decision: the k-th answer was already evaluated or broke a constraint.
    Retry(u32),
    /// Once per study: a grid's shuffle, Sobol's scrambling. The decision number is ignored.
    Study,
    /// Whether this decision is the sampler's, or a point drawn at random in between.
    Turn,
    /// A seeded choice of which old trials a large history keeps. The decision number is ignored.
    History,
}

impl Ask<'_> {
    /// The stream for one purpose of this decision (invariant HISTORY): asking twice draws the same numbers.
    pub fn stream(&self, purpose: Purpose) -> Stream {
        match purpose {
            Purpose::Propose => Stream::new(self.seed, 0, self.decision.0),
            Purpose::Retry(k) => Stream::new(self.seed, 2 + u64::from(k), self.decision.0),
            Purpose::Study => Stream::new(self.seed, 1, 0),
            Purpose::History => Stream::new(self.seed, 1, 1),
            Purpose::Turn => Stream::new(self.seed, u64::MAX, self.decision.0),
        }
    }
}

/// Why a sampler could not propose.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum SearchError {
    /// The sampler cannot work in this space, or with these options.
    #[error("{0}")]
    Unsuitable(String),
    /// No point that keeps the space constraints was found.
    #[error(
        "none of {tries} configurations that were drawn keeps the space constraints: a share below {:.0e} of the \
         space; narrow the ranges to where they hold, or give one that keeps them as [[point]]",
        1.0 / *tries as f64
    )]
    Infeasible {
        /// How many draws were made.
        tries: u64,
    },
    /// A program that is the sampler cannot be asked any more.
    #[error("the sampler program `{program}`, asked for decision {}, {what}", .decision.0)]
    Program {
        /// Its command line.
        program: String,
        /// What it was asked for.
        decision: DecisionId,
        /// What it did.
        what: String,
    },
}

/// A search strategy.
pub trait Sampler: Send {
    /// Takes in what happened, in the study's order, one by one or in bulk; both give the same search.
    fn learn(&mut self, events: &[Observed]);

    /// Proposes what to try next. `&mut` is for caches only: a proposal that is dropped changes nothing later.
    fn propose(&mut self, ask: &Ask<'_>) -> Result<Decision, SearchError>;
}
