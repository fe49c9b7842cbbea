//! Variation of numbers in [0, 1], by polynomial distributions that end at the bounds.

/// The two children of `a` and `b` by simulated binary crossover (Deb and Agrawal 1995, bounded as in Deb's code of
/// NSGA-II): as far from their parents as single-point crossover of bit strings puts them. A greater `eta` keeps them
/// nearer. `u` is uniform in [0, 1).
pub(crate) fn cross(a: f64, b: f64, eta: f64, u: f64) -> (f64, f64) {
    let (low, high) = (a.min(b), a.max(b));
    let apart = high - low;
    if apart < 1e-14 {
        return (a, b);
    }
    let spread = |to_bound: f64| {
        let beta = 1.0 + 2.0 * to_bound / apart;
        let alpha = 2.0 - libm::pow(beta, -(eta + 1.0));
        let base = if u <= 1.0 / alpha { u * alpha } else { 1.0 / (2.0 - u * alpha) };
        libm::pow(base, 1.0 / (eta + 1.0))
    };
    let middle = low + high;
    let near_low = 0.5 * (middle - spread(low) * apart);
    let near_high = 0.5 * (middle + spread(1.0 - high) * apart);
    (near_low.clamp(0.0, 1.0), near_high.clamp(0.0, 1.0))
}

/// Polynomial mutation (Deb and Goyal 1996, bounded): mostly a small step, of about 1/`eta` of the range.
pub(crate) fn mutate(x: f64, eta: f64, u: f64) -> f64 {
    let power = eta + 1.0;
    let step = if u < 0.5 {
        let base = 2.0 * u + (1.0 - 2.0 * u) * libm::pow(1.0 - x, power);
        libm::pow(base, 1.0 / power) - 1.0
    } else {
        let base = 2.0 * (1.0 - u) + (2.0 * u - 1.0) * libm::pow(x, power);
        1.0 - libm::pow(base, 1.0 / power)
    };
    (x + step).clamp(0.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn children_stay_in_the_bounds(a in 0.0..=1.0f64, b in 0.0..=1.0f64, u in 0.0..1.0f64) {
            let (c, d) = cross(a, b, 15.0, u);
            prop_assert!((0.0..=1.0).contains(&c) && (0.0..=1.0).contains(&d) && c <= d || a == b || (a - b).abs() < 1e-14);
            prop_assert!((0.0..=1.0).contains(&mutate(a, 20.0, u)));
        }

        #[test]
        fn far_from_the_bounds_children_have_their_parents_mean(
            a in 0.45..0.55f64, b in 0.45..0.55f64, u in 0.05..0.95f64,
        ) {
            let (c, d) = cross(a, b, 15.0, u);
            prop_assert!((c + d - a - b).abs() < 1e-6);
        }

        #[test]
        fn mutation_reaches_far_and_mostly_stays_near(x in 0.0..=1.0f64) {
            prop_assert!(mutate(x, 20.0, 0.0) < 1e-12);
            prop_assert!(mutate(x, 20.0, 1.0 - f64::EPSILON) > 0.8);
            prop_assert!((mutate(x, 20.0, 0.5) - x).abs() < 1e-12);
        }
    }
}
