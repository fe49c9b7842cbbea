//! What importance is judged from: trials as columns of numbers.

use space::{Domain, Point, Scalar, Space};

/// How one parameter's values are laid out.
#[derive(Clone, Debug, PartialEq)]
pub enum Axis {
    /// Numbers from `low` to `high`, both included.
    Line {
        /// The lowest.
        low: f64,
        /// The highest.
        high: f64,
        /// Whether factors count and not differences.
        log: bool,
        /// The distance between neighbours, where they have one: 1 for whole numbers.
        step: Option<f64>,
    },
    /// So many options without order; a value is an option's place.
    Options(usize),
}

impl Axis {
    /// Of a domain; `None` for orders of items, which no axis holds.
    pub fn of(domain: &Domain) -> Option<Axis> {
        Some(match domain {
            Domain::Float(d) => Axis::Line { low: d.low(), high: d.high(), log: d.log(), step: d.step() },
            Domain::Int(d) => {
                let (low, high) = (d.low() as f64, d.high() as f64);
                Axis::Line { low, high, log: d.log(), step: Some(d.step() as f64) }
            }
            Domain::Choice(d) if d.ordered() => {
                Axis::Line { low: 0.0, high: d.len() as f64 - 1.0, log: false, step: Some(1.0) }
            }
            Domain::Choice(d) => Axis::Options(d.len()),
            Domain::Permutation(_) => return None,
        })
    }

    /// Whether there is one value only.
    pub fn is_single(&self) -> bool {
        match self {
            Axis::Line { low, high, .. } => low >= high,
            Axis::Options(count) => *count < 2,
        }
    }

    /// The ends, as far as half a step beyond the outermost values: each value then has a share of the same length.
    pub(super) fn ends(&self) -> (f64, f64) {
        match *self {
            Axis::Line { low, high, log, step } => {
                let half = step.unwrap_or(0.0) / 2.0;
                let low = if log && low - half <= 0.0 { low / 2.0 } else { low - half };
                (scale(low, log), scale(high + half, log))
            }
            Axis::Options(count) => (-0.5, count as f64 - 0.5),
        }
    }

    /// Where a value lies between the ends, 0…1.
    pub fn unit(&self, value: f64) -> f64 {
        let log = matches!(self, Axis::Line { log: true, .. });
        let (low, high) = self.ends();
        if low < high { ((scale(value, log) - low) / (high - low)).clamp(0.0, 1.0) } else { 0.5 }
    }

    /// The value at a place between the ends; the reverse of [`unit`](Self::unit), within the bounds.
    pub fn value(&self, unit: f64) -> f64 {
        let (from, to) = self.ends();
        let place = from + unit * (to - from);
        match *self {
            Axis::Line { low, high, log, .. } => {
                (if log { libm::exp(place) } else { place }).clamp(low, high)
            }
            Axis::Options(count) => place.round().clamp(0.0, count.saturating_sub(1) as f64),
        }
    }
}

fn scale(x: f64, log: bool) -> f64 {
    if log { libm::log(x.max(f64::MIN_POSITIVE)) } else { x }
}

/// Trials, column by column.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Samples {
    /// The parameters.
    pub axes: Vec<Axis>,
    /// For each axis the value of each trial: a number, or an option's place; NaN where it was not active.
    pub columns: Vec<Vec<f64>>,
    /// What each trial came to, to be made small: infinite for one that came to nothing, never NaN.
    pub values: Vec<f64>,
}

impl Samples {
    /// Of points of a space; orders of items are left out. `of` gives for each axis the parameter's place in the space.
    pub fn of<'a>(space: &Space, trials: impl Iterator<Item = (&'a Point, f64)>) -> (Self, Vec<usize>) {
        let kept: Vec<(usize, Axis)> = space
            .parameters()
            .iter()
            .enumerate()
            .filter_map(|(i, parameter)| Some((i, Axis::of(&parameter.domain)?)))
            .collect();
        let mut samples = Samples {
            axes: kept.iter().map(|(_, axis)| axis.clone()).collect(),
            columns: vec![Vec::new(); kept.len()],
            values: Vec::new(),
        };
        for (point, value) in trials {
            for (column, (i, _)) in samples.columns.iter_mut().zip(&kept) {
                column.push(point.get(*i).map_or(f64::NAN, number));
            }
            samples.values.push(if value.is_nan() { f64::INFINITY } else { value });
        }
        (samples, kept.into_iter().map(|(i, _)| i).collect())
    }

    /// How many trials there are.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }
}

fn number(value: &Scalar) -> f64 {
    value.number().or(value.option().map(f64::from)).unwrap_or(f64::NAN)
}
