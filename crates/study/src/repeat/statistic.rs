//! One number out of several.

use super::axis::Statistic;

/// One value of one repetition, and how much it counts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Weighted {
    pub(crate) value: f64,
    pub(crate) weight: f64,
}

impl Statistic {
    /// The statistic of at least one value. `small_is_good` says which one is best. NaN where any value is NaN.
    pub(crate) fn of(self, values: &[Weighted], small_is_good: bool) -> f64 {
        if values.iter().any(|value| value.value.is_nan()) {
            return f64::NAN;
        }
        let plain = values.iter().map(|value| value.value);
        let least = || plain.clone().fold(f64::INFINITY, f64::min);
        let most = || plain.clone().fold(f64::NEG_INFINITY, f64::max);
        match self {
            Statistic::Mean => mean(values),
            Statistic::Median => median(plain.collect()),
            Statistic::Best if small_is_good => least(),
            Statistic::Worst if small_is_good => most(),
            Statistic::Best => most(),
            Statistic::Worst => least(),
            Statistic::Std => std(values),
            Statistic::Sum => values.iter().map(|value| value.weight * value.value).sum(),
        }
    }
}

fn mean(values: &[Weighted]) -> f64 {
    let weight: f64 = values.iter().map(|value| value.weight).sum();
    let sum: f64 = values.iter().map(|value| value.weight * value.value).sum();
    sum / weight
}

/// The population standard deviation, by two passes: the textbook's one-pass form cancels.
fn std(values: &[Weighted]) -> f64 {
    let mean = mean(values);
    let weight: f64 = values.iter().map(|value| value.weight).sum();
    let squares: f64 =
        values.iter().map(|value| value.weight * (value.value - mean) * (value.value - mean)).sum();
    libm::sqrt(squares / weight)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_unstable_by(f64::total_cmp);
    let middle = values.len() / 2;
    if values.len().is_multiple_of(2) { 0.5 * (values[middle - 1] + values[middle]) } else { values[middle] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(statistic: Statistic, values: &[f64]) -> f64 {
        let values: Vec<Weighted> =
            values.iter().map(|value| Weighted { value: *value, weight: 1.0 }).collect();
        statistic.of(&values, true)
    }

    #[test]
    fn each_statistic_gives_the_textbooks_number() {
        let values = [2.0, 4.0, 4.0, 4.0, 5.0, 5.0, 7.0, 9.0];
        assert_eq!(of(Statistic::Mean, &values), 5.0);
        assert_eq!(of(Statistic::Std, &values), 2.0);
        assert_eq!(of(Statistic::Median, &values), 4.5);
        assert_eq!(of(Statistic::Sum, &values), 40.0);
        assert_eq!((of(Statistic::Best, &values), of(Statistic::Worst, &values)), (2.0, 9.0));
    }

    #[test]
    fn weights_count_like_copies() {
        let weighted = [Weighted { value: 1.0, weight: 2.0 }, Weighted { value: 4.0, weight: 1.0 }];
        for statistic in [Statistic::Mean, Statistic::Std, Statistic::Sum] {
            assert!((statistic.of(&weighted, true) - of(statistic, &[1.0, 1.0, 4.0])).abs() < 1e-12);
        }
    }

    #[test]
    fn one_nan_makes_the_whole_nan() {
        assert!(of(Statistic::Median, &[1.0, f64::NAN]).is_nan());
        assert!(of(Statistic::Best, &[1.0, f64::NAN]).is_nan());
    }
}
