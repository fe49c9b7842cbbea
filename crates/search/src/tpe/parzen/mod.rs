//! A Parzen estimator: a mixture of products of kernels, one kernel for each trial and one for the prior, kept up to
//! date as trials come and go.

mod density;

use std::sync::Arc;

use space::{Point, Scalar, Stream};

use super::axis::{Axis, Place};
use super::groups::Variable;
use super::line_column::{LineColumn, PRIOR};
use super::members::{Fate, Limit, Member, Members, Thinned};
use super::nearby::Nearby;
use super::option_column::OptionColumn;
use super::order_column::OrderColumn;
use super::rules::{TpeRules, Weights};
use super::screen::{Pair, Screen};
use super::touched::Touched;
use crate::{TpeOptions, TrialId};

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
    touched: Touched,
    prepared: bool,
    total_weight: f64,
    /// ln of the prior's share of the total.
    log_prior_share: f64,
    screened: bool,
    screen: Screen,
    nearby: Nearby,
    scratch: Scratch,
}

/// Buffers of an evaluation: where on the lines without cells it is, the kernels still in play, their log shares, their
/// weights.
#[derive(Clone, Debug, Default)]
struct Scratch {
    at: Vec<Pair>,
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
        let lines = variables.iter().filter(|v| matches!(v.axis, Axis::Line(_))).count();
        Parzen {
            dimensions: variables.iter().map(dimension).collect(),
            members: Members::new(limit),
            limit,
            prior_weight: options.prior_weight,
            magic_clip: options.magic_clip,
            trials: vec![0],
            normaliser: vec![f64::NEG_INFINITY],
            weight: vec![0.0],
            free: Vec::new(),
            touched: Touched::default(),
            prepared: false,
            total_weight: 0.0,
            log_prior_share: f64::NEG_INFINITY,
            // Without the magic clip kernels may be too narrow for single precision.
            screened: options.magic_clip && continuous > 0,
            screen: Screen::new(continuous),
            nearby: Nearby::new(lines),
            scratch: Scratch::default(),
        }
    }

    /// The same with what a program says of how much trials count.
    pub(crate) fn with_rules(mut self, rules: Option<Arc<TpeRules>>) -> Self {
        self.members.rules = rules;
        self
    }

    /// The same with trials that do not fade as they grow older.
    pub(crate) fn weighted_evenly(mut self) -> Self {
        self.members.even = true;
        self
    }

    /// Where `point` lies on each dimension; `None` where a parameter is inactive in it.
    pub(crate) fn places(&self, point: &Point) -> Option<Vec<Place>> {
        self.dimensions.iter().map(|d| d.axis.place(point.get(d.parameter)?)).collect()
    }

    /// Adds a trial. Nothing happens where it is there, or where not all of the parameters are active in it.
    pub(crate) fn insert(&mut self, trial: TrialId, point: &Point, fate: Fate) {
        let Some(places) = self.places(point) else { return };
        let slot = self.free.pop().unwrap_or(self.trials.len() as u32);
        if !self.members.insert(Member::new(trial, slot, fate)) {
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
        self.touched.mark(slot);
        self.prepared = false;
        self.thin();
    }

    /// Notes how a trial has ended; `false` where it is not there.
    pub(crate) fn end(&mut self, trial: TrialId, fate: Fate) -> bool {
        let known = self.members.end(trial, fate);
        if known {
            self.thin();
        }
        known
    }

    /// Notes how a trial has ended again, if it is there.
    pub(crate) fn restate(&mut self, trial: TrialId, fate: Fate) {
        self.members.restate(trial, fate);
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
            self.nearby.clear(slot as usize);
            self.weight[slot as usize] = 0.0;
            self.free.push(slot);
        }
    }

    /// Brings widths, smoothing and weights up to date.
    fn prepare(&mut self) {
        if self.prepared {
            return;
        }
        let own = self.members.own_weights();
        // Weights that are not known yet come with the next question.
        self.prepared = !matches!(own, Weights::Unknown);
        let trials = self.members.stand_for();
        let kernels = trials as f64 + 1.0;
        for dimension in &mut self.dimensions {
            match &mut dimension.column {
                Column::Line(c) => c.set_least(self.magic_clip, kernels, &mut self.touched),
                Column::Options(c) => c.set_smoothing(self.prior_weight, kernels),
                Column::Orders(c) => c.set_kernels(kernels),
            }
        }
        let touched = self.touched.take();
        touched.iter().for_each(|slot| self.update(*slot as usize));
        self.touched.give_back(touched);
        // Without trials the prior is all there is, whatever its weight.
        self.weight[PRIOR as usize] = if trials == 0 { 1.0 } else { self.prior_weight };
        self.total_weight = self.weight[PRIOR as usize];
        for (slot, weight) in self.members.weights(own) {
            self.weight[slot as usize] = weight;
            self.total_weight += weight;
        }
        self.log_prior_share = libm::log(self.weight[PRIOR as usize] / self.total_weight);
    }

    /// Brings up to date what is kept of a kernel beside its columns.
    fn update(&mut self, slot: usize) {
        if self.normaliser[slot] == f64::NEG_INFINITY {
            return;
        }
        let lines = || self.dimensions.iter().filter_map(Dimension::line);
        let normaliser = lines().fold(0.0, |sum, line| sum + line.normaliser[slot]);
        self.normaliser[slot] = normaliser;
        for (i, line) in lines().enumerate() {
            let (centre, steepness) = line.on_unit(slot);
            self.nearby.set(slot, i, centre, 1.0 / steepness);
        }
        if self.screen.dimensions() > 0 {
            let continuous = lines().filter(|line| line.is_continuous());
            self.screen.set(slot, normaliser, continuous);
        }
    }

    /// Draws a place on each dimension, which it appends.
    pub(crate) fn draw(&mut self, stream: &mut Stream, places: &mut Vec<Place>) {
        self.prepare();
        let slot = stream.weighted(&self.weight) as u32;
        places.extend(self.dimensions.iter().map(|dimension| match &dimension.column {
            Column::Line(c) => c.line.settle(c.draw(slot, stream.uniform())),
            Column::Options(c) => Place { at: 0.0, cell: c.draw(slot, stream), order: Box::default() },
            Column::Orders(c) => Place { at: 0.0, cell: 0, order: c.draw(slot, stream) },
        }));
    }

    /// The values at places that were drawn, each with its parameter.
    pub(crate) fn values<'a>(&'a self, places: &'a [Place]) -> impl Iterator<Item = (usize, Scalar)> + 'a {
        self.dimensions.iter().zip(places).map(|(dimension, place)| {
            let value = match &dimension.column {
                Column::Line(c) => c.line.value(place.at),
                Column::Options(_) => Scalar::Choice(place.cell),
                Column::Orders(_) => Scalar::Order(place.order.clone()),
            };
            (dimension.parameter, value)
        })
    }

    /// How many parameters it is of.
    pub(crate) fn dimensions(&self) -> usize {
        self.dimensions.len()
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
