//! Methods that take turns, each as often as it has earned lately.

use std::collections::BTreeMap;

use crate::TrialId;

/// One of the methods.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Arm {
    /// The Gaussian process, anywhere.
    Global,
    /// The Gaussian process, in a box around the best trial.
    Near,
    /// CMA-ES.
    Evolution,
    /// The tree-structured Parzen estimator.
    Parzen,
}

/// How many take turns.
const ARMS: usize = 3;

impl Arm {
    const ALL: [Arm; 4] = [Arm::Global, Arm::Near, Arm::Evolution, Arm::Parzen];

    /// As it is written in a memo.
    pub(super) fn name(self) -> &'static str {
        match self {
            Arm::Global => "gp",
            Arm::Near => "gp nearby",
            Arm::Evolution => "cmaes",
            Arm::Parzen => "tpe",
        }
    }

    /// Whether it is the Gaussian process.
    pub(super) fn is_model(self) -> bool {
        matches!(self, Arm::Global | Arm::Near)
    }

    pub(super) fn read(name: &str) -> Option<Arm> {
        Arm::ALL.into_iter().find(|arm| arm.name() == name)
    }
}

/// No arm has a smaller share of the turns.
const LEAST: f64 = 0.1;
/// How much of its credit an arm keeps when another result of it comes in.
const MEMORY: f64 = 0.8;
/// The credit of an arm that has shown nothing yet: the share of its trials that were the best so far.
const HOPE: f64 = 0.3;
/// An arm is never owed more turns than this.
const MOST_OWED: f64 = 2.0;

/// Who is next.
#[derive(Clone, Debug)]
pub(super) struct Arms {
    arms: [Arm; ARMS],
    /// Of each arm's trials, the share that were the best so far, the newest counting most.
    credit: [f64; ARMS],
    /// How many turns each is owed.
    owed: [f64; ARMS],
    /// Whose each running trial is, by its place among the arms.
    running: BTreeMap<TrialId, usize>,
    /// The best value so far.
    best: f64,
}

impl Arms {
    /// The Gaussian process anywhere and nearby, and another one.
    pub(super) fn with(third: Arm) -> Self {
        let arms = [Arm::Global, Arm::Near, third];
        Arms { arms, credit: [HOPE; ARMS], owed: [0.0; ARMS], running: BTreeMap::new(), best: f64::INFINITY }
    }

    /// Each arm's share of the turns.
    fn shares(&self) -> [f64; ARMS] {
        let total: f64 = self.credit.iter().sum();
        self.credit.map(|credit| LEAST + (1.0 - ARMS as f64 * LEAST) * credit / total)
    }

    /// The arm whose turn it is.
    pub(super) fn next(&self) -> Arm {
        let shares = self.shares();
        let due = |k: usize| self.owed[k] + shares[k];
        self.arms[(1..ARMS).fold(0, |a, b| if due(b) > due(a) { b } else { a })]
    }

    /// A trial of an arm was made.
    pub(super) fn start(&mut self, trial: TrialId, arm: Arm) {
        let Some(k) = self.arms.iter().position(|a| *a == arm) else { return };
        let shares = self.shares();
        for (owed, share) in self.owed.iter_mut().zip(shares) {
            *owed = (*owed + share).clamp(-MOST_OWED, MOST_OWED);
        }
        self.owed[k] -= 1.0;
        self.running.insert(trial, k);
    }

    /// A trial has ended with a value, infinite where it has none.
    pub(super) fn end(&mut self, trial: TrialId, value: f64) {
        let better = value < self.best;
        self.best = self.best.min(value);
        let Some(k) = self.running.remove(&trial) else { return };
        // What is left is never nothing, so that shares can be told.
        let credit = &mut self.credit[k];
        *credit = (MEMORY * *credit + if better { 1.0 - MEMORY } else { 0.0 }).max(1e-6);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_arm_that_finds_nothing_keeps_its_tenth() {
        let mut arms = Arms::with(Arm::Evolution);
        let mut used = [0; ARMS];
        for i in 0..300 {
            let arm = arms.next();
            used[arm as usize] += 1;
            arms.start(TrialId(i), arm);
            arms.end(TrialId(i), if arm == Arm::Near { -(i as f64) } else { 0.0 });
        }
        assert!((28..40).contains(&used[0]) && (28..40).contains(&used[2]), "{used:?}");
    }

    #[test]
    fn at_first_all_take_turns() {
        let mut arms = Arms::with(Arm::Parzen);
        let mut turns = Vec::new();
        for i in 0..6 {
            let arm = arms.next();
            arms.start(TrialId(i), arm);
            turns.push(arm);
        }
        assert_eq!((&turns[..3], &turns[3..]), (&arms.arms[..], &arms.arms[..]));
    }
}
