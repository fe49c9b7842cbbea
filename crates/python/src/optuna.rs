//! Studies that Optuna wrote, as Python objects are made of them.

use std::path::PathBuf;

use pyo3::exceptions::{PyFileNotFoundError, PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use store::optuna::{Database, Notes, Param, Problem, State as Was, Study, Trial};

use crate::table::State;

/// The names of the studies in an Optuna database.
#[pyfunction]
pub(crate) fn optuna_names(py: Python<'_>, path: PathBuf) -> PyResult<Vec<String>> {
    py.detach(|| Database::open(path)?.names()).map_err(|problem| refused(&problem))
}

/// A study of an Optuna database: for each objective whether it is maximised, its notes, whether its times are in UTC, and
/// its trials; ranges and notes are JSON texts.
#[pyfunction]
pub(crate) fn optuna_study(py: Python<'_>, path: PathBuf, name: &str) -> PyResult<Py<PyDict>> {
    let study = py.detach(|| Database::open(path)?.study(name)).map_err(|problem| refused(&problem))?;
    let Study { maximize, notes, trials, is_utc, .. } = study;
    let found = PyDict::new(py);
    found.set_item("maximize", maximize)?;
    found.set_item("is_utc", is_utc)?;
    put_notes(&found, notes)?;
    let trials = trials.into_iter().map(|trial| described(py, trial));
    found.set_item("trials", trials.collect::<PyResult<Vec<_>>>()?)?;
    Ok(found.unbind())
}

fn described(py: Python<'_>, trial: Trial) -> PyResult<Bound<'_, PyDict>> {
    let Trial { number, state, started, ended, values, params, reports, notes } = trial;
    let state = match state {
        Was::Running => State::Running,
        Was::Complete => State::Complete,
        Was::Pruned => State::Pruned,
        Was::Failed => State::Fail,
        Was::Waiting => State::Waiting,
    };
    let found = PyDict::new(py);
    found.set_item("number", number)?;
    found.set_item("state", state as u8)?;
    found.set_item("started", started)?;
    found.set_item("ended", ended)?;
    found.set_item("values", values)?;
    found.set_item("reports", reports)?;
    let params = params.into_iter().map(|Param { name, value, distribution }| (name, value, distribution));
    found.set_item("params", params.collect::<Vec<_>>())?;
    put_notes(&found, notes)?;
    Ok(found)
}

fn put_notes(found: &Bound<'_, PyDict>, notes: Notes) -> PyResult<()> {
    found.set_item("user", notes.user)?;
    found.set_item("system", notes.system)
}

fn refused(problem: &Problem) -> PyErr {
    match problem {
        Problem::Missing(_) => PyFileNotFoundError::new_err(problem.to_string()),
        Problem::NoSuchStudy { known, .. } => {
            PyKeyError::new_err(format!("{problem}; there are: {}", known.join(", ")))
        }
        _ => PyValueError::new_err(problem.to_string()),
    }
}
