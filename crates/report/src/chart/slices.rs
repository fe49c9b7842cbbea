//! One small chart for each parameter: its value against the objective.

use std::collections::HashSet;

use super::values::Values;
use super::{Chart, Size, beyond, diamond, dot, history, importance::percent, sample};
use search::importance::Piece;

use crate::importance::Importances;
use crate::plot::axis::{self, Area};
use crate::plot::scale::{Bands, Scale};
use crate::plot::svg::{Path, Svg};
use crate::plot::text;
use crate::summary::ranked;
use crate::view::{Cell, Kind, Row, State, View};

/// The most slices that are drawn.
const MOST: usize = 36;

/// One slice for each parameter that some trial has, the most important first where that is
/// known, at most 36; each with at most `budget` dots.
pub fn slices(
    view: &View,
    objective: usize,
    found: Option<&Importances>,
    size: Size,
    budget: usize,
) -> Vec<Chart> {
    let Some(shared) = Shared::new(view, objective, budget) else { return Vec::new() };
    let parts = || found.iter().flat_map(|found| &found.parts);
    let ranks: Vec<usize> = parts().map(|part| part.column).collect();
    let rest = (0..view.columns.len()).filter(|column| !ranks.contains(column));
    let share = |column| parts().find(|part| part.column == column && part.clear).map(|part| part.share);
    let order = ranks.iter().copied().chain(rest);
    let along = |column: usize| found.and_then(|found| found.dependence.get(column)?.as_deref());
    order.filter_map(|column| shared.draw(column, (share(column), along(column)), size)).take(MOST).collect()
}

/// The slice of one parameter; that of a permutation shows which item comes first. `None` where no trial has both it
/// and a value.
pub fn slice(view: &View, objective: usize, column: usize, size: Size, budget: usize) -> Option<Chart> {
    Shared::new(view, objective, budget)?.draw(column, (None, None), size)
}

/// The horizontal direction of a slice.
enum Across {
    Number(Scale),
    Option(Bands, Vec<String>),
}

impl Across {
    fn new(kind: &Kind, area: &Area) -> Option<Self> {
        let inner = (area.left + 5.0, area.right - 5.0);
        match kind {
            Kind::Float { low, high, log } => Some(Across::Number(numeric((*low, *high), *log, inner))),
            Kind::Int { low, high, log } => {
                Some(Across::Number(numeric((*low as f64, *high as f64), *log, inner).whole()))
            }
            Kind::Choice(labels) | Kind::Permutation(labels) => {
                let labels: Vec<String> = labels.iter().map(crate::format::json).collect();
                Some(Across::Option(Bands::new(labels.len(), (area.left, area.right)), labels))
            }
        }
    }

    fn at(&self, row: &Row, column: usize) -> Option<f64> {
        let value = place(row.cells.get(column)?)?;
        match self {
            Across::Number(scale) => Some(scale.at(value)),
            Across::Option(bands, _) => {
                Some(bands.middle(value) + sample::jitter(row.number) * (bands.size() * 0.5).min(36.0))
            }
        }
    }
}

/// The number on the horizontal axis: that of a value, of an option, or of a permutation's first item.
fn place(cell: &Cell) -> Option<f64> {
    match cell {
        Cell::Order(order) => order.first().map(|item| f64::from(*item)),
        other => other.number(),
    }
}

fn numeric(domain: (f64, f64), log: bool, range: (f64, f64)) -> Scale {
    if log { Scale::log(domain, range) } else { Scale::linear(domain, range) }
}

/// What all slices of an objective have in common.
struct Shared<'a> {
    view: &'a View,
    objective: usize,
    values: Values,
    /// The rows that are drawn.
    picked: Vec<usize>,
    /// The numbers of the best tenth of all trials.
    top: HashSet<u64>,
    winner: Option<usize>,
}

impl<'a> Shared<'a> {
    fn new(view: &'a View, objective: usize, budget: usize) -> Option<Self> {
        let order = ranked(view, objective);
        Some(Shared {
            view,
            objective,
            values: Values::new(view, objective)?,
            picked: sample::pick(view, objective, budget, budget / 20),
            top: order.iter().take(order.len().div_ceil(10)).map(|&i| view.rows[i].number).collect(),
            winner: order.first().copied(),
        })
    }

    /// `share` and `along` are what is known of the parameter.
    fn draw(
        &self,
        column: usize,
        (share, along): (Option<f64>, Option<&[Piece]>),
        size: Size,
    ) -> Option<Chart> {
        let described = self.view.columns.get(column)?;
        let mut area = Area { left: 0.0, top: 30.0, right: size.width - 4.0, bottom: size.height - 26.0 };
        let down = self.values.scale((area.bottom - 4.0, area.top));
        area.left = axis::left_margin(&down, 4);
        let across = Across::new(&described.kind, &area)?;
        let rows = self.picked.iter().map(|&i| &self.view.rows[i]);
        let rows: Vec<&Row> = rows.filter(|row| across.at(row, column).is_some()).collect();
        if rows.is_empty() {
            return None;
        }
        let mut svg = Svg::new();
        let room = size.width - if share.is_some() { 48.0 } else { 0.0 };
        let name = match described.kind {
            Kind::Permutation(_) => format!("{}: first item", described.path),
            _ => described.path.clone(),
        };
        svg.label((0.0, 13.0), "name", &text::fit_middle(&name, 13.0, room));
        if let Some(share) = share {
            svg.label((size.width - 4.0, 13.0), "end", &percent(share));
        }
        axis::left(&mut svg, &area, &down, 4);
        match &across {
            Across::Number(scale) => axis::bottom(&mut svg, &area, scale, (area.width() / 52.0) as usize),
            Across::Option(bands, labels) => axis::categories(&mut svg, &area, bands, labels),
        }
        if let (Across::Number(scale), Some(pieces)) = (&across, along) {
            band(&mut svg, pieces, scale, &down);
        }
        self.dots(&mut svg, column, &rows, &across, &down);
        if let (Across::Number(scale), Some(pieces)) = (&across, along) {
            mean(&mut svg, pieces, scale, &down);
        }
        if let Across::Option(bands, labels) = &across {
            medians(&mut svg, self.view, (self.objective, column), bands, labels.len(), &down);
        }
        Some(Chart {
            file: format!("{}-{}", history::file("slice", self.objective), stem(&described.path)),
            title: described.path.clone(),
            about: format!("{} against {}.", described.path, self.view.objectives[self.objective].name),
            notes: self.inactive(column).into_iter().collect(),
            size,
            named: true,
            body: svg.finish(),
        })
    }

    /// The dots: the best tenth of all trials in the accent colour, on top.
    fn dots(&self, svg: &mut Svg, column: usize, rows: &[&Row], across: &Across, down: &Scale) {
        let radius = if rows.len() > 300 { 1.9 } else { 2.5 };
        let is_top = |row: &Row| self.top.contains(&row.number);
        type Group<'a> = (&'a str, &'a dyn Fn(&Row) -> bool);
        let groups: [Group; 4] = [
            ("pruned", &|row| row.state == State::Pruned),
            ("far", &|row| row.is_infeasible() && !is_top(row)),
            ("ok", &|row| row.state == State::Complete && !row.is_infeasible() && !is_top(row)),
            ("top", &|row| row.state == State::Complete && is_top(row)),
        ];
        let mut cut = Vec::new();
        for (class, belongs) in groups {
            svg.group(class);
            for row in rows.iter().filter(|row| belongs(row)) {
                let (Some(x), Some(value)) = (across.at(row, column), row.value(self.objective)) else {
                    continue;
                };
                if down.holds(value) && class == "far" {
                    diamond(svg, (x, down.at(value)), radius, row.number);
                } else if down.holds(value) {
                    dot(svg, (x, down.at(value)), radius, row.number);
                } else {
                    cut.push((x, value > down.domain().1, row.number));
                }
            }
            svg.close();
        }
        svg.group("cut");
        for (x, up, number) in cut {
            beyond(svg, (x, if up { down.range().1 } else { down.range().0 }), up, number);
        }
        svg.close();
        if let Some(winner) = self.winner.map(|i| &self.view.rows[i])
            && let (Some(x), Some(value)) = (across.at(winner, column), winner.value(self.objective))
            && down.holds(value)
        {
            svg.tag("circle")
                .attr("class", "halo")
                .num("cx", x)
                .num("cy", down.at(value))
                .num("r", 6.0)
                .empty();
        }
    }

    fn inactive(&self, column: usize) -> Option<String> {
        let rows = &self.view.rows;
        let without = rows
            .iter()
            .filter(|row| row.cells.get(column).is_none_or(|cell| *cell == Cell::Inactive))
            .count();
        let all = crate::format::count(rows.len());
        (without > 0).then(|| format!("Not active in {} of {all} trials.", crate::format::count(without)))
    }
}

/// Where the mean over all other parameters lies, one standard deviation to either side; cut off at the axis's ends.
fn band(svg: &mut Svg, pieces: &[Piece], across: &Scale, down: &Scale) {
    let Some(first) = pieces.first() else { return };
    let edge = |piece: &Piece, sign: f64| cut(down, piece.mean + sign * piece.deviation);
    let mut path = Path::new();
    path.to(across.at(first.from), edge(first, 1.0));
    for piece in pieces {
        path.along(edge(piece, 1.0));
        path.across(across.at(piece.to));
    }
    for piece in pieces.iter().rev() {
        path.along(edge(piece, -1.0));
        path.across(across.at(piece.from));
    }
    path.close();
    svg.tag("path").attr("class", "band").attr("d", path.as_str()).empty();
}

/// The mean itself.
fn mean(svg: &mut Svg, pieces: &[Piece], across: &Scale, down: &Scale) {
    let Some(first) = pieces.first() else { return };
    let mut path = Path::new();
    path.to(across.at(first.from), cut(down, first.mean));
    for piece in pieces {
        path.along(cut(down, piece.mean));
        path.across(across.at(piece.to));
    }
    svg.tag("path").attr("class", "mean").attr("d", path.as_str()).empty();
}

/// The height of a value, or of the axis's end that it lies beyond.
fn cut(down: &Scale, value: f64) -> f64 {
    let (low, high) = down.domain();
    down.at(value.clamp(low.min(high), high.max(low)))
}

/// A short line at the median of each option's complete trials.
fn medians(
    svg: &mut Svg,
    view: &View,
    (objective, column): (usize, usize),
    bands: &Bands,
    options: usize,
    down: &Scale,
) {
    let mut values: Vec<Vec<f64>> = vec![Vec::new(); options];
    for row in view.rows.iter().filter(|row| row.state == State::Complete) {
        let option = row.cells.get(column).and_then(place);
        if let (Some(option), Some(value)) = (option, row.value(objective))
            && let Some(list) = values.get_mut(option as usize)
        {
            list.push(value);
        }
    }
    svg.group("median");
    for (option, list) in values.iter_mut().enumerate() {
        list.sort_by(f64::total_cmp);
        let Some(&median) = list.get(list.len() / 2).filter(|&&median| list.len() >= 3 && down.holds(median))
        else {
            continue;
        };
        let (x, half) = (bands.middle(option as f64), (bands.size() * 0.36).min(24.0));
        svg.line((x - half, down.at(median)), (x + half, down.at(median)));
    }
    svg.close();
}

/// A path as a part of a file's name: letters, digits and dots stay, all else becomes `_`.
fn stem(path: &str) -> String {
    path.chars()
        .map(|c| if c.is_ascii_alphanumeric() || c == '.' || c == '-' { c } else { '_' })
        .take(80)
        .collect()
}
