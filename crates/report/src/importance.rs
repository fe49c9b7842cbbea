//! Which parameters decide whether a trial is among the best: PED-ANOVA (Watanabe, Bansal and Hutter 2023,
//! arXiv:2304.10255), with what chance alone would give taken off.
//!
//! For each parameter the values of the best trials are compared with those of all trials: the Pearson divergence
//! between the two densities. Densities are Gaussian kernel estimates on a grid (log where the parameter is), plain
//! shares for choices. With few trials the divergence is above zero for a parameter without any effect too; its
//! expectation for randomly chosen "best" trials is known in closed form and is subtracted, and a parameter that is not
//! two standard deviations above it is marked as not told apart from chance.
//!
//! Pruned and failed trials are among "all" and never among the best: what makes a trial fail matters.
//!
//! Limits: it sees each parameter alone, not its interactions; the samples are where the search went, not
//! evenly spread; what matters only far from the best is not seen.

use crate::summary::ranked;
use crate::view::{Cell, Kind, State, View};

/// What one parameter weighs.
#[derive(Clone, Debug, PartialEq)]
pub struct Importance {
    /// Which column.
    pub column: usize,
    /// Its part of the whole, 0…1; the parts sum to 1, or are all 0.
    pub share: f64,
    /// Whether it is clearly above what chance gives.
    pub clear: bool,
}

/// The importances of one objective, largest first, and what they rest on.
#[derive(Clone, Debug, PartialEq)]
pub struct Importances {
    /// One for each column that could be judged.
    pub parts: Vec<Importance>,
    /// How many trials count as the best.
    pub best: usize,
    /// How many trials there are in all.
    pub all: usize,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoImportance {
    /// Not enough complete trials.
    #[error("importance needs at least {LEAST} complete trials; there are {0}")]
    TooFew(usize),
    /// All values are the same, or no parameter varies.
    #[error("all complete trials have the same value, or no parameter varies")]
    Constant,
}

const LEAST: usize = 12;
const CELLS: usize = 50;
/// A density below this is no density.
const TINY: f64 = 1e-12;

/// Judges every numeric and categorical parameter for one objective.
pub fn importance(view: &View, objective: usize) -> Result<Importances, NoImportance> {
    let mut order = ranked(view, objective);
    if order.len() < LEAST {
        return Err(NoImportance::TooFew(order.len()));
    }
    let value = |i: usize| view.rows[i].value(objective);
    let others = (0..view.rows.len()).filter(|&i| view.rows[i].state.is_finished());
    let without: Vec<usize> =
        others.filter(|&i| view.rows[i].state != State::Complete || value(i).is_none()).collect();
    if without.is_empty() && order.iter().all(|&i| value(i) == value(order[0])) {
        return Err(NoImportance::Constant);
    }
    let complete = order.len();
    order.extend(without);
    let all = order.len();
    let best = all.div_ceil(10).max((all / 3).min(10)).min(complete / 2);
    let mut parts: Vec<(Importance, f64)> = view
        .columns
        .iter()
        .enumerate()
        .filter_map(|(column, described)| {
            let grid = Grid::new(&described.kind)?;
            let cells: Vec<Option<usize>> =
                order.iter().map(|&i| grid.cell(view.rows[i].cells.get(column)?)).collect();
            let Score { above, clear } = score(&cells, best, grid)?;
            Some((Importance { column, share: 0.0, clear }, above))
        })
        .collect();
    let total: f64 = parts.iter().map(|(_, above)| above).sum();
    if parts.is_empty() {
        return Err(NoImportance::Constant);
    }
    parts.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.column.cmp(&b.0.column)));
    let parts = parts
        .into_iter()
        .map(|(part, above)| Importance { share: if total > 0.0 { above / total } else { 0.0 }, ..part });
    Ok(Importances { parts: parts.collect(), best, all })
}

/// How a parameter's range is cut into cells.
#[derive(Clone, Copy)]
struct Grid {
    low: f64,
    high: f64,
    log: bool,
    cells: usize,
    smooth: bool,
}

impl Grid {
    fn new(kind: &Kind) -> Option<Self> {
        match *kind {
            Kind::Float { low, high, log } if low < high => {
                Some(Grid { low, high, log, cells: CELLS, smooth: true })
            }
            Kind::Int { low, high, log } if low < high => {
                let cells = high.abs_diff(low).saturating_add(1).min(CELLS as u64) as usize;
                let (low, high) = (low as f64 - 0.5, high as f64 + 0.5);
                Some(Grid { low, high, log: log && low > 0.0, cells, smooth: true })
            }
            Kind::Choice(ref labels) if labels.len() > 1 => Some(Grid {
                low: -0.5,
                high: labels.len() as f64 - 0.5,
                log: false,
                cells: labels.len(),
                smooth: false,
            }),
            _ => None,
        }
    }

    fn cell(&self, cell: &Cell) -> Option<usize> {
        let value = cell.number().filter(|v| v.is_finite())?;
        let share = if self.log {
            (value.max(self.low).ln() - self.low.ln()) / (self.high.ln() - self.low.ln())
        } else {
            (value - self.low) / (self.high - self.low)
        };
        Some(((share * self.cells as f64) as usize).min(self.cells - 1))
    }
}

struct Score {
    above: f64,
    clear: bool,
}

/// The divergence of the first `best` entries from all, above what chance gives. Entries are `None` where the
/// parameter was inactive; the score is scaled by its share among the best. `None` where nothing varies.
fn score(cells: &[Option<usize>], best: usize, grid: Grid) -> Option<Score> {
    let count = |part: &[Option<usize>]| {
        let mut counts = vec![0.0; grid.cells];
        part.iter().flatten().for_each(|&cell| counts[cell] += 1.0);
        counts
    };
    let (base, top) = (count(cells), count(&cells[..best]));
    let (n, m): (f64, f64) = (base.iter().sum(), top.iter().sum());
    if base.iter().filter(|&&count| count > 0.0).count() < 2 {
        return None;
    }
    if m < 2.0 || n - m < 2.0 {
        return Some(Score { above: 0.0, clear: false });
    }
    let kernel = kernel(&top, m, grid);
    let smooth = |counts: &[f64], total: f64| -> Vec<f64> {
        kernel.iter().map(|row| row.iter().zip(counts).map(|(s, c)| s * c).sum::<f64>() / total).collect()
    };
    let (p, q) = (smooth(&base, n), smooth(&top, m));
    let found: f64 = p.iter().zip(&q).filter(|(p, _)| **p > TINY).map(|(p, q)| (q - p).powi(2) / p).sum();
    // Drawn without replacement from n.
    let scale = (n - m) / (n - 1.0) / m;
    let (mean, variance) = by_chance(&kernel, &base, n, &p);
    let (chance, spread) = (mean * scale, variance.sqrt() * scale);
    let share = m / best as f64;
    Some(Score { above: (found - chance).max(0.0) * share, clear: found > chance + 2.0 * spread })
}

/// Mean and variance of the divergence for one randomly chosen trial, times the number of them: the trace of the
/// normalised covariance C of the smoothed counts, and twice that of C² (a quadratic form of a normal vector).
fn by_chance(kernel: &[Vec<f64>], base: &[f64], n: f64, p: &[f64]) -> (f64, f64) {
    let used: Vec<usize> = (0..p.len()).filter(|&b| p[b] > TINY).collect();
    let covariance = |a: usize, b: usize| {
        let product: f64 = kernel[a].iter().zip(&kernel[b]).zip(base).map(|((s, t), c)| s * t * c / n).sum();
        (product - p[a] * p[b]) / (p[a] * p[b]).sqrt()
    };
    let mean = used.iter().map(|&b| covariance(b, b)).sum();
    let square: f64 = used
        .iter()
        .flat_map(|&a| used.iter().map(move |&b| (a, b)))
        .map(|(a, b)| covariance(a, b).powi(2))
        .sum();
    (mean, 2.0 * square)
}

/// `kernel[b][j]`: the share of a value in cell j that is counted in cell b. Scott's bandwidth of the best ones, at
/// least half a cell; the identity for choices.
fn kernel(top: &[f64], m: f64, grid: Grid) -> Vec<Vec<f64>> {
    let cells = grid.cells;
    if !grid.smooth {
        return (0..cells).map(|b| (0..cells).map(|j| if b == j { 1.0 } else { 0.0 }).collect()).collect();
    }
    let mean = top.iter().enumerate().map(|(j, c)| j as f64 * c).sum::<f64>() / m;
    let variance = top.iter().enumerate().map(|(j, c)| c * (j as f64 - mean).powi(2)).sum::<f64>() / m;
    let width = (1.06 * variance.sqrt() * m.powf(-0.2)).max(0.5);
    let mut kernel = vec![vec![0.0; cells]; cells];
    for j in 0..cells {
        let weight = |b: usize| (-0.5 * ((b as f64 - j as f64) / width).powi(2)).exp();
        let total: f64 = (0..cells).map(weight).sum();
        for (b, row) in kernel.iter_mut().enumerate() {
            row[j] = weight(b) / total;
        }
    }
    kernel
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Column, Direction, Objective, Row};

    /// A deterministic stand-in for uniform draws.
    fn draw(seed: u64, i: u64) -> f64 {
        let z = (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (seed + 7).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 32)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn view(n: u64, seed: u64, loss: impl Fn(&[f64]) -> f64) -> View {
        let float =
            |path: &str| Column { path: path.into(), kind: Kind::Float { low: 0.0, high: 1.0, log: false } };
        let choice = Column { path: "kind".into(), kind: Kind::Choice(vec!["a".into(), "b".into()]) };
        let rows = (0..n).map(|i| {
            let x = [draw(seed, 3 * i), draw(seed, 3 * i + 1), (draw(seed, 3 * i + 2) * 2.0).floor()];
            let cells = vec![Cell::Float(x[0]), Cell::Float(x[1]), Cell::Choice(x[2] as u32)];
            Row { values: vec![loss(&x)], ..Row::new(i, State::Complete, cells) }
        });
        View {
            columns: vec![float("x"), float("idle"), choice],
            objectives: vec![Objective { name: "loss".into(), direction: Direction::Minimize }],
            rows: rows.collect(),
            ..View::default()
        }
    }

    #[test]
    fn what_decides_comes_first_and_what_is_idle_is_not_clear() {
        for seed in 0..8 {
            let found = importance(&view(300, seed, |x| (x[0] - 0.3).powi(2) + 0.1 * x[2]), 0).unwrap();
            assert_eq!(found.parts[0].column, 0, "seed {seed}");
            assert!(found.parts[0].clear && found.parts[0].share > 0.5);
        }
    }

    #[test]
    fn without_any_effect_little_is_called_clear() {
        let clear: usize = (0..60)
            .map(|seed| importance(&view(120, seed, |x| (x[0] * 7919.0).fract()), 0).unwrap())
            .map(|found| found.parts.iter().filter(|part| part.column > 0 && part.clear).count())
            .sum();
        assert!(clear <= 12, "{clear} of 120 idle parameters were called clear");
    }

    #[test]
    fn too_few_or_equal_values_are_said_so() {
        assert_eq!(importance(&view(11, 0, |x| x[0]), 0), Err(NoImportance::TooFew(11)));
        assert_eq!(importance(&view(50, 0, |_| 1.0), 0), Err(NoImportance::Constant));
    }
}
