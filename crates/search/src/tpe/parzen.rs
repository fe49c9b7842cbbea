//! A Parzen estimator: a mixture of products of kernels, one kernel for each trial and one for the prior, kept up to
//! date as trials come and go.

use space::{Point, Scalar, Stream};

use super::axis::{Axis, Place};
use super::groups::Variable;
use super::line_column::{LineColumn, PRIOR};
use super::members::{Limit, Member, Members, Thinned};
use super::option_column::OptionColumn;
use super::order_column::OrderColumn;
use super::screen::{SLACK, Screen};
use crate::maths::exp::weighted_sum;
use crate::{TpeOptions, TrialId};

/// Kernels that all together have less than e⁻²⁵ of the share of one that is known are not evaluated: a relative error of
/// 10⁻¹¹.
const NEGLIGIBLE: f64 = 25.0;
/// With fewer kernels a screen is not worth its while.
const FEW: usize = 64;

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
    screened: bool,
    screen: Screen,
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
        let on_continuum = |v: &&Variable| matches!(&v.axis, Axis::Line(line) if line.cells().is_none());
        let continuous = variables.iter().filter(on_continuum).count();
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
            // Without the magic clip kernels may be too narrow for single precision.
            screened: options.magic_clip && continuous > 0,
            screen: Screen::new(continuous),
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
        while let Some(Thinned { gone, heir }) = self.members.thin(limit) {
            self.clear(gone.slot);
            if let Some(heir) = heir {
                self.widen(heir);
            }
        }
    }

    /// One trial that stands for m is as wide as lets it cover what they did: m^(1/d) times on each of d lines.
    fn widen(&mut self, heir: Member) {
        let lines = self.dimensions.iter().filter(|d| d.line().is_some()).count();
        let spread = libm::pow(heir.stands_for as f64, 1.0 / lines.max(1) as f64);
        for dimension in &mut self.dimensions {
            if let Column::Line(column) = &mut dimension.column {
                column.set_spread(heir.slot, spread, &mut self.touched);
            }
        }
        self.prepared = false;
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
            self.screen.clear(slot as usize);
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
            self.update(slot as usize);
        }
        // Without trials the prior is all there is, whatever its weight.
        self.weight[PRIOR as usize] = if trials == 0 { 1.0 } else { self.prior_weight };
        self.total_weight = self.weight[PRIOR as usize];
        for (slot, weight) in self.members.weights() {
            self.weight[slot as usize] = weight;
            self.total_weight += weight;
        }
    }

    /// Brings up to date what is kept of a kernel beside its columns.
    fn update(&mut self, slot: usize) {
        if self.normaliser[slot] == f64::NEG_INFINITY {
            return;
        }
        let lines = || self.dimensions.iter().filter_map(Dimension::line);
        let normaliser = lines().fold(0.0, |sum, line| sum + line.normaliser[slot]);
        self.normaliser[slot] = normaliser;
        if self.screen.dimensions() > 0 {
            let continuous = lines().filter(|line| line.is_continuous());
            self.screen.set(slot, normaliser, continuous);
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
        let cut = self.cut(prior, PRIOR);
        if self.screened && self.trials.len() > FEW {
            self.screen(places, cut);
        } else {
            self.take_all();
            self.evaluate_options(places, cut);
        }
        self.evaluate(places, cut);
        let Scratch { slots, logs, weights } = &mut self.scratch;
        weights.clear();
        weights.extend(slots.iter().map(|slot| self.weight[*slot as usize]));
        let highest = logs.iter().copied().fold(prior, f64::max);
        let shift = if highest == f64::NEG_INFINITY { 0.0 } else { highest };
        let sum = prior_weight * libm::exp(prior - shift) + weighted_sum(logs, weights, shift);
        libm::log(sum / self.total_weight) + shift
    }

    /// Below which log share kernels do not matter, given that of one of them.
    fn cut(&self, log: f64, slot: u32) -> f64 {
        let weight = self.weight[slot as usize];
        if weight > 0.0 {
            log + libm::log(weight / self.total_weight) - NEGLIGIBLE
        } else {
            f64::NEG_INFINITY
        }
    }

    /// Puts all kernels but the prior in play.
    fn take_all(&mut self) {
        let Scratch { slots, logs, .. } = &mut self.scratch;
        slots.clear();
        slots.extend(
            (PRIOR + 1..self.trials.len() as u32).filter(|s| self.normaliser[*s as usize].is_finite()),
        );
        logs.clear();
        logs.extend(slots.iter().map(|slot| self.normaliser[*slot as usize]));
    }

    /// Puts those in play that may matter at `places`: where the nearest kernel has a greater share than the prior, it
    /// is the measure.
    fn screen(&mut self, places: &[Place], cut: f64) {
        let on_unit = |(d, place): (&Dimension, &Place)| {
            let line = d.line().filter(|line| line.is_continuous())?;
            Some(((place.at - line.line.low) / line.line.range()) as f32)
        };
        let at: Vec<f32> = self.dimensions.iter().zip(places).filter_map(on_unit).collect();
        let nearest = self.screen.scan(&at);
        let cut = match nearest {
            Some(slot) => {
                let Scratch { slots, logs, .. } = &mut self.scratch;
                slots.clear();
                slots.push(slot as u32);
                logs.clear();
                logs.push(self.normaliser[slot]);
                self.evaluate_options(places, cut);
                self.evaluate(places, cut);
                self.scratch.logs.first().map_or(cut, |log| cut.max(self.cut(*log, slot as u32)))
            }
            None => cut,
        };
        let Scratch { slots, logs, .. } = &mut self.scratch;
        slots.clear();
        self.screen.above(cut, slots);
        // On the options the bounds do for the lines; afterwards these are evaluated in full, in the bounds' place.
        logs.clear();
        logs.extend(slots.iter().map(|slot| self.screen.bound(*slot)));
        self.evaluate_options(places, cut - SLACK);
        let Scratch { slots, logs, .. } = &mut self.scratch;
        for (slot, log) in slots.iter().zip(logs) {
            *log += self.normaliser[*slot as usize] - self.screen.bound(*slot);
        }
    }

    /// Adds to the kernels in play their logs on each dimension but the options. A kernel is dropped as soon as what is known of it
    /// falls below `cut`: no further dimension can raise it.
    fn evaluate(&mut self, places: &[Place], cut: f64) {
        let Scratch { slots, logs, .. } = &mut self.scratch;
        if self.screen.dimensions() > 0 {
            let continuous = |(d, place): (&Dimension, &Place)| {
                d.line().filter(|line| line.is_continuous()).map(|_| place.at)
            };
            let at: Vec<f64> = self.dimensions.iter().zip(places).filter_map(continuous).collect();
            let screen = &self.screen;
            narrow(slots, logs, cut, |slot| screen.log(slot as usize, &at));
        }
        for (dimension, place) in self.dimensions.iter_mut().zip(places) {
            match &mut dimension.column {
                Column::Line(column) if !column.is_continuous() => {
                    narrow(slots, logs, cut, |slot| column.log_cell(slot, place));
                }
                Column::Orders(column) => narrow(slots, logs, cut, |s| column.log(s, &place.order)),
                Column::Line(_) | Column::Options(_) => {}
            }
        }
    }

    /// Adds to the kernels in play their logs on the options: one comparison each, so it comes first.
    fn evaluate_options(&mut self, places: &[Place], cut: f64) {
        let Scratch { slots, logs, .. } = &mut self.scratch;
        for (dimension, place) in self.dimensions.iter().zip(places) {
            if let Column::Options(column) = &dimension.column {
                let (own, other) = column.logs(place.cell);
                let option = &column.option[..];
                narrow(slots, logs, cut, |s| if option[s as usize] == place.cell { own } else { other });
            }
        }
    }
}

impl Dimension {
    fn line(&self) -> Option<&LineColumn> {
        match &self.column {
            Column::Line(column) => Some(column),
            Column::Options(_) | Column::Orders(_) => None,
        }
    }
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
