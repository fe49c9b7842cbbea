//! A parameter's domain as a Parzen estimator sees it: a line with bounds and perhaps cells, a set of options, or
//! the orders of some items.

use space::{Domain, FloatDomain, IntDomain, Parameter, Scalar};

/// One dimension of an estimator.
#[derive(Clone, Debug)]
pub(crate) enum Axis {
    /// Numbers, and choices whose options are ordered.
    Line(Line),
    /// Options without an order.
    Options(Options),
    /// Permutations of so many items.
    Orders(usize),
}

/// Where a value lies on its axis.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Place {
    /// Its coordinate on a line: the logarithm where the domain is logarithmic.
    pub(crate) at: f64,
    /// Its cell on a line with cells, or its option.
    pub(crate) cell: u32,
    /// The permutation; empty on other axes.
    pub(crate) order: Box<[u32]>,
}

impl Axis {
    /// The axis of a parameter; `None` where it has one value only.
    pub(crate) fn new(parameter: &Parameter) -> Option<Axis> {
        match &parameter.domain {
            Domain::Float(d) => {
                let source = Source::Float(d.clone());
                let cells = match (d.grid_len(), d.step()) {
                    (None, _) => Cells::None,
                    (Some(1), _) => return None,
                    (Some(n), Some(step)) => Cells::Step { step, count: n },
                    (Some(n), None) => edges((0..n).map(|k| d.nth(k)), d.log()),
                };
                Line::axis(source, d.low(), d.high(), d.log(), cells)
            }
            Domain::Int(d) => {
                let count = d.grid_len();
                let cells = match d.points() {
                    _ if count == 1 => return None,
                    Some(_) => edges((0..count).map(|k| d.nth(k) as f64), d.log()),
                    None => Cells::Step { step: d.step() as f64, count },
                };
                Line::axis(Source::Int(d.clone()), d.low() as f64, d.high() as f64, d.log(), cells)
            }
            Domain::Choice(d) if d.len() == 1 => None,
            Domain::Choice(d) if d.ordered() && d.len() > 2 => {
                let cells = Cells::Step { step: 1.0, count: d.len() as u64 };
                Line::axis(Source::Option, 0.0, (d.len() - 1) as f64, false, cells)
            }
            Domain::Choice(d) => {
                let total: f64 = d.weights().iter().sum();
                Some(Axis::Options(Options { shares: d.weights().iter().map(|w| w / total).collect() }))
            }
            Domain::Permutation(d) if d.len() == 1 => None,
            Domain::Permutation(d) => Some(Axis::Orders(d.len())),
        }
    }

    /// Where `value` lies; `None` where it is not of this axis.
    pub(crate) fn place(&self, value: &Scalar) -> Option<Place> {
        let plain = |at, cell| Place { at, cell, order: Box::default() };
        match (self, value) {
            (Axis::Line(line), value) => line.place(value),
            (Axis::Options(options), Scalar::Choice(option)) => {
                ((*option as usize) < options.shares.len()).then(|| plain(0.0, *option))
            }
            (Axis::Orders(len), Scalar::Order(order)) => {
                (order.len() == *len).then(|| Place { at: 0.0, cell: 0, order: order.clone() })
            }
            _ => None,
        }
    }
}

/// Options and their shares of the draws before anything is known; they sum to 1.
#[derive(Clone, Debug)]
pub(crate) struct Options {
    pub(crate) shares: Box<[f64]>,
}

/// What the numbers on a line stand for.
#[derive(Clone, Debug)]
enum Source {
    Float(FloatDomain),
    Int(IntDomain),
    /// The index of an ordered choice's option.
    Option,
}

/// What a line is cut into.
#[derive(Clone, Debug)]
enum Cells {
    /// Nothing: a continuum.
    None,
    /// Cells half a step to either side of each value, before logarithms are taken, as Optuna cuts them.
    Step { step: f64, count: u64 },
    /// Explicit boundaries between cells, in the line's coordinate, both ends included.
    Edges(Box<[f64]>),
}

/// Cells that meet half-way between neighbouring values; the outermost are symmetric.
fn edges(values: impl Iterator<Item = f64>, log: bool) -> Cells {
    let at: Vec<f64> = values.map(|x| if log { libm::log(x) } else { x }).collect();
    let (Some(first), Some(last)) = (at.first(), at.last()) else { return Cells::None };
    let middles: Vec<f64> = at.windows(2).map(|w| 0.5 * (w[0] + w[1])).collect();
    let low = middles.first().map_or(first - 0.5, |m| 2.0 * first - m);
    let high = middles.last().map_or(last + 0.5, |m| 2.0 * last - m);
    Cells::Edges(std::iter::once(low).chain(middles.iter().copied()).chain([high]).collect())
}

/// A bounded line.
#[derive(Clone, Debug)]
pub(crate) struct Line {
    source: Source,
    log: bool,
    cells: Cells,
    /// The values' own bounds, no logarithm taken.
    bounds: (f64, f64),
    /// Where kernels are cut off, in the line's coordinate: half a step beyond the outermost values.
    pub(crate) low: f64,
    /// The upper end.
    pub(crate) high: f64,
}

impl Line {
    fn axis(source: Source, low: f64, high: f64, log: bool, cells: Cells) -> Option<Axis> {
        let mut line = Line { source, log, cells, bounds: (low, high), low: 0.0, high: 0.0 };
        (line.low, line.high) = match &line.cells {
            Cells::None => (line.coordinate(low), line.coordinate(high)),
            Cells::Step { .. } => (line.edge(low, -0.5), line.edge(high, 0.5)),
            Cells::Edges(edges) => (edges[0], edges[edges.len() - 1]),
        };
        Some(Axis::Line(line))
    }

    /// high − low, in the line's coordinate.
    pub(crate) fn range(&self) -> f64 {
        self.high - self.low
    }

    /// How many cells there are; `None` for a continuum.
    pub(crate) fn cells(&self) -> Option<u64> {
        match &self.cells {
            Cells::None => None,
            Cells::Step { count, .. } => Some(*count),
            Cells::Edges(edges) => Some(edges.len() as u64 - 1),
        }
    }

    fn coordinate(&self, x: f64) -> f64 {
        if self.log { libm::log(x) } else { x }
    }

    /// The boundary so many steps from `x`. A log line may start less than half a step above 0; its first cell then
    /// begins at half its value.
    fn edge(&self, x: f64, steps: f64) -> f64 {
        let Cells::Step { step, .. } = self.cells else { return self.coordinate(x) };
        let edge = x + steps * step;
        self.coordinate(if self.log { edge.max(0.5 * x) } else { edge })
    }

    fn place(&self, value: &Scalar) -> Option<Place> {
        let x = match (&self.source, value) {
            (Source::Float(_), Scalar::Float(x)) => *x,
            (Source::Int(_), Scalar::Int(n)) => *n as f64,
            (Source::Option, Scalar::Choice(option)) => f64::from(*option),
            _ => return None,
        };
        Some(self.place_of(x))
    }

    fn place_of(&self, x: f64) -> Place {
        // A point that a person gave may lie outside; its kernel is put on the nearer end.
        let x = x.max(self.bounds.0).min(self.bounds.1);
        let at = self.coordinate(x);
        let cell = match &self.cells {
            Cells::None => 0,
            Cells::Step { step, .. } => ((x - self.bounds.0) / step).round() as u32,
            Cells::Edges(edges) => cell_of(edges, at),
        };
        Place { at, cell, order: Box::default() }
    }

    /// The value whose cell `at` lies in, or the value itself on a continuum.
    pub(crate) fn value(&self, at: f64) -> Scalar {
        match &self.source {
            Source::Float(_) => Scalar::Float(self.number(at)),
            Source::Int(_) => Scalar::Int(self.number(at) as i64),
            Source::Option => Scalar::Choice(self.number(at) as u32),
        }
    }

    /// Where that value lies; of a continuum `at` itself.
    pub(crate) fn settle(&self, at: f64) -> Place {
        match &self.cells {
            Cells::None => Place { at, cell: 0, order: Box::default() },
            Cells::Step { .. } | Cells::Edges(_) => self.place_of(self.number(at)),
        }
    }

    fn number(&self, at: f64) -> f64 {
        let raw = || if self.log { libm::exp(at) } else { at };
        match (&self.source, &self.cells) {
            (Source::Float(d), Cells::None) => d.from_unit((at - self.low) / self.range()),
            (Source::Float(d), Cells::Step { .. }) => d.clamp(raw()),
            (Source::Float(d), Cells::Edges(edges)) => d.nth(u64::from(cell_of(edges, at))),
            (Source::Int(d), Cells::Edges(edges)) => d.nth(u64::from(cell_of(edges, at))) as f64,
            (Source::Int(d), _) => d.clamp(raw()) as f64,
            (Source::Option, _) => at.round().max(self.bounds.0).min(self.bounds.1),
        }
    }

    /// The width of cells that are all equal, and the one in whose middle `at` is; `None` where they are not, or it is in
    /// no middle.
    pub(crate) fn even_cell(&self, at: f64) -> Option<(f64, u32)> {
        let Cells::Step { step, .. } = self.cells else { return None };
        let position = (at - self.bounds.0) / step;
        let cell = position.round();
        let even = !self.log && (position - cell).abs() <= 1e-12 * cell.max(1.0);
        even.then_some((step, cell as u32))
    }

    /// The boundaries of the cell in which `place` lies; both `place` itself on a continuum.
    pub(crate) fn cell(&self, place: &Place) -> (f64, f64) {
        match &self.cells {
            Cells::None => (place.at, place.at),
            Cells::Step { .. } => {
                let x = if self.log { libm::exp(place.at) } else { place.at };
                (self.edge(x, -0.5), self.edge(x, 0.5))
            }
            Cells::Edges(edges) => {
                let cell = (place.cell as usize).min(edges.len() - 2);
                (edges[cell], edges[cell + 1])
            }
        }
    }
}

fn cell_of(edges: &[f64], at: f64) -> u32 {
    let inner = &edges[1..edges.len() - 1];
    inner.partition_point(|edge| *edge <= at) as u32
}
