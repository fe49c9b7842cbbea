//! Finds what the names in expressions stand for, and checks their types.

use std::cell::RefCell;
use std::sync::Arc;

use indexmap::IndexMap;

use super::flatten::{Draft, Gate, Source, unknown};
use super::{Resolved, order};
use crate::expr::{Expr, ExprError, Names, Type, Value};
use crate::tree::{Condition, Constant, Formula, List, Parts, Target, Tied};
use crate::{Domain, Json, SpaceError, nearest};

/// Reads all expressions of the draft and the space constraints.
pub(super) fn resolve(draft: Draft, constraints: &[&str]) -> Result<Resolved, SpaceError> {
    let mut names: IndexMap<String, Target> = IndexMap::new();
    for (name, target) in draft.names {
        if names.insert(name.clone(), target).is_some() {
            return Err(SpaceError::new("space", format!("the name `{name}` means two things")));
        }
    }
    let reader = Reader { names: &names };
    let mut conditions = Vec::new();
    let mut keys = Vec::new();
    for (gate, key) in draft.gates {
        conditions.push(reader.condition(&gate)?);
        keys.push(key);
    }
    let mut parts = Parts { root: draft.root, ..Parts::default() };
    for list in draft.lists {
        let length = list.length.map(|name| reader.length(&name)).transpose()?;
        let condition = reader.condition(&list.gate)?;
        parts.lists.push(List {
            path: list.path,
            condition,
            length,
            elements: list.elements,
            nodes: list.nodes,
        });
    }
    for (value, gate) in draft.constants {
        parts.constants.push(Constant { value, condition: reader.condition(&gate)? });
    }
    for tied in draft.tied {
        let (condition, formula) = (reader.condition(&tied.gate)?, reader.formula(&tied.source)?);
        parts.tied.push(Tied { path: tied.path, condition, formula, int: tied.int });
    }
    for (i, text) in constraints.iter().enumerate() {
        let key = format!("space_constraint[{i}].expr");
        let source = Source { text: (*text).to_owned(), key, scopes: vec![String::new()] };
        parts.constraints.push(reader.formula(&source)?);
    }
    parts.names = names;
    let resolved = Resolved { parameters: draft.parameters, conditions, parts, keys };
    order::refuse_cycles(&resolved)?;
    check_types(&resolved)?;
    Ok(resolved)
}

struct Reader<'a> {
    names: &'a IndexMap<String, Target>,
}

impl Reader<'_> {
    fn condition(&self, gate: &Gate) -> Result<Condition, SpaceError> {
        let longer = gate.longer.as_ref().map(|(name, than)| Ok((self.length(name)?, *than))).transpose()?;
        let when = gate.when.as_ref().map(|source| self.formula(source).map(Arc::new)).transpose()?;
        Ok(Condition { option: gate.option, longer, when })
    }

    fn length(&self, name: &str) -> Result<usize, SpaceError> {
        match self.names.get(name) {
            Some(Target::Parameter(i)) => Ok(*i),
            _ => Err(unknown("space", name, self.names.keys().map(String::as_str))),
        }
    }

    fn formula(&self, source: &Source) -> Result<Formula, SpaceError> {
        let expr = Expr::parse(&source.text).map_err(|error| in_expression(&source.key, error))?;
        let mut names = Vec::new();
        for (name, span) in expr.uses() {
            if names.iter().any(|(own, _)| own == name) {
                continue;
            }
            let target = source.scopes.iter().find_map(|scope| self.names.get(&format!("{scope}{name}")));
            match target {
                Some(target) => names.push((name.to_owned(), target.clone())),
                None => {
                    let known = self.names.keys().map(String::as_str);
                    let error = ExprError {
                        message: format!("there is no parameter `{name}`"),
                        span,
                        hint: nearest(name, known).map(|near| format!("did you mean `{near}`?")),
                    };
                    return Err(in_expression(&source.key, error));
                }
            }
        }
        Ok(Formula { expr, names, key: source.key.clone() })
    }
}

fn in_expression(key: &str, error: ExprError) -> SpaceError {
    SpaceError { path: key.to_owned(), message: error.message, hint: error.hint, span: Some(error.span) }
}

fn check_types(resolved: &Resolved) -> Result<(), SpaceError> {
    let types = Types { resolved, tied: RefCell::new(vec![None; resolved.parts.tied.len()]) };
    let conditions = resolved.conditions.iter();
    let conditions = conditions.chain(resolved.parts.lists.iter().map(|list| &list.condition));
    let conditions = conditions.chain(resolved.parts.constants.iter().map(|constant| &constant.condition));
    for condition in conditions.chain(resolved.parts.tied.iter().map(|tied| &tied.condition)) {
        if let Some(when) = &condition.when {
            let checked = when.expr.check_bool(&Scoped { types: &types, formula: when });
            checked.map_err(|error| in_expression(&when.key, error))?;
        }
    }
    for (k, tied) in resolved.parts.tied.iter().enumerate() {
        types.of_tied(k).map_err(|error| in_expression(&tied.formula.key, error))?;
    }
    for formula in &resolved.parts.constraints {
        let checked = formula.expr.check_bool(&Scoped { types: &types, formula });
        checked.map_err(|error| in_expression(&formula.key, error))?;
    }
    Ok(())
}

struct Types<'a> {
    resolved: &'a Resolved,
    tied: RefCell<Vec<Option<Type>>>,
}

impl Types<'_> {
    fn of(&self, target: &Target) -> Type {
        match target {
            Target::Parameter(i) => of_domain(&self.resolved.parameters[*i].domain),
            Target::Constant(k) => of_json(&self.resolved.parts.constants[*k].value),
            // What is wrong with the tied value is said where it stands.
            Target::Tied(k) => self.of_tied(*k).unwrap_or(Type::Any),
            Target::List(k) => {
                let elements = &self.resolved.parts.lists[*k].elements;
                elements.first().map_or(Type::Any, |i| self.of(&Target::Parameter(*i))).list()
            }
            Target::Chosen(_, options) => {
                options.iter().flatten().map(|t| self.of(t)).reduce(Type::join).unwrap_or(Type::Any)
            }
        }
    }

    /// Cycles are refused before, so that this ends.
    fn of_tied(&self, k: usize) -> Result<Type, ExprError> {
        if let Some(known) = &self.tied.borrow()[k] {
            return Ok(known.clone());
        }
        let tied = &self.resolved.parts.tied[k];
        let names = Scoped { types: self, formula: &tied.formula };
        let own = if tied.int {
            tied.formula.expr.check_number(&names)?;
            Type::Int
        } else {
            tied.formula.expr.check(&names)?
        };
        self.tied.borrow_mut()[k] = Some(own.clone());
        Ok(own)
    }
}

/// The names of one expression.
struct Scoped<'a> {
    types: &'a Types<'a>,
    formula: &'a Formula,
}

impl Names for Scoped<'_> {
    fn type_of(&self, name: &str) -> Option<Type> {
        self.formula.names.iter().find(|(own, _)| own == name).map(|(_, target)| self.types.of(target))
    }

    fn known(&self) -> Vec<String> {
        self.types.resolved.parts.names.keys().cloned().collect()
    }
}

fn of_domain(domain: &Domain) -> Type {
    match domain {
        Domain::Float(_) => Type::Float,
        Domain::Int(_) => Type::Int,
        Domain::Choice(d) => {
            d.options().iter().map(|option| of_json(option.shown())).reduce(Type::join).unwrap_or(Type::Any)
        }
        Domain::Permutation(d) => {
            d.items().iter().map(of_json).reduce(Type::join).unwrap_or(Type::Any).list()
        }
    }
}

fn of_json(json: &Json) -> Type {
    match Value::from_json(json) {
        Some(Value::Bool(_)) => Type::Bool,
        Some(Value::Int(_)) => Type::Int,
        Some(Value::Float(_)) => Type::Float,
        Some(Value::Str(_)) => Type::Str,
        Some(Value::List(_)) => {
            let items = json.as_array().into_iter().flatten();
            items.map(of_json).reduce(Type::join).unwrap_or(Type::Any).list()
        }
        None => Type::Any,
    }
}
