//! Two objectives against each other, and the Pareto front.

use super::values::Values;
use super::{Chart, Size, dot, sample};
use crate::plot::axis::{self, Area};
use crate::plot::svg::{Path, Svg};
use crate::plot::text;
use crate::summary::{front, knee};
use crate::view::{Direction, State, View};

/// Draws objective `x` against objective `y` with the front of all objectives. `None` where no trial has both values.
pub fn pareto(view: &View, (x, y): (usize, usize), size: Size, budget: usize) -> Option<Chart> {
    let (name_x, name_y) = (&view.objectives.get(x)?.name, &view.objectives.get(y)?.name);
    let (values_x, values_y) = (Values::new(view, x)?, Values::new(view, y)?);
    let mut area = Area { left: 0.0, top: 26.0, right: size.width - 16.0, bottom: size.height - 42.0 };
    let down = values_y.scale((area.bottom, area.top));
    area.left = axis::left_margin(&down, 5);
    let across = values_x.scale((area.left, area.right));
    let mut svg = Svg::new();
    let arrow = |k: usize| {
        if view.objectives[k].direction == Direction::Minimize { "less is better" } else { "more is better" }
    };
    svg.label((0.0, 12.0), "strong", &text::fit(&format!("{name_y} ({})", arrow(y)), axis::SIZE, size.width));
    axis::left(&mut svg, &area, &down, 5);
    axis::bottom(&mut svg, &area, &across, (area.width() / 110.0) as usize);
    let label = format!("{name_x} ({})", arrow(x));
    svg.label((area.right, area.bottom + 34.0), "end strong", &text::fit(&label, axis::SIZE, size.width));

    let best = front(view);
    let place = |row: &crate::view::Row| {
        let (a, b) = (row.value(x)?, row.value(y)?);
        (across.holds(a) && down.holds(b)).then(|| (across.at(a), down.at(b)))
    };
    let picked = sample::pick(view, x, budget, budget / 20);
    for (class, state) in [("pruned", State::Pruned), ("ok", State::Complete)] {
        svg.group(class);
        for row in picked.iter().map(|&i| &view.rows[i]).filter(|row| row.state == state) {
            if let Some(at) = place(row) {
                dot(&mut svg, at, 2.9, row.number);
            }
        }
        svg.close();
    }
    let shown: Vec<(usize, (f64, f64))> =
        best.iter().filter_map(|&i| Some((i, place(&view.rows[i])?))).collect();
    if view.objectives.len() == 2 {
        staircase(&mut svg, shown.iter().map(|&(_, at)| at), view.objectives[x].direction);
    }
    svg.group("best");
    for &(i, at) in shown.iter().take(budget) {
        dot(&mut svg, at, 4.6, view.rows[i].number);
    }
    svg.close();
    let bend = knee(view);
    if let Some(at) = bend.and_then(|i| place(&view.rows[i])) {
        svg.tag("circle").num("cx", at.0).num("cy", at.1).num("r", 8.0).attr("class", "knee").empty();
    }
    let knee = bend.map_or_else(String::new, |i| format!(" The knee is trial {}.", view.rows[i].number));
    Some(Chart {
        file: format!("pareto-{}-{}", x + 1, y + 1),
        title: format!("{name_x} against {name_y}"),
        about: about(view, &best) + &knee,
        notes: sample::note(picked.len(), sample::drawable(view, x)).into_iter().collect(),
        size,
        named: false,
        body: svg.finish(),
    })
}

fn about(view: &View, front: &[usize]) -> String {
    let all = view.rows.len();
    match front {
        [first, ..] if view.rows[*first].is_infeasible() => {
            format!("None of {all} trials meets the constraints; the strong dots come nearest.")
        }
        [_] => format!("1 of {all} trials is the Pareto front."),
        front => format!("{} of {all} trials are on the Pareto front.", front.len()),
    }
}

/// The border of what is dominated: between two neighbours of the front it runs through their worse corner.
fn staircase(svg: &mut Svg, points: impl Iterator<Item = (f64, f64)>, first: Direction) {
    let mut points: Vec<(f64, f64)> = points.collect();
    points.sort_by(|a, b| a.0.total_cmp(&b.0));
    if first == Direction::Maximize {
        points.reverse();
    }
    let Some(&(x, y)) = points.first() else { return };
    let mut path = Path::new();
    path.to(x, y);
    for (x, y) in &points[1..] {
        path.across(*x);
        path.along(*y);
    }
    svg.tag("path").attr("class", "so-far").attr("d", path.as_str()).empty();
}
