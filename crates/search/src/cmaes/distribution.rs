//! The normal distribution that samples are drawn from, and how a generation of results moves it (Hansen 2016,
//! arXiv:1604.00772).

use super::constants::Constants;
use super::learning_rate::LearningRate;
use super::shape::Shape;

/// A standard deviation is never larger than this many times the width of the unit cube, nor smaller than its inverse:
/// beyond, nothing of it can be seen in a point.
const WIDEST: f64 = 10.0;
const NARROWEST: f64 = 1e-13;

/// Mean, step size, shape, and the paths that they are learned by.
#[derive(Clone, Debug)]
pub(crate) struct Distribution {
    pub(crate) constants: Constants,
    pub(crate) mean: Vec<f64>,
    /// Step size, σ.
    pub(crate) sigma: f64,
    /// Covariance, C.
    pub(crate) shape: Shape,
    path_sigma: Vec<f64>,
    path_shape: Vec<f64>,
    /// Generations learned.
    pub(crate) generation: u64,
    /// The generation for which the axes were worked out last.
    refreshed: u64,
    learning_rate: Option<LearningRate>,
}

/// A result as the update takes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample<'a> {
    /// Where it is.
    pub(crate) at: &'a [f64],
    /// Whether it was drawn from this distribution. What was not is moved nearer where it is further than a draw can be
    /// expected to be (Hansen 2011, "Injecting external solutions into CMA-ES").
    pub(crate) drawn: bool,
}

impl Distribution {
    /// A distribution around `mean`; with a learning rate that adapts to noise and many optima where `adaptive`.
    pub(crate) fn new(
        constants: Constants,
        mean: Vec<f64>,
        sigma: f64,
        shape: Shape,
        adaptive: bool,
    ) -> Self {
        let n = mean.len();
        let learning_rate = (adaptive && matches!(shape, Shape::Full(_))).then(|| LearningRate::new(n));
        Distribution {
            constants,
            mean,
            sigma,
            shape,
            path_sigma: vec![0.0; n],
            path_shape: vec![0.0; n],
            generation: 0,
            refreshed: 0,
            learning_rate,
        }
    }

    /// The standard deviation of coordinate `i`.
    pub(crate) fn deviation(&self, i: usize) -> f64 {
        self.sigma * self.shape.variance(i).sqrt()
    }

    /// A draw, by standard normal numbers.
    pub(crate) fn draw(&self, z: &[f64]) -> Vec<f64> {
        let y = self.shape.apply(z);
        self.mean.iter().zip(&y).map(|(m, y)| m + self.sigma * y).collect()
    }

    /// The step from the mean to a sample, in units of σ.
    fn step(&self, sample: &Sample<'_>) -> Vec<f64> {
        let mut y: Vec<f64> = sample.at.iter().zip(&self.mean).map(|(x, m)| (x - m) / self.sigma).collect();
        if !sample.drawn {
            let n = y.len() as f64;
            let longest = n.sqrt() + 2.0 * n / (n + 2.0);
            let length = self.shape.length(&y);
            if length > longest {
                y.iter_mut().for_each(|y| *y *= longest / length);
            }
        }
        y
    }

    /// Learns from a generation, best first.
    pub(crate) fn learn(&mut self, ranked: &[Sample<'_>]) {
        if self.mean.is_empty() || ranked.len() < self.constants.parents {
            return;
        }
        let before = self.learning_rate.is_some().then(|| self.clone());
        let steps: Vec<Vec<f64>> = ranked.iter().map(|sample| self.step(sample)).collect();
        self.move_along(&steps);
        if let (Some(mut rate), Some(before)) = (self.learning_rate.take(), before) {
            rate.slow_down(&before, self);
            self.learning_rate = Some(rate);
        }
        self.generation += 1;
        self.refresh_when_due();
        self.stay_within_reason();
    }

    fn move_along(&mut self, steps: &[Vec<f64>]) {
        let Constants { c1, cmu, cc, cs, mueff, damping, chi, .. } = self.constants;
        let n = self.mean.len() as f64;
        let mut shift = vec![0.0; self.mean.len()];
        for (step, weight) in steps.iter().zip(&self.constants.weights[..self.constants.parents]) {
            shift.iter_mut().zip(step).for_each(|(s, y)| *s += weight * y);
        }
        self.mean.iter_mut().zip(&shift).for_each(|(m, s)| *m += self.sigma * s);
        let gain = (cs * (2.0 - cs) * mueff).sqrt();
        let white = self.shape.whiten(&shift);
        self.path_sigma.iter_mut().zip(&white).for_each(|(p, w)| *p = (1.0 - cs) * *p + gain * w);
        let squares: f64 = self.path_sigma.iter().map(|p| p * p).sum();
        // The path is not yet as long as it will be: what a random one has so early.
        let early = 1.0 - libm::pow(1.0 - cs, 2.0 * (self.generation + 1) as f64);
        let steady = squares / early / n - 1.0 < 1.0 + 4.0 / (n + 1.0);
        let gain = if steady { (cc * (2.0 - cc) * mueff).sqrt() } else { 0.0 };
        self.path_shape.iter_mut().zip(&shift).for_each(|(p, s)| *p = (1.0 - cc) * *p + gain * s);
        self.learn_shape(steps, if steady { 0.0 } else { c1 * cc * (2.0 - cc) }, c1, cmu);
        self.sigma *= libm::exp(((squares.sqrt() / chi - 1.0) * cs / damping).min(1.0));
    }

    fn learn_shape(&mut self, steps: &[Vec<f64>], missing: f64, c1: f64, cmu: f64) {
        let n = self.mean.len() as f64;
        let mut sum = 0.0;
        let mut weighted: Vec<(f64, &[f64])> = Vec::with_capacity(steps.len() + 1);
        for (rank, step) in steps.iter().enumerate() {
            let weight = self.constants.weight(rank, steps.len());
            sum += weight;
            // A long step among the worse would take more from the matrix than there is.
            let length = if weight < 0.0 { self.shape.length(step).max(1e-9) } else { 1.0 };
            let share = if weight < 0.0 { n / (length * length) } else { 1.0 };
            if weight != 0.0 {
                weighted.push((cmu * weight * share, step));
            }
        }
        let path = std::mem::take(&mut self.path_shape);
        weighted.push((c1, &path));
        self.shape.learn(1.0 + missing - c1 - cmu * sum, &weighted);
        drop(weighted);
        self.path_shape = path;
    }

    /// Axes take a time that grows with the cube of the dimension: they are worked out once they would have turned
    /// visibly.
    fn refresh_when_due(&mut self) {
        let n = self.mean.len() as f64;
        let gap = (1.0 / ((self.constants.c1 + self.constants.cmu) * n * 10.0)).floor().max(1.0) as u64;
        if self.generation >= self.refreshed + gap {
            self.shape.refresh();
            self.refreshed = self.generation;
        }
    }

    fn stay_within_reason(&mut self) {
        let widest = (0..self.mean.len()).map(|i| self.deviation(i)).fold(0.0, f64::max);
        if widest > WIDEST {
            self.sigma *= WIDEST / widest;
        } else if widest < NARROWEST {
            self.sigma *= NARROWEST / widest.max(f64::MIN_POSITIVE);
        }
    }
}
