//! CMA-ES with margin (Hamano, Saito, Nomura, Shirakawa 2022, arXiv:2205.13482): a discrete coordinate never loses its
//! last chance to leave the value at which the distribution stands, however small the step size becomes.

use super::coordinates::Coordinate;
use super::distribution::Distribution;
use crate::maths::normal::{cdf, quantile};

/// By how much each coordinate's deviation from the mean is widened before its value is read off. 1 for a continuum.
pub(crate) type Widths = Vec<f64>;

/// Moves the mean and widens what is too narrow, so that the cells beside the mean's keep a probability of at least half
/// the margin each.
pub(crate) fn correct(distribution: &mut Distribution, coordinates: &[Coordinate], widths: &mut Widths) {
    let margin = 1.0 / (coordinates.len() * distribution.constants.population) as f64;
    for (i, coordinate) in coordinates.iter().enumerate() {
        let Some(cells) = &coordinate.cells else { continue };
        let mean = distribution.mean[i];
        let (cell, last) = (cells.of(mean), cells.count() - 2);
        let lower = cells.boundary(cell.saturating_sub(1).min(last));
        let upper = cells.boundary(cell.min(last));
        let deviation = distribution.deviation(i);
        let (mean, width) = corrected(mean, widths[i], deviation, (lower, upper), margin);
        (distribution.mean[i], widths[i]) = (mean, width);
    }
}

/// The new mean and width.
fn corrected(mean: f64, width: f64, deviation: f64, (lower, upper): (f64, f64), margin: f64) -> (f64, f64) {
    let scale = deviation * width;
    let below = cdf((lower - mean) / scale);
    let above = cdf((mean - upper) / scale);
    if below.max(above) > 0.5 {
        // In an outermost cell: there is one boundary only, and the mean comes nearer to it.
        let nearer = upper - (upper - mean).signum() * -quantile(margin) * scale;
        return (if below.min(above) < margin { nearer } else { mean }, width);
    }
    let middle = 1.0 - below - above;
    let (below, above) = (below.max(margin / 2.0), above.max(margin / 2.0));
    let excess = (1.0 - below - above - middle) / (below + middle + above - 1.5 * margin);
    let part = |p: f64| -quantile((p + excess * (p - margin / 2.0)).clamp(1e-10, 0.5 - 1e-10));
    let (below, above) = (part(below), part(above));
    let mean = (lower * above + upper * below) / (below + above);
    (mean, (upper - lower) / ((below + above) * deviation))
}
