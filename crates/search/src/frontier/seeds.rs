//! The grid of first trials.

use serde_json::{Map, Value};
use space::{Point, Scalar, Space, Stream};

use super::least;
use crate::SearchError;

/// The combinations of some values of some parameters, numbered; the last parameter turns fastest.
#[derive(Clone, Debug)]
pub(crate) struct Seeds {
    axes: Vec<(usize, Vec<Scalar>)>,
}

impl Seeds {
    /// Of the given table from path to list, or of the least values of those that grow.
    pub(crate) fn new(
        space: &Space,
        grow: &[usize],
        table: &Map<String, Value>,
    ) -> Result<Self, SearchError> {
        if table.is_empty() {
            let axis = |&i: &usize| Some((i, vec![least(&space.parameters()[i].domain)?]));
            return Ok(Seeds { axes: grow.iter().filter_map(axis).collect() });
        }
        let axis = |(path, values): (&String, &Value)| {
            let wrong =
                |what: String| SearchError::Unsuitable(format!("sampler frontier: seeds.{path}: {what}"));
            let i = space
                .index(path)
                .ok_or_else(|| wrong("there is no such parameter in the space".to_owned()))?;
            let domain = &space.parameters()[i].domain;
            let values = values.as_array().filter(|values| !values.is_empty());
            let values = values.ok_or_else(|| wrong("it needs a list of values".to_owned()))?;
            let values: Result<Vec<Scalar>, String> =
                values.iter().map(|value| domain.from_json(value)).collect();
            Ok((i, values.map_err(wrong)?))
        };
        Ok(Seeds { axes: table.iter().map(axis).collect::<Result<_, SearchError>>()? })
    }

    /// How many combinations there are.
    pub(crate) fn count(&self) -> u64 {
        self.axes.iter().fold(1, |product: u64, (_, values)| product.saturating_mul(values.len() as u64))
    }

    /// The combination of this number, and everything else drawn.
    pub(crate) fn point(&self, space: &Space, number: u64, stream: &mut Stream) -> Point {
        let mut rest = number;
        let mut fixed: Vec<Option<&Scalar>> = vec![None; space.parameters().len()];
        for (i, values) in self.axes.iter().rev() {
            let count = values.len() as u64;
            fixed[*i] = values.get((rest % count) as usize);
            rest /= count;
        }
        space.complete(|i, _| match fixed[i] {
            Some(value) => value.clone(),
            None => space.parameters()[i].domain.sample(stream),
        })
    }
}
