//! The population of NSGA-II.

use space::{Space, Stream};

use super::Nsga2Options;
use crate::evolve::{Breeder, Child, Fronts, Individual, Survivors, crowding_of, front, ranks};

/// Who is alive.
#[derive(Clone, Debug)]
pub(crate) struct Population {
    size: usize,
    crossover: f64,
    members: Vec<Individual>,
    /// Those of the members, once somebody asked for them.
    fronts: Option<Fronts>,
}

impl Population {
    pub(crate) fn new(options: &Nsga2Options) -> Self {
        Population {
            size: options.population as usize,
            crossover: options.crossover,
            members: Vec::new(),
            fronts: None,
        }
    }

    /// Who leaves: of the worst front the most crowded, of equals the oldest, so that a plateau is wandered over.
    fn worst(&self) -> Option<usize> {
        let ranks = ranks(&self.members);
        let front = front(&ranks, *ranks.iter().max()?);
        let distances = crowding_of(&self.members, &front);
        let order = |&a: &usize, &b: &usize| {
            let age = |k: usize| self.members[front[k]].trial;
            distances[a].total_cmp(&distances[b]).then(age(a).cmp(&age(b)))
        };
        (0..front.len()).min_by(order).map(|k| front[k])
    }
}

impl Survivors for Population {
    fn insert(&mut self, individual: Individual) {
        self.fronts = None;
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
        let fronts = self.fronts.get_or_insert_with(|| Fronts::of(&self.members));
        let count = self.members.len() as u64;
        // The better of two drawn.
        let tournament = |stream: &mut Stream| {
            let (a, b) = (stream.below(count) as usize, stream.below(count) as usize);
            if fronts.compare(a, b).is_le() { a } else { b }
        };
        Some(breeder.child(space, &self.members, self.crossover, tournament, stream))
    }
}
