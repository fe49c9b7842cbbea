//! Learning rates that adapt to noise and to many optima (LRA-CMA-ES: Nomura, Akimoto, Ono 2023, arXiv:2304.03473): each
//! generation's change is taken only as far as it can be told from chance.

use super::distribution::Distribution;
use super::shape::Shape;

const ALPHA: f64 = 1.4;
const BETA_MEAN: f64 = 0.1;
const BETA_SHAPE: f64 = 0.03;
const GAMMA: f64 = 0.1;

/// How far changes are taken, and the averages by which that is decided.
#[derive(Clone, Debug)]
pub(crate) struct LearningRate {
    mean: Signal,
    shape: Signal,
}

/// A moving average of changes, and of their squared lengths.
#[derive(Clone, Debug)]
struct Signal {
    /// The share of each change that is taken.
    rate: f64,
    average: Vec<f64>,
    square: f64,
    beta: f64,
}

impl Signal {
    fn new(len: usize, beta: f64) -> Self {
        Signal { rate: 1.0, average: vec![0.0; len], square: 0.0, beta }
    }

    /// Takes in a change and adapts the rate to the ratio of signal and noise.
    fn learn(&mut self, change: &[f64]) {
        let beta = self.beta;
        self.average.iter_mut().zip(change).for_each(|(a, c)| *a = (1.0 - beta) * *a + beta * c);
        self.square = (1.0 - beta) * self.square + beta * change.iter().map(|c| c * c).sum::<f64>();
        let signal: f64 = self.average.iter().map(|a| a * a).sum();
        let noise = self.square - signal;
        if noise <= 0.0 {
            return;
        }
        let ratio = (signal - beta / (2.0 - beta) * self.square) / noise;
        let relative = (ratio / ALPHA / self.rate - 1.0).clamp(-1.0, 1.0);
        self.rate = (self.rate * libm::exp((GAMMA * self.rate).min(beta) * relative)).min(1.0);
    }
}

impl LearningRate {
    pub(crate) fn new(n: usize) -> Self {
        LearningRate { mean: Signal::new(n, BETA_MEAN), shape: Signal::new(n * n, BETA_SHAPE) }
    }

    /// Takes back of what changed between `before` and `now` all but the share that can be trusted.
    pub(crate) fn slow_down(&mut self, before: &Distribution, now: &mut Distribution) {
        let n = before.mean.len();
        let square = |d: &Distribution| d.sigma * d.sigma;
        let (old, new) = (square(before), square(now));
        let moved: Vec<f64> = now.mean.iter().zip(&before.mean).map(|(a, b)| a - b).collect();
        let turned: Vec<f64> = (0..n * n)
            .map(|k| new * now.shape.entry(k / n, k % n) - old * before.shape.entry(k / n, k % n))
            .collect();
        let rate_before = self.mean.rate;
        let local: Vec<f64> = before.shape.whiten(&moved).iter().map(|x| x / before.sigma).collect();
        self.mean.learn(&local);
        // Whitened from both sides, row by row and then column by column.
        let rows: Vec<f64> = turned.chunks_exact(n).flat_map(|row| before.shape.whiten(row)).collect();
        let mut local = vec![0.0; n * n];
        for j in 0..n {
            let column: Vec<f64> = (0..n).map(|i| rows[i * n + j]).collect();
            for (i, x) in before.shape.whiten(&column).iter().enumerate() {
                local[i * n + j] = x / (old * std::f64::consts::SQRT_2);
            }
        }
        self.shape.learn(&local);
        now.mean = before.mean.iter().zip(&moved).map(|(m, d)| m + self.mean.rate * d).collect();
        let total = (0..n * n).map(|k| old * before.shape.entry(k / n, k % n) + self.shape.rate * turned[k]);
        let mut shape = Shape::of_matrix(total.collect(), n);
        let sigma = libm::exp(shape.log_determinant() / (2.0 * n as f64));
        shape.scale(1.0 / (sigma * sigma));
        now.shape = shape;
        now.sigma = sigma * rate_before / self.mean.rate;
    }
}
