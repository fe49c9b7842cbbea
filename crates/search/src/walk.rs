//! Through a finite space, past what will not do.

use space::{Point, Shuffled, Space};

use crate::SearchError;

/// So many points may break the space constraints before a walk gives up…
const MOST_REFUSED: u64 = 1_000_000;
/// …and so many more for each that keeps them.
const MOST_REFUSED_EACH: u64 = 100_000;

/// Where a walk through a numbered space stands: at the first point that keeps the constraints and was not tried. What
/// lies behind never comes back, so that the place is only a cache of what follows from the history.
#[derive(Clone, Debug)]
pub(crate) struct Walk {
    /// `None`: in the order of the numbering.
    order: Option<Shuffled>,
    place: u64,
    refused: u64,
    kept: u64,
}

impl Walk {
    /// A walk in the order of the numbering, or in a random one that follows from `seed`. `None` where the space is not
    /// finite.
    pub(crate) fn new(space: &Space, seed: Option<u64>) -> Option<Self> {
        let count = space.numbered()?.clone();
        let order = seed.map(|seed| Shuffled::new(count, seed));
        Some(Walk { order, place: 0, refused: 0, kept: 0 })
    }

    /// The first point that keeps the space constraints and that `accept` accepts; `None` at the end.
    ///
    /// # Errors
    /// [`SearchError::Infeasible`] where nearly every point breaks the constraints.
    pub(crate) fn next(
        &mut self,
        space: &Space,
        accept: &dyn Fn(&Point) -> bool,
    ) -> Result<Option<Point>, SearchError> {
        loop {
            let index = match &self.order {
                Some(order) => order.at(&self.place.into()),
                None => Some(self.place.into()),
            };
            let Some(point) = index.and_then(|index| space.nth(&index)) else { return Ok(None) };
            if accept(&point) {
                return Ok(Some(point));
            }
            if space.allows(&point) {
                self.kept += 1;
            } else {
                self.refused += 1;
            }
            if self.refused > MOST_REFUSED + MOST_REFUSED_EACH * self.kept {
                return Err(SearchError::Infeasible { tries: self.refused });
            }
            self.place += 1;
        }
    }
}
