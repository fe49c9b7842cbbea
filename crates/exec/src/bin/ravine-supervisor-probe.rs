//! What `ravine supervise` does, without the rest of ravine: for this crate's tests and benchmarks.
#![allow(clippy::print_stderr, reason = "its standard error is the supervisor's log")]

use ravine_exec as exec;
use std::path::Path;
use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(study) = std::env::args_os().nth(1) else {
        eprintln!("usage: ravine-supervisor-probe STUDY");
        return ExitCode::from(2);
    };
    match exec::supervise(Path::new(&study)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{why}");
            ExitCode::FAILURE
        }
    }
}
