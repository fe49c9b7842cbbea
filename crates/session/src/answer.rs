//! What a session answers to who asks for trials.

use search::{Level, Spent, TrialId};
use space::Point;
use study::{Assignment, Limit, RunKey};

/// The answer to an [`ask`](crate::Session::ask).
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// So many trials to run, at least one and at most as many as asked for.
    Trials(Vec<Asked>),
    /// None now: the sampler waits for a result.
    Wait,
    /// None any more, for this reason.
    Over(Over),
}

impl Answer {
    /// The trials, if there are any.
    pub fn trials(self) -> Vec<Asked> {
        match self {
            Answer::Trials(trials) => trials,
            Answer::Wait | Answer::Over(_) => Vec::new(),
        }
    }

    /// The only trial, where one was asked for and there is one.
    pub fn trial(self) -> Option<Asked> {
        self.trials().into_iter().next()
    }
}

/// Why there is no new trial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Over {
    /// A stop rule's limit is reached.
    Limit(Limit),
    /// The sampler has nothing more to try, for this reason.
    Exhausted(Spent),
    /// Somebody stopped the study.
    Stopped,
    /// Somebody paused the study.
    Paused,
}

/// A trial to be run.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// Its number.
    pub number: TrialId,
    /// Its sampled values by path; empty in define-by-run studies, where it suggests them.
    pub parameters: Assignment,
    /// Its point in the declared space.
    pub point: Option<Point>,
    /// How far it runs; `None` is to the end.
    pub level: Option<Level>,
    /// The trial whose artifacts and checkpoint it starts from.
    pub parent: Option<TrialId>,
    /// The attempt that was started with it, for who asks to run it at once.
    pub run: Option<Claim>,
}

/// An attempt that is this session's to run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Which attempt.
    pub run: RunKey,
    /// The session's fencing number; its ending must name it.
    pub epoch: u64,
}
