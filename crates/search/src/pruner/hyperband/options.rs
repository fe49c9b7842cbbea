//! The options of `hyperband`, and of `bohb`, which has one more.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Brackets;
use crate::AshaKind;

/// Options of `hyperband`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct HyperbandOptions {
    /// The name of the placeholder by which the program gets its level, such as `epochs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The least that any trial gets, in steps. At least 1.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub min_resource: u64,
    /// R, the most that a trial gets.
    pub max_resource: u64,
    /// η: of those that come to a rung one in so many goes on, and the next rung is so many times higher. At least 2.
    #[serde(default = "three")]
    #[schemars(range(min = 2))]
    pub reduction_factor: u64,
    /// How, as in `asha`: absent is the study's to choose, and `stopping` where nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<AshaKind>,
}

/// Options of `bohb`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BohbOptions {
    /// The name of the placeholder by which the program gets its level, such as `epochs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The least that any trial gets, in steps. At least 1.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub min_resource: u64,
    /// R, the most that a trial gets.
    pub max_resource: u64,
    /// η: of those that come to a rung one in so many goes on, and the next rung is so many times higher. At least 2.
    #[serde(default = "three")]
    #[schemars(range(min = 2))]
    pub reduction_factor: u64,
    /// How, as in `asha`: absent is the study's to choose, and `stopping` where nobody does.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<AshaKind>,
    /// ρ: the share of new trials that are drawn at random, whatever the model says; so it stays as good as `hyperband`
    /// where the low levels mislead it. 0 to 1.
    #[serde(default = "third")]
    #[schemars(range(min = 0.0, max = 1.0))]
    pub random_fraction: f64,
}

impl BohbOptions {
    /// All but what it has more.
    pub fn hyperband(&self) -> HyperbandOptions {
        HyperbandOptions {
            resource: self.resource.clone(),
            min_resource: self.min_resource,
            max_resource: self.max_resource,
            reduction_factor: self.reduction_factor,
            kind: self.kind,
        }
    }
}

fn third() -> f64 {
    1.0 / 3.0
}

fn one() -> u64 {
    1
}

fn three() -> u64 {
    3
}

impl HyperbandOptions {
    /// With the defaults of a study file: η = 3, from 1 to `max_resource`.
    pub fn to(max_resource: u64) -> Self {
        HyperbandOptions {
            resource: None,
            min_resource: one(),
            max_resource,
            reduction_factor: three(),
            kind: None,
        }
    }

    /// The kind, its default where absent.
    pub fn kind(&self) -> AshaKind {
        self.kind.unwrap_or_default()
    }

    /// Its brackets.
    pub fn brackets(&self) -> Brackets {
        Brackets::new(self.min_resource, self.max_resource, self.reduction_factor)
    }
}
