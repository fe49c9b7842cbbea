//! The covariance between points, and its derivatives.
//!
//! Within a block of parameters the correlation is Matérn's with ν = 5/2 and a length of its own for each number (ARD), times
//! exp(−Σ rate · [labels differ]):
//!
//! m = (1 + s + s²/3) e^(−s) · e^(−Σ h), s² = 5 Σ (Δⱼ/ℓⱼ)².
//!
//! The first block, always active, counts as it is. Any other contributes the factor ρ + (1 − ρ)·c, where c is m if both
//! points have the block active, 1 if neither has, 0 if one has: what is learned of its parameters is learned only where
//! they are active, ρ is how much a point that lacks them still says, and as a sum of two covariances (a constant,
//! and one that is blockwise) the factor is itself a covariance for every ρ in [0, 1], which the plain rule "leave
//! out what is not active in both" is not.

use std::borrow::Cow;

use linalg::Matrix;
use linalg::product::{LANES, add_scaled, dot, total};

use super::design::Design;
use super::layout::{Layout, Row};
use super::warp::Warp;
use crate::maths::exp::exp;

/// Hyper-parameters in the order of a vector: ln ℓ of each number, ln rate of each label, logit ρ of each block after the
/// first, then, where numbers are warped, ln a and ln b of each ([`Warp`]), last ln of the noise's variance.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parameters {
    inverse_lengths: Vec<f64>,
    rates: Vec<f64>,
    /// The first entry is of the block that is always active, and not used.
    shared: Vec<f64>,
    /// One for each number, or none.
    warps: Vec<Warp>,
    pub(crate) noise: f64,
}

/// How many hyper-parameters there are before those of the warp.
pub(crate) fn plain(layout: &Layout) -> usize {
    layout.numbers + layout.rates + layout.blocks.len() - 1
}

impl Parameters {
    pub(crate) fn new(layout: &Layout, theta: &[f64]) -> Self {
        let (lengths, rest) = theta.split_at(layout.numbers);
        let (rates, rest) = rest.split_at(layout.rates);
        let (shared, rest) = rest.split_at(layout.blocks.len() - 1);
        let (warps, noise) = rest.split_at(rest.len() - 1);
        let sigmoid = |x: &f64| 1.0 / (1.0 + libm::exp(-x));
        Parameters {
            inverse_lengths: lengths.iter().map(|x| libm::exp(-x)).collect(),
            rates: rates.iter().map(|x| libm::exp(*x)).collect(),
            shared: std::iter::once(0.0).chain(shared.iter().map(sigmoid)).collect(),
            warps: warps.as_chunks::<2>().0.iter().map(|[a, b]| Warp::new(*a, *b)).collect(),
            noise: libm::exp(noise[0]),
        }
    }

    /// A number, warped and divided by its length.
    fn place(&self, number: usize, x: f64) -> f64 {
        self.warps.get(number).map_or(x, |warp| warp.place(x)) * self.inverse_lengths[number]
    }

    /// The derivative of [`place`](Self::place) by x.
    fn slope(&self, number: usize, x: f64) -> f64 {
        self.warps.get(number).map_or(1.0, |warp| warp.slope(x)) * self.inverse_lengths[number]
    }

    /// The derivatives of [`place`](Self::place) by ln a and ln b of the warp.
    fn bends(&self, number: usize, x: f64) -> (f64, f64) {
        let (by_a, by_b) = self.warps.get(number).map_or((0.0, 0.0), |warp| warp.bends(x));
        (by_a * self.inverse_lengths[number], by_b * self.inverse_lengths[number])
    }

    /// The numbers of a design, warped and divided by their lengths.
    pub(crate) fn scale(&self, design: &Design) -> Vec<Vec<f64>> {
        let column = |(j, column): (usize, &Vec<f64>)| column.iter().map(|x| self.place(j, *x)).collect();
        design.numbers.iter().enumerate().map(column).collect()
    }

    /// ℓ of a number.
    pub(crate) fn length(&self, number: usize) -> f64 {
        1.0 / self.inverse_lengths[number]
    }
}

/// A design under hyper-parameters: numbers are divided by their lengths.
#[derive(Clone, Debug)]
pub(crate) struct Scaled<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) parameters: &'a Parameters,
    pub(crate) design: &'a Design,
    columns: Cow<'a, [Vec<f64>]>,
    /// Where numbers are warped and the warp is fitted: the columns' derivatives by ln a and ln b.
    bends: Vec<[Vec<f64>; 2]>,
}

/// Room for what is computed of one point against the rows of a design, for each block.
#[derive(Clone, Debug, Default)]
pub(crate) struct Work {
    squares: Vec<f64>,
    exponents: Vec<f64>,
    /// m, then m weighted by the other blocks' factors.
    values: Vec<Vec<f64>>,
    /// −dm/dΔ² · 2: (5/3)(1 + s)e^(−s), likewise weighted at last.
    slopes: Vec<Vec<f64>>,
    factors: Vec<Vec<f64>>,
}

impl<'a> Scaled<'a> {
    pub(crate) fn new(layout: &'a Layout, parameters: &'a Parameters, design: &'a Design) -> Self {
        let columns = Cow::Owned(parameters.scale(design));
        Scaled { layout, parameters, design, columns, bends: Vec::new() }
    }

    /// The same for derivatives by the hyper-parameters.
    pub(crate) fn for_fit(layout: &'a Layout, parameters: &'a Parameters, design: &'a Design) -> Self {
        let mut scaled = Scaled::new(layout, parameters, design);
        for j in 0..parameters.warps.len() {
            let (by_a, by_b) = design.numbers[j].iter().map(|x| parameters.bends(j, *x)).unzip();
            scaled.bends.push([by_a, by_b]);
        }
        scaled
    }

    /// The same of columns that were [scaled](Parameters::scale) before.
    pub(crate) fn with(
        layout: &'a Layout,
        parameters: &'a Parameters,
        design: &'a Design,
        columns: &'a [Vec<f64>],
    ) -> Self {
        Scaled { layout, parameters, design, columns: Cow::Borrowed(columns), bends: Vec::new() }
    }

    /// The correlation of `row` with the first `n` rows of the design. `work` keeps what [`weigh`](Self::weigh) needs.
    #[inline(always)]
    pub(crate) fn correlate(&self, row: &Row, n: usize, work: &mut Work, out: &mut [f64]) {
        work.values.resize(self.layout.blocks.len(), Vec::new());
        work.slopes.resize(self.layout.blocks.len(), Vec::new());
        work.factors.resize(self.layout.blocks.len(), Vec::new());
        let out = &mut out[..n];
        for (g, block) in self.layout.blocks.iter().enumerate() {
            let Work { squares, exponents, values, slopes, factors } = work;
            let (values, slopes, factors) = (&mut values[g], &mut slopes[g], &mut factors[g]);
            for buffer in [&mut *squares, &mut *exponents, &mut *values, &mut *slopes, &mut *factors] {
                buffer.clear();
                buffer.resize(n, 0.0);
            }
            if g > 0 && !row.active[g] {
                let shared = self.parameters.shared[g];
                for ((f, active), out) in factors.iter_mut().zip(&self.design.active[g]).zip(&mut *out) {
                    *f = shared + (1.0 - shared) * (1.0 - active);
                    *out *= *f;
                }
                continue;
            }
            for j in &block.numbers {
                let z = self.parameters.place(*j, row.numbers[*j]);
                for (square, other) in squares.iter_mut().zip(&self.columns[*j]) {
                    let difference = z - other;
                    *square += difference * difference;
                }
            }
            for (label, rate, weight) in &block.labels {
                let (own, rate) = (row.labels[*label], self.parameters.rates[*rate] * weight);
                for (exponent, other) in exponents.iter_mut().zip(&self.design.labels[*label]) {
                    *exponent += if *other == own { 0.0 } else { rate };
                }
            }
            matern(squares, exponents, values, slopes);
            if g == 0 {
                out.copy_from_slice(values);
            } else {
                let shared = self.parameters.shared[g];
                let rows = factors.iter_mut().zip(&*values).zip(&self.design.active[g]).zip(&mut *out);
                for (((factor, value), active), out) in rows {
                    *factor = shared + (1.0 - shared) * active * value;
                    *out *= *factor;
                }
            }
        }
    }

    /// After [`correlate`](Self::correlate): turns each block's values and slopes into what the whole correlation gains by
    /// them, and its factors into what it gains by ρ.
    #[inline(always)]
    pub(crate) fn weigh(&self, row: &Row, n: usize, work: &mut Work, correlation: &[f64]) {
        let blocks = self.layout.blocks.len();
        if blocks == 1 {
            return;
        }
        // What the other blocks make of the first one's.
        for i in 0..n {
            let rest: f64 = (1..blocks).map(|g| work.factors[g][i]).product();
            work.values[0][i] *= rest;
            work.slopes[0][i] *= rest;
        }
        for g in 1..blocks {
            let shared = self.parameters.shared[g];
            let active = &self.design.active[g][..n];
            let (values, slopes) = (&mut work.values[g], &mut work.slopes[g]);
            for i in 0..n {
                let rest = correlation[i] / work.factors[g][i];
                let both = if row.active[g] { active[i] } else { 0.0 };
                let neither = if row.active[g] { 0.0 } else { 1.0 - active[i] };
                work.factors[g][i] = rest * (1.0 - both * values[i] - neither);
                let share = rest * (1.0 - shared) * both;
                values[i] *= share;
                slopes[i] *= share;
            }
        }
    }

    /// Adds Σ wᵢ ∂k(row, i)/∂θ to `gradient`, after [`weigh`](Self::weigh); the noise's entry is left alone.
    #[inline(always)]
    pub(crate) fn pull(&self, row: &Row, weights: &[f64], work: &mut Work, gradient: &mut [f64]) {
        let n = weights.len();
        let (lengths, rest) = gradient.split_at_mut(self.layout.numbers);
        let (rates, rest) = rest.split_at_mut(self.layout.rates);
        let (shared, warps) = rest.split_at_mut(self.layout.blocks.len() - 1);
        for (g, block) in self.layout.blocks.iter().enumerate() {
            if g > 0 {
                let p = self.parameters.shared[g];
                shared[g - 1] += p * (1.0 - p) * dot(&work.factors[g][..n], weights);
            }
            if !row.active[g] {
                continue;
            }
            let Work { squares, values, slopes, .. } = work;
            let weighted = &mut squares[..n];
            multiply(weighted, &slopes[g], weights);
            for j in &block.numbers {
                let z = self.parameters.place(*j, row.numbers[*j]);
                lengths[*j] += square_distances(weighted, z, &self.columns[*j][..n]);
                if let Some([by_a, by_b]) = self.bends.get(*j) {
                    let own = self.parameters.bends(*j, row.numbers[*j]);
                    let entry = 2 * j;
                    for (i, weight) in weighted.iter().enumerate() {
                        let pull = weight * (z - self.columns[*j][i]);
                        warps[entry] -= pull * (own.0 - by_a[i]);
                        warps[entry + 1] -= pull * (own.1 - by_b[i]);
                    }
                }
            }
            multiply(weighted, &values[g], weights);
            for (label, rate, weight) in &block.labels {
                let own = row.labels[*label];
                let others = &self.design.labels[*label][..n];
                let differing =
                    weighted.iter().zip(others).map(|(w, other)| if *other == own { 0.0 } else { *w });
                rates[*rate] -= self.parameters.rates[*rate] * weight * differing.sum::<f64>();
            }
        }
    }

    /// Adds Σ wᵢ ∂k(row, i)/∂x to `gradient`, which has an entry for each number of the row; after
    /// [`weigh`](Self::weigh).
    #[inline(always)]
    pub(crate) fn pull_place(&self, row: &Row, weights: &[f64], work: &mut Work, gradient: &mut [f64]) {
        let n = weights.len();
        for (g, block) in self.layout.blocks.iter().enumerate() {
            if !row.active[g] {
                continue;
            }
            let Work { squares, slopes, .. } = work;
            let weighted = &mut squares[..n];
            multiply(weighted, &slopes[g], weights);
            let all = sum(weighted);
            for j in &block.numbers {
                let z = self.parameters.place(*j, row.numbers[*j]);
                let slope = self.parameters.slope(*j, row.numbers[*j]);
                gradient[*j] -= slope * (z * all - dot(weighted, &self.columns[*j][..n]));
            }
        }
    }

    /// The covariance of the design's rows, lower triangle: correlations, and on the diagonal 1 + noise · weight.
    #[inline(always)]
    pub(crate) fn gram(&self, weights: &[f64], work: &mut Work) -> Matrix {
        let n = self.design.len();
        let mut gram = Matrix::zeros(n, n);
        for a in 0..n {
            self.correlate(&self.design.rows[a], a + 1, work, gram.row_mut(a));
            gram[(a, a)] = 1.0 + self.parameters.noise * weights.get(a).copied().unwrap_or(1.0);
        }
        gram
    }

    /// The correlations of each row of `known` with all of this design; adds Σ αₐ k(a, ·) to `means`.
    #[inline(always)]
    pub(crate) fn cross(
        &self,
        known: &Design,
        alpha: &[f64],
        work: &mut Work,
        means: &mut [f64],
        cross: &mut Matrix,
    ) {
        let m = self.design.len();
        cross.reset(known.len(), m);
        for (a, row) in known.rows.iter().enumerate() {
            let line = cross.row_mut(a);
            self.correlate(row, m, work, line);
            if let Some(alpha) = alpha.get(a) {
                add_scaled(means, *alpha, line);
            }
        }
    }
}

/// Matérn's correlation with ν = 5/2 at squared distances, times e^(−exponent), and (5/3)(1 + s)e^(−s − exponent).
#[inline(always)]
fn matern(squares: &[f64], exponents: &[f64], values: &mut [f64], slopes: &mut [f64]) {
    let pairs = squares.iter().zip(exponents).zip(values.iter_mut().zip(slopes));
    for ((square, exponent), (value, slope)) in pairs {
        let s = (5.0 * square).sqrt();
        let decay = exp(-s - exponent);
        *value = (1.0 + s + s * s * (1.0 / 3.0)) * decay;
        *slope = (5.0 / 3.0) * (1.0 + s) * decay;
    }
}

/// out ← a·b, entry by entry.
#[inline(always)]
fn multiply(out: &mut [f64], a: &[f64], b: &[f64]) {
    out.iter_mut().zip(a.iter().zip(b)).for_each(|(out, (a, b))| *out = a * b);
}

/// The sum of a slice in eight interleaved sums.
#[inline(always)]
fn sum(entries: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let (head, tail) = entries.as_chunks::<LANES>();
    for x in head {
        for lane in 0..LANES {
            sums[lane] += x[lane];
        }
    }
    total(sums) + tail.iter().sum::<f64>()
}

/// Σ wᵢ (z − zᵢ)² in eight interleaved sums.
#[inline(always)]
fn square_distances(weights: &[f64], z: f64, column: &[f64]) -> f64 {
    let mut sums = [0.0; LANES];
    let (w_head, w_tail) = weights.as_chunks::<LANES>();
    let (z_head, z_tail) = column.as_chunks::<LANES>();
    for (w, x) in w_head.iter().zip(z_head) {
        for lane in 0..LANES {
            let difference = z - x[lane];
            sums[lane] += w[lane] * (difference * difference);
        }
    }
    let tail: f64 = w_tail.iter().zip(z_tail).map(|(w, x)| w * (z - x) * (z - x)).sum();
    total(sums) + tail
}
