//! Options of `frontier`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Options of `frontier`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct FrontierOptions {
    /// The parameters that grow, by path: whole numbers, ordered choices, or floats with a step. A child is its parent with
    /// one of them one step greater, each as likely. All whole numbers that are always active where none is named.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub grow: Vec<String>,
    /// Which objective is the cost: 1 for the first. The other one is the error.
    pub cost: u32,
    /// How far above the hull, as a share of its height, a trial may lie and still have children. At least 0.
    pub eps: f64,
    /// The first trials: a table from parameter path to a list of values. Each combination that keeps the space constraints
    /// is one; what is not named is drawn at random. The least value of each parameter that grows where none is named.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub seeds: Map<String, Value>,
}

impl Default for FrontierOptions {
    fn default() -> Self {
        FrontierOptions { grow: Vec::new(), cost: 1, eps: 0.025, seeds: Map::new() }
    }
}
