//! Streams of random numbers that give the same values on every machine and in every release.
//!
//! A stream is named by (study seed, purpose, number): nothing that was drawn elsewhere moves it (invariant
//! HISTORY). Only the 64-bit words of ChaCha8 are used; what is made of them is written here, as the
//! distributions of `rand` may change their values between releases.

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};

/// A value-stable source of randomness.
#[derive(Clone, Debug)]
pub struct Stream {
    words: ChaCha8Rng,
}

impl Stream {
    /// The stream of `seed` for one `purpose` and one `number` (of a decision, say). Streams that differ in any
    /// of the three are independent.
    pub fn new(seed: u64, purpose: u64, number: u64) -> Self {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        key[8..16].copy_from_slice(&purpose.to_le_bytes());
        key[16..22].copy_from_slice(b"ravine");
        let mut words = ChaCha8Rng::from_seed(key);
        words.set_stream(number);
        Stream { words }
    }

    /// 64 random bits.
    pub fn next_u64(&mut self) -> u64 {
        self.words.next_u64()
    }

    /// Uniform in [0, 1), a multiple of 2⁻⁵³.
    pub fn uniform(&mut self) -> f64 {
        const UNIT: f64 = 1.0 / (1u64 << 53) as f64;
        (self.next_u64() >> 11) as f64 * UNIT
    }

    /// Uniform in 0…n−1, without bias (Lemire 2019, "Fast random integer generation in an interval"); 0 for n = 0.
    pub fn below(&mut self, n: u64) -> u64 {
        if n == 0 {
            return 0;
        }
        let unfair = n.wrapping_neg() % n;
        loop {
            let wide = u128::from(self.next_u64()) * u128::from(n);
            if wide as u64 >= unfair {
                return (wide >> 64) as u64;
            }
        }
    }

    /// Standard normal (Box–Muller, one of the pair; two words each).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(1.0 - self.uniform())).sqrt();
        radius * libm::cos(std::f64::consts::TAU * self.uniform())
    }

    /// Puts `items` in a uniformly random order (Fisher–Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i as u64 + 1) as usize);
        }
    }

    /// An index drawn in proportion to its weight. Weights are finite and not negative; where all are 0, or there
    /// are none, the answer is 0.
    pub fn weighted(&mut self, weights: &[f64]) -> usize {
        let total: f64 = weights.iter().sum();
        let mut left = self.uniform() * total;
        for (i, weight) in weights.iter().enumerate() {
            if left < *weight {
                return i;
            }
            left -= weight;
        }
        // Rounding may leave a crumb past the end: it belongs to the last index that can be drawn at all.
        weights.iter().rposition(|w| *w > 0.0).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn first_values_never_change() {
        let mut stream = Stream::new(7, 1, 42);
        let words: Vec<u64> = (0..3).map(|_| stream.next_u64()).collect();
        let mut order: Vec<u32> = (0..6).collect();
        let uniform = stream.uniform();
        let below = stream.below(1000);
        let normal = stream.normal();
        stream.shuffle(&mut order);
        let weighted = stream.weighted(&[0.2, 0.0, 0.5, 0.3]);
        assert_eq!(
            words,
            [2_977_981_942_202_887_659, 13_872_857_658_602_963_041, 13_796_560_913_275_524_481]
        );
        assert_eq!((uniform, below, normal), (0.1556390070838407, 931, -0.5135068063171706));
        assert_eq!((order, weighted), (vec![0, 3, 5, 4, 1, 2], 0));
    }

    #[test]
    fn seed_purpose_and_number_each_name_another_stream() {
        let first = |seed, purpose, number| Stream::new(seed, purpose, number).next_u64();
        let base = first(1, 2, 3);
        assert_ne!(base, first(2, 2, 3));
        assert_ne!(base, first(1, 3, 3));
        assert_ne!(base, first(1, 2, 4));
        assert_eq!(base, first(1, 2, 3));
    }

    #[test]
    fn below_covers_its_range_evenly() {
        let mut stream = Stream::new(1, 0, 0);
        let mut seen = [0u32; 7];
        for _ in 0..70_000 {
            seen[stream.below(7) as usize] += 1;
        }
        assert!(seen.iter().all(|n| (9_500..10_500).contains(n)), "{seen:?}");
    }

    #[test]
    fn normal_has_mean_zero_and_variance_one() {
        let mut stream = Stream::new(3, 0, 0);
        let draws: Vec<f64> = (0..100_000).map(|_| stream.normal()).collect();
        let mean = draws.iter().sum::<f64>() / draws.len() as f64;
        let variance = draws.iter().map(|x| x * x).sum::<f64>() / draws.len() as f64 - mean * mean;
        assert!(mean.abs() < 0.02 && (variance - 1.0).abs() < 0.02, "{mean} {variance}");
    }

    #[test]
    fn an_index_of_weight_zero_is_never_drawn() {
        let mut stream = Stream::new(5, 0, 0);
        assert!((0..10_000).all(|_| stream.weighted(&[0.0, 1.0, 0.0, 3.0, 0.0]) % 2 == 1));
    }
}
