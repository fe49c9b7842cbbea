//! Log masses of kernels on cells, remembered. On a line with few cells, centres and widths repeat all the time:
//! a table answers where two error functions would be needed.

use indexmap::IndexMap;

/// Lines with more cells than this have too many different kernels for a table to help.
const MOST_CELLS: u64 = 512;
/// The table is emptied once it knows twice as many kernels as there are, and so many more. What is left of kernels
/// that went would push the rest out of the processor's cache.
const SPARE_KINDS: usize = 512;

/// A cache: what it answers never depends on what it was asked before.
#[derive(Clone, Debug)]
pub(crate) struct CellMasses {
    /// 0 where no table is kept.
    cells: usize,
    /// (centre, width) as bits → row of the table.
    kinds: IndexMap<(u64, u64), ()>,
    /// Each slot's kernel.
    kernels: Vec<(u64, u64)>,
    /// Each slot's row in the table; stale where ≥ the number of rows or of another kernel.
    rows: Vec<u32>,
    /// Row by row; NaN where not computed yet.
    table: Vec<f64>,
}

impl CellMasses {
    pub(crate) fn new(cells: u64) -> Self {
        let cells = if cells <= MOST_CELLS { cells as usize } else { 0 };
        CellMasses { cells, kinds: IndexMap::new(), kernels: Vec::new(), rows: Vec::new(), table: Vec::new() }
    }

    /// The kernel of `slot` is another now.
    pub(crate) fn set_kernel(&mut self, slot: u32, centre: f64, width: f64) {
        if self.cells == 0 {
            return;
        }
        let i = slot as usize;
        if self.kernels.len() <= i {
            self.kernels.resize(i + 1, (0, 0));
            self.rows.resize(i + 1, 0);
        }
        self.kernels[i] = (centre.to_bits(), width.to_bits());
        if self.kinds.len() > 2 * self.kernels.len() + SPARE_KINDS {
            self.kinds.clear();
            self.table.clear();
            for j in 0..self.kernels.len() {
                self.rows[j] = self.row(self.kernels[j]);
            }
        }
        self.rows[i] = self.row(self.kernels[i]);
    }

    fn row(&mut self, kernel: (u64, u64)) -> u32 {
        let (row, _) = self.kinds.insert_full(kernel, ());
        self.table.resize(self.kinds.len() * self.cells, f64::NAN);
        row as u32
    }

    /// The log mass of the kernel of `slot` on `cell`, computed where it is not known.
    pub(crate) fn get(&mut self, slot: u32, cell: u32, compute: impl FnOnce() -> f64) -> f64 {
        if self.cells == 0 {
            return compute();
        }
        let at = self.rows[slot as usize] as usize * self.cells + cell as usize;
        match self.table.get_mut(at) {
            Some(known) if known.is_nan() => {
                *known = compute();
                *known
            }
            Some(known) => *known,
            None => compute(),
        }
    }
}
