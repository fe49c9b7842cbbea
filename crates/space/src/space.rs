//! The space: its parameters, which of them are active when, and what is allowed.

use std::fmt;
use std::sync::OnceLock;

use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::count::{Plan, Size};
use crate::encoding::Encoding;
use crate::hash::{ConfigHash, Hasher};
use crate::tree::{Condition, Node, Parts, Target};
use crate::{Domain, Point, Scalar, SpaceError, Stream};

/// One thing to search.
#[derive(Clone, Debug, PartialEq)]
pub struct Parameter {
    /// `lr`, `optimizer`, `optimizer.adam.beta1`, `units[0]`.
    pub path: String,
    /// What values it can take.
    pub domain: Domain,
    /// The value of the first trial, and for ablations.
    pub default: Option<Scalar>,
    /// Where good values are believed to be.
    pub prior: Option<Belief>,
}

/// A belief about where good values lie. Samplers start from it and let it fade as results come in.
#[derive(Clone, Debug, PartialEq)]
pub struct Belief {
    /// The value believed to be good.
    pub at: Scalar,
    /// How firmly.
    pub confidence: Confidence,
}

/// How firmly something is believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, schemars::JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Confidence {
    /// A hunch.
    Low,
    /// Seen elsewhere.
    #[default]
    Medium,
    /// Well known.
    High,
}

/// What can be tried. Made by [`Space::from_domains`] or from a study file's declarations; never changes.
#[derive(Clone)]
pub struct Space {
    parameters: Vec<Parameter>,
    conditions: Vec<Condition>,
    parts: Parts,
    index: IndexMap<String, usize>,
    encoding: Encoding,
    hasher: Hasher,
    /// How its points are numbered; worked out when first asked for.
    plan: OnceLock<Option<Plan>>,
    size: OnceLock<Size>,
}

impl Space {
    /// A space without conditions: what a define-by-run study has seen.
    ///
    /// # Errors
    /// Where a name is there twice.
    pub fn from_domains(domains: impl IntoIterator<Item = (String, Domain)>) -> Result<Self, SpaceError> {
        let mut parameters: Vec<Parameter> = Vec::new();
        for (path, domain) in domains {
            if parameters.iter().any(|p| p.path == path) {
                return Err(SpaceError::new(path, "this name is there twice"));
            }
            parameters.push(Parameter { path, domain, default: None, prior: None });
        }
        let conditions = vec![Condition::default(); parameters.len()];
        let of = |(i, parameter): (usize, &Parameter)| (parameter.path.clone(), i);
        let parts = Parts {
            root: parameters.iter().enumerate().map(of).map(|(key, i)| (key, Node::Parameter(i))).collect(),
            names: parameters
                .iter()
                .enumerate()
                .map(of)
                .map(|(key, i)| (key, Target::Parameter(i)))
                .collect(),
            ..Parts::default()
        };
        Ok(Space::assemble(parameters, conditions, parts))
    }

    pub(crate) fn assemble(parameters: Vec<Parameter>, conditions: Vec<Condition>, parts: Parts) -> Self {
        let index = parameters.iter().enumerate().map(|(i, p)| (p.path.clone(), i)).collect();
        let encoding = Encoding::new(&parameters);
        let hasher = Hasher::new(&parameters);
        Space {
            parameters,
            conditions,
            parts,
            index,
            encoding,
            hasher,
            plan: OnceLock::new(),
            size: OnceLock::new(),
        }
    }

    /// The parameters, in an order in which what decides about a parameter's activity comes before it.
    pub fn parameters(&self) -> &[Parameter] {
        &self.parameters
    }

    /// The place in [`parameters`](Self::parameters) of the one with this path.
    pub fn index(&self, path: &str) -> Option<usize> {
        self.index.get(path).copied()
    }

    /// The choice and its option on which parameter `i` hangs, where that is its whole condition.
    pub fn parent(&self, i: usize) -> Option<(usize, u32)> {
        let condition = self.conditions.get(i)?;
        condition.option.filter(|_| condition.longer.is_none() && condition.when.is_none())
    }

    /// Whether parameter `i` is there for every configuration.
    pub fn is_always_active(&self, i: usize) -> bool {
        self.conditions.get(i).is_some_and(Condition::is_always)
    }

    /// Whether parameter `i` is active, given the earlier ones.
    pub fn is_active(&self, i: usize, point: &Point) -> bool {
        self.conditions.get(i).is_some_and(|condition| condition.holds(self, point))
    }

    /// A point made by asking `fill` for each active parameter's value, in order. It is given the point as far as it
    /// is made, and answers with a value of the parameter's domain.
    pub fn complete(&self, mut fill: impl FnMut(usize, &Point) -> Scalar) -> Point {
        let mut point = Point::empty(self.parameters.len());
        for i in 0..self.parameters.len() {
            if self.is_active(i, &point) {
                let value = fill(i, &point);
                debug_assert!(
                    self.parameters[i].domain.contains(&value),
                    "{value:?} is not in {:?}",
                    self.parameters[i]
                );
                point.set(i, Some(value));
            }
        }
        point
    }

    /// A point drawn from the ranges and weights, without regard to beliefs and space constraints.
    pub fn sample(&self, stream: &mut Stream) -> Point {
        self.complete(|i, _| self.parameters[i].domain.sample(stream))
    }

    /// Whether `point` keeps the space constraints.
    pub fn allows(&self, point: &Point) -> bool {
        self.parts.constraints.iter().all(|constraint| constraint.allows(self, point))
    }

    /// Whether there are space constraints.
    pub fn is_constrained(&self) -> bool {
        !self.parts.constraints.is_empty()
    }

    /// Checks that `point` is one of this space: each active parameter has a value of its domain, no inactive one has
    /// any, the space constraints hold, and the tied values can be computed.
    pub fn validate(&self, point: &Point) -> Result<(), SpaceError> {
        if point.len() != self.parameters.len() {
            let message =
                format!("a point of {} values in a space of {}", point.len(), self.parameters.len());
            return Err(SpaceError::new("point", message));
        }
        for (i, parameter) in self.parameters.iter().enumerate() {
            match (point.get(i), self.is_active(i, point)) {
                (None, false) => {}
                (None, true) => return Err(SpaceError::new(&parameter.path, "it has no value")),
                (Some(_), false) => {
                    let error = SpaceError::new(&parameter.path, "it has a value where it is not active");
                    return Err(error.hint("leave it out"));
                }
                (Some(value), true) if parameter.domain.contains(value) => {}
                (Some(value), true) => {
                    let message = format!("{value:?} is not {}", parameter.domain.describe());
                    return Err(SpaceError::new(&parameter.path, message));
                }
            }
        }
        self.check_tied(point)?;
        match self.parts.constraints.iter().find(|constraint| !constraint.allows(self, point)) {
            None => Ok(()),
            Some(broken) => {
                let error = SpaceError::new(&broken.key, "the configuration breaks this space constraint");
                Err(error.hint(format!("it must hold that {}", broken.expr.source())))
            }
        }
    }

    pub(crate) fn parts(&self) -> &Parts {
        &self.parts
    }

    pub(crate) fn condition(&self, i: usize) -> &Condition {
        &self.conditions[i]
    }

    pub(crate) fn plan(&self) -> Option<&Plan> {
        self.plan.get_or_init(|| Plan::of(self)).as_ref()
    }

    /// How many configurations there are. Worked out once: with space constraints on a finite space by trying each.
    pub fn size(&self) -> Size {
        self.size.get_or_init(|| self.count()).clone()
    }

    /// The coordinates of the unit cube.
    pub fn encoding(&self) -> &Encoding {
        &self.encoding
    }

    /// The identity of a configuration: of its active parameters' paths and values.
    pub fn hash(&self, point: &Point) -> ConfigHash {
        self.hasher.hash(point)
    }
}

impl fmt::Debug for Space {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Space").field("parameters", &self.parameters).finish_non_exhaustive()
    }
}
