//! From a row of the ledger to a `FrozenTrial`.

use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyList};

use crate::ledger::Ledger;
use crate::moment;

/// A trial as an object of its own. Its notes are deep copies, its distributions are shared.
pub(crate) fn thaw(ledger: &Bound<'_, Ledger>, number: u32) -> PyResult<Py<PyAny>> {
    build(ledger, number, true)
}

/// A trial to look at: kept, once it is over, for whoever looks next.
pub(crate) fn shared(ledger: &Bound<'_, Ledger>, number: u32) -> PyResult<Py<PyAny>> {
    let py = ledger.py();
    if let Some(kept) = &ledger.borrow().row(number)?.frozen {
        return Ok(kept.clone_ref(py));
    }
    let made = build(ledger, number, false)?;
    let mut this = ledger.borrow_mut();
    let row = this.row_mut(number)?;
    if row.state.is_finished() {
        row.frozen = Some(made.clone_ref(py));
    }
    Ok(made)
}

fn build(ledger: &Bound<'_, Ledger>, number: u32, copy: bool) -> PyResult<Py<PyAny>> {
    static MAKE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let py = ledger.py();
    let make = MAKE.import(py, "ravine.trial._frozen", "_of_row")?;
    let (params, distributions, reports) = (PyDict::new(py), PyDict::new(py), PyDict::new(py));
    let (id, state, values, user, system, started, ended) = {
        let this = ledger.borrow();
        let row = this.row(number)?;
        for param in &row.params {
            let column = &this.table.columns[param.column as usize];
            let dist = &this.table.dists[param.dist as usize];
            let name = column.name.bind(py);
            params.set_item(name, dist.external(py, param.value)?)?;
            distributions.set_item(name, dist.object.bind(py))?;
        }
        for (step, value) in &row.reports {
            reports.set_item(step, value)?;
        }
        let notes = |notes: &Option<Py<PyDict>>| notes.as_ref().map(|notes| notes.clone_ref(py));

        let id = this.first_id + i64::from(number);
        (
            id,
            row.state as u8,
            row.values.clone(),
            notes(&row.user),
            notes(&row.system),
            row.started,
            row.ended,
        )
    };
    let values = if values.is_empty() { None } else { Some(PyList::new(py, values)?) };
    let (started, ended) = (moment::datetime(py, started)?, moment::datetime(py, ended)?);
    let made = make.call1((
        number,
        id,
        state,
        values,
        started,
        ended,
        params,
        distributions,
        user,
        system,
        reports,
        copy,
    ))?;
    Ok(made.unbind())
}
