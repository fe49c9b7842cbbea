//! Hyper-parameters of greatest posterior density: the marginal likelihood of the values times the priors, climbed from
//! several starts with exact gradients.
//!
//! Priors: a length is LogNormal(√2 + ½ ln d, √3) for d parameters, so that the typical distance between points, which grows
//! with √d, keeps its meaning (Hvarfner, Hellsten, Nardi 2024, arXiv:2402.02229); a label's rate has the same spread about
//! the same effect; the noise is wide. The density is that of the lengths themselves, as in BoTorch, so that in logarithms
//! its top lies σ² below the median. The outputs have unit scale. The constant mean is estimated, not integrated over.

use linalg::product::dot;
use linalg::{Cholesky, wide};
use serde::{Deserialize, Serialize};

use super::design::Design;
use super::kernel::{Parameters, Scaled, Work, plain};
use super::layout::Layout;
use super::values::Transform;
use crate::maths::lbfgsb::{Minimiser, Stop};
use crate::maths::normal::LN_SQRT_2PI;

/// Spread of the priors on lengths and rates, in logarithms: √3.
const SPREAD: f64 = 1.732_050_807_568_877_2;
/// Where the noise's variance is expected, and how little is known of it (both in logarithms).
pub(crate) const NOISE: (f64, f64) = (-9.0, 3.0);
/// Spread of the prior on the logit of what blocks share.
const SHARED_SPREAD: f64 = 1.5;
/// Spread of the prior on the warp's exponents, in logarithms, about 1.
const WARP_SPREAD: f64 = 0.75;
/// After so many evaluations a start that is behind the best one by more gives up.
const LEAD: u32 = 12;
const BEHIND: f64 = 3.0;
/// Bounds in logarithms.
const LENGTHS: (f64, f64) = (-4.6, 8.0);
const RATES: (f64, f64) = (-9.0, 3.5);
const SHARED: (f64, f64) = (-6.0, 6.0);
const WARPS: (f64, f64) = (-1.5, 1.5);
const NOISES: (f64, f64) = (-16.0, 0.7);

/// What was fitted: how the values are transformed, and the hyper-parameters ([`Parameters`]).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Fit {
    pub(crate) transform: Transform,
    pub(crate) theta: Vec<f64>,
}

impl Fit {
    /// Whether it has the hyper-parameters of a space: one that grew since has others.
    pub(crate) fn is_of(&self, layout: &Layout) -> bool {
        let plain = plain(layout) + 1;
        self.theta.len() == plain || self.theta.len() == plain + 2 * layout.numbers
    }
}

/// What hyper-parameters are fitted to: points, values of mean about 0 and spread about 1, and how many times the noise's
/// variance each value has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sample<'a> {
    pub(crate) layout: &'a Layout,
    pub(crate) design: &'a Design,
    pub(crate) values: &'a [f64],
    pub(crate) noise_weights: &'a [f64],
    /// Where the noise's variance is expected, and with what spread, in logarithms: [`NOISE`] where nothing is known of it.
    pub(crate) noise: (f64, f64),
}

/// Where the prior has its top, in logarithms.
pub(crate) fn prior_top(layout: &Layout, noise: f64, warp: bool) -> Vec<f64> {
    let dimensions = layout.dimensions().max(1) as f64;
    let length = std::f64::consts::SQRT_2 + 0.5 * libm::log(dimensions) - SPREAD * SPREAD;
    let rate = libm::log(3.0 / dimensions);
    let mut top = vec![length; layout.numbers];
    top.extend(std::iter::repeat_n(rate, layout.rates));
    top.extend(std::iter::repeat_n(0.0, layout.blocks.len() - 1));
    if warp {
        top.extend(std::iter::repeat_n(0.0, 2 * layout.numbers));
    }
    top.push(noise);
    top
}

fn bounds(layout: &Layout, warp: bool) -> Vec<(f64, f64)> {
    let mut bounds = vec![LENGTHS; layout.numbers];
    bounds.extend(std::iter::repeat_n(RATES, layout.rates));
    bounds.extend(std::iter::repeat_n(SHARED, layout.blocks.len() - 1));
    if warp {
        bounds.extend(std::iter::repeat_n(WARPS, 2 * layout.numbers));
    }
    bounds.push(NOISES);
    bounds
}

/// Hyper-parameters of greatest density found from `starts`, with so many evaluations each; the first of equals. Starts race:
/// after [`LEAD`] evaluations those far behind give up.
pub(crate) fn fit(sample: &Sample<'_>, starts: &[Vec<f64>], evaluations: u32) -> Vec<f64> {
    let warp = starts.first().is_some_and(|start| start.len() > plain(sample.layout) + 1);
    let top = prior_top(sample.layout, sample.noise.0, warp);
    let stop = Stop { gradient: 1e-3, decrease: 1e-3, evaluations };
    let begin = |start: &Vec<f64>| Minimiser::new(start, bounds(sample.layout, warp), stop);
    let mut climbs: Vec<Minimiser> = starts.iter().map(begin).collect();
    let mut work = Work::default();
    let mut gradient = vec![0.0; top.len()];
    let mut go = |climb: &mut Minimiser, evaluations: u32| {
        for _ in 0..evaluations {
            let Some(theta) = climb.wanted() else { break };
            let value = wide(
                #[inline(always)]
                || negative_density(sample, &top, theta, &mut gradient, |v| !climb.refuses(v), &mut work),
            );
            climb.tell(value, &gradient);
        }
    };
    let lead = if climbs.len() > 1 { LEAD } else { evaluations };
    climbs.iter_mut().for_each(|climb| go(climb, lead));
    let least = climbs.iter().map(Minimiser::value).fold(f64::INFINITY, f64::min);
    climbs.retain(|climb| climb.value().is_finite() && climb.value() <= least + BEHIND);
    climbs.iter_mut().for_each(|climb| go(climb, evaluations));
    let best = climbs.into_iter().reduce(|best, next| if next.value() < best.value() { next } else { best });
    best.map_or(top, |climb| climb.best().to_vec())
}

/// The estimated mean, and K⁻¹(y − mean).
pub(crate) fn residuals(factor: &Cholesky, values: &[f64]) -> (f64, Vec<f64>) {
    let n = values.len();
    let (mut ones, mut alpha) = (vec![1.0; n], values.to_vec());
    factor.solve_lower(&mut ones);
    factor.solve_lower(&mut alpha);
    let mean = dot(&ones, &alpha) / dot(&ones, &ones).max(f64::MIN_POSITIVE);
    alpha.iter_mut().zip(&ones).for_each(|(a, one)| *a -= mean * one);
    factor.solve_upper(&mut alpha);
    (mean, alpha)
}

/// −ln of the posterior density of θ, up to a constant, and, where it is wanted of that value, its gradient: most of the time.
#[inline(always)]
fn negative_density(
    sample: &Sample<'_>,
    top: &[f64],
    theta: &[f64],
    gradient: &mut [f64],
    wants_gradient: impl Fn(f64) -> bool,
    work: &mut Work,
) -> f64 {
    let Sample { layout, design, values, noise_weights, .. } = sample;
    let parameters = Parameters::new(layout, theta);
    let scaled = Scaled::for_fit(layout, &parameters, design);
    let Some(factor) = Cholesky::new(scaled.gram(noise_weights, work)) else { return f64::INFINITY };
    let (mean, alpha) = residuals(&factor, values);
    let fit: f64 = alpha.iter().zip(*values).map(|(a, y)| a * (y - mean)).sum();
    let n = values.len();
    let mut density = 0.5 * fit + 0.5 * factor.log_determinant() + n as f64 * LN_SQRT_2PI;
    gradient.fill(0.0);
    for i in 0..theta.len() {
        let spread = spread(sample, i, theta.len());
        let z = (theta[i] - top[i]) / spread;
        density += 0.5 * z * z;
        gradient[i] = z / spread;
    }
    if !wants_gradient(density) {
        return density;
    }
    let inverse = factor.inverse();
    let (mut weights, mut line) = (vec![0.0; n], vec![0.0; n]);
    let mut noise = 0.0;
    for a in 0..n {
        let row = &design.rows[a];
        scaled.correlate(row, a, work, &mut line);
        scaled.weigh(row, a, work, &line);
        // The derivative of −ln likelihood: ½ tr((K⁻¹ − ααᵀ) ∂K); what lies off the diagonal counts twice.
        let known = inverse.row(a);
        weights[..a].iter_mut().zip(known).zip(&alpha).for_each(|((w, k), b)| *w = k - alpha[a] * b);
        scaled.pull(row, &weights[..a], work, gradient);
        noise += 0.5 * (known[a] - alpha[a] * alpha[a]) * parameters.noise * noise_weights[a];
    }
    gradient[theta.len() - 1] += noise;
    density
}

/// Spread of the prior on one of so many hyper-parameters.
fn spread(sample: &Sample<'_>, i: usize, all: usize) -> f64 {
    let layout = sample.layout;
    if i + 1 == all {
        sample.noise.1
    } else if i < layout.numbers + layout.rates {
        SPREAD
    } else if i < plain(layout) {
        SHARED_SPREAD
    } else {
        WARP_SPREAD
    }
}

/// ln of the leave-one-out predictive density of each value (Rasmussen and Williams 2006, section 5.4.2).
pub(crate) fn leave_one_out(sample: &Sample<'_>, theta: &[f64]) -> Option<Vec<f64>> {
    let Sample { layout, design, values, noise_weights, .. } = sample;
    let parameters = Parameters::new(layout, theta);
    let scaled = Scaled::new(layout, &parameters, design);
    let gram = wide(
        #[inline(always)]
        || scaled.gram(noise_weights, &mut Work::default()),
    );
    let factor = Cholesky::new(gram)?;
    let (_, alpha) = residuals(&factor, values);
    let inverse = factor.inverse();
    let density = |i: usize| {
        let precision = inverse[(i, i)];
        0.5 * libm::log(precision) - 0.5 * alpha[i] * alpha[i] / precision - LN_SQRT_2PI
    };
    Some((0..values.len()).map(density).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;
    use space::{Space, Stream};

    #[test]
    fn the_gradient_of_the_density_is_its_slope() {
        let declarations = serde_json::from_value(json!({
            "x": {"float": [0.0, 1.0]}, "n": {"int": [1, 5]}, "c": {"choice": ["a", "b", "c"]},
            "order": {"permutation": ["a", "b", "c"]},
            "m": {"choice": [{"name": "u", "k": {"int": [1, 9]}, "l": {"float": [0.0, 1.0]}}, {"name": "v", "flag": {"bool": true}}, "w"]}
        }));
        let space = Space::build(&declarations.unwrap(), &[]).unwrap();
        let layout = Layout::new(&space);
        let mut stream = Stream::new(1, 0, 0);
        let rows: Vec<_> = (0..40).map(|_| layout.row(&space, &space.sample(&mut stream))).collect();
        let design = Design::of(&layout, &rows);
        let values: Vec<f64> =
            rows.iter().map(|r| r.numbers[0] * 3.0 - 1.0 + f64::from(r.labels[0])).collect();
        let noise_weights: Vec<f64> = (0..40).map(|i| 1.0 / f64::from(1 + i % 3)).collect();
        let sample = Sample {
            layout: &layout,
            design: &design,
            values: &values,
            noise_weights: &noise_weights,
            noise: NOISE,
        };
        let top = prior_top(&layout, NOISE.0, true);
        let mut theta: Vec<f64> = top.iter().map(|x| x + 0.6 * stream.normal()).collect();
        theta[top.len() - 1] = -3.0;
        let mut work = Work::default();
        let mut gradient = vec![0.0; theta.len()];
        let mut ignored = gradient.clone();
        negative_density(&sample, &top, &theta, &mut gradient, |_| true, &mut work);
        for i in 0..theta.len() {
            let mut at = |x: f64| {
                let mut moved = theta.clone();
                moved[i] += x;
                negative_density(&sample, &top, &moved, &mut ignored, |_| true, &mut work)
            };
            let slope = (at(1e-5) - at(-1e-5)) / 2e-5;
            assert!((slope - gradient[i]).abs() < 1e-5 * (1.0 + slope.abs()), "{i}: {slope} {}", gradient[i]);
        }
    }
}
