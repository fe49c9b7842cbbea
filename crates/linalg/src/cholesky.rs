//! Cholesky's factor of a symmetric positive definite matrix.

use crate::product::{Place, add_scaled, dot, subtract_product};
use crate::{Matrix, wide};

/// Rows that are worked on at once.
const BLOCK: usize = 32;

/// The lower triangular L of A = L·Lᵀ, kept with its transpose.
#[derive(Clone, Debug)]
pub struct Cholesky {
    lower: Matrix,
    /// Lᵀ, so that both solves read rows.
    upper: Matrix,
}

impl Cholesky {
    /// Factors `a`, of which only the lower triangle is read; `None` where it is not positive definite to rounding.
    pub fn new(a: Matrix) -> Option<Self> {
        let mut lower = a;
        let mut upper = Matrix::zeros(lower.rows(), lower.rows());
        wide(
            #[inline(always)]
            || factor(&mut lower, &mut upper),
        )
        .then_some(Cholesky { lower, upper })
    }

    /// The factor whose L is given; above its diagonal are zeros.
    pub fn from_lower(lower: Matrix) -> Self {
        let upper = lower.transposed();
        Cholesky { lower, upper }
    }

    /// The number of rows.
    pub fn len(&self) -> usize {
        self.lower.rows()
    }

    /// Whether it is of an empty matrix.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// L; above the diagonal are zeros.
    pub fn lower(&self) -> &Matrix {
        &self.lower
    }

    /// ln det A.
    pub fn log_determinant(&self) -> f64 {
        2.0 * (0..self.len()).map(|i| libm::log(self.lower[(i, i)])).sum::<f64>()
    }

    /// b ← L⁻¹·b.
    pub fn solve_lower(&self, b: &mut [f64]) {
        wide(
            #[inline(always)]
            || {
                for i in 0..b.len().min(self.len()) {
                    let row = self.lower.row(i);
                    b[i] = (b[i] - dot(&row[..i], &b[..i])) / row[i];
                }
            },
        );
    }

    /// b ← L⁻ᵀ·b.
    pub fn solve_upper(&self, b: &mut [f64]) {
        wide(
            #[inline(always)]
            || {
                for i in (0..b.len().min(self.len())).rev() {
                    let row = self.upper.row(i);
                    b[i] = (b[i] - dot(&row[i + 1..], &b[i + 1..])) / row[i];
                }
            },
        );
    }

    /// B ← L⁻¹·B.
    ///
    /// # Panics
    /// Where B has not as many rows as A.
    pub fn solve_lower_many(&self, b: &mut Matrix) {
        assert_eq!(b.rows(), self.len(), "as many rows as the factor");
        wide(
            #[inline(always)]
            || forward(&self.lower, b, |_| 0),
        );
    }

    /// B ← L⁻ᵀ·B.
    ///
    /// # Panics
    /// Where B has not as many rows as A.
    pub fn solve_upper_many(&self, b: &mut Matrix) {
        assert_eq!(b.rows(), self.len(), "as many rows as the factor");
        wide(
            #[inline(always)]
            || backward(&self.upper, b),
        );
    }

    /// A⁻¹, both triangles.
    pub fn inverse(&self) -> Matrix {
        let n = self.len();
        let mut inverse = Matrix::zeros(n, n);
        wide(
            #[inline(always)]
            || {
                // X = L⁻¹ is lower triangular; A⁻¹ = Xᵀ·X.
                let mut x = Matrix::identity(n);
                forward_triangular(&self.lower, &mut x);
                let flipped = x.transposed();
                for i in (0..n).step_by(BLOCK) {
                    let (height, depth) = (BLOCK.min(n - i), n - i);
                    // Rows i… of the lower triangle: only the entries of X from row i on count.
                    subtract_product(
                        (height, (i + height).min(n), depth),
                        (flipped.entries(), Place { start: i * n + i, stride: n }),
                        (x.entries(), Place { start: i * n, stride: n }),
                        (inverse.entries_mut(), Place { start: i * n, stride: n }),
                    );
                }
                for i in 0..n {
                    for j in 0..=i {
                        let entry = -inverse[(i, j)];
                        inverse[(i, j)] = entry;
                        inverse[(j, i)] = entry;
                    }
                }
            },
        );
        inverse
    }

    /// The factor of A with one more row and column; `None` where that is not positive definite. `row` has the new row's
    /// entries, the last of which is on the diagonal.
    ///
    /// # Panics
    /// Where the row has not one entry more than A.
    pub fn extended(&self, row: &[f64]) -> Option<Self> {
        let n = self.len();
        assert_eq!(row.len(), n + 1, "one entry more than the factor");
        let mut last = row.to_vec();
        self.solve_lower(&mut last[..n]);
        let rest = row[n] - dot(&last[..n], &last[..n]);
        if !(rest > 0.0 && rest.is_finite()) {
            return None;
        }
        last[n] = rest.sqrt();
        let lower = Matrix::from_fn(n + 1, n + 1, |i, j| match (i < n, j < n) {
            (true, true) => self.lower[(i, j)],
            (true, false) => 0.0,
            (false, _) => last[j],
        });
        let upper = lower.transposed();
        Some(Cholesky { lower, upper })
    }
}

/// Right-looking, block by block; `upper` gets the transpose.
#[inline(always)]
fn factor(lower: &mut Matrix, upper: &mut Matrix) -> bool {
    let n = lower.rows();
    let mut panel = Vec::new();
    for start in (0..n).step_by(BLOCK) {
        let width = BLOCK.min(n - start);
        let end = start + width;
        if !factor_block(lower, start, end) {
            return false;
        }
        for i in start..end {
            for j in start..=i {
                upper[(j, i)] = lower[(i, j)];
            }
            lower.row_mut(i)[i + 1..].fill(0.0);
        }
        // The rows below, each solved against the block on the diagonal: as columns of the transpose, so that the loop runs
        // along its rows.
        for i in end..n {
            for (j, entry) in (start..end).zip(&lower.row(i)[start..end]) {
                upper[(j, i)] = *entry;
            }
        }
        for j in start..end {
            let (above, own) = upper.entries_mut().split_at_mut(j * n);
            let own = &mut own[end..n];
            for k in start..j {
                add_scaled(own, -lower[(j, k)], &above[k * n + end..(k + 1) * n]);
            }
            let scale = 1.0 / lower[(j, j)];
            own.iter_mut().for_each(|x| *x *= scale);
        }
        for i in end..n {
            for j in start..end {
                lower[(i, j)] = upper[(j, i)];
            }
        }
        // What is left loses the product of the panel with its transpose, which now lies in `upper`. Of each strip of rows
        // only what lies to the left of the diagonal, to the strip's width.
        panel.clear();
        (end..n).for_each(|i| panel.extend_from_slice(&lower.row(i)[start..end]));
        for i in (end..n).step_by(BLOCK) {
            let height = BLOCK.min(n - i);
            subtract_product(
                (height, i + height - end, width),
                (&panel, Place { start: (i - end) * width, stride: width }),
                (upper.entries(), Place { start: start * n + end, stride: n }),
                (lower.entries_mut(), Place { start: i * n + end, stride: n }),
            );
        }
    }
    true
}

#[inline(always)]
fn factor_block(lower: &mut Matrix, start: usize, end: usize) -> bool {
    let n = lower.rows();
    for i in start..end {
        for j in start..=i {
            let (above, below) = lower.entries_mut().split_at_mut(i * n);
            let sum = if i == j {
                dot(&below[start..j], &below[start..j])
            } else {
                dot(&above[j * n + start..j * n + j], &below[start..j])
            };
            let rest = below[j] - sum;
            if i == j {
                if !(rest > 0.0 && rest.is_finite()) {
                    return false;
                }
                below[j] = rest.sqrt();
            } else {
                below[j] = rest / above[j * n + j];
            }
        }
    }
    true
}

/// B ← L⁻¹·B, where the columns before `first(row)` of a row block are left alone, being zero.
#[inline(always)]
fn forward(lower: &Matrix, b: &mut Matrix, first: impl Fn(usize) -> usize) {
    let (n, columns) = (lower.rows(), b.columns());
    for start in (0..n).step_by(BLOCK) {
        let end = (start + BLOCK).min(n);
        let skip = first(start);
        let (solved, rest) = b.entries_mut().split_at_mut(start * columns);
        subtract_product(
            (end - start, columns - skip, start),
            (lower.entries(), Place { start: start * n, stride: n }),
            (solved, Place { start: skip, stride: columns }),
            (rest, Place { start: skip, stride: columns }),
        );
        for i in start..end {
            let row = lower.row(i);
            let (above, own) = b.entries_mut().split_at_mut(i * columns);
            let own = &mut own[skip..columns];
            for k in start..i {
                add_scaled(own, -row[k], &above[k * columns + skip..(k + 1) * columns]);
            }
            let scale = 1.0 / row[i];
            own.iter_mut().for_each(|x| *x *= scale);
        }
    }
}

/// B ← L⁻¹·B for a lower triangular B: the product needs only the columns up to the diagonal.
#[inline(always)]
fn forward_triangular(lower: &Matrix, b: &mut Matrix) {
    let n = lower.rows();
    for start in (0..n).step_by(BLOCK) {
        let end = (start + BLOCK).min(n);
        let (solved, rest) = b.entries_mut().split_at_mut(start * n);
        // In strips of columns: row k of what is solved is zero past column k.
        for left in (0..start).step_by(BLOCK) {
            subtract_product(
                (end - start, BLOCK.min(start - left), start - left),
                (lower.entries(), Place { start: start * n + left, stride: n }),
                (solved, Place { start: left * n + left, stride: n }),
                (&mut *rest, Place { start: left, stride: n }),
            );
        }
        for i in start..end {
            let row = lower.row(i);
            let (above, own) = b.entries_mut().split_at_mut(i * n);
            let own = &mut own[..end];
            for k in start..i {
                add_scaled(own, -row[k], &above[k * n..k * n + end]);
            }
            let scale = 1.0 / row[i];
            own.iter_mut().for_each(|x| *x *= scale);
        }
    }
}

/// B ← U⁻¹·B for the upper triangular U.
#[inline(always)]
fn backward(upper: &Matrix, b: &mut Matrix) {
    let (n, columns) = (upper.rows(), b.columns());
    for block in (0..n.div_ceil(BLOCK)).rev() {
        let (start, end) = (block * BLOCK, ((block + 1) * BLOCK).min(n));
        let (rest, solved) = b.entries_mut().split_at_mut(end * columns);
        subtract_product(
            (end - start, columns, n - end),
            (upper.entries(), Place { start: start * n + end, stride: n }),
            (solved, Place { start: 0, stride: columns }),
            (rest, Place { start: start * columns, stride: columns }),
        );
        for i in (start..end).rev() {
            let row = upper.row(i);
            let (own, below) = b.entries_mut().split_at_mut((i + 1) * columns);
            let own = &mut own[i * columns..];
            for (factor, line) in row[i + 1..end].iter().zip(below.chunks_exact(columns.max(1))) {
                add_scaled(own, -factor, line);
            }
            let scale = 1.0 / row[i];
            own.iter_mut().for_each(|x| *x *= scale);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A positive definite matrix that is not nice.
    fn matrix(n: usize, seed: u64) -> Matrix {
        let x: Vec<f64> =
            (0..n).map(|i| (((i as u64 * 7919 + seed * 104_729) % 1009) as f64) / 101.0).collect();
        Matrix::from_fn(n, n, |i, j| {
            let d = (x[i] - x[j]).abs();
            libm::exp(-d) + if i == j { 1e-3 } else { 0.0 }
        })
    }

    fn times(a: &Matrix, b: &Matrix) -> Matrix {
        Matrix::from_fn(a.rows(), b.columns(), |i, j| (0..a.columns()).map(|k| a[(i, k)] * b[(k, j)]).sum())
    }

    fn distance(a: &Matrix, b: &Matrix) -> f64 {
        a.entries().iter().zip(b.entries()).map(|(x, y)| (x - y).abs()).fold(0.0, f64::max)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(40))]

        #[test]
        fn the_factor_times_its_transpose_is_the_matrix(n in 1..120usize, seed in 0..100u64) {
            let a = matrix(n, seed);
            let factor = Cholesky::new(a.clone()).unwrap();
            let product = times(factor.lower(), &factor.lower().transposed());
            prop_assert!(distance(&product, &a) < 1e-13);
            prop_assert_eq!(&factor.upper, &factor.lower().transposed());
        }

        #[test]
        fn solving_undoes_multiplying(n in 1..120usize, columns in 1..21usize, seed in 0..100u64) {
            let factor = Cholesky::new(matrix(n, seed)).unwrap();
            let x = Matrix::from_fn(n, columns, |i, j| ((i * 31 + j * 17) % 13) as f64 - 6.0);
            let mut b = times(factor.lower(), &x);
            let mut column: Vec<f64> = (0..n).map(|i| b[(i, 0)]).collect();
            factor.solve_lower_many(&mut b);
            factor.solve_lower(&mut column);
            prop_assert!(distance(&b, &x) < 1e-8);
            prop_assert!((0..n).all(|i| (column[i] - x[(i, 0)]).abs() < 1e-8));
            let mut b = times(&factor.upper, &x);
            let mut column: Vec<f64> = (0..n).map(|i| b[(i, 0)]).collect();
            factor.solve_upper_many(&mut b);
            factor.solve_upper(&mut column);
            prop_assert!(distance(&b, &x) < 1e-8);
            prop_assert!((0..n).all(|i| (column[i] - x[(i, 0)]).abs() < 1e-8));
        }

        #[test]
        fn the_inverse_is_the_inverse(n in 1..120usize, seed in 0..100u64) {
            let a = matrix(n, seed);
            let inverse = Cholesky::new(a.clone()).unwrap().inverse();
            prop_assert!(distance(&times(&a, &inverse), &Matrix::identity(n)) < 1e-9);
        }

        #[test]
        fn one_more_row_gives_the_factor_of_the_larger_matrix(n in 1..60usize, seed in 0..100u64) {
            let a = matrix(n + 1, seed);
            let smaller = Matrix::from_fn(n, n, |i, j| a[(i, j)]);
            let grown = Cholesky::new(smaller).unwrap().extended(a.row(n)).unwrap();
            prop_assert!(distance(grown.lower(), Cholesky::new(a).unwrap().lower()) < 1e-11);
        }
    }

    #[test]
    fn what_is_not_positive_definite_has_no_factor() {
        assert!(Cholesky::new(Matrix::from_fn(3, 3, |_, _| 1.0)).is_none());
        assert!(Cholesky::new(Matrix::from_fn(1, 1, |_, _| f64::NAN)).is_none());
        assert!(Cholesky::new(Matrix::zeros(0, 0)).is_some());
    }
}
