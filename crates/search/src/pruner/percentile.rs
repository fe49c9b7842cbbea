//! `percentile` and `median`: a trial is compared with what complete ones had at the same step.

use super::columns::Columns;
use super::curves::{Curves, Interval};
use super::{PercentileOptions, Pruner, Question, Verdict, report};
use crate::{Observed, Outcome};

/// The rule. Trials whose values are all NaN are stopped; NaN of complete trials is passed over.
///
/// A complete trial that goes on, or gets more repetitions, adds what it reports from there when it is complete again.
#[derive(Clone, Debug)]
pub(crate) struct Percentile {
    startup: u64,
    min_trials: u64,
    interval: Interval,
    curves: Curves,
    columns: Columns,
    complete: u64,
}

impl Percentile {
    pub(crate) fn new(options: &PercentileOptions) -> Self {
        Percentile {
            // Without any there is nothing to compare with.
            startup: options.n_startup_trials.max(1),
            min_trials: options.n_min_trials.max(1),
            interval: Interval { warmup: options.n_warmup_steps, steps: options.interval_steps.max(1) },
            curves: Curves::default(),
            columns: Columns::new(options.percentile / 100.0),
            complete: 0,
        }
    }
}

impl Pruner for Percentile {
    fn learn(&mut self, events: &[Observed]) {
        for event in events {
            if let Some(report) = report(event) {
                self.curves.push(&report);
            } else if let Observed::Ended { trial, outcome } = event {
                let curves = self.curves.take(*trial);
                if let Outcome::Complete { .. } = outcome {
                    self.complete += 1;
                    curves.iter().for_each(|(repetition, curve)| self.columns.insert(*repetition, curve));
                }
            }
        }
    }

    fn judge(&self, question: &Question) -> Verdict {
        if self.complete < self.startup {
            return Verdict::Go;
        }
        let seen = self.curves.seen(question);
        if !self.interval.is_due(question.step, seen.previous_step()) {
            return Verdict::Go;
        }
        let best = seen.best();
        if best.is_nan() {
            return Verdict::Prune;
        }
        match self.columns.quantile(question.repetition, question.step) {
            (reported, Some(quantile)) if reported >= self.min_trials && best > quantile => Verdict::Prune,
            _ => Verdict::Go,
        }
    }

    /// Each report is part of the best so far, and of what later trials are compared with.
    fn acts_on(&self, _report: &Question) -> bool {
        true
    }

    fn fork(&self) -> Box<dyn Pruner> {
        Box::new(self.clone())
    }
}
