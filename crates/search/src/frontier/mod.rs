//! Growth of a frontier of cost and error, as Petridish searches architectures (Hu, Langford, Caruana, Mukherjee, Horvitz,
//! Dey 2019; Archai 1.0.0), over any parameters that can grow.
//!
//! The first trials are a grid of small configurations. Then each ask draws a parent among those near the lower convex hull of
//! cost and error, rather a cheap one and one that was not drawn often, and proposes it with one parameter a step greater;
//! the parent's artifacts and checkpoint are handed on. The search ends by the study's stop rules: `max(madd) > 2e8`, or so
//! many trials.
//!
//! What it knows follows from the trials that were created, with their parents, and from how they ended (invariant HISTORY):
//! a study goes on as if it had never stopped.

mod options;
mod pool;
mod seeds;

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::json;
use space::{Domain, Point, Scalar, Space, Stream};

pub use self::options::FrontierOptions;
use self::pool::{Member, Parent, Pool};
use self::seeds::Seeds;
use crate::evolve::{Breeder, stepped};
use crate::pareto::total_violation;
use crate::strategy::{Draft, Strategy, stream};
use crate::{Ask, Observed, Outcome, SearchError, Spent, TrialId};

/// In a memo, the number of the combination of the seeds' grid.
const SEED: &str = "seed";
/// How often a parent is drawn before all pairs of parent and parameter are gone through.
const DRAWS: u32 = 32;
/// How many variants of each child are tried where the child itself was tried before.
const VARIANTS: u32 = 8;
/// How small the difference of a variant mostly is.
const VARIANT_ETA: f64 = 20.0;

/// See the module.
pub(crate) struct Frontier {
    eps: f64,
    /// Which of the two values is the cost.
    cost: usize,
    grow: Vec<usize>,
    seeds: Seeds,
    next_seed: u64,
    pool: Pool,
    running: BTreeMap<TrialId, Arc<Point>>,
    breeder: Breeder,
}

impl Frontier {
    pub(crate) fn new(
        space: &Space,
        objectives: usize,
        options: &FrontierOptions,
    ) -> Result<Self, SearchError> {
        let wrong = |what: String| Err(SearchError::Unsuitable(format!("sampler frontier: {what}")));
        if objectives != 2 {
            return wrong(format!(
                "it needs two objectives, a cost and an error, and the study has {objectives}"
            ));
        }
        if !(1..=2).contains(&options.cost) {
            return wrong(format!("cost is {}; it is 1 or 2, the number of the objective", options.cost));
        }
        if !(options.eps >= 0.0 && options.eps.is_finite()) {
            return wrong("eps is not a number ≥ 0".to_owned());
        }
        let grow = growing(space, &options.grow)?;
        if grow.is_empty() {
            return wrong("no parameter can grow; it needs a whole number that is always active".to_owned());
        }
        let seeds = Seeds::new(space, &grow, &options.seeds)?;
        Ok(Frontier {
            eps: options.eps,
            cost: options.cost as usize - 1,
            grow,
            seeds,
            next_seed: 0,
            pool: Pool::default(),
            running: BTreeMap::new(),
            breeder: Breeder::new(space),
        })
    }

    fn end(&mut self, trial: TrialId, point: Arc<Point>, outcome: &Outcome) {
        let Outcome::Complete { values, violations } = outcome else { return };
        let [first, second] = **values else { return };
        let place = if self.cost == 0 { (first, second) } else { (second, first) };
        if place.0.is_finite() && place.1.is_finite() && total_violation(violations) == 0.0 {
            self.pool.insert(trial, Member { point, place });
        }
    }

    /// The next combinations of the seeds' grid, the first one that will do.
    fn seed(&self, ask: &Ask<'_>, stream: &mut Stream, accept: &dyn Fn(&Point) -> bool) -> Option<Draft> {
        for number in self.next_seed..self.seeds.count() {
            for _ in 0..VARIANTS {
                let point = self.seeds.point(ask.space, number, stream);
                if accept(&point) {
                    return Some(Draft::Point(point, Some(json!({ SEED: number }))));
                }
            }
        }
        None
    }

    fn child(&self, ask: &Ask<'_>, stream: &mut Stream, accept: &dyn Fn(&Point) -> bool) -> Option<Draft> {
        let parents = self.pool.parents(self.eps);
        let weights: Vec<f64> = parents.iter().map(|parent| parent.weight).collect();
        let draft = |parent: &Parent, i: usize, point: Point| {
            let memo = json!({ "grew": ask.space.parameters()[i].path });
            Some(Draft::Child(point, parent.trial, Some(memo)))
        };
        let pick = |stream: &mut Stream| {
            let parent = &parents[stream.weighted(&weights)];
            (parent, self.grow[stream.below(self.grow.len() as u64) as usize])
        };
        for _ in 0..DRAWS {
            let (parent, i) = pick(stream);
            if let Some(point) = grown(ask.space, &parent.point, i, stream).filter(accept) {
                return draft(parent, i, point);
            }
        }
        for parent in &parents {
            for &i in &self.grow {
                if let Some(point) = grown(ask.space, &parent.point, i, stream).filter(accept) {
                    return draft(parent, i, point);
                }
            }
        }
        // All children were tried: their variants, then variants of those who cannot grow.
        for _ in 0..DRAWS * VARIANTS {
            let (parent, i) = pick(stream);
            let child = grown(ask.space, &parent.point, i, stream);
            let child = child.as_ref().unwrap_or(&parent.point);
            let variant = self.breeder.mutate_one(ask.space, child, VARIANT_ETA, stream);
            if accept(&variant) {
                return draft(parent, i, variant);
            }
        }
        None
    }
}

impl Strategy for Frontier {
    fn learn(&mut self, events: &[Observed]) {
        for event in events {
            match event {
                Observed::Created { trial, point, parent, memo, .. } => {
                    let seed = memo.as_ref().and_then(|memo| memo.get(SEED)?.as_u64());
                    self.next_seed = self.next_seed.max(seed.map_or(0, |number| number + 1));
                    if let Some(parent) = parent {
                        self.pool.sampled(*parent, *trial);
                    }
                    self.running.insert(*trial, point.clone());
                }
                Observed::Ended { trial, outcome } => {
                    if let Some(point) = self.running.remove(trial) {
                        self.end(*trial, point, outcome);
                    }
                }
                Observed::Continued { .. }
                | Observed::Repeated { .. }
                | Observed::Repetition { .. }
                | Observed::Spent { .. }
                | Observed::Reported { .. } => {}
            }
        }
    }

    fn draw(
        &mut self,
        ask: &Ask<'_>,
        attempt: u32,
        accept: &dyn Fn(&Point) -> bool,
    ) -> Result<Draft, SearchError> {
        let mut stream = stream(ask, attempt);
        if let Some(seed) = self.seed(ask, &mut stream, accept) {
            return Ok(seed);
        }
        let child = if self.pool.is_empty() { None } else { self.child(ask, &mut stream, accept) };
        Ok(match child {
            Some(child) => child,
            // Who runs now may yet have children.
            None if !self.running.is_empty() => Draft::Wait,
            None if !self.pool.is_empty() => Draft::Exhausted(Spent::Frontier),
            None => {
                // All seeds failed.
                let point = ask.space.sample(&mut stream);
                if accept(&point) { Draft::Point(point, None) } else { Draft::Refused }
            }
        })
    }
}

/// `point` with parameter `i` a step greater; what becomes active is drawn. `None` where it is inactive or at its end.
fn grown(space: &Space, point: &Point, i: usize, stream: &mut Stream) -> Option<Point> {
    let next = stepped(&space.parameters()[i].domain, point.get(i)?, true)?;
    Some(space.complete(|k, _| match point.get(k) {
        _ if k == i => next.clone(),
        Some(value) => value.clone(),
        None => space.parameters()[k].domain.sample(stream),
    }))
}

/// The parameters of these paths, or all whole numbers that are always active.
fn growing(space: &Space, paths: &[String]) -> Result<Vec<usize>, SearchError> {
    let can_grow = |domain: &Domain| match domain {
        Domain::Float(d) => d.grid_len().is_some_and(|count| count > 1),
        Domain::Int(d) => d.grid_len() > 1,
        Domain::Choice(d) => d.ordered() && d.len() > 1,
        Domain::Permutation(_) => false,
    };
    if paths.is_empty() {
        let whole = |i: &usize| {
            let domain = &space.parameters()[*i].domain;
            matches!(domain, Domain::Int(_)) && can_grow(domain) && space.is_always_active(*i)
        };
        return Ok((0..space.parameters().len()).filter(whole).collect());
    }
    let find = |path: &String| {
        let wrong = |what: &str| SearchError::Unsuitable(format!("sampler frontier: grow: `{path}` {what}"));
        let i = space.index(path).ok_or_else(|| wrong("is no parameter of the space"))?;
        if !can_grow(&space.parameters()[i].domain) {
            return Err(wrong(
                "cannot grow; it takes a whole number, an ordered choice or a float with steps",
            ));
        }
        Ok(i)
    };
    paths.iter().map(find).collect()
}

/// The least value of a domain that can grow.
fn least(domain: &Domain) -> Option<Scalar> {
    match domain {
        Domain::Float(d) => Some(Scalar::Float(d.nth(0))),
        Domain::Int(d) => Some(Scalar::Int(d.nth(0))),
        Domain::Choice(_) => Some(Scalar::Choice(0)),
        Domain::Permutation(_) => None,
    }
}

#[cfg(test)]
mod tests;
