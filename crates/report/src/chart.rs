//! The charts of a study. Each is a [`Chart`]: a drawing that stands in a page or in a file of its own.

pub(crate) mod history;
mod hypervolume;
mod importance;
mod parallel;
mod pareto;
mod sample;
mod slices;
mod timeline;
pub(crate) mod values;

pub use history::history;
pub use hypervolume::hypervolume;
pub use importance::{explained, importance};
pub use parallel::parallel;
pub use pareto::pareto;
pub use slices::{slice, slices};
pub use timeline::timeline;

use crate::plot::svg::Svg;
use crate::plot::{svg, theme};

/// One drawing with its words.
#[derive(Clone, Debug)]
pub struct Chart {
    /// The stem of its file's name, in lower case.
    pub file: String,
    /// What it shows, in a few words.
    pub title: String,
    /// What a reader who cannot see it is told; one or two sentences.
    pub about: String,
    /// What was left out or must be known to read it rightly.
    pub notes: Vec<String>,
    /// The size in pixels at which text has its right size.
    pub size: Size,
    /// Whether the drawing names itself, so that a file of its own needs no heading.
    named: bool,
    body: String,
}

/// A drawing's size in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Size {
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

impl Size {
    /// A size of whole pixels.
    pub const fn new(width: u32, height: u32) -> Self {
        Size { width: width as f64, height: height as f64 }
    }
}

/// The height that the title takes above a drawing in a file of its own, and that of the space without one.
const HEAD: f64 = 52.0;
const SPACE: f64 = 16.0;

impl Chart {
    /// The drawing inside a page that has [`theme::chart_css`] and the tokens.
    pub fn inline(&self, class: &str) -> String {
        let mut out = Svg::new();
        out.tag("svg")
            .attr("class", &format!("rv {class}"))
            .attr("viewBox", &format!("0 0 {} {}", self.size.width, self.size.height))
            .attr("role", "img")
            .attr("aria-label", &format!("{}. {}", self.title, self.about))
            .open();
        let head = out.finish();
        let head = head.strip_suffix("</svg>").unwrap_or(&head);
        format!("{head}{}</svg>", self.body)
    }

    /// A whole SVG file, with its title, that looks right on light and dark grounds.
    pub fn standalone(&self) -> String {
        let head = if self.named { SPACE } else { HEAD };
        let (width, height) = (self.size.width + 2.0 * SPACE, self.size.height + head + SPACE);
        let (title, about) = (svg::escape(&self.title), svg::escape(&self.about));
        let heading = if self.named {
            String::new()
        } else {
            let note = svg::escape(&self.notes.join(" "));
            format!(
                "<text class=\"name\" y=\"-26\">{title}</text><text class=\"small\" y=\"-9\">{note}</text>"
            )
        };
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"rv\" width=\"{width}\" height=\"{height}\" \
             viewBox=\"-{SPACE} -{head} {width} {height}\" role=\"img\" aria-labelledby=\"t d\">\
             <title id=\"t\">{title}</title><desc id=\"d\">{about}</desc><style>{css}</style>\
             <rect class=\"ground\" x=\"-{SPACE}\" y=\"-{head}\" width=\"{width}\" height=\"{height}\"/>\
             {heading}{body}</svg>\n",
            css = theme::standalone_css(),
            body = self.body,
        )
    }
}

/// A small cross around a place, for trials without a value.
fn cross(svg: &mut Svg, (x, y): (f64, f64), number: u64) {
    let mut path = svg::Path::new();
    path.to(x - 3.0, y - 3.0);
    path.line(x + 3.0, y + 3.0);
    path.to(x + 3.0, y - 3.0);
    path.line(x - 3.0, y + 3.0);
    svg.tag("path").attr("d", path.as_str()).int("data-t", number).empty();
}

/// A dot of a trial.
fn dot(svg: &mut Svg, (x, y): (f64, f64), radius: f64, number: u64) {
    svg.tag("circle").num("cx", x).num("cy", y).num("r", radius).int("data-t", number).empty();
}

/// A hollow diamond, for trials that break a constraint.
fn diamond(svg: &mut Svg, (x, y): (f64, f64), radius: f64, number: u64) {
    let reach = radius + 1.0;
    let mut path = svg::Path::new();
    path.to(x - reach, y);
    path.line(x, y - reach);
    path.line(x + reach, y);
    path.line(x, y + reach);
    path.close();
    svg.tag("path").attr("d", path.as_str()).int("data-t", number).empty();
}

/// A small triangle at the edge that a value lies beyond; `up` is where it points.
fn beyond(svg: &mut Svg, (x, y): (f64, f64), up: bool, number: u64) {
    let tip = if up { -6.0 } else { 6.0 };
    let mut path = svg::Path::new();
    path.to(x - 3.5, y - tip / 2.0);
    path.line(x + 3.5, y - tip / 2.0);
    path.line(x, y + tip / 2.0);
    path.close();
    svg.tag("path").attr("d", path.as_str()).int("data-t", number).empty();
}

/// The rows whose marks a page with `budget` dots a chart may hold: what a tooltip must know.
pub(crate) fn drawn_rows(view: &crate::view::View, budget: usize) -> Vec<usize> {
    (0..view.objectives.len()).flat_map(|k| sample::pick(view, k, budget, budget / 20)).collect()
}
