//! What can be tried: parameters, conditions, expressions, encoding to vectors. Pure.
//!
//! A [`Space`] is made from a study file's [`Declarations`] or from [`Domain`]s that a program suggested. It is a flat
//! list of [`Parameter`]s, deciders first; a [`Point`] has one slot for each, empty where the parameter is inactive.
//!
//! ```
//! use ravine_space::{Declarations, Space, Stream};
//!
//! let declarations: Declarations = serde_json::from_str(r#"{
//!     "optimizer": { "choice": [
//!         { "name": "sgd", "momentum": { "float": [0.0, 0.99] } },
//!         { "name": "adam", "beta1": { "float": [0.8, 0.999] } } ] },
//!     "layers": { "int": [1, 3] },
//!     "units": { "int": [16, 256], "log": true, "length": "layers" }
//! }"#)?;
//! let space = Space::build(&declarations, &["units[0] <= 128"])?;
//! let point = space.sample(&mut Stream::new(7, 0, 0));
//! let config = space.resolve(&point);
//! assert_eq!(config["units"].as_array().map(Vec::len), config["layers"].as_u64().map(|n| n as usize));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

mod build;
mod config;
mod count;
pub mod declaration;
mod describe;
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
pub use describe::Given;
pub use domain::{
    Anchor, ChoiceDomain, ChoiceOption, Domain, FloatDomain, Incompatible, IntDomain, PermutationDomain,
};
pub use encoding::{Encoding, NEUTRAL};
pub use error::{DomainError, SpaceError, SpaceErrors};
pub use hash::{ConfigHash, NotAHash};
pub use nearest::nearest;
pub use partial::PartialPoint;
pub use point::{Point, Scalar};
pub use space::{Belief, Confidence, Parameter, Space};
pub use stream::Stream;
pub use walk::Shuffled;

/// Any JSON value; tables keep their order.
pub type Json = serde_json::Value;
