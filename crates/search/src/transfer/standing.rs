//! What earlier studies' proposals have come to, beside the sampler's own trials: who may propose how much longer.

use std::collections::BTreeMap;

use crate::{Observed, Outcome, TrialId};

/// An earlier study whose proposals have lost so often more than they have won is not asked again…
const PATIENCE: i64 = 3;
/// …and all of them together so often, and once more for each study beyond the first, up to so many.
const MORE: i64 = 4;
/// At most so many trials come from earlier studies.
const MOST: usize = 20;
/// A proposal has won where it is better than this share of the sampler's own trials, and lost below half.
const WON: f64 = 0.75;

/// A trial as far as it is known.
#[derive(Clone, Debug)]
struct Known {
    /// The earlier study that proposed it; `None` for all other trials.
    from: Option<usize>,
    outcome: Option<Outcome>,
}

/// All trials.
#[derive(Clone, Debug, Default)]
pub(super) struct Standing {
    trials: BTreeMap<TrialId, Known>,
    own: usize,
    proposed: usize,
}

/// How one earlier study stands.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
struct Credit {
    proposed: usize,
    pending: i64,
    won: i64,
    lost: i64,
    /// The sum over its ended trials of the shares of own trials that each is better than.
    score: f64,
    ended: usize,
}

impl Credit {
    fn left(&self) -> i64 {
        PATIENCE + self.won - self.lost - self.pending
    }

    /// Its mean score; who has none yet is given the best.
    fn mean(&self) -> f64 {
        if self.ended == 0 { 1.0 } else { self.score / self.ended as f64 }
    }
}

impl Standing {
    pub(super) fn take_in(&mut self, event: &Observed, from: impl FnOnce() -> Option<usize>) {
        match event {
            Observed::Created { trial, .. } => {
                let from = from();
                if from.is_some() {
                    self.proposed += 1
                } else {
                    self.own += 1
                }
                self.trials.insert(*trial, Known { from, outcome: None });
            }
            Observed::Ended { trial, outcome } => {
                if let Some(known) = self.trials.get_mut(trial) {
                    known.outcome = Some(outcome.clone());
                }
            }
            _ => {}
        }
    }

    /// Which of `studies` earlier studies proposes next, and how often it did before; `None` where the sampler itself does.
    ///
    /// Their part of the first n trials shrinks as 2/√n. What runs counts as lost until it ends, so that many slots do not
    /// take more from a study than one would before its results are known.
    pub(super) fn next(&self, studies: usize) -> Option<(usize, usize)> {
        let is_due = (self.proposed * self.proposed) < 4 * self.own && self.proposed < MOST;
        if !is_due {
            return None;
        }
        let credits = self.credits(studies);
        let spent: i64 = credits.iter().map(|credit| credit.lost + credit.pending - credit.won).sum();
        if spent >= PATIENCE + (studies as i64 - 1).min(MORE) {
            return None;
        }
        let order = |a: &(usize, &Credit), b: &(usize, &Credit)| {
            let by_score = b.1.mean().total_cmp(&a.1.mean());
            by_score.then(a.1.proposed.cmp(&b.1.proposed)).then(a.0.cmp(&b.0))
        };
        let best = credits.iter().enumerate().filter(|(_, credit)| credit.left() > 0).min_by(order);
        best.map(|(study, credit)| (study, credit.proposed))
    }

    fn credits(&self, studies: usize) -> Vec<Credit> {
        let own: Vec<&Outcome> = self
            .trials
            .values()
            .filter(|known| known.from.is_none())
            .filter_map(|known| known.outcome.as_ref())
            .collect();
        let mut credits = vec![Credit::default(); studies];
        for known in self.trials.values() {
            let Some(credit) = known.from.and_then(|from| credits.get_mut(from)) else { continue };
            credit.proposed += 1;
            let Some(outcome) = known.outcome.as_ref().filter(|_| !own.is_empty()) else {
                credit.pending += 1;
                continue;
            };
            let score = own.iter().map(|own| better(outcome, own)).sum::<f64>() / own.len() as f64;
            credit.ended += 1;
            credit.score += score;
            credit.won += i64::from(score > WON);
            credit.lost += i64::from(score < 0.5);
        }
        credits
    }
}

/// 1 where the first is better, 0 where the second is, ½ where neither.
fn better(a: &Outcome, b: &Outcome) -> f64 {
    let (first, second) = (class(a), class(b));
    if first != second {
        return if first < second { 1.0 } else { 0.0 };
    }
    let dominates = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(a, b)| a <= b) && a != b;
    let by = |a: &[f64], b: &[f64]| match (dominates(a, b), dominates(b, a)) {
        (true, _) => 1.0,
        (_, true) => 0.0,
        _ => 0.5,
    };
    match (a, b) {
        (Outcome::Complete { values: a, violations: v }, Outcome::Complete { values: b, violations: w }) => {
            let size = |v: &[f64]| v.iter().map(|v| v.max(0.0)).sum::<f64>();
            if first == 1 { by(&[size(v)], &[size(w)]) } else { by(a, b) }
        }
        (Outcome::Pruned { step: s, value: a }, Outcome::Pruned { step: t, value: b }) => {
            let worst = f64::INFINITY;
            if s == t { by(&[a.unwrap_or(worst)], &[b.unwrap_or(worst)]) } else { f64::from(u8::from(s > t)) }
        }
        _ => 0.5,
    }
}

/// Feasible results before others, those before pruned, those before failed.
fn class(outcome: &Outcome) -> u8 {
    match outcome {
        Outcome::Complete { violations, .. } => u8::from(violations.iter().any(|v| *v > 0.0)),
        Outcome::Pruned { .. } => 2,
        Outcome::Failed => 3,
    }
}
