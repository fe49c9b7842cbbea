//! The strategy parameters, by dimension and population (Hansen 2016, arXiv:1604.00772), with the values of pycma 4.5.

/// Weights and learning rates for so many coordinates and so many samples a generation.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Constants {
    /// Samples a generation, λ.
    pub(crate) population: usize,
    /// One weight for each rank, best first: those of the better half sum to 1, those of the worse are negative.
    pub(crate) weights: Vec<f64>,
    /// How many weights are positive, μ.
    pub(crate) parents: usize,
    /// Variance-effective size of the better half.
    pub(crate) mueff: f64,
    /// Learning rate of the rank-one update.
    pub(crate) c1: f64,
    /// Learning rate of the rank-μ update.
    pub(crate) cmu: f64,
    /// How fast the path of the covariance forgets.
    pub(crate) cc: f64,
    /// How fast the path of the step size forgets.
    pub(crate) cs: f64,
    /// Damping of the step size.
    pub(crate) damping: f64,
    /// Expected length of a standard normal vector.
    pub(crate) chi: f64,
}

/// The usual population for so many coordinates: 4 + ⌊3 ln n⌋.
pub(crate) fn population(dimension: usize) -> usize {
    4 + (3.0 * libm::log(dimension.max(1) as f64)).floor() as usize
}

impl Constants {
    /// For a full covariance matrix, or a diagonal one, which can be learned faster (Ros and Hansen 2008).
    pub(crate) fn new(dimension: usize, population: usize, diagonal: bool) -> Self {
        let population = population.max(4);
        let n = dimension.max(1) as f64;
        let middle = libm::log((population as f64 + 1.0) / 2.0);
        let mut weights: Vec<f64> = (1..=population).map(|i| middle - libm::log(i as f64)).collect();
        let parents = weights.iter().filter(|w| **w > 0.0).count();
        let mueff = effective(&weights[..parents]);
        let mueff_negative = effective(&weights[parents..]);
        let c1_full = (population as f64 / 6.0).min(1.0) * 2.0 / ((n + 1.3) * (n + 1.3) + mueff);
        let gain = 0.25 + mueff + 1.0 / mueff - 2.0;
        let cmu_full = (2.0 * gain / ((n + 2.0) * (n + 2.0) + mueff)).min(1.0 - c1_full);
        let (c1, cmu, cc) = if diagonal {
            let c1 = 1.0 / (n + 2.0 * n.sqrt() + mueff / n);
            let cmu = (gain / (n + 4.0 * n.sqrt() + mueff / 2.0)).min(1.0 - c1);
            (c1, cmu, (1.0 + 1.0 / n + mueff / n) / (n.sqrt() + 1.0 / n + 2.0 * mueff / n))
        } else {
            (c1_full, cmu_full, (4.0 + mueff / n) / (n + 4.0 + 2.0 * mueff / n))
        };
        // Negative weights sum to what balances the decay, to no more than their own effective size supports, and to no
        // more than keeps the matrix positive definite.
        let negative = (1.0 + c1 / cmu)
            .min((1.0 - c1 - cmu) / cmu / n)
            .min(1.0 + 2.0 * mueff_negative / (mueff + 2.0))
            .max(0.0);
        let (above, below) = weights.split_at_mut(parents);
        scale(above, 1.0);
        scale(below, -negative);
        let cs = ((mueff + 2.0) / (n + mueff + 3.0)).min(0.5);
        let inner = (3.0 * (1.0 - libm::exp2(-n / 9.0))).max(1.0);
        let damping = 1.0 + 2.0 * (inner * ((mueff - 1.0) / (n + 1.0)).sqrt() - 1.0).max(0.0) + cs;
        let gammas = libm::lgamma((n + 1.0) / 2.0) - libm::lgamma(n / 2.0);
        let chi = std::f64::consts::SQRT_2 * libm::exp(gammas);
        Constants { population, weights, parents, mueff, c1, cmu, cc, cs, damping, chi }
    }

    /// The weight of a rank where there are more samples than usual: those between the best and the worst count nothing.
    pub(crate) fn weight(&self, rank: usize, samples: usize) -> f64 {
        let from_end = samples - rank;
        if rank < self.parents {
            self.weights[rank]
        } else if from_end <= self.population - self.parents {
            self.weights[self.population - from_end]
        } else {
            0.0
        }
    }
}

fn effective(weights: &[f64]) -> f64 {
    let sum: f64 = weights.iter().sum();
    let squares: f64 = weights.iter().map(|w| w * w).sum();
    sum * sum / squares
}

/// Makes the weights sum to `total`.
fn scale(weights: &mut [f64], total: f64) {
    let sum: f64 = weights.iter().sum();
    if sum != 0.0 {
        weights.iter_mut().for_each(|w| *w *= total / sum);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(a: f64, b: f64) {
        assert!((a - b).abs() <= 5e-8 * b.abs().max(1.0), "{a} {b}");
    }

    #[test]
    fn five_dimensions_have_the_published_constants() {
        let c = Constants::new(5, population(5), false);
        assert_eq!((c.population, c.parents), (8, 4));
        close(c.c1, 0.0472923);
        close(c.cmu, 0.0478590);
        close(c.mueff, 2.6001788);
        close(c.weights[..4].iter().sum(), 1.0);
    }

    #[test]
    fn more_samples_than_usual_get_no_weight_in_the_middle() {
        let c = Constants::new(5, 8, false);
        let weights: Vec<f64> = (0..10).map(|rank| c.weight(rank, 10)).collect();
        assert_eq!(weights[..4], c.weights[..4]);
        assert_eq!(weights[4..6], [0.0, 0.0]);
        assert_eq!(weights[6..], c.weights[4..]);
    }
}
