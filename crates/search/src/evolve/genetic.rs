//! A population in a loop: results go in, children come out.

use serde_json::json;
use space::{Point, Space, Stream};

use super::{Breeder, Individual, Trials};
use crate::sobol::Sobol;
use crate::strategy::{Draft, Strategy, stream};
use crate::{Ask, Observed, SearchError, SobolOptions, TrialId};

/// A proposal and whom it comes from.
pub(crate) struct Child {
    pub(crate) point: Point,
    pub(crate) parents: Vec<TrialId>,
}

/// Who stays in the population, and who of it has children.
pub(crate) trait Survivors: Send {
    /// Takes in a result; a trial that is there already has a new one. Whoever is too many leaves.
    fn insert(&mut self, individual: Individual);

    /// A child of those who are there; `None` while they are too few.
    fn child(&mut self, space: &Space, breeder: &Breeder, stream: &mut Stream) -> Option<Child>;
}

/// See the module.
pub(crate) struct Genetic<S> {
    trials: Trials,
    survivors: S,
    breeder: Breeder,
    /// How many trials end before any is bred.
    startup: u64,
    /// Where the first ones are; none in a space too wide for it.
    spread: Option<Sobol>,
}

impl<S: Survivors> Genetic<S> {
    pub(crate) fn new(space: &Space, objectives: usize, startup: u64, survivors: S) -> Self {
        Genetic {
            trials: Trials::new(objectives),
            survivors,
            breeder: Breeder::new(space),
            startup,
            spread: Sobol::new(space, SobolOptions::default()).ok(),
        }
    }

    /// Before anything is known: evenly spread, by the number of the decision.
    fn first(&self, ask: &Ask<'_>, attempt: u32, stream: &mut Stream) -> Point {
        match (&self.spread, u32::try_from(ask.decision.0)) {
            (Some(sobol), Ok(index)) if attempt == 0 => sobol.at(ask, index),
            _ => ask.space.sample(stream),
        }
    }
}

impl<S: Survivors> Strategy for Genetic<S> {
    fn learn(&mut self, events: &[Observed]) {
        for event in events {
            if let Some(individual) = self.trials.learn(event) {
                self.survivors.insert(individual);
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
        let bred = if self.trials.ended() < self.startup {
            None
        } else {
            self.survivors.child(ask.space, &self.breeder, &mut stream)
        };
        let (point, memo) = match bred {
            Some(Child { point, parents }) => (point, Some(json!({ "parents": parents }))),
            None => (self.first(ask, attempt, &mut stream), None),
        };
        Ok(if accept(&point) { Draft::Point(point, memo) } else { Draft::Refused })
    }
}
