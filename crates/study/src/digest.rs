//! What the log keeps of a metric's curve: a few figures and at most 64 points of it.
//!
//! The curve itself is the truth of a run's `metrics.jsonl`; 1 M reports in the log would only be read again at
//! every start.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::{Direction, Real};

/// At most so many points of a curve are kept.
pub const MAX_POINTS: usize = 64;

/// One run's metrics by name, in the order in which they first arrived.
pub type Digests = IndexMap<String, Digest>;

/// A value and the step at which it was reported.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Mark {
    /// As the program counts: epochs, iterations; from 0 where it names none.
    pub step: u64,
    /// What it reported.
    pub value: Real,
}

/// A metric of one run in short.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Digest {
    /// How many values were reported, at least 1.
    pub count: u64,
    /// The first one.
    pub first: Mark,
    /// The last one.
    pub last: Mark,
    /// The smallest one that is a number (the earliest of equals); absent when all were NaN.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min: Option<Mark>,
    /// The largest one that is a number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max: Option<Mark>,
    /// At most [`MAX_POINTS`] points of the curve, evenly thinned; empty when it has but one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub points: Vec<(u64, Real)>,
}

impl Digest {
    /// The digest of a metric that was reported once.
    pub fn single(value: impl Into<Real>) -> Self {
        let mark = Mark { step: 0, value: value.into() };
        let number = (!mark.value.is_nan()).then_some(mark);
        Digest { count: 1, first: mark, last: mark, min: number, max: number, points: Vec::new() }
    }

    /// The best value for a direction; absent when all were NaN.
    pub fn best(&self, direction: Direction) -> Option<Mark> {
        match direction {
            Direction::Minimize => self.min,
            Direction::Maximize => self.max,
        }
    }
}

/// Makes a [`Digest`] of values as they arrive, in constant memory.
#[derive(Clone, Debug, Default)]
pub struct DigestBuilder {
    count: u64,
    first: Option<Mark>,
    last: Option<Mark>,
    min: Option<Mark>,
    max: Option<Mark>,
    /// Every stride-th value so far.
    kept: Vec<(u64, Real)>,
    /// The stride is 2 to this.
    halvings: u32,
}

impl DigestBuilder {
    /// Takes in the next value.
    pub fn push(&mut self, step: u64, value: Real) {
        let mark = Mark { step, value };
        self.first.get_or_insert(mark);
        self.last = Some(mark);
        if !value.is_nan() {
            if self.min.is_none_or(|min| value.0 < min.value.0) {
                self.min = Some(mark);
            }
            if self.max.is_none_or(|max| value.0 > max.value.0) {
                self.max = Some(mark);
            }
        }
        if self.count.is_multiple_of(1 << self.halvings) {
            self.keep(step, value);
        }
        self.count += 1;
    }

    /// Room for the last value is always left, since a curve without its end misleads.
    fn keep(&mut self, step: u64, value: Real) {
        self.kept.push((step, value));
        if self.kept.len() == MAX_POINTS {
            let mut index = 0;
            self.kept.retain(|_| {
                index += 1;
                index % 2 == 1
            });
            self.halvings += 1;
        }
    }

    /// How many values arrived.
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The last value, if any.
    pub fn last(&self) -> Option<Mark> {
        self.last
    }

    /// The digest of what arrived so far; `None` when nothing did.
    pub fn finish(&self) -> Option<Digest> {
        let (first, last) = (self.first?, self.last?);
        let mut points = if self.count > 1 { self.kept.clone() } else { Vec::new() };
        if points.last().is_some_and(|(step, _)| *step != last.step) {
            points.push((last.step, last.value));
        }
        Some(Digest { count: self.count, first, last, min: self.min, max: self.max, points })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn digest(values: &[f64]) -> Digest {
        let mut builder = DigestBuilder::default();
        for (step, value) in values.iter().enumerate() {
            builder.push(step as u64, Real(*value));
        }
        builder.finish().unwrap()
    }

    proptest! {
        #[test]
        fn a_curve_of_any_length_keeps_its_ends_and_at_most_64_points(values in prop::collection::vec(-1e9..1e9, 1..3000)) {
            let digest = digest(&values);
            prop_assert!(digest.points.len() <= MAX_POINTS);
            prop_assert_eq!(digest.count, values.len() as u64);
            prop_assert_eq!(digest.last.value.0, *values.last().unwrap());
            prop_assert_eq!(digest.min.unwrap().value.0, values.iter().copied().fold(f64::INFINITY, f64::min));
            if values.len() > 1 {
                prop_assert_eq!(digest.points.first().unwrap().1.0, values[0]);
                prop_assert_eq!(digest.points.last().unwrap().1.0, *values.last().unwrap());
                prop_assert!(digest.points.is_sorted_by(|a, b| a.0 < b.0));
            }
        }
    }

    #[test]
    fn nan_counts_as_reported_but_is_never_best() {
        let digest = digest(&[f64::NAN, 2.0, f64::NAN]);
        assert!(digest.first.value.is_nan() && digest.last.value.is_nan());
        assert_eq!(digest.best(Direction::Maximize).unwrap().value, Real(2.0));
        assert_eq!(super::DigestBuilder::default().finish(), None);
    }

    #[test]
    fn a_single_value_needs_no_points() {
        assert!(Digest::single(1.5).points.is_empty());
    }
}
