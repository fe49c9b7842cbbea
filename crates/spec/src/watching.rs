//! What goes on beside a study's runs: commands when something happens, figures for a monitoring system, notes on where
//! results come from.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use study::Duration;

use crate::command::CommandForm;
use crate::template::Command;

/// `[[on]]`, as it is written.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct HookForm {
    /// What must happen.
    pub(crate) event: HookEvent,
    /// The command: a list of arguments, or a text for the shell. It gets the event as JSON on its standard input. Its
    /// placeholders are `{event}`, `{study}` and `{trial}`.
    pub(crate) run: CommandForm,
    /// After so long it is ended.
    #[serde(default = "ten_seconds")]
    pub(crate) timeout: Duration,
}

/// A command that is run when something happens. It never holds the search up.
#[derive(Clone, Debug, PartialEq)]
pub struct HookSpec {
    /// What must happen.
    pub event: HookEvent,
    /// The command; its placeholders are `{event}`, `{study}`, `{trial}` ([`crate::template::HookValues`]).
    pub command: Command,
    /// After so long it is ended.
    pub timeout: Duration,
}

/// Something that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum HookEvent {
    /// A trial was decided on.
    TrialCreated,
    /// A run began.
    RunStarted,
    /// A run ended, well or not.
    RunEnded,
    /// A trial ended, well or not.
    TrialEnded,
    /// A trial ended that is better than all before it.
    NewBest,
    /// The study reached a limit, or tried everything.
    StudyEnded,
}

impl HookEvent {
    /// Its name in the study file; those of the log are called as there.
    pub fn name(self) -> &'static str {
        match self {
            HookEvent::TrialCreated => "trial-created",
            HookEvent::RunStarted => "run-started",
            HookEvent::RunEnded => "run-ended",
            HookEvent::TrialEnded => "trial-ended",
            HookEvent::NewBest => "new-best",
            HookEvent::StudyEnded => "study-ended",
        }
    }

    /// Whether it is about one trial, so that `{trial}` has a value.
    pub fn has_trial(self) -> bool {
        self != HookEvent::StudyEnded
    }
}

/// `[metrics]`: where a monitoring system finds the study's figures (Prometheus text).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MetricsSpec {
    /// A file that is written anew every few seconds: from the study file's folder, or absolute.
    pub file: Option<String>,
    /// A port on this machine (loopback only) that answers to `GET /metrics`.
    #[schemars(range(min = 1))]
    pub port: Option<u16>,
}

/// `[record]`: what the study notes of where its results come from, beside command, commit, host and versions.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RecordSpec {
    /// Names of environment variables whose values are noted.
    pub env: Vec<String>,
    /// Input files whose hashes are noted: from the study file's folder, or absolute.
    pub files: Vec<String>,
}

fn ten_seconds() -> Duration {
    Duration::from_millis(10_000)
}
