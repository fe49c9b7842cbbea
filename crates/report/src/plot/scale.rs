//! From values to pixels.

use super::ticks::{self, Tick};

/// Maps values to places along one direction of a drawing.
#[derive(Clone, Debug, PartialEq)]
pub struct Scale {
    kind: Kind,
    domain: (f64, f64),
    range: (f64, f64),
    whole: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Linear,
    Log,
    Time,
}

impl Scale {
    /// Equal distances for equal differences. A domain of one value is widened around it.
    pub fn linear(domain: (f64, f64), range: (f64, f64)) -> Self {
        Scale { kind: Kind::Linear, domain: widened(domain), range, whole: false }
    }

    /// Equal distances for equal ratios. A domain that is not wholly above 0 is drawn linearly instead.
    pub fn log(domain: (f64, f64), range: (f64, f64)) -> Self {
        let (low, high) = domain;
        if !(low > 0.0 && high.is_finite() && low <= high) {
            return Self::linear(domain, range);
        }
        let domain = if low == high { (low / 2.0, high * 2.0) } else { domain };
        Scale { kind: Kind::Log, domain, range, whole: false }
    }

    /// Seconds from 0.
    pub fn time(seconds: f64, range: (f64, f64)) -> Self {
        let seconds = if seconds > 0.0 { seconds } else { 1.0 };
        Scale { kind: Kind::Time, domain: (0.0, seconds), range, whole: false }
    }

    /// The same with marks at whole numbers only.
    pub fn whole(self) -> Self {
        Scale { whole: true, ..self }
    }

    /// The place of a value; values outside the domain lie outside the range.
    pub fn at(&self, value: f64) -> f64 {
        let (low, high) = self.domain;
        let share = match self.kind {
            Kind::Linear | Kind::Time => (value - low) / (high - low),
            Kind::Log => (value.max(f64::MIN_POSITIVE).ln() - low.ln()) / (high.ln() - low.ln()),
        };
        self.range.0 + share * (self.range.1 - self.range.0)
    }

    /// Whether a value lies in the domain, ends included.
    pub fn holds(&self, value: f64) -> bool {
        value >= self.domain.0 && value <= self.domain.1
    }

    /// Whether it is logarithmic.
    pub fn is_log(&self) -> bool {
        self.kind == Kind::Log
    }

    /// The domain.
    pub fn domain(&self) -> (f64, f64) {
        self.domain
    }

    /// The range, in pixels.
    pub fn range(&self) -> (f64, f64) {
        self.range
    }

    /// About `wanted` marks.
    pub fn ticks(&self, wanted: usize) -> Vec<Tick> {
        let (low, high) = self.domain;
        match self.kind {
            Kind::Linear if self.whole => ticks::linear(low, high, wanted.min((high - low) as usize)),
            Kind::Linear => ticks::linear(low, high, wanted),
            Kind::Log => ticks::log(low, high, wanted),
            Kind::Time => ticks::time(high, wanted),
        }
    }
}

fn widened((low, high): (f64, f64)) -> (f64, f64) {
    if !(low.is_finite() && high.is_finite()) {
        return (0.0, 1.0);
    }
    if high - low > low.abs().max(high.abs()) * 1e-12 {
        return (low, high);
    }
    let margin = if low == 0.0 { 1.0 } else { low.abs() * 0.1 };
    (low - margin, high + margin)
}

/// Equal bands for categories.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bands {
    count: usize,
    range: (f64, f64),
}

impl Bands {
    /// `count` bands that share a range.
    pub fn new(count: usize, range: (f64, f64)) -> Self {
        Bands { count: count.max(1), range }
    }

    /// The middle of a band.
    pub fn middle(&self, index: f64) -> f64 {
        self.range.0 + (index + 0.5) * (self.range.1 - self.range.0) / self.count as f64
    }

    /// The size of one band, in pixels.
    pub fn size(&self) -> f64 {
        (self.range.1 - self.range.0).abs() / self.count as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn ends_map_to_ends() {
        let scale = Scale::log((1e-5, 0.1), (0.0, 400.0));
        assert!((scale.at(1e-5) - 0.0).abs() < 1e-9 && (scale.at(0.1) - 400.0).abs() < 1e-9);
        assert!((scale.at(1e-3) - 200.0).abs() < 1e-9);
    }

    #[test]
    fn one_value_gets_a_place_in_the_middle() {
        assert!((Scale::linear((3.0, 3.0), (0.0, 10.0)).at(3.0) - 5.0).abs() < 1e-9);
        assert!((Scale::linear((0.0, 0.0), (0.0, 10.0)).at(0.0) - 5.0).abs() < 1e-9);
        assert!((Scale::log((3.0, 3.0), (0.0, 10.0)).at(3.0) - 5.0).abs() < 1e-9);
    }

    #[test]
    fn a_log_scale_of_values_below_zero_is_linear() {
        assert!(!Scale::log((-1.0, 10.0), (0.0, 1.0)).is_log());
    }

    #[test]
    fn a_scale_of_whole_numbers_has_no_marks_between_them() {
        for last in 1..40 {
            for wanted in 1..12 {
                let marks = Scale::linear((0.0, f64::from(last)), (0.0, 600.0)).whole().ticks(wanted);
                assert!(marks.iter().all(|tick| tick.value.fract() == 0.0), "0 to {last}: {marks:?}");
            }
        }
    }

    proptest! {
        #[test]
        fn places_keep_the_order(a in 1e-9..1e9f64, b in 1e-9..1e9f64) {
            let (low, high) = (a.min(b), a.max(b));
            prop_assume!(high > low * 1.001);
            for scale in [Scale::linear((low, high), (0.0, 100.0)), Scale::log((low, high), (0.0, 100.0))] {
                let middle = (low + high) / 2.0;
                prop_assert!(scale.at(low) < scale.at(middle) && scale.at(middle) < scale.at(high));
            }
        }
    }
}
