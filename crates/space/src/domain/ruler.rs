//! The number line that float and int domains share: grids, logarithms, and the way to [0, 1] and back.
//!
//! Ints keep within 2⁵³, so that all of it can be done in `f64`.

use std::sync::Arc;

/// Powers of ten that `f64` holds exactly.
const POWERS: [f64; 23] = [
    1e0, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17, 1e18,
    1e19, 1e20, 1e21, 1e22,
];

/// Which values between the bounds there are.
#[derive(Clone, Debug, PartialEq)]
enum Marks {
    /// All of them; on a linear scale those drawn are rounded to so many decimals.
    Everywhere { decimals: i32 },
    /// `(first + k) · step` or `first + k · step`, k in 0…len−1.
    Steps { first: f64, step: f64, of_zero: bool, len: u64, decimals: i32 },
    /// Exactly these, in ascending order.
    Points(Arc<[f64]>),
}

/// An interval with its scale and its marks.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Ruler {
    low: f64,
    high: f64,
    log: bool,
    /// What 0 and 1 of the unit interval stand for: logarithms where `log`. Half a step wider than the bounds on a
    /// log grid, so that the end values get their share (as Optuna draws log ints).
    ends: (f64, f64),
    marks: Marks,
}

impl Ruler {
    /// All values in [low, high].
    pub(crate) fn continuous(low: f64, high: f64, log: bool) -> Self {
        let decimals = linear_decimals(low, high);
        let ends = if log { (libm::log(low), libm::log(high)) } else { (low, high) };
        Ruler { low, high, log, ends, marks: Marks::Everywhere { decimals } }
    }

    /// The values `low + k · step`, or the multiples of `step`, in [low, high]; `None` where there is none.
    pub(crate) fn steps(low: f64, high: f64, step: f64, of_zero: bool, log: bool) -> Option<Self> {
        // Bounds and steps are short decimals that binary fractions only come near to: 0.3 / 0.1 = 2.9999999999999996.
        let slack = 1e-9;
        let (first, last) = if of_zero {
            ((low / step - slack).ceil(), (high / step + slack).floor())
        } else {
            (low, ((high - low) / step + slack).floor())
        };
        let len = if of_zero { last - first + 1.0 } else { last + 1.0 };
        if len.is_nan() || len < 1.0 {
            return None;
        }
        let decimals = decimals_of(step).max(if of_zero { 0 } else { decimals_of(low) });
        let marks = Marks::Steps { first, step, of_zero, len: len as u64, decimals };
        let mut ruler = Ruler { low, high, log, ends: (low, high), marks };
        ruler.low = ruler.nth(0);
        ruler.high = ruler.nth(len as u64 - 1);
        if log {
            ruler.ends = (
                libm::log((ruler.low - step / 2.0).max(ruler.low / 2.0).max(f64::MIN_POSITIVE)),
                libm::log(ruler.high + step / 2.0),
            );
        }
        Some(ruler)
    }

    /// `count` ≥ 2 values at even distances (of their logarithms) from low to high.
    pub(crate) fn points(low: f64, high: f64, log: bool, count: u32, whole: bool) -> Self {
        let line = Ruler::continuous(low, high, log);
        let spread = (0..count).map(|k| line.from_unit(f64::from(k) / f64::from(count - 1)));
        let mut points: Vec<f64> = spread.map(|x| if whole { x.round() } else { x }).collect();
        points.dedup();
        Ruler { marks: Marks::Points(points.into()), ..line }
    }

    pub(crate) fn low(&self) -> f64 {
        self.low
    }

    pub(crate) fn high(&self) -> f64 {
        self.high
    }

    /// How many values there are; `None` for a continuum.
    pub(crate) fn len(&self) -> Option<u64> {
        match &self.marks {
            Marks::Everywhere { .. } => (self.low == self.high).then_some(1),
            Marks::Steps { len, .. } => Some(*len),
            Marks::Points(points) => Some(points.len() as u64),
        }
    }

    /// The k-th value in ascending order, the last for greater k; of a continuum the lower bound.
    pub(crate) fn nth(&self, k: u64) -> f64 {
        match &self.marks {
            Marks::Everywhere { .. } => self.low,
            Marks::Steps { first, step, of_zero, len, decimals } => {
                let k = k.min(len - 1) as f64;
                let raw = if *of_zero { (first + k) * step } else { first + k * step };
                round_at(raw, *decimals)
            }
            Marks::Points(points) => points[(k as usize).min(points.len() - 1)],
        }
    }

    /// The index of the value nearest to `x`; 0 for a continuum.
    pub(crate) fn nearest(&self, x: f64) -> u64 {
        match &self.marks {
            Marks::Everywhere { .. } => 0,
            Marks::Steps { first, step, of_zero, len, .. } => {
                let k = if *of_zero { x / step - first } else { (x - first) / step };
                (k.round().max(0.0) as u64).min(len - 1)
            }
            Marks::Points(points) => {
                let after = points.partition_point(|p| *p < x).min(points.len() - 1);
                let before = after.saturating_sub(1);
                if (x - points[before]).abs() <= (points[after] - x).abs() {
                    before as u64
                } else {
                    after as u64
                }
            }
        }
    }

    /// The value nearest to `x`.
    pub(crate) fn clamp(&self, x: f64) -> f64 {
        match &self.marks {
            Marks::Everywhere { .. } => x.max(self.low).min(self.high),
            Marks::Steps { .. } | Marks::Points(_) => self.nth(self.nearest(x)),
        }
    }

    /// Where `value` lies in [0, 1].
    pub(crate) fn to_unit(&self, value: f64) -> f64 {
        let line = |value: f64| {
            let (a, b) = self.ends;
            if a < b { ((value - a) / (b - a)).clamp(0.0, 1.0) } else { 0.5 }
        };
        match &self.marks {
            Marks::Everywhere { .. } if value <= self.low && self.low < self.high => 0.0,
            Marks::Everywhere { .. } if value >= self.high && self.low < self.high => 1.0,
            Marks::Everywhere { .. } => line(if self.log { libm::log(value) } else { value }),
            Marks::Steps { .. } if self.log => line(libm::log(value)),
            Marks::Steps { len, .. } => (self.nearest(value) as f64 + 0.5) / *len as f64,
            Marks::Points(points) => (self.nearest(value) as f64 + 0.5) / points.len() as f64,
        }
    }

    /// The value at `u` in [0, 1]; u outside counts as the nearer end, NaN as 0.
    pub(crate) fn from_unit(&self, u: f64) -> f64 {
        let (a, b) = self.ends;
        match &self.marks {
            Marks::Everywhere { .. } if u >= 1.0 => self.high,
            Marks::Everywhere { .. } if u.is_nan() || u <= 0.0 => self.low,
            Marks::Everywhere { .. } if self.log => {
                twelve_digits(libm::exp(a + u * (b - a))).max(self.low).min(self.high)
            }
            Marks::Everywhere { decimals } => {
                round_at(a + u * (b - a), *decimals).max(self.low).min(self.high)
            }
            Marks::Steps { .. } if self.log => {
                self.nth(self.nearest(libm::exp(a + u.clamp(0.0, 1.0) * (b - a))))
            }
            Marks::Steps { len, .. } => self.nth((u * *len as f64) as u64),
            Marks::Points(points) => self.nth((u * points.len() as f64) as u64),
        }
    }
}

/// So many decimals that about twelve digits of the range are kept, within what the bounds' own size leaves.
///
/// Values drawn from a continuum are rounded to twelve digits: nobody can tell the difference, they read well on a
/// command line, and going to the unit interval and back gives exactly the same number.
fn linear_decimals(low: f64, high: f64) -> i32 {
    let digits = |x: f64| libm::ceil(libm::log10(x)) as i32;
    let size = low.abs().max(high.abs());
    if high <= low { i32::MAX } else { (12 - digits(high - low)).min(15 - digits(size)) }
}

/// `x` to the nearest multiple of 10^−decimals; `x` itself where `f64` cannot do that exactly.
fn round_at(x: f64, decimals: i32) -> f64 {
    match decimals {
        0..=22 => {
            let scaled = x * POWERS[decimals as usize];
            if scaled.abs() < 9e15 { scaled.round() / POWERS[decimals as usize] } else { x }
        }
        -22..=-1 => (x / POWERS[-decimals as usize]).round() * POWERS[-decimals as usize],
        _ => x,
    }
}

/// `x` > 0 to twelve or thirteen significant digits.
fn twelve_digits(x: f64) -> f64 {
    let exponent = ((x.to_bits() >> 52) & 0x7ff) as i32 - 1023;
    let decimals = 11 - (f64::from(exponent) * std::f64::consts::LOG10_2).floor() as i32;
    if decimals <= 22 {
        round_at(x, decimals)
    } else {
        // Below 1e-11 the powers of ten are inexact, and only decimal text rounds rightly.
        format!("{x:.11e}").parse().unwrap_or(x)
    }
}

/// How many decimals the shortest text of `x` has; more than can be kept exactly counts as too many to round.
fn decimals_of(x: f64) -> i32 {
    let text = format!("{x:e}");
    let Some((digits, exponent)) = text.split_once('e') else { return i32::MAX };
    let fraction = digits.split_once('.').map_or(0, |(_, f)| f.len() as i32);
    let exponent: i32 = exponent.parse().unwrap_or(0);
    (fraction - exponent).max(0)
}
