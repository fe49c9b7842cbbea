//! How a search that will model its results begins.

use space::{Point, Space};

/// How many results there are before a model of so many dimensions is asked.
pub(crate) fn results(dimensions: usize) -> usize {
    (dimensions + 2).clamp(5, 12)
}

/// The first point: the defaults, and the centre of what has none.
pub(crate) fn point(space: &Space) -> Point {
    let centre = space.decode(&vec![0.5; space.encoding().width()]);
    let parameters = space.parameters();
    space.complete(|i, _| {
        let known = parameters[i].default.clone().or_else(|| centre.get(i).cloned());
        known.unwrap_or_else(|| parameters[i].domain.nth(&0u32.into()))
    })
}
