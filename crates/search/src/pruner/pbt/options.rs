//! The options of `pbt`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Options of `pbt`. Names and defaults are those of Ray Tune's `PopulationBasedTraining` where nothing else is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PbtOptions {
    /// The name of the placeholder by which the program gets its level, such as `epochs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// How many members there are. At least 2.
    #[serde(default = "ten")]
    #[schemars(range(min = 2))]
    pub population: u32,
    /// How far a member runs before it is compared with the others, in steps. At least 1.
    #[schemars(range(min = 1))]
    pub perturbation_interval: u64,
    /// Where a member's training ends.
    pub max_resource: u64,
    /// No member takes over another's place before it has run so far.
    #[serde(default)]
    pub burn_in_period: u64,
    /// The worst share of the members takes over from the best share. More than 0, at most 0.5.
    #[serde(default = "quarter")]
    #[schemars(range(min = 0.0, max = 0.5))]
    pub quantile_fraction: f64,
    /// How likely each value is drawn anew from its range, instead of being perturbed. 0 to 1.
    #[serde(default = "quarter")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub resample_probability: f64,
    /// What numbers are multiplied by when they are perturbed, one or the other: the greater, the less. Ordered choices
    /// go one up or down; other choices stay as they are unless they are drawn anew.
    #[serde(default = "factors")]
    pub perturbation_factors: (f64, f64),
    /// The parameters that may change while a member trains, by path; absent is all. What the checkpoint depends on, such
    /// as the number of layers, must not be among them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mutate: Option<Vec<String>>,
}

fn ten() -> u32 {
    10
}

fn quarter() -> f64 {
    0.25
}

fn factors() -> (f64, f64) {
    (1.2, 0.8)
}
