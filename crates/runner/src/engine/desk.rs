//! What a runner has at hand beside store and place: orders for its runs, files beside the log, and those who look on.

use std::path::PathBuf;

use exec::{RunId, RunOrder};
use session::Session;
use space::Point;
use study::{RunKey, Study};

use crate::watch::Happening;

/// The surroundings of a runner; see the module. In a simulation there are none to speak of.
pub trait Desk {
    /// The order for one attempt of a trial at `point`. An error ends that run, and says why (invariant ONE RUN, ONE
    /// BAD END).
    fn order(&mut self, id: RunId, point: &Point) -> Result<RunOrder, String>;

    /// The folder of one attempt.
    fn directory(&self, run: RunKey) -> PathBuf;

    /// How often this process was asked to end so far, by Ctrl-C or SIGTERM.
    fn interrupts(&self) -> usize;

    /// Shows that this process lives; called every few seconds.
    fn beat(&mut self);

    /// Brings files and display up to date; called some ten times a second.
    fn tick(&mut self, session: &Session);

    /// Something happened.
    fn see(&mut self, study: &Study, happening: &Happening<'_>);
}

/// What the loop must know of a stage.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct StageRule {
    /// How many cpus a run holds.
    pub cpus: u32,
}
