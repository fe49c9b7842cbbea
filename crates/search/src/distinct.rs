//! What all samplers share: proposals keep the space constraints, and no configuration is tried twice while there
//! is a new one.

use std::sync::Arc;

use indexmap::IndexSet;
use space::{ConfigHash, Point, Space};

use crate::strategy::{Draft, Strategy, stream};
use crate::walk::Walk;
use crate::{Ask, Decision, Duplicates, Observed, Proposal, Purpose, Sampler, SearchError, Spent};

/// How often a strategy may try before it is helped.
const ATTEMPTS: u32 = 64;
/// How many random points are tried after that in an infinite space.
const RANDOM_DRAWS: u32 = 20_000;

/// A strategy under the policies of a study. See [`build`](crate::build).
pub(crate) struct Distinct {
    strategy: Box<dyn Strategy>,
    space: Arc<Space>,
    duplicates: Duplicates,
    /// Every configuration that a trial has had, running or ended in whatever way.
    seen: IndexSet<ConfigHash>,
    /// What is left of a finite space, for when the strategy finds nothing new in it.
    walk: Option<Walk>,
}

impl Distinct {
    pub(crate) fn new(strategy: Box<dyn Strategy>, space: Arc<Space>, duplicates: Duplicates) -> Self {
        Distinct { strategy, space, duplicates, seen: IndexSet::new(), walk: None }
    }
}

impl Sampler for Distinct {
    fn learn(&mut self, events: &[Observed]) {
        if self.duplicates == Duplicates::Skip {
            for event in events {
                if let Observed::Created { point, .. } = event {
                    self.seen.insert(self.space.hash(point));
                }
            }
        }
        self.strategy.learn(events);
    }

    fn propose(&mut self, ask: &Ask<'_>) -> Result<Decision, SearchError> {
        let Distinct { strategy, space, seen, walk, .. } = self;
        let accept =
            |point: &Point| space.allows(point) && (seen.is_empty() || !seen.contains(&space.hash(point)));
        for attempt in 0..ATTEMPTS {
            match strategy.draw(ask, attempt, &accept)? {
                Draft::Point(point, memo) => return Ok(Decision { memo, ..Decision::new_trial(point) }),
                Draft::Child(point, parent, memo) => {
                    let proposal = Proposal::New { point, level: None, parent: Some(parent) };
                    return Ok(Decision { proposal, memo });
                }
                Draft::Refused => {}
                Draft::Wait => return Ok(Proposal::Wait.into()),
                Draft::Exhausted(spent) => return Ok(Proposal::Exhausted(spent).into()),
            }
        }
        if walk.is_none() {
            *walk = Walk::new(space, Some(ask.stream(Purpose::Study).next_u64()));
        }
        if let Some(walk) = walk {
            let unseen = walk.next(space, &accept)?;
            return Ok(unseen.map_or(Proposal::Exhausted(Spent::Space).into(), Decision::new_trial));
        }
        for attempt in ATTEMPTS..ATTEMPTS + RANDOM_DRAWS {
            let point = space.sample(&mut stream(ask, attempt));
            if accept(&point) {
                return Ok(Decision::new_trial(point));
            }
        }
        Err(SearchError::Infeasible { tries: u64::from(ATTEMPTS + RANDOM_DRAWS) })
    }
}
