//! The population of NSGA-II.

use space::{Space, Stream};

use super::Nsga2Options;
use crate::evolve::{Breeder, Child, Individual, Survivors};
use crate::pareto::{constrained_ranks, crowding};

/// How small most mutations are: Deb's distribution index.
const MUTATION_ETA: f64 = 20.0;

/// Who is alive, with rank and crowding distance as of the last look.
#[derive(Clone, Debug)]
pub(crate) struct Population {
    size: usize,
    crossover: f64,
    members: Vec<Individual>,
    ranks: Vec<u32>,
    crowding: Vec<f64>,
    /// Whether ranks and crowding are those of the members.
    fresh: bool,
}

impl Population {
    pub(crate) fn new(options: &Nsga2Options) -> Self {
        Population {
            size: options.population as usize,
            crossover: options.crossover,
            members: Vec::new(),
            ranks: Vec::new(),
            crowding: Vec::new(),
            fresh: false,
        }
    }

    /// Who leaves: of the worst front the most crowded, of equals the oldest, so that a plateau is wandered over.
    fn worst(&self) -> Option<usize> {
        let ranks = ranks(&self.members);
        let last = ranks.iter().max()?;
        let front: Vec<usize> = (0..ranks.len()).filter(|&i| ranks[i] == *last).collect();
        let distances = crowding_of(&self.members, &front);
        let order = |&a: &usize, &b: &usize| {
            let age = |k: usize| self.members[front[k]].trial;
            distances[a].total_cmp(&distances[b]).then(age(a).cmp(&age(b)))
        };
        (0..front.len()).min_by(order).map(|k| front[k])
    }

    fn refresh(&mut self) {
        if self.fresh {
            return;
        }
        self.fresh = true;
        self.ranks = ranks(&self.members);
        self.crowding = vec![0.0; self.members.len()];
        for rank in 0..=self.ranks.iter().copied().max().unwrap_or(0) {
            let front: Vec<usize> = (0..self.ranks.len()).filter(|&i| self.ranks[i] == rank).collect();
            let distances = crowding_of(&self.members, &front);
            front.iter().zip(distances).for_each(|(&i, distance)| self.crowding[i] = distance);
        }
    }

    /// The better of two drawn: by rank, then by how alone it stands.
    fn tournament(&self, stream: &mut Stream) -> usize {
        let count = self.members.len() as u64;
        let (a, b) = (stream.below(count) as usize, stream.below(count) as usize);
        let order = self.ranks[a].cmp(&self.ranks[b]);
        if order.then(self.crowding[b].total_cmp(&self.crowding[a])).is_le() { a } else { b }
    }
}

impl Survivors for Population {
    fn insert(&mut self, individual: Individual) {
        self.fresh = false;
        self.members.retain(|member| member.trial != individual.trial);
        self.members.push(individual);
        if self.members.len() > self.size
            && let Some(worst) = self.worst()
        {
            self.members.remove(worst);
        }
    }

    fn child(&mut self, space: &Space, breeder: &Breeder, stream: &mut Stream) -> Option<Child> {
        if self.members.len() < 2 {
            return None;
        }
        self.refresh();
        let mother = self.tournament(stream);
        let mut parents = vec![self.members[mother].trial];
        let mut point = (*self.members[mother].point).clone();
        if stream.uniform() < self.crossover {
            let father = (0..4).map(|_| self.tournament(stream)).find(|other| *other != mother);
            if let Some(father) = father {
                parents.push(self.members[father].trial);
                point = breeder.cross(space, &point, &self.members[father].point, stream);
            }
        }
        Some(Child { point: breeder.mutate(space, &point, MUTATION_ETA, stream), parents })
    }
}

fn ranks(members: &[Individual]) -> Vec<u32> {
    let values: Vec<&[f64]> = members.iter().map(|member| &*member.values).collect();
    let violations: Vec<f64> = members.iter().map(|member| member.violation).collect();
    constrained_ranks(&values, &violations)
}

fn crowding_of(members: &[Individual], front: &[usize]) -> Vec<f64> {
    let values: Vec<&[f64]> = front.iter().map(|&i| &*members[i].values).collect();
    crowding(&values)
}
