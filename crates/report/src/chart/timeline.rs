//! When trials ran: a bar for each, by slot; where they are too many for bars, how many ran at a time.

use std::collections::BTreeSet;

use super::{Chart, Size};
use crate::format;
use crate::plot::axis::{self, Area};
use crate::plot::scale::Scale;
use crate::plot::svg::{Path, Svg};
use crate::summary::{Span, best};
use crate::view::{State, View};

/// From this many trials or slots on, the number of running trials is drawn instead of bars.
const BARS: usize = 1_500;
const SLOTS: usize = 48;

/// Draws the timeline; its height follows the number of slots, only the width of `size` counts where bars are
/// drawn. `None` where no trial started.
pub fn timeline(view: &View, size: Size) -> Option<Chart> {
    let span = Span::new(view)?;
    let bars = bars(view, &span);
    let slots = bars.iter().map(|bar| bar.slot + 1).max()?;
    let across = |left: f64| Scale::time(span.seconds(), (left, size.width - 12.0));
    let (body, height, title, notes) = if bars.len() <= BARS && slots <= SLOTS {
        let (body, height) = gantt(view, &bars, slots, across(44.0), size.width);
        let key = "The best is in the accent colour, pruned ones are pale, failed ones orange.";
        (body, height, "Trials over time", vec![key.to_owned()])
    } else {
        (running(&bars, across(44.0), size), size.height, "Trials running at a time", Vec::new())
    };
    let used = bars.iter().map(|bar| bar.end - bar.start).sum::<f64>();
    let share = if span.seconds() > 0.0 { 100.0 * used / (span.seconds() * slots as f64) } else { 100.0 };
    Some(Chart {
        file: "timeline".into(),
        title: title.into(),
        about: format!(
            "{} trials in {} on at most {slots} at a time; the slots were busy for {:.0} % of it.",
            format::count(bars.iter().map(|bar| bar.row).collect::<BTreeSet<_>>().len()),
            format::duration(span.seconds()),
            share.min(100.0)
        ),
        notes,
        size: Size { width: size.width, height },
        named: false,
        body,
    })
}

/// A spell of a trial, in seconds from the first start, and the row of the drawing that it is in.
struct Bar {
    row: usize,
    start: f64,
    end: f64,
    slot: usize,
}

/// Gives each spell the first slot that is free when it starts.
fn bars(view: &View, span: &Span) -> Vec<Bar> {
    let seconds = |ms: u64| ms.saturating_sub(span.first) as f64 / 1000.0;
    let mut order: Vec<(u64, u64, usize)> = view
        .rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.state != State::Queued)
        .flat_map(|(i, row)| {
            let whole = row.start.filter(|_| row.spells.is_empty()).map(|start| (start, row.end));
            let spells = row.spells.iter().copied().chain(whole);
            spells.map(move |(start, end)| (start, end.unwrap_or(span.last), i))
        })
        .collect();
    order.sort_unstable();
    let mut free: Vec<u64> = Vec::new();
    order
        .into_iter()
        .map(|(start, end, row)| {
            let slot = free.iter().position(|&until| until <= start).unwrap_or(free.len());
            if slot == free.len() {
                free.push(end);
            } else {
                free[slot] = end;
            }
            Bar { row, start: seconds(start), end: seconds(end.max(start)), slot }
        })
        .collect()
}

fn gantt(view: &View, bars: &[Bar], slots: usize, across: Scale, width: f64) -> (String, f64) {
    let pitch = if slots <= 12 { 20.0 } else { 12.0 };
    let thick = pitch - 5.0;
    let height = 8.0 + pitch * slots as f64 + 30.0;
    let area = Area { left: 44.0, top: 8.0, right: width - 12.0, bottom: height - 26.0 };
    let chosen: Vec<usize> = best(view);
    let mut svg = Svg::new();
    let every = (14.0 / pitch).ceil() as usize;
    for slot in (0..slots).step_by(every) {
        let y = area.top + pitch * slot as f64 + thick / 2.0 + 4.0;
        svg.label((area.left - 10.0, y), "end small", &format!("{}", slot + 1));
    }
    svg.group("slot");
    for bar in bars {
        let row = &view.rows[bar.row];
        let (from, to) = (across.at(bar.start), across.at(bar.end));
        let class = match row.state {
            _ if chosen.contains(&bar.row) => "s-best",
            State::Pruned => "s-pruned",
            State::Failed => "s-failed",
            State::Running => "s-running",
            State::Complete | State::Queued => "",
        };
        // Neighbours stay apart by a hairline where there is room for one.
        let wide = (to - from - 1.0).max(1.0);
        svg.tag("rect")
            .attr("class", class)
            .num("x", from)
            .num("y", area.top + pitch * bar.slot as f64)
            .num("width", wide)
            .num("height", thick)
            .num("rx", if wide > 5.0 { 2.0 } else { 0.0 })
            .int("data-t", row.number)
            .empty();
    }
    svg.close();
    axis::bottom(&mut svg, &area, &across, (area.width() / 110.0) as usize);
    (svg.finish(), height)
}

/// How many trials were running, as a step line sampled once a pixel by its highest value there.
fn running(bars: &[Bar], across: Scale, size: Size) -> String {
    let mut changes: Vec<(f64, i32)> = bars.iter().flat_map(|bar| [(bar.start, 1), (bar.end, -1)]).collect();
    changes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
    let (left, right) = across.range();
    let mut columns = vec![0i32; (right - left) as usize + 1];
    let (mut now, mut column) = (0, 0);
    for (second, change) in changes {
        let next = ((across.at(second) - left) as usize).min(columns.len() - 1);
        while column < next {
            column += 1;
            columns[column] = now;
        }
        now += change;
        columns[column] = columns[column].max(now);
    }
    let most = columns.iter().copied().max().unwrap_or(1).max(1);
    let area = Area { left, top: 12.0, right, bottom: size.height - 26.0 };
    let up = Scale::linear((0.0, f64::from(most)), (area.bottom, area.top)).whole();
    let mut svg = Svg::new();
    axis::left(&mut svg, &area, &up, 3);
    let mut path = Path::new();
    path.to(left, area.bottom);
    let mut level = -1;
    for (x, &count) in columns.iter().enumerate() {
        if count != level {
            path.across(left + x as f64);
            path.along(up.at(f64::from(count)));
            level = count;
        }
    }
    path.across(right);
    path.along(area.bottom);
    path.close();
    svg.tag("path").attr("class", "area").attr("d", path.as_str()).empty();
    axis::bottom(&mut svg, &area, &across, (area.width() / 110.0) as usize);
    svg.finish()
}
