//! What the evolutionary samplers share: who was tried and with what result, and how a new configuration is made of
//! good ones.
//!
//! All of them are asynchronous: there are no generations that would wait for their last trial. Each trial that ends
//! joins the population at once and the worst member leaves it; each ask breeds from the population as it is. So the
//! population is a fold of what happened, in its order, and a proposal follows from it and from the decision's stream
//! (invariant HISTORY).

mod breeder;
mod fronts;
mod gene;
mod genetic;
mod individual;
mod orders;
mod polynomial;

pub(crate) use breeder::Breeder;
pub(crate) use fronts::{Fronts, crowding_of, front, ranks};
pub(crate) use gene::stepped;
pub(crate) use genetic::{Child, Genetic, Survivors};
pub(crate) use individual::{Individual, Trials};

/// A population may have so many members: sorting them into fronts takes a time that grows with their square.
pub(crate) const MOST_MEMBERS: u32 = 100_000;
