//! Random search: every trial drawn by the ranges and weights of the space.

use space::Point;

use crate::strategy::{Draft, Strategy, stream};
use crate::{Ask, Observed, SearchError};

/// Draws without regard to results.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Random;

impl Strategy for Random {
    fn learn(&mut self, _events: &[Observed]) {}

    fn draw(
        &mut self,
        ask: &Ask<'_>,
        attempt: u32,
        accept: &dyn Fn(&Point) -> bool,
    ) -> Result<Draft, SearchError> {
        let point = ask.space.sample(&mut stream(ask, attempt));
        Ok(if accept(&point) { Draft::Point(point, None) } else { Draft::Refused })
    }
}
