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

use signed_rank::Differences;

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
    running: BTreeMap<(TrialId, u32), Running>,
    /// What the repetitions of trials came to that have not ended yet.
    repetitions: BTreeMap<TrialId, Sample>,
    best: Option<Arc<Best>>,
}

/// What a running trial reported in one repetition, and the differences to the best trial that it was compared with last.
#[derive(Clone, Debug, Default)]
struct Running {
    sample: Sample,
    paired: Option<Paired>,
}

/// A sample's differences to the best trial's, and its mean, kept so that a report need not sort and sum all of them again.
/// They follow from the sample and the best trial alone: verdicts are the same without.
#[derive(Clone, Debug)]
struct Paired {
    best: Arc<Best>,
    repetition: u32,
    differences: Differences,
    count: usize,
    sum: f64,
    /// Of the best trial's values on the same instances.
    their_sum: f64,
    finite: bool,
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
    finite: bool,
    sample: Sample,
}

impl Sample {
    /// Whether the instance is a new one.
    fn push(&mut self, instance: u64, value: f64) -> bool {
        let new = self.0.iter().all(|(known, _)| *known != instance);
        if new {
            self.0.push((instance, value));
        }
        new
    }

    /// Up to this instance, or all of it and the instance as well.
    fn up_to(&self, instance: u64, value: f64) -> Vec<(u64, f64)> {
        match self.0.iter().position(|(known, _)| *known == instance) {
            Some(at) => self.0.iter().take(at + 1).copied().collect(),
            None => self.0.iter().copied().chain([(instance, value)]).collect(),
        }
    }
}

impl Running {
    /// Takes in a report, and its difference to what `best` has.
    fn push(&mut self, report: &Question, best: Option<&Arc<Best>>) {
        if !self.sample.push(report.step, report.value) {
            return;
        }
        match (&mut self.paired, best) {
            (Some(paired), Some(best)) if Arc::ptr_eq(&paired.best, best) => {
                paired.push(report.step, report.value);
            }
            (paired, best) => *paired = best.map(|best| Paired::new(best, report.repetition, &self.sample.0)),
        }
    }

    /// What was kept, if it is of this best trial and up to this very report.
    fn paired(&self, step: u64, best: &Arc<Best>) -> Option<&Paired> {
        let paired = self.paired.as_ref().filter(|paired| Arc::ptr_eq(&paired.best, best))?;
        self.sample.0.last().is_some_and(|(last, _)| *last == step).then_some(paired)
    }
}

impl Paired {
    fn new(best: &Arc<Best>, repetition: u32, values: &[(u64, f64)]) -> Self {
        let (best, differences) = (Arc::clone(best), Differences::default());
        let mut paired =
            Paired { best, repetition, differences, count: 0, sum: 0.0, their_sum: 0.0, finite: true };
        values.iter().for_each(|(instance, value)| paired.push(*instance, *value));
        paired
    }

    fn push(&mut self, instance: u64, value: f64) {
        self.count += 1;
        self.sum += value;
        self.finite &= value.is_finite();
        let their = self.best.samples.get(&self.repetition).and_then(|best| best.value(instance));
        if let Some(their) = their {
            self.their_sum += their;
            self.differences.push(value - their);
        }
    }

    /// In the order in which they came, as [`mean`].
    fn mean(&self) -> f64 {
        self.sum / self.count as f64
    }
}

impl Compared {
    fn new(sample: Sample) -> Self {
        let mut values = sample.0.clone();
        values.sort_unstable_by_key(|(instance, _)| *instance);
        let finite = values.iter().all(|(_, value)| value.is_finite());
        Compared { values, mean: mean(&sample.0), finite, sample }
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

    fn compare(&self, paired: &Paired) -> Verdict {
        let Some(best) = paired.best.samples.get(&paired.repetition) else { return Verdict::Go };
        let their = match self.over {
            Instances::Reports => best.mean,
            // In a given order the first ones may all be easy, or hard.
            Instances::Repetitions => paired.their_sum / paired.differences.len() as f64,
        };
        // Means of finite values may still be too large to be numbers; what is not finite makes them so.
        if paired.count < self.least || their >= paired.mean() || !paired.finite || !best.finite {
            return Verdict::Go;
        }
        if paired.differences.len() < self.least {
            return Verdict::Go;
        }
        match paired.differences.p_value() {
            Some(p) if p < self.threshold => Verdict::Prune,
            _ => Verdict::Go,
        }
    }

    fn ended(&mut self, trial: TrialId, outcome: &Outcome) {
        let mut samples: BTreeMap<u32, Sample> = BTreeMap::new();
        while let Some((key, _)) = self.running.range((trial, 0)..=(trial, u32::MAX)).next() {
            let key = *key;
            samples.extend(self.running.remove(&key).map(|running| (key.1, running.sample)));
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
            for (instance, value) in &later.0 {
                all.push(*instance, *value);
            }
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
                    let running = self.running.entry((report.trial, report.repetition)).or_default();
                    running.push(&report, self.best.as_ref());
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
        let Some(best) = self.best.as_ref().filter(|_| self.over == Instances::Reports) else {
            return Verdict::Go;
        };
        let Question { repetition, step, value, .. } = *question;
        let running = self.running.get(&(question.trial, repetition));
        if let Some(paired) = running.and_then(|running| running.paired(step, best)) {
            return self.compare(paired);
        }
        // An earlier report, one that was not learned, or the best trial is another one since.
        let values = running.map_or_else(|| vec![(step, value)], |running| running.sample.up_to(step, value));
        self.compare(&Paired::new(best, repetition, &values))
    }

    fn judge_repetitions(&self, values: &[f64]) -> Verdict {
        let Some(best) = self.best.as_ref().filter(|_| self.over == Instances::Repetitions) else {
            return Verdict::Go;
        };
        let values: Vec<(u64, f64)> = (0..).zip(values.iter().copied()).collect();
        self.compare(&Paired::new(best, 0, &values))
    }

    fn acts_on(&self, _report: &Question) -> bool {
        self.over == Instances::Reports
    }

    fn fork(&self) -> Box<dyn Pruner> {
        Box::new(self.clone())
    }
}
