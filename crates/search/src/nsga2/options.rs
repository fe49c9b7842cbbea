//! Options of `nsga2`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Options of `nsga2`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Nsga2Options {
    /// How many trials the population holds. From 4 to 100,000. More is slower at first, and surer to spread in thousands of trials.
    pub population: u32,
    /// How many trials end before any is bred; until then points are evenly spread.
    pub n_startup_trials: u32,
    /// The share of children that have two parents; the others are mutants of one. From 0 to 1.
    pub crossover: f64,
}

impl Default for Nsga2Options {
    fn default() -> Self {
        Nsga2Options { population: 20, n_startup_trials: 20, crossover: 0.9 }
    }
}
