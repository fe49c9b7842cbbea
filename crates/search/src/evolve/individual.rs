//! Trials that ended with something to compare.

use std::collections::BTreeMap;
use std::sync::Arc;

use space::Point;

use crate::pareto::total_violation;
use crate::{Observed, Outcome, TrialId};

/// A configuration and how it did.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Individual {
    pub(crate) trial: TrialId,
    pub(crate) point: Arc<Point>,
    /// One per objective.
    pub(crate) values: Box<[f64]>,
    /// The total violation of the outcome constraints. A trial that was stopped early counts as one that breaks them
    /// more than any other, and the more so the earlier it was stopped.
    pub(crate) violation: f64,
}

/// The points of all trials, and how many have ended.
#[derive(Clone, Debug)]
pub(crate) struct Trials {
    objectives: usize,
    points: BTreeMap<TrialId, Arc<Point>>,
    ended: u64,
}

impl Trials {
    pub(crate) fn new(objectives: usize) -> Self {
        Trials { objectives, points: BTreeMap::new(), ended: 0 }
    }

    /// How many endings there were, those of failed trials too.
    pub(crate) fn ended(&self) -> u64 {
        self.ended
    }

    /// Takes in what happened; where that is a result, the trial with it. A trial that goes on after its end has
    /// another one later.
    pub(crate) fn learn(&mut self, event: &Observed) -> Option<Individual> {
        match event {
            Observed::Created { trial, point, .. } => {
                self.points.insert(*trial, point.clone());
                None
            }
            Observed::Ended { trial, outcome } => {
                self.ended += 1;
                let point = self.points.get(trial)?.clone();
                let (values, violation) = self.result(outcome)?;
                Some(Individual { trial: *trial, point, values, violation })
            }
            Observed::Continued { .. }
            | Observed::Repeated { .. }
            | Observed::Repetition { .. }
            | Observed::Spent { .. }
            | Observed::Reported { .. } => None,
        }
    }

    fn result(&self, outcome: &Outcome) -> Option<(Box<[f64]>, f64)> {
        let number = |value: &f64| if value.is_nan() { f64::INFINITY } else { *value };
        match outcome {
            Outcome::Complete { values, violations } => {
                let mut values: Vec<f64> = values.iter().map(number).collect();
                values.resize(self.objectives, f64::INFINITY);
                Some((values.into(), total_violation(violations)))
            }
            Outcome::Pruned { step, value } => {
                let mut values = vec![f64::INFINITY; self.objectives];
                if let (Some(first), Some(value)) = (values.first_mut(), value) {
                    *first = number(value);
                }
                Some((values.into(), f64::MAX / (2.0 + *step as f64)))
            }
            Outcome::Failed => None,
        }
    }
}
