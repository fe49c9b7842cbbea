//! Studies that outlast the process: a database, and the log of each study in it.
//!
//! What happens in a study is appended to its log, and what others append is folded into the ledger. The store's calls
//! are made with the interpreter released and nothing taken; several threads may fold at once, each event is taken in
//! once, in its order.

use std::sync::Arc;
use std::time::Duration;

use pyo3::exceptions::{PyKeyError, PyValueError};
use pyo3::prelude::*;
use pyo3::sync::PyOnceLock;
use pyo3::types::PyDict;
use session::elsewhere;
use space::{Domain, Space};
use store::{Draft, Durability, Guard, Header, Sqlite, Store, StudyId};
use study::history::{self, Decoded};
use study::{Assignment, Direction, EventBody, Objective, Settings, StudyCreated, StudyTagged};

use crate::adding::{self, Given};
use crate::birth::Birth;
use crate::engine;
use crate::events::{self, Made};
use crate::ledger::Ledger;
use crate::pulse;
use crate::table::{Row, State, missing};

/// A database of studies.
#[pyclass(frozen, module = "ravine._ravine")]
pub(crate) struct Shelf {
    store: Arc<Sqlite>,
}

/// The log of one study, and how far the ledger has followed it.
#[pyclass(module = "ravine._ravine")]
pub(crate) struct Journal {
    store: Arc<Sqlite>,
    birth: Birth,
    id: StudyId,
    /// The last event that the ledger took in.
    seq: u64,
    /// How many turns there were: trials made, and decided to go on.
    turns: u64,
    metrics: Vec<String>,
    /// How many parameters and reports of a trial are in the log.
    sent: indexmap::IndexMap<u32, (usize, usize)>,
    /// Who started each trial that runs.
    epochs: indexmap::IndexMap<u32, u64>,
    user: Py<PyDict>,
    system: Py<PyDict>,
    /// The last signs of life of trials that run in this process.
    signs: indexmap::IndexMap<u32, store::Lease>,
    /// The space of a study that was declared in a file: its trials come with their values.
    space: Option<Space>,
}

/// What a store could not do, as `StorageInternalError`, or what says it better.
fn failed(py: Python<'_>, error: &store::StoreError) -> PyErr {
    static CLASS: PyOnceLock<Py<PyAny>> = PyOnceLock::new();
    let name = match &error.kind {
        store::ErrorKind::NoSuchStudy { .. } => return PyKeyError::new_err(error.to_string()),
        _ => "StorageInternalError",
    };
    match CLASS.import(py, "ravine.exceptions", name).and_then(|class| class.call1((error.to_string(),))) {
        Ok(made) => PyErr::from_value(made),
        Err(error) => error,
    }
}

fn drafts(bodies: &[EventBody]) -> PyResult<Vec<Draft>> {
    let draft = |body: &EventBody| {
        let text = body.to_text().map_err(|error| PyValueError::new_err(error.to_string()))?;
        Ok(Draft::new(body.kind(), text))
    };
    bodies.iter().map(draft).collect()
}

#[pymethods]
impl Shelf {
    /// Opens the database of this path, made where there is none.
    #[new]
    fn new(py: Python<'_>, path: std::path::PathBuf) -> PyResult<Self> {
        let opened = py.detach(|| Sqlite::open(&path));
        Ok(Shelf { store: Arc::new(opened.map_err(|error| failed(py, &error))?) })
    }

    /// The studies: their names and ids.
    fn studies(&self, py: Python<'_>) -> PyResult<Vec<(String, u64)>> {
        let studies = py.detach(|| self.store.studies()).map_err(|error| failed(py, &error))?;
        let begun = studies.into_iter().filter(|info| info.head > 0);
        Ok(begun.map(|info| (info.name, info.id.0)).collect())
    }

    /// Makes a study: its id; None where the name is taken.
    fn create(&self, py: Python<'_>, name: &str, maximize: Vec<bool>, seed: u64) -> PyResult<Option<u64>> {
        let titles = elsewhere::titles(maximize.len());
        let objective = |(title, maximize): (&String, &bool)| match maximize {
            true => Objective::maximize(title.as_str()),
            false => Objective::minimize(title.as_str()),
        };
        let objectives = titles.iter().zip(&maximize).map(objective).collect();
        let settings = Settings { objectives, ..Settings::default() };
        let begin = drafts(&[EventBody::StudyCreated(StudyCreated::new(name, seed, settings))])?;
        let made = py.detach(|| {
            let header = Header { format: history::FORMAT, min_reader: history::FORMAT };
            let info = match self.store.open_study(name) {
                // Whoever made it died before its first event.
                Ok(info) if info.head == 0 => info,
                Ok(_) => return Ok(None),
                Err(_) => match self.store.create_study(name, header) {
                    Ok(info) => info,
                    Err(error) if matches!(error.kind, store::ErrorKind::StudyExists { .. }) => {
                        return Ok(None);
                    }
                    Err(error) => return Err(error),
                },
            };
            match self.store.append_if(info.id, &Guard::unchanged(0), &begin, Durability::Synced) {
                Ok(_) => Ok(Some(info.id.0)),
                Err(error) if error.is_conflict() => Ok(None),
                Err(error) => Err(error),
            }
        });
        made.map_err(|error| failed(py, &error))
    }

    /// Deletes a study with its log.
    fn delete(&self, py: Python<'_>, id: u64) -> PyResult<()> {
        py.detach(|| self.store.delete_study(StudyId(id))).map_err(|error| failed(py, &error))
    }

    /// The log of a study, and for each objective whether it is maximised.
    fn open(&self, py: Python<'_>, id: u64) -> PyResult<(Journal, Vec<bool>)> {
        let id = StudyId(id);
        let first = py.detach(|| self.store.read(id, 0, 1)).map_err(|error| failed(py, &error))?;
        let Some(first) = first.first() else {
            return Err(PyKeyError::new_err(format!("No study with study_id {} exists.", id.0)));
        };
        let Decoded::Known(body) = decode(&first.kind, &first.body)? else {
            return Err(newer(&first.kind));
        };
        let EventBody::StudyCreated(created) = *body else {
            return Err(PyValueError::new_err("the log does not begin with a study's creation"));
        };
        let objectives = &created.settings.objectives;
        let journal = Journal {
            store: Arc::clone(&self.store),
            birth: Birth::here(),
            id,
            seq: 0,
            turns: 0,
            metrics: objectives.iter().map(|objective| objective.title().to_owned()).collect(),
            sent: indexmap::IndexMap::new(),
            epochs: indexmap::IndexMap::new(),
            signs: indexmap::IndexMap::new(),
            user: PyDict::new(py).unbind(),
            system: PyDict::new(py).unbind(),
            space: created.space.as_ref().map(space_of).transpose()?,
        };
        Ok((journal, objectives.iter().map(|o| o.direction == Direction::Maximize).collect()))
    }
}

fn space_of(json: &serde_json::Value) -> PyResult<Space> {
    let wrong = |error: &dyn std::fmt::Display| PyValueError::new_err(format!("the study's space: {error}"));
    let declared: session::Declaration =
        serde_json::from_value(json.clone()).map_err(|error| wrong(&error))?;
    declared.build().map_err(|error| wrong(&error))
}

fn decode(kind: &str, text: &str) -> PyResult<Decoded> {
    history::decode(kind, text).map_err(|error| PyValueError::new_err(error.to_string()))
}

fn newer(kind: &str) -> PyErr {
    PyValueError::new_err(format!(
        "the study was written by a newer version of ravine: it has a `{kind}` event"
    ))
}

/// Appends if the guard holds; false where it does not.
pub(crate) fn append(
    slf: &Bound<'_, Journal>,
    bodies: &[EventBody],
    guard: &Guard,
    durability: Durability,
) -> PyResult<bool> {
    let py = slf.py();
    slf.borrow().birth.check(py)?;
    let (store, id) = {
        let this = slf.borrow();
        (Arc::clone(&this.store), this.id)
    };
    let drafts = drafts(bodies)?;
    match py.detach(|| store.append_if(id, guard, &drafts, durability)) {
        Ok(_) => Ok(true),
        Err(error) if error.is_conflict() => Ok(false),
        Err(error) => Err(failed(py, &error)),
    }
}

/// Folds what the log has beyond what the ledger knows.
pub(crate) fn catch_up(slf: &Bound<'_, Journal>, ledger: &Bound<'_, Ledger>) -> PyResult<()> {
    let py = slf.py();
    ledger.borrow().birth.check(py)?;
    let (store, id, seq) = {
        let this = slf.borrow();
        (Arc::clone(&this.store), this.id, this.seq)
    };
    let read = py.detach(|| {
        if store.head(id)? == seq {
            return Ok(Vec::new());
        }
        let mut rows = Vec::new();
        store.scan(id, seq, usize::MAX, &mut |row| {
            rows.push((row.seq, row.at, history::decode(row.kind, row.body)));
        })?;
        Ok(rows)
    });
    for (seq, at, decoded) in read.map_err(|error| failed(py, &error))? {
        let body = match decoded.map_err(|error| PyValueError::new_err(error.to_string()))? {
            Decoded::Known(body) => *body,
            Decoded::Unknown { kind } => return Err(newer(&kind)),
        };
        if seq != slf.borrow().seq + 1 {
            // Another thread took it in meanwhile.
            continue;
        }
        let mut made = make(slf, ledger, &body)?;
        let mut this = slf.borrow_mut();
        if seq == this.seq + 1 {
            this.take_in(py, &mut ledger.borrow_mut(), body, &mut made, at as i64 * 1000)?;
            this.seq = seq;
        }
    }
    Ok(())
}

/// Makes what of an event is Python's, with nothing taken.
fn make(slf: &Bound<'_, Journal>, ledger: &Bound<'_, Ledger>, body: &EventBody) -> PyResult<Made> {
    let py = slf.py();
    let mut made = Made::default();
    let unknown = |name: &str, domain: &Domain| {
        let table = &ledger.borrow().table;
        table.column(name, 0).and_then(|column| table.recorded(column, domain)).is_none()
    };
    match body {
        EventBody::TrialCreated(created) => {
            made.notes(py, &created.attributes)?;
            for path in created.point.keys() {
                let domain = slf.borrow().declared(path).cloned();
                if let Some(domain) = domain.filter(|domain| unknown(path, domain)) {
                    made.dist(py, path, domain)?;
                }
            }
        }
        EventBody::Suggested(suggested) if unknown(&suggested.name, &suggested.domain) => {
            made.dist(py, &suggested.name, suggested.domain.clone())?;
        }
        EventBody::TrialTagged(tagged) => made.notes(py, &tagged.attributes)?,
        EventBody::StudyTagged(tagged) => made.notes(py, &tagged.attributes)?,
        _ => {}
    }
    Ok(made)
}

impl Journal {
    /// The domain of a parameter of the declared space.
    fn declared(&self, path: &str) -> Option<&Domain> {
        let space = self.space.as_ref()?;
        Some(&space.parameters().get(space.index(path)?)?.domain)
    }

    /// How many turns there were, and what the objectives are called.
    pub(crate) fn told(&self) -> (u64, &[String]) {
        (self.turns, &self.metrics)
    }

    /// Where the log is.
    fn place<'py>(slf: &Bound<'py, Self>) -> (Python<'py>, Arc<Sqlite>, StudyId) {
        let this = slf.borrow();
        (slf.py(), Arc::clone(&this.store), this.id)
    }

    /// Takes in one event.
    fn take_in(
        &mut self,
        py: Python<'_>,
        ledger: &mut Ledger,
        body: EventBody,
        made: &mut Made,
        at: i64,
    ) -> PyResult<()> {
        let table = &mut ledger.table;
        let number = match body.trial() {
            Some(trial) => u32::try_from(trial.0).map_err(|_| missing(trial.0))?,
            None => 0,
        };
        match body {
            EventBody::TrialCreated(created) => {
                self.turns += 1;
                let mut row = Row::new(State::Waiting);
                events::take_notes(py, &mut row, &created.attributes, made)?;
                let number = table.rows.len() as u32;
                table.rows.push(row);
                table.waiting.insert(number);
                for (path, value) in &created.point {
                    if let Some(domain) = self.declared(path) {
                        events::take_suggested(py, table, number, path, domain, value, made)?;
                    }
                }
            }
            EventBody::TrialContinued(_) | EventBody::TrialRepeated(_) => self.turns += 1,
            EventBody::RunStarted(started) => {
                let row = ledger.row_mut(number)?;
                if row.state == State::Waiting {
                    row.state = State::Running;
                    row.started = if row.started == 0 { at } else { row.started };
                    self.epochs.insert(number, started.epoch);
                    ledger.table.waiting.remove(&number);
                }
            }
            EventBody::Suggested(suggested) => {
                let study::Suggested { name, domain, value, .. } = &suggested;
                events::take_suggested(py, table, number, name, domain, value, made)?;
            }
            EventBody::Reported(reported) => {
                let row = ledger.row_mut(number)?;
                let step = reported.step as i64;
                if !row.state.is_finished()
                    && !row.reports.iter().any(|(known, _)| *known == step)
                    && let Some(value) = reported.values.values().next()
                {
                    row.reports.push((step, value.0));
                }
            }
            EventBody::TrialEnded(ended) => {
                let row = ledger.row_mut(number)?;
                if row.state.is_finished() {
                    return Ok(());
                }
                let state = match ended.state {
                    study::Ending::Complete => State::Complete,
                    study::Ending::Pruned => State::Pruned,
                    study::Ending::Failed => State::Fail,
                };
                row.started = if row.started == 0 { at } else { row.started };
                let end = if row.ended == 0 { at } else { row.ended };
                let values = ended.values.iter().map(|value| value.0).collect();
                ledger.table.finish(number, state, values, end);
                self.sent.swap_remove(&number);
                self.epochs.swap_remove(&number);
            }
            EventBody::TrialTagged(tagged) => {
                let row = ledger.row_mut(number)?;
                row.frozen = None;
                events::take_notes(py, row, &tagged.attributes, made)?;
                if let Some(memo) = events::memo_of(&tagged.attributes) {
                    ledger.samplers.decided.insert(number, Some(memo));
                }
            }
            EventBody::StudyTagged(_) => {
                for (system, name, value) in made.notes.drain(..) {
                    let notes = if system { &self.system } else { &self.user };
                    notes.bind(py).set_item(name, value)?;
                }
            }
            EventBody::StudyCreated(_)
            | EventBody::SettingsChanged(_)
            | EventBody::RunnerStarted(_)
            | EventBody::RunnerStopped(_)
            | EventBody::Enqueued(_)
            | EventBody::RunEnded(_)
            | EventBody::Control(_) => {}
        }
        Ok(())
    }

    /// What a trial has that is not in the log yet; how many parameters and reports are in it with that.
    fn unsent(
        &self,
        py: Python<'_>,
        ledger: &mut Ledger,
        number: u32,
    ) -> PyResult<(Vec<EventBody>, (usize, usize))> {
        let (params, reports) = self.sent.get(&number).copied().unwrap_or_default();
        let mut bodies = Vec::new();
        if !self.sent.contains_key(&number)
            && let Some(Some(memo)) = ledger.samplers.decided.get(&number)
        {
            bodies.push(events::tagged(number, events::memo_note(memo)));
        }
        let row = ledger.row(number)?;
        let now = (row.params.len(), row.reports.len());
        let params = row.params.get(params..).unwrap_or_default().to_vec();
        let metric = self.metrics.first().map_or("value", String::as_str);
        let reports = events::reported(number, row.reports.get(reports..).unwrap_or_default(), metric);
        bodies.extend(events::suggested(py, &mut ledger.table, number, &params)?);
        bodies.extend(reports);
        Ok((bodies, now))
    }
}

#[pymethods]
impl Journal {
    /// Takes in what others did.
    fn refresh(slf: &Bound<'_, Self>, ledger: &Bound<'_, Ledger>) -> PyResult<()> {
        catch_up(slf, ledger)
    }

    /// A copy of the study's notes: those of its user, or of the system.
    fn notes<'py>(&self, py: Python<'py>, system: bool) -> PyResult<Bound<'py, PyDict>> {
        let notes = if system { &self.system } else { &self.user };
        notes.bind(py).copy()
    }

    /// Starts a trial that waits, or a new one; its number. `draw` is unlike any other process's.
    fn begin(slf: &Bound<'_, Self>, ledger: &Bound<'_, Ledger>, draw: u64) -> PyResult<u32> {
        loop {
            // Each turn that is lost is another's that was won, but there may be many of them.
            slf.py().check_signals()?;
            catch_up(slf, ledger)?;
            let waiting = ledger.borrow().table.waiting.first().copied();
            if let Some(number) = waiting {
                if Self::claim(slf, ledger, number, draw)? {
                    return Ok(number);
                }
                continue;
            }
            let (number, turns) = (ledger.borrow().table.rows.len() as u32, slf.borrow().turns);
            let bodies = [events::created(number, true, Assignment::new()), events::started(number, draw)];
            let guard = Guard::default().deciding(turns..turns + 1);
            if append(slf, &bodies, &guard, Durability::Committed)? {
                catch_up(slf, ledger)?;
                return Ok(number);
            }
        }
    }

    /// Starts a trial that waits; False where somebody else did.
    fn claim(slf: &Bound<'_, Self>, ledger: &Bound<'_, Ledger>, number: u32, draw: u64) -> PyResult<bool> {
        append(slf, &[events::started(number, draw)], &Guard::default(), Durability::Committed)?;
        catch_up(slf, ledger)?;
        Ok(slf.borrow().epochs.get(&number) == Some(&draw))
    }

    /// Writes what a running trial has that is not in the log yet, so that others see it.
    fn flush(slf: &Bound<'_, Self>, ledger: &Bound<'_, Ledger>, number: u32) -> PyResult<()> {
        let (bodies, now) = slf.borrow().unsent(slf.py(), &mut ledger.borrow_mut(), number)?;
        if !bodies.is_empty() {
            append(slf, &bodies, &Guard::default(), Durability::Committed)?;
        }
        slf.borrow_mut().sent.insert(number, now);
        Ok(())
    }

    /// Ends a trial.
    fn finish(
        slf: &Bound<'_, Self>,
        ledger: &Bound<'_, Ledger>,
        number: u32,
        state: u8,
        values: Vec<f64>,
    ) -> PyResult<()> {
        let state = State::of(state)?;
        let (mut bodies, now) = slf.borrow().unsent(slf.py(), &mut ledger.borrow_mut(), number)?;
        let notes = ledger.borrow().row(number)?.system.as_ref().map(|notes| notes.clone_ref(slf.py()));
        let violations = notes.map(|notes| engine::violations(notes.bind(slf.py()))).unwrap_or_default();
        bodies.push(events::ended(number, state, &values, &slf.borrow().metrics, violations));
        append(slf, &bodies, &Guard::default(), Durability::Synced)?;
        slf.borrow_mut().sent.insert(number, now);
        catch_up(slf, ledger)
    }

    /// Says that a trial is being worked on; False where somebody has found it dead meanwhile.
    fn beat(slf: &Bound<'_, Self>, number: u32) -> PyResult<bool> {
        let (py, store, id) = Self::place(slf);
        let last = slf.borrow().signs.get(&number).cloned();
        let sign = py.detach(|| pulse::beat(&store, id, number, last.as_ref()));
        let sign = sign.map_err(|error| failed(py, &error))?;
        let lives = sign.is_some();
        slf.borrow_mut().signs.extend(sign.map(|sign| (number, sign)));
        Ok(lives)
    }

    /// Says that nobody works on a trial any more.
    fn rest(slf: &Bound<'_, Self>, number: u32) -> PyResult<()> {
        let (py, store, _) = Self::place(slf);
        let Some(last) = slf.borrow_mut().signs.swap_remove(&number) else { return Ok(()) };
        py.detach(|| store.release(&last)).map_err(|error| failed(py, &error))
    }

    /// The running trials that gave a sign of life once, and none for so many milliseconds.
    fn silent(slf: &Bound<'_, Self>, ledger: &Bound<'_, Ledger>, grace: u64) -> PyResult<Vec<u32>> {
        let (py, store, id) = Self::place(slf);
        let running = {
            let rows = &ledger.borrow().table.rows;
            let runs = (0u32..).zip(rows).filter(|(_, row)| row.state == State::Running);
            runs.map(|(number, _)| number).collect::<Vec<u32>>()
        };
        let silent = py.detach(|| pulse::silent(&store, id, running, Duration::from_millis(grace)));
        silent.map_err(|error| failed(py, &error))
    }

    /// Takes over a trial that gave no sign of life for so many milliseconds; False where it did, or another has it.
    fn bury(slf: &Bound<'_, Self>, number: u32, grace: u64) -> PyResult<bool> {
        let (py, store, id) = Self::place(slf);
        let buried = py.detach(|| pulse::bury(&store, id, number, Duration::from_millis(grace)));
        buried.map_err(|error| failed(py, &error))
    }

    /// Notes something on a trial, as JSON.
    fn tag_trial(
        slf: &Bound<'_, Self>,
        ledger: &Bound<'_, Ledger>,
        number: u32,
        system: bool,
        key: &str,
        json: &str,
    ) -> PyResult<()> {
        let note = [(elsewhere::note_key(key, system), elsewhere::note_of(json))].into_iter().collect();
        append(slf, &[events::tagged(number, note)], &Guard::default(), Durability::Committed)?;
        catch_up(slf, ledger)
    }

    /// Notes something on the study, as JSON.
    fn tag_study(
        slf: &Bound<'_, Self>,
        ledger: &Bound<'_, Ledger>,
        system: bool,
        key: &str,
        json: &str,
    ) -> PyResult<()> {
        let attributes = [(elsewhere::note_key(key, system), elsewhere::note_of(json))].into_iter().collect();
        append(
            slf,
            &[EventBody::StudyTagged(StudyTagged { attributes })],
            &Guard::default(),
            Durability::Committed,
        )?;
        catch_up(slf, ledger)
    }

    /// Adds trials that were made elsewhere, all in one commit: the number of the first.
    fn add(slf: &Bound<'_, Self>, ledger: &Bound<'_, Ledger>, trials: Vec<Given<'_>>) -> PyResult<u32> {
        adding::add(slf, ledger, trials)
    }
}
