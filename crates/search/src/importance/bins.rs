//! Values in at most 128 bins, so that a part of an axis is one word of bits.

use super::Axis;

/// Some of an axis's bins.
pub(super) type Set = u128;
/// No axis has more bins.
pub(super) const MOST: usize = Set::BITS as usize;
/// The bin of a trial that does not have the parameter.
pub(super) const INACTIVE: u8 = u8::MAX;

/// One axis, cut.
#[derive(Clone, Debug)]
pub(super) struct Bins {
    /// Each bin's share of the axis; they sum to 1.
    pub(super) measure: Vec<f64>,
    /// Where bins of a line end, 0…1; for options the place of each.
    pub(super) ends: Vec<f64>,
    /// Where the values in each bin of a line lie in the middle, 0…1; nothing for options.
    centres: Vec<f64>,
    /// Whether their order means anything.
    pub(super) ordered: bool,
    /// The bin of each trial.
    pub(super) of: Vec<u8>,
}

impl Bins {
    /// `None` where fewer than two values were tried.
    pub(super) fn new(axis: &Axis, column: &[f64]) -> Option<Bins> {
        match axis {
            _ if axis.is_single() => None,
            Axis::Line { .. } => line(axis, column),
            Axis::Options(count) => options(*count, column),
        }
    }

    /// The share of the axis that a set of bins has.
    pub(super) fn share(&self, set: Set) -> f64 {
        if set == self.whole() {
            return 1.0;
        }
        bits(set).map(|bin| self.measure[bin]).sum()
    }

    /// The bin whose end lies nearest to halfway between the values in two bins of a line, the second one behind the first.
    pub(super) fn between(&self, first: usize, second: usize) -> usize {
        let halfway = f64::midpoint(self.centres[first], self.centres[second]);
        let miss = |bin: &usize| (self.ends[*bin] - halfway).abs();
        (first..second).min_by(|a, b| miss(a).total_cmp(&miss(b))).unwrap_or(first)
    }

    /// All bins.
    pub(super) fn whole(&self) -> Set {
        Set::MAX >> (MOST - self.measure.len())
    }
}

/// The places of the bits of a word, from the lowest.
pub(super) fn bits(mut set: Set) -> impl Iterator<Item = usize> {
    std::iter::from_fn(move || {
        let bit = set.trailing_zeros() as usize;
        (set != 0).then(|| {
            set &= set - 1;
            bit
        })
    })
}

/// Cuts between neighbouring values, as often as there is room for; where there are too many, between neighbouring
/// quantiles.
fn line(axis: &Axis, column: &[f64]) -> Option<Bins> {
    let units: Vec<f64> =
        column.iter().map(|&x| if x.is_finite() { axis.unit(x) } else { f64::NAN }).collect();
    let mut sorted: Vec<f64> = units.iter().copied().filter(|u| !u.is_nan()).collect();
    sorted.sort_by(f64::total_cmp);
    let mut distinct = sorted.clone();
    distinct.dedup();
    let cuts: Vec<f64> = if distinct.len() <= MOST {
        // A node that misses the values next to a gap is parted elsewhere in it than one that has them.
        let parts = (MOST - 1) / (distinct.len() - 1).max(1);
        let cut =
            |pair: &[f64], k: usize| pair[0] + (pair[1] - pair[0]) * (2 * k + 1) as f64 / (2 * parts) as f64;
        distinct.windows(2).flat_map(|pair| (0..parts).map(move |k| cut(pair, k))).collect()
    } else {
        let at = |k: usize| k * sorted.len() / MOST;
        let mut cuts: Vec<f64> = (1..MOST).map(|k| f64::midpoint(sorted[at(k) - 1], sorted[at(k)])).collect();
        cuts.dedup();
        cuts.retain(|cut| *cut > distinct[0]);
        cuts
    };
    if cuts.is_empty() {
        return None;
    }
    let of: Vec<u8> = units
        .iter()
        .map(|u| if u.is_nan() { INACTIVE } else { cuts.partition_point(|cut| cut < u) as u8 })
        .collect();
    let mut sums = vec![(0.0, 0.0); cuts.len() + 1];
    for (bin, unit) in of.iter().zip(&units).filter(|(bin, _)| **bin != INACTIVE) {
        sums[usize::from(*bin)].0 += unit;
        sums[usize::from(*bin)].1 += 1.0;
    }
    let centres = sums.into_iter().map(|(sum, count): (f64, f64)| sum / count.max(1.0)).collect();
    let mut ends = cuts;
    ends.push(1.0);
    let mut from = 0.0;
    let measure = ends
        .iter()
        .map(|end| {
            let share = end - from;
            from = *end;
            share
        })
        .collect();
    Some(Bins { measure, ends, centres, ordered: true, of })
}

/// One bin for each option that was tried; of too many the rarest share the last bin.
fn options(count: usize, column: &[f64]) -> Option<Bins> {
    let option = |x: f64| (x.is_finite() && x >= 0.0).then(|| (x as usize).min(count - 1));
    let mut tried: Vec<usize> = column.iter().filter_map(|&x| option(x)).collect();
    tried.sort_unstable();
    let mut counted: Vec<(usize, usize)> = Vec::new();
    for &option in &tried {
        match counted.last_mut() {
            Some((last, count)) if *last == option => *count += 1,
            _ => counted.push((option, 1)),
        }
    }
    if counted.len() < 2 {
        return None;
    }
    let distinct = counted.len();
    counted.sort_by(|a, b| b.1.cmp(&a.1).then(a.0.cmp(&b.0)));
    let kept = if distinct <= MOST { distinct } else { MOST - 1 };
    let mut own: Vec<usize> = counted[..kept].iter().map(|(option, _)| *option).collect();
    own.sort_unstable();
    let of = column
        .iter()
        .map(|&x| option(x).map_or(INACTIVE, |option| own.binary_search(&option).unwrap_or(kept) as u8))
        .collect();
    let mut measure = vec![1.0 / distinct as f64; kept];
    if kept < distinct {
        measure.push((distinct - kept) as f64 / distinct as f64);
    }
    let mut ends: Vec<f64> = own.iter().map(|option| *option as f64).collect();
    ends.resize(measure.len(), f64::NAN);
    Some(Bins { measure, ends, centres: Vec::new(), ordered: false, of })
}
