//! What all samplers share: proposals keep the space constraints, and no configuration is tried twice while there
//! is a new one.
//!
//! Where the constraints leave little, a strategy's own attempts are followed by [repairs](Repair) of what it wanted, and as
//! long as there is no point to repair from by random draws.

use std::cell::RefCell;
use std::sync::Arc;

use indexmap::IndexSet;
use space::{ConfigHash, Point, Space};

use crate::repair::Repair;
use crate::strategy::{Draft, Strategy, stream};
use crate::walk::Walk;
use crate::{Ask, Decision, Duplicates, Observed, Proposal, Purpose, Sampler, SearchError, Spent};

/// How often a strategy may try before it is helped.
const ATTEMPTS: u32 = 64;
/// So many times after that a point is looked for between one that keeps the constraints and what the strategy wanted, or
/// a random one.
const REPAIRS: u32 = 1_000;
/// And where no trial has kept them yet, so many random points are tried: where one in 10,000 keeps the constraints, that
/// it is not found never happens, and where it is one in 100,000 in a study of twenty.
const RANDOM_DRAWS: u32 = 300_000;

/// A strategy under the policies of a study. See [`build`](crate::build).
pub(crate) struct Distinct {
    strategy: Box<dyn Strategy>,
    space: Arc<Space>,
    duplicates: Duplicates,
    /// Every configuration that a trial has had, running or ended in whatever way.
    seen: IndexSet<ConfigHash>,
    /// Where points are looked for whose constraints are hard to keep.
    repair: Repair,
    /// What is left of a finite space, for when the strategy finds nothing new in it.
    walk: Option<Walk>,
}

impl Distinct {
    pub(crate) fn new(strategy: Box<dyn Strategy>, space: Arc<Space>, duplicates: Duplicates) -> Self {
        Distinct { strategy, space, duplicates, seen: IndexSet::new(), repair: Repair::default(), walk: None }
    }
}

impl Sampler for Distinct {
    fn learn(&mut self, events: &[Observed]) {
        for event in events {
            if let Observed::Created { point, .. } = event {
                if self.duplicates == Duplicates::Skip {
                    self.seen.insert(self.space.hash(point));
                }
                self.repair.learn(&self.space, point);
            }
        }
        self.strategy.learn(events);
    }

    fn propose(&mut self, ask: &Ask<'_>) -> Result<Decision, SearchError> {
        let Distinct { strategy, space, seen, repair, walk, .. } = self;
        // The first point that broke the constraints is what the strategy wants most.
        let wish = RefCell::new(None);
        let accept = |point: &Point| {
            if !space.allows(point) {
                wish.borrow_mut().get_or_insert_with(|| point.clone());
                return false;
            }
            seen.is_empty() || !seen.contains(&space.hash(point))
        };
        for attempt in 0..ATTEMPTS {
            match strategy.draw(ask, attempt, &accept)? {
                Draft::Point(point, memo) => return Ok(Decision { memo, ..Decision::new_trial(point) }),
                Draft::Child(point, parent, memo) => {
                    let proposal = Proposal::New { point, level: None, parent: Some(parent) };
                    return Ok(Decision { proposal, memo });
                }
                Draft::Repeat(trial, runs, memo) => {
                    return Ok(Decision { proposal: Proposal::Repeat { trial, runs: runs.get() }, memo });
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
        let mut wish = wish.take();
        let mut stream = stream(ask, ATTEMPTS);
        for _ in 0..REPAIRS {
            let wished = wish.take().unwrap_or_else(|| space.sample(&mut stream));
            if let Some(point) = repair.towards(&wished, space, &accept, &mut stream) {
                return Ok(Decision::new_trial(point));
            }
        }
        for _ in 0..RANDOM_DRAWS {
            let point = space.sample(&mut stream);
            if accept(&point) {
                return Ok(Decision::new_trial(point));
            }
        }
        Err(SearchError::Infeasible { tries: u64::from(ATTEMPTS + RANDOM_DRAWS) })
    }
}
