//! From declarations to a space: `flatten` lays the tree out as parameters, `names` finds what expressions mean,
//! `order` puts deciders first.

mod domain;
mod flatten;
mod names;
mod order;

use flatten::Draft;

use crate::declaration::Declarations;
use crate::tree::{Condition, Parts};
use crate::{Parameter, Space, SpaceError};

impl Space {
    /// The space that `declarations` and the space constraints' expressions describe.
    ///
    /// # Errors
    /// The first thing that is wrong, with its key path: `space.optimizer.choice[0].momentum.float` for declarations,
    /// `space_constraint[0].expr` for constraints.
    pub fn build(declarations: &Declarations, constraints: &[&str]) -> Result<Space, SpaceError> {
        let draft = Draft::of(declarations)?;
        let draft = names::resolve(draft, constraints)?;
        Ok(order::arrange(draft).finish())
    }
}

/// A space whose formulas are read, with parameters in the order of the file.
struct Resolved {
    parameters: Vec<Parameter>,
    conditions: Vec<Condition>,
    parts: Parts,
    /// Where each parameter is declared.
    keys: Vec<String>,
}

impl Resolved {
    fn finish(self) -> Space {
        Space::assemble(self.parameters, self.conditions, self.parts)
    }
}
