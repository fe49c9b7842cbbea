//! House rules and chores, run as `cargo xtask <chore>`.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a developer's command speaks on the terminal")]

mod budget;
mod tidy;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask <chore>
  tidy     check the house rules: imports between crates, unfinished work, file sizes, lints, documents
  budget   print the cold release build's time and the binary's size";

fn main() -> ExitCode {
    let chore = std::env::args().nth(1);
    let outcome = match chore.as_deref() {
        Some("tidy") => tidy::report(&root()),
        Some("budget") => budget::report(&root()),
        _ => Err(USAGE.to_owned()),
    };
    match outcome {
        Ok(text) => {
            println!("{text}");
            ExitCode::SUCCESS
        }
        Err(text) => {
            eprintln!("{text}");
            ExitCode::FAILURE
        }
    }
}

/// The repository's root: the folder that holds this package's folder.
fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.parent().unwrap_or(here).to_path_buf()
}
