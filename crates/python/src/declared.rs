//! A declared space in a study that is defined by its runs: what an objective calls a parameter, and where it is in the
//! space.
//!
//! An objective may name a parameter by its path (`optimizer.adam.beta1`), or by its last part where that is
//! unambiguous (`beta1`). Its options come in the declared order.

use std::sync::Arc;

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyString;
use space::{Declarations, Domain, Space};

use crate::events;
use crate::table::Table;

/// The space, and the parameter of each column of the table.
pub(crate) struct Declared {
    pub(crate) space: Arc<Space>,
    names: indexmap::IndexMap<String, usize>,
}

impl Declared {
    /// The space of a study file's `[space]` table, as JSON, and of its constraints. Makes the columns.
    pub(crate) fn new(
        py: Python<'_>,
        table: &mut Table,
        json: &str,
        constraints: &[String],
    ) -> PyResult<Declared> {
        let wrong = |error: &dyn std::fmt::Display| PyValueError::new_err(format!("space: {error}"));
        let declarations: Declarations = serde_json::from_str(json).map_err(|error| wrong(&error))?;
        let constraints: Vec<&str> = constraints.iter().map(String::as_str).collect();
        let space = Space::build(&declarations, &constraints).map_err(|error| wrong(&error))?;
        let paths = || space.parameters().iter().map(|parameter| parameter.path.as_str());
        let short = |path: &str| path.rsplit('.').next().unwrap_or_default().to_owned();
        let mut names: indexmap::IndexMap<String, usize> =
            paths().enumerate().map(|(slot, path)| (path.to_owned(), slot)).collect();
        for (slot, path) in paths().enumerate() {
            let own = short(path);
            if !names.contains_key(&own) && paths().filter(|other| short(other) == own).count() == 1 {
                names.insert(own, slot);
            }
        }
        for name in names.keys() {
            table.make_column(&PyString::new(py, name))?;
        }
        Ok(Declared { space: Arc::new(space), names })
    }

    /// The parameter of each column.
    pub(crate) fn slots(&self, table: &Table) -> Vec<Option<usize>> {
        table.columns.keys().map(|name| self.names.get(&**name).copied()).collect()
    }

    /// Refuses a suggestion that contradicts the declaration.
    pub(crate) fn check(&self, py: Python<'_>, name: &str, distribution: &crate::dist::Dist) -> PyResult<()> {
        let Some(&slot) = self.names.get(name) else { return Ok(()) };
        let declared = &self.space.parameters()[slot].domain;
        let asked = events::domain_of(py, distribution)?;
        let fits = match (declared, &asked) {
            (Domain::Float(a), Domain::Float(b)) => a.log() == b.log(),
            (Domain::Int(a), Domain::Int(b)) => a.log() == b.log(),
            (Domain::Choice(a), Domain::Choice(b)) => {
                let labels = |d: &space::ChoiceDomain| {
                    d.options().iter().map(|option| option.label.clone()).collect::<Vec<_>>()
                };
                labels(a) == labels(b)
            }
            _ => false,
        };
        if fits {
            return Ok(());
        }
        let (was, is) = (declared.describe(), asked.describe());
        Err(PyValueError::new_err(format!(
            "the parameter {name} is declared as {was}, and suggested as {is}"
        )))
    }
}
