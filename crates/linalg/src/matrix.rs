//! A dense matrix, stored by rows.

use std::ops::{Index, IndexMut};

/// A dense matrix of `f64`, its rows one after the other.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Matrix {
    rows: usize,
    columns: usize,
    entries: Vec<f64>,
}

impl Matrix {
    /// A matrix of zeros.
    pub fn zeros(rows: usize, columns: usize) -> Self {
        Matrix { rows, columns, entries: vec![0.0; rows * columns] }
    }

    /// The matrix whose entry at (row, column) is `entry(row, column)`.
    pub fn from_fn(rows: usize, columns: usize, mut entry: impl FnMut(usize, usize) -> f64) -> Self {
        let mut matrix = Matrix::zeros(rows, columns);
        for i in 0..rows {
            for (j, place) in matrix.row_mut(i).iter_mut().enumerate() {
                *place = entry(i, j);
            }
        }
        matrix
    }

    /// Ones on the diagonal, zeros elsewhere.
    pub fn identity(n: usize) -> Self {
        Matrix::from_fn(n, n, |i, j| if i == j { 1.0 } else { 0.0 })
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.rows
    }

    /// The number of columns.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// Row `i`.
    ///
    /// # Panics
    /// Where there is no such row.
    pub fn row(&self, i: usize) -> &[f64] {
        &self.entries[i * self.columns..(i + 1) * self.columns]
    }

    /// Row `i`, to write to.
    ///
    /// # Panics
    /// Where there is no such row.
    pub fn row_mut(&mut self, i: usize) -> &mut [f64] {
        &mut self.entries[i * self.columns..(i + 1) * self.columns]
    }

    /// All entries, row after row.
    pub fn entries(&self) -> &[f64] {
        &self.entries
    }

    /// All entries, to write to.
    pub fn entries_mut(&mut self) -> &mut [f64] {
        &mut self.entries
    }

    /// Gives the matrix another shape and sets all entries to zero, keeping its memory.
    pub fn reset(&mut self, rows: usize, columns: usize) {
        (self.rows, self.columns) = (rows, columns);
        self.entries.clear();
        self.entries.resize(rows * columns, 0.0);
    }

    /// Rows become columns.
    pub fn transposed(&self) -> Matrix {
        let mut flipped = Matrix::zeros(self.columns, self.rows);
        for i in 0..self.rows {
            for (j, x) in self.row(i).iter().enumerate() {
                flipped.entries[j * self.rows + i] = *x;
            }
        }
        flipped
    }

    /// Adds a row below.
    ///
    /// # Panics
    /// Where the row has not as many entries as the others.
    pub fn push_row(&mut self, row: &[f64]) {
        assert!(self.rows == 0 || row.len() == self.columns, "a row of another length");
        self.columns = row.len();
        self.entries.extend_from_slice(row);
        self.rows += 1;
    }
}

impl Index<(usize, usize)> for Matrix {
    type Output = f64;

    fn index(&self, (i, j): (usize, usize)) -> &f64 {
        &self.entries[i * self.columns + j]
    }
}

impl IndexMut<(usize, usize)> for Matrix {
    fn index_mut(&mut self, (i, j): (usize, usize)) -> &mut f64 {
        &mut self.entries[i * self.columns + j]
    }
}
