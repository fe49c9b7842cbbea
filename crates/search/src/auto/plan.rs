//! What fits a space and a study.

use space::{Domain, Space};

use crate::standing::mostly_early;

/// A space with no more configurations is simply tried through.
const SMALL: u32 = 100;
/// Up to so many parameters a model of the whole space leads; above, an evolution strategy does.
const FEW: usize = 40;
/// Where options decide, up to so many: nothing else makes as much of them, and few count at a time.
const MANY_OPTIONS: usize = 200;
/// A model of numbers leads up to so many trials, or so many for each parameter where that is more.
const TRIALS: u64 = 300;
const TRIALS_EACH: u64 = 20;
/// From so many trials on a model costs more than it tells.
const MANY: usize = 2000;
/// With so many trials running a model alone knows too little of what it will have proposed.
const CROWD: usize = 32;
/// Up to so many objectives a model can tell what a point would add to the front.
pub(super) const OBJECTIVES: usize = 4;

/// Which method decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Plan {
    /// Each configuration drawn anew; every one, where they are finitely many.
    Random,
    /// Gaussian processes and CMA-ES by turns.
    Models,
    /// A Gaussian process of what trials came to at the furthest step that enough of them have reached.
    Steps,
    /// CMA-ES, into whose generations a Gaussian process puts points.
    Evolution,
    /// The same for many trials at a time.
    Crowd,
    /// The tree-structured Parzen estimator.
    Parzen,
    /// Gaussian processes and TPE by turns.
    Options,
    /// Gaussian processes, one for each objective, and TPE by turns.
    Front,
    /// A genetic algorithm, for several objectives and many trials.
    Nsga2,
    /// Likewise for many objectives.
    Nsga3,
}

impl Plan {
    /// As it is written in a memo.
    pub(super) fn name(self) -> &'static str {
        match self {
            Plan::Random => "random",
            Plan::Models => "gp and cmaes",
            Plan::Steps => "gp by steps",
            Plan::Evolution | Plan::Crowd => "cmaes with gp",
            Plan::Parzen => "tpe",
            Plan::Options | Plan::Front => "gp and tpe",
            Plan::Nsga2 => "nsga2",
            Plan::Nsga3 => "nsga3",
        }
    }
}

/// What of a study decides about the method.
#[derive(Clone, Copy, Debug)]
pub(super) struct Character {
    objectives: usize,
    small: bool,
    conditional: bool,
    /// Choices without an order and permutations are more than half of the parameters.
    categorical: bool,
    /// Parameters with more than one value.
    pub(super) dimension: usize,
}

/// How far a study is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Progress {
    pub(super) trials: usize,
    /// Whether many run at a time: see [`crowded`].
    pub(super) crowded: bool,
    /// Those that ended with a value.
    pub(super) complete: usize,
    /// Those that ended before they had one: pruned, or not promoted yet.
    pub(super) early: usize,
    pub(super) budget: Option<u64>,
}

/// Whether many trials run at a time, by how many do when one more has begun. Where many did it stays so until they are
/// half as many: some end together, and the method is not to change for a moment.
pub(super) fn crowded(before: bool, running: usize) -> bool {
    running >= if before { CROWD / 2 } else { CROWD }
}

impl Character {
    pub(super) fn of(space: &Space, objectives: usize) -> Self {
        let varies = |i: &usize| space.parameters()[*i].domain.count().is_none_or(|n| n > 1u32.into());
        let active: Vec<usize> = (0..space.parameters().len()).filter(varies).collect();
        let unordered = |i: &&usize| match &space.parameters()[**i].domain {
            Domain::Choice(d) => !d.ordered() && d.len() > 2,
            Domain::Permutation(_) => true,
            Domain::Float(_) | Domain::Int(_) => false,
        };
        Character {
            objectives,
            small: space.numbered().is_some_and(|count| *count <= SMALL.into()),
            conditional: active.iter().any(|i| !space.is_always_active(*i)),
            categorical: 2 * active.iter().filter(unordered).count() > active.len(),
            dimension: active.len(),
        }
    }

    /// Whether models may have a turn at all.
    pub(super) fn is_for_models(&self) -> bool {
        !self.small
    }

    /// Whether options decide more than numbers do, so that there is little for CMA-ES.
    pub(super) fn is_of_options(&self) -> bool {
        self.conditional || self.categorical
    }

    /// The method for the next trial, and why it is that one.
    pub(super) fn plan(&self, progress: Progress) -> (Plan, &'static str) {
        let Progress { trials, crowded, complete, early, budget } = progress;
        if self.small {
            return (Plan::Random, "small enough to try every configuration");
        }
        if self.objectives > 1 {
            return self.plan_for_several(progress);
        }
        if trials > MANY {
            (Plan::Parzen, "more than 2,000 trials")
        } else if mostly_early(early, complete) {
            let plan = if self.dimension > FEW || crowded { Plan::Parzen } else { Plan::Steps };
            (plan, "most trials end early, at different steps")
        } else if self.is_of_options() {
            self.plan_for_options()
        } else if crowded {
            (Plan::Crowd, "32 trials or more run at a time")
        } else if self.dimension > FEW {
            (Plan::Evolution, "more than 40 parameters")
        } else if budget.unwrap_or(0).max(trials as u64) > TRIALS.max(TRIALS_EACH * self.dimension as u64) {
            (Plan::Evolution, "more than 300 trials, and more than 20 for each parameter")
        } else {
            (Plan::Models, "not many parameters, and few trials")
        }
    }

    fn plan_for_options(&self) -> (Plan, &'static str) {
        if self.dimension > MANY_OPTIONS {
            (Plan::Parzen, "more than 200 parameters, where options decide more than numbers")
        } else if self.conditional {
            (Plan::Options, "some parameters are there under a condition only")
        } else {
            (Plan::Options, "most parameters are choices without an order")
        }
    }

    fn plan_for_several(&self, progress: Progress) -> (Plan, &'static str) {
        if self.objectives > OBJECTIVES {
            (Plan::Nsga3, "more than 4 objectives")
        } else if progress.trials > MANY {
            (Plan::Nsga2, "several objectives, and more than 2,000 trials")
        } else if progress.crowded {
            (Plan::Nsga2, "several objectives, and 32 trials or more run at a time")
        } else {
            (Plan::Front, "several objectives")
        }
    }
}
