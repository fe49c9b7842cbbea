//! Tables of trials.

use comfy_table::{Cell as Field, CellAlignment, ColumnConstraint, ContentArrangement, Table};

use super::{Look, Style, safe};
use crate::format;
use crate::plot::text;
use crate::summary;
use crate::view::{Cell, Kind, Row, State, View};

/// The most characters of one field.
const FIELD: usize = 28;
/// The most metrics beside the objectives that are shown of one trial.
const METRICS: usize = 8;
/// Between two columns.
const GAP: usize = 2;

/// A table of some of the rows, by their indices, in that order: number, state, values, time, parameters. Parameters
/// that none of them has are left out; so are, from the end, those that have no room, and the last line says how many.
pub fn trials(view: &View, rows: &[usize], style: Style) -> String {
    let rows: Vec<&Row> = rows.iter().filter_map(|&i| view.rows.get(i)).collect();
    if rows.is_empty() {
        return "no trials\n".to_owned();
    }
    let columns = Columns::new(view, &rows);
    let fields = rows.iter().map(|row| columns.fields(view, row));
    let mut table = plain(std::iter::once(columns.names.clone()).chain(fields), style);
    for (k, right) in columns.right.iter().enumerate() {
        if let Some(column) = table.column_mut(k).filter(|_| *right) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
    let hidden = columns.hide(&mut table, style.width);
    let best = summary::best(view);
    let best: Vec<u64> = best.into_iter().map(|i| view.rows[i].number).collect();
    let mut out = String::new();
    for (k, line) in table.lines().enumerate() {
        let line = line.trim_end();
        let look = match k.checked_sub(1).and_then(|k| rows.get(k)) {
            None => Some(Look::Strong),
            Some(row) if best.contains(&row.number) => Some(Look::Accent),
            Some(row) if row.state == State::Failed => Some(Look::Bad),
            Some(row) if row.state == State::Pruned || row.is_infeasible() => Some(Look::Dim),
            Some(_) => None,
        };
        out.push_str(&look.map_or_else(|| line.to_owned(), |look| style.paint(look, line)));
        out.push('\n');
    }
    if hidden > 0 {
        let dots = if style.ascii { "..." } else { "…" };
        let word = if hidden == 1 { "parameter has" } else { "parameters have" };
        out.push_str(&style.paint(Look::Dim, &format!("{dots} {hidden} more {word} no room here")));
        out.push('\n');
    }
    out
}

/// The best trial in full, one metric or parameter a line; of several objectives the Pareto front, and with `most` above 1 the
/// best so many, as a table.
pub fn best(view: &View, most: Option<usize>, style: Style) -> String {
    let several = view.objectives.len() > 1;
    let rows = match several {
        true => summary::best(view),
        false => summary::ranked(view, 0),
    };
    let most = most.unwrap_or(if several { usize::MAX } else { 1 });
    let rows: Vec<usize> = rows.into_iter().take(most).collect();
    // A value without end ranks nowhere, and is still the best there is.
    let any = || view.rows.iter().position(|row| row.state == State::Complete);
    let rows = if rows.is_empty() { any().into_iter().collect() } else { rows };
    match rows.as_slice() {
        [] => "no complete trial yet\n".to_owned(),
        [only] if !several => single(view, &view.rows[*only], style),
        rows => trials(view, rows, style),
    }
}

/// What was sought, what else the program told, then the configuration, one a line.
fn single(view: &View, row: &Row, style: Style) -> String {
    let values = view.objectives.iter().zip(&row.values);
    let mut pairs: Vec<[String; 2]> =
        values.map(|(objective, value)| [objective.name.clone(), format::number(*value)]).collect();
    let sought = pairs.len();
    let others = view.other_metrics(row);
    pairs.extend(others.clone().take(METRICS).map(|(name, value)| [name.to_owned(), format::number(value)]));
    let told = pairs.len();
    for (k, column) in view.columns.iter().enumerate() {
        if row.cells.get(k).is_some_and(|cell| *cell != Cell::Inactive) {
            pairs.push([column.path.clone(), view.shown(row, k)]);
        }
    }
    let table = plain(pairs.into_iter().map(Vec::from), style);
    let took = row.took().map(|s| format!(", {}", format::duration(s))).unwrap_or_default();
    let mut out = format!("trial {}{took}\n", row.number);
    if row.violation() > 0.0 {
        out.push_str(&style.paint(Look::Bad, "no trial meets the constraints; this one comes nearest"));
        out.push('\n');
    }
    for (k, line) in table.lines().enumerate() {
        if k == told && told > sought {
            out.push_str(&left_out(others.clone().count().saturating_sub(METRICS), style));
            out.push('\n');
        }
        let line = line.trim_end();
        out.push_str("  ");
        out.push_str(&if k < sought { style.paint(Look::Accent, line) } else { line.to_owned() });
        out.push('\n');
    }
    out
}

/// A line that says how many metrics are not shown, where there are such.
fn left_out(metrics: usize, style: Style) -> String {
    let dots = if style.ascii { "..." } else { "…" };
    match metrics {
        0 => String::new(),
        1 => format!("  {}\n", style.paint(Look::Dim, &format!("{dots} 1 more metric"))),
        n => format!("  {}\n", style.paint(Look::Dim, &format!("{dots} {n} more metrics"))),
    }
}

/// A table without lines, two spaces between columns, one line a row.
fn plain(rows: impl Iterator<Item = Vec<String>>, style: Style) -> Table {
    let mut table = Table::new();
    table.load_style(comfy_table::presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
    for row in rows {
        table.add_row(row.iter().map(|field| Field::new(cut(&safe(field, style), style))));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, GAP as u16));
    }
    table
}

/// A field of at most [`FIELD`] characters' room.
fn cut(field: &str, style: Style) -> String {
    let room = FIELD as f64 * 0.6;
    let short = text::fit_middle(field, 1.0, room);
    if style.ascii { short.replace('…', "~") } else { short.into_owned() }
}

struct Columns {
    names: Vec<String>,
    right: Vec<bool>,
    /// Which of them are parameters.
    parameters: std::ops::Range<usize>,
    /// Where these parameters are in the view.
    columns: Vec<usize>,
}

impl Columns {
    fn new(view: &View, rows: &[&Row]) -> Self {
        let mut names = vec!["#".to_owned(), "state".to_owned()];
        let mut right = vec![true, false];
        names.extend(view.objectives.iter().map(|objective| objective.name.clone()));
        right.resize(names.len(), true);
        // Time comes before the parameters: it must not be what has no room.
        names.push("time".to_owned());
        right.push(true);
        let first = names.len();
        let is_there =
            |k: &usize| rows.iter().any(|row| row.cells.get(*k).is_some_and(|c| *c != Cell::Inactive));
        let columns: Vec<usize> = (0..view.columns.len()).filter(is_there).collect();
        for column in columns.iter().map(|&k| &view.columns[k]) {
            names.push(column.path.clone());
            right.push(matches!(column.kind, Kind::Float { .. } | Kind::Int { .. }));
        }
        Columns { parameters: first..names.len(), names, right, columns }
    }

    fn fields(&self, view: &View, row: &Row) -> Vec<String> {
        let state = if row.is_infeasible() { "infeasible" } else { row.state.word() };
        let mut fields = vec![row.number.to_string(), state.to_owned()];
        fields.extend(
            (0..view.objectives.len())
                .map(|k| row.values.get(k).map_or_else(String::new, |v| format::number(*v))),
        );
        fields.push(row.took().map_or_else(String::new, format::duration));
        fields.extend(self.columns.iter().map(|&k| view.shown(row, k)));
        fields
    }

    /// Hides the parameters that do not fit; returns how many.
    fn hide(&self, table: &mut Table, width: usize) -> usize {
        if width == 0 {
            return 0;
        }
        let widths: Vec<usize> =
            table.column_max_content_widths().iter().map(|&width| usize::from(width) + GAP).collect();
        let mut used: usize = widths[..self.parameters.start].iter().sum();
        let mut hidden = 0;
        for k in self.parameters.clone() {
            used += widths[k];
            if used > width + GAP {
                hidden += 1;
                if let Some(column) = table.column_mut(k) {
                    column.set_constraint(ColumnConstraint::Hidden);
                }
            }
        }
        hidden
    }
}
