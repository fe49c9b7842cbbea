//! A Parzen estimator: a mixture of products of kernels, one kernel for each trial and one for the prior, kept up to
//! date as trials come and go.

use space::{Point, Scalar, Stream};

use super::axis::{Axis, Place};
use super::groups::Variable;
use super::line_column::{LineColumn, PRIOR};
use super::members::{Limit, Member, Members};
use super::option_column::OptionColumn;
use super::order_column::OrderColumn;
use crate::maths::exp::weighted_sum;
use crate::{TpeOptions, TrialId};

/// Kernels of less than e⁻⁴⁰ of the prior's share, all together, are not evaluated: a relative error of 10⁻¹⁷.
const NEGLIGIBLE: f64 = 40.0;

/// One dimension: which parameter of the space, and the kernels on it.
#[derive(Clone, Debug)]
struct Dimension {
    parameter: usize,
    axis: Axis,
    column: Column,
}

#[derive(Clone, Debug)]
enum Column {
    Line(Box<LineColumn>),
    Options(OptionColumn),
    Orders(OrderColumn),
}

/// See the module. Slot 0 of every column is the prior's.
#[derive(Clone, Debug)]
pub(crate) struct Parzen {
    dimensions: Vec<Dimension>,
    members: Members,
    limit: Option<Limit>,
    prior_weight: f64,
    magic_clip: bool,
    /// By slot: the trial's number; the sum of its lines' normalisers, −∞ where free; its weight.
    trials: Vec<u64>,
    normaliser: Vec<f64>,
    weight: Vec<f64>,
    free: Vec<u32>,
    touched: Vec<u32>,
    prepared: bool,
    total_weight: f64,
    scratch: Scratch,
}

/// Buffers of an evaluation: the kernels still in play, their log shares, their weights.
#[derive(Clone, Debug, Default)]
struct Scratch {
    slots: Vec<u32>,
    logs: Vec<f64>,
    weights: Vec<f64>,
}

impl Parzen {
    /// An estimator without trials. With `beliefs` its prior is what a person has said, where one has.
    pub(crate) fn new(
        variables: &[Variable],
        options: &TpeOptions,
        beliefs: bool,
        limit: Option<Limit>,
    ) -> Self {
        let dimension = |v: &Variable| {
            let column = match &v.axis {
                Axis::Line(line) => {
                    let believed = v.believed.filter(|_| beliefs);
                    Column::Line(Box::new(LineColumn::new(line.clone(), options.endpoints, believed)))
                }
                Axis::Options(shares) => Column::Options(OptionColumn::new(shares.clone())),
                Axis::Orders(items) => Column::Orders(OrderColumn::new(*items)),
            };
            Dimension { parameter: v.parameter, axis: v.axis.clone(), column }
        };
        Parzen {
            dimensions: variables.iter().map(dimension).collect(),
            members: Members::default(),
            limit,
            prior_weight: options.prior_weight,
            magic_clip: options.magic_clip,
            trials: vec![0],
            normaliser: vec![f64::NEG_INFINITY],
            weight: vec![0.0],
            free: Vec::new(),
            touched: Vec::new(),
            prepared: false,
            total_weight: 0.0,
            scratch: Scratch::default(),
        }
    }

    /// Where `point` lies on each dimension; `None` where a parameter is inactive in it.
    pub(crate) fn places(&self, point: &Point) -> Option<Vec<Place>> {
        self.dimensions.iter().map(|d| d.axis.place(point.get(d.parameter)?)).collect()
    }

    /// Adds a trial. Nothing happens where it is there, or where not all of the parameters are active in it.
    pub(crate) fn insert(&mut self, trial: TrialId, point: &Point, ended: bool) {
        let Some(places) = self.places(point) else { return };
        let slot = self.free.pop().unwrap_or(self.trials.len() as u32);
        if !self.members.insert(Member { trial, slot, stands_for: 1, ended }) {
            self.release(slot);
            return;
        }
        if slot as usize == self.trials.len() {
            self.trials.push(trial.0);
            self.normaliser.push(0.0);
            self.weight.push(0.0);
        }
        self.trials[slot as usize] = trial.0;
        self.normaliser[slot as usize] = 0.0;
        for (dimension, place) in self.dimensions.iter_mut().zip(&places) {
            match &mut dimension.column {
                Column::Line(c) => c.insert(slot, place.at, &self.trials, &mut self.touched),
                Column::Options(c) => c.insert(slot, place.cell),
                Column::Orders(c) => c.insert(slot, &place.order),
            }
        }
        self.touched.push(slot);
        self.prepared = false;
        self.thin();
    }

    /// Notes that a trial has ended; `false` where it is not there.
    pub(crate) fn end(&mut self, trial: TrialId) -> bool {
        let known = self.members.end(trial);
        if known {
            self.thin();
        }
        known
    }

    /// Takes a trial out, if it is there.
    pub(crate) fn remove(&mut self, trial: TrialId) {
        if let Some(member) = self.members.remove(trial) {
            self.clear(member.slot);
        }
    }

    fn thin(&mut self) {
        let Some(limit) = self.limit else { return };
        while let Some(member) = self.members.thin(limit) {
            self.clear(member.slot);
        }
    }

    fn clear(&mut self, slot: u32) {
        for dimension in &mut self.dimensions {
            if let Column::Line(column) = &mut dimension.column {
                column.remove(slot, &self.trials, &mut self.touched);
            }
        }
        self.release(slot);
        self.prepared = false;
    }

    fn release(&mut self, slot: u32) {
        if let Some(normaliser) = self.normaliser.get_mut(slot as usize) {
            *normaliser = f64::NEG_INFINITY;
            self.weight[slot as usize] = 0.0;
            self.free.push(slot);
        }
    }

    /// Brings widths, smoothing and weights up to date.
    fn prepare(&mut self) {
        if self.prepared {
            return;
        }
        self.prepared = true;
        let trials = self.members.stand_for();
        let kernels = trials as f64 + 1.0;
        for dimension in &mut self.dimensions {
            match &mut dimension.column {
                Column::Line(c) => c.set_least(self.magic_clip, kernels, &mut self.touched),
                Column::Options(c) => c.set_smoothing(self.prior_weight, kernels),
                Column::Orders(c) => c.set_kernels(kernels),
            }
        }
        for slot in std::mem::take(&mut self.touched) {
            let is_free = self.normaliser[slot as usize] == f64::NEG_INFINITY;
            if !is_free {
                self.normaliser[slot as usize] = self.dimensions.iter().fold(0.0, |sum, d| match &d.column {
                    Column::Line(c) => sum + c.normaliser[slot as usize],
                    Column::Options(_) | Column::Orders(_) => sum,
                });
            }
        }
        // Without trials the prior is all there is, whatever its weight.
        self.weight[PRIOR as usize] = if trials == 0 { 1.0 } else { self.prior_weight };
        self.total_weight = self.weight[PRIOR as usize];
        for (slot, weight) in self.members.weights() {
            self.weight[slot as usize] = weight;
            self.total_weight += weight;
        }
    }

    /// Draws a place on each dimension.
    pub(crate) fn draw(&mut self, stream: &mut Stream) -> Vec<(Place, (usize, Scalar))> {
        self.prepare();
        let slot = stream.weighted(&self.weight) as u32;
        let draw = |dimension: &Dimension| {
            let value = match (&dimension.column, &dimension.axis) {
                (Column::Line(c), Axis::Line(line)) => line.value(c.draw(slot, stream.uniform())),
                (Column::Options(c), _) => Scalar::Choice(c.draw(slot, stream)),
                (Column::Orders(c), _) => Scalar::Order(c.draw(slot, stream)),
                (Column::Line(_), _) => unreachable!("a line column is made from a line axis"),
            };
            let place = dimension.axis.place(&value);
            let place = place.unwrap_or(Place { at: 0.0, cell: 0, order: Box::default() });
            (place, (dimension.parameter, value))
        };
        self.dimensions.iter().map(draw).collect()
    }

    /// The logarithm of the density at the given places.
    pub(crate) fn log_density(&mut self, places: &[Place]) -> f64 {
        self.prepare();
        let prior = self.dimensions.iter_mut().zip(places).fold(0.0, |sum, (dimension, place)| {
            sum + match &mut dimension.column {
                Column::Line(c) => c.log_prior(place),
                Column::Options(c) => c.log_prior(place.cell),
                Column::Orders(c) => c.log_prior(),
            }
        });
        let prior_weight = self.weight[PRIOR as usize];
        let cut = if prior_weight > 0.0 {
            prior + libm::log(prior_weight / self.total_weight) - NEGLIGIBLE
        } else {
            f64::NEG_INFINITY
        };
        self.evaluate(places, cut);
        let Scratch { slots, logs, weights } = &mut self.scratch;
        weights.clear();
        weights.extend(slots.iter().map(|slot| self.weight[*slot as usize]));
        let highest = logs.iter().copied().fold(prior, f64::max);
        let shift = if highest == f64::NEG_INFINITY { 0.0 } else { highest };
        let sum = prior_weight * libm::exp(prior - shift) + weighted_sum(logs, weights, shift);
        libm::log(sum / self.total_weight) + shift
    }

    /// Leaves in the scratch the trials' kernels whose log share at `places` is above `cut`, with that share. A
    /// kernel is dropped as soon as what is known of it falls below: no further dimension can raise it.
    fn evaluate(&mut self, places: &[Place], cut: f64) {
        let Parzen { dimensions, normaliser, scratch, .. } = self;
        let Scratch { slots, logs, .. } = scratch;
        let mut lines: Vec<(&LineColumn, f64)> = Vec::with_capacity(places.len());
        for (dimension, place) in dimensions.iter().zip(places) {
            if let Column::Line(column) = &dimension.column
                && column.is_continuous()
            {
                lines.push((column, place.at));
            }
        }
        let mut lines = lines.into_iter();
        first_pass(normaliser, [lines.next(), lines.next()], cut, slots, logs);
        for (column, at) in lines {
            let (centre, steepness) = (&column.centre[..], &column.steepness[..]);
            narrow(slots, logs, cut, |slot| {
                let z = (at - centre[slot as usize]) * steepness[slot as usize];
                -0.5 * z * z
            });
        }
        for (dimension, place) in dimensions.iter_mut().zip(places) {
            match &mut dimension.column {
                Column::Options(column) => {
                    let (own, other) = column.logs(place.cell);
                    let option = &column.option[..];
                    narrow(slots, logs, cut, |s| if option[s as usize] == place.cell { own } else { other });
                }
                Column::Line(column) if !column.is_continuous() => {
                    narrow(slots, logs, cut, |slot| column.log_cell(slot, place));
                }
                Column::Orders(column) => narrow(slots, logs, cut, |s| column.log(s, &place.order)),
                Column::Line(_) => {}
            }
        }
    }
}

/// Fills `slots` and `logs` with the kernels that the first two lines leave in play. All kernels go through here:
/// the arithmetic is laid out so that the compiler does several at once.
fn first_pass(
    normaliser: &[f64],
    lines: [Option<(&LineColumn, f64)>; 2],
    cut: f64,
    slots: &mut Vec<u32>,
    logs: &mut Vec<f64>,
) {
    logs.clear();
    logs.extend_from_slice(normaliser);
    for (column, at) in lines.into_iter().flatten() {
        for ((log, centre), steepness) in logs.iter_mut().zip(&column.centre).zip(&column.steepness) {
            let z = (at - centre) * steepness;
            *log -= 0.5 * z * z;
        }
    }
    // The prior is evaluated apart.
    logs[PRIOR as usize] = f64::NEG_INFINITY;
    slots.resize(logs.len(), 0);
    let mut kept = 0;
    for slot in 0..logs.len() {
        let log = logs[slot];
        slots[kept] = slot as u32;
        logs[kept] = log;
        kept += usize::from(log > cut);
    }
    slots.truncate(kept);
    logs.truncate(kept);
}

/// Adds one dimension's logs to the kernels in play, and drops those that fall below `cut`.
fn narrow(slots: &mut Vec<u32>, logs: &mut Vec<f64>, cut: f64, mut log: impl FnMut(u32) -> f64) {
    let mut kept = 0;
    for i in 0..slots.len() {
        let slot = slots[i];
        let sum = logs[i] + log(slot);
        slots[kept] = slot;
        logs[kept] = sum;
        kept += usize::from(sum > cut);
    }
    slots.truncate(kept);
    logs.truncate(kept);
}
