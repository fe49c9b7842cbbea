//! `wilcoxon`: a trial is compared with the best one, instance by instance (as Optuna 5.0.0's `WilcoxonPruner`).
//!
//! For objectives that are a mean over problem instances, seeds or folds: whoever is significantly worse on the instances
//! that it has seen is not run on the others.

mod options;
mod signed_rank;

use std::collections::BTreeMap;
use std::sync::Arc;

use super::{Pruner, Question, Verdict, report};
use crate::{Observed, Outcome, TrialId};

pub use options::{Instances, WilcoxonOptions};

/// The rule. The best trial is the complete and feasible one of the least value, of equal ones the first to end. Where
/// either trial has a value that is not finite nothing is compared; nor is a trial stopped whose mean so far is as good as
/// the best one's: of all its instances, as in Optuna, or of the same repetitions.
#[derive(Clone, Debug)]
pub(crate) struct Wilcoxon {
    threshold: f64,
    least: usize,
    over: Instances,
    /// What running trials reported, by repetition.
    running: BTreeMap<(TrialId, u32), Sample>,
    /// What the repetitions of trials came to that have not ended yet.
    repetitions: BTreeMap<TrialId, Sample>,
    best: Option<Arc<Best>>,
}

/// Values by instance, in the order in which they came. Of two of one instance the first counts.
#[derive(Clone, Debug, Default)]
struct Sample(Vec<(u64, f64)>);

#[derive(Clone, Debug)]
struct Best {
    trial: TrialId,
    value: f64,
    /// By repetition where instances are what is reported, else one.
    samples: BTreeMap<u32, Compared>,
}

/// A sample that others are compared with.
#[derive(Clone, Debug)]
struct Compared {
    /// In the order of the instances.
    values: Vec<(u64, f64)>,
    mean: f64,
    sample: Sample,
}

impl Sample {
    fn push(&mut self, instance: u64, value: f64) {
        if self.0.iter().all(|(known, _)| *known != instance) {
            self.0.push((instance, value));
        }
    }

    /// Up to this instance, or all of it and the instance as well.
    fn up_to(&self, instance: u64, value: f64) -> Vec<(u64, f64)> {
        match self.0.iter().position(|(known, _)| *known == instance) {
            Some(at) => self.0.iter().take(at + 1).copied().collect(),
            None => self.0.iter().copied().chain([(instance, value)]).collect(),
        }
    }
}

impl Compared {
    fn new(sample: Sample) -> Self {
        let mut values = sample.0.clone();
        values.sort_unstable_by_key(|(instance, _)| *instance);
        Compared { values, mean: mean(&sample.0), sample }
    }

    fn value(&self, instance: u64) -> Option<f64> {
        let at = self.values.binary_search_by_key(&instance, |(known, _)| *known).ok()?;
        self.values.get(at).map(|(_, value)| *value)
    }
}

/// In the order in which they came, as numpy's callers sum them: the mean is the same to the last digit.
fn mean(values: &[(u64, f64)]) -> f64 {
    values.iter().fold(0.0, |sum, (_, value)| sum + value) / values.len() as f64
}

impl Wilcoxon {
    pub(crate) fn new(options: &WilcoxonOptions) -> Self {
        Wilcoxon {
            threshold: options.p_threshold,
            least: usize::try_from(options.n_startup_steps.max(2)).unwrap_or(usize::MAX),
            over: options.over.unwrap_or_default(),
            running: BTreeMap::new(),
            repetitions: BTreeMap::new(),
            best: None,
        }
    }

    fn compare(&self, values: &[(u64, f64)], repetition: u32) -> Verdict {
        let Some(best) = self.best.as_ref().and_then(|best| best.samples.get(&repetition)) else {
            return Verdict::Go;
        };
        let own = mean(values);
        let their = match self.over {
            Instances::Reports => best.mean,
            // In a given order the first ones may all be easy, or hard.
            Instances::Repetitions => {
                let same =
                    values.iter().filter_map(|(instance, _)| Some((*instance, best.value(*instance)?)));
                mean(&same.collect::<Vec<_>>())
            }
        };
        // Means of finite values may still be too large to be numbers; what is not finite makes them so.
        let finite = |values: &[(u64, f64)]| values.iter().all(|(_, value)| value.is_finite());
        if values.len() < self.least || their >= own || !finite(values) || !finite(&best.values) {
            return Verdict::Go;
        }
        let difference = |(instance, value): &(u64, f64)| Some(value - best.value(*instance)?);
        let mut differences: Vec<f64> = values.iter().filter_map(difference).collect();
        if differences.len() < self.least {
            return Verdict::Go;
        }
        match signed_rank::p_value(&mut differences) {
            Some(p) if p < self.threshold => Verdict::Prune,
            _ => Verdict::Go,
        }
    }

    fn ended(&mut self, trial: TrialId, outcome: &Outcome) {
        let mut samples: BTreeMap<u32, Sample> = BTreeMap::new();
        while let Some((key, _)) = self.running.range((trial, 0)..=(trial, u32::MAX)).next() {
            let key = *key;
            samples.extend(self.running.remove(&key).map(|sample| (key.1, sample)));
        }
        if let Some(sample) = self.repetitions.remove(&trial) {
            samples.insert(0, sample);
        }
        let Outcome::Complete { values, violations } = outcome else { return };
        let Some(value) = values.first().copied().filter(|_| violations.iter().all(|v| *v <= 0.0)) else {
            return;
        };
        let before = self.best.as_ref().filter(|best| best.trial == trial);
        if before.is_none() && self.best.as_ref().is_some_and(|best| best.value <= value) {
            return;
        }
        // The best one that had more repetitions keeps the earlier ones.
        for (repetition, compared) in before.iter().flat_map(|best| &best.samples) {
            let later = samples.entry(*repetition).or_default();
            let mut all = compared.sample.clone();
            later.0.iter().for_each(|(instance, value)| all.push(*instance, *value));
            *later = all;
        }
        let samples = samples.into_iter().map(|(repetition, sample)| (repetition, Compared::new(sample)));
        self.best = Some(Arc::new(Best { trial, value, samples: samples.collect() }));
    }
}

impl Pruner for Wilcoxon {
    fn learn(&mut self, events: &[Observed]) {
        for event in events {
            match (event, self.over) {
                (Observed::Reported { .. }, Instances::Reports) => {
                    let Some(report) = report(event) else { continue };
                    let sample = self.running.entry((report.trial, report.repetition)).or_default();
                    sample.push(report.step, report.value);
                }
                (Observed::Repetition { trial, repetition, values }, Instances::Repetitions) => {
                    let value = values.first().copied().unwrap_or(f64::NAN);
                    self.repetitions.entry(*trial).or_default().push(u64::from(*repetition), value);
                }
                (Observed::Ended { trial, outcome }, _) => self.ended(*trial, outcome),
                _ => {}
            }
        }
    }

    fn judge(&self, question: &Question) -> Verdict {
        if self.best.is_none() || self.over == Instances::Repetitions {
            return Verdict::Go;
        }
        let sample = self.running.get(&(question.trial, question.repetition));
        let values = sample.map_or_else(
            || vec![(question.step, question.value)],
            |sample| sample.up_to(question.step, question.value),
        );
        self.compare(&values, question.repetition)
    }

    fn judge_repetitions(&self, values: &[f64]) -> Verdict {
        if self.over == Instances::Reports {
            return Verdict::Go;
        }
        let values: Vec<(u64, f64)> = (0..).zip(values.iter().copied()).collect();
        self.compare(&values, 0)
    }

    fn acts_on(&self, _report: &Question) -> bool {
        self.over == Instances::Reports
    }

    fn fork(&self) -> Box<dyn Pruner> {
        Box::new(self.clone())
    }
}
