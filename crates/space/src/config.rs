//! The configuration that a program gets, and what single names are worth in it.

use std::collections::BTreeSet;

use serde_json::Map;

use crate::expr::{EvalError, EvalErrorKind, Lookup, Value};
use crate::tree::{Node, Seen, Target};
use crate::{Domain, Json, Point, Scalar, Space, SpaceError};

/// What a name stands for at one point.
#[derive(Clone, Debug, PartialEq)]
pub enum Found {
    /// A value: of an option that holds parameters its name, of a list all its elements.
    Value(Json),
    /// Something that is not there in this configuration.
    Inactive,
    /// Nothing in this space.
    Unknown,
}

impl Space {
    /// The configuration the program gets at `point`: nested as declared, in the order of the file, with constants and
    /// tied values, without what is inactive.
    ///
    /// A choice with options that hold parameters is a table of the option's `name` and its entries; other choices are
    /// their option's value. A tied value that cannot be computed is left out; [`validate`](Self::validate) says why.
    pub fn resolve(&self, point: &Point) -> Json {
        Json::Object(self.table(&self.parts().root, point))
    }

    fn table(&self, entries: &[(String, Node)], point: &Point) -> Map<String, Json> {
        let value = |(key, node): &(String, Node)| self.node(node, point).map(|value| (key.clone(), value));
        entries.iter().filter_map(value).collect()
    }

    fn node(&self, node: &Node, point: &Point) -> Option<Json> {
        match node {
            Node::Constant(_) | Node::Tied(_) => {
                let target = match node {
                    Node::Tied(k) => Target::Tied(*k),
                    Node::Constant(k) => Target::Constant(*k),
                    _ => return None,
                };
                match self.found(&target, point) {
                    Found::Value(value) => Some(value),
                    Found::Inactive | Found::Unknown => None,
                }
            }
            Node::Parameter(i) => self.value(*i, point),
            Node::List(k) => {
                let list = &self.parts().lists[*k];
                let count = list.len_at(self, point)?;
                Some(list.nodes[..count].iter().filter_map(|node| self.node(node, point)).collect())
            }
            Node::Choice(i, options) => {
                let option = point.get(*i)?.option()?;
                let Some(Some(entries)) = options.get(option as usize) else { return self.value(*i, point) };
                let mut table = Map::new();
                table.insert("name".to_owned(), self.value(*i, point)?);
                table.extend(self.table(entries, point));
                Some(Json::Object(table))
            }
        }
    }

    /// A parameter's value as the program gets it.
    fn value(&self, i: usize, point: &Point) -> Option<Json> {
        let value = point.get(i)?;
        match (&self.parameters()[i].domain, value) {
            (Domain::Choice(d), Scalar::Choice(k)) => {
                d.options().get(*k as usize).map(|option| option.value.clone())
            }
            (domain, value) => Some(domain.to_json(value)),
        }
    }

    /// What `name` is worth at `point`, for placeholders: `lr`, `optimizer` (the option's name), `optimizer.beta1` (of
    /// the option that was taken), `optimizer.adam.beta1`, `units` (all elements), `units[0]`, `patience`, `width2`.
    pub fn lookup(&self, point: &Point, name: &str) -> Found {
        match self.parts().names.get(name) {
            Some(target) => self.found(target, point),
            None => Found::Unknown,
        }
    }

    /// Every name that [`lookup`](Self::lookup) and expressions know.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parts().names.keys().map(String::as_str)
    }

    /// The parameters that decide what `name` is worth; none for an unknown name or a constant.
    pub fn parameters_of(&self, name: &str) -> BTreeSet<usize> {
        let mut found = BTreeSet::new();
        if let Some(target) = self.parts().names.get(name) {
            target.parameters(self.parts(), &mut |i| {
                found.insert(i);
            });
        }
        found
    }

    fn found(&self, target: &Target, point: &Point) -> Found {
        match target {
            Target::Parameter(i) => match (&self.parameters()[*i].domain, point.get(*i)) {
                (_, None) => Found::Inactive,
                (Domain::Choice(d), Some(Scalar::Choice(k))) => d
                    .options()
                    .get(*k as usize)
                    .map_or(Found::Inactive, |option| Found::Value(option.shown().clone())),
                (domain, Some(value)) => Found::Value(domain.to_json(value)),
            },
            Target::Constant(k) => {
                let constant = &self.parts().constants[*k];
                if constant.condition.holds(self, point) {
                    Found::Value(constant.value.clone())
                } else {
                    Found::Inactive
                }
            }
            Target::Tied(k) => match self.tied(*k, point) {
                Ok(Some(value)) => Found::Value(value.to_json()),
                Ok(None) | Err(_) => Found::Inactive,
            },
            Target::List(k) => {
                let list = &self.parts().lists[*k];
                let Some(count) = list.len_at(self, point) else { return Found::Inactive };
                let value = |i: &usize| match self.found(&Target::Parameter(*i), point) {
                    Found::Value(value) => Some(value),
                    Found::Inactive | Found::Unknown => None,
                };
                Found::Value(list.elements[..count].iter().filter_map(value).collect())
            }
            Target::Chosen(choice, options) => {
                let option = point.get(*choice).and_then(Scalar::option);
                match option.and_then(|k| options.get(k as usize)?.as_ref()) {
                    Some(target) => self.found(target, point),
                    None => Found::Inactive,
                }
            }
        }
    }

    /// What a name is worth to expressions.
    pub(crate) fn value_of(&self, target: &Target, point: &Point) -> Lookup {
        match target {
            // The usual names take no detour through JSON.
            Target::Parameter(i) => match point.get(*i) {
                Some(Scalar::Float(x)) => Lookup::Value(Value::Float(*x)),
                Some(Scalar::Int(n)) => Lookup::Value(Value::Int(*n)),
                _ => self.shown(target, point),
            },
            Target::Tied(k) => match self.tied(*k, point) {
                Ok(Some(value)) => Lookup::Value(value),
                Ok(None) | Err(_) => Lookup::Inactive,
            },
            _ => self.shown(target, point),
        }
    }

    fn shown(&self, target: &Target, point: &Point) -> Lookup {
        match self.found(target, point) {
            Found::Value(json) => Value::from_json(&json).map_or(Lookup::Inactive, Lookup::Value),
            Found::Inactive => Lookup::Inactive,
            Found::Unknown => Lookup::Unknown,
        }
    }

    /// The tied value with this number; `None` where it, or something that it needs, is inactive.
    fn tied(&self, k: usize, point: &Point) -> Result<Option<Value>, EvalError> {
        let tied = &self.parts().tied[k];
        if !tied.condition.holds(self, point) {
            return Ok(None);
        }
        match tied.formula.expr.eval(&Seen { names: &tied.formula.names, space: self, point }) {
            Ok(Value::Float(x)) if tied.int && x.abs() < 9e15 => Ok(Some(Value::Int(x.round() as i64))),
            Ok(value) => Ok(Some(value)),
            Err(EvalError { kind: EvalErrorKind::Inactive { .. }, .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Checks that the tied values of `point` can be computed; part of [`validate`](Self::validate).
    ///
    /// # Errors
    /// The first that cannot: its expression fails, is not finite, or is no integer that 64 bits hold.
    pub fn check_tied(&self, point: &Point) -> Result<(), SpaceError> {
        for (k, tied) in self.parts().tied.iter().enumerate() {
            let error = match self.tied(k, point) {
                Ok(Some(Value::Float(x))) if !x.is_finite() => {
                    SpaceError::new(&tied.path, format!("its value is {x}"))
                }
                Ok(Some(Value::Float(x))) if tied.int => {
                    SpaceError::new(&tied.path, format!("its value {x} is beyond the whole numbers"))
                }
                Ok(_) => continue,
                Err(error) => SpaceError {
                    span: Some(error.span.clone()),
                    ..SpaceError::new(&tied.path, error.to_string())
                },
            };
            return Err(error.hint(format!("it is computed as {}", tied.formula.expr.source())));
        }
        Ok(())
    }
}
