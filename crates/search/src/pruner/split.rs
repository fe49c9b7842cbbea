//! Numbers of which only one order statistic is ever asked for: the k lowest on one side, the others on the other,
//! so that taking one in costs a logarithm and asking nothing.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;

/// A number in its total order; only numbers that are not NaN are put here.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ordered(pub(crate) f64);

impl Ord for Ordered {
    fn cmp(&self, other: &Self) -> Ordering {
        self.0.total_cmp(&other.0)
    }
}

impl PartialOrd for Ordered {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Ordered {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Ordered {}

/// The numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Split {
    lower: BinaryHeap<Ordered>,
    upper: BinaryHeap<Reverse<Ordered>>,
}

impl Split {
    pub(crate) fn len(&self) -> usize {
        self.lower.len() + self.upper.len()
    }

    /// Takes in a number; `lower` is how many of all, this one included, are on the lower side from now on.
    pub(crate) fn insert(&mut self, value: f64, lower: usize) {
        if self.lower.peek().is_some_and(|highest| Ordered(value) < *highest) {
            self.lower.push(Ordered(value));
        } else {
            self.upper.push(Reverse(Ordered(value)));
        }
        while self.lower.len() > lower
            && let Some(value) = self.lower.pop()
        {
            self.upper.push(Reverse(value));
        }
        while self.lower.len() < lower
            && let Some(Reverse(value)) = self.upper.pop()
        {
            self.lower.push(value);
        }
    }

    /// The highest on the lower side.
    pub(crate) fn last_of_lower(&self) -> Option<f64> {
        self.lower.peek().map(|value| value.0)
    }

    /// The lowest on the upper side.
    pub(crate) fn first_of_upper(&self) -> Option<f64> {
        self.upper.peek().map(|value| value.0.0)
    }

    /// How many are on the lower side.
    pub(crate) fn lower(&self) -> usize {
        self.lower.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn it_is_the_sorted_list_cut_in_two(values in prop::collection::vec(-5..5i32, 1..60), share in 0.0..1.0f64) {
            let mut split = Split::default();
            let mut sorted: Vec<f64> = Vec::new();
            for value in values {
                let value = f64::from(value);
                sorted.push(value);
                sorted.sort_by(f64::total_cmp);
                let lower = (share * sorted.len() as f64) as usize;
                split.insert(value, lower);
                prop_assert_eq!(split.lower(), lower);
                prop_assert_eq!(split.len(), sorted.len());
                prop_assert_eq!(split.last_of_lower(), lower.checked_sub(1).map(|i| sorted[i]));
                prop_assert_eq!(split.first_of_upper(), sorted.get(lower).copied());
            }
        }
    }
}
