//! All that is wrong with a space, so that one reading shows it.

use std::collections::BTreeSet;

use crate::{SpaceError, SpaceErrors};

/// What is wrong so far, and which names mean nothing because of it.
#[derive(Default)]
pub(super) struct Mistakes {
    found: Vec<SpaceError>,
    /// The last parts of the names whose declarations are wrong.
    lost: BTreeSet<String>,
}

impl Mistakes {
    pub(super) fn add(&mut self, error: SpaceError) {
        self.found.push(error);
    }

    /// The value, where there is one; else its error is noted.
    pub(super) fn keep<T>(&mut self, result: Result<T, SpaceError>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    /// Something of this name is declared, but wrongly: an expression that names it is not at fault.
    pub(super) fn lose(&mut self, name: &str) {
        self.lost.insert(name.to_owned());
    }

    /// Such names.
    pub(super) fn lost(&self) -> impl Iterator<Item = &str> {
        self.lost.iter().map(String::as_str)
    }

    /// Whether a name may mean something once the mistakes so far are mended.
    pub(super) fn explain(&self, name: &str) -> bool {
        name.split(['.', '[', ']']).any(|part| self.lost.contains(part))
    }

    pub(super) fn is_empty(&self) -> bool {
        self.found.is_empty()
    }

    /// `value`, or all that is wrong.
    pub(super) fn unless_any<T>(self, value: T) -> Result<T, SpaceErrors> {
        match SpaceErrors::of(self.found) {
            Some(errors) => Err(errors),
            None => Ok(value),
        }
    }
}
