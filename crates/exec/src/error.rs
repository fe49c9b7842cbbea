//! Why runs cannot be had.

use std::path::PathBuf;

/// Why runs cannot be had on this machine.
#[derive(Debug, thiserror::Error)]
pub enum LocalError {
    /// The study's folder cannot hold what a supervisor needs.
    #[error("cannot use the folder {}: {source}", folder.display())]
    Folder {
        /// Which one.
        folder: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The supervisor's program cannot be started.
    #[error("cannot start the supervisor: {0}")]
    Spawn(String),
    /// A supervisor was started and did not come to answer.
    #[error("the supervisor does not answer; its log is {}{}", log.display(), last.as_deref().map(|last| format!(": {last}")).unwrap_or_default())]
    Silent {
        /// Its log.
        log: PathBuf,
        /// The last line of it.
        last: Option<String>,
    },
    /// A supervisor of another version of ravine looks after runs of this study.
    #[error(
        "a supervisor of another version of ravine (pid {pid}) looks after runs of this study; let them end, or end it with `kill {pid}`"
    )]
    OtherVersion {
        /// Its pid.
        pid: u32,
    },
    /// Waiting for news failed.
    #[error("cannot wait for news: {0}")]
    Wait(std::io::Error),
}
