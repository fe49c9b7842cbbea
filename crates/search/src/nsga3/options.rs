//! Options of `nsga3`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Options of `nsga3`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Nsga3Options {
    /// Into how many parts each axis of the objectives is cut to make the directions in which the front is searched. At
    /// least 1, with 100,000 directions at most. Where absent as many as make at most 100 directions, in two layers for more than 5 objectives.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub divisions: Option<u32>,
    /// How many trials the population holds. From 4 to 100,000. Where absent one for each direction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub population: Option<u32>,
    /// How many trials end before any is bred; until then points are evenly spread.
    pub n_startup_trials: u32,
    /// The share of children that have two parents; the others are mutants of one. From 0 to 1.
    pub crossover: f64,
}

impl Default for Nsga3Options {
    fn default() -> Self {
        Nsga3Options { divisions: None, population: None, n_startup_trials: 20, crossover: 0.9 }
    }
}
