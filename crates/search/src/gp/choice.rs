//! Fits at certain numbers of trials: which transform of the values, and which hyper-parameters.

use super::design::Design;
use super::fit::{Fit, NOISE, Sample, fit, leave_one_out, prior_top};
use super::layout::Layout;
use super::values::{Prepared, Transform};

/// Fits are made to at most so many rows; what decides is long clear then.
pub(crate) const MOST_ROWS: usize = 300;
/// Evaluations for each transform before one is chosen (half of them once settled), and for the chosen one after.
const TRY: u32 = 16;
const FINISH: u32 = 30;
/// From so many values on a fit starts at the last one only: the top of the prior leads to no better one any more.
const SETTLED: usize = 150;
/// With fewer values there is nothing to choose by.
const FEW_VALUES: usize = 6;

/// How well the noise is known where repetitions show it, in logarithms.
const KNOWN: f64 = 0.5;

/// ln of a variance after a transform, whose slope is taken where the middle of the values lies.
fn known_noise(values: &Prepared, transform: Transform, variance: f64) -> f64 {
    let mut slopes: Vec<f64> = values.change(transform).into_iter().flatten().collect();
    slopes.sort_by(f64::total_cmp);
    let slope = slopes.get(slopes.len() / 2).copied().unwrap_or(0.0);
    (libm::log(variance.max(1e-300)) + 2.0 * slope).clamp(-16.0, 0.7)
}

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

/// What may be chosen and fitted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Ways {
    pub(crate) transforms: Transforms,
    /// Whether numbers are warped, once there are ten values for each parameter.
    pub(crate) warp: bool,
}

/// Values for each parameter before numbers are warped.
const PER_DIMENSION: usize = 10;

/// A start that takes most of the ups and downs for noise over a slow trend. Without it a rugged objective can end at lengths so
/// short that nothing is learned from one point about another.
fn smooth(layout: &Layout, top: &[f64]) -> Vec<f64> {
    let mut start = top.to_vec();
    start[..layout.numbers].iter_mut().for_each(|length| *length += 0.7);
    if let Some(noise) = start.last_mut() {
        *noise = libm::log(0.3);
    }
    start
}

/// The next number of values at which hyper-parameters are fitted, after a fit at `last`.
pub(crate) fn next_fit(last: usize) -> usize {
    last + (last / 8).max(1)
}

/// Fits to values at the rows of a design. `last` is where the search for hyper-parameters starts, besides at the top of their
/// prior. `variance` is that of the noise, as repetitions show it, in units of the prepared values.
pub(crate) fn choose(
    layout: &Layout,
    design: &Design,
    values: &Prepared,
    (noise_weights, variance): (&[f64], Option<f64>),
    last: Option<&Fit>,
    ways: Ways,
) -> Fit {
    let Ways { transforms, warp } = ways;
    let warp = warp && design.len() >= PER_DIMENSION * layout.dimensions();
    let noise =
        |transform| variance.map_or(NOISE, |variance| (known_noise(values, transform, variance), KNOWN));
    let top = prior_top(layout, NOISE.0, warp);
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
        let sample = Sample { layout, design, values: &z, noise_weights, noise: noise(transform) };
        let from = if starts.is_empty() { std::slice::from_ref(&top) } else { &starts[..] };
        let theta =
            fit(&sample, from, if starts.is_empty() || design.len() < SETTLED { TRY } else { TRY / 2 });
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
    let sample = Sample { layout, design, values: &z, noise_weights, noise: noise(chosen.transform) };
    let mut from = vec![chosen.theta, smooth(layout, &top)];
    if design.len() < SETTLED {
        from.push(top);
    }
    let theta = fit(&sample, &from, FINISH);
    Fit { transform: chosen.transform, theta }
}
