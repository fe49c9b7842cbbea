//! Parallel coordinates: a line for each trial through its parameters to its value.

use super::values::Values;
use super::{Chart, Size, history, sample};
use crate::format;
use crate::importance::Importances;
use crate::plot::axis::SIZE;
use crate::plot::scale::{Bands, Scale};
use crate::plot::svg::{Path, Svg};
use crate::plot::text;
use crate::summary::ranked;
use crate::view::{Cell, Kind, Row, State, View};

/// The most parameters that get an axis.
const MOST: usize = 11;
const TOP: f64 = 44.0;

/// Draws at most `budget` complete trials, coloured by rank, the best on top. `None` where there are fewer than two
/// trials or no parameters.
pub fn parallel(
    view: &View,
    objective: usize,
    found: Option<&Importances>,
    size: Size,
    budget: usize,
) -> Option<Chart> {
    let values = Values::new(view, objective)?;
    let (columns, left_out) = chosen(view, found);
    let rows: Vec<usize> = sample::pick(view, objective, budget, budget / 4)
        .into_iter()
        .filter(|&i| view.rows[i].state == State::Complete)
        .collect();
    if columns.is_empty() || rows.len() < 2 {
        return None;
    }
    let bottom = size.height - 34.0;
    let mut axes: Vec<Axis> = columns.iter().map(|&column| Axis::parameter(view, column, bottom)).collect();
    axes.push(Axis::objective(&view.objectives[objective].name, values.scale((bottom, TOP))));
    let pitch = (size.width - 110.0) / (axes.len() - 1).max(1) as f64;
    let x = |k: usize| 40.0 + pitch * k as f64;
    let mut svg = Svg::new();
    lines(&mut svg, view, objective, &rows, &axes, &x);
    for (k, axis) in axes.iter().enumerate() {
        axis.draw(&mut svg, x(k), pitch, bottom);
    }
    let mut notes: Vec<String> = Vec::new();
    notes.extend(sample::note(
        rows.len(),
        view.rows.iter().filter(|row| row.state == State::Complete && row.value(objective).is_some()).count(),
    ));
    if left_out > 0 {
        notes.push(format!("{left_out} parameters of less weight are left out."));
    }
    Some(Chart {
        file: history::file("parallel", objective),
        title: format!("All parameters to {}", view.objectives[objective].name),
        about: format!(
            "{} trials through {} parameters; the best ones are the strongest lines.",
            rows.len(),
            columns.len()
        ),
        notes,
        size,
        named: false,
        body: svg.finish(),
    })
}

/// The columns with an axis, in the study's order: the most important ones where they are too many.
fn chosen(view: &View, found: Option<&Importances>) -> (Vec<usize>, usize) {
    let weight = |column: usize| {
        let parts = found.iter().flat_map(|found| &found.parts);
        parts.filter(|part| part.column == column).map(|part| part.share).sum::<f64>()
    };
    let used = |column: &usize| {
        !matches!(view.columns[*column].kind, Kind::Permutation(_))
            && view.rows.iter().any(|row| row.cells.get(*column).is_some_and(|cell| *cell != Cell::Inactive))
    };
    let mut columns: Vec<usize> = (0..view.columns.len()).filter(used).collect();
    let all = columns.len();
    columns.sort_by(|&a, &b| weight(b).total_cmp(&weight(a)).then(a.cmp(&b)));
    columns.truncate(MOST);
    columns.sort_unstable();
    (columns, all - all.min(MOST))
}

struct Axis {
    name: String,
    column: Option<usize>,
    place: Place,
    inactive: bool,
}

enum Place {
    Number(Scale),
    Option(Bands, Vec<String>),
}

impl Axis {
    fn parameter(view: &View, column: usize, bottom: f64) -> Self {
        let described = &view.columns[column];
        let inactive =
            view.rows.iter().any(|row| row.cells.get(column).is_none_or(|cell| *cell == Cell::Inactive));
        let range = (bottom, TOP);
        let numeric = |low, high, log| {
            if log { Scale::log((low, high), range) } else { Scale::linear((low, high), range) }
        };
        let place = match &described.kind {
            Kind::Float { low, high, log } => Place::Number(numeric(*low, *high, *log)),
            Kind::Int { low, high, log } => Place::Number(numeric(*low as f64, *high as f64, *log).whole()),
            Kind::Choice(labels) | Kind::Permutation(labels) => {
                Place::Option(Bands::new(labels.len(), range), labels.iter().map(format::json).collect())
            }
        };
        Axis { name: described.path.clone(), column: Some(column), place, inactive }
    }

    fn objective(name: &str, scale: Scale) -> Self {
        Axis { name: name.into(), column: None, place: Place::Number(scale), inactive: false }
    }

    /// Where a trial crosses; below the axis where the parameter is inactive.
    fn at(&self, row: &Row, objective: usize, bottom: f64) -> f64 {
        let value = match self.column {
            Some(column) => row.cells.get(column).and_then(Cell::number),
            None => row.value(objective),
        };
        match (&self.place, value) {
            (_, None) => bottom + 18.0,
            (Place::Number(scale), Some(value)) => scale.at(value).clamp(TOP, bottom),
            (Place::Option(bands, _), Some(value)) => {
                bands.middle(value) + sample::jitter(row.number) * (bands.size() * 0.4).min(22.0)
            }
        }
    }

    fn draw(&self, svg: &mut Svg, x: f64, pitch: f64, bottom: f64) {
        svg.tag("g").attr("class", "axis coord").num("data-x", x).attr("data-name", &self.name).open();
        svg.line((x, TOP), (x, bottom));
        if self.inactive {
            svg.line((x - 3.0, bottom + 18.0), (x + 3.0, bottom + 18.0));
        }
        svg.close();
        let name = text::fit_end(&self.name, SIZE, pitch - 8.0);
        svg.label((x, 18.0), if self.column.is_none() { "mid lit" } else { "mid strong" }, &name);
        let mut tick = |y: f64, label: &str| {
            let shown = text::fit(label, 10.5, pitch - 16.0);
            svg.tag("text").num("x", x + 5.0).num("y", y + 3.5).attr("class", "small halo-text").text(&shown);
        };
        match &self.place {
            Place::Number(scale) => {
                for mark in scale.ticks(4).iter().filter(|mark| !mark.label.is_empty()) {
                    tick(scale.at(mark.value), &mark.label);
                }
            }
            Place::Option(bands, labels) => {
                let every = (13.0 / bands.size()).ceil().max(1.0) as usize;
                for (i, label) in labels.iter().enumerate().step_by(every) {
                    tick(bands.middle(i as f64), label);
                }
            }
        }
    }
}

/// The lines, worst first; `data-y` holds the crossings for the page's brush.
fn lines(
    svg: &mut Svg,
    view: &View,
    objective: usize,
    rows: &[usize],
    axes: &[Axis],
    x: &dyn Fn(usize) -> f64,
) {
    let bottom = match axes.last().map(|axis| &axis.place) {
        Some(Place::Number(scale)) => scale.range().0,
        _ => return,
    };
    let rank: Vec<usize> =
        ranked(view, objective).into_iter().filter(|i| rows.binary_search(i).is_ok()).collect();
    svg.group("lines");
    for (place, &i) in rank.iter().enumerate().rev() {
        let row = &view.rows[i];
        let class = match (place, place * 100 / rank.len()) {
            (0, _) => "win",
            (_, 0..10) => "q0",
            (_, 10..25) => "q1",
            (_, 25..50) => "q2",
            (_, 50..75) => "q3",
            _ => "q4",
        };
        let crossings: Vec<f64> = axes.iter().map(|axis| axis.at(row, objective, bottom)).collect();
        let mut path = Path::new();
        path.to(x(0), crossings[0]);
        for (k, pair) in crossings.windows(2).enumerate() {
            let third = (x(k + 1) - x(k)) * 0.4;
            path.curve((x(k) + third, pair[0]), (x(k + 1) - third, pair[1]), (x(k + 1), pair[1]));
        }
        let list = crossings.iter().map(|y| format!("{y:.0}")).collect::<Vec<_>>().join(",");
        svg.tag("path")
            .attr("class", class)
            .attr("d", path.as_str())
            .attr("data-y", &list)
            .int("data-t", row.number)
            .empty();
    }
    svg.close();
}
