//! `ravine stop`, `pause` and `resume`: a word to the runners of a study, from any terminal.

use std::io::Write;

use serde_json::json;
use study::Command;

use crate::args::Steer;
use crate::failure::{Exit, Failure};
use crate::opened;
use crate::term;

/// Writes the command into the study's log, synced; runners see it within a second.
pub fn run(arguments: &Steer, command: Command) -> Result<Exit, Failure> {
    let home = arguments.target.home()?;
    let session = opened::for_writing(&home)?;
    let who = std::env::var("USER").ok();
    session.control(command, who)?;
    let runners = session.living()?.len();
    if arguments.json {
        let phase = session.with_study(study::Study::phase);
        return super::json(&json!({"study": home.name(), "phase": phase, "runners": runners}));
    }
    let said = match (command, runners) {
        (Command::Stop, 0) => "stopped; nobody was running it",
        (Command::Stop, _) => "stopping: running trials are ended",
        (Command::Pause, _) => "paused: running trials finish, no new ones start; `ravine resume` goes on",
        (Command::Resume, 0) => "open again; `ravine run` goes on",
        (Command::Resume, _) => "going on",
    };
    writeln!(term::out(), "{}: {said}", home.name())?;
    Ok(Exit::Done)
}
