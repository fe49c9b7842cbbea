//! A configuration as samplers hold it: one slot for each parameter of the space.

use serde::{Deserialize, Serialize};

/// The value of one active parameter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Scalar {
    /// Of a float domain.
    Float(f64),
    /// Of an int domain.
    Int(i64),
    /// Of a choice domain: the index of the option. A bool is a choice of `[false, true]`.
    Choice(u32),
    /// Of a permutation domain: the items' indices in their order.
    Order(Box<[u32]>),
}

impl Scalar {
    /// The number, for floats and ints.
    pub fn number(&self) -> Option<f64> {
        match self {
            Scalar::Float(x) => Some(*x),
            Scalar::Int(n) => Some(*n as f64),
            Scalar::Choice(_) | Scalar::Order(_) => None,
        }
    }

    /// The option's index, for choices.
    pub fn option(&self) -> Option<u32> {
        match self {
            Scalar::Choice(index) => Some(*index),
            _ => None,
        }
    }
}

/// One value for each parameter of a [`Space`](crate::Space), in its order; `None` where inactive.
///
/// 24 bytes a parameter: a study of a million trials keeps its points in memory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Point(Box<[Option<Scalar>]>);

impl Point {
    /// A point of the given slots.
    pub fn new(slots: impl Into<Box<[Option<Scalar>]>>) -> Self {
        Point(slots.into())
    }

    /// A point of `len` inactive slots.
    pub fn empty(len: usize) -> Self {
        Point(vec![None; len].into_boxed_slice())
    }

    /// The value of parameter `i`; `None` where it is inactive.
    ///
    /// # Panics
    /// Where `i` is not less than [`len`](Self::len).
    pub fn get(&self, i: usize) -> Option<&Scalar> {
        self.0[i].as_ref()
    }

    /// Sets or clears the value of parameter `i`. Keeping to the space's conditions is the caller's affair;
    /// [`Space::complete`](crate::Space::complete) does.
    ///
    /// # Panics
    /// Where `i` is not less than [`len`](Self::len).
    pub fn set(&mut self, i: usize, value: Option<Scalar>) {
        self.0[i] = value;
    }

    /// The number of slots: of the space's parameters.
    pub fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether the space has no parameters.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// All slots in the space's order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = Option<&Scalar>> {
        self.0.iter().map(Option::as_ref)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slot_takes_24_bytes() {
        assert_eq!(size_of::<Option<Scalar>>(), 24);
        assert_eq!(size_of::<Point>(), 16);
    }
}
