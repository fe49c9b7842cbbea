//! The top of the page: what was found, how to get it again, and the study in numbers.

use crate::format;
use crate::plot::svg::escape;
use crate::summary::{Counts, Span, best};
use crate::view::{Cell, Row, View};

/// The most metrics beside the objective that are shown of the best trial.
const METRICS: usize = 8;

/// Two slopes and a stream.
pub(super) const LOGO: &str =
    "<svg viewBox=\"0 0 20 20\" aria-hidden=\"true\"><path d=\"M2 4l6 11h4L18 4\"/></svg>";

pub(super) fn html(view: &View) -> String {
    let best = best(view);
    let found = match (best.as_slice(), view.objectives.len()) {
        ([], _) => nothing(view),
        ([only], 0 | 1) => single(view, &view.rows[*only]),
        (front, _) => several(view, front),
    };
    format!("<h1>{}</h1>{found}{}", escape(&view.name), numbers(view))
}

fn nothing(view: &View) -> String {
    let counts = Counts::new(view);
    let word = match (counts.finished(), counts.failed) {
        (0, _) => "No trial has finished yet.".to_owned(),
        (all, failed) if all == failed => {
            let message = view.rows.iter().rev().find_map(|row| row.message.as_deref());
            let said = message
                .map(|m| format!(" The last one says: <code>{}</code>", escape(m)))
                .unwrap_or_default();
            format!("All {} finished trials failed.{said}", format::count(all))
        }
        _ => "No trial is complete with a usable value yet.".to_owned(),
    };
    format!("<div class=\"hero\"><p class=\"none\">{word}</p></div>")
}

fn single(view: &View, row: &Row) -> String {
    let objective = view.objectives.first();
    let name = objective.map_or("value", |o| o.name.as_str());
    let way = objective.map_or("", |o| o.direction.word());
    let value = row.values.first().copied().unwrap_or(f64::NAN);
    let broken = if row.is_infeasible() {
        "<p class=\"warn\">No trial meets the constraints; this one comes nearest.</p>"
    } else {
        ""
    };
    format!(
        "<div class=\"hero\"><div class=\"won\"><p class=\"label\">Best {name} <span>{way}</span></p>\
         <p class=\"big\" title=\"{exact}\">{value}</p><p class=\"from\">trial {number}{took}</p>{broken}{told}{rerun}</div>\
         <div class=\"config\"><p class=\"label\">Best configuration</p>{config}</div></div>",
        name = escape(name),
        exact = format::exact(value),
        value = escape(&format::number(value).replace('-', "−")),
        number = row.number,
        took = row.took().map(|s| format!(" · took {}", format::duration(s))).unwrap_or_default(),
        told = told(view, row),
        rerun = rerun(view),
        config = configuration(view, row),
    )
}

/// What else the program measured in the best trial: a test error that took no part in the search, a size, a speed.
fn told(view: &View, row: &Row) -> String {
    let items: String = view
        .other_metrics(row)
        .take(METRICS)
        .map(|(name, value)| {
            format!(
                "<div><dt>{}</dt><dd>{}</dd></div>",
                escape(name),
                escape(&format::number(value).replace('-', "−"))
            )
        })
        .collect();
    if items.is_empty() { items } else { format!("<dl class=\"told\">{items}</dl>") }
}

fn rerun(view: &View) -> String {
    view.rerun.as_ref().map_or_else(String::new, |command| {
        format!(
            "<div class=\"rerun\"><p class=\"label\">Run it again</p><div class=\"code\"><code id=\"again\">{}</code>\
             <button type=\"button\" data-copy=\"again\" hidden>Copy</button></div></div>",
            escape(command)
        )
    })
}

fn configuration(view: &View, row: &Row) -> String {
    let items: String = view
        .columns
        .iter()
        .enumerate()
        .filter(|(k, _)| row.cells.get(*k).is_some_and(|cell| *cell != Cell::Inactive))
        .map(|(k, column)| {
            format!("<div><dt>{}</dt><dd>{}</dd></div>", escape(&column.path), escape(&view.shown(row, k)))
        })
        .collect();
    if items.is_empty() {
        "<p class=\"quiet\">No parameters.</p>".into()
    } else {
        format!("<dl>{items}</dl>")
    }
}

/// The front as a short table; the chart below shows all of it.
fn several(view: &View, front: &[usize]) -> String {
    const SHOWN: usize = 7;
    let head: String = view
        .objectives
        .iter()
        .map(|o| format!("<th class=\"n\">{} <span>{}</span></th>", escape(&o.name), o.direction.word()))
        .collect();
    // Evenly along the front, both ends included.
    let picked = (0..front.len().min(SHOWN))
        .map(|k| front[k * (front.len() - 1) / front.len().min(SHOWN).saturating_sub(1).max(1)]);
    let rows: String = picked
        .map(|i| {
            let row = &view.rows[i];
            let values: String =
                row.values.iter().map(|v| format!("<td class=\"n\">{}</td>", format::number(*v))).collect();
            format!("<tr data-t=\"{0}\"><td class=\"n\">{0}</td>{values}</tr>", row.number)
        })
        .collect();
    let more = if front.len() > SHOWN {
        format!("<p class=\"quiet\">{SHOWN} of {} along the front.</p>", front.len())
    } else {
        String::new()
    };
    let (label, what) = match front {
        [first, ..] if view.rows[*first].is_infeasible() => {
            ("Nearest to the constraints", "that break the constraints least; no trial meets them")
        }
        _ => ("Pareto front", "that no other one beats in every objective"),
    };
    let trials = if front.len() == 1 { "trial" } else { "trials" };
    format!(
        "<div class=\"hero\"><div class=\"won\"><p class=\"label\">{label}</p><p class=\"big\">{}</p>\
         <p class=\"from\">{trials} {what}</p>{}</div>\
         <div class=\"config\"><table class=\"front\"><thead><tr><th class=\"n\">Trial</th>{head}</tr></thead><tbody>{rows}</tbody></table>{more}</div></div>",
        format::count(front.len()),
        rerun(view),
    )
}

/// The study in numbers.
fn numbers(view: &View) -> String {
    let counts = Counts::new(view);
    let mut items: Vec<(&str, String)> =
        vec![("Trials", format::count(counts.all)), ("Complete", format::count(counts.complete))];
    let some = [
        ("Pruned", counts.pruned),
        ("Failed", counts.failed),
        ("Running", counts.running),
        ("Queued", counts.queued),
    ];
    items.extend(some.into_iter().filter(|(_, n)| *n > 0).map(|(word, n)| (word, format::count(n))));
    if let Some(span) = Span::new(view) {
        items.push(("Elapsed", format::duration(span.seconds())));
        items.push(("Trial time", format::duration(span.busy)));
    }
    items.extend(view.sampler.iter().map(|name| ("Sampler", name.clone())));
    items.extend(view.seed.iter().map(|seed| ("Seed", seed.to_string())));
    let items: String = items
        .iter()
        .map(|(word, value)| format!("<div><dt>{word}</dt><dd>{}</dd></div>", escape(value)))
        .collect();
    let folder =
        view.folder.as_ref().map(|f| format!("<p class=\"quiet\">All files: <code>{}</code></p>", escape(f)));
    format!("<dl class=\"numbers\">{items}</dl>{}\n", folder.unwrap_or_default())
}
