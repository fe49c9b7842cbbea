//! Which kernels are near a place on every line at once.
//!
//! Each line is cut into buckets, and each bucket has the set of kernels that reach it, one bit for each. The sets of
//! the buckets in which a place lies, intersected, are the kernels near it: a few dozen instructions where distances
//! would take thousands. They are nearly all of the density there, and never more than it.

use std::ops::Range;

const BUCKETS: usize = 64;
/// So many widths a kernel reaches.
const REACH: f64 = 4.0;
const WORD: usize = u64::BITS as usize;

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Nearby {
    lines: usize,
    /// Words of a set.
    words: usize,
    /// Line by line and bucket by bucket.
    sets: Vec<u64>,
    /// The buckets that a kernel reaches: by slot, and by line within.
    spans: Vec<Range<u8>>,
    /// Of the last search.
    common: Vec<u64>,
}

impl Nearby {
    pub(crate) fn new(lines: usize) -> Self {
        Nearby { lines, words: 0, sets: Vec::new(), spans: Vec::new(), common: Vec::new() }
    }

    /// Of how many lines places are told.
    pub(crate) fn lines(&self) -> usize {
        self.lines
    }

    /// Sets how far the kernel of `slot` reaches on `line`, by its centre and width on a line of length 1.
    pub(crate) fn set(&mut self, slot: usize, line: usize, centre: f64, width: f64) {
        let reach = REACH * width;
        self.replace(slot, line, bucket(centre - reach)..bucket(centre + reach) + 1);
    }

    /// Takes a kernel out.
    pub(crate) fn clear(&mut self, slot: usize) {
        (0..self.lines).for_each(|line| self.replace(slot, line, 0..0));
    }

    fn replace(&mut self, slot: usize, line: usize, new: Range<u8>) {
        self.make_room(slot);
        let old = std::mem::replace(&mut self.spans[slot * self.lines + line], new.clone());
        if old == new {
            return;
        }
        let (word, bit) = (slot / WORD, 1 << (slot % WORD));
        let first = line * BUCKETS * self.words + word;
        for bucket in old {
            self.sets[first + usize::from(bucket) * self.words] &= !bit;
        }
        for bucket in new {
            self.sets[first + usize::from(bucket) * self.words] |= bit;
        }
    }

    fn make_room(&mut self, slot: usize) {
        if self.spans.len() < (slot + 1) * self.lines {
            self.spans.resize((slot + 1) * self.lines, 0..0);
        }
        if slot < self.words * WORD {
            return;
        }
        // Room for a quarter more: twice as many words as are needed would take twice the time.
        let (old, new) = (self.words, (self.words + self.words / 4).max(slot / WORD + 1));
        let mut sets = vec![0; self.lines * BUCKETS * new];
        if old > 0 {
            let rows = sets.chunks_exact_mut(new).zip(self.sets.chunks_exact(old));
            rows.for_each(|(to, from)| to[..old].copy_from_slice(from));
        }
        (self.words, self.sets) = (new, sets);
    }

    /// Puts into `slots` the kernels near a place, which is given on lines of length 1.
    pub(crate) fn find(&mut self, place: impl Iterator<Item = f64>, slots: &mut Vec<u32>) {
        self.common.clear();
        self.common.resize(self.words, u64::MAX);
        for (line, at) in place.enumerate() {
            let row = (line * BUCKETS + usize::from(bucket(at))) * self.words;
            let set = self.sets.get(row..row + self.words).unwrap_or_default();
            self.common.iter_mut().zip(set).for_each(|(common, word)| *common &= word);
        }
        slots.clear();
        for (i, word) in self.common.iter().enumerate() {
            let mut left = *word;
            while left != 0 {
                slots.push((i * WORD) as u32 + left.trailing_zeros());
                left &= left - 1;
            }
        }
    }
}

fn bucket(at: f64) -> u8 {
    // As a float is made an integer it is held within the latter's range.
    ((at * BUCKETS as f64) as u8).min(BUCKETS as u8 - 1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn what_is_found_is_what_reaches_the_place(
            kernels in proptest::collection::vec((0..150usize, 0.0..1.0f64, 0.0..1.0f64, 0.001..0.1f64), 1..200),
            (x, y) in (0.0..1.0f64, 0.0..1.0f64),
        ) {
            let mut nearby = Nearby::new(2);
            let mut now = std::collections::BTreeMap::new();
            for (slot, a, b, width) in kernels {
                if now.remove(&slot).is_some() {
                    nearby.clear(slot);
                } else {
                    nearby.set(slot, 0, a, width);
                    nearby.set(slot, 1, b, width);
                    now.insert(slot, (a, b, width));
                }
            }
            let mut found = Vec::new();
            nearby.find([x, y].into_iter(), &mut found);
            prop_assert!(found.is_sorted());
            for (slot, (a, b, width)) in now {
                let farthest = (a - x).abs().max((b - y).abs());
                let is_found = found.contains(&(slot as u32));
                prop_assert!(is_found || farthest >= REACH * width, "{slot} is missing");
                prop_assert!(!is_found || farthest <= REACH * width + 1.0 / 32.0, "{slot} is far");
            }
        }
    }
}
