//! How much of the objective space was dominated, over the trials.

use super::{Chart, Size};
use crate::format;
use crate::plot::axis::{self, Area};
use crate::plot::scale::Scale;
use crate::plot::svg::{Path, Svg};
use crate::summary::hypervolumes;
use crate::view::View;

/// Draws the hypervolume of the front over the trials. `None` for one objective, more than four, or a front without extent.
pub fn hypervolume(view: &View, size: Size) -> Option<Chart> {
    let steps = hypervolumes(view);
    let (&(last, most), &(first, least)) = (steps.last()?, steps.first()?);
    let mut area = Area { left: 0.0, top: 26.0, right: size.width - 12.0, bottom: size.height - 42.0 };
    let up = Scale::linear((0.0, most.max(1e-9)), (area.bottom, area.top));
    area.left = axis::left_margin(&up, 4);
    let end = view.rows.last().map_or(1, |row| row.number).max(1);
    let across = Scale::linear((0.0, end as f64), (area.left + 6.0, area.right - 6.0)).whole();
    let mut svg = Svg::new();
    svg.label((0.0, 12.0), "strong", "hypervolume");
    axis::left(&mut svg, &area, &up, 4);
    axis::bottom(&mut svg, &area, &across, (area.width() / 110.0) as usize);
    svg.label((area.right, area.bottom + 34.0), "end small", "trial");
    let place = |row: usize| across.at(view.rows[row].number as f64);
    let mut path = Path::new();
    path.to(place(first), up.at(0.0));
    path.along(up.at(least));
    let mut pen = (place(first), up.at(least));
    for &(row, share) in &steps[1..] {
        let next = (place(row), up.at(share));
        // Steps too small to see are left out; the last one never is.
        if (next.0 - pen.0).abs() < 0.3 && (next.1 - pen.1).abs() < 0.3 && row != last {
            continue;
        }
        path.across(next.0);
        path.along(next.1);
        pen = next;
    }
    path.across(area.right - 6.0);
    svg.tag("path").attr("class", "so-far").attr("d", path.as_str()).empty();
    Some(Chart {
        file: "hypervolume".into(),
        title: "Hypervolume".into(),
        about: format!(
            "The share of the space between the front's best and worst values that trials dominated: {} after trial {}.",
            format::number(most),
            view.rows[last].number
        ),
        notes: Vec::new(),
        size,
        named: false,
        body: svg.finish(),
    })
}
