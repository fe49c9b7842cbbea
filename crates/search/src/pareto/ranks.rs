//! Sorting into fronts.

use std::cmp::Ordering;

use super::dominates;

/// The rank of each point: 0 for those that nothing dominates, 1 for those that only these dominate, and so on. Equal
/// points have equal ranks.
///
/// Efficient non-dominated sort (Zhang, Tian, Cheng, Jin 2015): in lexicographic order a point can be dominated by
/// earlier ones only, and the first front without such a one, found by bisection, is its own. With two objectives a
/// front is told by its last member, so that n points take O(n log n).
pub fn ranks<V: AsRef<[f64]>>(points: &[V]) -> Vec<u32> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|&a, &b| lexicographic(points[a].as_ref(), points[b].as_ref()));
    let planar = points.first().is_some_and(|point| point.as_ref().len() <= 2);
    let mut fronts: Vec<Vec<usize>> = Vec::new();
    let mut ranks = vec![0; points.len()];
    for i in order {
        let point = points[i].as_ref();
        let dominated = |front: &Vec<usize>| {
            let mut later = front.iter().rev();
            // In the plane the last member has the least second value.
            let looked_at = if planar { 1 } else { front.len() };
            later.by_ref().take(looked_at).any(|&member| dominates(points[member].as_ref(), point))
        };
        // Who is dominated by one of a front is so by one of each earlier front.
        let rank = fronts.partition_point(dominated);
        match fronts.get_mut(rank) {
            Some(front) => front.push(i),
            None => fronts.push(vec![i]),
        }
        ranks[i] = rank as u32;
    }
    ranks
}

/// The places of the points that nothing dominates, ascending. Equal points are all among them.
pub fn non_dominated<V: AsRef<[f64]>>(points: &[V]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|&a, &b| lexicographic(points[a].as_ref(), points[b].as_ref()));
    let mut front: Vec<usize> = Vec::new();
    for i in order {
        if !front.iter().rev().any(|&member| dominates(points[member].as_ref(), points[i].as_ref())) {
            front.push(i);
        }
    }
    front.sort_unstable();
    front
}

pub(super) fn lexicographic(a: &[f64], b: &[f64]) -> Ordering {
    a.partial_cmp(b).unwrap_or(Ordering::Equal)
}

/// The sum of what violations exceed 0 by: 0 is feasible, larger is worse. NaN counts as infinite.
pub fn total_violation(violations: &[f64]) -> f64 {
    violations.iter().map(|v| if v.is_nan() { f64::INFINITY } else { v.max(0.0) }).sum()
}

/// The rank of each point by Deb's rule (Deb 2000): feasible points, whose total violation is 0, before all others, and
/// these by their total violation. Points that break the constraints equally, or not at all, are told apart by
/// [`ranks`] of their values.
pub fn constrained_ranks<V: AsRef<[f64]>>(points: &[V], total_violations: &[f64]) -> Vec<u32> {
    let violation = |i: usize| total_violations[i].max(0.0);
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|&a, &b| violation(a).total_cmp(&violation(b)));
    let mut all = vec![0; points.len()];
    let mut next = 0;
    for equal in order.chunk_by(|&a, &b| violation(a) == violation(b)) {
        let values: Vec<&[f64]> = equal.iter().map(|&i| points[i].as_ref()).collect();
        let own = ranks(&values);
        equal.iter().zip(&own).for_each(|(&i, rank)| all[i] = next + rank);
        next += own.into_iter().max().map_or(0, |worst| worst + 1);
    }
    all
}
