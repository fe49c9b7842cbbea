//! The population of NSGA-III.

use space::{Space, Stream};

use super::Nsga3Options;
use super::directions::directions;
use super::scale::Scale;
use crate::evolve::{Breeder, Child, Individual, Survivors, front, ranks};

/// Who is alive, and the directions that each stands for.
#[derive(Clone, Debug)]
pub(crate) struct Niches {
    size: usize,
    crossover: f64,
    /// Of length 1.
    directions: Vec<Vec<f64>>,
    members: Vec<Individual>,
    /// Those of the members, once somebody asked for them.
    ranks: Option<Vec<u32>>,
}

impl Niches {
    pub(crate) fn new(objectives: usize, options: &Nsga3Options) -> Self {
        let mut directions = directions(objectives, options.divisions);
        for direction in &mut directions {
            let length = libm::sqrt(direction.iter().map(|x| x * x).sum());
            direction.iter_mut().for_each(|x| *x /= length);
        }
        let size = options.population.map_or(directions.len(), |size| size as usize);
        Niches {
            size: size.max(4),
            crossover: options.crossover,
            directions,
            members: Vec::new(),
            ranks: None,
        }
    }

    /// Who leaves, given all ranks.
    fn worst(&self, ranks: &[u32]) -> Option<usize> {
        let last = *ranks.iter().max()?;
        let front = front(ranks, last);
        let finite = |i: &usize| self.members[*i].values.iter().all(|value| value.is_finite());
        if let Some(odd) = front.iter().find(|i| !finite(i)) {
            return Some(*odd);
        }
        let best: Vec<&[f64]> = (0..ranks.len())
            .filter(|i| ranks[*i] == 0 && finite(i))
            .map(|i| &*self.members[i].values)
            .collect();
        let all: Vec<&[f64]> = (0..ranks.len()).filter(finite).map(|i| &*self.members[i].values).collect();
        let Some(scale) = Scale::of(&best, &all) else { return front.first().copied() };
        let mut counts = vec![0_usize; self.directions.len()];
        let niches: Vec<(usize, f64)> =
            self.members.iter().map(|m| self.niche(&scale.apply(&m.values))).collect();
        (0..ranks.len()).filter(finite).for_each(|i| counts[niches[i].0] += 1);
        front.into_iter().max_by(|&a, &b| {
            let ((niche_a, far_a), (niche_b, far_b)) = (niches[a], niches[b]);
            let age = self.members[b].trial.cmp(&self.members[a].trial);
            counts[niche_a].cmp(&counts[niche_b]).then(far_a.total_cmp(&far_b)).then(age)
        })
    }

    /// The direction nearest to a scaled point, and the square of the distance to it.
    fn niche(&self, point: &[f64]) -> (usize, f64) {
        let length: f64 = point.iter().map(|x| x * x).sum();
        let mut best = (0, f64::INFINITY);
        for (i, direction) in self.directions.iter().enumerate() {
            let along: f64 = point.iter().zip(direction).map(|(x, d)| x * d).sum();
            let distance = length - along * along;
            if distance < best.1 {
                best = (i, distance);
            }
        }
        best
    }
}

impl Survivors for Niches {
    fn insert(&mut self, individual: Individual) {
        self.ranks = None;
        self.members.retain(|member| member.trial != individual.trial);
        self.members.push(individual);
        if self.members.len() > self.size
            && let Some(worst) = self.worst(&ranks(&self.members))
        {
            self.members.remove(worst);
        }
    }

    fn child(&mut self, space: &Space, breeder: &Breeder, stream: &mut Stream) -> Option<Child> {
        if self.members.len() < 2 {
            return None;
        }
        let ranks = self.ranks.get_or_insert_with(|| ranks(&self.members));
        let count = self.members.len() as u64;
        // The better of two drawn, by rank alone.
        let tournament = |stream: &mut Stream| {
            let (a, b) = (stream.below(count) as usize, stream.below(count) as usize);
            if ranks[a] <= ranks[b] { a } else { b }
        };
        Some(breeder.child(space, &self.members, self.crossover, tournament, stream))
    }
}
