//! The programs of a study, checked: the stages of a trial, and what is done once before them.

use indexmap::IndexMap;
use study::schedule::Demand;
use study::{Duration, OnTimeout, StageRules};

use crate::runcard::Runcard;
use crate::size::ByteSize;
use crate::template::{Command, Template};

/// What is done once, before the first run.
#[derive(Clone, Debug, PartialEq)]
pub struct Setup {
    /// The command; its only placeholder is `{seed}`.
    pub command: Command,
    /// Where it runs: from the study file's folder, or absolute.
    pub cwd: Option<String>,
    /// After so long it is ended.
    pub timeout: Option<Duration>,
    /// Added to its environment.
    pub env: Vec<(String, String)>,
}

/// A program that a trial runs.
#[derive(Clone, Debug, PartialEq)]
pub struct Stage {
    /// What it is called: a name that can be a folder's.
    pub name: String,
    /// Whether it runs once for a trial, and not for every repetition.
    pub once: bool,
    /// The command.
    pub command: Command,
    /// Whether the command is one that can be started once, its runs being forks of it: it calls a function.
    pub pool: bool,
    /// What a run must hold before it starts: cpus, gpus, memory, named resources. Its memory is a limit too.
    pub demand: Demand,
    /// Whether a run is bound to the cores that it was given.
    pub pin: bool,
    /// Runs of smaller priorities start first: the stage's place where the file says nothing.
    pub priority: u32,
    /// How often a run that failed or was lost is tried again.
    pub retries: u32,
    /// How long the first new try waits; each further one twice as long, up to 5 minutes.
    pub backoff: Option<Duration>,
    /// A run that reports this step is ended, well.
    pub step_limit: Option<u64>,
    /// After so long a run is ended.
    pub timeout: Option<Duration>,
    /// What such a run counts as.
    pub on_timeout: OnTimeout,
    /// The exit codes that mean success; at least one.
    pub ok: Vec<i32>,
    /// The time between SIGTERM and SIGKILL.
    pub grace: Duration,
    /// Where it runs: from the study file's folder, or absolute.
    pub cwd: Option<Template>,
    /// Added to the environment; left out where a placeholder is inactive.
    pub env: Vec<(String, Template)>,
    /// Configuration files to write.
    pub files: Vec<Runcard>,
    /// Patterns over lines of output: metric name and regular expression with at least one group.
    pub capture: IndexMap<String, String>,
    /// How much of each log is kept.
    pub log_limit: ByteSize,
}

impl Stage {
    /// What the course of a trial needs to know of it.
    pub(crate) fn rules(&self) -> StageRules {
        StageRules {
            name: self.name.clone(),
            once: self.once,
            retries: self.retries,
            backoff: self.backoff,
            on_timeout: self.on_timeout,
        }
    }

    /// Whether its command, environment, working directory or runcards have a placeholder of this name.
    pub fn names(&self, placeholder: &str) -> bool {
        let within = |template: &Template| template.placeholders().any(|found| found.name == placeholder);
        self.command.placeholders().iter().any(|found| found.name == placeholder)
            || self.env.iter().any(|(_, template)| within(template))
            || self.cwd.as_ref().is_some_and(within)
            || self.files.iter().any(|file| within(&file.target) || file.templates().any(within))
    }
}
