//! The kernels of one estimator on one line: truncated normals whose widths are the gaps between neighbours.
//!
//! Kernels live in slots. One that comes or goes changes its neighbours' widths only, so that a long history
//! costs nothing; all that an evaluation needs is kept ready for each slot.

use super::axis::{Line, Place};
use super::cell_masses::{CellMasses, Shape};
use super::touched::Touched;
use crate::maths::normal::{LN_SQRT_2PI, cdf, log_mass, truncated_quantile};

/// Optuna's least width where the magic clip is off.
const EPSILON: f64 = 1e-12;
/// A bound so many widths away cuts off less than 10⁻¹⁹ of a kernel, which an f64 does not show.
const FAR: f64 = 9.0;

/// Slot of the prior, which covers the whole line.
pub(crate) const PRIOR: u32 = 0;

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct LineColumn {
    pub(crate) line: Line,
    endpoints: bool,
    /// Centres, by slot.
    pub(crate) centre: Vec<f64>,
    /// Distances to the farther neighbour, before clipping.
    gap: Vec<f64>,
    /// What the gap is widened by.
    spread: Vec<f64>,
    /// Widths (standard deviations).
    width: Vec<f64>,
    /// One over the width.
    pub(crate) steepness: Vec<f64>,
    /// What is added to −z²/2, or to a cell's log mass.
    pub(crate) normaliser: Vec<f64>,
    /// What the line's ends cut off a kernel: its mass below and above.
    cut_off: Vec<(f64, f64)>,
    /// Slots of the trials, by centre and then by trial.
    sorted: Vec<u32>,
    least: f64,
    /// Present where the line has cells.
    masses: Option<CellMasses>,
}

impl LineColumn {
    /// A column with the prior alone, its centre at `believed` with a width of so large a share of the range, else
    /// in the middle with the range's width.
    pub(crate) fn new(line: Line, endpoints: bool, believed: Option<(f64, f64)>) -> Self {
        let range = line.range();
        let (centre, width) = match believed {
            Some((at, share)) => (at, share * range),
            None => (0.5 * (line.low + line.high), range),
        };
        let masses = line.cells().map(CellMasses::new);
        let mut column = LineColumn {
            endpoints,
            centre: vec![centre],
            gap: vec![width],
            spread: vec![1.0],
            width: vec![0.0],
            steepness: vec![0.0],
            normaliser: vec![0.0],
            cut_off: vec![(0.0, 0.0)],
            sorted: Vec::new(),
            least: EPSILON,
            masses,
            line,
        };
        column.set_width(PRIOR, width);
        column
    }

    /// Whether the line has no cells.
    pub(crate) fn is_continuous(&self) -> bool {
        self.masses.is_none()
    }

    /// Where a place lies on a line of length 1.
    pub(crate) fn unit(&self, place: &Place) -> f64 {
        (place.at - self.line.low) / self.line.range()
    }

    /// A kernel's centre and steepness on a line of length 1.
    pub(crate) fn on_unit(&self, slot: usize) -> (f64, f64) {
        let range = self.line.range();
        ((self.centre[slot] - self.line.low) / range, self.steepness[slot] * range)
    }

    /// Puts a kernel at `at` into `slot`, which is free or one past the last.
    pub(crate) fn insert(&mut self, slot: u32, at: f64, trials: &[u64], touched: &mut Touched) {
        if slot as usize == self.centre.len() {
            self.centre.push(at);
            self.gap.push(0.0);
            self.spread.push(1.0);
            self.width.push(0.0);
            self.steepness.push(0.0);
            self.normaliser.push(0.0);
            self.cut_off.push((0.0, 0.0));
        }
        self.centre[slot as usize] = at;
        self.spread[slot as usize] = 1.0;
        self.width[slot as usize] = 0.0;
        let position = self.position(slot, trials);
        self.sorted.insert(position, slot);
        self.refresh(position.saturating_sub(1)..(position + 2).min(self.sorted.len()), touched);
    }

    /// Takes the kernel out of `slot`.
    pub(crate) fn remove(&mut self, slot: u32, trials: &[u64], touched: &mut Touched) {
        let position = self.position(slot, trials);
        if self.sorted.get(position) == Some(&slot) {
            self.sorted.remove(position);
        }
        self.refresh(position.saturating_sub(1)..(position + 1).min(self.sorted.len()), touched);
    }

    /// Where `slot` stands, or belongs, in the sorted list. Equal centres stand in the order of their trials.
    fn position(&self, slot: u32, trials: &[u64]) -> usize {
        let own = self.centre[slot as usize];
        self.sorted.partition_point(|s| {
            let centre = self.centre[*s as usize];
            centre < own || (centre == own && trials[*s as usize] < trials[slot as usize])
        })
    }

    fn refresh(&mut self, positions: std::ops::Range<usize>, touched: &mut Touched) {
        for position in positions {
            let slot = self.sorted[position];
            self.gap[slot as usize] = self.gap_at(position);
            if self.clip(slot) {
                touched.mark(slot);
            }
        }
    }

    /// The distance to the farther neighbour. The ends of the line count as neighbours of the outermost centres
    /// only with `endpoints`, or where there is a single centre.
    fn gap_at(&self, position: usize) -> f64 {
        let at = |p: usize| self.centre[self.sorted[p] as usize];
        let centre = at(position);
        let last = self.sorted.len() - 1;
        let left = position.checked_sub(1).map(|p| centre - at(p));
        let right = (position < last).then(|| at(position + 1) - centre);
        let (to_low, to_high) = (centre - self.line.low, self.line.high - centre);
        match (left, right) {
            (Some(left), Some(right)) => left.max(right),
            (None, None) => to_low.max(to_high),
            (Some(left), None) if self.endpoints => left.max(to_high),
            (None, Some(right)) if self.endpoints => right.max(to_low),
            (Some(gap), None) | (None, Some(gap)) => gap,
        }
    }

    /// Sets the least width, and widens and narrows what it concerns.
    pub(crate) fn set_least(&mut self, magic_clip: bool, kernels: f64, touched: &mut Touched) {
        let least = if magic_clip { self.line.range() / (1.0 + kernels).min(100.0) } else { EPSILON };
        if least == self.least {
            return;
        }
        self.least = least;
        for i in 0..self.sorted.len() {
            let slot = self.sorted[i];
            if self.clip(slot) {
                touched.mark(slot);
            }
        }
    }

    /// Widens the kernel of `slot` by a factor over what its gap says.
    pub(crate) fn set_spread(&mut self, slot: u32, spread: f64, touched: &mut Touched) {
        self.spread[slot as usize] = spread;
        if self.clip(slot) {
            touched.mark(slot);
        }
    }

    /// Whether the width changed.
    fn clip(&mut self, slot: u32) -> bool {
        let width = self.gap[slot as usize].max(self.least) * self.spread[slot as usize];
        let width = width.min(self.line.range());
        if width == self.width[slot as usize] {
            return false;
        }
        self.set_width(slot, width);
        true
    }

    fn set_width(&mut self, slot: u32, width: f64) {
        let i = slot as usize;
        self.width[i] = width;
        self.steepness[i] = 1.0 / width;
        let (a, b) = self.bounds(slot);
        let cut_off = |end: f64| if end < -FAR { 0.0 } else { cdf(end) };
        self.cut_off[i] = (cut_off(a), cut_off(-b));
        let inside = if self.cut_off[i] == (0.0, 0.0) { 0.0 } else { log_mass(a, b) };
        self.normaliser[i] = match &mut self.masses {
            None => -libm::log(width) - LN_SQRT_2PI - inside,
            Some(masses) => {
                let centre = self.centre[i];
                let shape = match self.line.even_cell(centre) {
                    Some((_, cell)) => Shape::Even { cell, width },
                    None => Shape::Uneven { centre, width },
                };
                masses.set_kernel(slot, shape);
                -inside
            }
        };
    }

    /// The line's ends as the kernel of `slot` sees them: in widths, from its centre.
    fn bounds(&self, slot: u32) -> (f64, f64) {
        let (centre, width) = (self.centre[slot as usize], self.width[slot as usize]);
        ((self.line.low - centre) / width, (self.line.high - centre) / width)
    }

    /// The logarithm of a kernel's mass on a cell, not normalised.
    pub(crate) fn log_cell(&mut self, slot: u32, place: &Place) -> f64 {
        let (line, i) = (&self.line, slot as usize);
        let (centre, steepness) = (self.centre[i], self.steepness[i]);
        let compute = || {
            let (left, right) = match line.even_cell(centre) {
                // From the distance alone, so that it is the same for all that share a row.
                Some((step, cell)) => {
                    let distance = f64::from(place.cell.abs_diff(cell));
                    ((distance - 0.5) * step, (distance + 0.5) * step)
                }
                None => {
                    let (left, right) = line.cell(place);
                    (left - centre, right - centre)
                }
            };
            log_mass(left * steepness, right * steepness)
        };
        match &mut self.masses {
            Some(masses) => masses.get(slot, place.cell, compute),
            None => compute(),
        }
    }

    /// Adds each kernel's log to those of its other dimensions, its normaliser left out. A free slot has −∞.
    pub(crate) fn add_logs(&mut self, place: &Place, logs: &mut [f64]) {
        if self.is_continuous() {
            let kernels = self.centre.iter().zip(&self.steepness);
            for (log, (centre, steepness)) in logs.iter_mut().zip(kernels) {
                let z = (place.at - centre) * steepness;
                *log -= 0.5 * z * z;
            }
        } else {
            for (slot, log) in logs.iter_mut().enumerate().filter(|(_, log)| log.is_finite()) {
                *log += self.log_cell(slot as u32, place);
            }
        }
    }

    /// The prior's share of the density at `place`, normalised.
    pub(crate) fn log_prior(&mut self, place: &Place) -> f64 {
        let normaliser = self.normaliser[PRIOR as usize];
        if self.is_continuous() {
            let z = (place.at - self.centre[PRIOR as usize]) * self.steepness[PRIOR as usize];
            normaliser - 0.5 * z * z
        } else {
            normaliser + self.log_cell(PRIOR, place)
        }
    }

    /// A coordinate drawn from the kernel of `slot`, by a uniform number.
    pub(crate) fn draw(&self, slot: u32, uniform: f64) -> f64 {
        let i = slot as usize;
        let at = self.centre[i] + self.width[i] * truncated_quantile(uniform, self.cut_off[i]);
        at.max(self.line.low).min(self.line.high)
    }
}
