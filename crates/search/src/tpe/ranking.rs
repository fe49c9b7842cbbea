//! Which trials are the better ones.
//!
//! Complete trials come first by value, then pruned ones (further steps first, then by value), then those that
//! break outcome constraints, by their total violation: Optuna 5.0.0's order. Only as many as can ever be among
//! the better ones are remembered.

use std::sync::Arc;

use space::Point;

use super::weights::better;
use crate::TrialId;
use crate::standing::Standing;

/// The better ones are never more than this.
const MOST: usize = 25;

/// A trial and how good it is.
#[derive(Clone, Debug)]
pub(crate) struct Ranked {
    pub(crate) standing: Standing,
    pub(crate) trial: TrialId,
    pub(crate) point: Arc<Point>,
}

/// The best trials so far, in order.
#[derive(Clone, Debug, Default)]
pub(crate) struct Ranking {
    best: Vec<Ranked>,
    ended: u64,
}

/// A trial that changed sides when another ended.
#[derive(Clone, Debug)]
pub(crate) enum Move {
    /// It is among the better ones now.
    Promoted(Ranked),
    /// It is not any more.
    Demoted(Ranked),
}

impl Ranking {
    /// Takes in a trial that ended. Where it is not among the better ones itself, no move names it.
    pub(crate) fn insert(&mut self, standing: Standing, trial: TrialId, point: Arc<Point>) -> Vec<Move> {
        let before: Vec<TrialId> = self.better().map(|r| r.trial).collect();
        let at = self.best.partition_point(|r| (r.standing, r.trial) < (standing, trial));
        self.best.insert(at, Ranked { standing, trial, point });
        self.ended += 1;
        let now: Vec<TrialId> = self.better().map(|r| r.trial).collect();
        let promoted = self.better().filter(|r| !before.contains(&r.trial));
        let demoted = self.best.iter().filter(|r| before.contains(&r.trial) && !now.contains(&r.trial));
        let moves = demoted
            .map(|r| Move::Demoted(r.clone()))
            .chain(promoted.map(|r| Move::Promoted(r.clone())))
            .collect();
        self.best.truncate(MOST);
        moves
    }

    fn better(&self) -> impl Iterator<Item = &Ranked> {
        self.best.iter().take(better(self.ended))
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

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        #[test]
        fn following_the_moves_gives_the_best_tenth(outcomes in proptest::collection::vec(outcome(), 1..320)) {
            let mut ranking = Ranking::default();
            let mut side: Vec<TrialId> = Vec::new();
            let mut all: Vec<(Standing, TrialId)> = Vec::new();
            for (i, outcome) in outcomes.iter().enumerate() {
                let (standing, trial) = (Standing::of(outcome).unwrap(), TrialId(i as u64));
                for change in ranking.insert(standing, trial, Arc::new(Point::empty(0))) {
                    match change {
                        Move::Promoted(r) => side.push(r.trial),
                        Move::Demoted(r) => side.retain(|other| *other != r.trial),
                    }
                }
                all.push((standing, trial));
            }
            all.sort_by(|a, b| a.partial_cmp(b).unwrap());
            let mut expected: Vec<TrialId> = all[..better(all.len() as u64)].iter().map(|(_, t)| *t).collect();
            expected.sort();
            side.sort();
            prop_assert_eq!(side, expected);
        }
    }
}
