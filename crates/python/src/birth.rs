//! In which process a study was opened: a forked one has copies of locks and of a log's place that mean nothing there.

use std::sync::atomic::{AtomicU32, Ordering};

use pyo3::prelude::*;
use pyo3::types::PyDict;

/// How many forks lie between this process and the one that imported the package. Counted by the interpreter's hook, so that
/// to ask costs no system call.
static FORKS: AtomicU32 = AtomicU32::new(0);

/// Counts from now on.
pub(crate) fn watch(py: Python<'_>) -> PyResult<()> {
    let os = py.import("os")?;
    // Where nobody can fork there is nothing to watch.
    if let Ok(register) = os.getattr("register_at_fork") {
        let hook = PyDict::new(py);
        hook.set_item("after_in_child", wrap_pyfunction!(forked, py)?)?;
        register.call((), Some(&hook))?;
    }
    Ok(())
}

#[pyfunction]
fn forked() {
    FORKS.fetch_add(1, Ordering::Relaxed);
}

/// The process that something was made in.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Birth(u32);

impl Birth {
    /// This one.
    pub(crate) fn here() -> Self {
        Birth(FORKS.load(Ordering::Relaxed))
    }

    /// Whether it is this one.
    #[inline]
    pub(crate) fn is_here(self) -> bool {
        self.0 == FORKS.load(Ordering::Relaxed)
    }

    /// Refuses in any other one.
    ///
    /// # Errors
    /// `ForkedStudyError`, with what to do instead.
    pub(crate) fn check(self, py: Python<'_>) -> PyResult<()> {
        if self.is_here() {
            return Ok(());
        }
        let raise = py.import("ravine._fork")?.getattr("raise_forked")?;
        raise.call0().map(drop)
    }
}
