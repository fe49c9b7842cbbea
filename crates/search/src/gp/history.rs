//! What happened so far, as the models see it.

use std::collections::BTreeMap;
use std::sync::Arc;

use space::Point;

use crate::maths::hash::mix;
use crate::pareto::total_violation;
use crate::{Observed, Outcome, TrialId};

/// A trial.
#[derive(Clone, Debug)]
pub(crate) struct Trial {
    pub(crate) point: Arc<Point>,
    pub(crate) outcome: Option<Outcome>,
    /// Values of its repetitions, by objective.
    repetitions: BTreeMap<u32, Vec<f64>>,
    /// What it has cost, where that is known.
    cost: Option<f64>,
}

/// All trials in the order of their numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub(crate) trials: BTreeMap<TrialId, Trial>,
    /// The last memo that a trial of this sampler carried.
    pub(crate) memo: Option<serde_json::Value>,
    /// How many trials have a value of their own.
    pub(crate) complete: usize,
    /// How many have ended.
    pub(crate) ended: usize,
}

/// What one trial tells of the objectives and constraints.
#[derive(Clone, Debug)]
pub(crate) struct Told<'a> {
    pub(crate) trial: TrialId,
    pub(crate) point: &'a Arc<Point>,
    pub(crate) outcome: &'a Outcome,
    /// How many repetitions its values are the mean of, at least 1.
    pub(crate) repetitions: usize,
    /// ln of what it cost, where it is complete and that is known.
    pub(crate) log_cost: Option<f64>,
}

impl Told<'_> {
    /// Whether it is complete and keeps all constraints.
    pub(crate) fn is_feasible(&self) -> bool {
        matches!(self.outcome, Outcome::Complete { violations, .. } if violations.iter().all(|v| *v <= 0.0))
    }

    /// The value of an objective, where it is complete.
    pub(crate) fn value(&self, objective: usize) -> Option<f64> {
        match self.outcome {
            Outcome::Complete { values, .. } => values.get(objective).copied(),
            _ => None,
        }
    }

    /// How many constraints it says something about.
    pub(crate) fn constraints(&self) -> usize {
        match self.outcome {
            Outcome::Complete { violations, .. } => violations.len(),
            _ => 0,
        }
    }

    /// By how much it breaks constraints in all; infinite where it is not complete.
    pub(crate) fn total_violation(&self) -> f64 {
        match self.outcome {
            Outcome::Complete { violations, .. } => total_violation(violations),
            _ => f64::INFINITY,
        }
    }

    /// The violation of a constraint.
    pub(crate) fn violation(&self, constraint: usize) -> Option<f64> {
        match self.outcome {
            Outcome::Complete { violations, .. } => {
                violations.get(constraint).copied().filter(|v| !v.is_nan())
            }
            _ => None,
        }
    }
}

impl History {
    pub(crate) fn learn(&mut self, events: &[Observed], memo_key: &str) {
        for event in events {
            match event {
                Observed::Created { trial, point, memo, .. } => {
                    let trial = self.trials.entry(*trial);
                    trial.or_insert(Trial {
                        point: point.clone(),
                        outcome: None,
                        repetitions: BTreeMap::new(),
                        cost: None,
                    });
                    if let Some(own) = memo.as_ref().and_then(|memo| memo.get(memo_key)) {
                        self.memo = Some(own.clone());
                    }
                }
                Observed::Repetition { trial, repetition, values } => {
                    if let Some(trial) = self.trials.get_mut(trial) {
                        trial.repetitions.insert(*repetition, values.clone());
                    }
                }
                Observed::Spent { trial, cost } => {
                    if let Some(trial) = self.trials.get_mut(trial) {
                        trial.cost = Some(*cost);
                    }
                }
                Observed::Ended { trial, outcome } => {
                    if let Some(trial) = self.trials.get_mut(trial) {
                        let complete = |o: &Option<Outcome>| matches!(o, Some(Outcome::Complete { .. }));
                        let before = (trial.outcome.is_some(), complete(&trial.outcome));
                        trial.outcome = Some(outcome.clone());
                        self.ended += usize::from(!before.0);
                        self.complete += usize::from(complete(&trial.outcome));
                        self.complete -= usize::from(before.1);
                    }
                }
                Observed::Continued { .. } | Observed::Repeated { .. } | Observed::Reported { .. } => {}
            }
        }
    }

    /// The trials that ended, in order.
    pub(crate) fn told(&self) -> impl Iterator<Item = Told<'_>> {
        self.trials.iter().filter_map(|(trial, t)| {
            let outcome = t.outcome.as_ref()?;
            let repetitions = t.repetitions.len().max(1);
            // What was stopped or failed has cost less than the configuration would.
            let whole = t.cost.filter(|cost| {
                matches!(outcome, Outcome::Complete { .. }) && *cost > 0.0 && cost.is_finite()
            });
            Some(Told {
                trial: *trial,
                point: &t.point,
                outcome,
                repetitions,
                log_cost: whole.map(libm::log),
            })
        })
    }

    /// The points of those that run, at most the newest so many.
    pub(crate) fn running(&self, most: usize) -> Vec<&Arc<Point>> {
        let running = self.trials.values().rev().filter(|t| t.outcome.is_none());
        running.take(most).map(|t| &t.point).collect()
    }

    /// The noise's variance that repetitions show in an objective, pooled over the trials that have some.
    pub(crate) fn repetition_variance(&self, objective: usize) -> Option<f64> {
        let (mut sum, mut freedom) = (0.0, 0_usize);
        for trial in self.trials.values() {
            let values: Vec<f64> = trial
                .repetitions
                .values()
                .filter_map(|values| values.get(objective).copied().filter(|v| v.is_finite()))
                .collect();
            if values.len() > 1 {
                let mean = values.iter().sum::<f64>() / values.len() as f64;
                sum += values.iter().map(|v| (v - mean) * (v - mean)).sum::<f64>();
                freedom += values.len() - 1;
            }
        }
        (freedom > 0).then(|| sum / freedom as f64)
    }
}

/// Which of many trials a model is made of, in their order: a quarter the best by `standing`, a quarter the newest, the rest
/// a seeded sample of the others, which is spread as they are.
pub(crate) fn keep(standing: &[f64], trials: &[TrialId], most: usize, key: u64) -> Vec<usize> {
    let n = trials.len();
    if n <= most {
        return (0..n).collect();
    }
    let quarter = most / 4;
    let mut kept = vec![false; n];
    let mut order: Vec<usize> = (0..n).collect();
    order.sort_by(|i, j| standing[*i].total_cmp(&standing[*j]).then(i.cmp(j)));
    order[..quarter].iter().for_each(|i| kept[*i] = true);
    (n - quarter..n).for_each(|i| kept[i] = true);
    let left = most - kept.iter().filter(|k| **k).count();
    let mut others: Vec<usize> = (0..n).filter(|i| !kept[*i]).collect();
    others.sort_by_key(|i| mix(key, trials[*i].0));
    others.into_iter().take(left).for_each(|i| kept[i] = true);
    (0..n).filter(|i| kept[*i]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_and_the_newest_are_kept() {
        let trials: Vec<TrialId> = (0..1000).map(TrialId).collect();
        let standing: Vec<f64> = (0..1000).map(|i| f64::from((i * 37) % 1000)).collect();
        let kept = keep(&standing, &trials, 100, 7);
        assert_eq!(kept.len(), 100);
        assert!(kept.is_sorted() && (975..1000).all(|i| kept.contains(&i)));
        assert!((0..1000).filter(|i| standing[*i] < 25.0).all(|i| kept.contains(&i)));
        assert_eq!(keep(&standing, &trials, 1000, 7).len(), 1000);
    }
}
