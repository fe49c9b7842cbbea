//! Random numbers for samplers that are written in Python: the engine's streams, the same on every machine.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyList;
use space::Stream;

use crate::dist::Dist;

/// Streams of Python samplers lie apart from all others.
const PYTHON: u64 = (1 << 63) + 2;

/// A source of random numbers.
#[pyclass(module = "ravine._ravine")]
pub(crate) struct Draws {
    stream: Stream,
}

#[pymethods]
impl Draws {
    /// The source of a seed.
    #[new]
    fn new(seed: u64) -> Self {
        Draws { stream: Stream::new(seed & (u64::MAX >> 1), PYTHON, 0) }
    }

    /// A value of a distribution, drawn evenly (in the logarithm where it says so): what an objective gets.
    fn value<'py>(&mut self, distribution: &Bound<'py, PyAny>) -> PyResult<Bound<'py, PyAny>> {
        let dist = Dist::of(distribution)?;
        let value = if dist.single { dist.first() } else { dist.draw(&mut self.stream) };
        dist.external(distribution.py(), value)
    }

    /// In [0, 1).
    fn uniform(&mut self) -> f64 {
        self.stream.uniform()
    }

    /// From the normal distribution of mean 0 and deviation 1.
    fn normal(&mut self) -> f64 {
        self.stream.normal()
    }

    /// Of 0 to n - 1.
    fn below(&mut self, n: u64) -> PyResult<u64> {
        if n == 0 {
            return Err(PyValueError::new_err("there is nothing to choose from"));
        }
        Ok(self.stream.below(n))
    }

    /// Puts a list in random order.
    fn shuffle(&mut self, items: &Bound<'_, PyList>) -> PyResult<()> {
        for i in (1..items.len()).rev() {
            let j = self.stream.below(i as u64 + 1) as usize;
            let (a, b) = (items.get_item(i)?, items.get_item(j)?);
            items.set_item(i, b)?;
            items.set_item(j, a)?;
        }
        Ok(())
    }

    /// An index drawn in proportion to its weight.
    fn weighted(&mut self, weights: Vec<f64>) -> usize {
        self.stream.weighted(&weights)
    }
}
