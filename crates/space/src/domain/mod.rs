//! What values a parameter can take.

mod choice;
mod float;
mod int;
mod permutation;
mod ruler;

use num_bigint::BigUint;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

pub(crate) use choice::repeated;
pub use choice::{ChoiceDomain, ChoiceOption};
pub use float::FloatDomain;
pub use int::IntDomain;
pub use permutation::PermutationDomain;

use crate::{Json, Scalar, Stream, error::DomainError};
use ruler::Ruler;

/// Where the steps of a grid are counted from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Anchor {
    /// The lower bound: low, low + step, …
    #[default]
    Low,
    /// Zero: the multiples of the step that lie within the bounds.
    Zero,
}

impl Anchor {
    fn is_low(&self) -> bool {
        *self == Anchor::Low
    }
}

/// What values a parameter can take.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Domain {
    /// Real numbers.
    Float(FloatDomain),
    /// Whole numbers.
    Int(IntDomain),
    /// One of several options.
    Choice(ChoiceDomain),
    /// An order of several items.
    Permutation(PermutationDomain),
}

/// Why one parameter cannot have two domains in one study.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Incompatible {
    /// A float became an int, or the like.
    #[error("it was {was} before and is {is} now; a parameter keeps its kind for the whole study")]
    Kind {
        /// The kind so far.
        was: &'static str,
        /// The kind now.
        is: &'static str,
    },
    /// Linear became logarithmic, or the reverse.
    #[error("its scale changed between linear and log; a parameter keeps its scale for the whole study")]
    Scale,
    /// The options or items changed.
    #[error("its options changed from {was} to {is}; they stay the same for the whole study")]
    Options {
        /// The options so far.
        was: String,
        /// The options now.
        is: String,
    },
}

impl Domain {
    /// What the kind is called in messages, with its article.
    pub fn kind(&self) -> &'static str {
        match self {
            Domain::Float(_) => "a float",
            Domain::Int(_) => "an int",
            Domain::Choice(_) => "a choice",
            Domain::Permutation(_) => "a permutation",
        }
    }

    /// Whether a parameter of one study may have this domain first and `other` later (define-by-run): the same
    /// kind and scale; bounds may move, options may not. These are Optuna's rules.
    pub fn compatible(&self, other: &Domain) -> Result<(), Incompatible> {
        let labels =
            |c: &ChoiceDomain| Json::Array(c.options().iter().map(|o| o.label.clone()).collect()).to_string();
        match (self, other) {
            (Domain::Float(a), Domain::Float(b)) if a.log() != b.log() => Err(Incompatible::Scale),
            (Domain::Int(a), Domain::Int(b)) if a.log() != b.log() => Err(Incompatible::Scale),
            (Domain::Choice(a), Domain::Choice(b)) if a != b => {
                Err(Incompatible::Options { was: labels(a), is: labels(b) })
            }
            (Domain::Permutation(a), Domain::Permutation(b)) if a != b => {
                let list = |p: &PermutationDomain| Json::Array(p.items().to_vec()).to_string();
                Err(Incompatible::Options { was: list(a), is: list(b) })
            }
            (a, b) if a.kind() != b.kind() => Err(Incompatible::Kind { was: a.kind(), is: b.kind() }),
            _ => Ok(()),
        }
    }

    /// How many values there are; `None` for a continuum.
    pub fn count(&self) -> Option<BigUint> {
        match self {
            Domain::Float(d) => d.grid_len().map(BigUint::from),
            Domain::Int(d) => Some(d.grid_len().into()),
            Domain::Choice(d) => Some(d.len().into()),
            Domain::Permutation(d) => Some(d.count()),
        }
    }

    /// The index-th value in ascending, declared or lexicographic order; the last for indices past the end.
    pub fn nth(&self, index: &BigUint) -> Scalar {
        let small = || u64::try_from(index).unwrap_or(u64::MAX);
        match self {
            Domain::Float(d) => Scalar::Float(d.nth(small())),
            Domain::Int(d) => Scalar::Int(d.nth(small())),
            Domain::Choice(d) => Scalar::Choice(small().min(d.len() as u64 - 1) as u32),
            Domain::Permutation(d) => Scalar::Order(d.nth(index)),
        }
    }

    /// Whether `value` is one of the values, and of the right kind.
    pub fn contains(&self, value: &Scalar) -> bool {
        match (self, value) {
            (Domain::Float(d), Scalar::Float(x)) => d.contains(*x),
            (Domain::Int(d), Scalar::Int(n)) => d.contains(*n),
            (Domain::Choice(d), Scalar::Choice(i)) => (*i as usize) < d.len(),
            (Domain::Permutation(d), Scalar::Order(order)) => d.contains(order),
            _ => false,
        }
    }

    /// A value drawn evenly (in the logarithm where `log`), options by weight.
    pub fn sample(&self, stream: &mut Stream) -> Scalar {
        match self {
            Domain::Float(d) => Scalar::Float(d.from_unit(stream.uniform())),
            Domain::Int(d) => Scalar::Int(d.from_unit(stream.uniform())),
            Domain::Choice(d) => Scalar::Choice(d.sample(stream)),
            Domain::Permutation(d) => Scalar::Order(d.sample(stream)),
        }
    }

    /// How many coordinates of the unit cube a value takes: 1, or n−1 for a permutation of n.
    pub fn width(&self) -> usize {
        match self {
            Domain::Permutation(d) => d.len() - 1,
            _ => 1,
        }
    }

    /// Writes `value` as [`width`](Self::width) coordinates; leaves `out` alone where the kind does not match.
    pub fn to_unit(&self, value: &Scalar, out: &mut [f64]) {
        match (self, value) {
            (Domain::Float(d), Scalar::Float(x)) => out[0] = d.to_unit(*x),
            (Domain::Int(d), Scalar::Int(n)) => out[0] = d.to_unit(*n),
            (Domain::Choice(d), Scalar::Choice(i)) => out[0] = d.to_unit(*i),
            (Domain::Permutation(d), Scalar::Order(order)) => d.to_unit(order, out),
            _ => {}
        }
    }

    /// The value at [`width`](Self::width) coordinates.
    pub fn from_unit(&self, units: &[f64]) -> Scalar {
        match self {
            Domain::Float(d) => Scalar::Float(d.from_unit(units[0])),
            Domain::Int(d) => Scalar::Int(d.from_unit(units[0])),
            Domain::Choice(d) => Scalar::Choice(d.from_unit(units[0])),
            Domain::Permutation(d) => Scalar::Order(d.from_unit(units)),
        }
    }

    /// `value` as records hold it: a number, an option's label, or the list of items. Null where the kind does not
    /// match.
    pub fn to_json(&self, value: &Scalar) -> Json {
        match (self, value) {
            (Domain::Float(_), Scalar::Float(x)) => Json::from(*x),
            (Domain::Int(_), Scalar::Int(n)) => Json::from(*n),
            (Domain::Choice(d), Scalar::Choice(i)) => {
                d.options().get(*i as usize).map_or(Json::Null, |option| option.label.clone())
            }
            (Domain::Permutation(d), Scalar::Order(order)) => {
                order.iter().map(|i| d.items().get(*i as usize).cloned().unwrap_or_default()).collect()
            }
            _ => Json::Null,
        }
    }

    /// The value that `json` stands for: the reverse of [`to_json`](Self::to_json). Whole numbers do for floats; a
    /// number that misses a grid by rounding only is put on it. The error says what would be right.
    pub fn from_json(&self, json: &Json) -> Result<Scalar, String> {
        let number = || json.as_f64().filter(|x| x.is_finite());
        let value = match self {
            Domain::Float(d) => number().and_then(|x| {
                let on_grid = d.clamp(x);
                let miss = (on_grid - x).abs();
                let near =
                    miss == 0.0 || d.step().is_some_and(|s| miss <= 1e-9 * s) || miss <= 1e-12 * x.abs();
                near.then_some(Scalar::Float(on_grid))
            }),
            Domain::Int(d) => {
                let whole = json.as_i64().or_else(|| {
                    number()
                        .filter(|x| x.fract() == 0.0 && x.abs() <= 9_007_199_254_740_992.0)
                        .map(|x| x as i64)
                });
                whole.filter(|n| d.contains(*n)).map(Scalar::Int)
            }
            Domain::Choice(d) => d.find(json).map(Scalar::Choice),
            Domain::Permutation(d) => json.as_array().and_then(|items| {
                let index = |item| d.items().iter().position(|own| own == item).map(|i| i as u32);
                let order: Option<Box<[u32]>> = items.iter().map(index).collect();
                order.filter(|order| d.contains(order)).map(Scalar::Order)
            }),
        };
        value.ok_or_else(|| format!("{json} is not {}", self.describe()))
    }

    /// The option whose value is `json`.
    pub(crate) fn option_of_value(&self, json: &Json) -> Option<Scalar> {
        let Domain::Choice(d) = self else { return None };
        d.options().iter().position(|option| option.value == *json).map(|i| Scalar::Choice(i as u32))
    }

    /// The values in words: "a float from 0.0 to 0.5 in steps of 0.1", "one of 16, 32".
    pub fn describe(&self) -> String {
        let scale = |log| if log { ", log" } else { "" };
        match self {
            Domain::Float(d) => {
                let grid = match (d.step(), d.grid_len()) {
                    (Some(step), _) => format!(" in steps of {step:?}"),
                    (None, Some(n)) if n > 1 => format!(" at {n} points"),
                    _ => String::new(),
                };
                format!("a float from {:?} to {:?}{grid}{}", d.low(), d.high(), scale(d.log()))
            }
            Domain::Int(d) => {
                let grid = match (d.step(), d.points()) {
                    (_, Some(_)) => format!(" at {} points", d.grid_len()),
                    (1, None) => String::new(),
                    (step, None) => format!(" in steps of {step}"),
                };
                format!("an int from {} to {}{grid}{}", d.low(), d.high(), scale(d.log()))
            }
            Domain::Choice(d) => {
                let labels: Vec<String> = d.options().iter().map(|o| o.label.to_string()).collect();
                format!("one of {}", labels.join(", "))
            }
            Domain::Permutation(d) => format!("an order of {}", Json::Array(d.items().to_vec())),
        }
    }
}

fn check_bounds(key: &'static str, low: f64, high: f64, log: bool) -> Result<(), DomainError> {
    if !(low.is_finite() && high.is_finite()) {
        return Err(DomainError::new(
            key,
            format!("the bounds {low} and {high} are not both finite numbers"),
        ));
    }
    if low > high {
        let message = format!("the lower bound {low} is above the upper bound {high}");
        return Err(DomainError::new(key, message).hint(format!("write [{high}, {low}]")));
    }
    if log && low <= 0.0 {
        let message = format!("a log range cannot start at {low}");
        return Err(DomainError::new(key, message).hint("the lower bound must be above 0"));
    }
    Ok(())
}

/// A grid has at most this many explicit points; more are a matter for `step`.
const MOST_POINTS: u32 = 10_000;

fn check_points(low: f64, high: f64, count: u32) -> Result<(), DomainError> {
    match count {
        0 | 1 => Err(DomainError::new("points", format!("{count} points do not hold both ends"))
            .hint("use at least 2")),
        2..=MOST_POINTS if low < high => Ok(()),
        2..=MOST_POINTS => Err(DomainError::new("points", format!("the range holds {low} alone"))),
        _ => Err(DomainError::new("points", format!("{count} points are too many")).hint("use `step`")),
    }
}

fn stepped(low: f64, high: f64, step: f64, anchor: Anchor, log: bool) -> Result<Ruler, DomainError> {
    if !(step.is_finite() && step > 0.0) {
        return Err(DomainError::new("step", format!("the step {step} is not a number above 0")));
    }
    if (high - low) / step > 9e15 {
        return Err(DomainError::new("step", format!("the step {step} is too small for this range")));
    }
    Ruler::steps(low, high, step, anchor == Anchor::Zero, log).ok_or_else(|| {
        DomainError::new("step", format!("no multiple of {step} lies between {low} and {high}"))
            .hint("widen the range, or leave `anchor` out")
    })
}

/// The labels of a choice or the items of a permutation; none for numbers.
pub(crate) fn labels(domain: &Domain) -> Vec<&Json> {
    match domain {
        Domain::Float(_) | Domain::Int(_) => Vec::new(),
        Domain::Choice(d) => d.options().iter().map(|o| &o.label).collect(),
        Domain::Permutation(d) => d.items().iter().collect(),
    }
}
