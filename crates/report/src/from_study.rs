//! From the fold of a study's log to the plain model.

use serde_json::Value as Json;
use space::{Domain, Space};
use study::{Study, Trial};

use crate::view::{Cell, Column, Direction, Kind, Objective, Row, State, View};

impl View {
    /// A study as rows and columns. Without a declared space the columns are what was suggested so far; a
    /// parameter of which only values are known gets its kind from them.
    ///
    /// `folder` and `rerun` are left empty: they are the caller's to say.
    pub fn new(study: &Study, space: Option<&Space>) -> Self {
        let mut view = View::head(study, space);
        view.rows = study.trials().map(|trial| view.row(trial)).collect();
        widen(&mut view);
        view
    }

    /// The same without any row: names, objectives and columns.
    pub fn head(study: &Study, space: Option<&Space>) -> Self {
        let settings = study.settings();
        View {
            name: study.name().to_owned(),
            seed: Some(study.seed()),
            sampler: study.sampler().and_then(sampler_name),
            objectives: settings.objectives.iter().map(objective).collect(),
            constraints: settings.constraints.iter().map(|constraint| constraint.expr.clone()).collect(),
            columns: columns(study, space),
            ..View::default()
        }
    }

    /// One trial as a row of this view.
    pub fn row(&self, trial: Trial<'_>) -> Row {
        let point = trial.point();
        let cell = |column: &Column| {
            point.get(&column.path).map_or(Cell::Inactive, |value| cell(&column.kind, value))
        };
        let reals = |values: &[study::Real]| values.iter().map(|value| value.get()).collect();
        Row {
            number: trial.number().0,
            state: state(trial.state()),
            values: reals(trial.values()),
            violations: reals(trial.violations()),
            metrics: trial.metrics().map(|(name, value)| (name.to_owned(), value.get())).collect(),
            repetitions: trial
                .by_repetition()
                .into_iter()
                .map(|(name, list)| (name.to_owned(), list))
                .collect(),
            cells: self.columns.iter().map(cell).collect(),
            start: trial.started_at(),
            end: trial.ended_at(),
            spells: spells(trial),
            ended: trial.ended_at(),
            seconds: trial.seconds(),
            message: trial.message().map(str::to_owned),
        }
    }
}

/// Runs that follow on each other within this many milliseconds are one spell.
const PAUSE: u64 = 5;

fn spells(trial: Trial<'_>) -> Vec<(u64, Option<u64>)> {
    let mut runs: Vec<(u64, Option<u64>)> =
        trial.runs().map(|run| (run.started_at(), run.ended_at())).collect();
    runs.sort_unstable_by_key(|(from, _)| *from);
    let mut spells: Vec<(u64, Option<u64>)> = Vec::new();
    for (from, until) in runs {
        match spells.last_mut() {
            Some((_, last)) if last.is_none_or(|last| from <= last.saturating_add(PAUSE)) => {
                // What runs on has no end, whatever else ends meanwhile.
                *last = last.zip(until).map(|(last, until)| last.max(until));
            }
            _ => spells.push((from, until)),
        }
    }
    spells
}

fn sampler_name(sampler: &Json) -> Option<String> {
    sampler.as_str().or_else(|| sampler.get("name")?.as_str()).map(str::to_owned)
}

fn objective(objective: &study::Objective) -> Objective {
    let direction = match objective.direction {
        study::Direction::Minimize => Direction::Minimize,
        study::Direction::Maximize => Direction::Maximize,
    };
    Objective { name: objective.title().to_owned(), direction }
}

fn state(state: study::State) -> State {
    match state {
        study::State::Queued => State::Queued,
        study::State::Running => State::Running,
        study::State::Complete => State::Complete,
        study::State::Pruned => State::Pruned,
        study::State::Failed => State::Failed,
    }
}

fn columns(study: &Study, space: Option<&Space>) -> Vec<Column> {
    let declared = space.map(Space::parameters).unwrap_or_default();
    let declared = declared.iter().map(|parameter| (parameter.path.as_str(), &parameter.domain));
    let suggested = study.domains().iter().map(|(path, domain)| (path.as_str(), domain));
    let mut columns: Vec<Column> = Vec::new();
    for (path, domain) in declared.chain(suggested) {
        if columns.iter().all(|column| column.path != path) {
            columns.push(Column { path: path.to_owned(), kind: kind(domain) });
        }
    }
    for path in study.parameter_names() {
        if columns.iter().all(|column| column.path != path) {
            columns.push(Column { path: path.to_owned(), kind: guessed(study, path) });
        }
    }
    columns
}

fn kind(domain: &Domain) -> Kind {
    match domain {
        Domain::Float(float) => Kind::Float { low: float.low(), high: float.high(), log: float.log() },
        Domain::Int(int) => Kind::Int { low: int.low(), high: int.high(), log: int.log() },
        Domain::Choice(choice) => {
            Kind::Choice(choice.options().iter().map(|option| option.label.clone()).collect())
        }
        Domain::Permutation(permutation) => Kind::Permutation(permutation.items().to_vec()),
    }
}

/// The kind of a parameter without a domain: numbers where all its values are, else a choice of them.
fn guessed(study: &Study, path: &str) -> Kind {
    let values: Vec<Json> = study.trials().filter_map(|trial| trial.parameter(path)).collect();
    let numbers: Option<Vec<f64>> = values.iter().map(Json::as_f64).collect();
    match numbers {
        Some(numbers) => {
            let low = numbers.iter().copied().fold(f64::INFINITY, f64::min);
            let high = numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            Kind::Float { low, high, log: false }
        }
        None => {
            let mut labels: Vec<Json> = Vec::new();
            for value in values {
                if !labels.contains(&value) {
                    labels.push(value);
                }
            }
            Kind::Choice(labels)
        }
    }
}

fn cell(kind: &Kind, value: &Json) -> Cell {
    let place =
        |labels: &[Json], value: &Json| labels.iter().position(|label| label == value).map(|i| i as u32);
    let read = match kind {
        Kind::Float { .. } => value.as_f64().map(Cell::Float),
        Kind::Int { .. } => value.as_i64().map(Cell::Int).or_else(|| value.as_f64().map(Cell::Float)),
        Kind::Choice(labels) => place(labels, value).map(Cell::Choice),
        Kind::Permutation(labels) => {
            let order =
                value.as_array().and_then(|items| items.iter().map(|item| place(labels, item)).collect());
            order.map(Cell::Order)
        }
    };
    read.unwrap_or_default()
}

/// Programs may ask for other, compatible ranges later (define-by-run), and people may give points of their own:
/// the range of a column holds all its values.
fn widen(view: &mut View) {
    for (k, column) in view.columns.iter_mut().enumerate() {
        let values = view.rows.iter().filter_map(|row| row.cells.get(k)?.number()).filter(|v| v.is_finite());
        let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(a, b), v| (a.min(v), b.max(v)));
        if low > high {
            continue;
        }
        match &mut column.kind {
            Kind::Float { low: from, high: to, .. } => (*from, *to) = (from.min(low), to.max(high)),
            Kind::Int { low: from, high: to, .. } => {
                (*from, *to) = ((*from).min(low as i64), (*to).max(high as i64))
            }
            Kind::Choice(_) | Kind::Permutation(_) => {}
        }
    }
}
