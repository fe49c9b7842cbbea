//! How good an outcome is, as samplers that search for one objective rank trials.
//!
//! Complete trials come first by value, then pruned ones (further steps first, then by value), then those that
//! break outcome constraints, by their total violation: Optuna 5.0.0's order.

use crate::Outcome;

/// How good an outcome is; less is better. NaN does not occur ([`Standing::of`] sees to it).
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) enum Standing {
    Feasible(f64),
    Pruned { negative_step: f64, value: f64 },
    Infeasible(f64),
}

impl Standing {
    /// `None` for a failed trial, which never counts among the better ones.
    pub(crate) fn of(outcome: &Outcome) -> Option<Standing> {
        match outcome {
            Outcome::Complete { values, violations } => {
                let violation: f64 = violations.iter().filter(|v| **v > 0.0).sum();
                Some(if violation > 0.0 {
                    Standing::Infeasible(violation)
                } else {
                    Standing::Feasible(number(values.first().copied()))
                })
            }
            // One that reported nothing ranks behind all that did.
            Outcome::Pruned { value: None, .. } => Some(Standing::Pruned { negative_step: 1.0, value: 0.0 }),
            Outcome::Pruned { step, value } => {
                Some(Standing::Pruned { negative_step: -(*step as f64), value: number(*value) })
            }
            Outcome::Failed => None,
        }
    }
}

/// So many that ended early are enough to go by.
const EARLY: usize = 10;

/// Whether most trials end before they have a value of their own, so that models are made of what they came to on the way.
pub(crate) fn mostly_early(early: usize, complete: usize) -> bool {
    early > complete.max(EARLY)
}

fn number(value: Option<f64>) -> f64 {
    value.filter(|v| !v.is_nan()).unwrap_or(f64::INFINITY)
}
