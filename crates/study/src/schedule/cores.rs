//! Which cores are free, as a set of bits; a run gets neighbours where it can.

/// Numbered cores, each held by nobody or by somebody. Restored leases may name a core twice or one that is not
/// here; both are counted, so that what they release is what they held.
#[derive(Clone, Debug)]
pub(super) struct Cores {
    /// Ascending; a core's place in here is its bit.
    indices: Vec<u32>,
    /// 1 where nobody holds it.
    free: Vec<u64>,
    /// How many hold it; above 1 only by restored leases.
    holders: Vec<u32>,
}

impl Cores {
    pub(super) fn new(indices: &[u32]) -> Self {
        let mut indices = indices.to_vec();
        indices.sort_unstable();
        indices.dedup();
        let count = indices.len();
        let mut free = vec![u64::MAX; count.div_ceil(64)];
        if let Some(last) = free.last_mut().filter(|_| !count.is_multiple_of(64)) {
            *last = (1 << (count % 64)) - 1;
        }
        Cores { holders: vec![0; count], indices, free }
    }

    pub(super) fn count(&self) -> usize {
        self.indices.len()
    }

    /// Takes `width` free cores: the smallest stretch of neighbours that has room, so that wide stretches stay;
    /// else the widest stretches. Ascending. Fewer than `width` only when there are not that many.
    pub(super) fn take(&mut self, width: usize) -> Vec<u32> {
        let mut places = Vec::with_capacity(width);
        while places.len() < width {
            let missing = width - places.len();
            let Some((start, length)) = self.stretch(missing) else { break };
            for place in start..start + length.min(missing) {
                self.hold(place);
                places.push(place);
            }
        }
        places.sort_unstable();
        places.into_iter().map(|place| self.indices[place]).collect()
    }

    /// The smallest free stretch of at least `width`, else the widest of all; the lowest of equals.
    fn stretch(&self, width: usize) -> Option<(usize, usize)> {
        let mut best: Option<(usize, usize)> = None;
        let mut from = 0;
        while let Some(start) = self.next(from, true) {
            let end = self.next(start, false).unwrap_or(self.count());
            let length = end - start;
            if length == width {
                return Some((start, length));
            }
            let better = best.is_none_or(|(_, best)| match (best >= width, length >= width) {
                (true, true) => length < best,
                (fits, _) => !fits && length > best,
            });
            if better {
                best = Some((start, length));
            }
            from = end;
        }
        best
    }

    /// The first place from `from` on that is free, or held.
    fn next(&self, from: usize, free: bool) -> Option<usize> {
        let mut word = from / 64;
        let mut mask = u64::MAX << (from % 64);
        while let Some(&bits) = self.free.get(word) {
            let bits = (if free { bits } else { !bits }) & mask;
            if bits != 0 {
                let place = word * 64 + bits.trailing_zeros() as usize;
                return (place < self.count()).then_some(place);
            }
            word += 1;
            mask = u64::MAX;
        }
        None
    }

    /// Holds cores by their index; those that are not here are passed by.
    pub(super) fn claim(&mut self, cores: &[u32]) {
        for core in cores {
            if let Ok(place) = self.indices.binary_search(core) {
                self.hold(place);
            }
        }
    }

    /// Gives cores back by their index.
    pub(super) fn give(&mut self, cores: &[u32]) {
        for core in cores {
            if let Ok(place) = self.indices.binary_search(core) {
                self.holders[place] = self.holders[place].saturating_sub(1);
                if self.holders[place] == 0 {
                    self.free[place / 64] |= 1 << (place % 64);
                }
            }
        }
    }

    fn hold(&mut self, place: usize) {
        self.holders[place] += 1;
        self.free[place / 64] &= !(1 << (place % 64));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_gets_neighbours_from_the_smallest_stretch_with_room() {
        let mut cores = Cores::new(&(0..130).collect::<Vec<_>>());
        assert_eq!(cores.take(3), [0, 1, 2]);
        assert_eq!(cores.take(2), [3, 4]);
        assert_eq!(cores.take(120), (5..125).collect::<Vec<_>>());
        cores.give(&[0, 1, 2]);
        assert_eq!(cores.take(2), [0, 1]);
        cores.give(&[0, 1]);
        assert_eq!(cores.take(7), [0, 1, 125, 126, 127, 128, 129]);
        assert_eq!(cores.take(2), [2]);
    }

    #[test]
    fn a_core_held_twice_is_free_after_both_gave_it_back() {
        let mut cores = Cores::new(&[4, 6]);
        cores.claim(&[4, 9]);
        cores.claim(&[4]);
        cores.give(&[4, 9]);
        assert_eq!(cores.take(2), [6]);
        cores.give(&[4]);
        assert_eq!(cores.take(1), [4]);
    }
}
