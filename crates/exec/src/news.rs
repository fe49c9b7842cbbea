//! What comes out: news of runs.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};
use study::{Real, RunEnded};

use crate::RunId;

/// News of a run. For one run they come in this order: started, reports by index, ended. A run that could not be
/// started only ends.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "news", rename_all = "kebab-case")]
pub enum RunNews {
    /// Its program runs.
    Started {
        /// Which one.
        id: RunId,
        /// The pid of its program, which leads its session.
        pid: u32,
    },
    /// It reported values.
    Reported {
        /// Which one.
        id: RunId,
        /// Counts the run's reports from 0: the line in `metrics.jsonl`. Who claims a run sees all its reports again,
        /// with the same indices.
        index: u64,
        /// The step, if the program named one.
        step: Option<u64>,
        /// Metrics by name.
        values: IndexMap<String, Real>,
    },
    /// It is over, with everything it started. Told until it is acknowledged; what is in `exit.json`.
    Ended(Box<RunEnded>),
}

impl RunNews {
    /// Which run it is about.
    pub fn id(&self) -> RunId {
        match self {
            RunNews::Started { id, .. } | RunNews::Reported { id, .. } => *id,
            RunNews::Ended(ended) => RunId { run: ended.run, epoch: ended.epoch },
        }
    }
}

/// A run that a supervisor knows of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Known {
    /// Which one.
    pub id: RunId,
    /// Whether it still runs; otherwise its ending waits to be acknowledged.
    pub alive: bool,
    /// Whether a connected client gets its news.
    pub owned: bool,
}
