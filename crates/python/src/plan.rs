//! How a study's proposals are made: which sampler of the engine, with which options and seed.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use search::{SamplerSpec, TpeRules};

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
    /// So many trials are complete before the sampler is asked.
    pub(crate) startup: usize,
    /// Whether Python is asked for a value that the sampler has none for.
    pub(crate) asks: bool,
    /// Whether the sampler has no say in choices.
    pub(crate) only_numbers: bool,
    rules: Option<Rules>,
}

/// Rules of a program's own, and the numbers that they have come to so far.
#[derive(Debug)]
struct Rules {
    numbers: Arc<TpeRules>,
    gamma: Option<Py<PyAny>>,
    weights: Option<Py<PyAny>>,
}

#[pymethods]
impl Plan {
    /// The sampler of a description (JSON, as the `[sampler]` table of a study file) with a seed.
    ///
    /// `gamma` says how many of n trials are the better ones, `weights` how much each of n trials counts; both are for
    /// `tpe`. With `asks` Python is asked for each value that the sampler has none for, and with `only_numbers` that is every
    /// choice.
    #[new]
    #[pyo3(signature = (description, seed, *, startup=0, asks=false, only_numbers=false, gamma=None, weights=None))]
    fn new(
        description: &str,
        seed: u64,
        startup: usize,
        asks: bool,
        only_numbers: bool,
        gamma: Option<Py<PyAny>>,
        weights: Option<Py<PyAny>>,
    ) -> PyResult<Self> {
        let spec: SamplerSpec =
            serde_json::from_str(description).map_err(|error| PyValueError::new_err(error.to_string()))?;
        let is_random = matches!(spec, SamplerSpec::Random(_));
        let token = NEXT.fetch_add(1, Ordering::Relaxed);
        let rules = (gamma.is_some() || weights.is_some()).then(|| {
            let numbers = Arc::new(TpeRules::new(gamma.is_some(), weights.is_some()));
            Rules { numbers, gamma, weights }
        });
        let seed = seed & (u64::MAX >> 1);
        Ok(Plan { token, spec, seed, is_random, startup, asks, only_numbers, rules })
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

impl Plan {
    /// What the sampler goes by in place of its own rules.
    pub(crate) fn rules(&self) -> Option<Arc<TpeRules>> {
        self.rules.as_ref().map(|rules| Arc::clone(&rules.numbers))
    }

    /// Has the program say how many are the better ones, of each number of trials up to `ended`. Runs its code: nothing may
    /// be taken meanwhile.
    pub(crate) fn count_better(&self, py: Python<'_>, ended: usize) -> PyResult<()> {
        let Some(Rules { numbers, gamma: Some(gamma), .. }) = &self.rules else { return Ok(()) };
        let known = numbers.better_known().unwrap_or_default();
        let counts = (known..=ended as u64).map(|n| {
            let count = gamma.bind(py).call1((n,))?;
            count.extract::<u64>().map_err(|_| {
                PyValueError::new_err(format!(
                    "`gamma` must return a whole number from 0; of {n} it returned {count}"
                ))
            })
        });
        let counts = counts.collect::<PyResult<Vec<u64>>>()?;
        // Of two threads that came here the second brings nothing new.
        if numbers.better_known() == Some(known) {
            numbers.add_better(counts);
        }
        Ok(())
    }

    /// Has the program say how much trials count where the last proposal had to do without knowing; whether that is so, and
    /// the proposal is to be made anew. Runs its code: nothing may be taken meanwhile.
    pub(crate) fn weigh(&self, py: Python<'_>) -> PyResult<bool> {
        let Some(Rules { numbers, weights: Some(weights), .. }) = &self.rules else { return Ok(false) };
        let wanted = numbers.wanted();
        let weigh = |&trials: &u64| {
            let found: Vec<f64> = weights.bind(py).call1((trials,))?.extract()?;
            Ok((trials, Arc::from(found)))
        };
        let found = wanted.iter().map(weigh).collect::<PyResult<Vec<(u64, Arc<[f64]>)>>>()?;
        numbers.add_weights(found);
        Ok(!wanted.is_empty())
    }
}
