//! What complete trials had reported at each step, and a quantile of it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::curves::Curve;
use super::split::Split;

/// A column for each repetition and step. Forks share them until one of both learns more.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    /// Which quantile is asked for, 0 to 1.
    share: f64,
    columns: Arc<BTreeMap<(u32, u64), Arc<Column>>>,
}

#[derive(Clone, Debug, Default)]
struct Column {
    values: Split,
    /// How many reports were NaN.
    missing: u64,
}

impl Columns {
    /// For the quantile at `share`, 0 to 1.
    pub(crate) fn new(share: f64) -> Self {
        Columns { share, columns: Arc::default() }
    }

    /// Takes in what a complete trial reported in one repetition.
    pub(crate) fn insert(&mut self, repetition: u32, curve: &Curve) {
        let columns = Arc::make_mut(&mut self.columns);
        for point in curve.points() {
            let column = Arc::make_mut(columns.entry((repetition, point.step)).or_default());
            if point.value.is_nan() {
                column.missing += 1;
            } else {
                let (index, _) = place(self.share, column.values.len() + 1);
                column.values.insert(point.value, index + 1);
            }
        }
    }

    /// How many trials reported at the step, and the quantile of what they did, NaN passed over: `None` where none
    /// reported a number, or the quantile lies between −∞ and +∞.
    pub(crate) fn quantile(&self, repetition: u32, step: u64) -> (u64, Option<f64>) {
        let Some(column) = self.columns.get(&(repetition, step)) else { return (0, None) };
        let values = &column.values;
        let reported = values.len() as u64 + column.missing;
        let Some(low) = values.last_of_lower() else { return (reported, None) };
        let (_, weight) = place(self.share, values.len());
        let high = values.first_of_upper().unwrap_or(low);
        (reported, between(low, high, weight))
    }
}

/// Where the quantile of `count` ≥ 1 sorted values lies: the index of the value before it, and the weight of the one
/// after.
fn place(share: f64, count: usize) -> (usize, f64) {
    let last = count - 1;
    let place = last as f64 * share;
    if place >= last as f64 {
        return (last, 0.0);
    }
    (place as usize, place - place.floor())
}

/// Interpolates as numpy does, from the nearer end, so that the result is the same to the last digit. Where one end is
/// infinite the other has no say unless all the weight is on it (numpy: NaN).
fn between(low: f64, high: f64, weight: f64) -> Option<f64> {
    if weight == 0.0 || low == high {
        return Some(low);
    }
    let difference = high - low;
    let value = match (low.is_finite(), high.is_finite()) {
        (true, true) if weight < 0.5 => low + difference * weight,
        (true, true) => high - difference * (1.0 - weight),
        (true, false) => high,
        (false, true) => low,
        (false, false) => return None,
    };
    Some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_quantile_is_interpolated() {
        assert_eq!(place(0.5, 4), (1, 0.5));
        assert_eq!(place(0.25, 5), (1, 0.0));
        assert_eq!(place(1.0, 3), (2, 0.0));
        assert_eq!(place(0.0, 1), (0, 0.0));
        assert_eq!(between(1.0, 3.0, 0.25), Some(1.5));
    }

    #[test]
    fn infinite_neighbours_count_only_with_their_weight() {
        assert_eq!(between(1.0, f64::INFINITY, 0.0), Some(1.0));
        assert_eq!(between(1.0, f64::INFINITY, 0.5), Some(f64::INFINITY));
        assert_eq!(between(f64::NEG_INFINITY, 1.0, 0.9), Some(f64::NEG_INFINITY));
        assert_eq!(between(f64::INFINITY, f64::INFINITY, 0.5), Some(f64::INFINITY));
        assert_eq!(between(f64::NEG_INFINITY, f64::INFINITY, 0.5), None);
    }
}
