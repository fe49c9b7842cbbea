//! Which trials are the better ones of several objectives.
//!
//! Whole fronts come first, in the order of their rank, and of the one that does not fit whole those whose hypervolume
//! together is largest, chosen greedily (Ozaki et al. 2022, as in Optuna 5.0.0). Behind all complete trials that keep the
//! outcome constraints stand pruned ones, then those that break the constraints, as with one objective.
//!
//! The better ones are a tenth, at most 250 (Optuna has no such limit). A new trial that the last chosen front dominates
//! changes nothing, which is soon told. Once the history is long, others are looked at only now and then, at fixed
//! numbers of trials, and of what is far from the front only what could come back is remembered.

use std::sync::Arc;

use super::ranking::{Move, Ranked};
use super::rules::{self, TpeRules};
use crate::pareto::{greedy_subset, ranks, weakly_dominates};
use crate::standing::Standing;

/// The better ones are never more than this.
const MOST: u64 = 250;
/// So long a history is split anew for each trial that may matter, a longer one after each sixteen.
const SHORT: u64 = 512;
const SELDOM: u64 = 16;
/// So many complete trials are remembered, at least half of them at any time.
const REMEMBERED: usize = 2048;

/// A complete trial that keeps the constraints.
#[derive(Clone, Debug)]
struct Member {
    values: Vec<f64>,
    ranked: Ranked,
}

/// The trials that may be among the better ones.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fronts {
    /// By number.
    feasible: Vec<Member>,
    /// The best of the others, in order.
    others: Vec<Ranked>,
    ended: u64,
    /// By number.
    better: Vec<Ranked>,
    /// The values of the last front that has a part in them.
    last: Vec<Vec<f64>>,
    /// Whether something came that has not been looked at yet.
    stale: bool,
    rules: Option<Arc<TpeRules>>,
}

impl Fronts {
    /// Nobody is in it yet.
    pub(crate) fn new(rules: Option<Arc<TpeRules>>) -> Self {
        Fronts { rules, ..Fronts::default() }
    }

    /// How many of `ended` trials are the better ones.
    fn better_of(&self, ended: u64) -> usize {
        rules::better(self.rules.as_ref(), ended).unwrap_or_else(|| better(ended))
    }

    /// Takes in a trial that ended, with its values where it is complete and keeps the constraints. Where it is not among
    /// the better ones itself, no move names it.
    pub(crate) fn insert(&mut self, ranked: Ranked, values: Option<&[f64]>) -> Vec<Move> {
        let before = self.better_of(self.ended);
        self.ended += 1;
        let count = self.better_of(self.ended);
        let matters = match values {
            Some(values) => !self.last.iter().any(|other| weakly_dominates(other, values)),
            None => self.feasible.len() < count,
        };
        self.stale |= matters || count != before;
        match values {
            Some(values) => self.remember(Member { values: values.to_vec(), ranked }),
            None => {
                let at =
                    self.others.partition_point(|r| (r.standing, r.trial) < (ranked.standing, ranked.trial));
                self.others.insert(at, ranked);
                self.others.truncate(count.max(MOST as usize));
            }
        }
        if self.stale && (self.ended <= SHORT || self.ended.is_multiple_of(SELDOM)) {
            self.stale = false;
            self.split(count)
        } else {
            Vec::new()
        }
    }

    fn remember(&mut self, member: Member) {
        let at = self.feasible.partition_point(|other| other.ranked.trial < member.ranked.trial);
        self.feasible.insert(at, member);
        let remembered = REMEMBERED.max(4 * self.better_of(self.ended));
        if self.feasible.len() > remembered {
            let ranks = self.ranks();
            let mut sorted = ranks.clone();
            sorted.sort_unstable();
            let worst_kept = sorted[remembered / 2].max(1);
            let mut rank = ranks.into_iter();
            self.feasible.retain(|_| rank.next().is_some_and(|rank| rank <= worst_kept));
        }
    }

    fn ranks(&self) -> Vec<u32> {
        ranks(&self.feasible.iter().map(|member| member.values.as_slice()).collect::<Vec<_>>())
    }

    /// Chooses so many, and says who changed sides.
    fn split(&mut self, count: usize) -> Vec<Move> {
        let chosen = self.chosen(count.min(self.feasible.len()));
        let feasible = chosen.iter().map(|&i| self.feasible[i].ranked.clone());
        let others = self.others.iter().take(count - chosen.len()).cloned();
        let mut now: Vec<Ranked> = feasible.chain(others).collect();
        now.sort_by_key(|ranked| ranked.trial);
        let is_in =
            |list: &[Ranked], one: &Ranked| list.binary_search_by_key(&one.trial, |r| r.trial).is_ok();
        let demoted = self.better.iter().filter(|r| !is_in(&now, r)).cloned().map(Ranked::demoted);
        let promoted = now.iter().filter(|r| !is_in(&self.better, r)).cloned().map(Move::Promoted);
        let moves = demoted.chain(promoted).collect();
        self.better = now;
        moves
    }

    /// The places of the best complete trials.
    fn chosen(&mut self, count: usize) -> Vec<usize> {
        let ranks = self.ranks();
        let mut chosen = Vec::with_capacity(count);
        self.last.clear();
        for rank in 0.. {
            let front: Vec<usize> = (0..ranks.len()).filter(|&i| ranks[i] == rank).collect();
            if chosen.len() == count || front.is_empty() {
                break;
            }
            let values: Vec<&[f64]> = front.iter().map(|&i| self.feasible[i].values.as_slice()).collect();
            if chosen.len() + front.len() <= count {
                chosen.extend(&front);
            } else {
                let subset = greedy_subset(&values, count - chosen.len(), &reference(&values));
                chosen.extend(subset.into_iter().map(|k| front[k]));
            }
            self.last = values.into_iter().map(<[f64]>::to_vec).collect();
        }
        chosen
    }
}

/// How many of `ended` trials are the better ones.
fn better(ended: u64) -> usize {
    ended.div_ceil(10).min(MOST) as usize
}

/// A tenth beyond the worst values, seen from 0: Optuna's.
fn reference(front: &[&[f64]]) -> Vec<f64> {
    let objectives = front.first().map_or(0, |point| point.len());
    let beyond = |k: usize| {
        let worst = front.iter().map(|point| point[k]).fold(f64::NEG_INFINITY, f64::max);
        let beyond = (1.1 * worst).max(0.9 * worst);
        if beyond == 0.0 { 1e-12 } else { beyond }
    };
    (0..objectives).map(beyond).collect()
}

/// Takes in what a trial ended with.
pub(crate) fn values_of(standing: &Standing, values: &[f64]) -> Option<Vec<f64>> {
    let number = |value: &f64| if value.is_nan() { f64::INFINITY } else { *value };
    matches!(standing, Standing::Feasible(_)).then(|| values.iter().map(number).collect())
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;
    use space::Point;

    use super::*;
    use crate::{Outcome, TrialId};

    #[derive(Deserialize)]
    struct Case {
        /// One trial: its values, or null where it was pruned, with step and value; and its violations.
        history: Vec<Row>,
        /// After so many trials, which are the better ones.
        better: Vec<(usize, Vec<u64>)>,
    }

    #[derive(Deserialize)]
    struct Row {
        values: Option<Vec<f64>>,
        pruned: Option<(u64, f64)>,
        violations: Vec<f64>,
    }

    fn following(history: &[Row], mut check: impl FnMut(usize, &[u64])) {
        let mut fronts = Fronts::default();
        let mut side: Vec<u64> = Vec::new();
        for (i, row) in history.iter().enumerate() {
            let outcome = match (&row.values, row.pruned) {
                (Some(values), _) => {
                    Outcome::Complete { values: values.clone(), violations: row.violations.clone() }
                }
                (None, Some((step, value))) => Outcome::Pruned { step, value: Some(value) },
                (None, None) => continue,
            };
            let standing = Standing::of(&outcome).unwrap();
            let values = row.values.as_deref().and_then(|values| values_of(&standing, values));
            let ranked = Ranked { standing, trial: TrialId(i as u64), point: Arc::new(Point::empty(0)) };
            for change in fronts.insert(ranked, values.as_deref()) {
                match change {
                    Move::Promoted(r) => side.push(r.trial.0),
                    Move::Demoted { trial, .. } => side.retain(|other| *other != trial.0),
                }
            }
            side.sort_unstable();
            check(i + 1, &side);
        }
    }

    #[test]
    fn the_better_ones_are_optunas() {
        let cases: Vec<Case> = serde_json::from_str(include_str!("../../tests/data/splits.json")).unwrap();
        assert!(cases.len() >= 20);
        for (number, case) in cases.iter().enumerate() {
            let mut expected = case.better.iter().peekable();
            following(&case.history, |count, side| {
                if let Some((_, better)) = expected.next_if(|(at, _)| *at == count) {
                    assert_eq!(side, better, "case {number} after {count} trials");
                }
            });
            assert!(expected.next().is_none());
        }
    }

    #[test]
    fn a_long_history_is_split_now_and_then_and_forgets_what_cannot_come_back() {
        let mut stream = space::Stream::new(5, 0, 0);
        let row = |k: usize, stream: &mut space::Stream| {
            // Slowly better.
            let shift = 1.0 / (1.0 + k as f64);
            let values = vec![stream.uniform() + shift, stream.uniform() + shift, stream.uniform()];
            Row { values: Some(values), pruned: None, violations: Vec::new() }
        };
        let history: Vec<Row> = (0..6000).map(|k| row(k, &mut stream)).collect();
        following(&history, |count, side| {
            if count >= SHORT as usize && (count as u64).is_multiple_of(SELDOM) {
                assert_eq!(side.len(), better(count as u64));
            }
        });
    }
}
