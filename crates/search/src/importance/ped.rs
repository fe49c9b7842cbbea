//! Which parameters decide whether a trial is among the best: PED-ANOVA (Watanabe, Bansal and Hutter 2023,
//! arXiv:2304.10255), for parameters that are not always there as in Conditional PED-ANOVA (arXiv:2601.20800), with what
//! chance alone would give beside it.
//!
//! For each parameter the density of the best trials' values is held against that of all trials: the Pearson
//! divergence between the two, scaled by (α²/β)·(γ′/γ)², where α and β are the shares of the best and of all trials
//! that have the parameter, and γ′/γ the share of the best. Densities are estimated on a grid of at most 50 cells by
//! discretised truncated normal kernels of Scott's width with a wide prior kernel (Optuna 5.0.0's estimator, to the
//! last digit but rounding).
//!
//! With few trials the divergence is above zero for a parameter without any effect too. So it is also worked out for random
//! choices of as many "best" trials: what is found beyond their mean counts, and a parameter that is not above all of them
//! is not told apart from chance.
//!
//! Limits: it sees each parameter alone, not interactions; it looks where the search went, which is not everywhere
//! alike; what matters only far from the best is not seen.

use space::Stream;

use super::{Axis, Samples};
use crate::maths::normal::cdf;

/// How PED-ANOVA judges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PedOptions {
    /// The share of all trials that counts as the best, 0 < q < 1.
    pub quantile: f64,
    /// At least so many trials count as the best, as long as they are no more than a third of all.
    pub least: usize,
    /// How many random choices stand for chance.
    pub shuffles: u32,
}

impl Default for PedOptions {
    fn default() -> Self {
        PedOptions { quantile: 0.1, least: 10, shuffles: 63 }
    }
}

/// What one parameter weighs.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PedPart {
    /// The weighted divergence of the best trials from all.
    pub divergence: f64,
    /// What it comes to on average where the best are chosen at random.
    pub chance: f64,
    /// Whether no random choice comes so high.
    pub clear: bool,
    /// Its part of what is above chance, 0…1; the parts sum to 1, or are all 0.
    pub share: f64,
}

/// The weights of all parameters, and what they rest on.
#[derive(Clone, Debug, PartialEq)]
pub struct Ped {
    /// One for each axis; `None` where it has one value, or nearly no trial has it.
    pub parts: Vec<Option<PedPart>>,
    /// The trials that count as the best.
    pub best: Vec<usize>,
    /// How many trials there are in all.
    pub all: usize,
}

const CELLS: usize = 50;
/// The weight of the prior kernel, beside 1 for each trial.
const PRIOR: f64 = 1.0;
/// Nothing is less dense.
const TINY: f64 = 1e-12;

/// Judges each parameter. `None` where fewer than two trials have a finite value, or all have the same.
pub fn ped_anova(samples: &Samples, options: &PedOptions) -> Option<Ped> {
    let best = best(&samples.values, options)?;
    let all: Vec<usize> = (0..samples.len()).collect();
    let mut stream = Stream::new(0, 0, samples.len() as u64);
    let mut order = all.clone();
    let shuffles: Vec<Vec<usize>> = (0..options.shuffles)
        .map(|_| {
            stream.shuffle(&mut order);
            order[..best.len()].to_vec()
        })
        .collect();
    let mut parts: Vec<Option<PedPart>> = samples
        .axes
        .iter()
        .zip(&samples.columns)
        .map(|(axis, column)| {
            let judged = Judged::new(axis, column, &all)?;
            let divergence = judged.weight(&best);
            let by_chance: Vec<f64> = shuffles.iter().map(|chosen| judged.weight(chosen)).collect();
            let chance = by_chance.iter().sum::<f64>() / by_chance.len().max(1) as f64;
            let clear = by_chance.iter().all(|drawn| divergence > *drawn);
            Some(PedPart { divergence, chance, clear, share: 0.0 })
        })
        .collect();
    let above = |part: &PedPart| (part.divergence - part.chance).max(0.0);
    let total: f64 = parts.iter().flatten().map(above).sum();
    if total > 0.0 {
        parts.iter_mut().flatten().for_each(|part| part.share = above(part) / total);
    }
    Some(Ped { parts, best, all: samples.len() })
}

/// The best trials: the quantile, and those that tie with its last.
fn best(values: &[f64], options: &PedOptions) -> Option<Vec<usize>> {
    let mut finite: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    if finite.len() < 2 {
        return None;
    }
    finite.sort_by(f64::total_cmp);
    if finite[0] == finite[finite.len() - 1] && finite.len() == values.len() {
        return None;
    }
    let share = libm::ceil(options.quantile * values.len() as f64) as usize;
    let count = share.max(options.least.min(values.len() / 3)).clamp(1, finite.len());
    let cutoff = finite[count - 1];
    Some((0..values.len()).filter(|&i| values[i] <= cutoff).collect())
}

/// One parameter on its grid.
struct Judged {
    /// The cell of each trial that has it.
    cells: Vec<Option<usize>>,
    grid: Grid,
    /// The density of all trials that have it.
    all: Vec<f64>,
    /// How many have it, of how many.
    active: usize,
    trials: usize,
}

impl Judged {
    fn new(axis: &Axis, column: &[f64], all: &[usize]) -> Option<Self> {
        let grid = Grid::new(axis)?;
        let cells: Vec<Option<usize>> =
            column.iter().map(|&value| value.is_finite().then(|| grid.cell(value))).collect();
        let counts = grid.counts(&cells, all);
        let active = counts.iter().sum::<f64>() as usize;
        if active < 2 {
            return None;
        }
        let all = grid.density(&counts);
        Some(Judged { trials: cells.len(), cells, grid, all, active })
    }

    /// The divergence of the chosen trials from all, with the weight of the part that has the parameter.
    fn weight(&self, chosen: &[usize]) -> f64 {
        let counts = self.grid.counts(&self.cells, chosen);
        let active = counts.iter().sum::<f64>();
        if active == 0.0 {
            return 0.0;
        }
        let top = self.grid.density(&counts);
        let divergence: f64 = top.iter().zip(&self.all).map(|(q, p)| p * (q / p - 1.0) * (q / p - 1.0)).sum();
        let (alpha, beta) = (active / chosen.len() as f64, self.active as f64 / self.trials as f64);
        let share = chosen.len() as f64 / self.trials as f64;
        alpha * alpha / beta * divergence * share * share
    }
}

/// How a parameter's range is cut into cells.
enum Grid {
    Line { low: f64, width: f64, log: bool, cells: usize },
    Options(usize),
}

impl Grid {
    fn new(axis: &Axis) -> Option<Self> {
        if axis.is_single() {
            return None;
        }
        Some(match *axis {
            Axis::Options(count) => Grid::Options(count),
            Axis::Line { low, high, log, step } => {
                let cells = match step {
                    Some(_) if log => (libm::ceil(libm::log2(high - low + 1.0)) as usize + 1).min(CELLS),
                    Some(step) => (((high - low) / step).round() + 1.0).min(CELLS as f64) as usize,
                    None => CELLS,
                };
                let (low, high) = if log { (libm::log(low), libm::log(high)) } else { (low, high) };
                Grid::Line { low, width: (high - low) / (cells.max(2) - 1) as f64, log, cells: cells.max(2) }
            }
        })
    }

    fn len(&self) -> usize {
        match self {
            Grid::Line { cells, .. } => *cells,
            Grid::Options(count) => *count,
        }
    }

    fn cell(&self, value: f64) -> usize {
        match *self {
            Grid::Line { low, width, log, cells } => {
                let place = if log { libm::log(value) } else { value };
                // Halfway between two the lower one.
                (libm::ceil((place - low) / width - 0.5).max(0.0) as usize).min(cells - 1)
            }
            Grid::Options(count) => (value as usize).min(count - 1),
        }
    }

    fn counts(&self, cells: &[Option<usize>], chosen: &[usize]) -> Vec<f64> {
        let mut counts = vec![0.0; self.len()];
        for cell in chosen.iter().filter_map(|&i| cells[i]) {
            counts[cell] += 1.0;
        }
        counts
    }

    /// The estimated share of each cell.
    fn density(&self, counts: &[f64]) -> Vec<f64> {
        match self {
            Grid::Options(_) => of_options(counts),
            Grid::Line { .. } => of_cells(counts),
        }
    }
}

/// Kernels of options, one for each that was taken: its own, and a little of every other.
fn of_options(counts: &[f64]) -> Vec<f64> {
    let total: f64 = counts.iter().sum();
    let kernels = counts.iter().filter(|count| **count > 0.0).count() as f64 + 1.0;
    let options = counts.len() as f64;
    let floor = PRIOR / kernels;
    let row = 1.0 + options * floor;
    // The prior's own kernel is even.
    let even = (PRIOR / options + total * floor / row) / (total + PRIOR);
    counts.iter().map(|count| even + count / row / (total + PRIOR) + TINY).collect()
}

/// Normal kernels over whole numbers, cut off at the ends, of one width for all.
fn of_cells(counts: &[f64]) -> Vec<f64> {
    let last = counts.len() as f64 - 1.0;
    let total: f64 = counts.iter().sum();
    let width = scott(counts, total);
    let mut density = vec![TINY; counts.len()];
    let mut kernel = |centre: f64, width: f64, weight: f64| {
        let edges: Vec<f64> = (0..=counts.len()).map(|x| cdf((x as f64 - 0.5 - centre) / width)).collect();
        let mass = edges[counts.len()] - edges[0];
        for (x, density) in density.iter_mut().enumerate() {
            *density += weight / (total + PRIOR) * (edges[x + 1] - edges[x]) / mass;
        }
    };
    for (x, count) in counts.iter().enumerate().filter(|(_, count)| **count > 0.0) {
        kernel(x as f64, width, *count);
    }
    kernel(last / 2.0, last + 1.0, PRIOR);
    density
}

/// Scott's rule, by the smaller of the standard deviation and the quartiles' distance, at least so wide that nine tenths
/// of a kernel fill a cell.
fn scott(counts: &[f64], total: f64) -> f64 {
    let taken: Vec<(f64, f64)> = counts
        .iter()
        .enumerate()
        .filter(|(_, count)| **count > 0.0)
        .map(|(x, count)| (x as f64, *count))
        .collect();
    let mean = taken.iter().map(|(x, count)| x * count).sum::<f64>() / total;
    let squares: f64 = taken.iter().map(|(x, count)| (x - mean) * (x - mean) * count).sum();
    let deviation = (squares / (total - 1.0).max(1.0)).sqrt();
    let mut sum = 0.0;
    let sums: Vec<f64> = taken
        .iter()
        .map(|(_, count)| {
            sum += count;
            sum
        })
        .collect();
    let first = sums.iter().position(|sum| *sum >= libm::floor(total / 4.0)).unwrap_or(0);
    let third = sums.iter().position(|sum| *sum > libm::floor(total * 3.0 / 4.0)).unwrap_or(taken.len() - 1);
    let quartiles = taken[third].0 - taken[first].0;
    (1.059 * deviation.min(quartiles / 1.34) * libm::pow(total, -0.2)).max(0.5 / 1.64)
}
