//! A small honest neural network on the UCI handwritten digits: ravine's demo objective.
//!
//! It is an ordinary program that knows nothing of ravine: it takes flags, prints one JSON object a line and ends
//! with an exit code. `README.md` beside it tells of the data, the split and the codes.

mod data;
mod matrix;
mod network;
mod optimizer;
mod options;
mod random;
mod training;

use std::io::{self, Write as _};
use std::process::ExitCode;

use data::Digits;
use options::Options;
use training::Outcome;

/// The loss is no longer a number: the learning rate was too high. The last line printed shows it.
const DIVERGED: u8 = 3;
/// Nobody reads what is printed, or the data in the binary are damaged.
const BROKEN: u8 = 1;

fn main() -> ExitCode {
    let settings = Options::read();
    let mut out = io::stdout().lock();
    let outcome = Digits::load()
        .map_err(|error| error.to_string())
        .and_then(|digits| training::train(&digits, &settings, &mut out).map_err(|error| error.to_string()));
    match outcome {
        Ok(Outcome::Finished) => ExitCode::SUCCESS,
        Ok(Outcome::Diverged { epoch }) => {
            complain(&format!("the loss is not a number in epoch {epoch}: the learning rate is too high"));
            ExitCode::from(DIVERGED)
        }
        Err(message) => {
            complain(&message);
            ExitCode::from(BROKEN)
        }
    }
}

/// One line on stderr. If even that is closed, the exit code has to tell all.
fn complain(message: &str) {
    let _ = writeln!(io::stderr(), "digits-trainer: {message}");
}
