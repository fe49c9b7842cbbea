//! Owen's scrambling: a random permutation of each binary digit, drawn anew for each prefix before it, which
//! keeps the net's structure and makes every point uniform (Owen 1995, "Randomly permuted (t,m,s)-nets").

use super::directions::BITS;
use crate::maths::hash::mix;

/// A nested uniform scramble of every dimension, its random bits being a hash of (key, dimension, prefix):
/// nothing is stored, and any point can be had by itself.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Scramble {
    key: u64,
}

impl Scramble {
    pub(crate) fn new(key: u64) -> Self {
        Scramble { key }
    }

    /// Scrambles one coordinate to [0, 1). Digits past the sequence's own are random, as they are in Owen's
    /// construction, down to the last bit of an f64.
    pub(crate) fn apply(self, dimension: usize, word: u32) -> f64 {
        let key = mix(self.key, dimension as u64);
        let flips = (0..BITS).fold(0_u32, |flips, digit| {
            // A leading one before the prefix makes it a distinct node of the tree of prefixes.
            let node = (1_u64 << digit) | (u64::from(word) >> (BITS - digit));
            (flips << 1) | (mix(key, node) >> 63) as u32
        });
        let high = u64::from(word ^ flips) << 21;
        let low = mix(key, (1 << BITS) | u64::from(word)) >> 43;
        (high | low) as f64 / 9_007_199_254_740_992.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sobol::directions::Sequence;

    #[test]
    fn scrambled_points_keep_the_stratification_of_a_net() {
        let sequence = Sequence::new(6).unwrap();
        for key in 0..20 {
            for dimension in 0..6 {
                let mut cells = [0; 64];
                for index in 0..64 {
                    let word = sequence.point(index).nth(dimension).unwrap();
                    cells[(Scramble::new(key).apply(dimension, word) * 64.0) as usize] += 1;
                }
                assert_eq!(cells, [1; 64], "each of 64 intervals holds one of the first 64 points");
            }
        }
    }

    #[test]
    fn any_one_point_is_uniform_over_the_keys() {
        let mean = (0..4000).map(|key| Scramble::new(key).apply(3, 0x8000_0000)).sum::<f64>() / 4000.0;
        assert!((mean - 0.5).abs() < 0.02, "{mean}");
    }
}
