//! Repetitions: the axes that a configuration is run over, and how their results become one.

mod axis;
mod fold;
mod statistic;

pub(crate) use axis::check;
pub use axis::{Axis, Statistic, coordinates, repetitions};
pub(crate) use fold::{Ranking, fold, partial, spread};
