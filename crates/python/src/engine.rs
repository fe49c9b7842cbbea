//! A sampler of the engine at work in a study whose space is what its trials have suggested so far.
//!
//! The sampler knows the union of all parameters. It is built when the first trial that can use it is asked for, is
//! told of each trial once, and is built anew where the space has grown; where the space grows all the time it waits
//! until the history is an eighth longer, so that the work stays in proportion to the trials.
//!
//! It proposes with the interpreter released: who waits for it waits on a lock that is taken without the interpreter,
//! and what it has to learn is numbered, so that several threads may come in any order.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, TryLockError};
use std::time::Duration;

use indexmap::IndexMap;
use pyo3::exceptions::{PyRuntimeError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use search::{
    Ask, Decision, DecisionId, Duplicates, Observed, Outcome, Proposal, Sampler, SamplerSpec, SearchError,
    Setting, TrialId,
};
use serde_json::Value as Json;
use space::{Domain, FloatDomain, IntDomain, Point, Space};

use crate::declared::Declared;
use crate::plan::Plan;
use crate::table::{Row, State, Table};
use crate::together::Together;

/// The trials that a sampler of the engine decided on, and what it noted for itself when it did.
type Decided = IndexMap<u32, Option<Json>>;

/// So many samplers work in a study at once; of more the one goes that was built first.
const AT_WORK: usize = 4;

/// What the sampler wants a trial to have.
#[derive(Clone)]
pub(crate) struct Wish {
    point: Arc<Point>,
    slots: Arc<Vec<Option<usize>>>,
}

impl Wish {
    /// The value for a column of the table.
    pub(crate) fn of(&self, column: u32) -> Option<&space::Scalar> {
        let slot = self.slots.get(column as usize).copied().flatten()?;
        self.point.get(slot)
    }

    /// The columns that it has values for.
    pub(crate) fn columns(&self) -> impl Iterator<Item = u32> {
        self.slots.iter().enumerate().filter(|(_, slot)| slot.is_some()).map(|(column, _)| column as u32)
    }
}

/// The sampler, behind the lock that only those take who have released the interpreter.
struct Mind {
    sampler: Box<dyn Sampler>,
    /// The lesson that comes next.
    next: u64,
    /// Lessons that came before their turn.
    early: BTreeMap<u64, Vec<Observed>>,
}

/// The samplers of the engine at work in a study, and what they work with.
#[derive(Default)]
pub(crate) struct Samplers {
    /// By their plans: the study's own, and such as it asks for single values.
    engines: IndexMap<u64, Engine>,
    declared: Option<Declared>,
    pub(crate) decided: Decided,
    /// How many trials there will be, where that is known.
    pub(crate) budget: Option<u64>,
}

/// One of them.
struct Engine {
    mind: Arc<Mutex<Mind>>,
    space: Arc<Space>,
    slots: Arc<Vec<Option<usize>>>,
    /// How many distributions the table had when the space was made.
    dists: usize,
    /// How many trials had ended then.
    built_at: usize,
    /// How many of the ended trials were told.
    learned: usize,
    lessons: u64,
    /// What running trials were told to have. A trial that comes out otherwise makes the study a conditional one.
    foretold: IndexMap<u32, Arc<Point>>,
    /// Whether trials are told of only when they are over, since what they have is known only then.
    conditional: bool,
    /// What the sampler was told of parameters that come and go together; `None` where it makes nothing of it.
    together: Option<Together>,
}

/// One proposal to be made, with all that it needs.
pub(crate) struct Job {
    mind: Arc<Mutex<Mind>>,
    space: Arc<Space>,
    slots: Arc<Vec<Option<usize>>>,
    lesson: u64,
    observed: Vec<Observed>,
    seed: u64,
    number: u32,
    budget: Option<u64>,
}

impl Samplers {
    /// From now on the space is this one.
    pub(crate) fn declare(&mut self, declared: Declared) {
        self.declared = Some(declared);
        self.engines.clear();
    }

    /// The declared space, where there is one.
    pub(crate) fn declared(&self) -> Option<&Declared> {
        self.declared.as_ref()
    }

    /// Makes the engine current for `plan`, and the job of the trial's proposal; `None` where nothing is known yet
    /// that could be proposed.
    pub(crate) fn job(
        &mut self,
        py: Python<'_>,
        table: &Table,
        plan: &Plan,
        number: u32,
    ) -> PyResult<Option<Job>> {
        let Samplers { engines, declared, decided, budget } = self;
        let declared = declared.as_ref();
        if engines.get(&plan.token).is_none_or(|engine| engine.is_stale(table)) {
            let old = engines.shift_remove(&plan.token);
            let conditional = declared.is_some() || old.is_some_and(|old| old.conditional);
            if let Some(engine) = Engine::build(declared, table, plan, conditional)? {
                if engines.len() == AT_WORK {
                    engines.shift_remove_index(0);
                }
                engines.insert(plan.token, engine);
            }
        }
        let Some(engine) = engines.get_mut(&plan.token) else { return Ok(None) };
        let observed = engine.lesson(py, table, decided);
        let lesson = engine.lessons;
        engine.lessons += 1;
        Ok(Some(Job {
            mind: Arc::clone(&engine.mind),
            space: Arc::clone(&engine.space),
            slots: Arc::clone(&engine.slots),
            lesson,
            observed,
            seed: plan.seed,
            number,
            budget: *budget,
        }))
    }

    /// A trial runs with what the plan's sampler decided.
    pub(crate) fn decide(&mut self, plan: &Plan, number: u32, wish: &Wish, memo: Option<Json>) {
        self.decided.insert(number, memo);
        if let Some(engine) = self.engines.get_mut(&plan.token).filter(|_| !plan.only_numbers) {
            engine.foretell(number, wish, &self.decided);
        }
    }
}

impl Engine {
    fn is_stale(&self, table: &Table) -> bool {
        let since = table.ended.len() - self.built_at;
        self.dists < table.dists.len() && since * 8 >= self.built_at
    }

    fn build(
        declared: Option<&Declared>,
        table: &Table,
        plan: &Plan,
        conditional: bool,
    ) -> PyResult<Option<Engine>> {
        let Some((space, slots)) = (match declared {
            Some(declared) => Some((Arc::clone(&declared.space), declared.slots(table))),
            None => suggested(table)?,
        }) else {
            return Ok(None);
        };
        // The objective may suggest more than what is known so far, so a known space that is used up is no end: what is
        // asked for then is drawn. Samplers that were asked for by name may repeat themselves, as the field's do.
        let duplicates = match plan.spec {
            SamplerSpec::Auto(_) => Duplicates::Skip,
            _ => Duplicates::Repeat,
        };
        let groups = declared.is_none() && matches!(plan.spec, SamplerSpec::Auto(_) | SamplerSpec::Tpe(_));
        let together = groups.then(|| seen(table, &space, &slots));
        let setting = Setting {
            objectives: table.maximize.len(),
            duplicates,
            rules: plan.rules(),
            together: together.as_ref().and_then(Together::groups),
            ..Setting::default()
        };
        let sampler =
            search::build_for(&within(&plan.spec, &space), Arc::clone(&space), &setting).map_err(refused)?;
        let mind = Mind { sampler, next: 0, early: BTreeMap::new() };
        Ok(Some(Engine {
            mind: Arc::new(Mutex::new(mind)),
            space,
            slots: Arc::new(slots),
            dists: table.dists.len(),
            built_at: table.ended.len(),
            learned: 0,
            lessons: 0,
            foretold: IndexMap::new(),
            conditional,
            together,
        }))
    }

    /// What happened since the last lesson.
    fn lesson(&mut self, py: Python<'_>, table: &Table, decided: &Decided) -> Vec<Observed> {
        let mut observed = Vec::with_capacity(2 * (table.ended.len() - self.learned));
        for &number in &table.ended[self.learned..] {
            let row = &table.rows[number as usize];
            let point = self.point(table, row);
            let has = |slot| point.get(slot).is_some();
            if says_all(row) && self.together.as_mut().is_some_and(|together| together.see(has)) {
                self.dists = 0;
            }
            match self.foretold.swap_remove(&number) {
                Some(told) if *told == point => {}
                Some(_) => {
                    // It was told to have what it did not get. The sampler is built anew at the next occasion, and
                    // from now on trials are told of when they are over.
                    self.conditional = true;
                    self.dists = 0;
                }
                None => observed.push(created(number, Arc::new(point), decided.get(&number))),
            }
            observed
                .push(Observed::Ended { trial: TrialId(number.into()), outcome: outcome(py, table, row) });
        }
        self.learned = table.ended.len();
        observed
    }

    /// The point of a trial in the engine's space.
    fn point(&self, table: &Table, row: &Row) -> Point {
        let mut point = Point::empty(self.space.parameters().len());
        for param in &row.params {
            let Some(slot) = self.slots.get(param.column as usize).copied().flatten() else { continue };
            let domain = &self.space.parameters()[slot].domain;
            let value = table.dists[param.dist as usize].scalar(param.value);
            point.set(slot, Some(if domain.contains(&value) { value } else { nearest(domain, &value) }));
        }
        point
    }

    /// Tells the sampler, with the next lesson, that a trial runs with the values that it was given.
    fn foretell(&mut self, number: u32, wish: &Wish, decided: &Decided) {
        if self.conditional || !Arc::ptr_eq(&wish.slots, &self.slots) {
            return;
        }
        self.foretold.insert(number, Arc::clone(&wish.point));
        let lesson = self.lessons;
        self.lessons += 1;
        let told = vec![created(number, Arc::clone(&wish.point), decided.get(&number))];
        // Nobody holds this lock while waiting for the interpreter; where somebody proposes just now, the trial is
        // told of when it is over.
        match self.mind.try_lock() {
            Ok(mut mind) => {
                mind.early.insert(lesson, told);
            }
            Err(_) => {
                self.lessons = lesson;
                self.foretold.swap_remove(&number);
            }
        }
    }
}

impl Job {
    /// Learns and proposes. To be called with the interpreter released; `interrupted` is asked now and then by who
    /// has to wait for another's proposal.
    pub(crate) fn run(
        self,
        mut interrupted: impl FnMut() -> PyResult<()>,
    ) -> PyResult<(Option<Wish>, Option<Json>)> {
        let mut mind = loop {
            match self.mind.try_lock() {
                Ok(mind) => break mind,
                Err(TryLockError::Poisoned(poisoned)) => break PoisonError::into_inner(poisoned),
                Err(TryLockError::WouldBlock) => {
                    std::thread::sleep(Duration::from_micros(200));
                    if let Err(error) = interrupted() {
                        // Lessons are learned in their order: one that is lost would be the last.
                        let mut mind = self.mind.lock().unwrap_or_else(PoisonError::into_inner);
                        mind.early.insert(self.lesson, self.observed);
                        return Err(error);
                    }
                }
            }
        };
        let Mind { sampler, next, early } = &mut *mind;
        early.insert(self.lesson, self.observed);
        while let Some(observed) = early.remove(&*next) {
            *next += 1;
            if !observed.is_empty() {
                sampler.learn(&observed);
            }
        }
        let ask = Ask {
            space: &self.space,
            seed: self.seed,
            decision: DecisionId(self.number.into()),
            budget: self.budget,
        };
        let Decision { proposal, memo } = sampler.propose(&ask).map_err(refused)?;
        Ok(match proposal {
            Proposal::New { point, .. } => {
                (Some(Wish { point: Arc::new(point), slots: Arc::clone(&self.slots) }), memo)
            }
            _ => (None, memo),
        })
    }
}

/// The union of what the trials suggested, and the place of each column in it; `None` where there is nothing yet.
#[allow(clippy::type_complexity, reason = "a space and its slots, used once")]
fn suggested(table: &Table) -> PyResult<Option<(Arc<Space>, Vec<Option<usize>>)>> {
    let mut domains: Vec<(String, Domain)> = Vec::new();
    let mut slots = Vec::with_capacity(table.columns.len());
    for (name, column) in &table.columns {
        let domain = union(column.dists.iter().map(|&i| table.dists[i as usize].domain.as_ref()));
        slots.push(domain.is_some().then_some(domains.len()));
        domains.extend(domain.map(|domain| (name.to_string(), domain)));
    }
    if domains.is_empty() {
        return Ok(None);
    }
    let space = Space::from_domains(domains).map_err(|error| PyValueError::new_err(error.to_string()))?;
    Ok(Some((Arc::new(space), slots)))
}

/// Whether the trial asked for all that it would ask for: one that failed may have done so before.
fn says_all(row: &Row) -> bool {
    matches!(row.state, State::Complete | State::Pruned)
}

/// Which of the parameters come and go together in the trials that have ended.
fn seen(table: &Table, space: &Space, slots: &[Option<usize>]) -> Together {
    let mut together = Together::new(space.parameters().len());
    let mut has = vec![false; space.parameters().len()];
    for row in table.ended.iter().map(|&number| &table.rows[number as usize]).filter(|row| says_all(row)) {
        has.fill(false);
        for param in &row.params {
            if let Some(slot) = slots.get(param.column as usize).copied().flatten() {
                has[slot] = true;
            }
        }
        together.see(|slot| has[slot]);
    }
    together
}

/// The description without what it says of parameters that nobody has asked for: they may come later.
fn within<'a>(spec: &'a SamplerSpec, space: &Space) -> Cow<'a, SamplerSpec> {
    let SamplerSpec::Cmaes(options) = spec else { return Cow::Borrowed(spec) };
    let mut options = options.clone();
    let known = |path: &String| space.index(path).is_some();
    options.start.retain(|path, _| known(path));
    options.promising.iter_mut().for_each(|point| point.retain(|path, _| known(path)));
    Cow::Owned(SamplerSpec::Cmaes(options))
}

fn created(number: u32, point: Arc<Point>, decided: Option<&Option<Json>>) -> Observed {
    let trial = TrialId(number.into());
    let decision = decided.map(|_| DecisionId(number.into()));
    Observed::Created { trial, decision, point, level: None, parent: None, memo: decided.cloned().flatten() }
}

/// How a trial ended, for samplers.
fn outcome(py: Python<'_>, table: &Table, row: &Row) -> Outcome {
    match row.state {
        State::Complete => {
            let values = row.values.iter().enumerate().map(|(i, &v)| table.minimised(i, v)).collect();
            let violations = row.system.as_ref().map(|notes| violations(notes.bind(py))).unwrap_or_default();
            Outcome::Complete { values, violations }
        }
        State::Pruned => {
            let last = row.reports.iter().max_by_key(|(step, _)| *step);
            let value = last.map(|&(_, value)| table.minimised(0, value)).filter(|value| !value.is_nan());
            Outcome::Pruned { step: last.map_or(0, |&(step, _)| step.max(0) as u64), value }
        }
        _ => Outcome::Failed,
    }
}

/// The constraints that a trial's notes hold, as Optuna keeps them.
pub(crate) fn violations(notes: &Bound<'_, PyDict>) -> Vec<f64> {
    let mut found: Vec<f64> = Vec::new();
    for (key, value) in notes.iter() {
        let Ok(key) = key.extract::<String>() else { continue };
        if key == "constraints" {
            found.extend(value.extract::<Vec<f64>>().unwrap_or_default());
        } else if key.starts_with("constraints:") {
            found.extend(value.extract::<f64>());
        }
    }
    found
}

/// One domain that holds the values of all; `None` where a sampler cannot work in one of them.
fn union<'a>(domains: impl Iterator<Item = Option<&'a Domain>>) -> Option<Domain> {
    let mut all: Option<Domain> = None;
    for domain in domains {
        let domain = domain?;
        all = Some(match (all, domain) {
            (None, domain) => domain.clone(),
            (Some(Domain::Float(a)), Domain::Float(b)) if a != *b => {
                Domain::Float(FloatDomain::new(a.low().min(b.low()), a.high().max(b.high()), a.log()).ok()?)
            }
            (Some(Domain::Int(a)), Domain::Int(b)) if a != *b => {
                Domain::Int(IntDomain::new(a.low().min(b.low()), a.high().max(b.high()), a.log()).ok()?)
            }
            (Some(all), _) => all,
        });
    }
    all
}

/// The value of the domain that is nearest.
fn nearest(domain: &Domain, value: &space::Scalar) -> space::Scalar {
    let mut unit = [0.0];
    domain.to_unit(value, &mut unit);
    domain.from_unit(&[unit[0].clamp(0.0, 1.0)])
}

/// What a sampler says that cannot work here.
pub(crate) fn refused(error: SearchError) -> PyErr {
    match error {
        SearchError::Unsuitable(message) => PyValueError::new_err(message),
        other => PyRuntimeError::new_err(other.to_string()),
    }
}
