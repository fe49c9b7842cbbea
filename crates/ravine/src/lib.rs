//! Ravine for Rust programs: re-exports and the study builder.
//!
//! A closure is an objective. What varies is named where it is used, or declared up front with [`Builder::space`]:
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let study = ravine::minimize("parabola").seed(7).trials(40).run(|trial| {
//!     let x = trial.float("x", -5.0, 5.0)?;
//!     let steepness = trial.float_log("steepness", 0.1, 10.0)?;
//!     Ok(steepness * (x - 2.0).powi(2))
//! })?;
//! let best = study.best().ok_or("no trial succeeded")?;
//! assert!(best.values()[0].get() < 1.0);
//! # Ok(())
//! # }
//! ```
//!
//! The parts behind it are the modules below: [`session`] for programs that ask and tell, [`runner`] for those that run
//! commands as trials, [`space`], [`search`], [`study`], [`store`], [`spec`], [`exec`] and [`report`].

mod builder;
mod trial;

pub use builder::{Builder, Error, maximize, minimize};
pub use trial::{Outcome, Trial};

pub use {exec, report, runner, search, session, space, spec, store, study};
