//! From objective values to what a Gaussian process can be fitted to.
//!
//! Values are brought to [0, 1] between the best and the worst finite one, what is not finite is the worst (−∞ the best), and
//! the bad tail is winsorised: a value counts as no worse than the median by five times the spread of the better half. Then
//! one of three transforms makes them look normal. Which one is chosen by [`Prepared::change`] and the leave-one-out density
//! ([`fit`](super::fit)), never fixed.
//!
//! Scaling by powers of two and exact shifts leave every bit as it is.

use serde::{Deserialize, Serialize};

use crate::maths::normal;

/// How many spreads of the better half a value may lie past the median.
const TAIL: f64 = 5.0;

/// What makes values look normal.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Transform {
    /// Mean 0 and spread 1, nothing else.
    None,
    /// Yeo and Johnson's power with this exponent, then the same.
    YeoJohnson(f64),
    /// Normal quantiles of the ranks.
    Rank,
}

/// Values before the transform.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Prepared {
    /// In [0, 1], winsorised.
    unit: Vec<f64>,
    /// Standardised.
    standard: Vec<f64>,
    /// Spread of `unit`; 1 where all are equal.
    spread: f64,
    /// Middle ranks in (0, 1).
    ranks: Vec<f64>,
    /// The value at which the tail is cut.
    cap: f64,
    /// Half of the range of the finite values: half, so that it is finite.
    half_range: f64,
}

impl Prepared {
    pub(crate) fn new(values: &[f64]) -> Self {
        let values = finite(values);
        let low = values.iter().copied().fold(f64::INFINITY, f64::min);
        let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        // Quarters, so that the difference of the largest numbers is one.
        let range = 0.25 * high - 0.25 * low;
        let unit = |y: &f64| if range > 0.0 { (0.25 * y - 0.25 * low) / range } else { 0.0 };
        let mut unit: Vec<f64> = values.iter().map(unit).collect();
        let cap = cap(&unit);
        unit.iter_mut().for_each(|u| *u = u.min(cap));
        let (standard, spread) = standardise(&unit);
        Prepared { ranks: ranks(&values), unit, standard, spread, cap, half_range: 2.0 * range }
    }

    /// A variance in units of the values between the best, 0, and the worst, 1.
    pub(crate) fn in_units(&self, variance: f64) -> f64 {
        let share = variance.sqrt() / self.half_range.max(f64::MIN_POSITIVE) * 0.5;
        share * share
    }

    /// The values after a transform: mean about 0, spread about 1.
    pub(crate) fn transformed(&self, transform: Transform) -> Vec<f64> {
        match transform {
            Transform::None => self.standard.clone(),
            Transform::YeoJohnson(power) => {
                let bent: Vec<f64> = self.standard.iter().map(|x| yeo_johnson(*x, power)).collect();
                standardise(&bent).0
            }
            Transform::Rank => self.ranks.iter().map(|p| quantile(*p)).collect(),
        }
    }

    /// The exponent of Yeo and Johnson's power under which the values are likeliest to be normal.
    pub(crate) fn yeo_johnson(&self) -> Transform {
        let likelihood = |power: f64| {
            let bent: Vec<f64> = self.standard.iter().map(|x| yeo_johnson(*x, power)).collect();
            let (_, spread) = standardise(&bent);
            let jacobian: f64 = self.standard.iter().map(|x| slope(*x, power)).sum();
            jacobian - self.standard.len() as f64 * libm::log(spread)
        };
        // Golden section; the likelihood has one top.
        const GOLDEN: f64 = 0.618_033_988_749_894_8;
        let (mut a, mut b) = (-3.0, 3.0);
        let (mut x, mut y) = (b - GOLDEN * (b - a), a + GOLDEN * (b - a));
        let (mut at_x, mut at_y) = (likelihood(x), likelihood(y));
        for _ in 0..14 {
            if at_x >= at_y {
                (b, y, at_y) = (y, x, at_x);
                x = b - GOLDEN * (b - a);
                at_x = likelihood(x);
            } else {
                (a, x, at_x) = (x, y, at_y);
                y = a + GOLDEN * (b - a);
                at_y = likelihood(y);
            }
        }
        Transform::YeoJohnson(0.5 * (a + b))
    }

    /// ln dz/du of a transform at each value, to compare densities of z; `None` where the tail was cut.
    pub(crate) fn change(&self, transform: Transform) -> Vec<Option<f64>> {
        let linear = -libm::log(self.spread);
        let logs: Vec<f64> = match transform {
            Transform::None => vec![linear; self.unit.len()],
            Transform::YeoJohnson(power) => {
                let bent: Vec<f64> = self.standard.iter().map(|x| yeo_johnson(*x, power)).collect();
                let second = libm::log(standardise(&bent).1);
                self.standard.iter().map(|x| linear + slope(*x, power) - second).collect()
            }
            Transform::Rank => self.rank_slopes(),
        };
        let open = |u: f64| u < self.cap;
        logs.into_iter().zip(&self.unit).map(|(log, u)| open(*u).then_some(log)).collect()
    }

    /// ln of the slope of the quantiles of ranks, from neighbours up to a few ranks away.
    fn rank_slopes(&self) -> Vec<f64> {
        let mut order: Vec<usize> = (0..self.unit.len()).collect();
        order.sort_by(|i, j| self.unit[*i].total_cmp(&self.unit[*j]).then(i.cmp(j)));
        let reach = (order.len() / 20).max(1);
        let mut slopes = vec![0.0; order.len()];
        for (place, i) in order.iter().enumerate() {
            let (below, above) =
                (order[place.saturating_sub(reach)], order[(place + reach).min(order.len() - 1)]);
            let rise = quantile(self.ranks[above]) - quantile(self.ranks[below]);
            let run = self.unit[above] - self.unit[below];
            slopes[*i] = libm::log(rise.max(1e-12) / run.max(1e-12));
        }
        slopes
    }
}

/// Violations of a constraint, bent so that large ones do not drown small ones (asinh), and where 0 lies among the
/// standardised values.
pub(crate) fn around_zero(violations: &[f64]) -> (Prepared, f64) {
    let tamed = finite(violations);
    let mut sizes: Vec<f64> = tamed.iter().map(|v| v.abs()).filter(|v| *v > 0.0).collect();
    sizes.sort_by(f64::total_cmp);
    let unit = sizes.get(sizes.len() / 2).copied().unwrap_or(1.0);
    let bent: Vec<f64> = tamed.iter().map(|v| libm::asinh(v / unit)).collect();
    let n = bent.len().max(1) as f64;
    let mean = bent.iter().sum::<f64>() / n;
    let (standard, spread) = standardise(&bent);
    let prepared =
        Prepared { ranks: ranks(&bent), unit: bent, standard, spread, cap: f64::INFINITY, half_range: 0.5 };
    (prepared, -mean / spread)
}

/// Logarithms, only standardised, and their spread.
pub(crate) fn logarithms(values: &[f64]) -> (Prepared, f64) {
    let (standard, spread) = standardise(values);
    let (unit, ranks) = (values.to_vec(), ranks(values));
    (Prepared { ranks, unit, standard, spread, cap: f64::INFINITY, half_range: 0.5 }, spread)
}

/// What is not finite becomes the worst or, −∞, the best finite value; zeros where there is none.
fn finite(values: &[f64]) -> Vec<f64> {
    let known = || values.iter().copied().filter(|y| y.is_finite());
    let low = known().reduce(f64::min).unwrap_or(0.0);
    let high = known().reduce(f64::max).unwrap_or(0.0);
    let tame = |y: &f64| match *y {
        y if y.is_finite() => y,
        f64::NEG_INFINITY => low,
        _ => high,
    };
    values.iter().map(tame).collect()
}

/// Where the bad tail is cut.
fn cap(unit: &[f64]) -> f64 {
    let mut sorted = unit.to_vec();
    sorted.sort_by(f64::total_cmp);
    let n = sorted.len();
    if n < 3 {
        return f64::INFINITY;
    }
    let median = 0.5 * (sorted[(n - 1) / 2] + sorted[n / 2]);
    let better = &sorted[..n.div_ceil(2)];
    let spread =
        (better.iter().map(|u| (u - median) * (u - median)).sum::<f64>() / better.len() as f64).sqrt();
    if spread > 0.0 { median + TAIL * spread } else { f64::INFINITY }
}

/// Mean 0 and spread 1; the spread there was.
fn standardise(values: &[f64]) -> (Vec<f64>, f64) {
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let spread = (values.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / n).sqrt();
    let spread = if spread > 1e-300 { spread } else { 1.0 };
    (values.iter().map(|x| (x - mean) / spread).collect(), spread)
}

/// The middles of the ranks, ties sharing theirs, as shares in (0, 1).
fn ranks(values: &[f64]) -> Vec<f64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|i, j| values[*i].total_cmp(&values[*j]));
    let mut ranks = vec![0.0; values.len()];
    let mut first = 0;
    while first < order.len() {
        let same = order[first..].iter().take_while(|i| values[**i] == values[order[first]]).count();
        let middle = first as f64 + 0.5 * same as f64;
        order[first..first + same].iter().for_each(|i| ranks[*i] = middle / values.len() as f64);
        first += same;
    }
    ranks
}

fn quantile(p: f64) -> f64 {
    if p <= 0.5 { normal::quantile(p) } else { -normal::quantile(1.0 - p) }
}

/// Yeo and Johnson 2000, equation 2.1.
fn yeo_johnson(x: f64, power: f64) -> f64 {
    let bend = |base: f64, power: f64| {
        if power.abs() < 1e-9 { libm::log1p(base) } else { libm::expm1(power * libm::log1p(base)) / power }
    };
    if x >= 0.0 { bend(x, power) } else { -bend(-x, 2.0 - power) }
}

/// ln of its slope.
fn slope(x: f64, power: f64) -> f64 {
    if x >= 0.0 { (power - 1.0) * libm::log1p(x) } else { (1.0 - power) * libm::log1p(-x) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn units_of_the_objective_do_not_matter(values in proptest::collection::vec(-1000..1000i32, 2..40)) {
            let plain: Vec<f64> = values.iter().map(|v| f64::from(*v) / 1024.0).collect();
            let scaled: Vec<f64> = plain.iter().map(|v| 4.0 * v + 8.0).collect();
            let (plain, scaled) = (Prepared::new(&plain), Prepared::new(&scaled));
            prop_assert_eq!(4.0 * plain.half_range, scaled.half_range);
            prop_assert_eq!(plain, Prepared { half_range: 0.25 * scaled.half_range, ..scaled });
        }

        #[test]
        fn order_is_kept(values in proptest::collection::vec(-1e6..1e6f64, 3..40), power in -2.0..3.0f64) {
            let prepared = Prepared::new(&values);
            for transform in [Transform::None, Transform::YeoJohnson(power), Transform::Rank] {
                let z = prepared.transformed(transform);
                for i in 0..values.len() {
                    for j in 0..values.len() {
                        prop_assert!(values[i] > values[j] || z[i] <= z[j] + 1e-12);
                    }
                }
            }
        }
    }

    #[test]
    fn yeo_johnson_equals_published_figures() {
        // scipy.stats.yeojohnson of [-2, -0.5, 0, 1, 3] at 0.5
        let expected = [-2.797_434_948_471_088, -0.558_078_204_724_922_5, 0.0, 0.828_427_124_746_190_1, 2.0];
        for (x, y) in [-2.0, -0.5, 0.0, 1.0, 3.0].iter().zip(expected) {
            assert!((yeo_johnson(*x, 0.5) - y).abs() < 1e-12, "{x}");
        }
        assert!((yeo_johnson(3.0, 0.0) - libm::log(4.0)).abs() < 1e-15);
    }

    #[test]
    fn odd_values_become_ordinary_ones() {
        let all = [
            vec![f64::INFINITY; 4],
            vec![1e300, -1e300, f64::INFINITY, f64::NEG_INFINITY, f64::NAN],
            vec![0.1, 0.2, 0.3, 0.25, 1e12],
            vec![5.0; 7],
            vec![1e-300, 2e-300, 0.0],
        ];
        for values in all {
            let prepared = Prepared::new(&values);
            for transform in [Transform::None, prepared.yeo_johnson(), Transform::Rank] {
                let z = prepared.transformed(transform);
                assert!(z.iter().all(|z| z.is_finite() && z.abs() < 10.0), "{values:?} {transform:?} {z:?}");
                assert!(prepared.change(transform).into_iter().flatten().all(f64::is_finite));
            }
        }
    }

    #[test]
    fn an_outlier_leaves_the_others_apart() {
        let z = Prepared::new(&[0.1, 0.2, 0.3, 0.25, 0.15, 1e12]).transformed(Transform::None);
        assert!(z[2] - z[0] > 0.5, "{z:?}");
    }
}
