//! The report: one HTML file that needs nothing else, and the drawings as files.

mod data;
mod figures;
mod headline;
mod table;

use std::path::{Path, PathBuf};

use crate::chart::Chart;
use crate::files::replace;
use crate::format;
use crate::plot::svg::escape;
use crate::plot::theme;
use crate::view::View;

/// What a report says about its own making. All of it is optional, so that a report can be a pure function of a study.
#[derive(Clone, Debug, Default)]
pub struct Made {
    /// When, in milliseconds of Unix time.
    pub at: Option<u64>,
    /// The version of ravine.
    pub version: String,
    /// Where the results come from: the code, the machine.
    pub from: Option<String>,
}

const STYLE: &str = include_str!("page/style.css");
const SCRIPT: &str = include_str!("page/script.js");
/// Nothing may be fetched, by promise and by rule.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data:";

/// The whole page as HTML.
pub fn page(view: &View, made: &Made) -> String {
    html(view, made, &figures::Figures::new(view))
}

fn html(view: &View, made: &Made, figures: &figures::Figures<'_>) -> String {
    let (rows, chosen) = table::chosen(view);
    let title = escape(&view.name);
    let sections = [
        figures.history(),
        figures.pareto(),
        figures.parameters(),
        figures.timeline(),
        table::section(view, &rows, &chosen),
    ];
    let sections: Vec<figures::Section> = sections.into_iter().flatten().collect();
    let links: String =
        sections.iter().map(|s| format!("<a href=\"#{}\">{}</a>", s.id, escape(&s.heading))).collect();
    let body: String = sections.iter().map(figures::Section::html).collect();
    let mut drawn = figures.drawn_rows();
    drawn.extend(&rows);
    drawn.sort_unstable();
    drawn.dedup();
    format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n\
         <title>{title} · ravine</title>\n<style>\n{style}</style>\n</head>\n<body>\n\
         <a class=\"skip\" href=\"#trials\">Skip to the table of trials</a>\n\
         <header class=\"bar\"><div class=\"in\"><span class=\"mark\">{logo}ravine</span><nav aria-label=\"Sections\">{links}</nav>\
         <button type=\"button\" id=\"theme\" hidden>Theme: auto</button></div></header>\n\
         <main class=\"in\">\n{headline}{body}</main>\n\
         <footer class=\"in\">{footer}</footer>\n<div id=\"tip\" role=\"tooltip\" hidden></div>\n\
         <script type=\"application/json\" id=\"data\">{data}</script>\n<script>\n{SCRIPT}</script>\n</body>\n</html>\n",
        style = style(),
        logo = headline::LOGO,
        headline = headline::html(view),
        footer = footer(made),
        data = data::json(view, &drawn),
    )
}

fn style() -> String {
    let (light, dark) = (theme::properties(false), theme::properties(true));
    format!(
        ":root{{color-scheme:light dark;{light}}}\n\
         @media (prefers-color-scheme:dark){{:root{{{dark}}}}}\n\
         :root[data-theme=light]{{color-scheme:light;{light}}}\n:root[data-theme=dark]{{color-scheme:dark;{dark}}}\n\
         @media print{{:root,:root[data-theme=dark]{{color-scheme:light;{light}}}}}\n{}{STYLE}",
        theme::chart_css(),
    )
}

fn footer(made: &Made) -> String {
    let version = if made.version.is_empty() { String::new() } else { format!(" {}", escape(&made.version)) };
    let at = made.at.map(|at| format!(" on {}", format::date(at))).unwrap_or_default();
    let from =
        made.from.as_ref().map(|from| format!(" The last runner: {}.", escape(from))).unwrap_or_default();
    format!(
        "<p>Written by ravine{version}{at}. This file is complete in itself: it fetches nothing and can be sent as it \
         is. All trials with full digits are in <code>results.jsonl</code> and <code>params.csv</code>.{from}</p>"
    )
}

/// All drawings of a study, each with a distinct file name.
pub fn charts(view: &View) -> Vec<Chart> {
    figures::Figures::new(view).all()
}

/// Writes `index.html` and one SVG a chart into `folder`, which is created where missing; each file whole by a
/// temporary name and a rename. Returns what was written, the page first.
pub fn write(folder: &Path, view: &View, made: &Made) -> std::io::Result<Vec<PathBuf>> {
    std::fs::create_dir_all(folder)?;
    let figures = figures::Figures::new(view);
    let mut written = vec![replace(&folder.join("index.html"), html(view, made, &figures).as_bytes())?];
    for chart in figures.all() {
        written.push(replace(&folder.join(format!("{}.svg", chart.file)), chart.standalone().as_bytes())?);
    }
    Ok(written)
}
