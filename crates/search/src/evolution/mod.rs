//! Regularised evolution (Real, Aggarwal, Huang, Le 2019, arXiv:1802.01548), for architectures and other spaces of
//! choices and conditions: the best of a few drawn from the population has a child that differs in one parameter, and the
//! population is always the trials that ended last. Who was good by luck dies of age and must prove itself in its
//! children. With several objectives the best of those drawn is the one on the better front, or else the one that stands
//! more alone on it.
//!
//! The paper has 100 members of which 25 compete, for 20,000 trials; the defaults have the same quarter of fewer members.
//! Parameters that are numbers make a small step or, as often, a jump anywhere.

mod options;

use space::{Space, Stream};

pub use self::options::EvolutionOptions;
use crate::SearchError;
use crate::evolve::{Breeder, Child, Fronts, Genetic, Individual, MOST_MEMBERS, Survivors};

/// How large a mutation is: small steps, and jumps that reach everywhere.
const STEP_ETA: f64 = 20.0;
const JUMP_ETA: f64 = 1.0;

/// The trials that ended last.
#[derive(Clone, Debug)]
pub(crate) struct Aging {
    size: usize,
    sample: u32,
    /// The oldest first.
    members: Vec<Individual>,
    /// Those of the members, once somebody asked for them.
    fronts: Option<Fronts>,
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
    if options.population > MOST_MEMBERS {
        return wrong(&format!("population is above {MOST_MEMBERS}"));
    }
    if options.sample < 1 {
        return wrong("sample is 0; at least 1 member is needed to be the parent");
    }
    let startup = options.n_startup_trials.unwrap_or(options.population).into();
    let aging = Aging {
        size: options.population as usize,
        sample: options.sample.min(options.population),
        members: Vec::new(),
        fronts: None,
    };
    Ok(Genetic::new(space, objectives, startup, aging))
}

impl Survivors for Aging {
    fn insert(&mut self, individual: Individual) {
        self.fronts = None;
        self.members.retain(|member| member.trial != individual.trial);
        self.members.push(individual);
        if self.members.len() > self.size {
            self.members.remove(0);
        }
    }

    fn child(&mut self, space: &Space, breeder: &Breeder, stream: &mut Stream) -> Option<Child> {
        let count = self.members.len() as u64;
        if count == 0 {
            return None;
        }
        let fronts = self.fronts.get_or_insert_with(|| Fronts::of(&self.members));
        let drawn = (0..self.sample).map(|_| stream.below(count) as usize);
        // Of several as good the first drawn, which is any of them.
        let parent = drawn.min_by(|a, b| fronts.compare(*a, *b)).map(|i| &self.members[i])?;
        let eta = if stream.uniform() < 0.5 { STEP_ETA } else { JUMP_ETA };
        let point = breeder.mutate_one(space, &parent.point, eta, stream);
        Some(Child { point, parents: vec![parent.trial] })
    }
}
