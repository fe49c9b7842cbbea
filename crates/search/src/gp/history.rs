//! What happened so far, as the models see it.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use space::Point;

use crate::maths::hash::mix;
use crate::pareto::total_violation;
use crate::standing::mostly_early;
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
    /// The first objective at the steps that it has come to: what it reported, and where it was stopped.
    steps: BTreeMap<u64, f64>,
}

impl Trial {
    fn new(point: &Arc<Point>) -> Self {
        Trial {
            point: point.clone(),
            outcome: None,
            repetitions: BTreeMap::new(),
            cost: None,
            steps: BTreeMap::new(),
        }
    }

    fn is_complete(&self) -> bool {
        matches!(self.outcome, Some(Outcome::Complete { .. }))
    }

    fn is_early(&self) -> bool {
        matches!(self.outcome, Some(Outcome::Pruned { .. }))
    }

    /// What it tells a view; `None` where the view does not have it.
    fn at(&self, view: View) -> Option<Cow<'_, Outcome>> {
        match view {
            View::Outcomes => self.outcome.as_ref().map(Cow::Borrowed),
            View::Ends => self.outcome.as_ref().filter(|_| self.is_complete()).map(Cow::Borrowed),
            View::Step(step) => {
                let values = vec![*self.steps.get(&step)?];
                Some(Cow::Owned(Outcome::Complete { values, violations: Vec::new() }))
            }
        }
    }
}

/// Of which trials a model is made, and of which of their values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum View {
    /// All that ended, those that were stopped too.
    Outcomes,
    /// Those that came to their end.
    Ends,
    /// Those that came to a step, with their values there.
    Step(u64),
}

/// All trials in the order of their numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct History {
    pub(crate) trials: BTreeMap<TrialId, Trial>,
    /// The last memo that a trial of this sampler carried.
    pub(crate) memo: Option<serde_json::Value>,
    /// How many trials have a value of their own.
    pub(crate) complete: usize,
    /// How many have ended, and of these how many were stopped early.
    pub(crate) ended: usize,
    early: usize,
    /// How many have a value at a step.
    steps: BTreeMap<u64, usize>,
}

/// What one trial tells of the objectives and constraints.
#[derive(Clone, Debug)]
pub(crate) struct Told<'a> {
    pub(crate) trial: TrialId,
    pub(crate) point: &'a Arc<Point>,
    pub(crate) outcome: Cow<'a, Outcome>,
    /// How many repetitions its values are the mean of, at least 1.
    pub(crate) repetitions: usize,
    /// ln of what it cost, where it is complete and that is known.
    pub(crate) log_cost: Option<f64>,
}

impl Told<'_> {
    /// Whether it is complete and keeps all constraints.
    pub(crate) fn is_feasible(&self) -> bool {
        matches!(&*self.outcome, Outcome::Complete { violations, .. } if violations.iter().all(|v| *v <= 0.0))
    }

    /// The value of an objective, where it is complete.
    pub(crate) fn value(&self, objective: usize) -> Option<f64> {
        match &*self.outcome {
            Outcome::Complete { values, .. } => values.get(objective).copied(),
            _ => None,
        }
    }

    /// How many constraints it says something about.
    pub(crate) fn constraints(&self) -> usize {
        match &*self.outcome {
            Outcome::Complete { violations, .. } => violations.len(),
            _ => 0,
        }
    }

    /// By how much it breaks constraints in all; infinite where it is not complete.
    pub(crate) fn total_violation(&self) -> f64 {
        match &*self.outcome {
            Outcome::Complete { violations, .. } => total_violation(violations),
            _ => f64::INFINITY,
        }
    }

    /// The violation of a constraint.
    pub(crate) fn violation(&self, constraint: usize) -> Option<f64> {
        match &*self.outcome {
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
                    self.trials.entry(*trial).or_insert_with(|| Trial::new(point));
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
                    if let Outcome::Pruned { step, value: Some(value) } = outcome {
                        self.came_to(*trial, *step, *value);
                    }
                    if let Some(trial) = self.trials.get_mut(trial) {
                        let before = (trial.outcome.is_some(), trial.is_complete(), trial.is_early());
                        trial.outcome = Some(outcome.clone());
                        self.ended += usize::from(!before.0);
                        self.complete += usize::from(trial.is_complete());
                        self.complete -= usize::from(before.1);
                        self.early += usize::from(trial.is_early());
                        self.early -= usize::from(before.2);
                    }
                }
                Observed::Reported { trial, repetition: 0, step, values } => {
                    values.first().into_iter().for_each(|value| self.came_to(*trial, *step, *value));
                }
                Observed::Continued { .. } | Observed::Repeated { .. } | Observed::Reported { .. } => {}
            }
        }
    }

    fn came_to(&mut self, trial: TrialId, step: u64, value: f64) {
        let Some(trial) = self.trials.get_mut(&trial) else { return };
        if trial.steps.insert(step, value).is_none() {
            *self.steps.entry(step).or_default() += 1;
        }
    }

    /// What a model of at least so many values is made of; `None` where there are not so many yet. Where most trials end
    /// early, values at different steps are not compared: it is the furthest step that enough trials have come to, as in
    /// Falkner, Klein, Hutter 2018 ("BOHB", section 3.2).
    pub(crate) fn view(&self, least: usize) -> Option<View> {
        let early = mostly_early(self.early, self.complete);
        if self.complete >= least {
            return Some(if early { View::Ends } else { View::Outcomes });
        }
        let mut enough = self.steps.iter().rev().filter(|(_, count)| early && **count >= least);
        enough.next().map(|(step, _)| View::Step(*step))
    }

    /// The trials that a view has, in order.
    pub(crate) fn told(&self, view: View) -> impl Iterator<Item = Told<'_>> {
        self.trials.iter().filter_map(move |(trial, t)| {
            let outcome = t.at(view)?;
            let repetitions = t.repetitions.len().max(1);
            // What was stopped or failed has cost less than the configuration would.
            let whole = t.cost.filter(|cost| t.is_complete() && *cost > 0.0 && cost.is_finite());
            Some(Told {
                trial: *trial,
                point: &t.point,
                outcome,
                repetitions,
                log_cost: whole.map(libm::log),
            })
        })
    }

    /// The points of those that run and that a view does not have, at most the newest so many.
    pub(crate) fn running(&self, view: View, most: usize) -> Vec<&Arc<Point>> {
        let running = self.trials.values().rev().filter(|t| t.outcome.is_none() && t.at(view).is_none());
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

    /// Trials that are stopped at steps 1 and 9, or come to their end.
    fn told_of(stopped_at_1: u64, stopped_at_9: u64, ended: u64) -> History {
        let mut history = History::default();
        let point = Arc::new(Point::empty(0));
        for trial in (0..stopped_at_1 + stopped_at_9 + ended).map(TrialId) {
            let outcome = match trial.0 {
                n if n < stopped_at_1 => Outcome::Pruned { step: 1, value: Some(1.0) },
                n if n < stopped_at_1 + stopped_at_9 => Outcome::Pruned { step: 9, value: Some(9.0) },
                _ => Outcome::Complete { values: vec![81.0], violations: vec![] },
            };
            let (point, decision) = (point.clone(), None);
            let created = Observed::Created { trial, decision, point, level: None, parent: None, memo: None };
            let at_1 = Observed::Reported { trial, repetition: 0, step: 1, values: vec![1.0] };
            history.learn(&[created, at_1, Observed::Ended { trial, outcome }], "");
        }
        history
    }

    #[test]
    fn a_model_is_made_of_the_furthest_step_that_enough_trials_came_to() {
        assert_eq!(told_of(4, 0, 0).view(5), None);
        assert_eq!(told_of(20, 3, 1).view(5), Some(View::Step(1)));
        assert_eq!(told_of(20, 5, 4).view(5), Some(View::Step(9)));
        assert_eq!(told_of(20, 5, 5).view(5), Some(View::Ends));
        assert_eq!(told_of(5, 0, 5).view(5), Some(View::Outcomes), "few end early");
        let history = told_of(20, 6, 4);
        let at = |view| history.told(view).filter_map(|told| told.value(0)).collect::<Vec<_>>();
        assert_eq!(at(View::Step(1)), [1.0; 30]);
        assert_eq!(at(View::Step(9)), [9.0; 6]);
        assert_eq!(at(View::Ends), [81.0; 4]);
    }

    #[test]
    fn who_runs_is_pending_until_it_has_come_to_the_step() {
        let mut history = told_of(20, 0, 0);
        let (trial, point) = (TrialId(99), Arc::new(Point::empty(0)));
        history.learn(
            &[Observed::Created { trial, decision: None, point, level: None, parent: None, memo: None }],
            "",
        );
        assert_eq!(history.running(View::Step(1), 9).len(), 1);
        history.learn(&[Observed::Reported { trial, repetition: 0, step: 1, values: vec![0.5] }], "");
        assert_eq!((history.running(View::Step(1), 9).len(), history.told(View::Step(1)).count()), (0, 21));
        assert_eq!(history.running(View::Ends, 9).len(), 1);
    }

    #[test]
    fn what_a_stopped_trial_cost_is_not_what_its_configuration_costs() {
        let mut history = told_of(20, 0, 1);
        let spent = |trial| Observed::Spent { trial: TrialId(trial), cost: 2.0 };
        history.learn(&[spent(0), spent(20)], "");
        let costs: Vec<_> = history.told(View::Step(1)).filter_map(|told| told.log_cost).collect();
        assert_eq!(costs, [libm::log(2.0)]);
    }

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
