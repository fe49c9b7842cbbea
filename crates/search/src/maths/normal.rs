//! The standard normal distribution, accurate far into its tails: distribution function, its logarithm,
//! the logarithm of an interval's mass, and quantiles of a truncated normal.

use std::f64::consts::FRAC_1_SQRT_2;

/// ln √(2π)
pub(crate) const LN_SQRT_2PI: f64 = 0.918_938_533_204_672_8;

/// Φ(x), with full relative accuracy for x ≥ −37.
pub(crate) fn cdf(x: f64) -> f64 {
    0.5 * libm::erfc(-x * FRAC_1_SQRT_2)
}

/// ln Φ(x), for every x.
pub(crate) fn log_cdf(x: f64) -> f64 {
    if x > 0.0 {
        libm::log1p(-cdf(-x))
    } else if x > -30.0 {
        libm::log(cdf(x))
    } else {
        log_cdf_tail(x)
    }
}

/// ln Φ(x) for x ≤ −30 by the divergent series of Mills' ratio (Abramowitz and Stegun 26.2.12), whose
/// first dropped term is below 10⁻¹² there.
fn log_cdf_tail(x: f64) -> f64 {
    if x == f64::NEG_INFINITY {
        return f64::NEG_INFINITY;
    }
    let y = 1.0 / (x * x);
    let ratio = -y * (1.0 - y * (3.0 - y * (15.0 - y * (105.0 - y * 945.0))));
    -0.5 * x * x - libm::log(-x) - LN_SQRT_2PI + libm::log1p(ratio)
}

/// Nodes (positive half) and weights of the ten-point Gauss–Legendre rule.
const GAUSS_LEGENDRE: [(f64, f64); 5] = [
    (0.148_874_338_981_631_21, 0.295_524_224_714_752_87),
    (0.433_395_394_129_247_2, 0.269_266_719_309_996_36),
    (0.679_409_568_299_024_4, 0.219_086_362_515_982_04),
    (0.865_063_366_688_984_5, 0.149_451_349_150_580_6),
    (0.973_906_528_517_171_7, 0.066_671_344_308_688_14),
];

/// ln (Φ(b) − Φ(a)) for a ≤ b. Differences of Φ cancel in the right tail and in narrow intervals: the first is
/// mirrored to the left, the second integrated by quadrature.
pub(crate) fn log_mass(a: f64, b: f64) -> f64 {
    let (a, b) = if a > 0.0 { (-b, -a) } else { (a, b) };
    let half = 0.5 * (b - a);
    let middle = 0.5 * (a + b);
    if half <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if half < 0.25 && (middle * half).abs() < 2.0 {
        return log_mass_narrow(middle, half);
    }
    if b <= 0.0 {
        let upper = log_cdf(b);
        upper + libm::log1p(-libm::exp(log_cdf(a) - upper))
    } else {
        libm::log1p(-cdf(a) - cdf(-b))
    }
}

fn log_mass_narrow(middle: f64, half: f64) -> f64 {
    let sum: f64 = GAUSS_LEGENDRE
        .iter()
        .map(|&(node, weight)| {
            let u = half * node;
            // φ(m + u) + φ(m − u), with φ(m) taken out.
            weight * libm::exp(-0.5 * u * u) * 2.0 * libm::cosh(middle * u)
        })
        .sum();
    -0.5 * middle * middle - LN_SQRT_2PI + libm::log(half * sum)
}

/// Where a standard normal, from which the masses `cut_off` at the lower and the upper end are taken, has the share `u` of
/// the rest to the left. Accurate while less than half is cut off at either end.
pub(crate) fn truncated_quantile(u: f64, cut_off: (f64, f64)) -> f64 {
    let (below, above) = cut_off;
    let mass = 1.0 - below - above;
    let p = below + u * mass;
    if p <= 0.5 { quantile(p) } else { -quantile(above + (1.0 - u) * mass) }
}

/// Φ⁻¹(p) for 0 < p ≤ 1/2, to about 10⁻¹⁵ (algorithm AS 241, PPND16; Wichura 1988). −∞ at 0.
pub(crate) fn quantile(p: f64) -> f64 {
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        return q * ratio(0.180_625 - q * q, &CENTRE);
    }
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    let r = libm::sqrt(-libm::log(p));
    if r <= 5.0 { -ratio(r - 1.6, &SHOULDER) } else { -ratio(r - 5.0, &TAIL) }
}

fn ratio(r: f64, coefficients: &[[f64; 8]; 2]) -> f64 {
    let horner = |c: &[f64; 8]| c.iter().rev().fold(0.0, |sum, &c| sum * r + c);
    horner(&coefficients[0]) / horner(&coefficients[1])
}

/// Numerators and denominators of AS 241, constant term first.
const CENTRE: [[f64; 8]; 2] = [
    [
        3.387_132_872_796_366_6,
        1.331_416_678_917_843_8e2,
        1.971_590_950_306_551_3e3,
        1.373_169_376_550_946e4,
        4.592_195_393_154_987e4,
        6.726_577_092_700_87e4,
        3.343_057_558_358_813e4,
        2.509_080_928_730_122_7e3,
    ],
    [
        1.0,
        4.231_333_070_160_091e1,
        6.871_870_074_920_579e2,
        5.394_196_021_424_751e3,
        2.121_379_430_158_659_7e4,
        3.930_789_580_009_271e4,
        2.872_908_573_572_194_3e4,
        5.226_495_278_852_854e3,
    ],
];
const SHOULDER: [[f64; 8]; 2] = [
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        2.417_807_251_774_506e-1,
        2.272_384_498_926_918_4e-2,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        6.897_673_349_851e-1,
        1.481_039_764_274_800_8e-1,
        1.519_866_656_361_645_7e-2,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
];
const TAIL: [[f64; 8]; 2] = [
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        2.965_605_718_285_048_7e-1,
        2.653_218_952_657_612_4e-2,
        1.242_660_947_388_078_4e-3,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        5.998_322_065_558_88e-1,
        1.369_298_809_227_358e-1,
        1.487_536_129_085_061_5e-2,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
];

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::f64::consts::LN_2;

    /// ln(eᵃ + eᵇ)
    fn log_add(a: f64, b: f64) -> f64 {
        let (low, high) = if a < b { (a, b) } else { (b, a) };
        if high == f64::NEG_INFINITY {
            return high;
        }
        // A difference past 745 underflows to nothing.
        high + if high - low > 745.0 { 0.0 } else { libm::log1p(libm::exp(low - high)) }
    }

    fn close(a: f64, b: f64, tolerance: f64) {
        assert!((a - b).abs() <= tolerance * b.abs().max(1e-300), "{a} is not {b}");
    }

    #[test]
    fn log_cdf_equals_published_figures() {
        // scipy.special.log_ndtr 1.17.1
        close(log_cdf(0.0), -LN_2, 1e-15);
        close(log_cdf(-5.0), -15.064_998_393_988_727, 1e-14);
        close(log_cdf(-29.9), -451.322_912_458_528_7, 1e-12);
        close(log_cdf(-30.1), -457.329_564_416_382_37, 1e-12);
        close(log_cdf(-100.0), -5_005.524_208_694_205, 1e-14);
        close(log_cdf(8.0), -6.220_960_574_271_786e-16, 1e-13);
    }

    #[test]
    fn the_two_forms_of_the_tail_meet() {
        for x in [-30.0, -32.0, -35.0] {
            close(log_cdf_tail(x), libm::log(cdf(x)), 1e-13);
        }
    }

    proptest! {
        #[test]
        fn a_mass_is_the_sum_of_its_halves(a in -40.0..40.0f64, width in 1e-6..30.0f64) {
            let (m, b) = (a + 0.5 * width, a + width);
            let whole = log_mass(a, b);
            let parts = log_add(log_mass(a, m), log_mass(m, b));
            prop_assert!((whole - parts).abs() <= 1e-9, "{whole} {parts}");
        }

        #[test]
        fn a_mass_is_symmetric(a in -40.0..40.0f64, width in 1e-9..30.0f64) {
            let b = a + width;
            prop_assert!((log_mass(a, b) - log_mass(-b, -a)).abs() <= 1e-10);
        }

        #[test]
        fn a_quantile_inverts_the_distribution(x in -37.0..0.0f64) {
            let p = cdf(x);
            prop_assert!((quantile(p) - x).abs() <= 1e-13 * (1.0 + x.abs()) * (1.0 + x * x));
        }

        #[test]
        fn truncated_quantiles_stay_inside_and_grow(
            a in -50.0..0.0f64, b in 0.001..50.0f64, u in 0.0..0.99f64,
        ) {
            let cut_off = (cdf(a), cdf(-b));
            let (x, y) = (truncated_quantile(u, cut_off), truncated_quantile(u + 0.01, cut_off));
            prop_assert!(a - 1e-12 * a.abs() <= x && x <= y && y <= b + 1e-12 * b);
        }
    }
}
