//! The elitist genetic algorithm of non-dominated sorting, NSGA-II (Deb, Pratap, Agarwal, Meyarivan 2002), in its steady
//! state (Durillo, Nebro, Luna, Alba 2009): each result joins the population at once, and of the worst front the one that
//! is most crowded leaves. That needs fewer trials than generations do, and no trial waits for another.
//!
//! Outcome constraints by Deb's rule: feasible before infeasible, and these by how much they break them.

mod options;
mod population;

use space::Space;

pub use self::options::Nsga2Options;
use self::population::Population;
use crate::SearchError;
use crate::evolve::{Genetic, MOST_MEMBERS};

/// The sampler for a space and so many objectives.
pub(crate) fn new(
    space: &Space,
    objectives: usize,
    options: &Nsga2Options,
) -> Result<Genetic<Population>, SearchError> {
    let wrong = |what: &str| Err(SearchError::Unsuitable(format!("sampler nsga2: {what}")));
    if options.population < 4 {
        return wrong("population is below 4; a crossover needs something to choose from");
    }
    if options.population > MOST_MEMBERS {
        return wrong(&format!("population is above {MOST_MEMBERS}"));
    }
    if !(0.0..=1.0).contains(&options.crossover) {
        return wrong("crossover is not a number from 0 to 1");
    }
    let startup = options.n_startup_trials.into();
    Ok(Genetic::new(space, objectives, startup, Population::new(options)))
}
