//! Axes: hairline grid, marks and labels, drawn for a plot area.

use super::scale::{Bands, Scale};
use super::svg::Svg;
use super::text;

/// The plot area inside a drawing, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Area {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Right edge.
    pub right: f64,
    /// Lower edge.
    pub bottom: f64,
}

impl Area {
    /// Its width.
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// Its height.
    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

/// The size of the labels.
pub const SIZE: f64 = 11.5;

/// The room that the labels of a vertical scale need, in pixels.
pub fn left_margin(scale: &Scale, wanted: usize) -> f64 {
    let widest = scale.ticks(wanted).iter().map(|tick| text::width(&tick.label, SIZE)).fold(0.0, f64::max);
    (widest + 12.0).clamp(28.0, 96.0)
}

/// Horizontal grid lines with labels at the left.
pub fn left(svg: &mut Svg, area: &Area, scale: &Scale, wanted: usize) {
    let ticks = scale.ticks(wanted);
    svg.group("grid");
    for tick in ticks.iter().filter(|tick| !tick.label.is_empty()) {
        let y = scale.at(tick.value);
        svg.line((area.left, y), (area.right, y));
    }
    svg.close();
    for tick in ticks.iter().filter(|tick| !tick.label.is_empty()) {
        svg.label((area.left - 8.0, scale.at(tick.value) + 4.0), "end", &tick.label);
    }
}

/// A hairline below with short marks and labels; labels that would touch are left out.
pub fn bottom(svg: &mut Svg, area: &Area, scale: &Scale, wanted: usize) {
    let ticks = scale.ticks(wanted);
    svg.group("axis");
    svg.line((area.left, area.bottom), (area.right, area.bottom));
    for tick in &ticks {
        let x = scale.at(tick.value);
        let length = if tick.label.is_empty() { 3.0 } else { 5.0 };
        svg.line((x, area.bottom), (x, area.bottom + length));
    }
    svg.close();
    let mut free = f64::NEG_INFINITY;
    for tick in ticks.iter().filter(|tick| !tick.label.is_empty()) {
        let (x, half) = (scale.at(tick.value), text::width(&tick.label, SIZE) / 2.0);
        if x - half > free {
            svg.label((x, area.bottom + 18.0), "mid", &tick.label);
            free = x + half + 6.0;
        }
    }
}

/// A hairline below with one label a category, cut to its band; every k-th where they are too many.
pub fn categories(svg: &mut Svg, area: &Area, bands: &Bands, labels: &[String]) {
    svg.group("axis");
    svg.line((area.left, area.bottom), (area.right, area.bottom));
    svg.close();
    let every = (26.0 / bands.size()).ceil().max(1.0) as usize;
    for (i, label) in labels.iter().enumerate().step_by(every) {
        let room = bands.size() * every as f64 - 4.0;
        svg.label((bands.middle(i as f64), area.bottom + 18.0), "mid", &text::fit_middle(label, SIZE, room));
    }
}
