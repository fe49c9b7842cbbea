//! The box around the best trial: TuRBO's rule (Eriksson, Pearce, Gardner, Turner, Poloczek 2019, arXiv:1910.01739).

use super::layout::{Kind, Layout};
use super::suggest::Region;

const FIRST: f64 = 0.8;
const LEAST: f64 = 1.0 / 128.0;
const MOST: f64 = 1.6;
const SUCCESSES: u32 = 3;
/// An improvement counts when it is so much of the best value's distance to the median, or more.
const ENOUGH: f64 = 1e-3;

/// How wide the box is, as results come in.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct TrustRegion {
    length: f64,
    successes: u32,
    failures: u32,
    patience: u32,
    best: f64,
}

impl TrustRegion {
    pub(crate) fn new(dimensions: usize) -> Self {
        TrustRegion {
            length: FIRST,
            successes: 0,
            failures: 0,
            patience: (dimensions as u32).max(4),
            best: f64::INFINITY,
        }
    }

    /// Takes in a value (infinite where it has none). Below the least length it starts over.
    pub(crate) fn learn(&mut self, value: f64, scale: f64) {
        let better = value < self.best - ENOUGH * scale || (value.is_finite() && self.best.is_infinite());
        self.best = self.best.min(value);
        if better {
            (self.successes, self.failures) = (self.successes + 1, 0);
        } else {
            (self.successes, self.failures) = (0, self.failures + 1);
        }
        if self.successes >= SUCCESSES {
            self.length = (2.0 * self.length).min(MOST);
            self.successes = 0;
        }
        if self.failures >= self.patience {
            self.length *= 0.5;
            self.failures = 0;
        }
        if self.length < LEAST {
            *self = TrustRegion { best: self.best, patience: self.patience, ..TrustRegion::new(0) };
        }
    }

    /// The box around `centre`, wider along numbers with long length scales.
    pub(crate) fn region(&self, layout: &Layout, centre: &[f64], scales: &[f64]) -> Region {
        let logs: Vec<f64> = scales.iter().map(|s| libm::log(*s)).collect();
        let mean = logs.iter().sum::<f64>() / logs.len().max(1) as f64;
        let mut lengths = vec![self.length; layout.width];
        for variable in &layout.variables {
            if let Kind::Number { number, .. } = variable.kind {
                let share = libm::exp((logs[number] - mean).clamp(-1.5, 1.5));
                lengths[variable.coordinate] = self.length * share;
            }
        }
        Region { centre: centre.to_vec(), lengths }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_successes_double_it_and_failures_halve_it() {
        let mut region = TrustRegion::new(5);
        [3.0, 2.0, 1.0].iter().for_each(|v| region.learn(*v, 1.0));
        assert_eq!(region.length, 1.6);
        (0..5).for_each(|_| region.learn(9.0, 1.0));
        assert_eq!(region.length, 0.8);
        (0..35).for_each(|_| region.learn(9.0, 1.0));
        assert_eq!((region.length, region.best), (0.8, 1.0), "below the least length it starts over");
    }
}
