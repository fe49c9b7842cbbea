//! The table of trials.

use super::figures::Section;
use crate::format;
use crate::plot::svg::escape;
use crate::summary::{best, ranked};
use crate::view::{Kind, Row, View};

/// The most rows that the page holds; `trials` at the command line has all.
const MOST: usize = 1_000;

/// The rows of the table in the order of trials: all, or the best and the newest half; and which of them are best.
pub(super) fn chosen(view: &View) -> (Vec<usize>, Vec<usize>) {
    let best = best(view);
    if view.rows.len() <= MOST {
        return ((0..view.rows.len()).collect(), best);
    }
    let newest = view.rows.len() - MOST / 2..view.rows.len();
    let mut rows: Vec<usize> = ranked(view, 0)
        .into_iter()
        .filter(|i| !newest.contains(i))
        .take(MOST / 2)
        .chain(newest.clone())
        .collect();
    rows.sort_unstable();
    (rows, best)
}

pub(super) fn section(view: &View, rows: &[usize], best: &[usize]) -> Option<Section> {
    if rows.is_empty() {
        return None;
    }
    let head: String = heads(view)
        .iter()
        .map(|(name, class)| format!("<th scope=\"col\" class=\"{class}\" aria-sort=\"none\"><button type=\"button\">{}</button></th>", breakable(name)))
        .collect();
    let body: String = rows.iter().map(|&i| line(view, &view.rows[i], best.contains(&i))).collect();
    let note = match rows.len() < view.rows.len() {
        true => format!(
            "The best {0} and the newest {0} of {1} trials; <code>params.csv</code> has all.",
            format::count(MOST / 2),
            format::count(view.rows.len())
        ),
        false => "Click a heading to sort, a row to find the trial in the charts.".to_owned(),
    };
    Some(Section {
        id: "trials",
        heading: "Trials".into(),
        lead: note,
        body: format!(
            "<div class=\"tools\"><label for=\"filter\">Filter</label><input id=\"filter\" type=\"search\" autocomplete=\"off\" spellcheck=\"false\" \
             placeholder=\"complete  adam  lr&lt;0.01\"><output id=\"count\" for=\"filter\">{} trials</output></div>\
             <div class=\"table\" tabindex=\"0\" role=\"region\" aria-label=\"Trials\"><table id=\"table\"><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>",
            format::count(rows.len())
        ),
    })
}

/// A name that may go on in the next line after its parts.
fn breakable(name: &str) -> String {
    escape(name).replace('.', ".<wbr>").replace('_', "_<wbr>").replace('[', "<wbr>[")
}

fn heads(view: &View) -> Vec<(String, &'static str)> {
    let mut heads = vec![("#".to_owned(), "n"), ("State".to_owned(), "")];
    heads.extend(view.objectives.iter().map(|o| (o.name.clone(), "n")));
    heads.extend(view.columns.iter().map(|c| (c.path.clone(), class(&c.kind))));
    heads.push(("Time".to_owned(), "n"));
    heads
}

fn class(kind: &Kind) -> &'static str {
    if kind.is_numeric() { "n" } else { "" }
}

fn line(view: &View, row: &Row, best: bool) -> String {
    let mut out = format!(
        "<tr data-t=\"{0}\"{1}><td class=\"n\">{0}</td><td><span class=\"s {2}\"{3}>{2}</span></td>",
        row.number,
        if best { " class=\"first\"" } else { "" },
        if row.is_infeasible() { "infeasible" } else { row.state.word() },
        row.message.as_ref().map(|m| format!(" title=\"{}\"", escape(m))).unwrap_or_default(),
    );
    let mut cell = |text: &str, class: &str| {
        let class = if class.is_empty() { String::new() } else { format!(" class=\"{class}\"") };
        out.push_str(&format!("<td{class}>{}</td>", escape(text)));
    };
    for k in 0..view.objectives.len() {
        cell(&row.values.get(k).map_or_else(String::new, |v| format::number(*v)), "n v");
    }
    for (k, column) in view.columns.iter().enumerate() {
        cell(&view.shown(row, k), class(&column.kind));
    }
    cell(&row.took().map_or_else(String::new, format::duration), "n");
    out.push_str("</tr>");
    out
}
