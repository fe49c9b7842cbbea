//! Options of `evolution`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Options of `evolution`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct EvolutionOptions {
    /// How many trials the population holds: the newest that ended. At least 2, at most 100,000.
    pub population: u32,
    /// How many of them compete to be the next parent. At least 1; more is greedier, and as many as the
    /// population holds is all.
    pub sample: u32,
    /// How many trials end before any is bred; until then points are evenly spread. The population's size where absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub n_startup_trials: Option<u32>,
}

impl Default for EvolutionOptions {
    fn default() -> Self {
        EvolutionOptions { population: 50, sample: 12, n_startup_trials: None }
    }
}
