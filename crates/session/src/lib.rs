//! Ask, tell, report: store, fold and sampler together, without processes.
//!
//! A [`Session`] is one study, open. Programs that evaluate trials themselves ask and tell; who runs programs as trials
//! plans them ahead, claims their runs and tells how they ended. Everything it does is an event in the store's log,
//! and everything it knows is the fold of that log (invariant HISTORY), so sessions in other threads, processes and on
//! other hosts share the study by opening it.
//!
//! ```
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! use std::sync::Arc;
//! use session::{Answer, Definition, Options, Session, Told};
//! use study::{Objective, Settings};
//! # use ravine_session as session;
//!
//! let settings = Settings { objectives: vec![Objective::minimize("loss")], ..Settings::default() };
//! let definition = Definition::new("parabola", 7, settings);
//! let session = Session::create(Arc::new(store::Memory::new()), &definition, Options::named("example"))?;
//! # let domain: space::Domain = serde_json::from_str(r#"{"float":{"low":-5.0,"high":5.0}}"#)?;
//! for _ in 0..10 {
//!     let Some(trial) = session.ask()?.trial() else { break };
//!     let x = session.suggest(trial.number, "x", &domain)?.as_f64().unwrap_or(0.0);
//!     session.tell(trial.number, Told::value((x - 2.0).powi(2)))?;
//! }
//! assert!(session.with_study(|study| study.best().is_some()));
//! session.close()?;
//! # Ok(()) }
//! ```

mod answer;
mod brain;
mod decide;
mod definition;
pub mod elsewhere;
mod error;
mod plan;
mod points;
mod presence;
mod report;
mod request;
mod runs;
mod session;
mod state;
mod suggest;
mod tell;
mod turns;
mod verdict;

pub use answer::{Answer, Asked, Claim, Over};
pub use definition::{Definition, Difference};
pub use error::SessionError;
pub use session::{Liveness, Options, Session};
pub use spec::Declaration;
pub use tell::{Added, Told};
