//! Which parameters of an objective come and go together: all that is known of the conditions under which it asks for
//! them.

use std::collections::BTreeMap;
use std::sync::Arc;

/// The groups of parameters that were either all there or all absent in each trial so far.
#[derive(Clone, Debug)]
pub(crate) struct Together {
    /// The group of each parameter.
    groups: Vec<usize>,
    count: usize,
}

impl Together {
    /// So many parameters, of which nothing was seen yet: one group.
    pub(crate) fn new(parameters: usize) -> Self {
        Together { groups: vec![0; parameters], count: usize::from(parameters > 0) }
    }

    /// Sees which parameters a trial has; whether a group is two from now on.
    pub(crate) fn see(&mut self, has: impl Fn(usize) -> bool) -> bool {
        let mut first: Vec<Option<bool>> = vec![None; self.count];
        let alike = |(i, &group): (usize, &usize)| *first[group].get_or_insert(has(i)) == has(i);
        if self.groups.iter().enumerate().all(alike) {
            return false;
        }
        let mut names = BTreeMap::new();
        for (i, group) in self.groups.iter_mut().enumerate() {
            let next = names.len();
            *group = *names.entry((*group, has(i))).or_insert(next);
        }
        self.count = names.len();
        true
    }

    /// The group of each parameter; `None` where all were always there.
    pub(crate) fn groups(&self) -> Option<Arc<[usize]>> {
        (self.count > 1).then(|| self.groups.as_slice().into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_there_without_the_other_is_in_another_group() {
        let mut together = Together::new(5);
        assert!(!together.see(|_| true) && together.groups().is_none());
        // 0 and 1 always; 2 and 3 under one condition, 4 under another.
        assert!(together.see(|i| i != 4));
        assert!(together.see(|i| i < 2 || i == 4));
        assert!(!together.see(|i| i != 4) && !together.see(|i| i < 2));
        let groups = together.groups().unwrap();
        let alike = |a: usize, b: usize| groups[a] == groups[b];
        assert!(alike(0, 1) && alike(2, 3) && !alike(0, 2) && !alike(2, 4) && !alike(0, 4));
    }
}
