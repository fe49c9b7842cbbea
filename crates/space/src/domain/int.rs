//! Int domains.

use serde::{Deserialize, Serialize};

use super::{Anchor, ruler::Ruler};
use crate::error::DomainError;

/// Whole numbers in [low, high], both ends inclusive, within ±2⁵³.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct IntDomain {
    form: Form,
    ruler: Ruler,
}

/// What a domain is written as in the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    low: i64,
    high: i64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    log: bool,
    #[serde(default = "one", skip_serializing_if = "is_one")]
    step: i64,
    #[serde(default, skip_serializing_if = "Anchor::is_low")]
    anchor: Anchor,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    points: Option<u32>,
}

fn one() -> i64 {
    1
}

fn is_one(step: &i64) -> bool {
    *step == 1
}

/// The greatest whole number up to which `f64` holds every one.
const LIMIT: i64 = 1 << 53;

impl IntDomain {
    /// All whole numbers in [low, high], drawn evenly, or with `log` by their share of the logarithm's range.
    pub fn new(low: i64, high: i64, log: bool) -> Result<Self, DomainError> {
        Self::with_step(low, high, 1, Anchor::Low, log)
    }

    /// The numbers at a distance of `step`, counted from `low` or from 0. Where the last of them is not `high`,
    /// `high` becomes the last one (as in Optuna).
    pub fn with_step(low: i64, high: i64, step: i64, anchor: Anchor, log: bool) -> Result<Self, DomainError> {
        Form { low, high, log, step, anchor, points: None }.try_into()
    }

    /// At most `count` numbers from low to high at even distances (of their logarithms), rounded; fewer where
    /// neighbours round to the same number.
    pub fn with_points(low: i64, high: i64, count: u32, log: bool) -> Result<Self, DomainError> {
        Form { low, high, log, step: 1, anchor: Anchor::Low, points: Some(count) }.try_into()
    }

    /// The smallest value.
    pub fn low(&self) -> i64 {
        self.ruler.low() as i64
    }

    /// The greatest value.
    pub fn high(&self) -> i64 {
        self.ruler.high() as i64
    }

    /// Whether the logarithm is what is searched evenly.
    pub fn log(&self) -> bool {
        self.form.log
    }

    /// The distance of neighbours; 1 where `points` were given.
    pub fn step(&self) -> i64 {
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

    /// The number of values.
    pub fn grid_len(&self) -> u64 {
        self.ruler.len().unwrap_or(1)
    }

    /// The k-th value in ascending order (the last for greater k).
    pub fn nth(&self, k: u64) -> i64 {
        self.ruler.nth(k) as i64
    }

    /// The index of the value nearest to `x`.
    pub fn nearest(&self, x: f64) -> u64 {
        self.ruler.nearest(x)
    }

    /// The value of the domain that is nearest to `x`, which need not be whole.
    pub fn clamp(&self, x: f64) -> i64 {
        self.ruler.clamp(x) as i64
    }

    /// Whether `n` is one of the values.
    pub fn contains(&self, n: i64) -> bool {
        n.unsigned_abs() <= LIMIT.unsigned_abs() && self.clamp(n as f64) == n
    }

    /// Where `value` lies in [0, 1]: the middle of its cell on a linear scale, the place of its logarithm on a
    /// logarithmic one.
    pub fn to_unit(&self, value: i64) -> f64 {
        self.ruler.to_unit(value as f64)
    }

    /// The value at `u` in [0, 1]. `from_unit(to_unit(n)) == n` for up to 2⁴⁰ values.
    pub fn from_unit(&self, u: f64) -> i64 {
        self.ruler.from_unit(u) as i64
    }
}

impl TryFrom<Form> for IntDomain {
    type Error = DomainError;

    fn try_from(form: Form) -> Result<Self, DomainError> {
        let Form { low, high, log, step, anchor, points } = form;
        for bound in [low, high] {
            if bound.unsigned_abs() > LIMIT.unsigned_abs() {
                let message =
                    format!("{bound} is beyond 2^53, where not every whole number can be held exactly");
                return Err(DomainError::new("int", message).hint("use a smaller range, or a float"));
            }
        }
        if low <= high && high - low > LIMIT {
            return Err(DomainError::new(
                "int",
                format!("the range from {low} to {high} is wider than 2^53"),
            ));
        }
        super::check_bounds("int", low as f64, high as f64, log)?;
        let ruler = match points {
            Some(_) if step != 1 => {
                return Err(DomainError::new("points", "`step` and `points` exclude each other"));
            }
            Some(count) => {
                super::check_points(low as f64, high as f64, count)?;
                Ruler::points(low as f64, high as f64, log, count, true)
            }
            None => super::stepped(low as f64, high as f64, step as f64, anchor, log)?,
        };
        Ok(IntDomain { form, ruler })
    }
}

impl From<IntDomain> for Form {
    fn from(domain: IntDomain) -> Form {
        domain.form
    }
}
