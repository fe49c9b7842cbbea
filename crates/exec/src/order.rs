//! What goes in: an order to run a program.

use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use study::RunKey;

/// How much of each log is kept where the order says nothing else, in bytes.
pub const DEFAULT_LOG_LIMIT: u64 = 16 << 20;

/// How long a program may take to end after SIGTERM where the order says nothing else.
pub const DEFAULT_GRACE: Duration = Duration::from_secs(10);

/// One attempt and the fencing number of its start (invariant FIRST ENDING WINS): what all messages about it name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunId {
    /// Which attempt of which run.
    pub run: RunKey,
    /// The epoch of its start.
    pub epoch: u64,
}

/// Trial, stage, repetition, attempt and epoch: `12/0/0/1@3`.
impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RunKey { trial, stage, repetition, attempt } = self.run;
        write!(f, "{}/{stage}/{repetition}/{attempt}@{}", trial.0, self.epoch)
    }
}

/// What to run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// A program and its arguments, passed as they are. A name without a slash is looked up in the run's PATH; a
    /// relative path starts at the working directory.
    Program(Vec<String>),
    /// A line for `/bin/sh -c`.
    Shell(String),
}

/// The GPUs of a run, by their numbers on the machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gpus {
    /// Which ones; none hides them all.
    pub indices: Vec<u32>,
    /// How much of each is the run's, in (0, 1].
    pub share: f64,
}

/// A limit on the steps that a run reports. What counts depends on the order of its reports alone, not on how soon it is
/// stopped; what does not count is told and kept in `metrics.jsonl` all the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StepLimit {
    /// The first report of this step or a later one is the last step that counts.
    pub step: u64,
    /// How long a program may take after it to end by itself: one that knows its limit has a checkpoint to write, and last
    /// figures to report, which count. When it reports a further step it is stopped at once. Without patience it is stopped
    /// at once in any case, and nothing counts after the report that reached the limit.
    pub patience: Duration,
}

/// An order to run a program. See [`RunOrder::new`] for what the fields are when nothing is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunOrder {
    /// What it is called.
    pub id: RunId,
    /// The attempt's directory, absolute ([`crate::Layout`]). Made here; one that is there already is moved aside.
    pub directory: PathBuf,
    /// What to run.
    pub command: Command,
    /// Whether the program can be a pool, of which runs are forks: it knows `RAVINE_POOL`, and is started once for all orders
    /// with this command.
    #[serde(default)]
    pub pool: bool,
    /// Added to the environment of the process that orders; these win.
    #[serde(default)]
    pub environment: Vec<(String, String)>,
    /// The working directory, absolute; absent is the attempt's directory.
    #[serde(default)]
    pub cwd: Option<PathBuf>,
    /// How many threads OpenMP and its kin may use, unless the environment says so already.
    pub cpus: u32,
    /// After so long it is ended.
    #[serde(default)]
    pub timeout: Option<Duration>,
    /// What is left of its trial's time; after so long it is ended as well, and no other try will help
    /// ([`study::RunEnd::hopeless`]).
    #[serde(default)]
    pub trial_left: Option<Duration>,
    /// A program that goes on beyond this is stopped, as by [`crate::Executor::stop`], and ends well: [`study::How::Ok`],
    /// with [`study::RunLimit::Step`].
    #[serde(default)]
    pub step_limit: Option<StepLimit>,
    /// How much memory its whole tree may hold, in bytes. Over it the run is killed and fails, with
    /// [`study::RunLimit::Memory`].
    #[serde(default)]
    pub memory: Option<u64>,
    /// The cores that it is bound to, by their numbers on the machine; none leaves that to the kernel.
    #[serde(default)]
    pub cores: Vec<u32>,
    /// The GPUs that it sees; absent leaves the environment as it is.
    #[serde(default)]
    pub gpus: Option<Gpus>,
    /// So much time lies between SIGTERM and SIGKILL.
    pub grace: Duration,
    /// The exit codes that mean success.
    pub ok: Vec<i32>,
    /// Patterns over lines of output: metric name and regular expression ([`crate::report::Captures`]).
    #[serde(default)]
    pub capture: Vec<(String, String)>,
    /// The metrics that the study judges by; where one comes as text only, the ending says so ([`study::RunEnd::texts`]).
    #[serde(default)]
    pub metrics: Vec<String>,
    /// How much of each log is kept, in bytes; of a longer one the middle is dropped.
    pub log_limit: u64,
    /// Written as `config.json`, whose path the program finds in `RAVINE_CONFIG`.
    #[serde(default)]
    pub config: Option<serde_json::Value>,
    /// More files to write before the start, such as runcards: path (from the attempt's directory, or absolute) and
    /// contents.
    #[serde(default)]
    pub files: Vec<(PathBuf, String)>,
    /// Folders to make before the start where they are missing (artifacts, checkpoint), absolute.
    #[serde(default)]
    pub folders: Vec<PathBuf>,
    /// Folders to copy before the start (a parent's checkpoint and artifacts): from, to, both absolute. What is not there
    /// is not copied; what is there already is not overwritten.
    #[serde(default)]
    pub inherit: Vec<(PathBuf, PathBuf)>,
}

impl RunOrder {
    /// An order with one cpu, no limits, success on exit code 0, and the defaults of this module.
    pub fn new(id: RunId, directory: PathBuf, command: Command) -> Self {
        RunOrder {
            id,
            directory,
            command,
            pool: false,
            environment: Vec::new(),
            cwd: None,
            cpus: 1,
            timeout: None,
            trial_left: None,
            step_limit: None,
            memory: None,
            cores: Vec::new(),
            gpus: None,
            grace: DEFAULT_GRACE,
            ok: vec![0],
            capture: Vec::new(),
            metrics: Vec::new(),
            log_limit: DEFAULT_LOG_LIMIT,
            config: None,
            files: Vec::new(),
            folders: Vec::new(),
            inherit: Vec::new(),
        }
    }
}
