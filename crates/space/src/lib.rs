//! What can be tried: parameters, conditions, expressions, encoding to vectors. Pure.

mod build;
mod config;
mod count;
pub mod declaration;
#[allow(
    clippy::wrong_self_convention,
    reason = "`from_unit` is a domain's way from the unit interval to a value"
)]
pub mod domain;
mod encoding;
mod error;
pub mod expr;
mod hash;
mod nearest;
mod partial;
mod point;
mod records;
mod space;
mod stream;
mod tree;
mod walk;

pub use config::Found;
pub use count::Size;
pub use declaration::{Declaration, Declarations};
pub use domain::{
    Anchor, ChoiceDomain, ChoiceOption, Domain, FloatDomain, Incompatible, IntDomain, PermutationDomain,
};
pub use encoding::{Encoding, NEUTRAL};
pub use error::{DomainError, SpaceError};
pub use hash::{ConfigHash, NotAHash};
pub use nearest::nearest;
pub use partial::PartialPoint;
pub use point::{Point, Scalar};
pub use space::{Belief, Confidence, Parameter, Space};
pub use stream::Stream;
pub use walk::Shuffled;

/// Any JSON value; tables keep their order.
pub type Json = serde_json::Value;
