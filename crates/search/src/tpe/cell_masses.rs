//! Log masses of kernels on cells, remembered. On a line with few cells, centres and widths repeat all the time:
//! a table answers where two error functions would be needed.

use indexmap::IndexMap;

/// Lines with more cells than this have too many different kernels for a table to help.
const MOST_CELLS: u64 = 512;
/// The table is emptied once it knows twice as many kernels as there are, and so many more. What is left of kernels
/// that went would push the rest out of the processor's cache.
const SPARE_KINDS: usize = 512;

/// What a kernel's masses follow from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Shape {
    /// A kernel in the middle of `cell`, where all cells are equally wide: its masses depend on the distance, and kernels
    /// in all cells share a row.
    Even { cell: u32, width: f64 },
    /// Any other.
    Uneven { centre: f64, width: f64 },
}

/// A cache: what it answers never depends on what it was asked before.
#[derive(Clone, Debug)]
pub(crate) struct CellMasses {
    /// 0 where no table is kept.
    cells: usize,
    /// (centre, width) as bits → row of the table; the centre is NaN for the even ones.
    kinds: IndexMap<(u64, u64), ()>,
    /// Each slot's kernel.
    shapes: Vec<Shape>,
    /// Each slot's row in the table, and the cell that distances count from (0 for an uneven one).
    rows: Vec<(u32, u32)>,
    /// Row by row; NaN where not computed yet.
    table: Vec<f64>,
}

impl CellMasses {
    pub(crate) fn new(cells: u64) -> Self {
        let cells = if cells <= MOST_CELLS { cells as usize } else { 0 };
        CellMasses { cells, kinds: IndexMap::new(), shapes: Vec::new(), rows: Vec::new(), table: Vec::new() }
    }

    /// The kernel of `slot` is another now.
    pub(crate) fn set_kernel(&mut self, slot: u32, shape: Shape) {
        if self.cells == 0 {
            return;
        }
        let i = slot as usize;
        if self.shapes.len() <= i {
            self.shapes.resize(i + 1, shape);
            self.rows.resize(i + 1, (0, 0));
        }
        self.shapes[i] = shape;
        if self.kinds.len() > 2 * self.shapes.len() + SPARE_KINDS {
            self.kinds.clear();
            self.table.clear();
            for j in 0..self.shapes.len() {
                self.rows[j] = self.row(self.shapes[j]);
            }
        }
        self.rows[i] = self.row(shape);
    }

    fn row(&mut self, shape: Shape) -> (u32, u32) {
        let (centre, width, from) = match shape {
            Shape::Even { cell, width } => (f64::NAN, width, cell),
            Shape::Uneven { centre, width } => (centre, width, 0),
        };
        let (row, _) = self.kinds.insert_full((centre.to_bits(), width.to_bits()), ());
        self.table.resize(self.kinds.len() * self.cells, f64::NAN);
        (row as u32, from)
    }

    /// The log mass of the kernel of `slot` on `cell`, computed where it is not known.
    #[inline]
    pub(crate) fn get(&mut self, slot: u32, cell: u32, compute: impl FnOnce() -> f64) -> f64 {
        if self.cells == 0 {
            return compute();
        }
        let (row, from) = self.rows[slot as usize];
        match self.table.get_mut(row as usize * self.cells + cell.abs_diff(from) as usize) {
            Some(known) if known.is_nan() => {
                *known = compute();
                *known
            }
            Some(known) => *known,
            None => compute(),
        }
    }
}
