//! What a runner lets others see: happenings as they come, and a regular tick for a live display.

use std::path::PathBuf;

use indexmap::IndexMap;
use study::{Real, RunKey, Study, TrialId};

use crate::Finish;

/// How a study was opened.
#[derive(Clone, Debug)]
pub struct Opening {
    /// The study's folder.
    pub folder: PathBuf,
    /// Runs at a time.
    pub slots: usize,
    /// The sampler, as the study file names it.
    pub sampler: String,
    /// Trials that were there already.
    pub resumed: usize,
    /// What a person should know: a seed that was drawn, a limit that was assumed, a file that changed.
    pub remarks: Vec<String>,
}

/// Something that happened, told after it was recorded.
#[derive(Clone, Debug)]
pub enum Happening<'a> {
    /// The study is open; trials follow.
    Opened(&'a Opening),
    /// Runs of a process that is gone were found: some live on and are ours now, some are lost and run again.
    Recovered {
        /// Still alive, or ended while nobody looked.
        adopted: usize,
        /// Gone; they are run again.
        lost: usize,
    },
    /// An attempt got a slot.
    Started(RunKey),
    /// A program said how it is doing.
    Reported {
        /// Which attempt.
        run: RunKey,
        /// Its step, if it named one.
        step: Option<u64>,
        /// Metrics by name.
        values: &'a IndexMap<String, Real>,
    },
    /// An attempt ended.
    Ended(RunKey),
    /// A trial is over.
    TrialEnded(TrialId),
    /// No new runs start; running ones finish.
    Draining(Finish),
    /// Running ones are being ended.
    Ending,
    /// Told to pause, or to go on.
    Paused(bool),
    /// Something is wrong outside: the database is locked, the disk is full.
    Trouble(&'a str),
    /// The runner leaves.
    Finished(Finish),
}

/// Says a line at any moment, also where a runner is held up and nobody can look at its study.
pub type Voice = Box<dyn Fn(&str) + Send + Sync>;

/// Somebody who looks on.
pub trait Watcher {
    /// A voice for lines in between; without one they are not said.
    fn voice(&self) -> Option<Voice> {
        None
    }

    /// Something happened.
    fn see(&mut self, study: &Study, happening: &Happening<'_>);

    /// Time passed; `now` in milliseconds since 1970.
    fn tick(&mut self, study: &Study, now: u64) {
        let _ = (study, now);
    }
}

/// Looks at nothing.
#[derive(Debug, Default)]
pub struct Unwatched;

impl Watcher for Unwatched {
    fn see(&mut self, _: &Study, _: &Happening<'_>) {}
}
