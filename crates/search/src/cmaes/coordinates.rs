//! A space as the distribution sees it: coordinates in [0, 1] for numbers, ordered choices and the digits of permutations,
//! and choices without an order apart.

use space::{Domain, Parameter, Point, Scalar, Space};

/// One coordinate of the distribution.
#[derive(Clone, Debug)]
pub(crate) struct Coordinate {
    /// Its parameter's place in the space.
    pub(crate) parameter: usize,
    /// The cells that [0, 1] is cut into; `None` for a continuum.
    pub(crate) cells: Option<Cells>,
}

/// How [0, 1] is cut into the cells of discrete values.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cells {
    /// So many of the same width.
    Even(u64),
    /// `low`, `low + step`, … on a logarithmic line from `from` to `to`: boundaries are half-way between neighbours.
    Log { low: f64, step: f64, count: u64, from: f64, to: f64 },
}

impl Cells {
    fn log(low: f64, high: f64, step: f64, count: u64) -> Self {
        let from = libm::log((low - step / 2.0).max(low / 2.0).max(f64::MIN_POSITIVE));
        Cells::Log { low, step, count, from, to: libm::log(high + step / 2.0) }
    }

    pub(crate) fn count(&self) -> u64 {
        match self {
            Cells::Even(count) | Cells::Log { count, .. } => *count,
        }
    }

    /// The cell in which `u` lies; the nearer end's for u outside.
    pub(crate) fn of(&self, u: f64) -> u64 {
        let index = match self {
            Cells::Even(count) => u * *count as f64,
            Cells::Log { low, step, from, to, .. } => {
                (libm::exp(from + u.clamp(0.0, 1.0) * (to - from)) - low) / step + 0.5
            }
        };
        (index.max(0.0) as u64).min(self.count() - 1)
    }

    /// The boundary between cell `k` and the next.
    pub(crate) fn boundary(&self, k: u64) -> f64 {
        match self {
            Cells::Even(count) => (k + 1) as f64 / *count as f64,
            Cells::Log { low, step, from, to, .. } => {
                (libm::log(low + (k as f64 + 0.5) * step) - from) / (to - from)
            }
        }
    }
}

/// A choice without an order.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    /// Its parameter's place in the space.
    pub(crate) parameter: usize,
    /// The options' shares before anything is known; they sum to 1.
    pub(crate) shares: Vec<f64>,
}

/// What the distribution is over.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) coordinates: Vec<Coordinate>,
    pub(crate) choices: Vec<Choice>,
    /// Each parameter's first coordinate and their number.
    spans: Vec<(usize, usize)>,
    /// Each parameter's place among the choices.
    places: Vec<Option<usize>>,
}

/// A place in the distribution: coordinates, and an option for each choice where one was active.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    pub(crate) at: Vec<f64>,
    pub(crate) options: Vec<Option<u32>>,
}

impl Layout {
    pub(crate) fn new(space: &Space) -> Self {
        let mut layout =
            Layout { coordinates: Vec::new(), choices: Vec::new(), spans: Vec::new(), places: Vec::new() };
        for (parameter, p) in space.parameters().iter().enumerate() {
            let first = layout.coordinates.len();
            layout.coordinates.extend(cells(p).into_iter().map(|cells| Coordinate { parameter, cells }));
            layout.spans.push((first, layout.coordinates.len() - first));
            let choice = match &p.domain {
                Domain::Choice(d) if first == layout.coordinates.len() && d.len() > 1 => {
                    let total: f64 = d.weights().iter().sum();
                    Some(Choice { parameter, shares: d.weights().iter().map(|w| w / total).collect() })
                }
                _ => None,
            };
            layout.places.push(choice.is_some().then_some(layout.choices.len()));
            layout.choices.extend(choice);
        }
        layout
    }

    /// Coordinates and choices together: what there is to search.
    pub(crate) fn dimension(&self) -> usize {
        self.coordinates.len() + self.choices.len()
    }

    /// The value that a parameter has at a place.
    pub(crate) fn value(&self, parameter: usize, p: &Parameter, place: &Place) -> Scalar {
        let (first, len) = self.spans[parameter];
        match self.places[parameter] {
            Some(choice) => Scalar::Choice(place.options[choice].unwrap_or(0)),
            None if len > 0 => p.domain.from_unit(&place.at[first..first + len]),
            None => p.domain.nth(&0u32.into()),
        }
    }

    /// Where a point is. Coordinates that it has no value for are NaN.
    pub(crate) fn place(&self, space: &Space, point: &Point) -> Place {
        let mut at = vec![f64::NAN; self.coordinates.len()];
        for (i, (first, len)) in self.spans.iter().enumerate().filter(|(_, (_, len))| *len > 0) {
            if let Some(value) = point.get(i) {
                space.parameters()[i].domain.to_unit(value, &mut at[*first..first + len]);
            }
        }
        let options = self.choices.iter().map(|c| point.get(c.parameter).and_then(Scalar::option)).collect();
        Place { at, options }
    }
}

/// The coordinates of a parameter; none for one with a single value, or a choice without an order.
fn cells(parameter: &Parameter) -> Vec<Option<Cells>> {
    match &parameter.domain {
        Domain::Float(d) => match (d.grid_len(), d.step()) {
            (None, _) => vec![None],
            (Some(1), _) => vec![],
            (Some(n), Some(step)) if d.log() => vec![Some(Cells::log(d.low(), d.high(), step, n))],
            (Some(n), _) => vec![Some(Cells::Even(n))],
        },
        Domain::Int(d) => match d.grid_len() {
            1 => vec![],
            n if d.log() && d.points().is_none() => {
                vec![Some(Cells::log(d.low() as f64, d.high() as f64, d.step() as f64, n))]
            }
            n => vec![Some(Cells::Even(n))],
        },
        Domain::Choice(d) if d.ordered() && d.len() > 2 => vec![Some(Cells::Even(d.len() as u64))],
        Domain::Choice(_) => vec![],
        Domain::Permutation(d) => {
            (0..d.len().saturating_sub(1)).map(|i| Some(Cells::Even((d.len() - i) as u64))).collect()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_are_those_of_the_domains() {
        let declarations = serde_json::json!({
            "a": {"int": [1, 9], "log": true}, "b": {"int": [-3, 12]}, "c": {"float": [0.1, 0.6], "step": 0.1, "log": true},
            "d": {"float": [1.0, 100.0], "points": 7, "log": true}, "e": {"choice": [1, 2, 3], "ordered": true}});
        let space = Space::build(&serde_json::from_value(declarations).unwrap(), &[] as &[&str]).unwrap();
        for coordinate in Layout::new(&space).coordinates {
            let domain = &space.parameters()[coordinate.parameter].domain;
            let cells = coordinate.cells.clone().unwrap();
            for i in 0..=1000 {
                let u = (f64::from(i) + 0.123) / 1001.0;
                assert_eq!(domain.from_unit(&[u]), domain.nth(&cells.of(u).into()), "{coordinate:?} {u}");
            }
            for k in 0..cells.count() - 1 {
                let edge = cells.boundary(k);
                assert_eq!((cells.of(edge - 1e-9), cells.of(edge + 1e-9)), (k, k + 1));
            }
        }
    }
}
