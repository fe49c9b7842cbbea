//! The points that a model knows, a column for each coordinate.

use super::layout::{Layout, Row};

/// Rows, stored by columns so that a loop runs over all of them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Design {
    /// One for each number of the layout.
    pub(crate) numbers: Vec<Vec<f64>>,
    /// One for each label.
    pub(crate) labels: Vec<Vec<u32>>,
    /// One for each block: 1 where it is active.
    pub(crate) active: Vec<Vec<f64>>,
    len: usize,
}

impl Design {
    pub(crate) fn new(layout: &Layout) -> Self {
        Design {
            numbers: vec![Vec::new(); layout.numbers],
            labels: vec![Vec::new(); layout.labels],
            active: vec![Vec::new(); layout.blocks.len()],
            len: 0,
        }
    }

    /// A design of these rows.
    pub(crate) fn of<'a>(layout: &Layout, rows: impl IntoIterator<Item = &'a Row>) -> Self {
        let mut design = Design::new(layout);
        rows.into_iter().for_each(|row| design.push(row));
        design
    }

    pub(crate) fn push(&mut self, row: &Row) {
        self.numbers.iter_mut().zip(&row.numbers).for_each(|(column, x)| column.push(*x));
        self.labels.iter_mut().zip(&row.labels).for_each(|(column, x)| column.push(*x));
        self.active.iter_mut().zip(&row.active).for_each(|(column, x)| column.push(f64::from(u8::from(*x))));
        self.len += 1;
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.len
    }

    /// Row `i`.
    pub(crate) fn row(&self, i: usize) -> Row {
        Row {
            numbers: self.numbers.iter().map(|column| column[i]).collect(),
            labels: self.labels.iter().map(|column| column[i]).collect(),
            active: self.active.iter().map(|column| column[i] > 0.5).collect(),
        }
    }
}
