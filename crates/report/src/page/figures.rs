//! The page's sections of charts, and which charts there are.

use crate::chart::{self, Chart, Size};
use crate::importance::{Importances, NoImportance, importance};
use crate::plot::svg::escape;
use crate::summary::{Counts, Span};
use crate::view::View;

const WIDE: Size = Size::new(1056, 380);
const NARROW: Size = Size::new(380, 300);
const SLICE: Size = Size::new(336, 224);
const PARALLEL: Size = Size::new(1056, 400);
/// Dots that all slices of a page share: what keeps the page of a huge study small.
const SLICE_DOTS: usize = 13_000;
const HISTORY_DOTS: usize = 1_600;

/// A part of the page under a heading.
pub(super) struct Section {
    pub(super) id: &'static str,
    pub(super) heading: String,
    pub(super) lead: String,
    pub(super) body: String,
}

impl Section {
    pub(super) fn html(&self) -> String {
        let Section { id, heading, lead, body } = self;
        let heading = escape(heading);
        format!(
            "<section id=\"{id}\" aria-labelledby=\"h-{id}\"><h2 id=\"h-{id}\">{heading}</h2><p class=\"lead\">{lead}</p>{body}</section>\n"
        )
    }
}

/// A study with what its charts share.
pub(super) struct Figures<'a> {
    view: &'a View,
    found: Vec<Result<Importances, NoImportance>>,
}

impl<'a> Figures<'a> {
    pub(super) fn new(view: &'a View) -> Self {
        Figures { view, found: (0..view.objectives.len()).map(|k| importance(view, k)).collect() }
    }

    fn known(&self, objective: usize) -> Option<&Importances> {
        self.found.get(objective)?.as_ref().ok()
    }

    /// The rows that any chart may show.
    pub(super) fn drawn_rows(&self) -> Vec<usize> {
        chart::drawn_rows(self.view, HISTORY_DOTS)
    }

    pub(super) fn history(&self) -> Option<Section> {
        let several = self.view.objectives.len() > 1;
        let figures: String = (0..self.view.objectives.len())
            .filter_map(|k| {
                let wide = chart::history(self.view, k, WIDE, HISTORY_DOTS)?;
                let narrow = chart::history(self.view, k, NARROW, 300)?;
                Some(figure(&wide, Some(&narrow)))
            })
            .collect();
        let legend = legend(self.view, several);
        (!figures.is_empty()).then(|| Section {
            id: "history",
            heading: "History".into(),
            lead:
                "Each dot is a trial, in the order in which they were decided; the line is the best so far."
                    .into(),
            body: legend + &figures,
        })
    }

    pub(super) fn pareto(&self) -> Option<Section> {
        let count = self.view.objectives.len();
        let pairs = (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b))).take(6);
        let figures: String = pairs
            .filter_map(|pair| {
                let wide = chart::pareto(self.view, pair, Size::new(1056, 440), HISTORY_DOTS)?;
                let narrow = chart::pareto(self.view, pair, Size::new(380, 340), 300)?;
                Some(figure(&wide, Some(&narrow)))
            })
            .collect();
        let volume = chart::hypervolume(self.view, Size::new(1056, 220)).and_then(|wide| {
            let narrow = chart::hypervolume(self.view, Size::new(380, 220))?;
            Some(figure(&wide, Some(&narrow)))
        });
        (!figures.is_empty()).then(|| Section {
            id: "front",
            heading: "Trade-off".into(),
            lead: "The strong dots are the Pareto front: no other trial is at least as good in every objective. Past the line \
                   lies what no trial has reached. The ring is the knee: beyond it a little more of one objective costs much of \
                   another."
                .into(),
            body: figures + &volume.unwrap_or_default(),
        })
    }

    pub(super) fn parameters(&self) -> Option<Section> {
        let body: String = (0..self.view.objectives.len()).map(|k| self.parameters_of(k)).collect();
        (!body.is_empty()).then(|| Section {
            id: "parameters",
            heading: "Parameters".into(),
            lead: "How the value depends on each parameter. The best tenth of the trials is in the accent colour, the best one \
                   has a ring; a short line marks an option’s median. The curve is the mean over all other parameters, as a random forest \
                   has it, with a standard deviation of its trees. Of an order, the first item is shown."
                .into(),
            body,
        })
    }

    fn parameters_of(&self, objective: usize) -> String {
        let (view, found) = (self.view, self.known(objective));
        let slices = chart::slices(view, objective, found, SLICE, self.slice_dots());
        if slices.is_empty() {
            return String::new();
        }
        let grid: String = slices.iter().map(|slice| figure(slice, None)).collect();
        let lines = chart::parallel(view, objective, found, PARALLEL, 300)
            .map(|chart| format!("<h3>Together</h3><p class=\"lead\">Drag along an axis to keep only the trials that pass there; click it to let them go.</p><div class=\"scroll\">{}</div>", figure(&chart, None)))
            .unwrap_or_default();
        let all = format!("{}<div class=\"grid\">{grid}</div>{lines}", self.importance_of(objective));
        match view.objectives.len() {
            1 => all,
            _ => {
                let open = if objective == 0 { " open" } else { "" };
                let name = escape(&view.objectives[objective].name);
                format!("<details{open}><summary>For <b>{name}</b></summary>{all}</details>")
            }
        }
    }

    fn importance_of(&self, objective: usize) -> String {
        let said = match self.found.get(objective) {
            Some(Ok(found)) => {
                let Some(wide) = chart::importance(self.view, objective, found, Size::new(640, 0)) else {
                    return String::new();
                };
                let narrow = chart::importance(self.view, objective, found, Size::new(380, 0));
                format!(
                    "<div class=\"pair\">{}<div class=\"aside\"><p>Measured by PED-ANOVA (Watanabe et al., 2023): how far the {} best of {} \
                     finished trials lie from all of them, in each parameter by itself, less what chance alone would give. Pale bars are \
                     not told apart from chance, or the forest below sees less than 1 % of them.</p><p>It does not see interactions, nor what matters only far from the best, and the \
                     trials lie where the search went, not evenly.</p></div></div>",
                    figure(&wide, narrow.as_ref()),
                    crate::format::count(found.best),
                    crate::format::count(found.all)
                )
            }
            Some(Err(reason)) => format!("<p class=\"quiet\">Not judged: {reason}.</p>"),
            None => return String::new(),
        };
        let more = self.known(objective).map(|found| self.variance_of(objective, found)).unwrap_or_default();
        format!("<h3>Importance</h3>{said}{more}<h3>One by one</h3>")
    }

    /// What explains the variance over the whole space, and what to search next.
    fn variance_of(&self, objective: usize, found: &Importances) -> String {
        let Some(wide) = chart::explained(self.view, objective, found, Size::new(640, 0)) else {
            return String::new();
        };
        let narrow = chart::explained(self.view, objective, found, Size::new(380, 0));
        let hints: String =
            found.hints.iter().map(|hint| format!("<li>{}</li>", code(&escape(hint)))).collect();
        let next = if hints.is_empty() {
            String::new()
        } else {
            format!("<h3>What to search next</h3><ul class=\"hints\">{hints}</ul>")
        };
        format!(
            "<h3>Over the whole space</h3><div class=\"pair\">{}<div class=\"aside\"><p>The share of the variance that a parameter \
             explains by itself, and two of them (×) beyond each alone: fANOVA (Hutter et al., 2014) of a random forest. \
             Every configuration counts alike, good or bad, wherever the search went; far from where it went the forest \
             guesses.</p></div></div>{next}",
            figure(&wide, narrow.as_ref()),
        )
    }

    fn slice_dots(&self) -> usize {
        let slices = self.view.columns.len().min(36) * self.view.objectives.len();
        (SLICE_DOTS / slices.max(1)).clamp(120, 700)
    }

    pub(super) fn timeline(&self) -> Option<Section> {
        let wide = chart::timeline(self.view, Size::new(1056, 200))?;
        let narrow = chart::timeline(self.view, Size::new(380, 160))?;
        let span = Span::new(self.view)?;
        Some(Section {
            id: "timeline",
            heading: "Timeline".into(),
            lead: format!("{} Time since {}.", escape(&wide.about), crate::format::date(span.first)),
            body: figure(&wide, Some(&narrow)),
        })
    }

    /// Every chart, for files.
    pub(super) fn all(&self) -> Vec<Chart> {
        let (view, count) = (self.view, self.view.objectives.len());
        let mut charts = Vec::new();
        for k in 0..count {
            charts.extend(chart::history(view, k, WIDE, HISTORY_DOTS));
            charts
                .extend(self.known(k).and_then(|found| chart::importance(view, k, found, Size::new(640, 0))));
            charts
                .extend(self.known(k).and_then(|found| chart::explained(view, k, found, Size::new(640, 0))));
            charts.extend(chart::parallel(view, k, self.known(k), PARALLEL, 300));
            charts.extend(chart::slices(view, k, self.known(k), Size::new(480, 320), self.slice_dots()));
        }
        let pairs = (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b))).take(6);
        charts.extend(pairs.filter_map(|pair| chart::pareto(view, pair, Size::new(800, 480), HISTORY_DOTS)));
        charts.extend(chart::hypervolume(view, Size::new(800, 300)));
        charts.extend(chart::timeline(view, Size::new(1056, 200)));
        distinct(&mut charts);
        charts
    }
}

/// Names between backquotes, set as code.
fn code(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts.map(|(i, part)| if i % 2 == 1 { format!("<code>{part}</code>") } else { part.to_owned() }).collect()
}

/// Two paths may become one file name; later ones get a number.
fn distinct(charts: &mut [Chart]) {
    let mut seen = std::collections::HashSet::new();
    for chart in charts {
        let (stem, mut k) = (chart.file.clone(), 2);
        // Some file systems do not tell upper from lower case.
        while !seen.insert(chart.file.to_lowercase()) {
            chart.file = format!("{stem}~{k}");
            k += 1;
        }
    }
}

/// A chart, with another drawing of it for narrow screens where there is one.
fn figure(wide: &Chart, narrow: Option<&Chart>) -> String {
    let notes: String =
        wide.notes.iter().map(|note| format!("<figcaption>{}</figcaption>", escape(note))).collect();
    match narrow {
        Some(narrow) => format!("<figure>{}{}{notes}</figure>", wide.inline("wide"), narrow.inline("narrow")),
        None => format!("<figure>{}{notes}</figure>", wide.inline("")),
    }
}

/// What the marks of the history mean; only those that occur.
fn legend(view: &View, several: bool) -> String {
    let counts = Counts::new(view);
    let infeasible = view.rows.iter().any(crate::view::Row::is_infeasible);
    let item = |class: &str, mark: &str, word: &str| {
        format!(
            "<span><svg class=\"rv key\" viewBox=\"0 0 16 12\" aria-hidden=\"true\"><g class=\"{class}\">{mark}</g></svg>{word}</span>"
        )
    };
    let circle = "<circle cx=\"8\" cy=\"6\" r=\"3.2\"/>";
    let mut items = Vec::new();
    if counts.complete > 0 {
        items.push(item("ok", circle, "complete"));
    }
    if counts.pruned > 0 {
        items.push(item("pruned", circle, "pruned, at its last value"));
    }
    if infeasible {
        let diamond = "<path d=\"M4 6L8 2L12 6L8 10Z\"/>";
        items.push(item("far", diamond, "breaks a constraint: not counted for the best so far"));
    }
    if counts.failed > 0 {
        items.push(item("failed", "<path d=\"M5 3L11 9M11 3L5 9\"/>", "failed or without a value"));
    }
    if counts.complete > 0 {
        let word = if several { "best so far, by itself" } else { "best so far" };
        items.push(item("", "<path class=\"so-far\" d=\"M1 6H15\"/>", word));
    }
    format!("<p class=\"legend\">{}</p>", items.concat())
}
