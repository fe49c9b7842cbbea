//! What running trials reported so far, and at which reports a rule is due.

use std::collections::BTreeMap;

use super::Question;
use crate::TrialId;

/// One repetition of one trial, as reported, in the order of its steps. Of two reports at one step the first counts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Curve {
    points: Vec<CurvePoint>,
}

#[derive(Clone, Copy, Debug)]
pub(crate) struct CurvePoint {
    pub(crate) step: u64,
    pub(crate) value: f64,
    /// The best of the values up to here; NaN where all are.
    best: f64,
}

/// A curve up to the report that is asked about, that report included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen<'a> {
    before: &'a [CurvePoint],
    value: f64,
}

impl Curve {
    fn push(&mut self, step: u64, value: f64) {
        let at = match self.points.last() {
            Some(last) if last.step >= step => match self.find(step) {
                Ok(_) => return,
                Err(at) => at,
            },
            _ => self.points.len(),
        };
        self.points.insert(at, CurvePoint { step, value, best: f64::NAN });
        // One turn where reports come in the order of their steps.
        for i in at..self.points.len() {
            let before = i.checked_sub(1).and_then(|before| self.points.get(before));
            let best = before.map_or(f64::NAN, |point| point.best);
            if let Some(point) = self.points.get_mut(i) {
                point.best = best.min(point.value);
            }
        }
    }

    fn find(&self, step: u64) -> Result<usize, usize> {
        match self.points.last() {
            Some(last) if last.step == step => Ok(self.points.len() - 1),
            _ => self.points.binary_search_by_key(&step, |point| point.step),
        }
    }

    pub(crate) fn points(&self) -> &[CurvePoint] {
        &self.points
    }
}

impl Seen<'_> {
    /// The best value so far; NaN where all are.
    pub(crate) fn best(&self) -> f64 {
        // `min` passes over NaN.
        self.before.last().map_or(f64::NAN, |point| point.best).min(self.value)
    }

    /// The last step before this one.
    pub(crate) fn previous_step(&self) -> Option<u64> {
        self.before.last().map(|point| point.step)
    }

    /// The best of all but the last `count` values, and the best of these; `None` where there are no others.
    pub(crate) fn best_before_and_of_last(&self, count: usize) -> Option<(f64, f64)> {
        let split = (self.before.len() + 1).checked_sub(count).filter(|split| *split > 0)?;
        let earlier = self.before.get(split - 1)?.best;
        let last = self.before.get(split..)?.iter().fold(self.value, |best, point| best.min(point.value));
        Some((earlier, last))
    }
}

/// The curves of all running trials.
#[derive(Clone, Debug, Default)]
pub(crate) struct Curves {
    curves: BTreeMap<(TrialId, u32), Curve>,
}

impl Curves {
    pub(crate) fn push(&mut self, report: &Question) {
        self.curves.entry((report.trial, report.repetition)).or_default().push(report.step, report.value);
    }

    /// Up to this report. It need not have been learned.
    pub(crate) fn seen(&self, report: &Question) -> Seen<'_> {
        let Some(curve) = self.curves.get(&(report.trial, report.repetition)) else {
            return Seen { before: &[], value: report.value };
        };
        let (at, value) = match curve.find(report.step) {
            Ok(at) => (at, curve.points.get(at).map_or(report.value, |point| point.value)),
            Err(at) => (at, report.value),
        };
        Seen { before: curve.points.get(..at).unwrap_or_default(), value }
    }

    /// Takes out the curves of a trial that is over, by repetition.
    pub(crate) fn take(&mut self, trial: TrialId) -> Vec<(u32, Curve)> {
        let mut taken = Vec::new();
        while let Some((key, _)) = self.curves.range((trial, 0)..=(trial, u32::MAX)).next() {
            let key = *key;
            taken.extend(self.curves.remove(&key).map(|curve| (key.1, curve)));
        }
        taken
    }
}

/// At which reports a rule is due: the first in each interval after the warm-up.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interval {
    pub(crate) warmup: u64,
    /// At least 1.
    pub(crate) steps: u64,
}

impl Interval {
    /// Whether the report at `step` is one; `previous` is the trial's last step before it.
    pub(crate) fn is_due(self, step: u64, previous: Option<u64>) -> bool {
        let Some(since) = step.checked_sub(self.warmup) else { return false };
        let begin = self.warmup + since / self.steps * self.steps;
        previous.is_none_or(|previous| previous < begin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn question(step: u64, value: f64) -> Question {
        Question { trial: TrialId(1), repetition: 0, step, value }
    }

    fn curves(points: &[(u64, f64)]) -> Curves {
        let mut curves = Curves::default();
        points.iter().for_each(|(step, value)| curves.push(&question(*step, *value)));
        curves
    }

    #[test]
    fn the_best_so_far_passes_over_nan_and_over_later_reports() {
        let curves = curves(&[(0, f64::NAN), (1, 3.0), (2, f64::NAN), (3, 1.0)]);
        assert!(curves.seen(&question(0, f64::NAN)).best().is_nan());
        assert_eq!(curves.seen(&question(2, f64::NAN)).best(), 3.0);
        assert_eq!(curves.seen(&question(3, 1.0)).best(), 1.0);
        assert_eq!(curves.seen(&question(9, 0.5)).best(), 0.5);
    }

    #[test]
    fn steps_may_come_in_any_order_and_the_first_value_at_a_step_counts() {
        let curves = curves(&[(5, 3.0), (2, 4.0), (5, 0.0), (3, 1.0)]);
        assert_eq!(curves.seen(&question(2, 4.0)).best(), 4.0);
        assert_eq!(curves.seen(&question(5, 0.0)).best(), 1.0);
        assert_eq!(curves.seen(&question(5, 0.0)).previous_step(), Some(3));
        assert_eq!(curves.seen(&question(2, 0.0)).previous_step(), None);
    }

    #[test]
    fn a_rule_is_due_at_the_first_report_of_each_interval() {
        let interval = Interval { warmup: 10, steps: 5 };
        let due = |step, previous| interval.is_due(step, previous);
        assert!(!due(9, Some(8)) && due(10, Some(9)) && !due(11, Some(10)) && due(15, Some(14)));
        assert!(due(13, None) && due(13, Some(9)) && due(17, Some(14)) && !due(18, Some(17)));
    }

    #[test]
    fn taking_a_trials_curves_leaves_those_of_others() {
        let mut curves = curves(&[(0, 1.0)]);
        curves.push(&Question { trial: TrialId(1), repetition: 4, step: 0, value: 2.0 });
        curves.push(&Question { trial: TrialId(2), repetition: 0, step: 0, value: 3.0 });
        let taken = curves.take(TrialId(1));
        assert_eq!(taken.iter().map(|(repetition, _)| *repetition).collect::<Vec<_>>(), [0, 4]);
        assert_eq!(curves.curves.len(), 1);
    }
}
