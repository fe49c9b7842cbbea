//! The shape of the distribution: its covariance matrix, full or diagonal, with its principal axes.

use linalg::{Eigen, Matrix, symmetric_eigen};

/// Axes are never thinner than this share of the widest: the matrix keeps a condition of at most 10¹⁴.
const THINNEST: f64 = 1e-7;

/// A covariance matrix.
#[derive(Clone, Debug)]
pub(crate) enum Shape {
    /// All of it.
    Full(Full),
    /// Its diagonal only: each coordinate by itself.
    Diagonal(Vec<f64>),
}

/// A full matrix and its axes, which may be some generations old.
#[derive(Clone, Debug)]
pub(crate) struct Full {
    n: usize,
    /// Row by row.
    matrix: Vec<f64>,
    /// Row by row; the columns are the directions of the axes.
    directions: Vec<f64>,
    /// Their lengths: roots of the eigenvalues.
    lengths: Vec<f64>,
}

impl Shape {
    /// A ball.
    pub(crate) fn ball(n: usize, diagonal: bool) -> Self {
        if diagonal || n == 0 {
            return Shape::Diagonal(vec![1.0; n]);
        }
        Shape::Full(Full::ball(n))
    }

    /// A full matrix, given row by row.
    pub(crate) fn of_matrix(matrix: Vec<f64>, n: usize) -> Self {
        let mut full = Full { matrix, ..Full::ball(n) };
        full.refresh();
        Shape::Full(full)
    }

    /// The variance of coordinate `i`.
    pub(crate) fn variance(&self, i: usize) -> f64 {
        match self {
            Shape::Full(full) => full.matrix[i * full.n + i],
            Shape::Diagonal(variances) => variances[i],
        }
    }

    /// An entry of the matrix.
    pub(crate) fn entry(&self, i: usize, j: usize) -> f64 {
        match self {
            Shape::Full(full) => full.matrix[i * full.n + j],
            Shape::Diagonal(variances) if i == j => variances[i],
            Shape::Diagonal(_) => 0.0,
        }
    }

    /// The ratio of the longest axis to the shortest.
    pub(crate) fn elongation(&self) -> f64 {
        let (least, most) = match self {
            Shape::Full(full) => ends(&full.lengths),
            Shape::Diagonal(variances) => {
                let (least, most) = ends(variances);
                (least.sqrt(), most.sqrt())
            }
        };
        most / least
    }

    /// A standard normal vector `z` put into this shape.
    pub(crate) fn apply(&self, z: &[f64]) -> Vec<f64> {
        match self {
            Shape::Diagonal(variances) => z.iter().zip(variances).map(|(z, v)| z * v.sqrt()).collect(),
            Shape::Full(full) => {
                let scaled: Vec<f64> = z.iter().zip(&full.lengths).map(|(z, d)| z * d).collect();
                full.directions.chunks_exact(full.n).map(|row| dot(row, &scaled)).collect()
            }
        }
    }

    /// The reverse, up to a rotation: C^(−1/2) · y.
    pub(crate) fn whiten(&self, y: &[f64]) -> Vec<f64> {
        match self {
            Shape::Diagonal(variances) => y.iter().zip(variances).map(|(y, v)| y / v.sqrt()).collect(),
            Shape::Full(full) => {
                let along = full.along(y);
                full.directions.chunks_exact(full.n).map(|row| dot(row, &along)).collect()
            }
        }
    }

    /// The Mahalanobis length of `y`.
    pub(crate) fn length(&self, y: &[f64]) -> f64 {
        match self {
            Shape::Diagonal(variances) => y.iter().zip(variances).map(|(y, v)| y * y / v).sum::<f64>().sqrt(),
            Shape::Full(full) => full.along(y).iter().map(|x| x * x).sum::<f64>().sqrt(),
        }
    }

    /// Shrinks what is there to a share, and adds Σ wᵢ yᵢ yᵢᵀ.
    pub(crate) fn learn(&mut self, keep: f64, weighted: &[(f64, &[f64])]) {
        match self {
            Shape::Diagonal(variances) => {
                variances.iter_mut().for_each(|v| *v *= keep);
                for (weight, y) in weighted {
                    variances.iter_mut().zip(*y).for_each(|(v, y)| *v += weight * y * y);
                }
                let (_, most) = ends(variances);
                variances.iter_mut().for_each(|v| *v = v.max(most * THINNEST * THINNEST));
            }
            Shape::Full(full) => full.learn(keep, weighted),
        }
    }

    /// Multiplies the matrix by a number.
    pub(crate) fn scale(&mut self, factor: f64) {
        match self {
            Shape::Diagonal(variances) => variances.iter_mut().for_each(|v| *v *= factor),
            Shape::Full(full) => {
                full.matrix.iter_mut().for_each(|x| *x *= factor);
                full.lengths.iter_mut().for_each(|x| *x *= factor.sqrt());
            }
        }
    }

    /// Without its correlations.
    pub(crate) fn into_diagonal(self) -> Self {
        match self {
            Shape::Full(full) => Shape::Diagonal((0..full.n).map(|i| full.matrix[i * full.n + i]).collect()),
            diagonal @ Shape::Diagonal(_) => diagonal,
        }
    }

    /// Works the axes out anew.
    pub(crate) fn refresh(&mut self) {
        if let Shape::Full(full) = self {
            full.refresh();
        }
    }

    /// The logarithm of the determinant, by the axes.
    pub(crate) fn log_determinant(&self) -> f64 {
        match self {
            Shape::Diagonal(variances) => variances.iter().map(|v| libm::log(*v)).sum(),
            Shape::Full(full) => full.lengths.iter().map(|d| 2.0 * libm::log(*d)).sum(),
        }
    }
}

impl Full {
    fn ball(n: usize) -> Self {
        let matrix = Matrix::identity(n).entries().to_vec();
        Full { n, directions: matrix.clone(), matrix, lengths: vec![1.0; n] }
    }

    /// D⁻¹ Bᵀ y.
    fn along(&self, y: &[f64]) -> Vec<f64> {
        let mut along = vec![0.0; self.n];
        for (row, y) in self.directions.chunks_exact(self.n).zip(y) {
            along.iter_mut().zip(row).for_each(|(a, b)| *a += b * y);
        }
        along.iter_mut().zip(&self.lengths).for_each(|(a, d)| *a /= d);
        along
    }

    fn learn(&mut self, keep: f64, weighted: &[(f64, &[f64])]) {
        let n = self.n;
        for i in 0..n {
            let row = &mut self.matrix[i * n..i * n + i + 1];
            row.iter_mut().for_each(|x| *x *= keep);
            for (weight, y) in weighted {
                let share = weight * y[i];
                row.iter_mut().zip(*y).for_each(|(x, y)| *x += share * y);
            }
        }
        for i in 0..n {
            for j in 0..i {
                self.matrix[j * n + i] = self.matrix[i * n + j];
            }
        }
    }

    fn refresh(&mut self) {
        let n = self.n;
        // One that overflowed keeps the axes it had.
        let matrix = Matrix::from_fn(n, n, |i, j| self.matrix[i * n + j]);
        if let Some(Eigen { values, vectors }) = symmetric_eigen(&matrix) {
            let most = values.last().copied().unwrap_or(1.0).max(f64::MIN_POSITIVE);
            self.lengths = values.iter().map(|v| v.max(most * THINNEST * THINNEST).sqrt()).collect();
            self.directions = vectors.entries().to_vec();
        }
    }
}

fn ends(values: &[f64]) -> (f64, f64) {
    values.iter().fold((f64::INFINITY, 0.0), |(least, most), v| (v.min(least), v.max(most)))
}

pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}
