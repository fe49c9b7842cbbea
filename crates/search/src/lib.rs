//! How to look: samplers, rules for who goes on, and the maths they stand on. Pure.
//!
//! A sampler sees what happened ([`Observed`]) and proposes what to try next ([`Proposal`]). It never sees
//! processes, files or the clock, and objective values always reach it in the minimised sense.
//!
//! [`build`] makes the sampler that a [`SamplerSpec`] describes. [`build_pruner`] makes the rule of a [`PrunerSpec`] that
//! stops running trials early; one that promotes ended trials instead works around a sampler ([`build_with`]).

mod auto;
mod build;
mod cmaes;
mod command;
pub mod conformance;
mod distinct;
mod evolution;
mod evolve;
mod fixed;
mod frontier;
mod gp;
mod grid;
pub mod importance;
mod maths;
mod nsga2;
mod nsga3;
mod opening;
pub mod pareto;
mod protocol;
mod pruner;
mod random;
mod repair;
mod sobol;
mod spec;
mod standing;
mod strategy;
mod tpe;
mod transfer;
mod walk;

pub use auto::Choice;
pub use build::{Setting, build, build_for, build_with};
pub use cmaes::{CmaesOptions, Covariance, Restarts};
pub use command::{Broken, CommandOptions, Dialogue, Programs};
pub use evolution::EvolutionOptions;
pub use frontier::FrontierOptions;
pub use gp::GpOptions;
pub use nsga2::Nsga2Options;
pub use nsga3::Nsga3Options;
pub use protocol::{
    Ask, Decision, DecisionId, Level, Observed, Outcome, Proposal, Purpose, Sampler, SearchError, Spent,
    TrialId,
};
pub use pruner::{
    AshaKind, AshaOptions, BohbOptions, Bracket, Brackets, HyperbandOptions, Instances, MedianOptions,
    PatienceOptions, PbtOptions, PercentileOptions, Pruner, PrunerSpec, Question, Rungs, Sense,
    ThresholdOptions, Verdict, WilcoxonOptions, build_pruner,
};
pub use spec::{
    AutoOptions, Duplicates, FixedOptions, GridOptions, RandomOptions, SamplerSpec, SobolOptions, TpeOptions,
};
pub use tpe::TpeRules;
pub use transfer::{Earlier, Good};
