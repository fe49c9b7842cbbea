//! Random search: every trial drawn by the ranges and weights of the space; or a share of the trials of another sampler.

use space::Point;

use crate::strategy::{Draft, Strategy, stream};
use crate::{Ask, Observed, Purpose, SearchError};

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

/// Another sampler, between whose proposals a share of all trials is drawn at random.
pub(crate) struct Interspersed {
    inner: Box<dyn Strategy>,
    /// 0 to 1.
    share: f64,
}

impl Interspersed {
    pub(crate) fn new(inner: Box<dyn Strategy>, share: f64) -> Self {
        Interspersed { inner, share }
    }
}

impl Strategy for Interspersed {
    fn learn(&mut self, events: &[Observed]) {
        self.inner.learn(events);
    }

    fn draw(
        &mut self,
        ask: &Ask<'_>,
        attempt: u32,
        accept: &dyn Fn(&Point) -> bool,
    ) -> Result<Draft, SearchError> {
        if ask.stream(Purpose::Turn).uniform() < self.share {
            return Random.draw(ask, attempt, accept);
        }
        self.inner.draw(ask, attempt, accept)
    }
}
