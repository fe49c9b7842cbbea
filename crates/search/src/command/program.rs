//! The border to the world of processes: this crate is pure, so who uses it brings what runs programs.

use std::fmt;
use std::time::Duration;

/// Runs programs that are samplers.
pub trait Programs: Send + Sync + fmt::Debug {
    /// Starts a program.
    ///
    /// # Errors
    /// Why it could not be started, in words that follow on "the sampler program `x` ".
    fn start(&self, run: &[String]) -> Result<Box<dyn Dialogue>, String>;
}

/// A program that runs and is spoken with in lines. Dropped, it is ended with all that it started.
pub trait Dialogue: Send {
    /// Sends lines, each without its end, and waits for one line in answer.
    ///
    /// # Errors
    /// Where none comes. The program is of no use afterwards and is to be dropped.
    fn exchange(&mut self, lines: &[String], timeout: Duration) -> Result<String, Broken>;
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Broken {
    /// The program ended, or closed its output: how, in words that follow on "the sampler program `x` ", such as
    /// `ended with exit code 1; its last words were …`.
    Ended(String),
    /// No whole line came in time.
    Silent,
    /// What came is no line of text.
    Garbled(String),
}
