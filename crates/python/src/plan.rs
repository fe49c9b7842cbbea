//! How a study's proposals are made: which sampler of the engine, with which options and seed.

use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::prelude::*;
use search::SamplerSpec;

/// Names plans, so that a study knows whether it is still the same one.
static NEXT: AtomicU64 = AtomicU64::new(0);

/// A sampler of the engine, described. Samplers that are written in Python have none.
#[pyclass(frozen, module = "ravine._ravine")]
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) token: u64,
    pub(crate) spec: SamplerSpec,
    pub(crate) seed: u64,
    /// Whether all values are independent draws.
    pub(crate) is_random: bool,
}

#[pymethods]
impl Plan {
    /// The sampler of a description (JSON, as the `[sampler]` table of a study file) with a seed.
    #[new]
    fn new(description: &str, seed: u64) -> PyResult<Self> {
        let spec = crate::engine::spec(description)?;
        let is_random = matches!(spec, SamplerSpec::Random(_));
        let token = NEXT.fetch_add(1, Ordering::Relaxed);
        Ok(Plan { token, spec, seed: seed & (u64::MAX >> 1), is_random })
    }

    /// The sampler's name.
    #[getter]
    fn name(&self) -> &'static str {
        self.spec.name()
    }

    /// Its seed.
    #[getter]
    fn seed(&self) -> u64 {
        self.seed
    }
}
