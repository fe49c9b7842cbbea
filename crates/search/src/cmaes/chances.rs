//! The chances of a choice's options, learned with the rest: the categorical part of CatCMA (Hamano, Saito, Nomura,
//! Uchida, Shirakawa 2024, arXiv:2405.09962), a natural gradient whose step adapts to how clear the direction is (ASNG).

use super::coordinates::Choice;

/// The distribution over all choices.
#[derive(Clone, Debug)]
pub(crate) struct Chances {
    /// For each choice, each option's chance.
    pub(crate) shares: Vec<Vec<f64>>,
    /// No chance becomes smaller.
    least: Vec<f64>,
    /// The path of the directions, whitened, and its expected squared length.
    path: Vec<f64>,
    expected: f64,
    /// The length of the next step, and what the one after it is divided by.
    step: f64,
    caution: f64,
}

/// Of the squared path, how much more than chance gives makes steps longer.
const ALPHA: f64 = 1.5;

impl Chances {
    pub(crate) fn new(choices: &[Choice]) -> Self {
        let share = 1.0 - libm::pow(0.73, 1.0 / choices.len().max(1) as f64);
        let possible = |c: &Choice| c.shares.iter().filter(|s| **s > 0.0).count();
        let least = choices.iter().map(|c| share / (possible(c).max(2) - 1) as f64).collect();
        let shares: Vec<Vec<f64>> = choices.iter().map(|c| c.shares.clone()).collect();
        let freedoms = shares.iter().map(|s| s.len() - 1).sum();
        let mut chances =
            Chances { shares, least, path: vec![0.0; freedoms], expected: 0.0, step: 1.0, caution: 1.0 };
        chances.keep_alive();
        chances
    }

    /// Learns from a generation: the weights of the better ones and their options, where they had one.
    pub(crate) fn learn(&mut self, better: &[(f64, &[Option<u32>])]) {
        if self.path.is_empty() {
            return;
        }
        let gradient: Vec<Vec<f64>> = (0..self.shares.len()).map(|i| self.gradient(i, better)).collect();
        let white: Vec<f64> =
            self.shares.iter().zip(&gradient).flat_map(|(shares, g)| whiten(shares, g)).collect();
        let length = white.iter().map(|x| x * x).sum::<f64>().sqrt() + 1e-30;
        for (shares, gradient) in self.shares.iter_mut().zip(&gradient) {
            shares.iter_mut().zip(gradient).for_each(|(s, g)| *s += self.step / length * g);
        }
        self.step = 1.0 / self.caution;
        let beta = self.step / (self.path.len() as f64).sqrt();
        let gain = (beta * (2.0 - beta)).max(0.0).sqrt();
        self.path.iter_mut().zip(&white).for_each(|(p, w)| *p = (1.0 - beta) * *p + gain * w / length);
        self.expected = (1.0 - beta) * (1.0 - beta) * self.expected + beta * (2.0 - beta);
        let squares: f64 = self.path.iter().map(|p| p * p).sum();
        self.caution *= libm::exp(beta * (self.expected - squares / ALPHA));
        self.keep_alive();
    }

    /// Where the shares of choice `i` should go.
    fn gradient(&self, i: usize, better: &[(f64, &[Option<u32>])]) -> Vec<f64> {
        let mut gradient = vec![0.0; self.shares[i].len()];
        let mut total = 0.0;
        for (weight, options) in better {
            if let Some(g) = options[i].and_then(|option| gradient.get_mut(option as usize)) {
                *g += weight;
                total += weight;
            }
        }
        gradient.iter_mut().zip(&self.shares[i]).for_each(|(g, share)| *g -= total * share);
        gradient
    }

    /// Lifts what fell below the least chance, and takes it from the others. Options that the space rules out stay so.
    fn keep_alive(&mut self) {
        for (shares, least) in self.shares.iter_mut().zip(&self.least) {
            let alive = shares.iter().filter(|s| **s != 0.0).count() as f64;
            let least = least.min(1.0 / alive);
            shares.iter_mut().filter(|s| **s != 0.0).for_each(|s| *s = s.max(least));
            let sum: f64 = shares.iter().sum();
            let spare = sum - least * alive;
            if spare > 0.0 {
                let part = (sum - 1.0) / spare;
                shares.iter_mut().filter(|s| **s != 0.0).for_each(|s| *s -= part * (*s - least));
            }
            let sum: f64 = shares.iter().sum();
            shares.iter_mut().for_each(|s| *s /= sum);
        }
    }
}

/// A gradient in the metric of the distribution: the root of Fisher's information times it (Akimoto, Shirakawa, Yoshinari,
/// Uchida, Saito, Nishida 2019, appendix B).
fn whiten<'a>(shares: &'a [f64], gradient: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
    let k = shares.len() - 1;
    let sum: f64 = gradient[..k].iter().sum();
    let last = sum / (shares[k] + shares[k].sqrt()).max(1e-30);
    shares[..k].iter().zip(gradient).map(move |(share, g)| {
        let root = share.sqrt();
        if root > 0.0 { g / root + root * last } else { 0.0 }
    })
}
