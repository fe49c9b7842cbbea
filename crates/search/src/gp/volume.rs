//! Expected hypervolume improvement, in logarithms: for several objectives what expected improvement is for one.
//!
//! What no point of the front dominates is cut into cells ([`non_dominated_cells`]); a point's expected gain is the sum over
//! the cells of the product over the objectives of E[max(0, high − max(low, Y))] = EI(high) − EI(low) (Yang, Emmerich,
//! Deutz, Bäck 2019; Daulton, Balandat, Bakshy 2020). All of it is done in logarithms, so that gradients do not vanish
//! where the gain underflows (Ament et al. 2023).

use super::acquisition::{Moments, Scored, log_expected_improvement};
use crate::pareto::{Cell, greedy_subset, non_dominated, non_dominated_cells};

/// A front is cut to so many points, those that cover most.
const MOST: usize = 60;
/// How far beyond the front's worst values the reference lies, as a share of its range.
const BEYOND: f64 = 0.1;

/// What no known point dominates.
#[derive(Clone, Debug)]
pub(crate) struct Gains {
    cells: Vec<Cell>,
}

impl Gains {
    /// What the points leave open. The reference lies a tenth of the front's range beyond its worst values; where the front
    /// has no range, beyond by a tenth of that of all points.
    pub(crate) fn new(points: &[Vec<f64>]) -> Self {
        let front: Vec<&Vec<f64>> = non_dominated(points).into_iter().map(|i| &points[i]).collect();
        let objectives = points.first().map_or(0, Vec::len);
        let range = |points: &mut dyn Iterator<Item = f64>| {
            points.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), x| (a.min(x), b.max(x)))
        };
        let reference: Vec<f64> = (0..objectives)
            .map(|k| {
                let (low, high) = range(&mut front.iter().map(|p| p[k]));
                let (least, most) = range(&mut points.iter().map(|p| p[k]));
                let width = if high - low > 1e-3 * (most - least) { high - low } else { most - least };
                high + BEYOND * width.max(1e-6)
            })
            .collect();
        let kept: Vec<&Vec<f64>> = if front.len() > MOST {
            greedy_subset(&front, MOST, &reference).into_iter().map(|i| front[i]).collect()
        } else {
            front
        };
        Gains { cells: non_dominated_cells(&kept, &reference) }
    }

    /// ln of the expected gain, and its derivatives by each objective's mean and variance.
    pub(crate) fn score(&self, moments: &[Moments], partials: &mut [(f64, f64)]) -> f64 {
        let logs: Vec<f64> = self
            .cells
            .iter()
            .map(|cell| (0..moments.len()).map(|k| side(moments[k], cell.low[k], cell.high[k]).score).sum())
            .collect();
        let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        partials.fill((0.0, 0.0));
        if !top.is_finite() {
            return f64::NEG_INFINITY;
        }
        let total: f64 = logs.iter().map(|log| libm::exp(log - top)).sum();
        for (cell, log) in self.cells.iter().zip(&logs) {
            let share = libm::exp(log - top) / total;
            if share > 1e-12 {
                for (k, partial) in partials.iter_mut().enumerate() {
                    let own = side(moments[k], cell.low[k], cell.high[k]);
                    partial.0 += share * own.by_mean;
                    partial.1 += share * own.by_variance;
                }
            }
        }
        top + libm::log(total)
    }
}

/// ln E[max(0, high − max(low, Y))].
fn side(moments: Moments, low: f64, high: f64) -> Scored {
    let above = log_expected_improvement(moments, high);
    if low == f64::NEG_INFINITY {
        return above;
    }
    let below = log_expected_improvement(moments, low);
    let ratio = libm::exp(below.score - above.score).min(1.0 - 1e-12);
    Scored {
        score: above.score + libm::log1p(-ratio),
        by_mean: (above.by_mean - ratio * below.by_mean) / (1.0 - ratio),
        by_variance: (above.by_variance - ratio * below.by_variance) / (1.0 - ratio),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pareto::hypervolume;
    use space::Stream;

    #[test]
    fn the_expected_gain_is_the_mean_of_sampled_gains() {
        let points = vec![vec![0.0, 2.0], vec![1.0, 1.0], vec![2.0, 0.0], vec![2.5, 2.5]];
        let gains = Gains::new(&points);
        let moments = [Moments { mean: 0.8, variance: 0.3 }, Moments { mean: 0.9, variance: 0.2 }];
        let reference = [2.2, 2.2];
        let before = hypervolume(&points, &reference);
        let mut stream = Stream::new(1, 0, 0);
        let draws = 20_000;
        let mut sum = 0.0;
        for _ in 0..draws {
            let y: Vec<f64> = moments.iter().map(|m| m.mean + m.variance.sqrt() * stream.normal()).collect();
            let with: Vec<Vec<f64>> = points.iter().cloned().chain([y]).collect();
            sum += hypervolume(&with, &reference) - before;
        }
        let sampled = libm::log(sum / f64::from(draws));
        let own = gains.score(&moments, &mut [(0.0, 0.0); 2]);
        assert!((sampled - own).abs() < 0.03, "{sampled} {own}");
    }

    #[test]
    fn derivatives_are_slopes() {
        let gains = Gains::new(&[vec![0.0, 2.0, 1.0], vec![1.0, 1.0, 1.5], vec![2.0, 0.0, 0.5]]);
        let mut stream = Stream::new(2, 0, 0);
        for _ in 0..50 {
            let moments: Vec<Moments> = (0..3)
                .map(|_| Moments { mean: 3.0 * stream.normal(), variance: 0.05 + stream.uniform() })
                .collect();
            let mut partials = [(0.0, 0.0); 3];
            gains.score(&moments, &mut partials);
            for k in 0..3 {
                let at = |m: f64, v: f64| {
                    let mut moved = moments.clone();
                    (moved[k].mean, moved[k].variance) = (moved[k].mean + m, moved[k].variance + v);
                    gains.score(&moved, &mut [(0.0, 0.0); 3])
                };
                let slopes =
                    ((at(1e-6, 0.0) - at(-1e-6, 0.0)) / 2e-6, (at(0.0, 1e-6) - at(0.0, -1e-6)) / 2e-6);
                assert!(
                    (slopes.0 - partials[k].0).abs() < 1e-3 * (1.0 + slopes.0.abs()),
                    "{slopes:?} {partials:?}"
                );
                assert!(
                    (slopes.1 - partials[k].1).abs() < 1e-3 * (1.0 + slopes.1.abs()),
                    "{slopes:?} {partials:?}"
                );
            }
        }
    }
}
