//! Every configuration of a finite space, once.

use space::{Domain, Point, Space};

use crate::strategy::{Draft, Strategy};
use crate::walk::Walk;
use crate::{Ask, GridOptions, Observed, Purpose, SearchError, Spent};

/// A walk through the whole space. Which configurations were tried is known by
/// [`Distinct`](crate::distinct::Distinct), so that enqueued ones are not repeated.
#[derive(Clone, Debug)]
pub(crate) struct Grid {
    options: GridOptions,
    walk: Option<Walk>,
}

impl Grid {
    pub(crate) fn new(space: &Space, options: GridOptions) -> Result<Self, SearchError> {
        if space.numbered().is_some() {
            return Ok(Grid { options, walk: None });
        }
        let continuous = space.parameters().iter().find(|p| match &p.domain {
            Domain::Float(d) => d.grid_len().is_none(),
            _ => false,
        });
        Err(SearchError::Unsuitable(match continuous {
            Some(p) => format!("a grid needs a finite space: give {} `points` or a `step`", p.path),
            None => "the conditions of this space are too entangled to number its configurations".to_owned(),
        }))
    }
}

impl Strategy for Grid {
    fn learn(&mut self, _events: &[Observed]) {}

    fn draw(
        &mut self,
        ask: &Ask<'_>,
        _attempt: u32,
        accept: &dyn Fn(&Point) -> bool,
    ) -> Result<Draft, SearchError> {
        if self.walk.is_none() {
            let seed = self.options.shuffle.then(|| ask.stream(Purpose::Study).next_u64());
            self.walk = Walk::new(ask.space, seed);
        }
        let point = match &mut self.walk {
            Some(walk) => walk.next(ask.space, accept)?,
            None => None,
        };
        Ok(point.map_or(Draft::Exhausted(Spent::Space), |point| Draft::Point(point, None)))
    }
}
