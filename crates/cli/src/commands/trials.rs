//! `ravine trials`: the trials, filtered and sorted, as a table, JSON or CSV.

use std::cmp::Ordering;
use std::collections::BTreeSet;
use std::io::Write;

use report::{Direction, Kind, Row, View, export};
use space::expr::{Env, Expr, Lookup, Names, Type, Value};

use crate::args::{Format, State, Trials};
use crate::failure::{Exit, Failure};
use crate::opened::{Opened, trial_json};
use crate::term;

/// Prints them.
pub fn run(arguments: &Trials) -> Result<Exit, Failure> {
    let opened = Opened::read(arguments.target.home()?)?;
    let view = opened.view();
    let rows = select(&view, arguments)?;
    let format = if arguments.json { Format::Json } else { arguments.format };
    let mut out = term::out();
    match format {
        Format::Table if rows.is_empty() => writeln!(out, "no such trials")?,
        Format::Table => {
            writeln!(out, "{}", report::terminal::trials(&view, &rows, term::style()).trim_end())?;
        }
        Format::Csv => {
            write!(out, "{}", export::csv_header(&view))?;
            for row in rows {
                write!(out, "{}", export::csv_line(&view, &view.rows[row]))?;
            }
        }
        Format::Json => {
            let trials: Vec<_> = rows
                .into_iter()
                .filter_map(|row| opened.study.trial(study::TrialId(view.rows[row].number)))
                .map(|trial| trial_json(&opened.study, trial))
                .collect();
            return super::json(&trials);
        }
    }
    Ok(Exit::Done)
}

/// The indices of the rows to show, in order.
fn select(view: &View, arguments: &Trials) -> Result<Vec<usize>, Failure> {
    let filter = arguments.filter.as_deref().map(|text| parse(text, view)).transpose()?;
    let mut rows = Vec::new();
    for (index, row) in view.rows.iter().enumerate() {
        let in_state = arguments.state.is_empty() || arguments.state.iter().any(|state| is(*state, row));
        if in_state && filter.as_ref().is_none_or(|filter| holds(filter, view, row)) {
            rows.push(index);
        }
    }
    let key = sort_key(view, &arguments.sort)?;
    rows.sort_by(|a, b| key.order(&view.rows[*a], &view.rows[*b]));
    if arguments.reverse {
        rows.reverse();
    }
    rows.truncate(arguments.limit.unwrap_or(usize::MAX));
    Ok(rows)
}

fn is(state: State, row: &Row) -> bool {
    let word = match state {
        State::Infeasible => return row.is_infeasible(),
        State::Queued => "queued",
        State::Running => "running",
        State::Complete => "complete",
        State::Pruned => "pruned",
        State::Failed => "failed",
    };
    row.state.word() == word
}

fn parse(text: &str, view: &View) -> Result<Expr, Failure> {
    let checked = Expr::parse(text).and_then(|expr| expr.check_bool(&Known(view)).map(|()| expr));
    checked.map_err(|error| {
        let caret =
            format!("{text}\n  {}^", " ".repeat(text[..error.span.start.min(text.len())].chars().count()));
        let failure = Failure::new(Exit::StudyFile, format!("--where: {}\n  {caret}", error.message));
        match error.hint {
            Some(hint) => failure.hint(hint),
            None => failure,
        }
    })
}

/// The names that `--where` knows, in the order in which [`RowNames`] looks.
struct Known<'a>(&'a View);

impl Names for Known<'_> {
    fn type_of(&self, name: &str) -> Option<Type> {
        match name {
            "number" => return Some(Type::Int),
            "state" => return Some(Type::Str),
            _ => {}
        }
        if let Some(column) = self.0.columns.iter().find(|column| column.path == name) {
            return Some(of_kind(&column.kind));
        }
        let elements = self.0.columns.iter().filter(|column| is_element(&column.path, name));
        if let Some(element) = elements.map(|column| of_kind(&column.kind)).reduce(Type::join) {
            return Some(element.list());
        }
        self.known().iter().any(|known| known == name).then_some(Type::Float)
    }

    fn known(&self) -> Vec<String> {
        let fixed = ["number", "value", "seconds", "state"].map(str::to_owned);
        let mut names: BTreeSet<String> = fixed.into_iter().collect();
        for column in &self.0.columns {
            names.insert(column.path.clone());
            // `units` is the list of `units[0]`, `units[1]`, ….
            names.extend(column.path.split_once('[').map(|(list, _)| list.to_owned()));
        }
        names.extend(self.0.objectives.iter().map(|objective| objective.name.clone()));
        names.extend(self.0.rows.iter().flat_map(|row| row.metrics.keys().cloned()));
        names.into_iter().collect()
    }
}

/// Whether a path is that of an element of a list: `units[0]` of `units`.
fn is_element(path: &str, list: &str) -> bool {
    path.strip_prefix(list).is_some_and(|rest| rest.starts_with('[') && rest.ends_with(']'))
}

fn of_kind(kind: &Kind) -> Type {
    match kind {
        Kind::Float { .. } => Type::Float,
        Kind::Int { .. } => Type::Int,
        Kind::Choice(labels) => of_labels(labels),
        Kind::Permutation(labels) => of_labels(labels).list(),
    }
}

fn of_labels(labels: &[serde_json::Value]) -> Type {
    let of = |label| match Value::from_json(label) {
        Some(Value::Bool(_)) => Type::Bool,
        Some(Value::Int(_)) => Type::Int,
        Some(Value::Float(_)) => Type::Float,
        Some(Value::Str(_)) => Type::Str,
        Some(Value::List(_)) | None => Type::Any,
    };
    labels.iter().map(of).reduce(Type::join).unwrap_or(Type::Any)
}

/// A trial that lacks a name of the expression is not among those for which it holds.
fn holds(filter: &Expr, view: &View, row: &Row) -> bool {
    filter.eval_bool(&RowNames { view, row }).unwrap_or(false)
}

/// What `--where` can name in one trial: parameters, metrics, objectives, `number`, `value`, `seconds`, `state`.
struct RowNames<'a> {
    view: &'a View,
    row: &'a Row,
}

impl Env for RowNames<'_> {
    fn get(&self, name: &str) -> Lookup {
        let value = match name {
            "number" => i64::try_from(self.row.number).ok().map(Value::Int),
            "state" => Some(Value::Str(self.row.state.word().into())),
            _ => self.parameter(name).or_else(|| number(self.view, self.row, name).map(Value::Float)),
        };
        value.map_or(Lookup::Inactive, Lookup::Value)
    }
}

impl RowNames<'_> {
    /// A parameter's value; of a list (`units`) all its elements.
    fn parameter(&self, name: &str) -> Option<Value> {
        let cells = self.view.columns.iter().zip(&self.row.cells);
        let mut list = Vec::new();
        for (column, cell) in cells {
            let is_element = is_element(&column.path, name);
            if column.path == name || is_element {
                let value = column.kind.raw(cell).and_then(|raw| Value::from_json(&raw));
                if !is_element {
                    return value;
                }
                list.extend(value);
            }
        }
        (!list.is_empty()).then_some(Value::List(list))
    }
}

/// A number of a trial by name, other than its parameters'.
fn number(view: &View, row: &Row, name: &str) -> Option<f64> {
    match name {
        "value" => row.values.first().copied(),
        "seconds" => row.took(),
        _ => {
            let objective = view.objectives.iter().position(|objective| objective.name == name);
            let value = objective.and_then(|index| row.values.get(index)).copied();
            value.or_else(|| row.metrics.get(name).copied())
        }
    }
}

/// What trials are ordered by.
enum SortKey<'a> {
    Number,
    Column(usize),
    /// An objective, the better first and what breaks a constraint last.
    Objective(usize, Direction),
    /// Another number, the smaller first.
    Named(&'a View, String),
}

fn sort_key<'a>(view: &'a View, name: &str) -> Result<SortKey<'a>, Failure> {
    if name == "number" {
        return Ok(SortKey::Number);
    }
    let column = |name: &str| view.columns.iter().position(|column| column.path == name);
    let plain = plain(name);
    if let Some(index) = column(name).or_else(|| column(&plain)) {
        return Ok(SortKey::Column(index));
    }
    let is_meant =
        |objective: &report::Objective| objective.name == name || self::plain(&objective.name) == plain;
    let objective = match name {
        "value" => (!view.objectives.is_empty()).then_some(0),
        _ => view.objectives.iter().position(is_meant),
    };
    if let Some(index) = objective {
        return Ok(SortKey::Objective(index, view.objectives[index].direction));
    }
    let is_metric = |name: &str| view.rows.iter().any(|row| row.metrics.contains_key(name));
    if name == "seconds" || is_metric(name) {
        return Ok(SortKey::Named(view, name.to_owned()));
    }
    if is_metric(&plain) {
        return Ok(SortKey::Named(view, plain));
    }
    let columns = view.columns.iter().map(|column| column.path.as_str());
    let metrics = view.rows.iter().flat_map(|row| row.metrics.keys().map(String::as_str));
    let nearest = space::nearest(name, columns.chain(metrics).chain(["number", "value", "seconds"]));
    let failure = Failure::new(Exit::Usage, format!("--sort: there is no column `{name}`"));
    Err(match nearest {
        Some(nearest) => failure.hint(format!("did you mean `{nearest}`?")),
        None => failure.hint("sort by number, value, seconds, a parameter or a metric"),
    })
}

/// `val/acc` for `metric['val/acc']`: the name without the form that an expression needs.
fn plain(name: &str) -> String {
    let expr = Expr::parse(name).ok();
    expr.as_ref().and_then(Expr::as_name).unwrap_or(name).to_owned()
}

impl SortKey<'_> {
    /// Trials without the value come last.
    fn order(&self, a: &Row, b: &Row) -> Ordering {
        let order = match self {
            SortKey::Number => Ordering::Equal,
            SortKey::Column(index) => {
                let cell = |row: &Row| row.cells.get(*index).and_then(report::Cell::number);
                smaller_first(cell(a), cell(b))
            }
            SortKey::Objective(index, direction) => {
                let cost = |row: &Row| row.values.get(*index).map(|value| direction.cost(*value));
                let group = |row: &Row| (cost(row).is_none_or(f64::is_nan), row.is_infeasible());
                group(a).cmp(&group(b)).then_with(|| smaller_first(cost(a), cost(b)))
            }
            SortKey::Named(view, name) => smaller_first(number(view, a, name), number(view, b, name)),
        };
        order.then(a.number.cmp(&b.number))
    }
}

fn smaller_first(a: Option<f64>, b: Option<f64>) -> Ordering {
    match (a.filter(|a| !a.is_nan()), b.filter(|b| !b.is_nan())) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}
