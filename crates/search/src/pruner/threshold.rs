//! `threshold`: limits that no reported value may pass.

use super::curves::{Curves, Interval};
use super::{Pruner, Question, Sense, ThresholdOptions, Verdict, report};
use crate::Observed;

/// The rule. NaN passes all limits; a limit itself does not.
#[derive(Clone, Debug)]
pub(crate) struct Threshold {
    /// In the minimised sense.
    lower: f64,
    upper: f64,
    interval: Interval,
    /// Needed to know at which report of an interval it is; empty where each is judged.
    curves: Curves,
}

impl Threshold {
    pub(crate) fn new(options: &ThresholdOptions, sense: Sense) -> Self {
        let lower = options.lower.unwrap_or(f64::NEG_INFINITY);
        let upper = options.upper.unwrap_or(f64::INFINITY);
        let (lower, upper) = match sense {
            Sense::Minimize => (lower, upper),
            Sense::Maximize => (-upper, -lower),
        };
        let interval = Interval { warmup: options.n_warmup_steps, steps: options.interval_steps.max(1) };
        Threshold { lower, upper, interval, curves: Curves::default() }
    }

    fn keeps_all(&self, value: f64) -> bool {
        (self.lower..=self.upper).contains(&value)
    }
}

impl Pruner for Threshold {
    fn learn(&mut self, events: &[Observed]) {
        if self.interval.steps == 1 {
            return;
        }
        for event in events {
            if let Some(report) = report(event).filter(|report| self.acts_on(report)) {
                self.curves.push(&report);
            } else if let Observed::Ended { trial, .. } = event {
                self.curves.take(*trial);
            }
        }
    }

    fn judge(&self, question: &Question) -> Verdict {
        let previous = self.curves.seen(question).previous_step();
        if self.interval.is_due(question.step, previous) && !self.keeps_all(question.value) {
            Verdict::Prune
        } else {
            Verdict::Go
        }
    }

    /// Values within the limits matter only where they may be the first of an interval.
    fn acts_on(&self, report: &Question) -> bool {
        let judged = report.step >= self.interval.warmup;
        judged && (self.interval.steps > 1 || !self.keeps_all(report.value))
    }

    fn fork(&self) -> Box<dyn Pruner> {
        Box::new(self.clone())
    }
}
