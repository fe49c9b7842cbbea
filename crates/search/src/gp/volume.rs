//! Expected hypervolume improvement, in logarithms: for several objectives what expected improvement is for one.
//!
//! What no point of the front dominates is cut into cells ([`non_dominated_cells`]); a point's expected gain is the sum over
//! the cells of the product over the objectives of E[max(0, high − max(low, Y))] = EI(high) − EI(low) (Yang, Emmerich,
//! Deutz, Bäck 2019; Daulton, Balandat, Bakshy 2020). All of it is done in logarithms, so that gradients do not vanish
//! where the gain underflows (Ament et al. 2023).

use super::acquisition::{Moments, Scored, hinge, log_expected_improvement};
use crate::pareto::{greedy_subset, non_dominated, non_dominated_cells};

/// A front is cut to so many points, those that cover most.
const MOST: usize = 60;
/// How far beyond the worst values the reference lies, as a share of their range.
const BEYOND: f64 = 0.1;
/// What a point of the front may cost in one objective for what it gains in another.
const TRADE: f64 = 20.0;
/// Below this the gain is summed in logarithms.
const FAR: f64 = 1e-200;
/// Stands for the mark of a cell without a lower end.
const OPEN: u32 = u32::MAX;

/// Beyond whose worst values the reference lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beyond {
    /// The front's: what fills it counts most (Ishibuchi, Imada, Setoguchi, Nojima 2018).
    Front,
    /// Those of all points: a front that so far lies in one corner does not hide that there is something to be gained beside
    /// it, as where one option is the better in one objective, and has been looked at more.
    All,
}

/// What no known point dominates.
#[derive(Clone, Debug)]
pub(crate) struct Gains {
    /// Of each objective, where cells begin and end.
    marks: Vec<Vec<f64>>,
    /// Of each cell, for each objective, the marks between which it lies.
    cells: Vec<Vec<(u32, u32)>>,
}

impl Gains {
    /// What the points leave open.
    pub(crate) fn new(points: &[Vec<f64>], beyond: Beyond) -> Self {
        let front: Vec<&Vec<f64>> = non_dominated(points).into_iter().map(|i| &points[i]).collect();
        let objectives = points.first().map_or(0, Vec::len);
        let within: Vec<&Vec<f64>> = match beyond {
            Beyond::Front if front.len() > objectives => proper(&front),
            _ => points.iter().collect(),
        };
        let reference: Vec<f64> = (0..objectives)
            .map(|k| {
                let least = within.iter().map(|p| p[k]).fold(f64::INFINITY, f64::min);
                let most = within.iter().map(|p| p[k]).fold(f64::NEG_INFINITY, f64::max);
                most + BEYOND * (most - least).max(1e-6)
            })
            .collect();
        let kept: Vec<&Vec<f64>> = if front.len() > MOST {
            greedy_subset(&front, MOST, &reference).into_iter().map(|i| front[i]).collect()
        } else {
            front
        };
        let cells = non_dominated_cells(&kept, &reference);
        let marks: Vec<Vec<f64>> = (0..objectives)
            .map(|k| {
                let ends = cells.iter().flat_map(|cell| [cell.low[k], cell.high[k]]);
                let mut marks: Vec<f64> = ends.filter(|end| *end > f64::NEG_INFINITY).collect();
                marks.sort_by(f64::total_cmp);
                marks.dedup();
                marks
            })
            .collect();
        let place = |k: usize, end: f64| {
            marks[k].binary_search_by(|mark| mark.total_cmp(&end)).map_or(OPEN, |at| at as u32)
        };
        let between = |cell: &crate::pareto::Cell| {
            (0..objectives).map(|k| (place(k, cell.low[k]), place(k, cell.high[k]))).collect()
        };
        let cells = cells.iter().map(between).collect();
        Gains { marks, cells }
    }

    /// ln of the expected gain.
    pub(crate) fn score(&self, moments: &[Moments]) -> f64 {
        self.near(moments, None).unwrap_or_else(|| self.far(moments, None))
    }

    /// ln of the expected gain, and its derivatives by each objective's mean and variance.
    pub(crate) fn slopes(&self, moments: &[Moments], partials: &mut [(f64, f64)]) -> f64 {
        self.near(moments, Some(&mut *partials)).unwrap_or_else(|| self.far(moments, Some(partials)))
    }

    /// The same where the gain is a number of ordinary size: sums and products of E[max(0, end − Y)].
    fn near(&self, moments: &[Moments], partials: Option<&mut [(f64, f64)]>) -> Option<f64> {
        let hinges: Vec<Vec<_>> = moments
            .iter()
            .zip(&self.marks)
            .map(|(m, marks)| {
                let sigma = m.variance.sqrt();
                marks.iter().map(|end| hinge((end - m.mean) / sigma)).collect()
            })
            .collect();
        let rise = |k: usize, (low, high): (u32, u32), of: fn(&[f64; 3]) -> f64| {
            let below = if low == OPEN { 0.0 } else { of(&hinges[k][low as usize]) };
            of(&hinges[k][high as usize]) - below
        };
        // In units of the deviations.
        let side = |cell: &[(u32, u32)], k: usize| rise(k, cell[k], |h| h[0]).max(0.0);
        let gain = |cell: &Vec<(u32, u32)>| (0..moments.len()).map(|k| side(cell, k)).product::<f64>();
        let total: f64 = self.cells.iter().map(gain).sum();
        if total < FAR {
            return None;
        }
        for (k, partial) in partials.into_iter().flatten().enumerate() {
            let mut slopes = (0.0, 0.0);
            for cell in &self.cells {
                let others: f64 = (0..moments.len()).filter(|j| *j != k).map(|j| side(cell, j)).product();
                slopes.0 -= others * rise(k, cell[k], |h| h[1]);
                slopes.1 += others * rise(k, cell[k], |h| h[2]);
            }
            let Moments { variance, .. } = moments[k];
            *partial = (slopes.0 / (total * variance.sqrt()), slopes.1 / (total * 2.0 * variance));
        }
        let deviations: f64 = moments.iter().map(|m| 0.5 * libm::log(m.variance)).sum();
        Some(libm::log(total) + deviations)
    }

    /// The same for every size, in logarithms.
    fn far(&self, moments: &[Moments], partials: Option<&mut [(f64, f64)]>) -> f64 {
        let ends: Vec<Vec<Scored>> = moments
            .iter()
            .zip(&self.marks)
            .map(|(m, marks)| marks.iter().map(|end| log_expected_improvement(*m, *end)).collect())
            .collect();
        let own = |k: usize, cell: &[(u32, u32)]| side(&ends[k], cell[k]);
        let log = |cell: &Vec<(u32, u32)>| (0..moments.len()).map(|k| own(k, cell).score).sum();
        let logs: Vec<f64> = self.cells.iter().map(log).collect();
        let top = logs.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let shares: Vec<f64> = logs.iter().map(|log| libm::exp(log - top)).collect();
        let total: f64 = shares.iter().sum();
        if let Some(partials) = partials {
            partials.fill((0.0, 0.0));
            let counting = shares.iter().zip(&self.cells).filter(|(share, _)| **share > 1e-12 * total);
            for (share, cell) in counting {
                for (k, partial) in partials.iter_mut().enumerate() {
                    let own = own(k, cell);
                    partial.0 += share / total * own.by_mean;
                    partial.1 += share / total * own.by_variance;
                }
            }
        }
        if top.is_finite() { top + libm::log(total) } else { f64::NEG_INFINITY }
    }
}

/// The points of a front whose every gain costs no more than so many times of it elsewhere (Geoffrion 1968): one that is far
/// worse in an objective for next to nothing says nothing of where the front ends.
fn proper<'a>(front: &[&'a Vec<f64>]) -> Vec<&'a Vec<f64>> {
    let most = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a - b).fold(0.0, f64::max);
    let is_proper = |own: &Vec<f64>| front.iter().all(|other| most(own, other) <= TRADE * most(other, own));
    front.iter().copied().filter(|own| is_proper(own)).collect()
}

/// ln E[max(0, high − max(low, Y))], of ln E[max(0, end − Y)] at the marks.
fn side(ends: &[Scored], (low, high): (u32, u32)) -> Scored {
    let above = ends[high as usize];
    if low == OPEN {
        return above;
    }
    let below = ends[low as usize];
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
        let gains = Gains::new(&points, Beyond::All);
        let moments = [Moments { mean: 0.8, variance: 0.3 }, Moments { mean: 0.9, variance: 0.2 }];
        let reference = [2.75, 2.75];
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
        let own = gains.score(&moments);
        assert!((sampled - own).abs() < 0.03, "{sampled} {own}");
    }

    #[test]
    fn the_forms_for_ordinary_and_for_tiny_gains_agree() {
        let gains = Gains::new(&[vec![0.0, 2.0, 1.0], vec![1.0, 1.0, 1.5], vec![2.0, 0.0, 0.5]], Beyond::All);
        let mut stream = Stream::new(3, 0, 0);
        for _ in 0..200 {
            let moments: Vec<Moments> = (0..3)
                .map(|_| Moments { mean: 2.0 * stream.normal(), variance: 1e-3 + stream.uniform() })
                .collect();
            let (mut near, mut far) = ([(0.0, 0.0); 3], [(0.0, 0.0); 3]);
            let Some(score) = gains.near(&moments, Some(&mut near)) else { continue };
            let other = gains.far(&moments, Some(&mut far));
            assert!((score - other).abs() < 1e-6 * (1.0 + other.abs()), "{score} {other}");
            for (a, b) in near.iter().zip(far) {
                assert!((a.0 - b.0).abs() < 1e-4 * (1.0 + b.0.abs()), "{near:?} {far:?}");
                assert!((a.1 - b.1).abs() < 1e-4 * (1.0 + b.1.abs()), "{near:?} {far:?}");
            }
        }
        let hopeless = [Moments { mean: 90.0, variance: 1e-2 }; 3];
        assert!(gains.near(&hopeless, None).is_none() && gains.score(&hopeless).is_finite());
    }

    #[test]
    fn what_lies_beside_a_front_in_one_corner_is_a_gain() {
        // One option has been tried well, and is good in the second objective; the other one only badly.
        let tried = [0.30, 0.31, 0.32].map(|x| vec![x, 0.62 - x]);
        let badly = vec![0.5, 0.9];
        let gains = Gains::new(&[&tried[..], &[badly]].concat(), Beyond::All);
        let better_in_the_first =
            [Moments { mean: 0.1, variance: 1e-4 }, Moments { mean: 0.6, variance: 1e-4 }];
        let near_the_front = [Moments { mean: 0.31, variance: 1e-6 }, Moments { mean: 0.31, variance: 1e-6 }];
        assert!(gains.score(&better_in_the_first) > gains.score(&near_the_front) + 2.0);
    }

    #[test]
    fn a_point_that_is_far_worse_for_next_to_nothing_does_not_widen_the_front() {
        let front = [[0.0, 1.0], [0.5, 0.5], [1.0, 0.0], [-1e-6, 50.0]].map(Vec::from);
        let fills = [Moments { mean: 0.2, variance: 1e-6 }, Moments { mean: 0.6, variance: 1e-6 }];
        let widens = [Moments { mean: -0.01, variance: 1e-6 }, Moments { mean: 20.0, variance: 1e-6 }];
        let scores = |beyond| {
            let gains = Gains::new(&front, beyond);
            (gains.score(&fills), gains.score(&widens))
        };
        let (fills, widens) = scores(Beyond::Front);
        assert!(fills > widens + 10.0, "{fills} {widens}");
        let (fills, widens) = scores(Beyond::All);
        assert!(widens > fills, "{fills} {widens}");
    }

    #[test]
    fn derivatives_are_slopes() {
        let gains = Gains::new(&[vec![0.0, 2.0, 1.0], vec![1.0, 1.0, 1.5], vec![2.0, 0.0, 0.5]], Beyond::All);
        let mut stream = Stream::new(2, 0, 0);
        for _ in 0..50 {
            let moments: Vec<Moments> = (0..3)
                .map(|_| Moments { mean: 3.0 * stream.normal(), variance: 0.05 + stream.uniform() })
                .collect();
            let mut partials = [(0.0, 0.0); 3];
            gains.slopes(&moments, &mut partials);
            for k in 0..3 {
                let at = |m: f64, v: f64| {
                    let mut moved = moments.clone();
                    (moved[k].mean, moved[k].variance) = (moved[k].mean + m, moved[k].variance + v);
                    gains.score(&moved)
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
