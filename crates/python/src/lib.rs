//! The extension module of the Python package: what must be fast, and what is the engine's.
//!
//! [`ledger`] holds the trials of a study in columns, [`trial`] is what an objective is called with, [`engine`] lets the
//! engine's samplers work in a study that is defined by its runs. The Python package wraps them in the interface that the
//! field knows.
//!
//! Two rules. No lock is waited for while the interpreter is held, and none is held while Python code runs. And the
//! ledger is taken for moments, never around a call of foreign code.

mod adding;
mod birth;
mod declared;
mod dist;
mod draws;
mod engine;
mod events;
mod frozen;
mod importance;
mod journal;
mod ledger;
mod moment;
mod optuna;
mod plan;
mod pulse;
mod table;
mod together;
mod trial;

use pyo3::prelude::*;

/// What Python sees as `ravine._ravine`.
#[pymodule]
fn _ravine(module: &Bound<'_, PyModule>) -> PyResult<()> {
    birth::watch(module.py())?;
    module.add_class::<draws::Draws>()?;
    module.add_class::<journal::Journal>()?;
    module.add_class::<journal::Shelf>()?;
    module.add_class::<ledger::Ledger>()?;
    module.add_class::<plan::Plan>()?;
    module.add_function(wrap_pyfunction!(importance::forest_importances, module)?)?;
    module.add_function(wrap_pyfunction!(optuna::optuna_names, module)?)?;
    module.add_function(wrap_pyfunction!(optuna::optuna_study, module)?)?;
    module.add_class::<trial::Trial>()
}
