//! Which trials are drawn where there are too many to draw.

use crate::summary::ranked;
use crate::view::{State, View};

/// At most `budget` rows that have a value, in the order of trials: the `best` ones, and an even sample of the rest.
/// A smaller sample is part of a larger one, so that pointing at a trial finds it in most charts.
pub(super) fn pick(view: &View, objective: usize, budget: usize, best: usize) -> Vec<usize> {
    let drawable = |i: &usize| {
        let row = &view.rows[*i];
        matches!(row.state, State::Complete | State::Pruned) && row.value(objective).is_some()
    };
    let mut rest: Vec<usize> = (0..view.rows.len()).filter(drawable).collect();
    if rest.len() <= budget {
        return rest;
    }
    let mut kept: Vec<usize> = ranked(view, objective).into_iter().take(best.min(budget)).collect();
    let chosen: std::collections::HashSet<usize> = kept.iter().copied().collect();
    rest.retain(|i| !chosen.contains(i));
    // By a hash of the number and not every k-th: trials come in batches, and a fixed stride would fall in step.
    rest.sort_by_key(|&i| scatter(view.rows[i].number));
    kept.extend(rest.into_iter().take(budget - kept.len()));
    kept.sort_unstable();
    kept
}

/// A fixed scattering of numbers over all of `u64` (SplitMix64, Steele et al. 2014).
pub(super) fn scatter(number: u64) -> u64 {
    let mut z = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A fixed place in −0.5…0.5 for a trial inside a category's strip.
pub(super) fn jitter(number: u64) -> f64 {
    (scatter(!number) >> 11) as f64 / (1u64 << 53) as f64 - 0.5
}

/// What a reader is told where `drawn` of `all` were drawn.
pub(super) fn note(drawn: usize, all: usize) -> Option<String> {
    (drawn < all).then(|| {
        let (drawn, all) = (crate::format::count(drawn), crate::format::count(all));
        format!("{drawn} of {all} trials are drawn: the best ones and an even sample of the rest.")
    })
}

/// How many rows could be drawn.
pub(super) fn drawable(view: &View, objective: usize) -> usize {
    let with_value = |row: &&crate::view::Row| {
        matches!(row.state, State::Complete | State::Pruned) && row.value(objective).is_some()
    };
    view.rows.iter().filter(with_value).count()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::{Direction, Objective, Row};
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_best_are_kept_and_the_budget_holds(count in 0..400usize, budget in 4..100usize) {
            let rows = (0..count as u64).map(|n| Row {
                values: vec![(scatter(n) % 1_000) as f64], ..Row::new(n, State::Complete, vec![])
            });
            let objectives = vec![Objective { name: "y".into(), direction: Direction::Minimize }];
            let view = View { rows: rows.collect(), objectives, ..View::default() };
            let kept = pick(&view, 0, budget, budget / 4);
            prop_assert_eq!(kept.len(), count.min(budget));
            prop_assert!(kept.windows(2).all(|w| w[0] < w[1]));
            for best in ranked(&view, 0).into_iter().take(budget / 4) {
                prop_assert!(kept.contains(&best));
            }
        }

        #[test]
        fn jitter_stays_in_the_strip(number in any::<u64>()) {
            prop_assert!((-0.5..=0.5).contains(&jitter(number)));
        }
    }
}
