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
    /// The same, row by row.
    pub(crate) rows: Vec<Row>,
}

impl Design {
    pub(crate) fn new(layout: &Layout) -> Self {
        Design {
            numbers: vec![Vec::new(); layout.numbers],
            labels: vec![Vec::new(); layout.labels],
            active: vec![Vec::new(); layout.blocks.len()],
            rows: Vec::new(),
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
        self.rows.push(row.clone());
    }

    /// The number of rows.
    pub(crate) fn len(&self) -> usize {
        self.rows.len()
    }
}
