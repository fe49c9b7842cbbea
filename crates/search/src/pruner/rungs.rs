//! The rungs of successive halving: how far trials run before they are compared.

use crate::Level;

/// Rungs at `min_resource` × η⁽ˢ⁺ᵏ⁾ for k = 0, 1, …, and at the top, where there is one, the most that a trial gets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rungs {
    first: u64,
    factor: u64,
    top: Option<u64>,
}

impl Rungs {
    /// Rungs from a first level, the reduction factor η, the early-stopping rate s, and the top. Levels beyond 2⁶⁴ − 1
    /// are none; a first level of 0 counts as 1, a factor below 2 as 2.
    pub fn new(min_resource: u64, reduction_factor: u64, early_stopping_rate: u32, top: Option<u64>) -> Self {
        let factor = reduction_factor.max(2);
        let first = min_resource.max(1).saturating_mul(factor.saturating_pow(early_stopping_rate));
        Rungs { first, factor, top }
    }

    /// The level of rung `k`, from 0; `None` above the top.
    pub fn level(&self, k: u32) -> Option<Level> {
        let level = self.factor.checked_pow(k).and_then(|power| self.first.checked_mul(power));
        match self.top {
            None => level.map(Level),
            Some(top) => match level {
                Some(level) if level < top => Some(Level(level)),
                // The rung after the last one below the top is the top.
                _ if k == self.below_top() => Some(Level(top)),
                _ => None,
            },
        }
    }

    /// How many rungs lie below the top.
    fn below_top(&self) -> u32 {
        let below = |level: &u64| self.top.is_none_or(|top| *level < top);
        let levels = std::iter::successors(Some(self.first), |level| level.checked_mul(self.factor));
        // At most 64, since the factor is at least 2.
        u32::try_from(levels.take_while(below).count()).unwrap_or(u32::MAX)
    }

    /// The level of rung `k` if trials are compared there: those that come to the top have run to their end.
    pub fn compared_at(&self, k: u32) -> Option<Level> {
        self.level(k).filter(|level| self.top.is_none_or(|top| level.0 < top))
    }

    /// All rungs in which trials are compared, the lowest first.
    pub fn compared(&self) -> impl Iterator<Item = Level> {
        let rungs = *self;
        (0..).map_while(move |k| rungs.compared_at(k))
    }

    /// All levels that trials run to, the lowest first.
    pub fn levels(&self) -> impl Iterator<Item = Level> {
        let rungs = *self;
        (0..).map_while(move |k| rungs.level(k))
    }

    /// The most that a trial gets.
    pub fn top(&self) -> Option<Level> {
        self.top.map(Level)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn levels(rungs: Rungs) -> Vec<u64> {
        rungs.levels().map(|level| level.0).collect()
    }

    #[test]
    fn the_papers_rungs_are_1_3_9_27_81() {
        assert_eq!(levels(Rungs::new(1, 3, 0, Some(81))), [1, 3, 9, 27, 81]);
        assert_eq!(levels(Rungs::new(1, 3, 2, Some(81))), [9, 27, 81]);
        assert_eq!(Rungs::new(1, 3, 0, Some(81)).compared().count(), 4);
    }

    #[test]
    fn a_top_that_is_no_power_is_a_rung_all_the_same() {
        assert_eq!(levels(Rungs::new(1, 4, 0, Some(100))), [1, 4, 16, 64, 100]);
        assert_eq!(levels(Rungs::new(5, 2, 0, Some(5))), [5]);
    }

    #[test]
    fn without_a_top_there_is_a_rung_after_each_to_the_end_of_numbers() {
        let levels = levels(Rungs::new(1, 2, 0, None));
        assert_eq!((levels.len(), levels[63]), (64, 1 << 63));
        assert_eq!(Rungs::new(u64::MAX, 2, 3, None).level(1), None);
    }

    proptest! {
        #[test]
        fn levels_rise_to_the_top(min in 1..50u64, factor in 2..9u64, s in 0..4u32, top in 1..100_000u64) {
            let levels = levels(Rungs::new(min, factor, s, Some(top)));
            prop_assert_eq!(levels.last(), Some(&top));
            prop_assert!(levels.windows(2).all(|pair| pair[0] < pair[1]));
        }
    }
}
