//! A front that points are added to one by one.

use super::{dominates, weakly_dominates};

/// The points so far that no other dominates, with something that tells each. Of equal points the first is kept.
#[derive(Clone, Debug)]
pub struct Front<K> {
    members: Vec<(Box<[f64]>, K)>,
}

impl<K> Default for Front<K> {
    fn default() -> Self {
        Front { members: Vec::new() }
    }
}

impl<K> Front<K> {
    /// An empty front.
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a point and drops those that it dominates. Whether it is on the front now; one that is as another is not.
    pub fn insert(&mut self, values: &[f64], key: K) -> bool {
        if self.members.iter().any(|(member, _)| weakly_dominates(member, values)) {
            return false;
        }
        self.members.retain(|(member, _)| !dominates(values, member));
        self.members.push((values.into(), key));
        true
    }

    /// Whether a point of these values would change nothing.
    pub fn covers(&self, values: &[f64]) -> bool {
        self.members.iter().any(|(member, _)| weakly_dominates(member, values))
    }

    /// The members in the order in which they came.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&[f64], &K)> {
        self.members.iter().map(|(values, key)| (&**values, key))
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        self.members.len()
    }

    /// Whether nothing was added yet.
    pub fn is_empty(&self) -> bool {
        self.members.is_empty()
    }
}
