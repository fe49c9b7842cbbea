//! How promising a point is, from what models predict there.
//!
//! Log expected improvement in the form that stays exact, with a useful gradient, where the improvement itself underflows
//! (Ament, Daulton, Eriksson, Balandat, Bakshy 2023, arXiv:2310.20708): ln EI = ln σ + ln h((best − μ)/σ),
//! h(z) = φ(z) + z Φ(z). Under constraints the logarithm of the probability that each holds is added (Schonlau, Welch, Jones
//! 1998; Gardner et al. 2014).

use crate::maths::exp::exp;
use crate::maths::normal::{LN_SQRT_2PI, log_cdf};

/// What a model predicts of a value at a point.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Moments {
    pub(crate) mean: f64,
    /// Of the function, without noise.
    pub(crate) variance: f64,
}

/// A score and its derivatives by mean and variance.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Scored {
    pub(crate) score: f64,
    pub(crate) by_mean: f64,
    pub(crate) by_variance: f64,
}

/// ln of the expected improvement below `best`.
pub(crate) fn log_expected_improvement(moments: Moments, best: f64) -> Scored {
    let sigma = moments.variance.sqrt();
    let z = (best - moments.mean) / sigma;
    let (log_h, slope, gain) = log_h(z);
    // d ln EI = d ln σ + slope · dz, dz = −dμ/σ − z dσ/σ, dσ = dσ²/(2σ), and 1 − slope · z = φ/h.
    Scored {
        score: libm::log(sigma) + log_h,
        by_mean: -slope / sigma,
        by_variance: gain / (2.0 * moments.variance),
    }
}

/// ln of the probability that the value is at most `limit`.
pub(crate) fn log_probability_below(moments: Moments, limit: f64) -> Scored {
    let sigma = moments.variance.sqrt();
    let z = (limit - moments.mean) / sigma;
    let score = log_cdf(z);
    // φ/Φ, of logarithms so that it holds far out.
    let slope = libm::exp(-0.5 * z * z - LN_SQRT_2PI - score);
    Scored { score, by_mean: -slope / sigma, by_variance: -slope * z / (2.0 * moments.variance) }
}

/// h(z), Φ(z) and φ(z): what E[max(0, end − Y)] and its derivatives are made of, in units of the deviation.
pub(crate) fn hinge(z: f64) -> [f64; 3] {
    if z > 9.0 {
        // 1 − Φ is below 10⁻¹⁸.
        return [z, 1.0, 0.0];
    }
    if z < -37.0 {
        return [0.0; 3];
    }
    let density = exp(-0.5 * z * z - LN_SQRT_2PI);
    let cdf = crate::maths::normal::cdf(z);
    let h = if z > -10.0 { density + z * cdf } else { density * mills_rest(-z).0 };
    [h, cdf, density]
}

/// ln h(z), its derivative Φ(z)/h(z), and φ(z)/h(z).
fn log_h(z: f64) -> (f64, f64, f64) {
    if z > -1.0 {
        let (density, cdf) = (exp(-0.5 * z * z - LN_SQRT_2PI), crate::maths::normal::cdf(z));
        let h = density + z * cdf;
        (libm::log(h), cdf / h, density / h)
    } else {
        // h = φ(z)·(1 − |z| M), with Mills' ratio M = Φ(z)/φ(z).
        let far = -z;
        let (rest, mills) = mills_rest(far);
        (-0.5 * z * z - LN_SQRT_2PI + libm::log(rest), mills / rest, 1.0 / rest)
    }
}

/// 1 − x M(x) and M(x), Mills' ratio at −x, for x ≥ 1.
fn mills_rest(x: f64) -> (f64, f64) {
    if x < 10.0 {
        let mills = crate::maths::normal::cdf(-x) * libm::exp(0.5 * x * x + LN_SQRT_2PI);
        (1.0 - x * mills, mills)
    } else {
        // The divergent series of 1 − x M (Abramowitz and Stegun 26.2.12); its first dropped term is below 10⁻⁹.
        let y = 1.0 / (x * x);
        let rest = y
            * (1.0
                - 3.0
                    * y
                    * (1.0
                        - 5.0 * y * (1.0 - 7.0 * y * (1.0 - 9.0 * y * (1.0 - 11.0 * y * (1.0 - 13.0 * y))))));
        (rest, (1.0 - rest) / x)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn log_h_equals_published_figures() {
        // scipy 1.17.1: log(exp(-z²/2)/sqrt(2π) + z·scipy.special.ndtr(z))
        let figures = [
            (1.0, 0.080_026_218_849_307_04),
            (0.0, -0.918_938_533_204_672_7),
            (-1.0, -2.485_121_025_712_641_3),
            (-5.0, -16.744_301_162_660_925),
        ];
        for (z, expected) in figures {
            assert!((log_h(z).0 - expected).abs() < 1e-9, "{z}: {} {expected}", log_h(z).0);
        }
    }

    #[test]
    fn the_forms_meet() {
        for z in [-1.0, -10.0] {
            let (a, b) = (log_h(z - 1e-9), log_h(z + 1e-9));
            assert!((a.0 - b.0).abs() < 1e-6 && (a.1 - b.1).abs() < 1e-6, "{z}: {a:?} {b:?}");
        }
    }

    proptest! {
        #[test]
        fn derivatives_are_slopes(mean in -3.0..30.0f64, variance in 1e-3..4.0f64, best in -2.0..2.0f64) {
            for f in [log_expected_improvement, log_probability_below] {
                let at = |m: f64, v: f64| f(Moments { mean: mean + m, variance: variance + v }, best);
                let step = 1e-6 * variance;
                let by_mean = (at(step, 0.0).score - at(-step, 0.0).score) / (2.0 * step);
                let by_variance = (at(0.0, step).score - at(0.0, -step).score) / (2.0 * step);
                let own = at(0.0, 0.0);
                prop_assert!((by_mean - own.by_mean).abs() <= 1e-3 * (1.0 + by_mean.abs()), "{} {:?}", by_mean, own);
                prop_assert!((by_variance - own.by_variance).abs() <= 1e-3 * (1.0 + by_variance.abs()));
            }
        }

        #[test]
        fn more_room_and_a_lower_mean_are_better(mean in -3.0..3.0f64, variance in 1e-6..4.0f64) {
            let scored = log_expected_improvement(Moments { mean, variance }, 0.0);
            prop_assert!(scored.by_mean < 0.0 && scored.by_variance >= 0.0 && scored.score.is_finite());
        }
    }
}
