//! The plain model that everything in this crate reads: one study as columns and rows.
//!
//! Charts, tables and exports never look at events or at the fold. They read a [`View`], which a caller may
//! also fill by hand: a table of trials from anywhere can be drawn.

use indexmap::IndexMap;
use serde_json::Value as Json;

/// A study, as a reader sees it.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The study's name.
    pub name: String,
    /// The seed that the search was drawn from.
    pub seed: Option<u64>,
    /// The name of the search strategy.
    pub sampler: Option<String>,
    /// Where the study's files lie, as shown to a person.
    pub folder: Option<String>,
    /// The command that runs the best configuration again.
    pub rerun: Option<String>,
    /// What is sought; several make a Pareto search.
    pub objectives: Vec<Objective>,
    /// The outcome constraints, as written; `Row::violations` has one number for each.
    pub constraints: Vec<String>,
    /// What was varied, in the order of the study file.
    pub columns: Vec<Column>,
    /// All trials, in the order of their numbers.
    pub rows: Vec<Row>,
}

/// One objective.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Objective {
    /// The metric's name or the expression.
    pub name: String,
    /// Which way is better.
    pub direction: Direction,
}

/// Which way is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// Smaller is better.
    Minimize,
    /// Larger is better.
    Maximize,
}

impl Direction {
    /// `value` in the sense where smaller is better.
    pub fn cost(self, value: f64) -> f64 {
        match self {
            Direction::Minimize => value,
            Direction::Maximize => -value,
        }
    }

    /// The study file's word.
    pub fn word(self) -> &'static str {
        match self {
            Direction::Minimize => "minimize",
            Direction::Maximize => "maximize",
        }
    }
}

/// One parameter.
#[derive(Clone, Debug, PartialEq)]
pub struct Column {
    /// Its path: `lr`, `optimizer.adam.beta1`, `units[0]`.
    pub path: String,
    /// What values it takes.
    pub kind: Kind,
}

/// What values a parameter takes.
#[derive(Clone, Debug, PartialEq)]
pub enum Kind {
    /// A number between two ends, both inclusive.
    Float {
        /// Lower end.
        low: f64,
        /// Upper end.
        high: f64,
        /// Searched by its logarithm.
        log: bool,
    },
    /// A whole number between two ends, both inclusive.
    Int {
        /// Lower end.
        low: i64,
        /// Upper end.
        high: i64,
        /// Searched by its logarithm.
        log: bool,
    },
    /// One of a list; the labels are numbers, strings or booleans.
    Choice(Vec<Json>),
    /// An order of a list of labels.
    Permutation(Vec<Json>),
}

impl Kind {
    /// Whether it is drawn on a numeric axis.
    pub fn is_numeric(&self) -> bool {
        matches!(self, Kind::Float { .. } | Kind::Int { .. })
    }

    /// The raw value of a cell as the study's records write it; `None` where inactive or not of this kind.
    pub fn raw(&self, cell: &Cell) -> Option<Json> {
        match (self, cell) {
            (Kind::Float { .. } | Kind::Int { .. }, Cell::Float(value)) => Some(float(*value)),
            (Kind::Float { .. } | Kind::Int { .. }, Cell::Int(value)) => Some(Json::from(*value)),
            (Kind::Choice(labels), Cell::Choice(index)) => labels.get(*index as usize).cloned(),
            (Kind::Permutation(labels), Cell::Order(order)) => order
                .iter()
                .map(|&index| labels.get(index as usize).cloned())
                .collect::<Option<_>>()
                .map(Json::Array),
            _ => None,
        }
    }
}

/// A float parameter's value keeps its point (`2.0`), so that readers with types see a float, as in the log.
fn float(value: f64) -> Json {
    serde_json::Number::from_f64(value).map_or_else(|| crate::format::real(value), Json::Number)
}

/// What one trial has for one parameter.
#[derive(Clone, Debug, PartialEq, Default)]
pub enum Cell {
    /// Nothing: its condition does not hold in this trial.
    #[default]
    Inactive,
    /// A number.
    Float(f64),
    /// A whole number.
    Int(i64),
    /// The index of an option.
    Choice(u32),
    /// The indices of the labels, in their order.
    Order(Box<[u32]>),
}

impl Cell {
    /// The position on an axis: the number, or the index of the option.
    pub fn number(&self) -> Option<f64> {
        match self {
            Cell::Float(value) => Some(*value),
            Cell::Int(value) => Some(*value as f64),
            Cell::Choice(index) => Some(f64::from(*index)),
            Cell::Inactive | Cell::Order(_) => None,
        }
    }
}

/// What became of a trial.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Decided, not started.
    Queued,
    /// On its way.
    Running,
    /// Ended with values.
    Complete,
    /// Stopped early by the pruner.
    Pruned,
    /// Ended without usable values.
    Failed,
}

impl State {
    /// All states, in the order in which they are listed to people.
    pub const ALL: [State; 5] =
        [State::Complete, State::Pruned, State::Failed, State::Running, State::Queued];

    /// The word that records, tables and pages use.
    pub fn word(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Running => "running",
            State::Complete => "complete",
            State::Pruned => "pruned",
            State::Failed => "failed",
        }
    }

    /// Whether nothing more will happen to the trial.
    pub fn is_finished(self) -> bool {
        matches!(self, State::Complete | State::Pruned | State::Failed)
    }
}

/// One trial.
#[derive(Clone, Debug)]
pub struct Row {
    /// Its number, from 0.
    pub number: u64,
    /// What became of it.
    pub state: State,
    /// One for each objective, as measured; empty where there are none. A pruned trial may have its last ones.
    pub values: Vec<f64>,
    /// One for each constraint: at most 0 is feasible. Empty where unknown.
    pub violations: Vec<f64>,
    /// Other numbers that the program told.
    pub metrics: IndexMap<String, f64>,
    /// The same for each repetition by itself, in their order; empty for trials of one.
    pub repetitions: IndexMap<String, Vec<f64>>,
    /// One for each column.
    pub cells: Vec<Cell>,
    /// When its first run started, milliseconds of Unix time.
    pub start: Option<u64>,
    /// When it ended, milliseconds of Unix time.
    pub end: Option<u64>,
    /// When runs of it were under way, from and until, the last one perhaps open: a trial that was promoted rested in between.
    /// Empty where that is not known.
    pub spells: Vec<(u64, Option<u64>)>,
    /// The place of its ending among all endings; rows of exports are in this order. Ties go by number.
    pub ended: Option<u64>,
    /// Time its runs took, in seconds; may differ from `end − start` where it waited in between.
    pub seconds: Option<f64>,
    /// Why it failed, in words.
    pub message: Option<String>,
}

impl Row {
    /// A row with a number, a state and cells, and nothing else.
    pub fn new(number: u64, state: State, cells: Vec<Cell>) -> Self {
        Row {
            number,
            state,
            values: Vec::new(),
            violations: Vec::new(),
            metrics: IndexMap::new(),
            repetitions: IndexMap::new(),
            cells,
            start: None,
            end: None,
            spells: Vec::new(),
            ended: None,
            seconds: None,
            message: None,
        }
    }

    /// The value of an objective where it is a finite number.
    pub fn value(&self, objective: usize) -> Option<f64> {
        self.values.get(objective).copied().filter(|value| value.is_finite())
    }

    /// The sum of the broken constraints' violations; 0 is feasible.
    pub fn violation(&self) -> f64 {
        self.violations.iter().map(|&v| if v.is_nan() { f64::INFINITY } else { v.max(0.0) }).sum()
    }

    /// Whether it has values and breaks a constraint.
    pub fn is_infeasible(&self) -> bool {
        self.state == State::Complete && self.violation() > 0.0
    }

    /// The seconds it took: as recorded, else from start to end.
    pub fn took(&self) -> Option<f64> {
        self.seconds.or_else(|| Some(self.end?.saturating_sub(self.start?) as f64 / 1000.0))
    }
}

impl View {
    /// The column's value in a row, as a person reads it; an inactive one is an en dash.
    pub fn shown(&self, row: &Row, column: usize) -> String {
        let kind = self.columns.get(column).map(|c| &c.kind);
        let raw = kind.zip(row.cells.get(column)).and_then(|(kind, cell)| kind.raw(cell));
        raw.map_or_else(|| "–".to_owned(), |raw| crate::format::json(&raw))
    }

    /// What the program told of a trial beside the objectives' values, in the order in which it told it.
    pub fn other_metrics<'a>(&'a self, row: &'a Row) -> impl Iterator<Item = (&'a str, f64)> + Clone {
        let is_objective = |name: &str| self.objectives.iter().any(|objective| objective.name == name);
        row.metrics
            .iter()
            .filter(move |(name, _)| !is_objective(name))
            .map(|(name, value)| (name.as_str(), *value))
    }

    /// The configuration as `path → value`, active parameters only.
    pub fn raw_params(&self, row: &Row) -> serde_json::Map<String, Json> {
        let pairs = self.columns.iter().zip(&row.cells);
        pairs.filter_map(|(column, cell)| Some((column.path.clone(), column.kind.raw(cell)?))).collect()
    }
}
