//! How much each trial counts in a density.

/// Newer trials than this all count 1.
const FLAT: f64 = 25.0;

/// The weight of the trial of rank `rank` (0 is the oldest; may be the middle of a block) among `total`: 1 for the 25
/// newest, and for older ones a ramp that falls to 1/total at the oldest, so that early trials fade
/// (Bergstra, Yamins, Cox 2013).
pub(crate) fn ramp(rank: f64, total: f64) -> f64 {
    let older = total - FLAT;
    if older <= 0.0 || rank >= older {
        1.0
    } else if older <= 1.0 {
        1.0 / total
    } else {
        1.0 / total + rank * (1.0 - 1.0 / total) / (older - 1.0)
    }
}

/// How many of `ended` trials are the better ones: a tenth, at most 25.
pub(crate) fn better(ended: u64) -> usize {
    ended.div_ceil(10).min(25) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ramp_is_optunas() {
        let weights = |n: usize| (0..n).map(|i| ramp(i as f64, n as f64)).collect::<Vec<_>>();
        assert_eq!(weights(25), [1.0; 25]);
        assert_eq!(weights(26)[..2], [1.0 / 26.0, 1.0]);
        let w = weights(100);
        assert_eq!((w[0], w[74], w[75], w[99]), (0.01, 1.0, 1.0, 1.0));
        assert!((w[37] - (0.01 + 37.0 * 0.99 / 74.0)).abs() < 1e-15);
    }

    #[test]
    fn a_tenth_is_better_and_never_more_than_25() {
        let counts = [(0, 0), (1, 1), (10, 1), (11, 2), (241, 25), (1_000_000, 25)];
        assert!(counts.iter().all(|(n, count)| better(*n) == *count));
    }
}
