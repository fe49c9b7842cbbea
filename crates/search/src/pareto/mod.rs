//! The maths of several objectives: who dominates whom, how much of the objective space a front covers, and where
//! it bends.
//!
//! All objectives are minimised, all points have the same number of values, and no value is NaN; infinite ones are
//! allowed. Constraints count by the size of their violation: see [`total_violation`] and [`constrained_ranks`].

mod boxes;
mod crowding;
mod front;
mod hull;
mod hypervolume;
mod knee;
mod ranks;
mod staircase;
mod subset;

pub use boxes::{Cell, non_dominated_cells};
pub use crowding::crowding;
pub use front::Front;
pub use hull::LowerHull;
pub use hypervolume::{contributions, hypervolume};
pub use knee::knee;
pub use ranks::{constrained_ranks, non_dominated, ranks, total_violation};
pub use subset::greedy_subset;

/// Whether `a` is as good as `b` in every objective and better in one.
pub fn dominates(a: &[f64], b: &[f64]) -> bool {
    let mut better = false;
    for (a, b) in a.iter().zip(b) {
        if a > b {
            return false;
        }
        better |= a < b;
    }
    better
}

/// Whether `a` is as good as `b` in every objective.
pub fn weakly_dominates(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a <= b)
}

#[cfg(test)]
mod tests;
