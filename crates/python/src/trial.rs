//! The trial that an objective is called with.
//!
//! What is usual is done here: a parameter that was seen before, with the same range, in a study whose sampler is one of
//! the engine. All else (a new range, a fixed value, a sampler in Python) is Python's: `ravine.trial._define`.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyDict, PyFloat, PyInt, PyList, PyString, PyTuple};
use space::Stream;

use crate::dist::{Dist, Kind};
use crate::engine::Wish;
use crate::ledger::{self, Ledger};
use crate::moment;
use crate::plan::Plan;
use crate::table::{Param, State};

/// Streams of independent draws lie apart from those of samplers.
const INDEPENDENT: u64 = (1 << 63) + 1;

/// A trial that is being evaluated.
#[pyclass(module = "ravine.trial", subclass, weakref)]
pub(crate) struct Trial {
    #[pyo3(get)]
    study: Py<PyAny>,
    ledger: Py<Ledger>,
    number: u32,
    plan: Option<Py<Plan>>,
    /// What the sampler wants.
    wish: Option<Wish>,
    /// Independent draws; made when first needed.
    stream: Option<Stream>,
    /// The column that comes next if the objective asks in the usual order.
    hint: u32,
    /// Which of the first 64 columns the trial has; of others its row is searched.
    seen: u64,
    /// Values that were fixed when it was enqueued.
    #[pyo3(get)]
    _fixed_params: Option<Py<PyDict>>,
    /// What a sampler in Python says, once asked.
    #[pyo3(get, set)]
    _relative: Option<Py<PyAny>>,
    /// Whether each value is written to the storage at once: another process may end the trial.
    #[pyo3(get, set)]
    _eager: bool,
}

/// What a fast way comes to.
enum Found {
    /// The value, internal, and its distribution.
    Value(f64, u32),
    /// Python must look at it.
    Unusual,
}

impl Trial {
    /// A trial that has just been started.
    pub(crate) fn begin(
        ledger: &Bound<'_, Ledger>,
        study: Py<PyAny>,
        number: u32,
        plan: Option<Py<Plan>>,
        waited: bool,
    ) -> PyResult<Trial> {
        let py = ledger.py();
        let fixed = if waited { fixed_params(ledger, number)? } else { None };
        let seen = if waited { own_columns(&ledger.borrow(), number)? } else { 0 };
        let mut trial = Trial {
            study,
            ledger: ledger.clone().unbind(),
            number,
            plan,
            wish: None,
            stream: None,
            hint: 0,
            seen,
            _fixed_params: fixed,
            _relative: None,
            _eager: false,
        };
        let plan = trial.plan.as_ref().map(|plan| plan.bind(py).get()).filter(|plan| !plan.is_random);
        if let Some(plan) = plan
            && let Some((wish, memo)) = ledger::propose(ledger, number, plan)?
        {
            // A trial whose values are given, if only in part, is not the sampler's.
            if trial._fixed_params.is_none() && seen == 0 {
                ledger.borrow_mut().samplers.decide(plan, number, &wish, memo);
            }
            trial.wish = Some(wish);
        }
        Ok(trial)
    }

    /// The value of a parameter whose distribution, known to the study, `is` accepts.
    #[inline]
    fn find(&mut self, ledger: &mut Ledger, py: Python<'_>, name: &str, is: impl Fn(&Dist) -> bool) -> Found {
        let Some(plan) = self.plan.as_ref().filter(|_| ledger.birth.is_here()) else { return Found::Unusual };
        let table = &mut ledger.table;
        let Some(column) = table.column(name, self.hint) else { return Found::Unusual };
        let Some(dist) = table.known(column, is) else { return Found::Unusual };
        let row = &mut table.rows[self.number as usize];
        let bit = if column < 64 { 1 << column } else { 0 };
        if (self.seen & bit != 0 || bit == 0)
            && let Some(known) = row.param(column)
        {
            return if known.dist == dist { Found::Value(known.value, dist) } else { Found::Unusual };
        }
        if self._fixed_params.is_some() || self._eager || row.state != State::Running {
            return Found::Unusual;
        }
        let known = &table.dists[dist as usize];
        let value = match wished(self.wish.as_ref(), plan.bind(py).get(), known, column) {
            _ if known.single => known.first(),
            Some(value) => value,
            None if plan.bind(py).get().asks => return Found::Unusual,
            None => {
                let seed = plan.bind(py).get().seed;
                let number = u64::from(self.number);
                known.draw(self.stream.get_or_insert_with(|| Stream::new(seed, INDEPENDENT, number)))
            }
        };
        row.params.push(Param { column, dist, value });
        self.seen |= bit;
        self.hint = column + 1;
        Found::Value(value, dist)
    }

    /// The plan of a study whose sampler is one of the engine.
    fn native(&self) -> PyResult<&Py<Plan>> {
        self.plan
            .as_ref()
            .ok_or_else(|| PyValueError::new_err("the study's sampler is not one of the engine"))
    }

    fn ledger<'py>(&self, py: Python<'py>) -> Bound<'py, Ledger> {
        self.ledger.bind(py).clone()
    }
}

/// Those of the first 64 columns that a trial has already.
fn own_columns(ledger: &Ledger, number: u32) -> PyResult<u64> {
    let columns = ledger.row(number)?.params.iter().map(|param| param.column);
    Ok(columns.filter(|column| *column < 64).fold(0, |seen, column| seen | 1 << column))
}

/// What the sampler wants for a column, where it is a value of this distribution and the sampler has a say in it.
fn wished(wish: Option<&Wish>, plan: &Plan, dist: &Dist, column: u32) -> Option<f64> {
    if plan.only_numbers && matches!(dist.kind, Kind::Categorical { .. }) {
        return None;
    }
    dist.fitting(wish?.of(column)?)
}

/// What an enqueued trial was told to have.
fn fixed_params(ledger: &Bound<'_, Ledger>, number: u32) -> PyResult<Option<Py<PyDict>>> {
    let py = ledger.py();
    let notes = ledger.borrow().row(number)?.system.as_ref().map(|notes| notes.clone_ref(py));
    let Some(fixed) = notes.map(|notes| notes.bind(py).get_item("fixed_params")).transpose()?.flatten()
    else {
        return Ok(None);
    };
    Ok(Some(fixed.cast_into::<PyDict>()?.unbind()))
}

/// A function of `ravine.trial._define`.
macro_rules! python {
    ($py:expr, $name:literal) => {{
        static FUNCTION: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
        FUNCTION.import($py, "ravine.trial._define", $name)
    }};
}

#[pymethods]
impl Trial {
    /// The trial of a study with this id, which must be running.
    #[new]
    fn new(py: Python<'_>, study: Py<PyAny>, trial_id: i64) -> PyResult<Self> {
        let (ledger, number, plan): (Bound<'_, Ledger>, u32, Option<Py<Plan>>) =
            python!(py, "attach")?.call1((&study, trial_id))?.extract()?;
        Trial::begin(&ledger, study, number, plan, true)
    }

    /// How pickle takes it: its study and its id, from which another process has the same trial.
    fn __reduce__(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        python!(slf.py(), "reduced")?.call1((slf,)).map(Bound::unbind)
    }

    /// Suggests a real number between `low` and `high`, both inclusive. See `BaseTrial`.
    #[pyo3(signature = (name, low, high, *, step=None, log=false))]
    fn suggest_float(
        slf: &Bound<'_, Self>,
        name: &Bound<'_, PyString>,
        low: &Bound<'_, PyAny>,
        high: &Bound<'_, PyAny>,
        step: Option<&Bound<'_, PyAny>>,
        log: bool,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        if let (Ok(least), Ok(greatest)) = (low.extract::<f64>(), high.extract::<f64>())
            && let Ok(distance) = step.map(|step| step.extract::<f64>()).transpose()
        {
            let mut this = slf.borrow_mut();
            let ledger = this.ledger(py);
            let text = name.to_str()?;
            let is = |dist: &Dist| dist.is_float((least, greatest, distance, log));
            if let Found::Value(value, _) = this.find(&mut ledger.borrow_mut(), py, text, is) {
                return Ok(PyFloat::new(py, value).into_any().unbind());
            }
        }
        let suggest = python!(py, "suggest_float")?;
        suggest.call1((slf, name, low, high, step, log)).map(Bound::unbind)
    }

    /// Suggests a whole number between `low` and `high`, both inclusive. See `BaseTrial`.
    #[pyo3(
        signature = (name, low, high, *, step=None, log=false),
        text_signature = "($self, name, low, high, *, step=1, log=False)"
    )]
    fn suggest_int(
        slf: &Bound<'_, Self>,
        name: &Bound<'_, PyString>,
        low: &Bound<'_, PyAny>,
        high: &Bound<'_, PyAny>,
        step: Option<&Bound<'_, PyAny>>,
        log: bool,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let whole = |number: &Bound<'_, PyAny>| number.extract::<i64>().ok();
        if let (Some(least), Some(greatest), Some(distance)) =
            (whole(low), whole(high), step.map_or(Some(1), whole))
        {
            let mut this = slf.borrow_mut();
            let ledger = this.ledger(py);
            let text = name.to_str()?;
            let is = |dist: &Dist| dist.is_int((least, greatest, distance, log));
            if let Found::Value(value, _) = this.find(&mut ledger.borrow_mut(), py, text, is) {
                return Ok(PyInt::new(py, value as i64).into_any().unbind());
            }
        }
        let suggest = python!(py, "suggest_int")?;
        suggest.call1((slf, name, low, high, step, log)).map(Bound::unbind)
    }

    /// Suggests one of `choices`. See `BaseTrial`.
    fn suggest_categorical(
        slf: &Bound<'_, Self>,
        name: &Bound<'_, PyString>,
        choices: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        let py = slf.py();
        let items: Option<Vec<Bound<'_, PyAny>>> = if let Ok(list) = choices.cast::<PyList>() {
            Some(list.iter().collect())
        } else {
            choices.cast::<PyTuple>().ok().map(|tuple| tuple.iter().collect())
        };
        if let Some(items) = items {
            let mut this = slf.borrow_mut();
            let ledger = this.ledger(py);
            let text = name.to_str()?;
            let mut ledger = ledger.borrow_mut();
            if let Found::Value(value, dist) = this.find(&mut ledger, py, text, |dist| dist.is_choice(&items))
            {
                return ledger.table.dists[dist as usize].external(py, value).map(Bound::unbind);
            }
        }
        python!(py, "suggest_categorical")?.call1((slf, name, choices)).map(Bound::unbind)
    }

    /// Suggests a value of a distribution.
    fn _suggest(
        slf: &Bound<'_, Self>,
        name: &Bound<'_, PyString>,
        distribution: &Bound<'_, PyAny>,
    ) -> PyResult<Py<PyAny>> {
        python!(slf.py(), "suggest")?.call1((slf, name, distribution)).map(Bound::unbind)
    }

    /// What the sampler of the engine has for a parameter: an internal value; None where it has none.
    fn _wished(
        &self,
        py: Python<'_>,
        name: &Bound<'_, PyString>,
        distribution: &Bound<'_, PyAny>,
    ) -> PyResult<Option<f64>> {
        let (plan, dist) = (self.native()?.bind(py).get(), Dist::of(distribution)?);
        let column = self.ledger.bind(py).borrow().table.column(name.to_str()?, self.hint);
        Ok(column.and_then(|column| wished(self.wish.as_ref(), plan, &dist, column)))
    }

    /// An internal value drawn evenly.
    fn _draw(&mut self, py: Python<'_>, distribution: &Bound<'_, PyAny>) -> PyResult<f64> {
        let (seed, number) = (self.native()?.bind(py).get().seed, u64::from(self.number));
        let stream = self.stream.get_or_insert_with(|| Stream::new(seed, INDEPENDENT, number));
        Ok(Dist::of(distribution)?.draw(stream))
    }

    /// Keeps the value of a parameter.
    fn _keep(
        slf: &Bound<'_, Self>,
        name: &Bound<'_, PyString>,
        value: f64,
        distribution: &Bound<'_, PyAny>,
    ) -> PyResult<()> {
        let ledger = slf.borrow().ledger(slf.py());
        ledger.borrow().birth.check(slf.py())?;
        let (column, dist) = ledger::intern(&ledger, name, distribution)?;
        let mut this = slf.borrow_mut();
        ledger.borrow_mut().row_mut(this.number)?.params.push(Param { column, dist, value });
        if column < 64 {
            this.seen |= 1 << column;
        }
        this.hint = column + 1;
        Ok(())
    }

    /// What the sampler of the engine wants the trial to have, internal values by name.
    fn _wishes<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let found = PyDict::new(py);
        if let Some(wish) = &self.wish {
            let ledger = self.ledger.bind(py).borrow();
            for (name, value) in ledger::wished(&ledger, wish) {
                found.set_item(name, value)?;
            }
        }
        Ok(found)
    }

    /// Whether the sampler is one of the engine.
    #[getter]
    fn _is_native(&self) -> bool {
        self.plan.is_some()
    }

    /// Reports an intermediate value at a step, from 0. See `BaseTrial`.
    fn report(slf: &Bound<'_, Self>, value: &Bound<'_, PyAny>, step: &Bound<'_, PyAny>) -> PyResult<()> {
        python!(slf.py(), "report")?.call1((slf, value, step)).map(drop)
    }

    /// Whether the study's pruner says that the trial should stop. See `BaseTrial`.
    fn should_prune(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        python!(slf.py(), "should_prune")?.call1((slf,)).map(Bound::unbind)
    }

    /// Notes something on the trial. See `BaseTrial`.
    fn set_user_attr(slf: &Bound<'_, Self>, key: Bound<'_, PyAny>, value: Bound<'_, PyAny>) -> PyResult<()> {
        python!(slf.py(), "set_user_attr")?.call1((slf, key, value)).map(drop)
    }

    /// Tells how far the trial is from keeping a constraint: 0 and less keep it. See `BaseTrial`.
    fn set_constraint(slf: &Bound<'_, Self>, key: Bound<'_, PyAny>, value: Bound<'_, PyAny>) -> PyResult<()> {
        python!(slf.py(), "set_constraint")?.call1((slf, key, value)).map(drop)
    }

    /// The constraints by name.
    #[getter]
    fn constraints(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        python!(slf.py(), "constraints")?.call1((slf,)).map(Bound::unbind)
    }

    /// `suggest_float(name, low, high)`; deprecated.
    fn suggest_uniform(
        slf: &Bound<'_, Self>,
        name: Py<PyAny>,
        low: Py<PyAny>,
        high: Py<PyAny>,
    ) -> PyResult<Py<PyAny>> {
        python!(slf.py(), "suggest_uniform")?.call1((slf, name, low, high)).map(Bound::unbind)
    }

    /// `suggest_float(name, low, high, log=True)`; deprecated.
    fn suggest_loguniform(
        slf: &Bound<'_, Self>,
        name: Py<PyAny>,
        low: Py<PyAny>,
        high: Py<PyAny>,
    ) -> PyResult<Py<PyAny>> {
        python!(slf.py(), "suggest_loguniform")?.call1((slf, name, low, high)).map(Bound::unbind)
    }

    /// `suggest_float(name, low, high, step=q)`; deprecated.
    fn suggest_discrete_uniform(
        slf: &Bound<'_, Self>,
        name: Py<PyAny>,
        low: Py<PyAny>,
        high: Py<PyAny>,
        q: Py<PyAny>,
    ) -> PyResult<Py<PyAny>> {
        python!(slf.py(), "suggest_discrete_uniform")?.call1((slf, name, low, high, q)).map(Bound::unbind)
    }

    /// Its number in the study, from 0.
    #[getter]
    fn number(&self) -> u32 {
        self.number
    }

    /// Its id in the storage.
    #[getter]
    fn _trial_id(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        python!(slf.py(), "trial_id")?.call1((slf,)).map(Bound::unbind)
    }

    /// The study's trials.
    #[getter]
    fn _ledger(&self, py: Python<'_>) -> Py<Ledger> {
        self.ledger.clone_ref(py)
    }

    /// The storage of the study.
    #[getter]
    fn storage(&self, py: Python<'_>) -> PyResult<Py<PyAny>> {
        self.study.getattr(py, "_storage")
    }

    /// The values suggested so far, by name.
    #[getter]
    fn params<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let found = PyDict::new(py);
        let ledger = self.ledger.bind(py).borrow();
        for param in &ledger.row(self.number)?.params {
            let dist = &ledger.table.dists[param.dist as usize];
            found.set_item(
                &ledger.table.columns[param.column as usize].name,
                dist.external(py, param.value)?,
            )?;
        }
        Ok(found)
    }

    /// The distributions suggested from so far, by name.
    #[getter]
    fn distributions<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyDict>> {
        let found = PyDict::new(py);
        let ledger = self.ledger.bind(py).borrow();
        for param in &ledger.row(self.number)?.params {
            let dist = &ledger.table.dists[param.dist as usize];
            found.set_item(&ledger.table.columns[param.column as usize].name, dist.object.bind(py))?;
        }
        Ok(found)
    }

    /// The notes of its user.
    #[getter]
    fn user_attrs(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        python!(slf.py(), "user_attrs")?.call1((slf,)).map(Bound::unbind)
    }

    /// The notes of the system.
    #[getter]
    fn system_attrs(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        python!(slf.py(), "system_attrs")?.call1((slf,)).map(Bound::unbind)
    }

    /// When it started.
    #[getter]
    fn datetime_start<'py>(&self, py: Python<'py>) -> PyResult<Bound<'py, PyAny>> {
        let started = self.ledger.bind(py).borrow().row(self.number)?.started;
        moment::datetime(py, started)
    }

    /// What the sampler proposed for the trial as a whole, by name.
    #[getter]
    fn relative_params(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        python!(slf.py(), "relative_params")?.call1((slf,)).map(Bound::unbind)
    }

    /// `relative_params`, or None before the sampler was asked for them.
    #[getter]
    fn _relative_params(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        python!(slf.py(), "known_relative_params")?.call1((slf,)).map(Bound::unbind)
    }

    /// The space of `relative_params`; None before they were asked for.
    #[getter]
    fn relative_search_space(slf: &Bound<'_, Self>) -> PyResult<Py<PyAny>> {
        python!(slf.py(), "relative_search_space")?.call1((slf,)).map(Bound::unbind)
    }
}
