//! Which trials are the better ones.
//!
//! Complete trials come first by value, then pruned ones (further steps first, then by value), then those that
//! break outcome constraints, by their total violation: Optuna 5.0.0's order. So trials of all levels are in one order:
//! who was let on further stands before who was not. A trial that goes on to a higher level is ranked anew when it ends
//! again.
//!
//! How many are the better ones goes by those that came far, and not, as in Optuna, by all: else whoever was let on would be
//! better, whatever became of him, since not many more than a tenth are. So the model is that of the furthest trials, and
//! all that were not let on as far are among the worse.
//!
//! Only as many as can ever be among the better ones are remembered, and some to fill the places of those that
//! fall behind.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use space::Point;

use super::rules::{self, TpeRules};
use super::weights::better;
use crate::TrialId;
use crate::standing::Standing;

/// The better ones are never more than 25; so many are remembered. With a rule of a program's own all are.
const KEPT: usize = 100;

/// The better ones are a tenth of those that came so far that there are this many of them.
const ENOUGH: u64 = 20;

impl Reached {
    fn of(standing: Standing) -> Self {
        match standing {
            Standing::Feasible(_) | Standing::Infeasible(_) => Reached::End,
            Standing::Pruned { negative_step, .. } if negative_step > 0.0 => Reached::Nowhere,
            Standing::Pruned { negative_step, .. } => Reached::Step(std::cmp::Reverse(-negative_step as u64)),
        }
    }
}

/// A trial and how good it is.
#[derive(Clone, Debug)]
pub(crate) struct Ranked {
    pub(crate) standing: Standing,
    pub(crate) trial: TrialId,
    pub(crate) point: Arc<Point>,
}

impl Ranked {
    /// It is not among the better ones any more, and stands where it stood.
    pub(crate) fn demoted(self) -> Move {
        Move::Demoted { trial: self.trial, point: self.point, standing: Some(self.standing) }
    }
}

/// The best trials so far, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ranking {
    best: Vec<Ranked>,
    /// Whether any stand behind these.
    others: bool,
    /// How many ended so far, by the negative of their step; those that were not pruned came furthest.
    came: BTreeMap<Reached, u64>,
    /// How many of the best are the better ones.
    better: usize,
    rules: Option<Arc<TpeRules>>,
}

/// How far a trial came, furthest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Reached {
    End,
    Step(std::cmp::Reverse<u64>),
    /// It reported nothing.
    Nowhere,
}

/// A trial that changed sides when another ended, or it again.
#[derive(Clone, Debug)]
pub(crate) enum Move {
    /// It is among the better ones now.
    Promoted(Ranked),
    /// It is not any more; without a standing where it has failed since.
    Demoted { trial: TrialId, point: Arc<Point>, standing: Option<Standing> },
}

impl Ranking {
    /// Nobody is in it yet.
    pub(crate) fn new(rules: Option<Arc<TpeRules>>) -> Self {
        Ranking { rules, ..Ranking::default() }
    }

    /// Takes in a trial that ended. Where it is not among the better ones itself, no move names it.
    pub(crate) fn insert(&mut self, standing: Standing, trial: TrialId, point: Arc<Point>) -> Vec<Move> {
        let before: Vec<Ranked> = self.better().cloned().collect();
        self.put(Ranked { standing, trial, point });
        self.count();
        self.moves(before, None)
    }

    /// Takes in how a trial ended that had stood at `was`: it counts once, with what it came to last.
    pub(crate) fn restate(
        &mut self,
        was: Option<Standing>,
        standing: Option<Standing>,
        trial: TrialId,
        point: Arc<Point>,
    ) -> Vec<Move> {
        let before: Vec<Ranked> = self.better().cloned().collect();
        self.best.retain(|ranked| ranked.trial != trial);
        if let Some(Entry::Occupied(mut entry)) = was.map(|was| self.came.entry(Reached::of(was))) {
            *entry.get_mut() -= 1;
            if *entry.get() == 0 {
                entry.remove();
            }
        }
        if let Some(standing) = standing {
            self.put(Ranked { standing, trial, point });
        }
        self.count();
        self.moves(before, Some((trial, standing)))
    }

    /// Counts the better ones.
    fn count(&mut self) {
        let mut so_far = 0;
        for count in self.came.values() {
            so_far += count;
            if so_far >= ENOUGH {
                break;
            }
        }
        self.better = rules::better(self.rules.as_ref(), so_far).unwrap_or_else(|| better(so_far));
    }

    /// A trial that is remembered.
    pub(crate) fn find(&self, trial: TrialId) -> Option<&Ranked> {
        self.best.iter().find(|ranked| ranked.trial == trial)
    }

    fn put(&mut self, new: Ranked) {
        *self.came.entry(Reached::of(new.standing)).or_default() += 1;
        let at = self.best.partition_point(|r| (r.standing, r.trial) < (new.standing, new.trial));
        // Behind the last one nobody knows how many others are before it.
        if at < self.best.len() || !self.others {
            self.best.insert(at, new);
        }
        if self.best.len() > KEPT && !rules::is_unbounded(self.rules.as_ref()) {
            self.others = true;
            self.best.truncate(KEPT);
        }
    }

    /// What has changed since `before`; a trial that was ranked anew has this standing now.
    fn moves(&self, before: Vec<Ranked>, anew: Option<(TrialId, Option<Standing>)>) -> Vec<Move> {
        let trials = |ranked: &Ranked| ranked.trial;
        let (were, are): (BTreeSet<_>, BTreeSet<_>) =
            (before.iter().map(trials).collect(), self.better().map(trials).collect());
        let promoted = self.better().filter(|r| !were.contains(&r.trial));
        let promoted: Vec<Move> = promoted.map(|r| Move::Promoted(r.clone())).collect();
        let demoted = before.into_iter().filter(|b| !are.contains(&b.trial));
        let demoted = demoted.map(|Ranked { standing, trial, point }| {
            let standing = match anew {
                Some((same, standing)) if same == trial => standing,
                _ => Some(standing),
            };
            Move::Demoted { trial, point, standing }
        });
        demoted.chain(promoted).collect()
    }

    fn better(&self) -> impl Iterator<Item = &Ranked> {
        self.best.iter().take(self.better)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Outcome;
    use proptest::prelude::*;

    fn outcome() -> impl Strategy<Value = Outcome> {
        let value = prop_oneof![-2.0..2.0f64, Just(f64::INFINITY), Just(f64::NEG_INFINITY), Just(0.0)];
        prop_oneof![
            (value.clone(), -1.0..1.0f64)
                .prop_map(|(v, c)| Outcome::Complete { values: vec![v], violations: vec![c] }),
            (0..4u64, proptest::option::of(value)).prop_map(|(step, value)| Outcome::Pruned { step, value }),
        ]
    }

    /// A tenth of those that came at least as far as the twentieth of all that came furthest.
    fn expected_count(standings: impl Iterator<Item = Standing>) -> usize {
        let mut reached: Vec<Reached> = standings.map(Reached::of).collect();
        reached.sort();
        let enough = reached.get(19).or(reached.last()).copied();
        better(reached.iter().filter(|reached| Some(**reached) <= enough).count() as u64)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn following_the_moves_gives_the_best_of_those_that_came_far(outcomes in proptest::collection::vec(outcome(), 1..320)) {
            let mut ranking = Ranking::default();
            let mut side: Vec<TrialId> = Vec::new();
            let mut all: Vec<(Standing, TrialId)> = Vec::new();
            for (i, outcome) in outcomes.iter().enumerate() {
                let (standing, trial) = (Standing::of(outcome).unwrap(), TrialId(i as u64));
                for change in ranking.insert(standing, trial, Arc::new(Point::empty(0))) {
                    match change {
                        Move::Promoted(r) => side.push(r.trial),
                        Move::Demoted { trial, .. } => side.retain(|other| *other != trial),
                    }
                }
                all.push((standing, trial));
            }
            all.sort_by(|a, b| a.partial_cmp(b).unwrap());
            let count = expected_count(all.iter().map(|(standing, _)| *standing));
            let mut expected: Vec<TrialId> = all[..count].iter().map(|(_, t)| *t).collect();
            expected.sort();
            side.sort();
            prop_assert_eq!(side, expected);
        }

        #[test]
        fn trials_that_end_again_are_ranked_by_what_they_came_to_last(
            outcomes in proptest::collection::vec((outcome(), 0..3u8, any::<u16>()), 1..320)
        ) {
            let mut ranking = Ranking::default();
            let mut side: Vec<TrialId> = Vec::new();
            let mut all: Vec<(Option<Standing>, TrialId)> = Vec::new();
            for (outcome, what, which) in outcomes {
                let again = (what == 0 && !all.is_empty()).then(|| usize::from(which) % all.len());
                // One in nine fails when it goes on.
                let standing = Standing::of(&outcome).filter(|_| again.is_none() || which % 9 != 0);
                let point = Arc::new(Point::empty(0));
                let moves = if let Some(i) = again {
                    let was = std::mem::replace(&mut all[i].0, standing);
                    ranking.restate(was, standing, all[i].1, point)
                } else {
                    let trial = TrialId(all.len() as u64);
                    all.push((standing, trial));
                    ranking.insert(standing.unwrap(), trial, point)
                };
                for change in moves {
                    match change {
                        Move::Promoted(r) => side.push(r.trial),
                        Move::Demoted { trial, standing, .. } => {
                            prop_assert!(all.contains(&(standing, trial)));
                            side.retain(|other| *other != trial);
                        }
                    }
                }
            }
            let mut ranked: Vec<_> = all.iter().filter(|(standing, _)| standing.is_some()).collect();
            ranked.sort_by(|a, b| a.partial_cmp(b).unwrap());
            let count = expected_count(ranked.iter().filter_map(|(standing, _)| *standing));
            let mut expected: Vec<TrialId> = ranked[..count].iter().map(|(_, t)| *t).collect();
            expected.sort();
            side.sort();
            prop_assert_eq!(side, expected);
        }
    }
}
