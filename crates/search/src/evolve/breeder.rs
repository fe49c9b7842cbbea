//! A new point of old ones, in any space: what becomes active that no parent had is drawn anew.

use space::{Point, Space, Stream};

use super::{Child, Individual, gene};

/// How small most mutations of a child are: the distribution index of Deb's papers.
const MUTATION_ETA: f64 = 20.0;

/// Which parameters can be varied.
#[derive(Clone, Debug)]
pub(crate) struct Breeder {
    variable: Vec<bool>,
}

impl Breeder {
    pub(crate) fn new(space: &Space) -> Self {
        let variable = space.parameters().iter().map(|p| gene::is_variable(&p.domain));
        Breeder { variable: variable.collect() }
    }

    /// A mutated child of members that `draw` chooses by their places: with a chance of `crossover` it has two parents.
    pub(crate) fn child(
        &self,
        space: &Space,
        members: &[Individual],
        crossover: f64,
        draw: impl Fn(&mut Stream) -> usize,
        stream: &mut Stream,
    ) -> Child {
        let mother = draw(stream);
        let mut parents = vec![members[mother].trial];
        let mut point = (*members[mother].point).clone();
        if stream.uniform() < crossover {
            let father = (0..4).map(|_| draw(stream)).find(|other| *other != mother);
            if let Some(father) = father {
                parents.push(members[father].trial);
                point = self.cross(space, &point, &members[father].point, stream);
            }
        }
        Child { point: self.mutate(space, &point, MUTATION_ETA, stream), parents }
    }

    /// A child of `a` and `b`: about half of the values that both have are those of `a`, the others crossed; what only
    /// one has comes from it.
    fn cross(&self, space: &Space, a: &Point, b: &Point, stream: &mut Stream) -> Point {
        space.complete(|i, _| {
            let domain = &space.parameters()[i].domain;
            match (a.get(i), b.get(i)) {
                (Some(own), Some(_)) if !self.variable[i] || stream.uniform() < 0.5 => own.clone(),
                (Some(own), Some(other)) => gene::cross(domain, own, other, stream),
                (Some(only), None) | (None, Some(only)) => only.clone(),
                (None, None) => domain.sample(stream),
            }
        })
    }

    /// `point` with each active parameter changed with a chance of one in their number, and one at least.
    fn mutate(&self, space: &Space, point: &Point, eta: f64, stream: &mut Stream) -> Point {
        let active = self.active(point);
        let chance = 1.0 / active.len().max(1) as f64;
        let mut chosen: Vec<usize> = active.iter().copied().filter(|_| stream.uniform() < chance).collect();
        if chosen.is_empty() {
            chosen.extend(self.one(&active, stream));
        }
        self.change(space, point, &chosen, eta, stream)
    }

    /// `point` with exactly one parameter changed, and what hangs on it.
    pub(crate) fn mutate_one(&self, space: &Space, point: &Point, eta: f64, stream: &mut Stream) -> Point {
        let chosen: Vec<usize> = self.one(&self.active(point), stream).into_iter().collect();
        self.change(space, point, &chosen, eta, stream)
    }

    fn active(&self, point: &Point) -> Vec<usize> {
        let is_variable = |(i, value): (usize, Option<_>)| (value.is_some() && self.variable[i]).then_some(i);
        point.iter().enumerate().filter_map(is_variable).collect()
    }

    fn one(&self, active: &[usize], stream: &mut Stream) -> Option<usize> {
        (!active.is_empty()).then(|| active[stream.below(active.len() as u64) as usize])
    }

    fn change(&self, space: &Space, point: &Point, chosen: &[usize], eta: f64, stream: &mut Stream) -> Point {
        let mut chosen = chosen.iter().copied().peekable();
        space.complete(|i, _| {
            let domain = &space.parameters()[i].domain;
            while chosen.next_if(|next| *next < i).is_some() {}
            match point.get(i) {
                Some(value) if chosen.peek() == Some(&i) => gene::mutate(domain, value, eta, stream),
                Some(value) => value.clone(),
                None => domain.sample(stream),
            }
        })
    }
}
