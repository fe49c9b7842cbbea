//! The dice of a world: one stream of its seed, drawn from in the order of what happens.

use std::sync::{Mutex, PoisonError};

use space::Stream;

/// All that is left to chance while a world runs.
#[derive(Debug)]
pub(crate) struct Chance(Mutex<Stream>);

impl Chance {
    pub(crate) fn new(seed: u64, purpose: u64) -> Self {
        Chance(Mutex::new(Stream::new(seed, purpose, 0)))
    }

    fn with<T>(&self, draw: impl FnOnce(&mut Stream) -> T) -> T {
        draw(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether something of this probability happens. Draws nothing where it cannot.
    pub(crate) fn happens(&self, probability: f64) -> bool {
        probability > 0.0 && self.with(Stream::uniform) < probability
    }

    /// A number below `n` ≥ 1.
    pub(crate) fn below(&self, n: u64) -> u64 {
        self.with(|stream| stream.below(n.max(1)))
    }

    /// A number in `low..high`.
    pub(crate) fn between(&self, low: u64, high: u64) -> u64 {
        low + self.below(high.saturating_sub(low))
    }

    /// An exponential waiting time of this mean.
    pub(crate) fn waits(&self, mean: u64) -> u64 {
        let uniform = self.with(Stream::uniform);
        (-(1.0 - uniform).ln() * mean as f64) as u64
    }
}
