//! The axis of an objective's values: logarithmic or not, and where it ends.

use crate::plot::scale::Scale;
use crate::summary::direction;
use crate::view::View;

/// How an objective's values are laid out, the same in all charts of a study.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Values {
    low: f64,
    high: f64,
    log: bool,
    ends: (f64, f64),
    /// How many finite values lie beyond the axis.
    pub(crate) beyond: usize,
}

/// A logarithmic axis pays from this ratio on, and from the smaller one where most values crowd at the lower end.
const DECADES: f64 = 100.0;
const CROWDED: f64 = 8.0;
/// The room beyond the values as a share of their span; twice that on the good side, where the best one has its label.
const MARGIN: f64 = 0.045;

impl Values {
    /// `None` where no trial has a finite value.
    pub(crate) fn new(view: &View, objective: usize) -> Option<Self> {
        let mut all: Vec<f64> = view.rows.iter().filter_map(|row| row.value(objective)).collect();
        all.sort_by(f64::total_cmp);
        let (&low, &high) = (all.first()?, all.last()?);
        let small_is_good = direction(view, objective).cost(1.0) > 0.0;
        let middle = all[all.len() / 2];
        let crowded = high / low >= CROWDED && middle - low < 0.2 * (high - low);
        if low > 0.0 && (crowded || high / low >= DECADES) {
            let margin = (high / low).powf(MARGIN);
            let (down, up) =
                if small_is_good { (margin * margin, margin) } else { (margin, margin * margin) };
            return Some(Values {
                low: low / down,
                high: high * up,
                log: true,
                ends: (low, high),
                beyond: 0,
            });
        }
        let (low, high) = trimmed(&all, small_is_good);
        let margin = (high - low) * MARGIN;
        let (down, up) = if small_is_good { (2.0 * margin, margin) } else { (margin, 2.0 * margin) };
        let beyond = all.iter().filter(|&&v| v < low || v > high).count();
        Some(Values { low: low - down, high: high + up, log: false, ends: (low, high), beyond })
    }

    /// The scale over a range of pixels.
    pub(crate) fn scale(&self, range: (f64, f64)) -> Scale {
        let domain = (self.low, self.high);
        if self.log { Scale::log(domain, range) } else { Scale::linear(domain, range) }
    }

    /// The scale that ends at the values themselves, for drawings without room.
    pub(crate) fn tight(&self, range: (f64, f64)) -> Scale {
        if self.log { Scale::log(self.ends, range) } else { Scale::linear(self.ends, range) }
    }

    /// What a reader must know of the axis.
    pub(crate) fn note(&self) -> Option<String> {
        match self.beyond {
            0 => None,
            1 => Some("1 value lies beyond the axis (triangle at the edge).".into()),
            n => Some(format!(
                "{} values lie beyond the axis (triangles at the edge).",
                crate::format::count(n)
            )),
        }
    }
}

/// The ends of sorted values without the far bad tail, where that tail would press the others flat: the worst
/// value is more than four times as far from the best as 95 % of them are.
fn trimmed(sorted: &[f64], small_is_good: bool) -> (f64, f64) {
    let (first, last) = (sorted[0], sorted[sorted.len() - 1]);
    let at = |share: f64| sorted[((sorted.len() - 1) as f64 * share).round() as usize];
    let (best, most, worst) = if small_is_good { (first, at(0.95), last) } else { (last, at(0.05), first) };
    let end = if (worst - best).abs() > 4.0 * (most - best).abs() && most != best { most } else { worst };
    (best.min(end), best.max(end))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_far_bad_tail_is_cut_and_a_good_one_is_not() {
        let mut values: Vec<f64> = (0..99).map(f64::from).collect();
        values.push(1e6);
        assert_eq!(trimmed(&values, true), (0.0, 94.0));
        assert_eq!(trimmed(&values, false), (0.0, 1e6));
    }
}
