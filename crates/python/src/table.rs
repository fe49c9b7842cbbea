//! The trials of a study in columns and rows, with no Python but the objects that users put in.

use indexmap::IndexMap;
use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::{PyDict, PyString};
use space::Domain;

use crate::dist::Dist;

/// How a trial is; the numbers are those of `TrialState`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum State {
    /// It is being evaluated.
    Running = 0,
    /// It has values.
    Complete = 1,
    /// It was stopped early.
    Pruned = 2,
    /// It has no usable value.
    Fail = 3,
    /// It waits to be evaluated.
    Waiting = 4,
}

impl State {
    /// The state of a `TrialState`.
    pub(crate) fn of(number: u8) -> PyResult<Self> {
        Ok(match number {
            0 => State::Running,
            1 => State::Complete,
            2 => State::Pruned,
            3 => State::Fail,
            4 => State::Waiting,
            _ => return Err(PyValueError::new_err(format!("{number} is no trial state"))),
        })
    }

    /// Whether it is over.
    pub(crate) fn is_finished(self) -> bool {
        !matches!(self, State::Running | State::Waiting)
    }
}

/// A trial of the log's that the study does not have.
pub(crate) fn missing(number: u64) -> PyErr {
    PyKeyError::new_err(format!("No trial with number {number} exists."))
}

/// A value of a trial.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Param {
    /// Which parameter.
    pub(crate) column: u32,
    /// With which distribution.
    pub(crate) dist: u32,
    /// The number itself, or the index of a choice.
    pub(crate) value: f64,
}

/// A trial.
pub(crate) struct Row {
    pub(crate) state: State,
    /// Empty where it has none.
    pub(crate) values: Vec<f64>,
    pub(crate) params: Vec<Param>,
    /// What it reported, in the order of reporting.
    pub(crate) reports: Vec<(i64, f64)>,
    pub(crate) user: Option<Py<PyDict>>,
    pub(crate) system: Option<Py<PyDict>>,
    /// Microseconds since 1970; 0 where it has not started, or not ended.
    pub(crate) started: i64,
    pub(crate) ended: i64,
    /// The object that stands for it, once it is over and was looked at.
    pub(crate) frozen: Option<Py<PyAny>>,
}

impl Row {
    /// A trial of which nothing is known.
    pub(crate) fn new(state: State) -> Self {
        Row {
            state,
            values: Vec::new(),
            params: Vec::new(),
            reports: Vec::new(),
            user: None,
            system: None,
            started: 0,
            ended: 0,
            frozen: None,
        }
    }

    /// The value of a parameter.
    pub(crate) fn param(&self, column: u32) -> Option<Param> {
        self.params.iter().find(|param| param.column == column).copied()
    }
}

/// A parameter of the study.
pub(crate) struct Column {
    pub(crate) name: Py<PyString>,
    /// Its distributions, the newest last.
    pub(crate) dists: Vec<u32>,
}

/// All trials of a study.
pub(crate) struct Table {
    /// Per objective whether the greatest is the best.
    pub(crate) maximize: Vec<bool>,
    pub(crate) columns: IndexMap<Box<str>, Column>,
    pub(crate) dists: Vec<Dist>,
    pub(crate) rows: Vec<Row>,
    /// The trials in the order in which they ended.
    pub(crate) ended: Vec<u32>,
    /// The trials that wait, in their order.
    pub(crate) waiting: std::collections::BTreeSet<u32>,
    /// How many were complete, and which of them is the best, where there is one objective.
    pub(crate) complete: usize,
    pub(crate) best: Option<u32>,
}

impl Table {
    /// A study without trials.
    pub(crate) fn new(maximize: Vec<bool>) -> Self {
        Table {
            maximize,
            columns: IndexMap::new(),
            dists: Vec::new(),
            rows: Vec::new(),
            ended: Vec::new(),
            waiting: std::collections::BTreeSet::new(),
            complete: 0,
            best: None,
        }
    }

    /// The column of this name; `hint` is where it is likely to be.
    #[inline]
    pub(crate) fn column(&self, name: &str, hint: u32) -> Option<u32> {
        match self.columns.get_index(hint as usize) {
            Some((own, _)) if **own == *name => Some(hint),
            _ => self.columns.get_index_of(name).map(|i| i as u32),
        }
    }

    /// The column of this name, made where it is not there.
    pub(crate) fn make_column(&mut self, name: &Bound<'_, PyString>) -> PyResult<u32> {
        let text = name.to_str()?;
        if let Some(i) = self.columns.get_index_of(text) {
            return Ok(i as u32);
        }
        let column = Column { name: name.clone().unbind(), dists: Vec::new() };
        self.columns.insert(text.into(), column);
        Ok(self.columns.len() as u32 - 1)
    }

    /// The newest distribution of a column that `is` accepts.
    #[inline]
    pub(crate) fn known(&self, column: u32, is: impl Fn(&Dist) -> bool) -> Option<u32> {
        let dists = &self.columns[column as usize].dists;
        dists.iter().rev().copied().find(|&i| is(&self.dists[i as usize]))
    }

    /// The newest distribution of a column that the log holds as this domain.
    pub(crate) fn recorded(&self, column: u32, domain: &Domain) -> Option<u32> {
        self.known(column, |dist| dist.record.as_ref() == Some(domain))
    }

    /// Adds a distribution to a column.
    pub(crate) fn add_dist(&mut self, column: u32, dist: Dist) -> u32 {
        let id = self.dists.len() as u32;
        self.dists.push(dist);
        self.columns[column as usize].dists.push(id);
        id
    }

    /// Ends a trial that is running or waits.
    pub(crate) fn finish(&mut self, number: u32, state: State, values: Vec<f64>, now: i64) {
        let row = &mut self.rows[number as usize];
        row.state = state;
        row.values = values;
        row.ended = now;
        self.waiting.remove(&number);
        self.count(number);
    }

    /// Takes an ended trial into the tallies.
    pub(crate) fn count(&mut self, number: u32) {
        self.ended.push(number);
        let row = &self.rows[number as usize];
        if row.state == State::Complete {
            self.complete += 1;
            if let (&[maximize], &[value]) = (&self.maximize[..], &row.values[..]) {
                let beats = |other: f64| if maximize { value > other } else { value < other };
                // Of equal ones the first number is the best, whichever ended first.
                let is_best = self.best.is_none_or(|best| {
                    let other = self.rows[best as usize].values[0];
                    beats(other) || (value == other && number < best)
                });
                if is_best {
                    self.best = Some(number);
                }
            }
        }
    }

    /// A value in the sense in which samplers minimise.
    pub(crate) fn minimised(&self, objective: usize, value: f64) -> f64 {
        if self.maximize.get(objective) == Some(&true) { -value } else { value }
    }
}
