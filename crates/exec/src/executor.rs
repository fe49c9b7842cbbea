//! The border between who drives a study and the place where its runs go.

use std::path::PathBuf;
use std::time::Duration;

use study::How;

use crate::news::{Known, RunNews};
use crate::order::{RunId, RunOrder};

/// Why a place for runs is out of reach, for good as far as it can tell.
#[derive(Debug, thiserror::Error)]
#[error(transparent)]
pub struct ExecutorError(Box<dyn std::error::Error + Send + Sync>);

impl ExecutorError {
    /// From what an executor of its own kind says.
    pub fn new(error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Self {
        ExecutorError(error.into())
    }
}

/// A place where runs go: orders in, news out. [`crate::Local`] is this machine.
///
/// All but [`Executor::wait`] only note what is wanted, and cannot fail: it is done with the next wait. A run is named by its
/// [`RunId`]; words about one that is unknown are ignored. Whoever drives it may die at any time: runs go on, and the next
/// one claims them. The promises are tests: [`crate::conformance`].
pub trait Executor {
    /// What was known when this executor was met: runs of earlier processes, which may be claimed.
    fn known(&self) -> &[Known];

    /// Starts a run. An order for one that is known already is a claim.
    fn start(&mut self, order: RunOrder);

    /// Takes over a run that another process started, or this one in an earlier life. Its news come from the beginning; its
    /// ending even where all that is left of it is its `directory`. One of which nothing is known ends as lost.
    fn claim(&mut self, id: RunId, directory: PathBuf);

    /// Asks a run to end: SIGTERM to its whole tree, SIGKILL after the order's grace. Its ending says `how` (killed or
    /// pruned) and the message; the first reason counts.
    ///
    /// A run whose program was seen to end before the order came keeps its own ending. Otherwise its ending says `how`,
    /// whatever became of it: a program that ends well by itself in its grace, or between the order and the signal, is
    /// pruned all the same, with exit code 0. What it reports until its end is told and recorded.
    fn stop(&mut self, id: RunId, how: How, message: Option<String>);

    /// As [`Executor::stop`], without the grace; also for a run that is being stopped.
    fn kill(&mut self, id: RunId, how: How, message: Option<String>);

    /// A run's ending is recorded and need not be told again.
    fn acknowledge(&mut self, id: RunId);

    /// Does what is wanted, and waits for news: until there is some, or the time is over (never, without a limit). May
    /// return early, with none.
    ///
    /// # Errors
    /// The place is out of reach. What has become of the runs may be asked of another executor for it, by claims.
    fn wait(&mut self, limit: Option<Duration>) -> Result<Vec<RunNews>, ExecutorError>;
}

impl<E: Executor + ?Sized> Executor for Box<E> {
    fn known(&self) -> &[Known] {
        (**self).known()
    }

    fn start(&mut self, order: RunOrder) {
        (**self).start(order);
    }

    fn claim(&mut self, id: RunId, directory: PathBuf) {
        (**self).claim(id, directory);
    }

    fn stop(&mut self, id: RunId, how: How, message: Option<String>) {
        (**self).stop(id, how, message);
    }

    fn kill(&mut self, id: RunId, how: How, message: Option<String>) {
        (**self).kill(id, how, message);
    }

    fn acknowledge(&mut self, id: RunId) {
        (**self).acknowledge(id);
    }

    fn wait(&mut self, limit: Option<Duration>) -> Result<Vec<RunNews>, ExecutorError> {
        (**self).wait(limit)
    }
}
