//! The study file as it is written: what serde reads and what the JSON Schema describes. [`crate::StudyFile`] is the same,
//! checked and lowered.

use indexmap::IndexMap;
use schemars::JsonSchema;
use search::SamplerSpec;
use serde::{Deserialize, Serialize};
use space::Json;
use space::declaration::Declarations;
use study::{Constraint, Duplicates, Duration, Objective, OnTimeout, Real, StopRules};

use crate::command::CommandForm;
use crate::size::ByteSize;

/// A ravine study file.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(title = "ravine study file", extend("required" = ["objective", "space", "stage"]))]
pub(crate) struct File {
    /// What the study is called; the file's name without its ending where absent. Results lie in `runs/NAME`.
    pub(crate) name: Option<String>,
    /// The seed of the search, 0 … 2⁶³ − 1; drawn and recorded where absent.
    #[schemars(range(min = 0, max = 9_223_372_036_854_775_807_i64))]
    pub(crate) seed: Option<u64>,
    /// What happens when a configuration comes up again that was already tried.
    pub(crate) duplicates: Duplicates,
    /// What is minimised or maximised; several make a Pareto search.
    #[schemars(length(min = 1))]
    pub(crate) objective: Vec<Objective>,
    /// What a result must satisfy to count as feasible.
    pub(crate) constraint: Vec<Constraint>,
    /// What can be tried: one entry for each parameter.
    pub(crate) space: Declarations,
    /// What every proposal keeps to.
    pub(crate) space_constraint: Vec<SpaceConstraint>,
    /// Configurations that are evaluated first, or are known already.
    pub(crate) point: Vec<PointForm>,
    /// How to look.
    #[schemars(with = "SamplerSpec")]
    pub(crate) sampler: Option<Json>,
    /// What is done once, before the first run.
    pub(crate) setup: Option<SetupForm>,
    /// The program to run.
    #[schemars(length(min = 1, max = 1))]
    pub(crate) stage: Vec<StageForm>,
    /// When the study ends, whichever comes first; 100 trials where the table is absent.
    pub(crate) stop: Option<StopRules>,
    /// Where runs go.
    pub(crate) executor: Executor,
    /// Where the study is kept.
    pub(crate) store: StoreForm,
}

/// `[[space_constraint]]`: proposals never break it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SpaceConstraint {
    /// An expression over parameters, such as `"batch * units[0] <= 16384"`; one over an inactive parameter holds.
    pub(crate) expr: String,
}

/// `[[point]]`: a configuration to start with.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PointForm {
    /// Values of parameters; those that are left out take their defaults or are drawn.
    pub(crate) params: serde_json::Map<String, Json>,
    /// What it is already known to give: values of metrics. Such a point is not run.
    #[serde(default)]
    pub(crate) result: Option<IndexMap<String, Real>>,
}

/// `[setup]`: what is done once, before the first run.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct SetupForm {
    /// The command: a list of arguments, or a text for the shell. Its only placeholder is `{seed}`.
    pub(crate) run: CommandForm,
    /// Where it runs: from the study file's folder, or absolute.
    #[serde(default)]
    pub(crate) cwd: Option<String>,
    /// After so long it is ended, and the study with it.
    #[serde(default)]
    pub(crate) timeout: Option<Duration>,
    /// Added to its environment.
    #[serde(default)]
    pub(crate) env: IndexMap<String, String>,
}

/// `[[stage]]`: a program that a trial runs.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StageForm {
    /// What the stage is called, in folders and messages; `run` where absent.
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// The command: a list of arguments with placeholders such as `"--lr={lr}"`, or a text for the shell. An argument
    /// whose placeholder is inactive is dropped; so is a nested list, whole.
    pub(crate) run: CommandForm,
    /// Says aloud what the shape of `run` says: a text is for the shell, a list is not.
    #[serde(default)]
    pub(crate) shell: Option<bool>,
    /// How many processors a run takes.
    #[serde(default = "one")]
    #[schemars(range(min = 1))]
    pub(crate) cpus: u32,
    /// After so long a run is ended.
    #[serde(default)]
    pub(crate) timeout: Option<Duration>,
    /// What a run that is ended by its time-out counts as.
    #[serde(default)]
    pub(crate) on_timeout: OnTimeout,
    /// The exit codes that mean success.
    #[serde(default = "success")]
    #[schemars(length(min = 1))]
    pub(crate) ok: Vec<i32>,
    /// The time between SIGTERM and SIGKILL.
    #[serde(default = "grace")]
    pub(crate) grace: Duration,
    /// Where it runs: from the study file's folder, or absolute; placeholders are allowed.
    #[serde(default)]
    pub(crate) cwd: Option<String>,
    /// Added to the environment; placeholders are allowed, a variable whose placeholder is inactive is left out.
    #[serde(default)]
    pub(crate) env: IndexMap<String, String>,
    /// Configuration files of the program's own (runcards), re-written for each run.
    #[serde(default)]
    pub(crate) file: Vec<RuncardForm>,
    /// Patterns over lines of output, for programs that cannot be changed: metric name and regular expression, whose
    /// first group is the number.
    #[serde(default)]
    pub(crate) capture: IndexMap<String, String>,
    /// How much of each log is kept; of a longer one the middle is dropped.
    #[serde(default = "log_limit")]
    pub(crate) log_limit: ByteSize,
}

/// `[[stage.file]]`: a configuration file of the program's own, re-written for each run.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RuncardForm {
    /// The file to start from: YAML, TOML or JSON by its ending, from the study file's folder, or absolute.
    pub(crate) template: String,
    /// Where the written file lies: from the run's folder, or absolute; the template's name where absent. Placeholders
    /// are allowed.
    #[serde(default)]
    pub(crate) target: Option<String>,
    /// What changes: the path of a key (`"fitting.parameters.lr"`, `"layers[0].units"`) and its value: a text with
    /// placeholders, or any constant. A value whose placeholder is inactive removes the key.
    #[serde(default)]
    pub(crate) set: IndexMap<String, Json>,
}

/// `[executor]`: where runs go.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Executor {
    /// The kind of place.
    pub kind: ExecutorKind,
    /// How many runs there are at a time, at most; else what `cpus` allows.
    #[schemars(range(min = 1))]
    pub parallel: Option<u32>,
    /// How many processors the study takes; all of the machine's where absent.
    #[schemars(range(min = 1))]
    pub cpus: Option<u32>,
}

/// A kind of place where runs go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum ExecutorKind {
    /// This machine.
    #[default]
    Local,
}

/// `[store]`: where the study is kept.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StoreForm {
    /// `sqlite` (default): a file in the study's folder.
    pub(crate) url: Option<String>,
}

fn one() -> u32 {
    1
}

fn success() -> Vec<i32> {
    vec![0]
}

fn grace() -> Duration {
    Duration::from_millis(10_000)
}

fn log_limit() -> ByteSize {
    ByteSize(16 << 20)
}
