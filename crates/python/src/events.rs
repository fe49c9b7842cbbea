//! Between the log of a study and its ledger: what a trial came to as events, and events as rows.

use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::{PyBool, PyDict, PyFloat, PyInt, PyString, PyTuple};
use search::TrialId;
use serde_json::Value as Json;
use session::elsewhere;
use space::{ChoiceDomain, ChoiceOption, Domain};
use study::{Assignment, Ending, EventBody, Suggested};

use crate::dist::{Dist, Kind};
use crate::table::{Param, Row, State, Table, missing};

/// The note that holds what a sampler noted for itself.
const MEMO: &str = "ravine:memo";

/// The domain of a distribution as the log holds it.
pub(crate) fn domain_of(py: Python<'_>, dist: &Dist) -> PyResult<Domain> {
    let Kind::Categorical { choices, .. } = &dist.kind else {
        return dist.domain.clone().ok_or_else(|| {
            let shown = dist.object.bind(py).repr().map(|text| text.to_string()).unwrap_or_default();
            PyValueError::new_err(format!("a study that is kept cannot have {shown}: its range is too wide"))
        });
    };
    let options = choices.bind(py).iter().map(|choice| Ok(ChoiceOption::literal(label(&choice)?)));
    let options = options.collect::<PyResult<Vec<_>>>()?;
    let domain =
        ChoiceDomain::new(options, false).map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(Domain::Choice(domain))
}

/// A choice as JSON.
fn label(choice: &Bound<'_, PyAny>) -> PyResult<Json> {
    if choice.is_none() {
        return Ok(Json::Null);
    }
    if choice.is_instance_of::<PyBool>() {
        return Ok(Json::Bool(choice.extract()?));
    }
    if choice.is_instance_of::<PyInt>()
        && let Ok(number) = choice.extract::<i64>()
    {
        return Ok(Json::from(number));
    }
    if choice.is_instance_of::<PyFloat>() {
        let number: f64 = choice.extract()?;
        return Ok(serde_json::Number::from_f64(number)
            .map_or_else(|| Json::from(elsewhere::odd_name(number)), Json::Number));
    }
    if choice.is_instance_of::<PyString>() {
        return Ok(Json::String(choice.extract()?));
    }
    Err(PyValueError::new_err(format!(
        "the choice {} cannot be kept: it is not None, a bool, an int below 2^63, a float or a str",
        choice.repr()?
    )))
}

/// The Python distribution of a domain; `None` for what Python's interface does not have.
pub(crate) fn distribution_of<'py>(py: Python<'py>, domain: &Domain) -> PyResult<Option<Bound<'py, PyAny>>> {
    static FLOAT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static INT: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    static CHOICE: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    const MODULE: &str = "ravine.distributions";
    Ok(Some(match domain {
        Domain::Float(d) => {
            let step = if d.log() { None } else { d.step() };
            FLOAT.import(py, MODULE, "FloatDistribution")?.call1((d.low(), d.high(), d.log(), step))?
        }
        Domain::Int(d) => {
            let step = if d.log() { 1 } else { d.step() };
            INT.import(py, MODULE, "IntDistribution")?.call1((d.low(), d.high(), d.log(), step))?
        }
        Domain::Choice(d) => {
            let labels = d.options().iter().map(|option| choice(py, &option.label));
            let labels = PyTuple::new(py, labels.collect::<PyResult<Vec<_>>>()?)?;
            CHOICE.import(py, MODULE, "CategoricalDistribution")?.call1((labels,))?
        }
        Domain::Permutation(_) => return Ok(None),
    }))
}

fn choice<'py>(py: Python<'py>, label: &Json) -> PyResult<Bound<'py, PyAny>> {
    Ok(match label {
        Json::Bool(flag) => PyBool::new(py, *flag).to_owned().into_any(),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => PyInt::new(py, whole).into_any(),
            None => PyFloat::new(py, number.as_f64().unwrap_or(f64::NAN)).into_any(),
        },
        Json::String(text) => match elsewhere::ODD.iter().find(|(name, _)| name == text) {
            Some((_, number)) => PyFloat::new(py, *number).into_any(),
            None => PyString::new(py, text).into_any(),
        },
        _ => py.None().into_bound(py),
    })
}

/// A value as the log holds it.
fn value_of(domain: &Domain, dist: &Dist, value: f64) -> Json {
    match dist.kind {
        Kind::Float { .. } => Json::from(value),
        Kind::Int { .. } => Json::from(value as i64),
        Kind::Categorical { .. } => domain.to_json(&dist.scalar(value)),
    }
}

/// The value that the log holds; `None` where it is none of the distribution.
fn number_of(domain: &Domain, value: &Json) -> Option<f64> {
    match domain {
        Domain::Choice(d) => d.find(value).map(f64::from),
        _ => value.as_f64(),
    }
}

/// The events of parameters that a trial got.
pub(crate) fn suggested(
    py: Python<'_>,
    table: &mut Table,
    number: u32,
    params: &[Param],
) -> PyResult<Vec<EventBody>> {
    let trial = TrialId(number.into());
    let mut events = Vec::with_capacity(params.len());
    for param in params {
        let (name, _) = &table.columns.get_index(param.column as usize).ok_or_else(damaged)?;
        let name = name.to_string();
        let dist = &mut table.dists[param.dist as usize];
        if dist.record.is_none() {
            dist.record = Some(domain_of(py, dist)?);
        }
        let Some(domain) = dist.record.clone() else { continue };
        let value = value_of(&domain, dist, param.value);
        events.push(EventBody::Suggested(Suggested { trial, name, domain, value }));
    }
    Ok(events)
}

/// The events of reports of a trial.
pub(crate) fn reported(number: u32, reports: &[(i64, f64)], metric: &str) -> Vec<EventBody> {
    let trial = TrialId(number.into());
    reports.iter().map(|&(step, value)| elsewhere::reported(trial, metric, step, value)).collect()
}

/// The creation of a trial, by a sampler or by a person.
pub(crate) fn created(number: u32, by_sampler: bool, attributes: Assignment) -> EventBody {
    elsewhere::created(TrialId(number.into()), by_sampler, attributes)
}

/// The start of a trial by whoever draws `epoch`; of two the first has it.
pub(crate) fn started(number: u32, epoch: u64) -> EventBody {
    elsewhere::started(TrialId(number.into()), epoch)
}

/// The end of a trial.
pub(crate) fn ended(
    number: u32,
    state: State,
    values: &[f64],
    metrics: &[String],
    violations: Vec<f64>,
) -> EventBody {
    let ending = match state {
        State::Complete => Ending::Complete,
        State::Pruned => Ending::Pruned,
        _ => Ending::Failed,
    };
    EventBody::TrialEnded(elsewhere::ended(TrialId(number.into()), ending, values, metrics, violations))
}

/// A note on a trial.
pub(crate) fn tagged(number: u32, attributes: Assignment) -> EventBody {
    elsewhere::tagged(TrialId(number.into()), attributes)
}

/// What a sampler noted for itself, as a note on the trial.
pub(crate) fn memo_note(memo: &Json) -> Assignment {
    [(MEMO.to_owned(), memo.clone())].into_iter().collect()
}

/// What a sampler noted for itself, among the notes of a trial.
pub(crate) fn memo_of(attributes: &Assignment) -> Option<Json> {
    attributes.get(MEMO).cloned()
}

/// What of an event is Python's. It is made before the ledger is taken: to make it runs Python code, during which another
/// thread may come by and want the ledger.
#[derive(Default)]
pub(crate) struct Made {
    /// Whether it is the system's, its name, and what it says.
    pub(crate) notes: Vec<(bool, Py<PyString>, Py<PyAny>)>,
    /// Distributions that the ledger does not have yet, by parameter.
    pub(crate) dists: Vec<(String, Dist)>,
}

impl Made {
    /// Makes the notes that are for people.
    pub(crate) fn notes(&mut self, py: Python<'_>, attributes: &Assignment) -> PyResult<()> {
        for (key, value) in attributes.iter().filter(|(key, _)| *key != MEMO && *key != elsewhere::TIMES) {
            let (system, name) = elsewhere::note_name(key);
            self.notes.push((system, PyString::new(py, name).unbind(), python_of(py, value)?.unbind()));
        }
        Ok(())
    }

    /// Makes the distribution of a domain.
    pub(crate) fn dist(&mut self, py: Python<'_>, name: &str, domain: Domain) -> PyResult<()> {
        if let Some(object) = distribution_of(py, &domain)? {
            let dist = Dist { record: Some(domain), ..Dist::of(&object)? };
            self.dists.push((name.to_owned(), dist));
        }
        Ok(())
    }
}

/// Puts the notes of the log on a row.
pub(crate) fn take_notes(
    py: Python<'_>,
    row: &mut Row,
    attributes: &Assignment,
    made: &mut Made,
) -> PyResult<()> {
    if let Some(times) = attributes.get(elsewhere::TIMES) {
        let time = |i: usize| times.get(i).and_then(Json::as_i64).unwrap_or_default();
        (row.started, row.ended) = (time(0), time(1));
    }
    for (system, name, value) in made.notes.drain(..) {
        let notes = if system { &mut row.system } else { &mut row.user };
        let notes = notes.get_or_insert_with(|| PyDict::new(py).unbind());
        notes.bind(py).set_item(name, value)?;
    }
    Ok(())
}

/// A note as a Python object.
pub(crate) fn python_of<'py>(py: Python<'py>, value: &Json) -> PyResult<Bound<'py, PyAny>> {
    static LOADS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    LOADS.import(py, "json", "loads")?.call1((elsewhere::text_of(value),))
}

/// Takes in a suggestion of the log, where the row does not have it yet.
pub(crate) fn take_suggested(
    py: Python<'_>,
    table: &mut Table,
    number: u32,
    name: &str,
    domain: &Domain,
    value: &Json,
    made: &mut Made,
) -> PyResult<()> {
    let column = table.make_column(&PyString::new(py, name))?;
    let row = table.rows.get(number as usize).ok_or_else(|| missing(number.into()))?;
    if row.state.is_finished() || row.param(column).is_some() {
        return Ok(());
    }
    let Some(value) = number_of(domain, value) else { return Ok(()) };
    let dist = match table.recorded(column, domain) {
        Some(known) => known,
        None => match made.dists.iter().position(|(made, _)| made == name) {
            Some(i) => table.add_dist(column, made.dists.swap_remove(i).1),
            None => return Ok(()),
        },
    };
    table.rows[number as usize].params.push(Param { column, dist, value });
    Ok(())
}

fn damaged() -> PyErr {
    PyValueError::new_err("a parameter has no name")
}
