//! The region that a front leaves open, in boxes.

use std::cmp::Ordering;

use super::ranks::lexicographic;
use super::weakly_dominates;

/// A box of the objective space, open or closed as it may be. Lower ends may be −∞.
#[derive(Clone, Debug, PartialEq)]
pub struct Cell {
    /// Its lower end in each objective.
    pub low: Box<[f64]>,
    /// Its upper end.
    pub high: Box<[f64]>,
}

/// Cuts what no point of `front` dominates, up to `reference`, into boxes that do not overlap: the sums and integrals of
/// expected hypervolume improvement run over them. A point `y` improves the hypervolume by the sum over the boxes of
/// Π max(0, highₖ − max(lowₖ, yₖ)).
///
/// A sweep through the last objective over the boxes of the others, in which a box stays open until a point cuts it: 2 n + 1
/// boxes of n points at most in three objectives (as Yang, Emmerich, Deutz, Bäck 2019), n + 1 in two.
pub fn non_dominated_cells<V: AsRef<[f64]>>(front: &[V], reference: &[f64]) -> Vec<Cell> {
    let within = |point: &&[f64]| point.iter().zip(reference).all(|(value, end)| value < end);
    let points: Vec<&[f64]> = front.iter().map(AsRef::as_ref).filter(within).collect();
    let mut cells = cells(&points, reference);
    // From the last objective to the first, as the sweep comes by them.
    for cell in &mut cells {
        cell.low.reverse();
        cell.high.reverse();
    }
    let boxed = |ends: Ends| Cell { low: ends.low.into(), high: ends.high.into() };
    cells.into_iter().map(boxed).collect()
}

/// A box, the last objective first.
#[derive(Clone, Debug, PartialEq)]
struct Ends {
    low: Vec<f64>,
    high: Vec<f64>,
}

impl Ends {
    fn order(&self, other: &Ends) -> Ordering {
        lexicographic(&self.low, &other.low).then_with(|| lexicographic(&self.high, &other.high))
    }

    /// The box over this one from `low` to `high`.
    fn raised(&self, low: f64, high: f64) -> Ends {
        let over = |end, ends: &[f64]| std::iter::once(end).chain(ends.iter().copied()).collect();
        Ends { low: over(low, &self.low), high: over(high, &self.high) }
    }
}

fn cells(points: &[&[f64]], reference: &[f64]) -> Vec<Ends> {
    let Some((&top, base)) = reference.split_last() else { return Vec::new() };
    let k = base.len();
    if k == 0 {
        let high = points.iter().map(|point| point[0]).fold(top, f64::min);
        return vec![Ends { low: vec![f64::NEG_INFINITY], high: vec![high] }];
    }
    let mut order = points.to_vec();
    order.sort_by(|a, b| a[k].total_cmp(&b[k]));
    let mut passed: Vec<&[f64]> = Vec::new();
    let mut open: Vec<(Ends, f64)> =
        cells(&passed, base).into_iter().map(|ends| (ends, f64::NEG_INFINITY)).collect();
    let mut closed = Vec::new();
    for point in order {
        let (own, level) = (&point[..k], point[k]);
        if passed.iter().any(|earlier| weakly_dominates(earlier, own)) {
            continue;
        }
        passed.retain(|earlier| !weakly_dominates(own, earlier));
        passed.push(own);
        let mut next = cells(&passed, base);
        next.sort_by(Ends::order);
        let still_open = |ends: &Ends| next.binary_search_by(|other| other.order(ends)).is_ok();
        let (mut kept, cut): (Vec<_>, Vec<_>) = open.into_iter().partition(|(ends, _)| still_open(ends));
        closed.extend(cut.iter().filter(|cell| cell.1 < level).map(|(ends, low)| ends.raised(*low, level)));
        kept.sort_by(|a, b| a.0.order(&b.0));
        let known = |ends: &Ends| kept.binary_search_by(|(other, _)| other.order(ends)).is_ok();
        let new: Vec<_> = next.into_iter().filter(|ends| !known(ends)).map(|ends| (ends, level)).collect();
        kept.extend(new);
        open = kept;
    }
    closed.extend(open.iter().map(|(ends, low)| ends.raised(*low, top)));
    closed
}
