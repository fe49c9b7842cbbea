//! How a space looks to a Gaussian process: which coordinates are numbers, which are options, and which belong together.
//!
//! Parameters that are active under the same condition form a block; the first holds those that always are. A number,
//! and a choice whose options are ordered, is one coordinate of the unit cube; another choice is one label; a permutation
//! is a label for each pair of its items, which says what comes first, so that the share of labels that differ is Kendall's
//! distance. Parameters with a single value are left out.

use indexmap::IndexMap;
use space::{Domain, NEUTRAL, Point, Scalar, Space};

/// Up to so many values a number is searched value by value; above, along the line.
pub(crate) const FEW: u64 = 32;

/// What a parameter is in the model.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Kind {
    /// Coordinate `number` of a row. `levels`: how many values there are, 0 for a continuum.
    Number { number: usize, levels: u64 },
    /// Label `label` of a row, of so many options.
    Options { label: usize, count: u64 },
    /// The labels from `label` on, one for each pair of the items.
    Orders { label: usize, items: usize },
}

/// A parameter with more than one value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Variable {
    /// Its place in the space.
    pub(crate) parameter: usize,
    /// Its first coordinate in the space's encoding.
    pub(crate) coordinate: usize,
    /// Its block.
    pub(crate) block: usize,
    pub(crate) kind: Kind,
}

/// The parameters that are active under one condition.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Block {
    /// Coordinates of a row.
    pub(crate) numbers: Vec<usize>,
    /// Labels of a row: which, the number of the rate at which a difference counts, and its weight.
    pub(crate) labels: Vec<(usize, usize, f64)>,
    /// A parameter of the block, whose activity is the block's; `None` for what is always active.
    witness: Option<usize>,
}

/// See the module.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    pub(crate) variables: Vec<Variable>,
    /// The first is always active.
    pub(crate) blocks: Vec<Block>,
    /// How many numbers, labels and rates a row has.
    pub(crate) numbers: usize,
    pub(crate) labels: usize,
    pub(crate) rates: usize,
    /// The width of the space's encoding.
    pub(crate) width: usize,
}

/// A point as the model sees it. Numbers of inactive parameters are [`NEUTRAL`], their labels 0.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Row {
    pub(crate) numbers: Vec<f64>,
    pub(crate) labels: Vec<u32>,
    /// Which blocks are active.
    pub(crate) active: Vec<bool>,
}

/// What makes parameters active together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Activity {
    Always,
    Option(usize, u32),
    Alone(usize),
}

impl Layout {
    pub(crate) fn new(space: &Space) -> Self {
        let mut groups: IndexMap<Activity, usize> = IndexMap::from([(Activity::Always, 0)]);
        let mut layout = Layout {
            variables: Vec::new(),
            blocks: vec![Block::default()],
            numbers: 0,
            labels: 0,
            rates: 0,
            width: space.encoding().width(),
        };
        for (i, parameter) in space.parameters().iter().enumerate() {
            let kind = match &parameter.domain {
                Domain::Float(d) if d.low() < d.high() && d.grid_len() != Some(1) => {
                    Kind::Number { number: layout.numbers, levels: d.grid_len().unwrap_or(0) }
                }
                Domain::Int(d) if d.grid_len() > 1 => {
                    Kind::Number { number: layout.numbers, levels: d.grid_len() }
                }
                Domain::Choice(d) if d.ordered() && d.len() > 2 => {
                    Kind::Number { number: layout.numbers, levels: d.len() as u64 }
                }
                Domain::Choice(d) if d.len() > 1 => {
                    Kind::Options { label: layout.labels, count: d.len() as u64 }
                }
                Domain::Permutation(d) if d.len() > 1 => {
                    Kind::Orders { label: layout.labels, items: d.len() }
                }
                _ => continue,
            };
            let activity = match space.parent(i) {
                _ if space.is_always_active(i) => Activity::Always,
                Some((choice, option)) => Activity::Option(choice, option),
                None => Activity::Alone(i),
            };
            let next = layout.blocks.len();
            let block = *groups.entry(activity).or_insert(next);
            if block == next {
                layout.blocks.push(Block { witness: Some(i), ..Block::default() });
            }
            layout.add(block, &kind);
            let coordinate = space.encoding().coordinates(i).start;
            layout.variables.push(Variable { parameter: i, coordinate, block, kind });
        }
        layout
    }

    fn add(&mut self, block: usize, kind: &Kind) {
        let block = &mut self.blocks[block];
        match kind {
            Kind::Number { number, .. } => {
                block.numbers.push(*number);
                self.numbers += 1;
            }
            Kind::Options { label, .. } => {
                block.labels.push((*label, self.rates, 1.0));
                self.labels += 1;
                self.rates += 1;
            }
            Kind::Orders { label, items } => {
                let pairs = items * (items - 1) / 2;
                block.labels.extend((0..pairs).map(|p| (label + p, self.rates, 2.0 / pairs as f64)));
                self.labels += pairs;
                self.rates += 1;
            }
        }
    }

    /// Whether everything is always active.
    pub(crate) fn is_flat(&self) -> bool {
        self.blocks.len() == 1
    }

    /// The number of variables.
    pub(crate) fn dimensions(&self) -> usize {
        self.variables.len()
    }

    /// A point of the space.
    pub(crate) fn row(&self, space: &Space, point: &Point) -> Row {
        let mut row = Row {
            numbers: vec![NEUTRAL; self.numbers],
            labels: vec![0; self.labels],
            active: self.blocks.iter().map(|b| b.witness.is_none_or(|i| point.get(i).is_some())).collect(),
        };
        for variable in &self.variables {
            let Some(value) = point.get(variable.parameter) else { continue };
            match (&variable.kind, value) {
                (Kind::Number { number, .. }, value) => {
                    let place = &mut row.numbers[*number..=*number];
                    space.parameters()[variable.parameter].domain.to_unit(value, place);
                }
                (Kind::Options { label, .. }, Scalar::Choice(option)) => row.labels[*label] = *option,
                (Kind::Orders { label, .. }, Scalar::Order(order)) => {
                    set_pairs(order, &mut row.labels[*label..]);
                }
                _ => {}
            }
        }
        row
    }

    /// Coordinates of the unit cube; where the space has no conditions no [`Point`] is made. `units` are put on the values
    /// that the parameters have.
    pub(crate) fn row_at(&self, space: &Space, units: &mut [f64]) -> Row {
        if !self.is_flat() {
            let point = space.decode(units);
            let row = self.row(space, &point);
            for variable in &self.variables {
                if let Kind::Number { number, levels: 1.. } = variable.kind
                    && point.get(variable.parameter).is_some()
                {
                    units[variable.coordinate] = row.numbers[number];
                }
            }
            return row;
        }
        let mut row =
            Row { numbers: vec![0.0; self.numbers], labels: vec![0; self.labels], active: vec![true] };
        for variable in &self.variables {
            let domain = &space.parameters()[variable.parameter].domain;
            let at = variable.coordinate;
            match variable.kind {
                Kind::Number { number, levels } => {
                    if levels > 0 {
                        let value = domain.from_unit(&units[at..=at]);
                        domain.to_unit(&value, &mut units[at..=at]);
                    }
                    row.numbers[number] = units[at];
                }
                Kind::Options { label, count } => {
                    row.labels[label] = ((units[at] * count as f64) as u32).min(count as u32 - 1);
                }
                Kind::Orders { label, items } => {
                    if let Scalar::Order(order) = domain.from_unit(&units[at..at + items - 1]) {
                        set_pairs(&order, &mut row.labels[label..]);
                    }
                }
            }
        }
        row
    }
}

/// For each pair of items whether the first comes later.
fn set_pairs(order: &[u32], labels: &mut [u32]) {
    let mut place = vec![0; order.len()];
    for (at, item) in order.iter().enumerate() {
        place[*item as usize] = at;
    }
    let pairs = (0..order.len()).flat_map(|i| (i + 1..order.len()).map(move |j| (i, j)));
    labels.iter_mut().zip(pairs).for_each(|(label, (i, j))| *label = u32::from(place[i] > place[j]));
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use space::Stream;

    fn space() -> Space {
        let declarations = serde_json::from_value(json!({
            "x": {"float": [0.0, 1.0]}, "same": {"int": [3, 3]}, "n": {"int": [1, 5]},
            "size": {"choice": [16, 32, 64], "ordered": true}, "order": {"permutation": ["a", "b", "c", "d"]},
            "m": {"choice": [{"name": "u", "k": {"int": [1, 9]}, "l": {"float": [0.0, 1.0]}}, {"name": "v", "flag": {"bool": true}}, "w"]}
        }));
        Space::build(&declarations.unwrap(), &[]).unwrap()
    }

    #[test]
    fn each_kind_of_parameter_has_its_place() {
        let layout = Layout::new(&space());
        assert_eq!((layout.numbers, layout.labels, layout.rates), (5, 8, 3));
        assert_eq!(layout.blocks.len(), 3);
        assert_eq!(layout.blocks[1].numbers.len() + layout.blocks[2].numbers.len(), 2);
    }

    #[test]
    fn a_row_is_the_same_from_a_point_and_from_its_coordinates() {
        let space = space();
        let layout = Layout::new(&space);
        let mut stream = Stream::new(1, 0, 0);
        for _ in 0..200 {
            let point = space.sample(&mut stream);
            let mut units = vec![0.0; layout.width];
            space.encode(&point, &mut units);
            assert_eq!(layout.row(&space, &point), layout.row_at(&space, &mut units));
        }
    }

    #[test]
    fn labels_of_a_permutation_differ_by_kendalls_distance() {
        let pairs = |order: &[u32]| {
            let mut labels = [0; 6];
            set_pairs(order, &mut labels);
            labels
        };
        let distance = |a, b| pairs(a).iter().zip(pairs(b)).filter(|(x, y)| **x != *y).count();
        assert_eq!(distance(&[0, 1, 2, 3], &[0, 1, 2, 3]), 0);
        assert_eq!(distance(&[0, 1, 2, 3], &[1, 0, 2, 3]), 1);
        assert_eq!(distance(&[0, 1, 2, 3], &[3, 2, 1, 0]), 6);
    }
}
