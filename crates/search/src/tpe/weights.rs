//! How much each trial counts in a density.

/// Newer trials than this all count 1.
const FLAT: f64 = 25.0;

/// The weights of so many trials, oldest first: 1 for the 25 newest, and for older ones a ramp that falls to 1/total
/// at the oldest, so that early trials fade (Bergstra, Yamins, Cox 2013).
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ramp {
    /// How many are on it.
    older: f64,
    lowest: f64,
    slope: f64,
}

impl Ramp {
    pub(crate) fn new(total: f64) -> Self {
        let older = total - FLAT;
        let lowest = 1.0 / total;
        let slope = if older > 1.0 { (1.0 - lowest) / (older - 1.0) } else { 0.0 };
        Ramp { older, lowest, slope }
    }

    /// The weight of the trial of rank `rank`: 0 is the oldest; it may be the middle of a block.
    pub(crate) fn at(self, rank: f64) -> f64 {
        if rank >= self.older { 1.0 } else { self.lowest + rank * self.slope }
    }
}

/// How many of so many trials are the better ones: a tenth, at most 25.
pub(crate) fn better(ended: u64) -> usize {
    ended.div_ceil(10).min(25) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ramp_is_optunas() {
        let weights = |n: usize| (0..n).map(|i| Ramp::new(n as f64).at(i as f64)).collect::<Vec<_>>();
        assert_eq!(weights(25), [1.0; 25]);
        assert_eq!(weights(26)[..2], [1.0 / 26.0, 1.0]);
        let w = weights(100);
        assert_eq!((w[0], w[75], w[99]), (0.01, 1.0, 1.0));
        assert!((w[74] - 1.0).abs() < 1e-15);
        assert!((w[37] - (0.01 + 37.0 * 0.99 / 74.0)).abs() < 1e-15);
    }

    #[test]
    fn a_tenth_is_better_and_never_more_than_25() {
        let counts = [(0, 0), (1, 1), (10, 1), (11, 2), (241, 25), (1_000_000, 25)];
        assert!(counts.iter().all(|(n, count)| better(*n) == *count));
    }
}
