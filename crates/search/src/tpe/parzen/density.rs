//! The value of an estimator's density at a place, in full or bounded from below.

use super::{Column, Dimension, Parzen, Scratch};
use crate::maths::exp::weighted_sum;
use crate::tpe::axis::Place;
use crate::tpe::line_column::{LineColumn, PRIOR};
use crate::tpe::screen::{SLACK, pairs};

/// Kernels that all together have less than e⁻²⁵ of the share of one that is known are not evaluated: a relative error of
/// 10⁻¹¹.
const NEGLIGIBLE: f64 = 25.0;
/// With fewer kernels a screen is not worth its while.
const FEW: usize = 64;

/// For a lower bound only those matter that add visibly to the prior's share.
const FAINT: f64 = 4.0;

impl Parzen {
    /// The logarithm of the density at the given places.
    pub(crate) fn log_density(&mut self, places: &[Place]) -> f64 {
        self.prepare();
        let prior = self.log_prior(places);
        if self.trials.len() <= FEW {
            return self.log_density_of_few(places, prior);
        }
        let cut = prior + self.log_prior_share - NEGLIGIBLE;
        self.enter(places);
        if self.screened {
            self.screen(places, cut);
        } else {
            self.take_all();
            self.evaluate_options(places, cut);
        }
        self.evaluate(places, cut);
        self.log_sum(prior)
    }

    /// The prior's share alone: a number that [`log_density`](Self::log_density) is not below.
    pub(crate) fn log_share_of_prior(&mut self, places: &[Place]) -> f64 {
        self.prepare();
        self.log_prior(places) + self.log_prior_share
    }

    /// A number that [`log_density`](Self::log_density) is not below, and mostly little above: in a small part of its
    /// time, the share of the kernels that are near on every line.
    pub(crate) fn log_density_at_least(&mut self, places: &[Place]) -> f64 {
        if self.trials.len() <= FEW || self.nearby.lines() == 0 {
            return self.log_density(places);
        }
        self.prepare();
        let prior = self.log_prior(places);
        let cut = prior + self.log_prior_share - FAINT;
        self.enter(places);
        let on_unit = self.dimensions.iter().zip(places).filter_map(|(d, place)| Some(d.line()?.unit(place)));
        let Scratch { slots, logs, .. } = &mut self.scratch;
        self.nearby.find(on_unit, slots);
        logs.clear();
        logs.extend(slots.iter().map(|slot| self.normaliser[*slot as usize]));
        self.evaluate_options(places, cut);
        self.evaluate(places, cut);
        self.log_sum(prior)
    }

    /// Every kernel on every dimension, without asking which of them matter.
    fn log_density_of_few(&mut self, places: &[Place], prior: f64) -> f64 {
        let logs = &mut self.scratch.logs;
        logs.clear();
        logs.extend_from_slice(&self.normaliser);
        for (dimension, place) in self.dimensions.iter_mut().zip(places) {
            match &mut dimension.column {
                Column::Line(c) => c.add_logs(place, logs),
                Column::Options(c) => c.add_logs(place.cell, logs),
                Column::Orders(c) => c.add_logs(&place.order, logs),
            }
        }
        logs[PRIOR as usize] = prior;
        let shift = finite(logs.iter().copied().fold(f64::NEG_INFINITY, f64::max));
        libm::log(weighted_sum(logs, &self.weight, shift) / self.total_weight) + shift
    }

    /// Notes where on the lines without cells an evaluation is.
    fn enter(&mut self, places: &[Place]) {
        let continuous = |d: &Dimension| d.line().is_some_and(LineColumn::is_continuous);
        let places = self.dimensions.iter().zip(places).filter(|(d, _)| continuous(d));
        pairs(places.map(|(_, place)| place.at), &mut self.scratch.at);
    }

    fn log_prior(&mut self, places: &[Place]) -> f64 {
        self.dimensions.iter_mut().zip(places).fold(0.0, |sum, (dimension, place)| {
            sum + match &mut dimension.column {
                Column::Line(c) => c.log_prior(place),
                Column::Options(c) => c.log_prior(place.cell),
                Column::Orders(c) => c.log_prior(),
            }
        })
    }

    /// The logarithm of the weighted mean of the kernels in play and the prior.
    fn log_sum(&mut self, prior: f64) -> f64 {
        let Scratch { slots, logs, weights, .. } = &mut self.scratch;
        weights.clear();
        weights.extend(slots.iter().map(|slot| self.weight[*slot as usize]));
        let shift = finite(logs.iter().copied().fold(prior, f64::max));
        let prior_share = self.weight[PRIOR as usize] * libm::exp(prior - shift);
        let sum = prior_share + weighted_sum(logs, weights, shift);
        libm::log(sum / self.total_weight) + shift
    }

    /// Below which log share kernels do not matter, given that of one of them: `depth` below it.
    fn cut(&self, log: f64, slot: u32, depth: f64) -> f64 {
        let weight = self.weight[slot as usize];
        if weight > 0.0 { log + libm::log(weight / self.total_weight) - depth } else { f64::NEG_INFINITY }
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
            Some(line.unit(place) as f32)
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
                self.scratch.logs.first().map_or(cut, |log| cut.max(self.cut(*log, slot as u32, NEGLIGIBLE)))
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
        let Scratch { at, slots, logs, .. } = &mut self.scratch;
        if !at.is_empty() {
            let screen = &self.screen;
            narrow(slots, logs, cut, |slot| screen.log(slot as usize, at));
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

/// What is taken out of logarithms before they are exponentiated.
fn finite(highest: f64) -> f64 {
    if highest == f64::NEG_INFINITY { 0.0 } else { highest }
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
