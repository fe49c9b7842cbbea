//! Measures asking and telling on SQLite, and opening a long study. `README.md` says how, and holds what came out.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints its measurements")]

mod long;
mod subject;
mod throughput;

use std::error::Error;
use std::path::Path;
use std::process::ExitCode;

/// Whatever goes wrong ends the measurement.
pub(crate) type Done<T = ()> = Result<T, Box<dyn Error>>;

const USAGE: &str =
    "usage: ravine-bench-store throughput FOLDER [seconds]   asks and tells, as a table and as JSON
       ravine-bench-store make FOLDER [trials]         a study of finished trials of 100 reports each
       ravine-bench-store open FOLDER                  opens it cold and says how long it took";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let text = |i: usize| arguments.get(i).map(String::as_str);
    let number = |i: usize, default: u64| text(i).and_then(|t| t.parse().ok()).unwrap_or(default);
    let done = match (text(0), text(1).map(Path::new)) {
        (Some("throughput"), Some(folder)) => throughput::run(folder, number(2, 5)),
        (Some("make"), Some(folder)) => long::make(folder, number(2, 100_000)),
        (Some("open"), Some(folder)) => long::open(folder),
        _ => Err(USAGE.into()),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}
