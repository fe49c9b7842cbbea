//! Times: microseconds since 1970 inside, naive local `datetime`s outside.

use std::time::{SystemTime, UNIX_EPOCH};

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;

/// Now.
pub(crate) fn now() -> i64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros() as i64)
}

/// The `datetime`, or None for 0.
pub(crate) fn datetime(py: Python<'_>, moment: i64) -> PyResult<Bound<'_, PyAny>> {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if moment == 0 {
        return Ok(py.None().into_bound(py));
    }
    MAKE.import(py, "ravine._moment", "of_microseconds")?.call1((moment,))
}

/// The moment of a `datetime`, or 0 for None.
pub(crate) fn of(datetime: &Bound<'_, PyAny>) -> PyResult<i64> {
    static READ: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    if datetime.is_none() {
        return Ok(0);
    }
    READ.import(datetime.py(), "ravine._moment", "to_microseconds")?.call1((datetime,))?.extract()
}
