//! The optimisation history: every trial's value in order, and the best so far.

use super::values::Values;
use super::{Chart, Size, beyond, cross, diamond, dot, sample};
use crate::format;
use crate::plot::axis::{self, Area};
use crate::plot::scale::Scale;
use crate::plot::svg::{Path, Svg};
use crate::plot::text;
use crate::summary::improvements;
use crate::view::{Row, State, View};

/// Draws the history of one objective; at most `budget` dots. `None` where no trial is finished.
pub fn history(view: &View, objective: usize, size: Size, budget: usize) -> Option<Chart> {
    let name = view.objectives.get(objective)?.name.clone();
    if !view.rows.iter().any(|row| row.state.is_finished()) {
        return None;
    }
    let values = Values::new(view, objective);
    // With nothing but failures there is only their lane.
    let size = if values.is_some() { size } else { Size { height: 104.0, ..size } };
    let lane = view.rows.iter().any(|row| is_valueless(row, objective));
    let vertical = |area: &Area| values.map(|values| values.scale((area.bottom, area.top)));
    let mut area = Area {
        left: 56.0,
        top: 26.0,
        right: size.width - 12.0,
        bottom: size.height - 42.0 - if lane { 20.0 } else { 0.0 },
    };
    if let Some(scale) = vertical(&area) {
        area.left = axis::left_margin(&scale, 5);
    }
    let last = view.rows.last().map_or(1, |row| row.number).max(1);
    let across = Scale::linear((0.0, last as f64), (area.left + 6.0, area.right - 6.0)).whole();
    let mut drawing = Drawing { view, objective, area, across, svg: Svg::new() };
    drawing.svg.label((0.0, 12.0), "strong", &text::fit(&name, axis::SIZE, size.width));
    let mut notes = Vec::new();
    if let (Some(scale), Some(values)) = (vertical(&area), values) {
        axis::left(&mut drawing.svg, &area, &scale, 5);
        notes.extend(drawing.marks(&scale, budget));
        drawing.best_so_far(&scale);
        notes.extend(values.note());
        notes.extend(infeasible_note(view, objective));
    }
    drawing.valueless(lane);
    drawing.bottom(lane);
    Some(Chart {
        file: file("history", objective),
        title: format!("History of {name}"),
        about: about(view, objective),
        notes,
        size,
        named: false,
        body: drawing.svg.finish(),
    })
}

/// `history`, `history-2`, …
pub(super) fn file(stem: &str, objective: usize) -> String {
    if objective == 0 { stem.to_owned() } else { format!("{stem}-{}", objective + 1) }
}

fn is_valueless(row: &Row, objective: usize) -> bool {
    row.state.is_finished() && row.value(objective).is_none()
}

fn about(view: &View, objective: usize) -> String {
    let steps = improvements(view, objective);
    match steps.last() {
        None => "No trial has a usable value yet.".into(),
        Some(&(row, value)) => format!(
            "{} trials; the best value, {}, came with trial {} after {} improvements.",
            format::count(view.rows.len()),
            format::number(value),
            view.rows[row].number,
            steps.len() - 1,
        ),
    }
}

/// What the diamonds mean, where there are any: they may lie beyond the line.
fn infeasible_note(view: &View, objective: usize) -> Option<String> {
    let is_drawn = |row: &&Row| row.is_infeasible() && row.value(objective).is_some();
    match view.rows.iter().filter(is_drawn).count() {
        0 => None,
        1 => Some(
            "1 trial breaks a constraint (hollow diamond) and does not count for the best so far.".into(),
        ),
        n => Some(format!(
            "{} trials break a constraint (hollow diamonds) and do not count for the best so far.",
            format::count(n)
        )),
    }
}

struct Drawing<'a> {
    view: &'a View,
    objective: usize,
    area: Area,
    across: Scale,
    svg: Svg,
}

impl Drawing<'_> {
    /// The dots, state by state; returns the note where some were left out.
    fn marks(&mut self, scale: &Scale, budget: usize) -> Option<String> {
        let picked = sample::pick(self.view, self.objective, budget, budget / 20);
        let radius = if picked.len() > 400 { 2.0 } else { 2.9 };
        let infeasible = |row: &Row| row.violation() > 0.0;
        type Group = (&'static str, fn(&Row, bool) -> bool);
        let groups: [Group; 3] = [
            ("pruned", |row, _| row.state == State::Pruned),
            ("far", |row, bad| row.state == State::Complete && bad),
            ("ok", |row, bad| row.state == State::Complete && !bad),
        ];
        let mut cut = Vec::new();
        for (class, belongs) in groups {
            self.svg.group(class);
            for row in picked.iter().map(|&i| &self.view.rows[i]).filter(|row| belongs(row, infeasible(row)))
            {
                let Some(value) = row.value(self.objective) else { continue };
                let x = self.across.at(row.number as f64);
                if scale.holds(value) && class == "far" {
                    diamond(&mut self.svg, (x, scale.at(value)), radius, row.number);
                } else if scale.holds(value) {
                    dot(&mut self.svg, (x, scale.at(value)), radius, row.number);
                } else {
                    cut.push((x, value > scale.domain().1, row.number));
                }
            }
            self.svg.close();
        }
        self.svg.group("cut");
        for (x, up, number) in cut {
            let y = if up { self.area.top + 2.0 } else { self.area.bottom - 2.0 };
            beyond(&mut self.svg, (x, y), up, number);
        }
        self.svg.close();
        sample::note(picked.len(), sample::drawable(self.view, self.objective))
    }

    /// The staircase, and the best value with its name.
    fn best_so_far(&mut self, scale: &Scale) {
        let steps = improvements(self.view, self.objective);
        let (Some(&(first, start)), Some(&(last, value))) = (steps.first(), steps.last()) else { return };
        let number = |row: usize| self.view.rows[row].number;
        let mut path = Path::new();
        let place = |v: f64| scale.at(v).clamp(self.area.top, self.area.bottom);
        let mut pen = (self.across.at(number(first) as f64), place(start));
        path.to(pen.0, pen.1);
        for &(row, value) in &steps[1..] {
            let next = (self.across.at(number(row) as f64), place(value));
            // Steps too small to see are left out; the last one never is.
            if (next.0 - pen.0).abs() < 0.3 && (next.1 - pen.1).abs() < 0.3 && row != last {
                continue;
            }
            path.across(next.0);
            path.along(next.1);
            pen = next;
        }
        path.across(self.area.right - 6.0);
        self.svg.tag("path").attr("class", "so-far").attr("d", path.as_str()).empty();
        let (x, y) = (self.across.at(number(last) as f64), place(value));
        self.svg.group("best");
        dot(&mut self.svg, (x, y), 5.0, number(last));
        self.svg.close();
        let label = format::number(value);
        let half = text::width(&label, axis::SIZE) / 2.0;
        let x = x.clamp(self.area.left + half, self.area.right - half);
        let down = self.view.objectives[self.objective].direction.cost(1.0) > 0.0;
        let y = if down { (y + 20.0).min(self.area.bottom + 4.0) } else { y - 11.0 };
        self.svg.label((x, y), "mid lit halo-text", &label);
    }

    /// The lane of trials without a value, at most one cross in six pixels.
    fn valueless(&mut self, lane: bool) {
        if !lane {
            return;
        }
        let y = self.area.bottom + 14.0;
        self.svg.group("failed");
        let mut free = f64::NEG_INFINITY;
        for row in self.view.rows.iter().filter(|row| is_valueless(row, self.objective)) {
            let x = self.across.at(row.number as f64);
            if x - free >= 6.0 {
                cross(&mut self.svg, (x, y), row.number);
                free = x;
            }
        }
        self.svg.close();
    }

    fn bottom(&mut self, lane: bool) {
        let mut area = self.area;
        area.bottom += if lane { 24.0 } else { 4.0 };
        axis::bottom(&mut self.svg, &area, &self.across, (area.width() / 110.0) as usize);
        self.svg.label((area.right, area.bottom + 34.0), "end small", "trial");
    }
}
