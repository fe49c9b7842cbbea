//! The trials of a study, and the sampler that works in it: what the Python classes stand on.
//!
//! Its methods take the ledger for moments only, with the interpreter held; none runs foreign Python code meanwhile.

use pyo3::prelude::*;
use pyo3::types::{PyDict, PyList, PyString, PyTuple};
use serde_json::Value as Json;

use crate::birth::Birth;
use crate::declared::Declared;
use crate::dist::{self, Dist, Kind};
use crate::engine::{Samplers, Wish};
use crate::moment;
use crate::plan::Plan;
use crate::table::{Param, Row, State, Table, missing};
use crate::trial::Trial;

/// The trials of one study.
#[pyclass(module = "ravine._ravine", weakref)]
pub(crate) struct Ledger {
    pub(crate) table: Table,
    pub(crate) samplers: Samplers,
    pub(crate) birth: Birth,
    /// The id of its trial 0 in the storage; others follow.
    #[pyo3(get)]
    pub(crate) first_id: i64,
}

impl Ledger {
    pub(crate) fn row(&self, number: u32) -> PyResult<&Row> {
        self.table.rows.get(number as usize).ok_or_else(|| missing(number.into()))
    }

    pub(crate) fn row_mut(&mut self, number: u32) -> PyResult<&mut Row> {
        self.table.rows.get_mut(number as usize).ok_or_else(|| missing(number.into()))
    }

    /// The next trial that waits, or a new one, running.
    fn start(&mut self) -> (u32, bool) {
        let now = moment::now();
        if let Some(number) = self.table.waiting.pop_first() {
            let row = &mut self.table.rows[number as usize];
            row.state = State::Running;
            row.started = now;
            return (number, true);
        }
        let number = self.table.rows.len() as u32;
        self.table.rows.push(Row { started: now, ..Row::new(State::Running) });
        (number, false)
    }
}

/// The wish of the plan's sampler for a trial, and what it notes for itself.
pub(crate) fn propose(
    ledger: &Bound<'_, Ledger>,
    number: u32,
    plan: &Plan,
) -> PyResult<Option<(Wish, Option<Json>)>> {
    let py = ledger.py();
    if ledger.borrow().table.complete < plan.startup {
        return Ok(None);
    }
    loop {
        // Others may end trials while the program's code runs.
        let ended = ledger.borrow().table.ended.len();
        plan.count_better(py, ended)?;
        if ledger.borrow().table.ended.len() > ended {
            continue;
        }
        let job = {
            let Ledger { table, samplers, .. } = &mut *ledger.borrow_mut();
            samplers.job(py, table, plan, number)?
        };
        let Some(job) = job else { return Ok(None) };
        let (wish, memo) = py.detach(|| job.run(|| Python::attach(|py| py.check_signals())))?;
        // A proposal that is dropped changes nothing.
        if !plan.weigh(py)? {
            return Ok(wish.map(|wish| (wish, memo)));
        }
    }
}

#[pymethods]
impl Ledger {
    /// A study without trials; `maximize` has one entry per objective, and ids of trials count from `first_id`.
    #[new]
    fn new(maximize: Vec<bool>, first_id: i64) -> Self {
        Ledger { first_id, table: Table::new(maximize), samplers: Samplers::default(), birth: Birth::here() }
    }

    /// Refuses to be used in a process that was forked since it was made.
    fn check_process(&self, py: Python<'_>) -> PyResult<()> {
        self.birth.check(py)
    }

    /// How many trials there are.
    fn __len__(&self) -> usize {
        self.table.rows.len()
    }

    /// A trial to evaluate: one that waits, or a new one. `study` is handed on to it; `plan` is None where the
    /// study's sampler is written in Python.
    fn ask(slf: &Bound<'_, Self>, study: Py<PyAny>, plan: Option<Py<Plan>>) -> PyResult<Trial> {
        let py = slf.py();
        let (number, waited) = {
            let mut this = slf.borrow_mut();
            this.birth.check(py)?;
            this.start()
        };
        Trial::begin(slf, study, number, plan, waited)
    }

    /// The trial of this number, which was just started by a log.
    fn resume(
        slf: &Bound<'_, Self>,
        study: Py<PyAny>,
        plan: Option<Py<Plan>>,
        number: u32,
    ) -> PyResult<Trial> {
        Trial::begin(slf, study, number, plan, true)
    }

    /// A new trial without values: its number.
    fn create(&mut self, py: Python<'_>, state: u8) -> PyResult<u32> {
        self.birth.check(py)?;
        let state = State::of(state)?;
        let number = self.table.rows.len() as u32;
        let started = if state == State::Waiting { 0 } else { moment::now() };
        self.table.rows.push(Row { started, ..Row::new(state) });
        if state == State::Waiting {
            self.table.waiting.insert(number);
        }
        Ok(number)
    }

    /// A new trial with all that is given: its number. `params` holds (name, distribution, internal value).
    #[allow(clippy::too_many_arguments, reason = "one for each field of a trial")]
    fn add(
        slf: &Bound<'_, Self>,
        state: u8,
        values: Vec<f64>,
        params: Vec<(Bound<'_, PyString>, Bound<'_, PyAny>, f64)>,
        reports: Vec<(i64, f64)>,
        user: Py<PyDict>,
        system: Py<PyDict>,
        started: &Bound<'_, PyAny>,
        ended: &Bound<'_, PyAny>,
    ) -> PyResult<u32> {
        slf.borrow().birth.check(slf.py())?;
        let mut row = Row::new(State::of(state)?);
        for (name, distribution, value) in params {
            let (column, dist) = intern(slf, &name, &distribution)?;
            row.params.push(Param { column, dist, value });
        }
        (row.values, row.reports, row.user, row.system) = (values, reports, Some(user), Some(system));
        (row.started, row.ended) = (moment::of(started)?, moment::of(ended)?);
        let table = &mut slf.borrow_mut().table;
        let number = table.rows.len() as u32;
        let state = row.state;
        table.rows.push(row);
        if state == State::Waiting {
            table.waiting.insert(number);
        } else if state.is_finished() {
            table.count(number);
        }
        Ok(number)
    }

    /// Starts a trial that waits; False where it does not wait any more.
    fn start_waiting(&mut self, py: Python<'_>, number: u32) -> PyResult<bool> {
        self.birth.check(py)?;
        let waits = self.table.waiting.remove(&number);
        let row = self.row_mut(number)?;
        if waits {
            row.state = State::Running;
            row.started = moment::now();
        }
        Ok(waits)
    }

    /// The numbers of the trials that wait.
    #[getter]
    fn waiting(&self) -> Vec<u32> {
        self.table.waiting.iter().copied().collect()
    }

    /// Ends a running trial of one objective as complete, if all is as it usually is; False where somebody has to
    /// look closer.
    fn complete(&mut self, number: u32, value: f64) -> bool {
        let is_usual = self.birth.is_here()
            && self.table.maximize.len() == 1
            && !value.is_nan()
            && self.table.rows.get(number as usize).is_some_and(|row| row.state == State::Running);
        if is_usual {
            self.table.finish(number, State::Complete, vec![value], moment::now());
        }
        is_usual
    }

    /// Ends a trial, or changes what state it is in.
    fn set_state(&mut self, py: Python<'_>, number: u32, state: u8, values: Vec<f64>) -> PyResult<()> {
        self.birth.check(py)?;
        let state = State::of(state)?;
        let row = self.row_mut(number)?;
        if state.is_finished() {
            self.table.finish(number, state, values, moment::now());
        } else {
            row.state = state;
            if row.started == 0 && state == State::Running {
                row.started = moment::now();
            }
            if !values.is_empty() {
                row.values = values;
            }
            if state == State::Waiting {
                self.table.waiting.insert(number);
            } else {
                self.table.waiting.remove(&number);
            }
        }
        Ok(())
    }

    /// Sets a parameter of a running trial, in the internal representation.
    fn set_param(
        slf: &Bound<'_, Self>,
        number: u32,
        name: &Bound<'_, PyString>,
        value: f64,
        distribution: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        slf.borrow().birth.check(slf.py())?;
        let (column, dist) = intern(slf, name, distribution)?;
        let param = Param { column, dist, value };
        let mut this = slf.borrow_mut();
        let row = this.row_mut(number)?;
        match row.params.iter_mut().find(|known| known.column == column) {
            Some(known) => *known = param,
            None => row.params.push(param),
        }
        Ok(())
    }

    /// A parameter of a trial: its distribution and internal value; None where it has none of this name.
    fn param(&self, py: Python<'_>, number: u32, name: &str) -> PyResult<Option<(Py<PyAny>, f64)>> {
        let row = self.row(number)?;
        let param = self.table.column(name, 0).and_then(|column| row.param(column));
        Ok(param.map(|p| (self.table.dists[p.dist as usize].object.clone_ref(py), p.value)))
    }

    /// The newest distribution of a parameter in the study.
    fn distribution(&self, py: Python<'_>, name: &str) -> Option<Py<PyAny>> {
        let column = &self.table.columns[self.table.column(name, 0)? as usize];
        Some(self.table.dists[*column.dists.last()? as usize].object.clone_ref(py))
    }

    /// Notes an intermediate value.
    fn report(&mut self, py: Python<'_>, number: u32, step: i64, value: f64) -> PyResult<()> {
        self.birth.check(py)?;
        let reports = &mut self.row_mut(number)?.reports;
        match reports.iter_mut().find(|(known, _)| *known == step) {
            Some(known) => known.1 = value,
            None => reports.push((step, value)),
        }
        Ok(())
    }

    /// Whether a trial reported at a step.
    fn has_report(&self, number: u32, step: i64) -> PyResult<bool> {
        Ok(self.row(number)?.reports.iter().any(|(known, _)| *known == step))
    }

    /// A trial's notes, made where there are none: those of its user, or of the system.
    fn notes(&mut self, py: Python<'_>, number: u32, system: bool) -> PyResult<Py<PyDict>> {
        self.birth.check(py)?;
        let row = self.row_mut(number)?;
        row.frozen = None;
        let notes = if system { &mut row.system } else { &mut row.user };
        Ok(notes.get_or_insert_with(|| PyDict::new(py).unbind()).clone_ref(py))
    }

    /// How many parameters a trial has.
    fn n_params(&self, number: u32) -> PyResult<usize> {
        Ok(self.row(number)?.params.len())
    }

    /// The state of a trial.
    fn state(&self, number: u32) -> PyResult<u8> {
        Ok(self.row(number)?.state as u8)
    }

    /// The values of a trial.
    fn values(&self, number: u32) -> PyResult<Vec<f64>> {
        Ok(self.row(number)?.values.clone())
    }

    /// The number of the best complete trial of one objective, whatever its constraints.
    #[getter]
    fn best(&self) -> Option<u32> {
        self.table.best
    }

    /// How many trials are in each state, by its number.
    fn counts(&self) -> [usize; 5] {
        let mut counts = [0; 5];
        for row in &self.table.rows {
            counts[row.state as usize] += 1;
        }
        counts
    }

    /// How many trials have ended.
    #[getter]
    fn ended(&self) -> usize {
        self.table.ended.len()
    }

    /// Declares the space: the `[space]` table of a study file as JSON, and its constraints.
    fn declare(&mut self, py: Python<'_>, json: &str, constraints: Vec<String>) -> PyResult<()> {
        self.samplers.declare(Declared::new(py, &mut self.table, json, &constraints)?);
        Ok(())
    }

    /// Whether a space is declared.
    #[getter]
    fn is_declared(&self) -> bool {
        self.samplers.declared().is_some()
    }

    /// Refuses a suggestion that contradicts the declared space.
    fn check_declared(&self, py: Python<'_>, name: &str, distribution: &Bound<'_, PyAny>) -> PyResult<()> {
        match self.samplers.declared() {
            Some(declared) => declared.check(py, name, &Dist::of(distribution)?),
            None => Ok(()),
        }
    }

    /// How many trials the study will have, a hint for samplers that plan ahead.
    #[setter]
    fn set_budget(&mut self, budget: Option<u64>) {
        self.samplers.budget = budget;
    }

    /// What the sampler noted when it proposed a trial, as JSON.
    fn memo(&self, number: u32) -> Option<String> {
        self.samplers.decided.get(&number)?.as_ref().map(Json::to_string)
    }

    /// The trial as an object of its own, not connected with the ledger.
    fn frozen(slf: &Bound<'_, Self>, number: u32) -> PyResult<Py<PyAny>> {
        crate::frozen::thaw(slf, number)
    }

    /// The trial as an object that must not be changed: the same one each time, once it is over.
    fn shared(slf: &Bound<'_, Self>, number: u32) -> PyResult<Py<PyAny>> {
        crate::frozen::shared(slf, number)
    }

    /// All trials in the given states (bit k: state number k), as [`frozen`] or [`shared`] gives them.
    fn all<'py>(slf: &Bound<'py, Self>, states: u8, share: bool) -> PyResult<Bound<'py, PyList>> {
        let numbers: Vec<u32> = {
            let this = slf.borrow();
            this.birth.check(slf.py())?;
            let rows = this.table.rows.iter().zip(0u32..);
            rows.filter(|(row, _)| states & (1 << row.state as u8) != 0).map(|(_, number)| number).collect()
        };
        let list = PyList::empty(slf.py());
        for number in numbers {
            list.append(if share { Self::shared(slf, number)? } else { Self::frozen(slf, number)? })?;
        }
        Ok(list)
    }

    /// What a sampler of the engine proposes now for a trial: internal values by name.
    fn propose<'py>(slf: &Bound<'py, Self>, number: u32, plan: Py<Plan>) -> PyResult<Bound<'py, PyDict>> {
        let found = PyDict::new(slf.py());
        if let Some((wish, _)) = propose(slf, number, plan.get())? {
            for (name, value) in wished(&slf.borrow(), &wish) {
                found.set_item(name, value)?;
            }
        }
        Ok(found)
    }
}

/// The values of a wish by name, internal.
pub(crate) fn wished<'a>(ledger: &'a Ledger, wish: &'a Wish) -> impl Iterator<Item = (&'a str, f64)> {
    wish.columns().filter_map(|column| {
        let (name, own) = ledger.table.columns.get_index(column as usize)?;
        let dist = &ledger.table.dists[*own.dists.last()? as usize];
        Some((&**name, dist.fitting(wish.of(column)?)?))
    })
}

/// The column and the distribution of this name, made where they are new.
pub(crate) fn intern(
    ledger: &Bound<'_, Ledger>,
    name: &Bound<'_, PyString>,
    distribution: &Bound<'_, PyAny>,
) -> PyResult<(u32, u32)> {
    let py = ledger.py();
    let dist = Dist::of(distribution)?;
    let (column, rivals) = {
        let table = &mut ledger.borrow_mut().table;
        let column = table.make_column(name)?;
        let known = match dist.kind {
            Kind::Float { low, high, log, step } => {
                table.known(column, |d| d.is_float((low, high, step, log)))
            }
            Kind::Int { low, high, log, step } => table.known(column, |d| d.is_int((low, high, step, log))),
            Kind::Categorical { .. } => None,
        };
        if let Some(known) = known {
            return Ok((column, known));
        }
        let rivals = table.columns[column as usize].dists.iter().filter_map(|&id| {
            match &table.dists[id as usize].kind {
                Kind::Categorical { choices, .. } => Some((id, choices.clone_ref(py))),
                _ => None,
            }
        });
        (column, rivals.collect::<Vec<(u32, Py<PyTuple>)>>())
    };
    // Choices may be objects whose comparison is anybody's code: the ledger is not taken meanwhile.
    if let Kind::Categorical { choices, .. } = &dist.kind {
        for (id, rival) in &rivals {
            if dist::same_choices(choices.bind(py), rival.bind(py))? {
                return Ok((column, *id));
            }
        }
    }
    Ok((column, ledger.borrow_mut().table.add_dist(column, dist)))
}
