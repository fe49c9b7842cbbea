//! How much of the objective space is dominated.

use super::staircase::Staircase;

/// The volume that `points` dominate within `reference`: the one measure of a front that grows whenever the front gets
/// better. Points that are not better than the reference in every objective add nothing; a value of −∞ makes it infinite.
///
/// Exact. Up to 3 objectives by a sweep (Beume et al. 2009), O(n log n) but for moving memory; beyond by slicing off one
/// objective at a time in the manner of WFG (While, Bradstreet, Barone 2012), n times the effort for each.
pub fn hypervolume<V: AsRef<[f64]>>(points: &[V], reference: &[f64]) -> f64 {
    let within = points.iter().map(AsRef::as_ref).filter(|point| is_within(point, reference));
    volume(within.flatten().copied().collect(), reference)
}

/// For each point the volume that it alone dominates: what [`hypervolume`] would lose without it. 0 for points that others
/// dominate or equal.
pub fn contributions<V: AsRef<[f64]>>(points: &[V], reference: &[f64]) -> Vec<f64> {
    let own = |i: usize| {
        let point = points[i].as_ref();
        let others = points.iter().enumerate().filter(|(j, _)| *j != i).map(|(_, other)| other.as_ref());
        exclusive(point, others, reference)
    };
    (0..points.len()).map(own).collect()
}

/// The volume that `point` dominates and none of `others` does.
pub(super) fn exclusive<'a>(
    point: &[f64],
    others: impl Iterator<Item = &'a [f64]>,
    reference: &[f64],
) -> f64 {
    if !is_within(point, reference) {
        return 0.0;
    }
    // What others dominate of the region that the point dominates.
    let mut shared = Vec::new();
    for other in others.filter(|other| is_within(other, reference)) {
        shared.extend(point.iter().zip(other).map(|(a, b)| a.max(*b)));
        if shared[shared.len() - point.len()..] == *point {
            return 0.0;
        }
    }
    (inclusive(point, reference) - volume(shared, reference)).max(0.0)
}

fn is_within(point: &[f64], reference: &[f64]) -> bool {
    point.iter().zip(reference).all(|(value, reference)| value < reference)
}

fn inclusive(point: &[f64], reference: &[f64]) -> f64 {
    point.iter().zip(reference).map(|(value, reference)| reference - value).product()
}

/// Of points in a row, all within `reference`.
fn volume(points: Vec<f64>, reference: &[f64]) -> f64 {
    match *reference {
        [] => 0.0,
        _ if points.is_empty() => 0.0,
        [x] => x - points.iter().copied().fold(f64::INFINITY, f64::min),
        [x, y] => {
            let mut plane = Staircase::new((x, y));
            pairs(points).into_iter().for_each(|point| plane.add(point));
            plane.area()
        }
        [x, y, z] => sweep(points, (x, y), z),
        [.., last] => slices(points, &reference[..reference.len() - 1], last),
    }
}

/// From left to right, so that each point is put at the end of the staircase.
fn pairs(points: Vec<f64>) -> Vec<(f64, f64)> {
    let mut pairs: Vec<_> = points.as_chunks::<2>().0.iter().map(|&[x, y]| (x, y)).collect();
    pairs.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    pairs
}

/// A plane that rises through the third objective and gathers the points it passes.
fn sweep(points: Vec<f64>, reference: (f64, f64), top: f64) -> f64 {
    let mut points: Vec<[f64; 3]> = points.as_chunks::<3>().0.to_vec();
    points.sort_by(|a, b| a[2].total_cmp(&b[2]));
    let mut plane = Staircase::new(reference);
    let mut sum = 0.0;
    for (i, &[x, y, z]) in points.iter().enumerate() {
        plane.add((x, y));
        let next = points.get(i + 1).map_or(top, |point| point[2]);
        if next > z {
            sum += plane.area() * (next - z);
        }
    }
    sum
}

/// Each point, the worst in the last objective first, adds a slab from its value up to the reference, less what the better
/// ones dominate of it: a problem of one objective less.
fn slices(points: Vec<f64>, reference: &[f64], top: f64) -> f64 {
    let size = reference.len() + 1;
    let mut rows: Vec<&[f64]> = points.chunks_exact(size).collect();
    rows.sort_by(|a, b| b[size - 1].total_cmp(&a[size - 1]));
    let slab = |(i, row): (usize, &&[f64])| {
        let (base, height) = (&row[..size - 1], top - row[size - 1]);
        height * exclusive(base, rows[i + 1..].iter().map(|other| &other[..size - 1]), reference)
    };
    rows.iter().enumerate().map(slab).sum()
}
