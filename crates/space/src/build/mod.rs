//! From declarations to a space: `flatten` lays the tree out as parameters, `names` finds what expressions mean,
//! `order` puts deciders first. Each notes what is wrong and goes on with the rest.

mod domain;
mod flatten;
mod mistakes;
mod names;
mod order;

use flatten::Draft;

use crate::declaration::Declarations;
use crate::tree::{Condition, Parts};
use crate::{Parameter, Space, SpaceErrors};

impl Space {
    /// The space that `declarations` and the space constraints' expressions describe.
    ///
    /// # Errors
    /// All that is wrong, each with its key path: `space.optimizer.choice[0].momentum.float` for declarations,
    /// `space_constraint[0].expr` for constraints. What follows from another mistake only is left out.
    pub fn build(declarations: &Declarations, constraints: &[&str]) -> Result<Space, SpaceErrors> {
        let resolved = names::resolve(Draft::of(declarations), constraints)?;
        let mut arranged = order::arrange(resolved);
        names::forget_what_always_holds(&mut arranged);
        Ok(arranged.finish())
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
