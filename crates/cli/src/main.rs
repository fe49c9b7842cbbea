//! The `ravine` command.
#![allow(unreachable_pub, reason = "in a program `pub` says what a module offers to the others")]

mod args;
mod commands;
mod display;
mod failure;
mod locate;
mod opened;
#[cfg(test)]
mod reference;
mod term;

use std::process::ExitCode;

use clap::Parser;

use crate::args::Cli;

fn main() -> ExitCode {
    let cli = Cli::parse();
    term::choose_colors(cli.color);
    let exit = match commands::run(cli.command) {
        Ok(exit) => exit,
        Err(failure) => {
            term::print_failure(&failure);
            failure.exit
        }
    };
    ExitCode::from(exit as u8)
}
