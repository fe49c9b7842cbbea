//! Regularised evolution (Real, Aggarwal, Huang, Le 2019, arXiv:1802.01548), for architectures and other spaces of
//! choices and conditions: the best of a few drawn from the population has a child that differs in one parameter, and the
//! population is always the trials that ended last. Who was good by luck dies of age and must prove itself in its
//! children.
//!
//! The paper has 100 members of which 25 compete, for 20,000 trials; the defaults have the same quarter of fewer members.
//! Parameters that are numbers make a small step or, as often, a jump anywhere.

mod options;

use std::collections::VecDeque;

use space::{Space, Stream};

pub use self::options::EvolutionOptions;
use crate::SearchError;
use crate::evolve::{Breeder, Child, Genetic, Individual, Survivors};
use crate::pareto::constrained_ranks;

/// How large a mutation is: small steps, and jumps that reach everywhere.
const STEP_ETA: f64 = 20.0;
const JUMP_ETA: f64 = 1.0;

/// The trials that ended last.
#[derive(Clone, Debug)]
pub(crate) struct Aging {
    size: usize,
    sample: u32,
    members: VecDeque<Individual>,
}

/// The sampler for a space and so many objectives.
pub(crate) fn new(
    space: &Space,
    objectives: usize,
    options: &EvolutionOptions,
) -> Result<Genetic<Aging>, SearchError> {
    let wrong = |what: &str| Err(SearchError::Unsuitable(format!("sampler evolution: {what}")));
    if options.population < 2 {
        return wrong("population is below 2");
    }
    if options.sample < 1 {
        return wrong("sample is 0; at least 1 member is needed to be the parent");
    }
    let startup = options.n_startup_trials.unwrap_or(options.population).into();
    let aging = Aging { size: options.population as usize, sample: options.sample, members: VecDeque::new() };
    Ok(Genetic::new(space, objectives, startup, aging))
}

impl Survivors for Aging {
    fn insert(&mut self, individual: Individual) {
        self.members.retain(|member| member.trial != individual.trial);
        self.members.push_back(individual);
        if self.members.len() > self.size {
            self.members.pop_front();
        }
    }

    fn child(&mut self, space: &Space, breeder: &Breeder, stream: &mut Stream) -> Option<Child> {
        if self.members.is_empty() {
            return None;
        }
        let count = self.members.len() as u64;
        let drawn: Vec<&Individual> =
            (0..self.sample).map(|_| &self.members[stream.below(count) as usize]).collect();
        let values: Vec<&[f64]> = drawn.iter().map(|member| &*member.values).collect();
        let violations: Vec<f64> = drawn.iter().map(|member| member.violation).collect();
        let ranks = constrained_ranks(&values, &violations);
        // Of several as good the first drawn, which is any of them.
        let parent = (0..drawn.len()).min_by_key(|&i| ranks[i]).map(|i| drawn[i])?;
        let eta = if stream.uniform() < 0.5 { STEP_ETA } else { JUMP_ETA };
        let point = breeder.mutate_one(space, &parent.point, eta, stream);
        Some(Child { point, parents: vec![parent.trial] })
    }
}
