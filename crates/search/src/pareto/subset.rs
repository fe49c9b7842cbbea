//! A few points that stand for many.

use super::hypervolume::exclusive;
use super::ranks::lexicographic;

/// The places of `count` points whose hypervolume within `reference` is large: always the one that adds most to those
/// chosen before, of equals the lexicographically first (Guerreiro, Fonseca, Paquete 2016; at least 1 − 1/e of the best
/// choice's). Copies come last, in their order. All places where there are no more points. With a
/// reference that is not finite: the lexicographically first ones.
pub fn greedy_subset<V: AsRef<[f64]>>(points: &[V], count: usize, reference: &[f64]) -> Vec<usize> {
    let row = |i: usize| points[i].as_ref();
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by(|&a, &b| lexicographic(row(a), row(b)));
    let is_copy = |k: usize| k > 0 && row(order[k]) == row(order[k - 1]);
    let mut copies: Vec<usize> = (0..order.len()).filter(|&k| is_copy(k)).map(|k| order[k]).collect();
    copies.sort_unstable();
    let mut left: Vec<Candidate> = (0..order.len())
        .filter(|&k| !is_copy(k))
        .map(|k| Candidate { place: order[k], gain: bound(row(order[k]), reference), known: 0 })
        .collect();
    let mut chosen = Vec::new();
    if left.len() <= count || reference.iter().any(|value| !value.is_finite()) {
        chosen.extend(left.iter().map(|candidate| candidate.place).take(count));
        chosen.extend(copies.into_iter().take(count.saturating_sub(chosen.len())));
        return chosen;
    }
    if let [x, y] = *reference {
        return in_the_plane(left.iter().map(|candidate| candidate.place), &row, count, (x, y));
    }
    // What a point adds only gets less as others are chosen, so that the one with the highest bound is looked at first.
    while chosen.len() < count {
        let best = (1..left.len()).fold(0, |best, i| if left[i].gain > left[best].gain { i } else { best });
        let candidate = &mut left[best];
        if candidate.known == chosen.len() || candidate.gain == f64::INFINITY {
            chosen.push(candidate.place);
            left.remove(best);
        } else {
            let others = chosen.iter().map(|&i| row(i));
            candidate.gain = exclusive(row(candidate.place), others, reference);
            candidate.known = chosen.len();
        }
    }
    chosen
}

/// From left to right, what a point adds is a rectangle, whose far corner the chosen neighbours set.
fn in_the_plane<'a>(
    places: impl Iterator<Item = usize>,
    row: &dyn Fn(usize) -> &'a [f64],
    count: usize,
    reference: (f64, f64),
) -> Vec<usize> {
    let mut left: Vec<(usize, (f64, f64))> = places.map(|place| (place, reference)).collect();
    let gain = |&(place, (x, y)): &(usize, (f64, f64))| {
        let point = row(place);
        (x - point[0]).max(0.0) * (y - point[1]).max(0.0)
    };
    let mut chosen = Vec::with_capacity(count);
    while chosen.len() < count {
        let gains: Vec<f64> = left.iter().map(gain).collect();
        let best = (1..gains.len()).fold(0, |best, i| if gains[i] > gains[best] { i } else { best });
        let (place, _) = left.remove(best);
        let point = row(place);
        left[..best].iter_mut().for_each(|(_, corner)| corner.0 = corner.0.min(point[0]));
        left[best..].iter_mut().for_each(|(_, corner)| corner.1 = corner.1.min(point[1]));
        chosen.push(place);
    }
    chosen
}

struct Candidate {
    place: usize,
    /// What it adds to the first `known` of those chosen; no less than what it adds to all.
    gain: f64,
    known: usize,
}

fn bound(point: &[f64], reference: &[f64]) -> f64 {
    point.iter().zip(reference).map(|(value, end)| (end - value).max(0.0)).product()
}
