//! What trials came to on their way, on one scale.
//!
//! Of trials that end early there are values at different steps, and at the later ones only of those that did well before.
//! Values are taken at a few marks, each at three times the steps of the one before, and standardised at each. What is mean and
//! spread among those that came to a mark is not that of all trials, had they all come there; but by how these trials
//! stood at the mark before, and how far they kept their order, it can be told (Pearson's correction for selection on a
//! variable, as in Lawley 1943): where the order is kept, so is their scale, and where early values say nothing, those that
//! went on are a sample like any other.

use std::collections::BTreeMap;

use super::history::History;
use super::values::{Prepared, Transform};
use crate::TrialId;

/// How many times the steps of one mark the next has.
const APART: u64 = 3;
/// The correlation of two marks is estimated as if besides so many more trials had kept their order, and had been spread by
/// this share of all.
const FAITH: f64 = 8.0;
const SPREAD: f64 = 0.5;
/// Fewer values are not bent.
const FEW_VALUES: usize = 3;

/// A value of a trial on its way.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Seen {
    pub(crate) trial: TrialId,
    /// How far it had come: from 0, at the first mark, to 1, at the last.
    pub(crate) share: f64,
    /// On the scale of all trials at the mark: mean about 0, spread about 1.
    pub(crate) value: f64,
}

/// The values of all trials, mark by mark.
pub(crate) fn seen(history: &History) -> Vec<Seen> {
    let marks: Vec<Vec<(TrialId, f64)>> = by_marks(history);
    let last = marks.len().saturating_sub(1).max(1) as f64;
    let (mut seen, mut before) = (Vec::new(), BTreeMap::new());
    for (k, mark) in marks.iter().enumerate() {
        let values: Vec<f64> = mark.iter().map(|(_, value)| *value).collect();
        let mut standard = standardised(&values);
        let both = mark.iter().zip(&standard).filter_map(|((trial, _), s)| Some((*before.get(trial)?, *s)));
        rescale(&both.collect::<Vec<_>>(), &mut standard);
        let share = if marks.len() == 1 { 1.0 } else { k as f64 / last };
        let there = mark.iter().zip(&standard).map(|((trial, _), value)| (*trial, *value));
        before = there.collect();
        seen.extend(before.iter().map(|(trial, value)| Seen { trial: *trial, share, value: *value }));
    }
    seen
}

/// The marks that any trial has come to, the first first, with who came there and its value there: the last one that it
/// reported since the mark before, or, at the last mark, its own.
fn by_marks(history: &History) -> Vec<Vec<(TrialId, f64)>> {
    let top = history.furthest();
    let mut steps: Vec<u64> =
        std::iter::successors(Some(top), |step| Some(step / APART)).take_while(|s| *s > 0).collect();
    steps.reverse();
    let mut from = 0;
    let mut marks = Vec::new();
    for (k, step) in steps.iter().enumerate() {
        let is_last = k + 1 == steps.len();
        let value = |(id, trial): (&TrialId, &super::history::Trial)| {
            let end = trial.end().filter(|_| is_last);
            end.or_else(|| trial.last_of(from..=*step)).map(|value| (*id, value))
        };
        marks.push(history.trials.iter().filter_map(value).collect::<Vec<_>>());
        from = step + 1;
    }
    marks.retain(|mark| !mark.is_empty());
    marks
}

fn standardised(values: &[f64]) -> Vec<f64> {
    let prepared = Prepared::new(values);
    let transform = if values.len() < FEW_VALUES { Transform::None } else { prepared.yeo_johnson() };
    prepared.transformed(transform)
}

/// Puts the values of a mark on the scale of all trials. `both` are those of the mark before and of this one, of the trials
/// that came to both.
fn rescale(both: &[(f64, f64)], values: &mut [f64]) {
    if both.is_empty() {
        return;
    }
    let n = both.len() as f64;
    let mean = |of: &dyn Fn(&(f64, f64)) -> f64| both.iter().map(of).sum::<f64>() / n;
    let (before, here) = (mean(&|b| b.0), mean(&|b| b.1));
    let variance_before = mean(&|b| (b.0 - before) * (b.0 - before));
    let variance_here = mean(&|b| (b.1 - here) * (b.1 - here));
    let covariance = mean(&|b| (b.0 - before) * (b.1 - here));
    let product = variance_before * variance_here;
    let told = if product > 1e-18 { covariance / product.sqrt() } else { 1.0 };
    let correlation = ((n * told + FAITH) / (n + FAITH)).clamp(0.0, 1.0);
    let spread_before = ((n * variance_before + FAITH * SPREAD * SPREAD) / (n + FAITH)).sqrt();
    let spread_here = ((n * variance_here + FAITH) / (n + FAITH)).sqrt();
    // Among all, whose spread at the mark before is 1, a trial's value here hangs on that before by this slope.
    let slope = correlation / spread_before;
    let spread = (slope * slope + 1.0 - correlation * correlation).sqrt();
    values.iter_mut().for_each(|v| *v = ((*v - here) / spread_here + slope * before) / spread);
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use space::{Point, Stream};

    use super::*;
    use crate::{Observed, Outcome};

    /// Trials with a value at step 1, of which the best third go on to their end at step 3, where their values are
    /// correlated so much with the first; the values at the end that all would have come to.
    fn told_of(trials: usize, correlation: f64) -> (History, Vec<f64>) {
        let (mut history, mut stream) = (History::default(), Stream::new(1, 0, 0));
        let point = Arc::new(Point::empty(0));
        let first: Vec<f64> = (0..trials).map(|_| stream.normal()).collect();
        let noise = (1.0 - correlation * correlation).sqrt();
        let ends: Vec<f64> = first.iter().map(|v| correlation * v + noise * stream.normal()).collect();
        let mut sorted = first.clone();
        sorted.sort_by(f64::total_cmp);
        for (k, (value, end)) in first.iter().zip(&ends).enumerate() {
            let (trial, point) = (TrialId(k as u64), point.clone());
            let (decision, level, parent, memo) = (None, None, None, None);
            history.learn(&[Observed::Created { trial, decision, point, level, parent, memo }], "");
            let reported =
                |step, value: &f64| Observed::Reported { trial, repetition: 0, step, values: vec![*value] };
            history.learn(&[reported(1, &(10.0 + 2.0 * value))], "");
            if *value < sorted[trials / 3] {
                history.learn(&[reported(3, end)], "");
                let outcome = Outcome::Complete { values: vec![*end], violations: vec![] };
                history.learn(&[Observed::Ended { trial, outcome }], "");
            }
        }
        (history, ends)
    }

    /// By how much the values at the end miss, in the mean, what they are on the scale of all.
    fn missed_by(trials: usize, correlation: f64) -> (f64, f64) {
        let (history, ends) = told_of(trials, correlation);
        let seen = seen(&history);
        let last: Vec<&Seen> = seen.iter().filter(|seen| seen.share == 1.0).collect();
        assert_eq!((last.len(), seen.len()), (trials / 3, trials + trials / 3));
        let n = last.len() as f64;
        let mean = last.iter().map(|s| s.value - ends[s.trial.0 as usize]).sum::<f64>() / n;
        let size = last.iter().map(|s| (s.value - ends[s.trial.0 as usize]).abs()).sum::<f64>() / n;
        (mean, size)
    }

    #[test]
    fn values_of_those_that_went_on_are_on_the_scale_of_all() {
        for correlation in [0.0, 0.3, 0.7, 1.0] {
            let (mean, size) = missed_by(3000, correlation);
            assert!(mean.abs() < 0.12 && size < 0.2, "correlation {correlation}: {mean} {size}");
        }
    }

    #[test]
    fn a_few_that_went_on_are_taken_for_better_than_all() {
        let (history, _) = told_of(12, 0.0);
        let seen = seen(&history);
        let at_end: Vec<f64> = seen.iter().filter(|s| s.share == 1.0).map(|s| s.value).collect();
        let mean = at_end.iter().sum::<f64>() / at_end.len() as f64;
        assert!(at_end.len() == 4 && mean < -0.4, "{at_end:?}");
    }

    #[test]
    fn a_mark_is_three_times_the_one_before_and_has_the_last_value_since_then() {
        let (mut history, point) = (History::default(), Arc::new(Point::empty(0)));
        for (trial, reports) in [(0, 1..=27), (1, 1..=27), (2, 1..=5), (3, 0..=0)] {
            let (trial, point) = (TrialId(trial), point.clone());
            let (decision, level, parent, memo) = (None, None, None, None);
            history.learn(&[Observed::Created { trial, decision, point, level, parent, memo }], "");
            for step in reports {
                history.learn(
                    &[Observed::Reported { trial, repetition: 0, step, values: vec![step as f64] }],
                    "",
                );
            }
        }
        let values: Vec<Vec<f64>> =
            by_marks(&history).iter().map(|mark| mark.iter().map(|(_, value)| *value).collect()).collect();
        assert_eq!(values, [vec![1.0, 1.0, 1.0, 0.0], vec![3.0; 3], vec![9.0, 9.0, 5.0], vec![27.0; 2]]);
    }

    #[test]
    fn where_nobody_reports_a_step_the_ends_are_the_only_mark() {
        let mut history = History::default();
        for trial in (0..4).map(TrialId) {
            let (decision, level, parent, memo) = (None, None, None, None);
            let point = Arc::new(Point::empty(0));
            let outcome = Outcome::Complete { values: vec![trial.0 as f64], violations: vec![] };
            let created = Observed::Created { trial, decision, point, level, parent, memo };
            history.learn(&[created, Observed::Ended { trial, outcome }], "");
        }
        assert!(seen(&history).iter().all(|seen| seen.share == 1.0) && seen(&history).len() == 4);
        assert_eq!(seen(&History::default()), []);
    }
}
