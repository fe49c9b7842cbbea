//! Permutation domains.

use num_bigint::BigUint;
use serde::{Deserialize, Serialize};

use crate::{Json, Stream, error::DomainError};

/// The orders in which some items can stand.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct PermutationDomain {
    items: Box<[Json]>,
}

/// What a domain is written as in the log.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    items: Vec<Json>,
}

impl PermutationDomain {
    /// The orders of `items`, which differ from one another.
    pub fn new(items: Vec<Json>) -> Result<Self, DomainError> {
        if items.is_empty() {
            return Err(DomainError::new("permutation", "there is no item").hint("list at least one"));
        }
        for (i, item) in items.iter().enumerate() {
            if let Some(j) = items[..i].iter().position(|other| other == item) {
                let message = format!("items {j} and {i} are both {item}");
                return Err(DomainError::new("permutation", message).hint("each item needs to be there once"));
            }
        }
        Ok(PermutationDomain { items: items.into() })
    }

    /// The items in the order of the declaration.
    pub fn items(&self) -> &[Json] {
        &self.items
    }

    /// The number of items.
    #[allow(clippy::len_without_is_empty, reason = "a permutation without items cannot be made")]
    pub fn len(&self) -> usize {
        self.items.len()
    }

    /// How many orders there are: len!.
    pub fn count(&self) -> BigUint {
        (1..=self.items.len()).fold(BigUint::from(1u8), |product, n| product * n)
    }

    /// Whether `order` names each item once.
    pub fn contains(&self, order: &[u32]) -> bool {
        let mut seen = vec![false; self.items.len()];
        order.len() == seen.len()
            && order.iter().all(|i| seen.get_mut(*i as usize).is_some_and(|s| !std::mem::replace(s, true)))
    }

    /// An order drawn evenly.
    pub fn sample(&self, stream: &mut Stream) -> Box<[u32]> {
        let mut order: Box<[u32]> = (0..self.items.len() as u32).collect();
        stream.shuffle(&mut order);
        order
    }

    /// The index-th order in lexicographic order.
    pub fn nth(&self, index: &BigUint) -> Box<[u32]> {
        let mut rest = index.clone();
        let mut digits: Vec<usize> = (1..=self.items.len())
            .map(|radix| {
                let digit = &rest % radix;
                rest /= radix;
                usize::try_from(digit).unwrap_or(0)
            })
            .collect();
        digits.reverse();
        order_of(&digits)
    }

    /// Writes `order` as n−1 coordinates in [0, 1]: the middles of the cells of its Lehmer digits.
    pub fn to_unit(&self, order: &[u32], out: &mut [f64]) {
        for (i, u) in out.iter_mut().enumerate().take(order.len().saturating_sub(1)) {
            let digit = order[i + 1..].iter().filter(|later| **later < order[i]).count();
            *u = (digit as f64 + 0.5) / (order.len() - i) as f64;
        }
    }

    /// The order at n−1 coordinates in [0, 1].
    pub fn from_unit(&self, units: &[f64]) -> Box<[u32]> {
        let n = self.items.len();
        let digit = |i: usize| {
            let u = units.get(i).copied().unwrap_or(0.0);
            ((u * (n - i) as f64) as usize).min(n - i - 1)
        };
        order_of(&(0..n).map(digit).collect::<Vec<_>>())
    }
}

/// The order with these Lehmer digits: each says how many of the items still left are skipped.
fn order_of(digits: &[usize]) -> Box<[u32]> {
    let mut left: Vec<u32> = (0..digits.len() as u32).collect();
    digits.iter().map(|digit| left.remove(*digit)).collect()
}

impl TryFrom<Form> for PermutationDomain {
    type Error = DomainError;

    fn try_from(form: Form) -> Result<Self, DomainError> {
        PermutationDomain::new(form.items)
    }
}

impl From<PermutationDomain> for Form {
    fn from(domain: PermutationDomain) -> Form {
        Form { items: domain.items.into() }
    }
}
