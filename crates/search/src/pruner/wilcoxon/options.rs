//! The options of `wilcoxon`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Options of `wilcoxon`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct WilcoxonOptions {
    /// The largest p-value at which a trial is stopped: the larger, the more are. 0 to 1.
    #[schemars(range(min = 0.0, max = 1.0))]
    pub p_threshold: f64,
    /// No trial is stopped before it has been compared on so many instances; never before 2.
    pub n_startup_steps: u64,
    /// What the instances are: absent is the study's to choose, `repetitions` where it repeats its trials and `reports`
    /// otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub over: Option<Instances>,
}

impl Default for WilcoxonOptions {
    fn default() -> Self {
        WilcoxonOptions { p_threshold: 0.1, n_startup_steps: 2, over: None }
    }
}

/// What `wilcoxon` compares trials on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Instances {
    /// A run reports once for each instance, with the instance's number as the step, in an order that is best drawn
    /// anew by each run.
    #[default]
    Reports,
    /// Each repetition of a trial is an instance; they are looked at in the order of their numbers. The rest is not
    /// run when a trial is stopped.
    Repetitions,
}
