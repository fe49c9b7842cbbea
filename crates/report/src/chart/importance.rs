//! Parameter importance as bars.

use super::{Chart, Size, history};
use crate::importance::Importances;
use crate::plot::axis::SIZE;
use crate::plot::svg::Svg;
use crate::plot::text;
use crate::view::View;

/// The most parameters that get a bar.
const MOST: usize = 20;
const PITCH: f64 = 27.0;

/// Draws importances; the height follows the number of bars. `None` where there are none.
pub fn importance(view: &View, objective: usize, found: &Importances, size: Size) -> Option<Chart> {
    let first = found.parts.first()?;
    let name = &view.objectives.get(objective)?.name;
    let parts = &found.parts[..found.parts.len().min(MOST)];
    let path = |column: usize| view.columns[column].path.as_str();
    let widest = parts.iter().map(|part| text::width(path(part.column), SIZE)).fold(0.0, f64::max);
    let (left, right) = ((widest + 16.0).min(size.width * 0.42), size.width - 48.0);
    let mut svg = Svg::new();
    for (i, part) in parts.iter().enumerate() {
        let middle = PITCH * (i as f64 + 0.5);
        let label = text::fit_middle(path(part.column), SIZE, left - 14.0);
        svg.label((left - 12.0, middle + 4.0), if part.clear { "end strong" } else { "end" }, &label);
        let mut rect = |class: &str, share: f64| {
            svg.tag("rect")
                .attr("class", class)
                .num("x", left)
                .num("y", middle - 4.0)
                .num("width", (right - left) * share)
                .num("height", 8.0)
                .num("rx", 4.0)
                .empty();
        };
        rect("track", 1.0);
        if part.share > 0.004 {
            rect(if part.clear { "bar" } else { "faint" }, part.share.max(0.015));
        }
        svg.label(
            (size.width, middle + 4.0),
            if part.clear { "end strong" } else { "end" },
            &percent(part.share),
        );
    }
    let mut notes = Vec::new();
    if found.parts.len() > MOST {
        notes.push(format!("{} parameters of less weight are left out.", found.parts.len() - MOST));
    }
    Some(Chart {
        file: history::file("importance", objective),
        title: format!("Importance for {name}"),
        about: format!("Most of it has {}, {}.", path(first.column), percent(first.share)),
        notes,
        size: Size { width: size.width, height: PITCH * parts.len() as f64 + 4.0 },
        named: false,
        body: svg.finish(),
    })
}

/// A share as whole percents.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}
