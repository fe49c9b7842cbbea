//! One module for each command: arguments in, a table or JSON out.

mod best;
mod check;
mod enqueue;
mod export;
mod import;
mod init;
mod limit;
mod log;
mod ls;
mod report;
mod rerun;
mod run;
mod show;
mod steer;
mod trials;
mod worker;

use std::io::Write;
use std::path::PathBuf;

use clap::CommandFactory;

use crate::args::{Cli, Command};
use crate::failure::{Exit, Failure};
use crate::term;

/// Does what was asked for.
pub fn run(command: Command) -> Result<Exit, Failure> {
    match command {
        Command::Run(arguments) => run::run(&arguments),
        Command::Check(arguments) => check::run(&arguments),
        Command::Init(arguments) => init::run(&arguments),
        Command::Ls(arguments) => ls::run(&arguments),
        Command::Show(arguments) => show::run(&arguments),
        Command::Best(arguments) => best::run(&arguments),
        Command::Trials(arguments) => trials::run(&arguments),
        Command::Log(arguments) => log::run(&arguments),
        Command::Rerun(arguments) => rerun::run(&arguments),
        Command::Enqueue(arguments) => enqueue::run(&arguments),
        Command::Worker(arguments) => worker::run(&arguments),
        Command::Limit(arguments) => limit::run(&arguments),
        Command::Stop(target) => steer::run(&target, study::Command::Stop),
        Command::Pause(target) => steer::run(&target, study::Command::Pause),
        Command::Resume(target) => steer::run(&target, study::Command::Resume),
        Command::Export(arguments) => export::run(&arguments),
        Command::Report(arguments) => report::run(&arguments),
        Command::Import(arguments) => import::run(&arguments),
        Command::Schema => schema(),
        Command::Completions { shell } => completions(shell),
        Command::Supervise { arguments } => supervise(arguments),
    }
}

fn schema() -> Result<Exit, Failure> {
    json(&spec::schema())
}

fn completions(shell: clap_complete::Shell) -> Result<Exit, Failure> {
    // Into memory first: the generator knows no errors, and a closed pipe is one.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "ravine", &mut script);
    std::io::stdout().write_all(&script)?;
    Ok(Exit::Done)
}

/// The hidden command: this process becomes the study's supervisor.
fn supervise(arguments: Vec<std::ffi::OsString>) -> Result<Exit, Failure> {
    let [study] = arguments.as_slice() else {
        return Err(Failure::new(Exit::Usage, "`ravine supervise` takes the study's folder"));
    };
    exec::supervise(&PathBuf::from(study)).map_err(|error| Failure::new(Exit::Environment, error))?;
    Ok(Exit::Done)
}

/// Prints a value as JSON, indented.
fn json(value: &impl serde::Serialize) -> Result<Exit, Failure> {
    let text = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::new(Exit::Environment, format!("cannot write JSON: {error}")))?;
    writeln!(term::out(), "{text}")?;
    Ok(Exit::Done)
}
