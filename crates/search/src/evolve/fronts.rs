//! Where each member of a population stands: on which front, and how alone it is there.

use std::cmp::Ordering;

use super::Individual;
use crate::pareto::{constrained_ranks, crowding};

/// The fronts of a population, by the members' places in it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Fronts {
    ranks: Vec<u32>,
    crowding: Vec<f64>,
}

impl Fronts {
    pub(crate) fn of(members: &[Individual]) -> Self {
        let ranks = ranks(members);
        let mut all = vec![0.0; members.len()];
        for rank in 0..=ranks.iter().copied().max().unwrap_or(0) {
            let front = front(&ranks, rank);
            front.iter().zip(crowding_of(members, &front)).for_each(|(&i, distance)| all[i] = distance);
        }
        Fronts { ranks, crowding: all }
    }

    /// Who comes first: the one on the better front, on the same the one that stands more alone.
    pub(crate) fn compare(&self, a: usize, b: usize) -> Ordering {
        self.ranks[a].cmp(&self.ranks[b]).then(self.crowding[b].total_cmp(&self.crowding[a]))
    }
}

/// The front of each member, from 0; those that break constraints come after all that keep them.
pub(crate) fn ranks(members: &[Individual]) -> Vec<u32> {
    let values: Vec<&[f64]> = members.iter().map(|member| &*member.values).collect();
    let violations: Vec<f64> = members.iter().map(|member| member.violation).collect();
    constrained_ranks(&values, &violations)
}

/// The members on a front.
pub(crate) fn front(ranks: &[u32], rank: u32) -> Vec<usize> {
    (0..ranks.len()).filter(|&i| ranks[i] == rank).collect()
}

/// How far each member of a front is from its neighbours there.
pub(crate) fn crowding_of(members: &[Individual], front: &[usize]) -> Vec<f64> {
    let values: Vec<&[f64]> = front.iter().map(|&i| &*members[i].values).collect();
    crowding(&values)
}
