//! When a run has converged, and what the next one starts with (IPOP: Auger and Hansen 2005; BIPOP: Hansen 2009).

use space::Stream;

use super::distribution::Distribution;
use super::options::Restarts;

/// Standard deviations below this share of the range make points that differ in rounding only.
const TOO_NARROW: f64 = 1e-11;
/// An axis so much longer than another cannot be computed with.
const TOO_LONG: f64 = 1e7;
/// Values that differ by less than this share of all that was seen are the same.
const FLAT: f64 = 1e-12;

/// The best values of the newest generations, by which a run is seen to stand still.
#[derive(Clone, Debug, Default)]
pub(crate) struct Progress {
    best: Vec<f64>,
    lowest: f64,
    highest: f64,
    any: bool,
}

impl Progress {
    /// A new run begins.
    pub(crate) fn restart(&mut self) {
        self.best.clear();
    }

    /// Takes in a generation's values, best first.
    pub(crate) fn learn(&mut self, values: &[f64]) {
        for value in values.iter().filter(|v| v.is_finite()) {
            self.lowest = if self.any { self.lowest.min(*value) } else { *value };
            self.highest = if self.any { self.highest.max(*value) } else { *value };
            self.any = true;
        }
        self.best.extend(values.first());
    }

    /// Whether a run over `dimension` coordinates with this distribution has nothing more to find.
    pub(crate) fn is_over(&self, distribution: &Distribution, dimension: usize, worst: f64) -> bool {
        let n = distribution.mean.len();
        let narrow = n > 0 && (0..n).all(|i| distribution.deviation(i) < TOO_NARROW);
        let window = 10 + 30 * dimension / distribution.constants.population;
        let recent = &self.best[self.best.len().saturating_sub(window)..];
        let least = recent.iter().copied().fold(f64::INFINITY, f64::min);
        let most = recent.iter().copied().fold(worst, f64::max);
        let flat = recent.len() == window && most - least <= FLAT * (self.highest - self.lowest);
        narrow || flat || distribution.shape.elongation() > TOO_LONG
    }
}

/// Which runs there were.
#[derive(Clone, Debug)]
pub(crate) struct Runs {
    kind: Restarts,
    /// The first run's population and step size.
    first: (usize, f64),
    /// The population of the newest large run.
    large: usize,
    /// Results that small and large runs have taken.
    small_used: u64,
    large_used: u64,
    /// Whether the present run is a small one.
    is_small: bool,
    /// How many runs there were before this one.
    pub(crate) restarts: u64,
}

impl Runs {
    pub(crate) fn new(kind: Restarts, population: usize, sigma: f64) -> Self {
        let first = (population, sigma);
        Runs { kind, first, large: population, small_used: 0, large_used: 0, is_small: true, restarts: 0 }
    }

    /// Counts results of the present run.
    pub(crate) fn count(&mut self, results: u64) {
        if self.is_small {
            self.small_used += results;
        } else {
            self.large_used += results;
        }
    }

    /// Whether another run follows at all.
    pub(crate) fn go_on(&self) -> bool {
        self.kind != Restarts::None
    }

    /// The next run's population and step size.
    pub(crate) fn next(&mut self, stream: &mut Stream) -> (usize, f64) {
        self.restarts += 1;
        let (population, sigma) = self.first;
        self.is_small = self.kind == Restarts::Bipop && self.small_used < self.large_used;
        if self.is_small {
            let (near, far) = (stream.uniform(), stream.uniform());
            let ratio = 0.5 * self.large as f64 / population as f64;
            let drawn = (population as f64 * libm::pow(ratio, near * near)).floor() as usize;
            (drawn.max(population), sigma * libm::pow(10.0, -2.0 * far))
        } else {
            self.large *= 2;
            (self.large, sigma)
        }
    }
}
