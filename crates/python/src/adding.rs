//! Trials that were made elsewhere, on their way into the log of a study.

use pyo3::prelude::*;
use pyo3::types::PyString;
use session::elsewhere;
use store::{Durability, Guard};
use study::{Assignment, EventBody};

use crate::events;
use crate::journal::{self, Journal};
use crate::ledger::{self, Ledger};
use crate::moment;
use crate::table::{Param, State};

/// A trial as Python gives it: state, values, parameters, reports, notes of its user and of the system as JSON texts by
/// name, and when it began and ended.
pub(crate) type Given<'py> = (
    u8,
    Vec<f64>,
    Vec<(Bound<'py, PyString>, Bound<'py, PyAny>, f64)>,
    Vec<(i64, f64)>,
    Vec<(String, String)>,
    Vec<(String, String)>,
    Bound<'py, PyAny>,
    Bound<'py, PyAny>,
);

/// One that the ledger has words for.
struct Added {
    state: State,
    values: Vec<f64>,
    params: Vec<Param>,
    reports: Vec<(i64, f64)>,
    notes: Assignment,
}

/// Adds trials in one commit: the number of the first.
pub(crate) fn add(
    journal: &Bound<'_, Journal>,
    ledger: &Bound<'_, Ledger>,
    trials: Vec<Given<'_>>,
) -> PyResult<u32> {
    let trials = trials.into_iter().map(|given| Added::new(ledger, given));
    let trials = trials.collect::<PyResult<Vec<Added>>>()?;
    loop {
        journal::catch_up(journal, ledger)?;
        let first = ledger.borrow().table.rows.len() as u32;
        let (turns, metrics) = {
            let journal = journal.borrow();
            let (turns, metrics) = journal.told();
            (turns, metrics.to_vec())
        };
        let mut bodies = Vec::new();
        for (number, trial) in (first..).zip(&trials) {
            trial.tell(&mut ledger.borrow_mut(), journal.py(), number, &metrics, &mut bodies)?;
        }
        let guard = Guard::default().deciding(turns..turns + trials.len() as u64);
        if journal::append(journal, &bodies, &guard, Durability::Synced)? {
            journal::catch_up(journal, ledger)?;
            return Ok(first);
        }
    }
}

impl Added {
    fn new(ledger: &Bound<'_, Ledger>, given: Given<'_>) -> PyResult<Self> {
        let (state, values, params, reports, user, system, started, ended) = given;
        let mut notes = Assignment::new();
        for (is_system, given) in [(false, user), (true, system)] {
            let note = |(key, json): &(String, String)| {
                (elsewhere::note_key(key, is_system), elsewhere::note_of(json))
            };
            notes.extend(given.iter().map(note));
        }
        let (start, end) = (moment::of(&started)?, moment::of(&ended)?);
        if start != 0 {
            notes.extend([elsewhere::times(start, end)]);
        }
        let interned = params.iter().map(|(name, distribution, value)| {
            let (column, dist) = ledger::intern(ledger, name, distribution)?;
            Ok(Param { column, dist, value: *value })
        });
        let params = interned.collect::<PyResult<Vec<Param>>>()?;
        Ok(Added { state: State::of(state)?, values, params, reports, notes })
    }

    /// Appends what is to be told of it as the trial of this number.
    fn tell(
        &self,
        ledger: &mut Ledger,
        py: Python<'_>,
        number: u32,
        metrics: &[String],
        bodies: &mut Vec<EventBody>,
    ) -> PyResult<()> {
        bodies.push(events::created(number, false, self.notes.clone()));
        bodies.extend(events::suggested(py, &mut ledger.table, number, &self.params)?);
        if self.state != State::Waiting {
            bodies.push(events::started(number, 0));
        }
        let metric = metrics.first().map_or("value", String::as_str);
        bodies.extend(events::reported(number, &self.reports, metric));
        if self.state.is_finished() {
            let violations = elsewhere::violations(&self.notes);
            bodies.push(events::ended(number, self.state, &self.values, metrics, violations));
        }
        Ok(())
    }
}
