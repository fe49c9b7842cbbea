//! What a study has found out about its parameters: which of them matter ([`ped_anova`], [`fanova`]), how the objective
//! depends on each ([`Dependence`]), and what to search next ([`hints`]).
//!
//! All of it is deterministic: the same trials, the same answer.

mod bins;
mod fanova;
mod hints;
mod ped;
mod samples;
mod tree;

pub use fanova::{Dependence, Fanova, FanovaOptions, Interaction, Piece, fanova};
pub use hints::{End, Hint, HintOptions, hints};
pub use ped::{Ped, PedOptions, PedPart, ped_anova};
pub use samples::{Axis, Samples};
