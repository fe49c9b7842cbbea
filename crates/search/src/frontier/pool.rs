//! The trials that may have children, and how likely each is to be the next parent.

use std::collections::BTreeMap;
use std::sync::Arc;

use space::Point;

use crate::TrialId;
use crate::pareto::LowerHull;

/// A trial that ended well.
#[derive(Clone, Debug)]
pub(crate) struct Member {
    pub(crate) point: Arc<Point>,
    /// Cost and error, both finite.
    pub(crate) place: (f64, f64),
}

/// All that ended well, and how often each was sampled.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pool {
    members: BTreeMap<TrialId, Member>,
    sampled: BTreeMap<TrialId, u64>,
}

/// One that may be the next parent.
#[derive(Clone, Debug)]
pub(crate) struct Parent {
    pub(crate) trial: TrialId,
    pub(crate) point: Arc<Point>,
    pub(crate) weight: f64,
}

impl Pool {
    pub(crate) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    /// A child came to be. It inherits how often its parent was sampled, this time counted.
    pub(crate) fn sampled(&mut self, parent: TrialId, child: TrialId) {
        let count = self.sampled.entry(parent).or_default();
        *count += 1;
        let count = *count;
        self.sampled.insert(child, count);
    }

    pub(crate) fn insert(&mut self, trial: TrialId, member: Member) {
        self.members.insert(trial, member);
    }

    /// The ε-hull from the least cost to the largest, each with its weight: who was sampled less, and who costs less, is
    /// more likely, both in shares of their range.
    pub(crate) fn parents(&self, eps: f64) -> Vec<Parent> {
        let all: Vec<(&TrialId, &Member)> = self.members.iter().collect();
        let places: Vec<(f64, f64)> = all.iter().map(|(_, member)| member.place).collect();
        let near: Vec<usize> = LowerHull::new(&places).near(&places, eps);
        let counts = near.iter().map(|&i| self.sampled.get(all[i].0).copied().unwrap_or(0) as f64);
        let counts = shares(counts.collect());
        let costs = shares(near.iter().map(|&i| places[i].0).collect());
        let parent = |(&i, (count, cost)): (&usize, (&f64, &f64))| Parent {
            trial: *all[i].0,
            point: all[i].1.point.clone(),
            weight: 1.0 / (1.0 + count) + 1.0 / (1.0 + cost),
        };
        near.iter().zip(counts.iter().zip(&costs)).map(parent).collect()
    }
}

/// Numbers as shares of their range: of their size where they are all equal, and 0 where they are all 0.
fn shares(numbers: Vec<f64>) -> Vec<f64> {
    let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
    let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let range = if high > low { high - low } else { high };
    let range = if range == 0.0 { 1.0 } else { range };
    numbers.into_iter().map(|number| (number - low) / range).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pool(places: &[(f64, f64)]) -> Pool {
        let mut pool = Pool::default();
        for (i, place) in places.iter().enumerate() {
            let member = Member { point: Arc::new(Point::empty(0)), place: *place };
            pool.insert(TrialId(i as u64), member);
        }
        pool
    }

    fn weights(pool: &Pool) -> Vec<(u64, f64)> {
        pool.parents(0.025).iter().map(|parent| (parent.trial.0, parent.weight)).collect()
    }

    #[test]
    fn cheap_and_seldom_sampled_trials_are_likely_parents() {
        // The fourth is 2 % above the hull, the fifth far above, the sixth beyond the least error.
        let places = [(10.0, 0.5), (20.0, 0.3), (40.0, 0.2), (30.0, 0.255), (30.0, 0.4), (60.0, 0.2)];
        let mut pool = pool(&places);
        assert_eq!(
            weights(&pool),
            [(0, 2.0), (1, 1.0 + 1.0 / 1.2), (3, 1.0 + 1.0 / 1.4), (2, 1.0 + 1.0 / 1.6), (5, 1.5)]
        );
        pool.sampled(TrialId(1), TrialId(6));
        pool.sampled(TrialId(1), TrialId(7));
        pool.sampled(TrialId(3), TrialId(8));
        let (third, second) = (1.0 / 1.5 + 1.0 / 1.4, 0.5 + 1.0 / 1.2);
        assert_eq!(weights(&pool), [(0, 2.0), (1, second), (3, third), (2, 1.0 + 1.0 / 1.6), (5, 1.5)]);
        // Trial 7 was born when its parent had been sampled twice.
        assert_eq!(pool.sampled.get(&TrialId(7)), Some(&2));
        assert_eq!(pool.sampled.get(&TrialId(6)), Some(&1));
    }

    #[test]
    fn equal_numbers_are_shares_of_their_size() {
        assert_eq!(shares(vec![3.0, 3.0]), [0.0, 0.0]);
        assert_eq!(shares(vec![0.0, 0.0]), [0.0, 0.0]);
        assert_eq!(shares(vec![1.0, 3.0, 2.0]), [0.0, 1.0, 0.5]);
        assert!(shares(Vec::new()).is_empty());
    }
}
