//! Points as vectors in the unit cube: what model-based samplers compute with.

use crate::{Parameter, Point, Space};

/// Where an inactive parameter's coordinates are put.
pub const NEUTRAL: f64 = 0.5;

/// Which coordinates of the unit cube belong to which parameter. Each number or choice has one, a permutation of n
/// items has n−1; parameters follow one another in the space's order.
#[derive(Clone, Debug, PartialEq)]
pub struct Encoding {
    starts: Box<[u32]>,
}

impl Encoding {
    pub(crate) fn new(parameters: &[Parameter]) -> Self {
        let mut starts = vec![0];
        let mut at = 0;
        for parameter in parameters {
            at += parameter.domain.width() as u32;
            starts.push(at);
        }
        Encoding { starts: starts.into() }
    }

    /// The number of coordinates.
    pub fn width(&self) -> usize {
        self.starts.last().map_or(0, |end| *end as usize)
    }

    /// The coordinates of parameter `i`; empty for a permutation of one item, and where there is no such parameter.
    pub fn coordinates(&self, i: usize) -> std::ops::Range<usize> {
        match (self.starts.get(i), self.starts.get(i + 1)) {
            (Some(start), Some(end)) => *start as usize..*end as usize,
            _ => 0..0,
        }
    }
}

impl Space {
    /// Writes `point` to `out`, which has [`Encoding::width`] places. Inactive parameters are [`NEUTRAL`].
    pub fn encode(&self, point: &Point, out: &mut [f64]) {
        for (i, parameter) in self.parameters().iter().enumerate() {
            let place = &mut out[self.encoding().coordinates(i)];
            match point.get(i) {
                Some(value) if !place.is_empty() => parameter.domain.to_unit(value, place),
                Some(_) => {}
                None => place.fill(NEUTRAL),
            }
        }
    }

    /// The point at a place of the unit cube; coordinates of parameters that turn out inactive do not matter.
    /// `decode(encode(p)) == p` for each point that the space made ([`Domain::from_unit`](crate::Domain::from_unit)
    /// says for which other numbers).
    pub fn decode(&self, units: &[f64]) -> Point {
        self.complete(|i, _| self.parameters()[i].domain.from_unit(&units[self.encoding().coordinates(i)]))
    }
}
