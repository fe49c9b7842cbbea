//! Importances by a forest, for Python: numbers in, numbers out.

use pyo3::prelude::*;
use search::importance::{Axis, FanovaOptions, Samples, fanova};

/// One parameter: how many options it has (0 for a number), then its low end, high end, whether it is on a log scale,
/// and its step.
type Described = (usize, f64, f64, bool, Option<f64>);

/// Grows a forest on trials and takes it apart.
///
/// `columns` holds for each axis the value of each trial (an option's place), `values` what each trial came to.
/// Returns for each axis the share of the variance that it explains alone, and the share of what splits by it
/// gained; `None` where there is nothing to explain.
#[pyfunction]
pub(crate) fn forest_importances(
    py: Python<'_>,
    axes: Vec<Described>,
    columns: Vec<Vec<f64>>,
    values: Vec<f64>,
    trees: u32,
    depth: u32,
    seed: u64,
) -> Option<(Vec<f64>, Vec<f64>)> {
    let axes = axes.into_iter().map(axis).collect();
    let samples = Samples { axes, columns, values };
    let options = FanovaOptions {
        trees,
        depth,
        seed,
        fence: false,
        interacting: 0,
        ..FanovaOptions::for_trials(samples.len())
    };
    py.detach(|| fanova(&samples, &options)).map(|found| (found.alone, found.gains))
}

fn axis((options, low, high, log, step): Described) -> Axis {
    if options > 0 { Axis::Options(options) } else { Axis::Line { low, high, log, step } }
}
