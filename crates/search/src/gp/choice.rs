//! Fits at certain numbers of trials: which transform of the values, and which hyper-parameters.

use super::design::Design;
use super::fit::{Fit, Sample, fit, leave_one_out, prior_top};
use super::layout::Layout;
use super::values::{Prepared, Transform};

/// Fits are made to at most so many rows; what decides is long clear then.
pub(crate) const MOST_ROWS: usize = 400;
/// Evaluations for each transform before one is chosen, and for the chosen one after.
const TRY: u32 = 15;
const FINISH: u32 = 30;
/// With fewer values there is nothing to choose by.
const FEW_VALUES: usize = 6;

/// Which transforms may be chosen.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Transforms {
    /// The one of the best leave-one-out density.
    #[default]
    Any,
    /// None: standardised values.
    Standard,
    /// Ranks.
    #[allow(dead_code, reason = "an arm of `auto`")]
    Ranked,
}

/// The next number of values at which hyper-parameters are fitted, after a fit at `last`.
pub(crate) fn next_fit(last: usize) -> usize {
    last + (last / 8).max(1)
}

/// Fits to values at the rows of a design. `last` is where the search for hyper-parameters starts, besides at the top of their
/// prior.
pub(crate) fn choose(
    layout: &Layout,
    design: &Design,
    values: &Prepared,
    noise_weights: &[f64],
    last: Option<&Fit>,
    transforms: Transforms,
) -> Fit {
    let top = prior_top(layout);
    let known = last.map(|fit| fit.theta.clone()).filter(|theta| theta.len() == top.len());
    let candidates = match transforms {
        Transforms::Standard => vec![Transform::None],
        Transforms::Ranked => vec![Transform::Rank],
        Transforms::Any if design.len() < FEW_VALUES => vec![Transform::None],
        Transforms::Any => vec![Transform::None, values.yeo_johnson(), Transform::Rank],
    };
    let starts: Vec<Vec<f64>> = known.into_iter().collect();
    let one = candidates.len() == 1;
    let mut best: Option<(f64, Fit)> = None;
    for transform in candidates {
        let z = values.transformed(transform);
        let sample = Sample { layout, design, values: &z, noise_weights };
        let from = if starts.is_empty() { std::slice::from_ref(&top) } else { &starts[..] };
        let theta = fit(&sample, from, TRY);
        let density = if one {
            0.0
        } else {
            leave_one_out(&sample, &theta).map_or(f64::NEG_INFINITY, |logs| {
                let changes = values.change(transform);
                logs.iter().zip(changes).filter_map(|(log, change)| change.map(|c| log + c)).sum()
            })
        };
        if best.as_ref().is_none_or(|(least, _)| density > *least) {
            best = Some((density, Fit { transform, theta }));
        }
    }
    let Some((_, chosen)) = best else { return Fit { transform: Transform::None, theta: top } };
    let z = values.transformed(chosen.transform);
    let sample = Sample { layout, design, values: &z, noise_weights };
    let theta = fit(&sample, &[chosen.theta, top], FINISH);
    Fit { transform: chosen.transform, theta }
}
