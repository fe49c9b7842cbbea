//! What a runner has at hand beside store and place: orders for its runs, files beside the log, and those who look on.

use std::path::PathBuf;
use std::time::Duration;

use exec::{RunId, RunOrder, layout};
use indexmap::IndexMap;
use search::{Level, TrialId};
use session::Session;
use space::Point;
use study::schedule::Lease;
use study::{Digests, RunKey, Study};

use crate::watch::Happening;

/// The surroundings of a runner; see the module. In a simulation there are none to speak of.
pub trait Desk {
    /// The order for one attempt. An error ends that run, which is not tried again, and says why (invariant ONE RUN, ONE
    /// BAD END).
    fn order(&mut self, errand: &Errand<'_>) -> Result<RunOrder, String>;

    /// The folder of one attempt.
    fn directory(&self, run: RunKey) -> PathBuf;

    /// Whether an attempt's folder tells how it ended.
    fn has_ending(&self, run: RunKey) -> bool {
        self.directory(run).join(layout::EXIT).exists()
    }

    /// How often this process was asked to end so far, by Ctrl-C or SIGTERM.
    fn interrupts(&self) -> usize;

    /// Shows that this process lives; called every few seconds.
    fn beat(&mut self);

    /// Brings files and display up to date; called some ten times a second.
    fn tick(&mut self, session: &Session);

    /// Something happened.
    fn see(&mut self, study: &Study, happening: &Happening<'_>);
}

/// One attempt that is to be ordered: all that the log knows of what it gets.
#[derive(Clone, Debug)]
pub struct Errand<'a> {
    /// Which attempt.
    pub id: RunId,
    /// Where its trial is evaluated.
    pub point: &'a Point,
    /// What it holds.
    pub lease: &'a Lease,
    /// How far it runs; absent is to the end.
    pub level: Option<Level>,
    /// The trial whose checkpoint and artifacts it starts from.
    pub parent: Option<TrialId>,
    /// The attempts that the earlier stages have their results from, by stage, and what they reported.
    pub earlier: IndexMap<u32, (RunKey, Digests)>,
    /// What is left of its trial's time; absent where that has no limit.
    pub left: Option<Duration>,
}
