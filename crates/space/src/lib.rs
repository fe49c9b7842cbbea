//! What can be tried: parameters, conditions, expressions, encoding to vectors. Pure.

#[allow(
    clippy::wrong_self_convention,
    reason = "`from_unit` is a domain's way from the unit interval to a value"
)]
pub mod domain;
mod encoding;
mod error;
mod hash;
mod point;
mod space;
mod stream;

pub use domain::{
    Anchor, ChoiceDomain, ChoiceOption, Domain, FloatDomain, Incompatible, IntDomain, PermutationDomain,
};
pub use encoding::{Encoding, NEUTRAL};
pub use error::{DomainError, SpaceError};
pub use hash::{ConfigHash, NotAHash};
pub use point::{Point, Scalar};
pub use space::{Belief, Confidence, Parameter, Space};
pub use stream::Stream;

/// Any JSON value; tables keep their order.
pub type Json = serde_json::Value;
pub mod expr;
mod nearest;

pub use nearest::nearest;
