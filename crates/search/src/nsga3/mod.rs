//! NSGA-III (Deb and Jain 2014), for three objectives and more, where nearly everything is non-dominated and crowding says
//! little: directions spread over the objectives keep the population spread. Of the worst front the one leaves that is
//! farthest from its direction, where most others have the same. In its steady state, as `nsga2` is.

mod directions;
mod niches;
mod options;
mod scale;

use space::Space;

use self::directions::count;
use self::niches::Niches;
pub use self::options::Nsga3Options;
use crate::SearchError;
use crate::evolve::{Genetic, MOST_MEMBERS};

/// Directions are all made at the start, and gone through for each trial.
const MOST_DIRECTIONS: u64 = 100_000;

/// The sampler for a space and so many objectives.
pub(crate) fn new(
    space: &Space,
    objectives: usize,
    options: &Nsga3Options,
) -> Result<Genetic<Niches>, SearchError> {
    let wrong = |what: &str| Err(SearchError::Unsuitable(format!("sampler nsga3: {what}")));
    if options.population.is_some_and(|size| size < 4) {
        return wrong("population is below 4; a crossover needs something to choose from");
    }
    if options.population.is_some_and(|size| size > MOST_MEMBERS) {
        return wrong(&format!("population is above {MOST_MEMBERS}"));
    }
    if options.divisions == Some(0) {
        return wrong("divisions is 0; at least 1 is needed");
    }
    if options.divisions.is_some_and(|divisions| count(objectives, divisions) > MOST_DIRECTIONS) {
        return wrong(&format!("divisions gives more than {MOST_DIRECTIONS} directions; fewer are needed"));
    }
    if !(0.0..=1.0).contains(&options.crossover) {
        return wrong("crossover is not a number from 0 to 1");
    }
    let startup = options.n_startup_trials.into();
    Ok(Genetic::new(space, objectives, startup, Niches::new(objectives, options)))
}
