//! What a start says beside its study file.

use std::path::PathBuf;

/// What the command line adds to a study file.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Where studies live; absent is `runs` beside the file.
    pub runs: Option<PathBuf>,
    /// Runs at a time, instead of what the file says.
    pub parallel: Option<u32>,
    /// Trials in all, instead of what the file says.
    pub trials: Option<u64>,
    /// The seed of a study that starts now.
    pub seed: Option<u64>,
    /// Moves a study that is there aside.
    pub new: bool,
    /// Joins a study that is there as it is: its limits stay what they are now, whatever its file said.
    pub join: bool,
}
