//! The words between a ravine and its supervisor: one JSON object a line.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use study::How;

use crate::{Known, RunId, RunNews, RunOrder};

/// Raised when a word changes its meaning; both sides must speak the same.
pub(crate) const VERSION: u32 = 2;

/// What a client says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "kebab-case")]
pub(crate) enum Request {
    /// First of all. The environment is that of the client, not of the supervisor, which another client started.
    Hello { version: u32, environment: Vec<(String, String)> },
    /// Run this.
    Start(Box<RunOrder>),
    /// End a run.
    Stop { id: RunId, how: How, message: Option<String>, at_once: bool },
    /// A run's ending is in the log.
    Acknowledge { id: RunId },
    /// From now on tell me of this run, from its beginning.
    Claim { id: RunId, directory: PathBuf },
}

/// What the supervisor says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "say", rename_all = "kebab-case")]
pub(crate) enum Reply {
    /// The answer to hello.
    Welcome { pid: u32, known: Vec<Known> },
    /// The answer to a hello of another version.
    OtherVersion { version: u32, pid: u32 },
    /// Of a run that the client owns.
    News(RunNews),
}

/// Appends a message with its line end.
pub(crate) fn put<T: Serialize>(message: &T, into: &mut Vec<u8>) -> serde_json::Result<()> {
    let before = into.len();
    let written = serde_json::to_writer(&mut *into, message);
    match written {
        Ok(()) => into.push(b'\n'),
        Err(_) => into.truncate(before),
    }
    written
}

/// Takes the whole lines from the front of what was received.
pub(crate) fn take_lines(received: &mut Vec<u8>, mut line: impl FnMut(&[u8])) {
    let Some(end) = memchr::memrchr(b'\n', received) else { return };
    received[..end].split(|&byte| byte == b'\n').for_each(&mut line);
    received.drain(..=end);
}
