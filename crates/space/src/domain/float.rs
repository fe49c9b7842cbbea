//! Float domains.

use serde::{Deserialize, Serialize};

use super::{Anchor, ruler::Ruler};
use crate::error::DomainError;

/// Real numbers in [low, high], both ends inclusive: a continuum or a grid, linear or logarithmic.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct FloatDomain {
    form: Form,
    ruler: Ruler,
}

/// What a domain is written as in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    low: f64,
    high: f64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    log: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    step: Option<f64>,
    #[serde(default, skip_serializing_if = "Anchor::is_low")]
    anchor: Anchor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    points: Option<u32>,
}

impl FloatDomain {
    /// All numbers in [low, high], drawn evenly, or with `log` evenly in their logarithm.
    pub fn new(low: f64, high: f64, log: bool) -> Result<Self, DomainError> {
        Form { low, high, log, step: None, anchor: Anchor::Low, points: None }.try_into()
    }

    /// The numbers at a distance of `step`, counted from `low` or from 0. Where the last of them is not `high`,
    /// `high` becomes the last one (as in Optuna).
    pub fn with_step(low: f64, high: f64, step: f64, anchor: Anchor, log: bool) -> Result<Self, DomainError> {
        Form { low, high, log, step: Some(step), anchor, points: None }.try_into()
    }

    /// `count` numbers from low to high at even distances (of their logarithms).
    pub fn with_points(low: f64, high: f64, count: u32, log: bool) -> Result<Self, DomainError> {
        Form { low, high, log, step: None, anchor: Anchor::Low, points: Some(count) }.try_into()
    }

    /// The smallest value.
    pub fn low(&self) -> f64 {
        self.ruler.low()
    }

    /// The greatest value.
    pub fn high(&self) -> f64 {
        self.ruler.high()
    }

    /// Whether the logarithm is what is searched evenly.
    pub fn log(&self) -> bool {
        self.form.log
    }

    /// The distance of neighbours on the grid, where one was given.
    pub fn step(&self) -> Option<f64> {
        self.form.step
    }

    /// Where steps are counted from.
    pub fn anchor(&self) -> Anchor {
        self.form.anchor
    }

    /// How many values were asked for by `points`.
    pub fn points(&self) -> Option<u32> {
        self.form.points
    }

    /// The number of values; `None` for a continuum.
    pub fn grid_len(&self) -> Option<u64> {
        self.ruler.len()
    }

    /// The k-th value of the grid in ascending order (the last for greater k); `low` for a continuum.
    pub fn nth(&self, k: u64) -> f64 {
        self.ruler.nth(k)
    }

    /// The index on the grid of the value nearest to `x`; 0 for a continuum.
    pub fn nearest(&self, x: f64) -> u64 {
        self.ruler.nearest(x)
    }

    /// The value of the domain that is nearest to `x`.
    pub fn clamp(&self, x: f64) -> f64 {
        self.ruler.clamp(x)
    }

    /// Whether `x` is one of the values.
    pub fn contains(&self, x: f64) -> bool {
        x.is_finite() && self.clamp(x) == x
    }

    /// Where `value` lies in [0, 1]: linear or logarithmic; on a grid the middle of the value's cell.
    pub fn to_unit(&self, value: f64) -> f64 {
        self.ruler.to_unit(value)
    }

    /// The value at `u` in [0, 1]. Evenly spread `u` gives the domain's own distribution. Values of a continuum are
    /// rounded to about twelve digits, so that `from_unit(to_unit(x)) == x` for each value so made, for both ends
    /// and for each number a person would write.
    pub fn from_unit(&self, u: f64) -> f64 {
        self.ruler.from_unit(u)
    }
}

impl TryFrom<Form> for FloatDomain {
    type Error = DomainError;

    fn try_from(form: Form) -> Result<Self, DomainError> {
        let Form { low, high, log, step, anchor, points } = form;
        super::check_bounds("float", low, high, log)?;
        if !(high - low).is_finite() {
            return Err(DomainError::new("float", format!("the range from {low:?} to {high:?} is too wide")));
        }
        let ruler = match (step, points) {
            (Some(_), Some(_)) => {
                return Err(DomainError::new("points", "`step` and `points` exclude each other"));
            }
            (Some(step), None) => super::stepped(low, high, step, anchor, log)?,
            (None, Some(count)) => {
                super::check_points(low, high, count)?;
                Ruler::points(low, high, log, count, false)
            }
            (None, None) => Ruler::continuous(low, high, log),
        };
        Ok(FloatDomain { form, ruler })
    }
}

impl From<FloatDomain> for Form {
    fn from(domain: FloatDomain) -> Form {
        domain.form
    }
}
