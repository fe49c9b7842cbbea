//! The kernels on the lines without cells, laid out for evaluation, and a quick upper bound of every kernel's log share
//! at a place, to find the few that matter.
//!
//! With many trials each kernel is narrow (a hundredth of a range), so that at any one place nearly all of them
//! contribute less than rounding. Distances in single precision, sixteen kernels at a time, tell which.

use super::line_column::LineColumn;

/// Kernels that are worked on at once.
const LANES: usize = 16;

/// What bounds may be too low by: single precision, with steepness up to 100 and a few hundred dimensions.
pub(crate) const SLACK: f64 = 0.1;

type Block = [f32; LANES];

/// Two dimensions, which are worked on at once.
pub(crate) type Pair = [f64; 2];

/// Puts coordinates in pairs; of an odd number the last has a 0 beside it, where every kernel has steepness 0.
pub(crate) fn pairs(coordinates: impl Iterator<Item = f64>, pairs: &mut Vec<Pair>) {
    pairs.clear();
    for (i, at) in coordinates.enumerate() {
        match pairs.last_mut() {
            Some(pair) if i % 2 == 1 => pair[1] = at,
            _ => pairs.push([at, 0.0]),
        }
    }
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Screen {
    dimensions: usize,
    /// For each block of kernels and each dimension the steepness, then centre × steepness; ranges count 1.
    kernels: Vec<Block>,
    normaliser: Vec<Block>,
    bounds: Vec<Block>,
    /// The greatest bound of each block.
    highest: Vec<f32>,
    /// Kernel by kernel, in full: the centres on two dimensions, then their steepness, and so on.
    exact: Vec<[Pair; 2]>,
    /// So many pairs of dimensions.
    pairs: usize,
}

impl Screen {
    pub(crate) fn new(dimensions: usize) -> Self {
        Screen {
            dimensions,
            kernels: Vec::new(),
            normaliser: Vec::new(),
            bounds: Vec::new(),
            highest: Vec::new(),
            exact: Vec::new(),
            pairs: dimensions.div_ceil(2),
        }
    }

    pub(crate) fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// Sets a kernel: what is added to its distance, and its columns.
    pub(crate) fn set<'a>(
        &mut self,
        slot: usize,
        normaliser: f64,
        columns: impl Iterator<Item = &'a LineColumn>,
    ) {
        let (block, lane) = (slot / LANES, slot % LANES);
        if self.normaliser.len() <= block {
            self.normaliser.resize(block + 1, [f32::NEG_INFINITY; LANES]);
            self.bounds.resize(block + 1, [f32::NEG_INFINITY; LANES]);
            self.highest.resize(block + 1, f32::NEG_INFINITY);
            self.kernels.resize((block + 1) * 2 * self.dimensions, [0.0; LANES]);
            self.exact.resize((block + 1) * LANES * self.pairs, [[0.0; 2]; 2]);
        }
        self.normaliser[block][lane] = normaliser as f32;
        for (d, column) in columns.enumerate() {
            let [centres, steepness] = &mut self.exact[slot * self.pairs + d / 2];
            centres[d % 2] = column.centre[slot];
            steepness[d % 2] = column.steepness[slot];
            let (centre, steepness) = column.on_unit(slot);
            let at = 2 * (block * self.dimensions + d);
            self.kernels[at][lane] = steepness as f32;
            self.kernels[at + 1][lane] = (centre * steepness) as f32;
        }
    }

    /// −z²/2, summed over the dimensions, for a place in the lines' own coordinates, by [`pairs`].
    pub(crate) fn log(&self, slot: usize, place: &[Pair]) -> f64 {
        let kernel = &self.exact[slot * self.pairs..(slot + 1) * self.pairs];
        let mut squares = [0.0; 2];
        for ([centre, steepness], at) in kernel.iter().zip(place) {
            for lane in 0..2 {
                let z = (at[lane] - centre[lane]) * steepness[lane];
                squares[lane] += z * z;
            }
        }
        -0.5 * (squares[0] + squares[1])
    }

    /// Takes a kernel out.
    pub(crate) fn clear(&mut self, slot: usize) {
        if let Some(block) = self.normaliser.get_mut(slot / LANES) {
            block[slot % LANES] = f32::NEG_INFINITY;
        }
    }

    /// Bounds every kernel's log share at a place in the unit cube; the slot of the highest.
    pub(crate) fn scan(&mut self, place: &[f32]) -> Option<usize> {
        let blocks = self.kernels.chunks_exact(2 * self.dimensions.max(1));
        let outputs = self.bounds.iter_mut().zip(&mut self.highest);
        for ((kernels, normaliser), (bounds, highest)) in blocks.zip(&self.normaliser).zip(outputs) {
            let mut sums = [0.0; LANES];
            for (x, kernel) in place.iter().zip(kernels.as_chunks::<2>().0) {
                for lane in 0..LANES {
                    let z = x * kernel[0][lane] - kernel[1][lane];
                    sums[lane] += z * z;
                }
            }
            for lane in 0..LANES {
                bounds[lane] = normaliser[lane] - 0.5 * sums[lane];
            }
            *highest = greatest(bounds);
        }
        let (block, highest) = self.highest.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1))?;
        let lane = self.bounds[block].iter().position(|bound| bound == highest)?;
        (*highest > f32::NEG_INFINITY).then_some(block * LANES + lane)
    }

    /// A kernel's bound of the last scan.
    pub(crate) fn bound(&self, slot: u32) -> f64 {
        f64::from(self.bounds[slot as usize / LANES][slot as usize % LANES])
    }

    /// Appends the slots whose bound of the last scan is above `cut`.
    pub(crate) fn above(&self, cut: f64, slots: &mut Vec<u32>) {
        let cut = (cut - SLACK) as f32;
        for (block, bounds) in self.bounds.iter().enumerate().filter(|(block, _)| self.highest[*block] > cut)
        {
            let mut found = [0; LANES];
            let mut count = 0;
            for (lane, bound) in bounds.iter().enumerate() {
                found[count] = (block * LANES + lane) as u32;
                count += usize::from(*bound > cut);
            }
            slots.extend_from_slice(&found[..count]);
        }
    }
}

/// By halves, which takes four steps where one after the other takes sixteen.
fn greatest(bounds: &Block) -> f32 {
    let mut best = *bounds;
    for half in [8, 4, 2, 1] {
        for lane in 0..half {
            let other = best[lane + half];
            best[lane] = if other > best[lane] { other } else { best[lane] };
        }
    }
    best[0]
}
