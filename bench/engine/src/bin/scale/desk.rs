//! A desk without files, and nobody who looks on.

use std::path::PathBuf;

use exec::{Command, RunOrder};
use runner::{Desk, Errand, Happening};
use session::Session;
use study::{RunKey, Study};

#[derive(Debug)]
pub(crate) struct NoDesk;

impl Desk for NoDesk {
    fn order(&mut self, errand: &Errand<'_>) -> Result<RunOrder, String> {
        Ok(RunOrder::new(errand.id, PathBuf::new(), Command::Program(Vec::new())))
    }

    fn directory(&self, _: RunKey) -> PathBuf {
        PathBuf::new()
    }

    fn interrupts(&self) -> usize {
        0
    }

    fn beat(&mut self) {}

    fn tick(&mut self, _: &Session) {}

    fn see(&mut self, _: &Study, _: &Happening<'_>) {}
}
