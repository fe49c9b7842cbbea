//! The `[sampler]` table of `command`.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::SearchError;

/// Options of `command`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CommandOptions {
    /// The program and its arguments. It runs in the study file's folder.
    #[schemars(length(min = 1))]
    pub run: Vec<String>,
    /// Within so many seconds each answer must come, the first one, for which the program starts, too.
    #[serde(default = "timeout")]
    #[schemars(range(min = 0.001, max = 86_400.0))]
    pub timeout: f64,
}

fn timeout() -> f64 {
    60.0
}

/// A day: who thinks longer has lost its way.
const LONGEST: f64 = 86_400.0;

impl CommandOptions {
    /// The program `run`, with the default time-out.
    pub fn new(run: Vec<String>) -> Self {
        CommandOptions { run, timeout: timeout() }
    }

    pub(super) fn check(&self) -> Result<(), SearchError> {
        let refused = |message: String| Err(SearchError::Unsuitable(message));
        if self.run.first().is_none_or(|program| program.trim().is_empty()) {
            return refused("`run` names no program; write it as [\"python3\", \"sampler.py\"]".to_owned());
        }
        if !(0.001..=LONGEST).contains(&self.timeout) {
            let message =
                format!("`timeout` is in seconds, from 0.001 to {LONGEST}, and not {}", self.timeout);
            return refused(message);
        }
        Ok(())
    }

    /// The command as messages name it.
    pub(super) fn shown(&self) -> String {
        self.run.join(" ")
    }
}
