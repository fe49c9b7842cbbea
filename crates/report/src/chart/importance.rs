//! Parameter importance as bars: for being among the best, and for the variance over the whole space.

use super::{Chart, Size, history};
use crate::importance::{Importance, Importances};
use crate::plot::axis::SIZE;
use crate::plot::svg::Svg;
use crate::plot::text;
use crate::view::View;

/// The most parameters that get a bar.
const MOST: usize = 20;
const PITCH: f64 = 27.0;
/// What explains less is shown pale.
const SMALL: f64 = 0.02;

/// One bar.
struct Bar {
    label: String,
    share: f64,
    /// Whether it is to be taken seriously.
    clear: bool,
}

/// Draws what each parameter does for being among the best; the height follows the number of bars. `None` where there
/// is nothing.
pub fn importance(view: &View, objective: usize, found: &Importances, size: Size) -> Option<Chart> {
    let first = found.parts.first()?;
    let name = &view.objectives.get(objective)?.name;
    let path = |column: usize| view.columns[column].path.as_str();
    let bar =
        |part: &Importance| Bar { label: path(part.column).to_owned(), share: part.share, clear: part.clear };
    let bars: Vec<Bar> = found.parts.iter().take(MOST).map(bar).collect();
    Some(Chart {
        file: history::file("importance", objective),
        title: format!("Importance for {name}"),
        about: format!("Most of it has {}, {}.", path(first.column), percent(first.share)),
        notes: left_out(found.parts.len()).into_iter().collect(),
        ..drawn(&bars, size)
    })
}

/// Draws what parameters, and pairs of them, explain of the variance over the whole space, the largest first. `None` where
/// nothing does.
pub fn explained(view: &View, objective: usize, found: &Importances, size: Size) -> Option<Chart> {
    let name = &view.objectives.get(objective)?.name;
    let path = |column: usize| view.columns[column].path.as_str();
    let alone = found.parts.iter().map(|part| Bar {
        label: path(part.column).to_owned(),
        share: part.explains,
        clear: part.explains >= SMALL,
    });
    let together = found.pairs.iter().map(|pair| Bar {
        label: format!("{} × {}", path(pair.columns.0), path(pair.columns.1)),
        share: pair.share,
        clear: pair.share >= SMALL,
    });
    let mut bars: Vec<Bar> = alone.chain(together).collect();
    bars.sort_by(|a, b| b.share.total_cmp(&a.share).then_with(|| a.label.cmp(&b.label)));
    let count = bars.len();
    bars.truncate(MOST);
    let first = bars.first().filter(|first| first.share > 0.0)?;
    Some(Chart {
        file: history::file("variance", objective),
        title: format!("What explains {name}"),
        about: format!("Most of it {}, {}.", first.label, percent(first.share)),
        notes: left_out(count).into_iter().collect(),
        ..drawn(&bars, size)
    })
}

fn left_out(count: usize) -> Option<String> {
    (count > MOST).then(|| format!("{} of less weight are left out.", count - MOST))
}

fn drawn(bars: &[Bar], size: Size) -> Chart {
    let widest = bars.iter().map(|bar| text::width(&bar.label, SIZE)).fold(0.0, f64::max);
    let (left, right) = ((widest + 16.0).min(size.width * 0.42), size.width - 48.0);
    let mut svg = Svg::new();
    for (i, bar) in bars.iter().enumerate() {
        let middle = PITCH * (i as f64 + 0.5);
        let class = if bar.clear { "end strong" } else { "end" };
        let label = text::fit_middle(&bar.label, SIZE, left - 14.0);
        svg.label((left - 12.0, middle + 4.0), class, &label);
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
        if bar.share > 0.004 {
            rect(if bar.clear { "bar" } else { "faint" }, bar.share.clamp(0.015, 1.0));
        }
        svg.label((size.width, middle + 4.0), class, &percent(bar.share));
    }
    Chart {
        file: String::new(),
        title: String::new(),
        about: String::new(),
        notes: Vec::new(),
        size: Size { width: size.width, height: PITCH * bars.len() as f64 + 4.0 },
        named: false,
        body: svg.finish(),
    }
}

/// A share as whole percents.
pub(super) fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}
