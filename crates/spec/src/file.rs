//! The study file as it is written: what serde reads and what the JSON Schema describes. [`crate::StudyFile`] is the same,
//! checked and lowered.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use schemars::JsonSchema;
use search::{PrunerSpec, SamplerSpec};
use serde::{Deserialize, Serialize};
use space::Json;
use space::declaration::Declarations;
use study::{Axis, Constraint, Duplicates, Duration, Objective, OnTimeout, Real, StopRules};

use crate::command::CommandForm;
use crate::cpus::CpusForm;
use crate::executor::Executor;
use crate::size::ByteSize;
use crate::watching::{HookForm, MetricsSpec, RecordSpec};

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
    /// How many decisions behind the newest one a decision looks: with the same, the search is the same from any number of
    /// slots. Absent: it sees all there is.
    #[schemars(range(min = 1, max = 100_000))]
    pub(crate) lag: Option<u32>,
    /// Whether the search is to be the same again from the same seed: `lag` is then the number of slots at the first start.
    pub(crate) reproducible: bool,
    /// Artifacts and checkpoints are kept of so many trials, the best ones; all where absent. Records are always kept.
    #[schemars(range(min = 1))]
    pub(crate) keep: Option<u32>,
    /// What happens when a configuration comes up again that was already tried.
    pub(crate) duplicates: Duplicates,
    /// What is minimised or maximised; several make a Pareto search.
    #[schemars(length(min = 1))]
    pub(crate) objective: Vec<Objective>,
    /// What a result must satisfy to count as feasible.
    pub(crate) constraint: Vec<Constraint>,
    /// The metric that says what a trial costs, such as `train.time`: configurations that promise more for less come first.
    pub(crate) cost: Option<String>,
    /// What can be tried: one entry for each parameter.
    pub(crate) space: Declarations,
    /// What every proposal keeps to.
    pub(crate) space_constraint: Vec<SpaceConstraint>,
    /// Configurations that are evaluated first, or are known already.
    pub(crate) point: Vec<PointForm>,
    /// Earlier studies that shape the start.
    pub(crate) transfer: TransferForm,
    /// How to look.
    #[schemars(with = "SamplerSpec")]
    pub(crate) sampler: Option<Json>,
    /// Which trials go on, and how long; absent: all run to their end.
    #[schemars(with = "Option<PrunerSpec>")]
    pub(crate) pruner: Option<Json>,
    /// What is done once, before the first run.
    pub(crate) setup: Option<SetupForm>,
    /// The programs of a trial, in order.
    #[schemars(length(min = 1))]
    pub(crate) stage: Vec<StageForm>,
    /// What each configuration is repeated over, the outermost axis first.
    pub(crate) repeat: Vec<Axis>,
    /// When the study ends, whichever comes first; 100 trials where the table is absent.
    pub(crate) stop: Option<StopRules>,
    /// What one trial may take.
    pub(crate) limits: Limits,
    /// Where runs go.
    pub(crate) executor: Executor,
    /// Where the study is kept.
    pub(crate) store: StoreForm,
    /// Commands that are run when something happens.
    pub(crate) on: Vec<HookForm>,
    /// Where a monitoring system finds the study's figures (Prometheus text).
    pub(crate) metrics: MetricsSpec,
    /// What the study notes of where its results come from, beside what it always does.
    pub(crate) record: RecordSpec,
}

/// `[limits]`: what one trial may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Limits {
    /// A trial that is not over so long after its first run began fails, and its runs are ended.
    pub trial_time: Option<Duration>,
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

/// `[transfer]`: what is known from earlier studies.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct TransferForm {
    /// Their folders, such as `runs/digits-small`: from the study file's folder, or absolute. They are read once, when
    /// the study begins.
    pub(crate) from: Vec<String>,
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
#[schemars(extend("oneOf" = [{"required": ["run"]}, {"required": ["call"]}]))]
pub(crate) struct StageForm {
    /// What the stage is called, in folders, messages and placeholders such as `{stage.train.loss}`; `run` where absent.
    /// Of several stages each has a name.
    #[serde(default)]
    pub(crate) name: Option<String>,
    /// The command: a list of arguments with placeholders such as `"--lr={lr}"`, or a text for the shell. An argument
    /// whose placeholder is inactive is dropped; so is a nested list, whole.
    #[serde(default)]
    pub(crate) run: Option<CommandForm>,
    /// Instead of a command: a Python function, `"package.module:function"`, that is called in a process of its own. The
    /// module is looked up from the study file's folder first.
    #[serde(default)]
    pub(crate) call: Option<String>,
    /// The interpreter that calls it, such as `".venv/bin/python"`: from where the stage runs, or absolute. Absent: that
    /// of `ravine.run`, or `python3`.
    #[serde(default)]
    pub(crate) python: Option<String>,
    /// Whether runs of `call` are forks of one process that has imported the module, instead of importing it each.
    #[serde(default)]
    pub(crate) pool: bool,
    /// Says aloud what the shape of `run` says: a text is for the shell, a list is not.
    #[serde(default)]
    pub(crate) shell: Option<bool>,
    /// Whether it runs once for a trial, before its repetitions, and not for each of them.
    #[serde(default)]
    pub(crate) once: bool,
    /// How many processors a run takes; `{ min = 1, max = 8 }` takes what is free between the two when it starts.
    #[serde(default)]
    #[schemars(extend("default" = 1))]
    pub(crate) cpus: CpusForm,
    /// How many gpus a run takes: a whole number of its own, or a share of one, such as 0.5.
    #[serde(default)]
    #[schemars(range(min = 0.0))]
    pub(crate) gpus: f64,
    /// How much memory a run takes. One that holds more is ended as failed.
    #[serde(default)]
    pub(crate) memory: Option<ByteSize>,
    /// Other things that a run takes and gives back, of those that the executor lists: `{ licences = 1 }`.
    #[serde(default)]
    pub(crate) resources: BTreeMap<String, u64>,
    /// Whether a run is bound to cores of its own.
    #[serde(default)]
    pub(crate) pin: bool,
    /// Runs of smaller priorities start first; the stage's place (0, 1, …) where absent.
    #[serde(default)]
    pub(crate) priority: Option<u32>,
    /// How often a run that failed or was lost is tried again.
    #[serde(default)]
    pub(crate) retries: u32,
    /// How long the first new try waits; each further one twice as long, up to 5 minutes. Absent: not at all.
    #[serde(default)]
    pub(crate) backoff: Option<Duration>,
    /// A run that reports this step is ended, and counts as done.
    #[serde(default)]
    #[schemars(range(min = 1))]
    pub(crate) step_limit: Option<u64>,
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

impl StageForm {
    /// The name that it has, said or not.
    pub(crate) fn title(&self) -> String {
        self.name.clone().unwrap_or_else(|| "run".to_owned())
    }
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

/// `[store]`: where the study is kept.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct StoreForm {
    /// `sqlite` (default): a file in the study's folder.
    pub(crate) url: Option<String>,
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
