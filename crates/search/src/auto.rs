//! The choice of a sampler where none is named.

use serde_json::json;
use space::{Point, Space};

use crate::random::Random;
use crate::strategy::{Draft, Strategy};
use crate::tpe::Tpe;
use crate::{Ask, DecisionId, Observed, SearchError, TpeOptions};

/// A space with no more configurations is simply tried through.
const SMALL: u32 = 100;

/// One of the other samplers, which the first decision's memo names.
pub(crate) struct Auto {
    chosen: Box<dyn Strategy>,
    name: &'static str,
    why: &'static str,
}

impl Auto {
    pub(crate) fn new(space: &Space, objectives: usize) -> Result<Self, SearchError> {
        let small = space.numbered().is_some_and(|count| *count <= SMALL.into());
        Ok(if objectives > 1 {
            Auto { chosen: Box::new(Random), name: "random", why: "several objectives" }
        } else if small {
            Auto { chosen: Box::new(Random), name: "random", why: "small enough to try every configuration" }
        } else {
            let tpe = Tpe::new(space, objectives, TpeOptions::default())?;
            Auto { chosen: Box::new(tpe), name: "tpe", why: "one objective" }
        })
    }
}

impl Strategy for Auto {
    fn learn(&mut self, events: &[Observed]) {
        self.chosen.learn(events);
    }

    fn draw(
        &mut self,
        ask: &Ask<'_>,
        attempt: u32,
        accept: &dyn Fn(&Point) -> bool,
    ) -> Result<Draft, SearchError> {
        Ok(match self.chosen.draw(ask, attempt, accept)? {
            Draft::Point(point, None) if ask.decision == DecisionId(0) => {
                Draft::Point(point, Some(json!({ "auto": self.name, "why": self.why })))
            }
            draft => draft,
        })
    }
}
