//! `hyperband`: successive halving in several brackets side by side, so that neither "many short trials" nor "few long
//! ones" has to be believed in (Li et al. 2018, arXiv:1603.06560).
//!
//! No bracket waits for another, and no trial for the rest of its bracket: within each it is `asha`. What is here is the
//! kind that stops running trials; promotion is in [`promotion`](super::promotion).

mod brackets;
mod options;

use super::asha::Asha;
use super::{Pruner, Question, Verdict};
use crate::{Observed, TrialId};

pub use brackets::{Bracket, Brackets};
pub use options::{BohbOptions, HyperbandOptions};

/// The rule: each trial is compared with those of its own bracket, which it is in by its number.
#[derive(Clone, Debug)]
pub(crate) struct Hyperband {
    brackets: Brackets,
    rules: Vec<Asha>,
}

impl Hyperband {
    pub(crate) fn new(options: &HyperbandOptions) -> Self {
        let brackets = options.brackets();
        let rule = |bracket: &Bracket| {
            let compared = bracket.levels.len().saturating_sub(1);
            let levels = bracket.levels.iter().take(compared).copied().collect();
            Asha::at(levels, options.reduction_factor, 0)
        };
        let rules = brackets.iter().map(rule).collect();
        Hyperband { brackets, rules }
    }

    fn rule(&self, trial: TrialId) -> Option<&Asha> {
        self.rules.get(self.brackets.of(trial.0))
    }
}

impl Pruner for Hyperband {
    fn learn(&mut self, events: &[Observed]) {
        for event in events {
            let (Observed::Reported { trial, .. } | Observed::Ended { trial, .. }) = event else { continue };
            if let Some(rule) = self.rules.get_mut(self.brackets.of(trial.0)) {
                rule.learn(std::slice::from_ref(event));
            }
        }
    }

    fn judge(&self, question: &Question) -> Verdict {
        self.rule(question.trial).map_or(Verdict::Go, |rule| rule.judge(question))
    }

    fn acts_on(&self, report: &Question) -> bool {
        self.rule(report.trial).is_some_and(|rule| rule.acts_on(report))
    }

    fn fork(&self) -> Box<dyn Pruner> {
        Box::new(self.clone())
    }
}
