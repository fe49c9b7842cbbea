//! Sums of exponentials, the hot inner loop of a Parzen estimator.
//!
//! libm's `exp` takes a few nanoseconds and branches; here the compiler can work on several arguments at once
//! because the body is straight-line arithmetic. Only +, −, × and bit shifts: the same bits everywhere.

const LOG2_E: f64 = std::f64::consts::LOG2_E;
/// ln 2, split so that `k * LN2_HIGH` is exact for |k| < 2¹¹ (Cody and Waite 1980).
const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
/// Adding 1.5 · 2⁵² rounds to an integer and leaves it, in two's complement, in the low bits.
const ROUND: f64 = 6_755_399_441_055_744.0;
/// Below this an exponential counts as zero: e⁻⁷⁰⁰ ≈ 10⁻³⁰⁴ is still normal.
const SMALLEST: f64 = -700.0;
/// Exponentials that are worked on at once.
const LANES: usize = 8;

/// exp(x) for x ≤ 700, to 2 units in the last place; arguments below −700 are taken as −700.
#[inline(always)]
pub(crate) fn exp(x: f64) -> f64 {
    let x = x.max(SMALLEST);
    let shifted = x * LOG2_E + ROUND;
    let k = shifted - ROUND;
    let r = (x - k * LN2_HIGH) - k * LN2_LOW;
    // Taylor's polynomial of degree 13 on |r| ≤ ln 2 / 2: the remainder is below 2⁻⁵⁶. By pairs (Estrin 1960), so that
    // no step waits for many others; the two terms that decide the last digit come last.
    let (r2, r4) = (r * r, (r * r) * (r * r));
    let c23 = 0.5 + r * (1.0 / 6.0);
    let c45 = 1.0 / 24.0 + r * (1.0 / 120.0);
    let c67 = 1.0 / 720.0 + r * (1.0 / 5_040.0);
    let c89 = 1.0 / 40_320.0 + r * (1.0 / 362_880.0);
    let c1011 = 1.0 / 3_628_800.0 + r * (1.0 / 39_916_800.0);
    let c1213 = 1.0 / 479_001_600.0 + r * (1.0 / 6_227_020_800.0);
    let low = c23 + r2 * c45;
    let high = (c67 + r2 * c89) + r4 * (c1011 + r2 * c1213);
    let p = 1.0 + (r + r2 * (low + r4 * high));
    let scale = f64::from_bits((shifted.to_bits() << 52).wrapping_add(1023 << 52));
    p * scale
}

/// Σ wᵢ · exp(xᵢ − shift), in eight interleaved partial sums.
pub(crate) fn weighted_sum(xs: &[f64], weights: &[f64], shift: f64) -> f64 {
    let mut sums = [0.0; LANES];
    let (xs_head, xs_tail) = xs.as_chunks::<LANES>();
    let (w_head, w_tail) = weights.as_chunks::<LANES>();
    for (x, w) in xs_head.iter().zip(w_head) {
        for lane in 0..LANES {
            sums[lane] += w[lane] * exp(x[lane] - shift);
        }
    }
    let tail: f64 = xs_tail.iter().zip(w_tail).map(|(x, w)| w * exp(x - shift)).sum();
    let [a, b, c, d, e, f, g, h] = sums;
    ((a + b) + (c + d)) + ((e + f) + (g + h)) + tail
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn exp_is_libms_to_a_few_units(x in -690.0..690.0f64) {
            let (ours, libms) = (exp(x), libm::exp(x));
            prop_assert!((ours - libms).abs() <= 4.0 * f64::EPSILON * libms, "{x}: {ours} {libms}");
        }

        #[test]
        fn a_weighted_sum_is_the_sum_of_its_terms(xs in proptest::collection::vec(-60.0..0.0f64, 0..40)) {
            let weights: Vec<f64> = (1..=xs.len()).map(|i| i as f64).collect();
            let plain: f64 = xs.iter().zip(&weights).map(|(x, w)| w * libm::exp(x + 1.0)).sum();
            prop_assert!((weighted_sum(&xs, &weights, -1.0) - plain).abs() <= 1e-13 * (1.0 + plain));
        }
    }

    #[test]
    fn minus_infinity_counts_as_nothing() {
        assert!(exp(f64::NEG_INFINITY) < 1e-300);
        assert_eq!(exp(0.0), 1.0);
    }
}
