//! Options of `cmaes`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

/// Options of `cmaes`. Constants are pycma's.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct CmaesOptions {
    /// How many results make a generation. From 4 to 100,000; where absent 4 + ⌊3 ln d⌋.
    pub population: Option<u32>,
    /// The first standard deviation, as a share of each range. Above 0, at most 2.
    pub sigma: f64,
    /// Where the search begins: values by parameter path, each of its range. What is not named begins at its default, where
    /// good values are believed to be, or in the middle; options without an order have no place to begin at.
    #[serde(skip_serializing_if = "Map::is_empty")]
    pub start: Map<String, Value>,
    /// Good configurations of an earlier search, each a table from parameter path to value: the first distribution is the
    /// normal one nearest to them, and `start` and `sigma` have no say in it.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub promising: Vec<Map<String, Value>>,
    /// Which correlations are learned.
    pub covariance: Covariance,
    /// What follows when the search has converged.
    pub restarts: Restarts,
    /// Whether results that were there before the first proposal shape the start, where there are at least 10.
    pub warm_start: bool,
    /// Whether changes are taken only as far as they can be told from chance: slower, for noise and many optima.
    pub adapt_learning_rate: bool,
}

impl Default for CmaesOptions {
    fn default() -> Self {
        CmaesOptions {
            population: None,
            sigma: 0.15,
            start: Map::new(),
            promising: Vec::new(),
            covariance: Covariance::Auto,
            restarts: Restarts::Bipop,
            warm_start: true,
            adapt_learning_rate: false,
        }
    }
}

/// Which correlations between parameters are learned.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Covariance {
    /// All where there are at most 100 coordinates, else none.
    #[default]
    Auto,
    /// All.
    Full,
    /// None: each parameter has a width of its own, which is learned faster.
    Diagonal,
}

/// What follows when the search has converged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Restarts {
    /// It goes on where it is.
    None,
    /// Anew from somewhere else, with twice the population.
    Ipop,
    /// By turns with twice the population and with small populations near and far (Hansen 2009).
    #[default]
    Bipop,
}
