//! Choice domains.

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::{Json, Stream, error::DomainError};

/// One of several options.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Form", into = "Form")]
pub struct ChoiceDomain {
    options: Box<[ChoiceOption]>,
    weights: Box<[f64]>,
    ordered: bool,
    even: bool,
}

/// One option of a choice.
#[derive(Clone, Debug, PartialEq)]
pub struct ChoiceOption {
    /// What it is called in records: a scalar, unlike all other labels of the choice.
    pub label: Json,
    /// What the program gets: the label itself, or any JSON value.
    pub value: Json,
    /// Its share among draws, relative to the other options'; 1 where none is given.
    pub weight: f64,
}

impl ChoiceOption {
    /// An option that stands for itself.
    pub fn literal(label: impl Into<Json>) -> Self {
        let label = label.into();
        ChoiceOption { value: label.clone(), label, weight: 1.0 }
    }

    /// What expressions and placeholders see: the value where it is a scalar, else the label.
    pub fn shown(&self) -> &Json {
        if self.value.is_array() || self.value.is_object() { &self.label } else { &self.value }
    }
}

/// What a domain is written as in the log: what is the usual is left out.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Form {
    labels: Vec<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    values: Option<Vec<Json>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    weights: Option<Vec<f64>>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    ordered: bool,
}

/// The first two options of the same label; of a million as well.
pub(crate) fn repeated(options: &[ChoiceOption]) -> Option<(usize, usize)> {
    let mut places: IndexMap<&Json, usize> = IndexMap::with_capacity(options.len());
    options.iter().enumerate().find_map(|(i, option)| Some((places.insert(&option.label, i)?, i)))
}

impl ChoiceDomain {
    /// A choice among `options`; `ordered` says that neighbours in the list are alike.
    pub fn new(options: Vec<ChoiceOption>, ordered: bool) -> Result<Self, DomainError> {
        if options.is_empty() {
            return Err(DomainError::new("choice", "there is no option").hint("list at least one"));
        }
        for (i, option) in options.iter().enumerate() {
            if option.label.is_array() || option.label.is_object() {
                return Err(DomainError::new("choice", format!("the label of option {i} is not a scalar")));
            }
            if !(option.weight.is_finite() && option.weight >= 0.0) {
                let message = format!("the weight {} is not a number ≥ 0", option.weight);
                return Err(DomainError::new("weights", message));
            }
        }
        if let Some((j, i)) = repeated(&options) {
            let message = format!("options {j} and {i} are both {}", options[i].label);
            return Err(DomainError::new("choice", message).hint("each option needs a name of its own"));
        }
        let weights: Box<[f64]> = options.iter().map(|o| o.weight).collect();
        if weights.iter().sum::<f64>() <= 0.0 {
            return Err(
                DomainError::new("weights", "all weights are 0").hint("at least one option must be likely")
            );
        }
        let even = weights.iter().all(|w| *w == weights[0]);
        Ok(ChoiceDomain { options: options.into(), weights, ordered, even })
    }

    /// A choice of `false` and `true`, in that order.
    pub fn boolean() -> Self {
        let options = Box::new([ChoiceOption::literal(false), ChoiceOption::literal(true)]);
        ChoiceDomain { options, weights: Box::new([1.0, 1.0]), ordered: false, even: true }
    }

    /// The options in their order.
    pub fn options(&self) -> &[ChoiceOption] {
        &self.options
    }

    /// The options' weights, in their order.
    pub fn weights(&self) -> &[f64] {
        &self.weights
    }

    /// Whether neighbours in the list are alike.
    pub fn ordered(&self) -> bool {
        self.ordered
    }

    /// The number of options.
    #[allow(clippy::len_without_is_empty, reason = "a choice without options cannot be made")]
    pub fn len(&self) -> usize {
        self.options.len()
    }

    /// The index of the option with this label. 1 and 1.0 are one label where only one of them is there.
    pub fn find(&self, label: &Json) -> Option<u32> {
        let same = |option: &ChoiceOption| option.label == *label;
        let alike = |option: &ChoiceOption| match (option.label.as_f64(), label.as_f64()) {
            (Some(a), Some(b)) => a == b,
            _ => false,
        };
        let found = self.options.iter().position(same).or_else(|| self.options.iter().position(alike));
        found.map(|i| i as u32)
    }

    /// An option drawn by weight.
    pub fn sample(&self, stream: &mut Stream) -> u32 {
        if self.even {
            stream.below(self.options.len() as u64) as u32
        } else {
            stream.weighted(&self.weights) as u32
        }
    }

    /// The middle of the option's cell in [0, 1]; all cells are equal, whatever the weights.
    pub fn to_unit(&self, option: u32) -> f64 {
        (f64::from(option) + 0.5) / self.options.len() as f64
    }

    /// The option at `u` in [0, 1].
    pub fn from_unit(&self, u: f64) -> u32 {
        ((u * self.options.len() as f64) as u32).min(self.options.len() as u32 - 1)
    }
}

impl TryFrom<Form> for ChoiceDomain {
    type Error = DomainError;

    fn try_from(form: Form) -> Result<Self, DomainError> {
        let Form { labels, values, weights, ordered } = form;
        let count = labels.len();
        let values = values.unwrap_or_else(|| labels.clone());
        let weights = weights.unwrap_or_else(|| vec![1.0; count]);
        if values.len() != count || weights.len() != count {
            return Err(DomainError::new("choice", "labels, values and weights are not of one length"));
        }
        let options = labels.into_iter().zip(values).zip(weights);
        let options = options.map(|((label, value), weight)| ChoiceOption { label, value, weight });
        ChoiceDomain::new(options.collect(), ordered)
    }
}

impl From<ChoiceDomain> for Form {
    fn from(domain: ChoiceDomain) -> Form {
        let plain = domain.options.iter().all(|o| o.label == o.value);
        let labels = domain.options.iter().map(|o| o.label.clone()).collect();
        let values = (!plain).then(|| domain.options.iter().map(|o| o.value.clone()).collect());
        let weights = (domain.weights.iter().any(|w| *w != 1.0)).then(|| domain.weights.to_vec());
        Form { labels, values, weights, ordered: domain.ordered }
    }
}
