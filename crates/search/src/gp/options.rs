//! Options of `gp`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Options of `gp`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GpOptions {
    /// How many ended trials come before the model is asked: the defaults or the centre, then scrambled Sobol points. Where
    /// absent as many as there are parameters and two, from 5 to 12.
    pub n_startup_trials: Option<u32>,
    /// Whether proposals keep to a box around the best trial, which grows with success and shrinks with failure: for many
    /// parameters, and where the best is to be refined.
    pub trust_region: bool,
    /// Whether numbers are warped (Kumaraswamy's distribution function, fitted) once ten trials a parameter are known: where
    /// the objective changes faster at one end of a range.
    pub warp: bool,
    /// How many trials the model is made of at most: a quarter the best, a quarter the newest, and a seeded sample of
    /// the others. At least 20.
    pub history: u32,
}

impl Default for GpOptions {
    fn default() -> Self {
        GpOptions { n_startup_trials: None, trust_region: false, warp: false, history: 1000 }
    }
}
