//! A simulated runner's desk: orders without files, and nobody who looks on.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use exec::{Command, RunOrder, StepLimit};
use runner::{Desk, Errand, Happening};
use session::Session;
use space::Space;
use study::{RunKey, Study};

/// See the module.
#[derive(Debug)]
pub(crate) struct SimDesk {
    pub(crate) space: Arc<Space>,
    pub(crate) interrupts: Arc<AtomicUsize>,
}

impl Desk for SimDesk {
    fn order(&mut self, errand: &Errand<'_>) -> Result<RunOrder, String> {
        let mut order = RunOrder::new(errand.id, PathBuf::new(), Command::Program(Vec::new()));
        order.config = Some(self.space.resolve(errand.point));
        // The program knows its level, and needs no patience.
        order.step_limit = errand.level.map(|level| StepLimit { step: level.0, patience: Duration::ZERO });
        Ok(order)
    }

    fn directory(&self, _: RunKey) -> PathBuf {
        PathBuf::new()
    }

    fn has_ending(&self, _: RunKey) -> bool {
        false
    }

    fn interrupts(&self) -> usize {
        self.interrupts.load(Ordering::Relaxed)
    }

    fn beat(&mut self) {}

    fn tick(&mut self, _: &Session) {}

    fn see(&mut self, _: &Study, _: &Happening<'_>) {}
}
