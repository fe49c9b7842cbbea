//! `patience`: a trial goes on as long as it improves.

use super::curves::Curves;
use super::{PatienceOptions, Pruner, Question, Verdict, report};
use crate::Observed;

/// The rule, and the one that it holds back. NaN is passed over; where all of the last reports are NaN, or all before
/// them, there is nothing to compare and the trial goes on.
pub(crate) struct Patience {
    /// How many of the last reports may be worse.
    last: usize,
    min_delta: f64,
    rule: Option<Box<dyn Pruner>>,
    curves: Curves,
}

impl Patience {
    pub(crate) fn new(options: &PatienceOptions, rule: Option<Box<dyn Pruner>>) -> Self {
        let last = usize::try_from(options.patience).unwrap_or(usize::MAX).saturating_add(1);
        Patience { last, min_delta: options.min_delta, rule, curves: Curves::default() }
    }
}

impl Pruner for Patience {
    fn learn(&mut self, events: &[Observed]) {
        for event in events {
            if let Some(report) = report(event) {
                self.curves.push(&report);
            } else if let Observed::Ended { trial, .. } = event {
                self.curves.take(*trial);
            }
        }
        if let Some(rule) = &mut self.rule {
            rule.learn(events);
        }
    }

    fn judge(&self, question: &Question) -> Verdict {
        match self.curves.seen(question).best_before_and_of_last(self.last) {
            Some((before, last)) if before + self.min_delta < last => {
                self.rule.as_ref().map_or(Verdict::Prune, |rule| rule.judge(question))
            }
            _ => Verdict::Go,
        }
    }

    /// Each report may be the one that improves.
    fn acts_on(&self, _report: &Question) -> bool {
        true
    }

    fn fork(&self) -> Box<dyn Pruner> {
        let rule = self.rule.as_ref().map(|rule| rule.fork());
        Box::new(Patience { last: self.last, min_delta: self.min_delta, rule, curves: self.curves.clone() })
    }
}
