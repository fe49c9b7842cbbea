//! Rules of a program's own: how many trials are the better ones, and how much each counts.
//!
//! They are numbers when they come here, so that a proposal asks nobody. How many are the better ones is said ahead, for
//! each number of trials that there may be. Weights are as many as trials, and which numbers of trials there are in the
//! densities only the estimator knows: what it had to do without it notes, and whoever has the rule drops the proposal,
//! brings the weights and asks once more.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::weights;

/// Numbers that replace the estimator's own rules. See the module.
#[derive(Debug, Default)]
pub struct TpeRules {
    better: Option<Mutex<Vec<u64>>>,
    weights: Option<Mutex<Book>>,
}

/// The weights that are known, by how many trials they are for.
#[derive(Debug, Default)]
struct Book {
    known: BTreeMap<u64, Arc<[f64]>>,
    /// Those that were looked up since the last ones came.
    asked: BTreeSet<u64>,
}

/// How much trials count.
#[derive(Clone, Debug)]
pub(crate) enum Weights {
    /// As the estimator has it.
    Usual,
    /// As the rule has it, oldest first.
    Own(Arc<[f64]>),
    /// As a rule has it that was not told for so many yet.
    Unknown,
}

impl TpeRules {
    /// Rules for one of both, or both; nothing is known yet.
    pub fn new(better: bool, weights: bool) -> Self {
        TpeRules { better: better.then(Mutex::default), weights: weights.then(Mutex::default) }
    }

    /// For how many numbers of trials, from 0, it is known how many of them are the better ones; `None` where the estimator's
    /// own rule holds.
    pub fn better_known(&self) -> Option<u64> {
        self.better.as_ref().map(|better| taken(better).len() as u64)
    }

    /// Says for further numbers of trials, from the first that is not known, how many are the better ones.
    pub fn add_better(&self, counts: impl IntoIterator<Item = u64>) {
        if let Some(better) = &self.better {
            taken(better).extend(counts);
        }
    }

    /// The numbers of trials whose weights were missing in the last proposal.
    pub fn wanted(&self) -> Vec<u64> {
        let Some(book) = &self.weights else { return Vec::new() };
        let Book { known, asked } = &*taken(book);
        asked.iter().filter(|trials| !known.contains_key(trials)).copied().collect()
    }

    /// Brings the weights for numbers of trials, one for each trial, oldest first. Others that were not looked up since the
    /// last time are forgotten.
    pub fn add_weights(&self, weights: impl IntoIterator<Item = (u64, Arc<[f64]>)>) {
        let Some(book) = &self.weights else { return };
        let Book { known, asked } = &mut *taken(book);
        let asked = std::mem::take(asked);
        known.retain(|trials, _| asked.contains(trials));
        known.extend(weights);
    }

    /// How many of `ended` trials are the better ones; beyond what is known as many as of the last known number.
    pub(crate) fn better(&self, ended: u64) -> Option<usize> {
        let better = taken(self.better.as_ref()?);
        let count = better.get(ended as usize).or(better.last()).copied().unwrap_or_default();
        Some(count.min(ended) as usize)
    }

    /// How much each of so many trials counts.
    pub(crate) fn weights(&self, trials: u64) -> Weights {
        let Some(book) = &self.weights else { return Weights::Usual };
        let mut book = taken(book);
        book.asked.insert(trials);
        book.known.get(&trials).map_or(Weights::Unknown, |weights| Weights::Own(Arc::clone(weights)))
    }
}

/// Nothing that is done with the numbers can leave them half done.
fn taken<T>(numbers: &Mutex<T>) -> MutexGuard<'_, T> {
    numbers.lock().unwrap_or_else(PoisonError::into_inner)
}

/// How many of `ended` trials are the better ones by these rules, or by the usual one.
pub(crate) fn better(rules: Option<&Arc<TpeRules>>, ended: u64) -> Option<usize> {
    rules.and_then(|rules| rules.better(ended))
}

/// Whether rules say how many are the better ones, so that no bound of the usual rule holds.
pub(crate) fn is_unbounded(rules: Option<&Arc<TpeRules>>) -> bool {
    rules.is_some_and(|rules| rules.better.is_some())
}

impl Weights {
    /// The weight of the trial of rank `rank` among `total`: 0 is the oldest; it may be the middle of a block.
    pub(crate) fn at(&self, ramp: weights::Ramp, rank: f64) -> f64 {
        match self {
            Weights::Own(weights) => weights.get(rank as usize).copied().unwrap_or_default(),
            Weights::Usual | Weights::Unknown => ramp.at(rank),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use space::{Point, Space};

    use super::*;
    use crate::{
        Ask, DecisionId, Observed, Outcome, Proposal, SamplerSpec, Setting, TpeOptions, TrialId, build_for,
    };

    #[test]
    fn what_is_missing_is_wanted_until_it_comes() {
        let rules = TpeRules::new(false, true);
        assert!(matches!(rules.weights(3), Weights::Unknown) && rules.wanted() == [3]);
        rules.add_weights([(3, Arc::from([0.0, 1.0, 2.0]))]);
        assert!(matches!(rules.weights(3), Weights::Own(weights) if weights[2] == 2.0));
        assert!(rules.wanted().is_empty() && rules.better(10).is_none());
    }

    #[test]
    fn weights_that_nobody_looks_up_are_forgotten() {
        let rules = TpeRules::new(false, true);
        for trials in 1..50 {
            let _ = rules.weights(trials);
            rules.add_weights(rules.wanted().into_iter().map(|n| (n, vec![1.0; n as usize].into())));
        }
        let known = rules.weights.as_ref().map(|book| taken(book).known.len());
        assert_eq!(known, Some(1));
    }

    #[test]
    fn no_more_are_better_than_there_are() {
        let rules = TpeRules::new(true, false);
        assert_eq!((rules.better(5), rules.better_known()), (Some(0), Some(0)));
        rules.add_better([0, 9, 1]);
        assert_eq!((rules.better(1), rules.better(2), rules.better(7)), (Some(1), Some(1), Some(1)));
        assert!(matches!(rules.weights(4), Weights::Usual));
    }

    /// What a study of two numbers and a choice tries, whose trials end in turn. `bring` is told how many have ended, and says
    /// whether the last proposal is to be made anew.
    fn search(rules: Option<Arc<TpeRules>>, mut bring: impl FnMut(u64) -> bool) -> Vec<Arc<Point>> {
        let declared =
            json!({"x": {"float": [0.0, 1.0]}, "n": {"int": [0, 30]}, "c": {"choice": ["a", "b"]}});
        let space = Arc::new(Space::build(&serde_json::from_value(declared).unwrap(), &[]).unwrap());
        let spec = SamplerSpec::Tpe(TpeOptions::default());
        let setting = Setting { rules, ..Setting::default() };
        let mut sampler = build_for(&spec, space.clone(), &setting).unwrap();
        let mut points = Vec::new();
        for k in 0..80 {
            let ask = Ask { space: &space, seed: 5, decision: DecisionId(k), budget: None };
            let proposal = loop {
                let decision = sampler.propose(&ask).unwrap();
                if !bring(k) {
                    break decision.proposal;
                }
            };
            let Proposal::New { point, .. } = proposal else { panic!("{proposal:?}") };
            let (trial, point) = (TrialId(k), Arc::new(point));
            let decision = Some(DecisionId(k));
            let value = (k * 5 % 7) as f64;
            // What is learned next asks how many are the better ones of one more.
            let _ = bring(k + 1);
            sampler.learn(&[
                Observed::Created {
                    trial,
                    decision,
                    point: point.clone(),
                    level: None,
                    parent: None,
                    memo: None,
                },
                Observed::Ended {
                    trial,
                    outcome: Outcome::Complete { values: vec![value], violations: vec![] },
                },
            ]);
            points.push(point);
        }
        points
    }

    /// The estimator's own rules, as numbers from outside.
    fn same(rules: &TpeRules, ended: u64, ramp: impl Fn(u64, u64) -> f64) -> bool {
        let known = rules.better_known().unwrap_or_default();
        rules.add_better((known..=ended).map(|n| weights::better(n) as u64));
        let wanted = rules.wanted();
        let weigh = |n: u64| (n, (0..n).map(|rank| ramp(n, rank)).collect::<Arc<[f64]>>());
        rules.add_weights(wanted.iter().copied().map(weigh));
        !wanted.is_empty()
    }

    #[test]
    fn rules_that_say_what_the_estimator_does_change_nothing() {
        let rules = Arc::new(TpeRules::new(true, true));
        let ramp = |n: u64, rank: u64| weights::Ramp::new(n as f64).at(rank as f64);
        let own = search(Some(rules.clone()), |ended| same(&rules, ended, ramp));
        assert_eq!(own, search(None, |_| false));
    }

    #[test]
    fn other_weights_are_another_search() {
        let rules = Arc::new(TpeRules::new(true, true));
        let newest = |n: u64, rank: u64| f64::from(u8::from(rank + 1 == n));
        let own = search(Some(rules.clone()), |ended| same(&rules, ended, newest));
        assert_ne!(own, search(None, |_| false));
    }
}
