//! Finds what the names in expressions stand for, and checks their types.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::ops::Range;
use std::sync::Arc;

use indexmap::IndexMap;

use super::flatten::{Draft, Gate, Source, unknown};
use super::mistakes::Mistakes;
use super::{Resolved, order};
use crate::expr::{Expr, ExprError, Names, Type, Value};
use crate::tree::{Condition, Constant, Formula, List, Parts, Target, Tied};
use crate::{Domain, Json, SpaceError, SpaceErrors, nearest};

/// Reads all expressions of the draft and the space constraints.
pub(super) fn resolve(draft: Draft, constraints: &[&str]) -> Result<Resolved, SpaceErrors> {
    let mut mistakes = draft.mistakes;
    let mut names: IndexMap<String, Target> = IndexMap::new();
    for (name, target) in draft.names {
        if names.contains_key(&name) {
            mistakes.add(SpaceError::new("space", format!("the name `{name}` means two things")));
        }
        names.insert(name, target);
    }
    let mut reader = Reader { names: &names, mistakes: &mut mistakes };
    let mut parts = Parts { root: draft.root, ..Parts::default() };
    let mut unread = BTreeSet::new();
    let (conditions, keys) =
        draft.gates.into_iter().map(|(gate, key)| (reader.condition(&gate), key)).unzip();
    for list in draft.lists {
        let length = list.length.and_then(|name| reader.length(&name));
        let condition = reader.condition(&list.gate);
        parts.lists.push(List {
            path: list.path,
            condition,
            length,
            elements: list.elements,
            nodes: list.nodes,
        });
    }
    for (value, gate) in draft.constants {
        parts.constants.push(Constant { value, condition: reader.condition(&gate) });
    }
    for (k, tied) in draft.tied.into_iter().enumerate() {
        let condition = reader.condition(&tied.gate);
        let formula = reader.formula(&tied.source).unwrap_or_else(|| {
            unread.insert(k);
            Formula { key: tied.source.key, expr: Expr::unread(), names: Vec::new() }
        });
        parts.tied.push(Tied { path: tied.path, condition, formula, int: tied.int });
    }
    for gate in draft.spare {
        reader.condition(&gate);
    }
    for (i, text) in constraints.iter().enumerate() {
        let key = format!("space_constraint[{i}].expr");
        let source = Source { text: (*text).to_owned(), key, scopes: vec![String::new()] };
        parts.constraints.extend(reader.formula(&source));
    }
    parts.names = names;
    let resolved = Resolved { parameters: draft.parameters, conditions, parts, keys };
    // Types are looked for along names, which would not end in a circle.
    if order::is_free_of_cycles(&resolved, &mut mistakes) {
        check_types(&resolved, &unread, &mut mistakes);
    }
    mistakes.unless_any(resolved)
}

/// An element that the shortest list has needs no look at the length, where that is always there. Called once all are in
/// order: a list's elements follow its length in any case.
pub(super) fn forget_what_always_holds(resolved: &mut Resolved) {
    let shortest: Vec<Option<i64>> = (resolved.parameters.iter().zip(&resolved.conditions))
        .map(|(parameter, condition)| least(&parameter.domain).filter(|_| condition.is_always()))
        .collect();
    for condition in &mut resolved.conditions {
        condition.longer =
            condition.longer.filter(|(length, than)| shortest[*length].is_none_or(|n| n <= *than));
    }
}

/// The least whole number of a domain that can be a length.
fn least(domain: &Domain) -> Option<i64> {
    match domain {
        Domain::Int(d) => Some(d.low()),
        Domain::Choice(d) => d.options().iter().map(|option| option.value.as_i64()).min().flatten(),
        Domain::Float(_) | Domain::Permutation(_) => None,
    }
}

struct Reader<'a> {
    names: &'a IndexMap<String, Target>,
    mistakes: &'a mut Mistakes,
}

impl Reader<'_> {
    /// The condition without what could not be read.
    fn condition(&mut self, gate: &Gate) -> Condition {
        let longer = gate.longer.as_ref().and_then(|(name, than)| Some((self.length(name)?, *than)));
        let when = gate.when.as_ref().and_then(|source| self.formula(source).map(Arc::new));
        Condition { option: gate.option, longer, when }
    }

    fn length(&mut self, name: &str) -> Option<usize> {
        match self.names.get(name) {
            Some(Target::Parameter(i)) => return Some(*i),
            _ if self.mistakes.explain(name) => {}
            _ => self.mistakes.add(unknown("space", name, self.names.keys().map(String::as_str))),
        }
        None
    }

    /// The expression with what its names mean; nothing where it cannot be read or a name is unknown.
    fn formula(&mut self, source: &Source) -> Option<Formula> {
        let read = Expr::parse(&source.text).map_err(|error| in_expression(&source.key, error));
        let expr = self.mistakes.keep(read)?;
        let mut names = Vec::new();
        let mut is_whole = true;
        for (name, span) in expr.uses() {
            if names.iter().any(|(own, _)| own == name) {
                continue;
            }
            let target = source.scopes.iter().find_map(|scope| self.names.get(&format!("{scope}{name}")));
            match target {
                Some(target) => names.push((name.to_owned(), target.clone())),
                None => {
                    is_whole = false;
                    self.unknown(source, name, span);
                }
            }
        }
        is_whole.then(|| Formula { expr, names, key: source.key.clone() })
    }

    fn unknown(&mut self, source: &Source, name: &str, span: Range<usize>) {
        if self.mistakes.explain(name) {
            return;
        }
        let known = self.names.keys().map(String::as_str).chain(self.mistakes.lost());
        let error = ExprError {
            message: format!("there is no parameter `{name}`"),
            span,
            hint: nearest(name, known).map(|near| format!("did you mean `{near}`?")),
        };
        self.mistakes.add(in_expression(&source.key, error));
    }
}

fn in_expression(key: &str, error: ExprError) -> SpaceError {
    SpaceError { path: key.to_owned(), message: error.message, hint: error.hint, span: Some(error.span) }
}

/// Notes expressions of a wrong type; of `unread` tied values none is known.
fn check_types(resolved: &Resolved, unread: &BTreeSet<usize>, mistakes: &mut Mistakes) {
    let of_tied = |k| unread.contains(&k).then_some(Type::Any);
    let tied = (0..resolved.parts.tied.len()).map(of_tied).collect();
    let types = Types { resolved, tied: RefCell::new(tied) };
    let conditions = resolved.conditions.iter();
    let conditions = conditions.chain(resolved.parts.lists.iter().map(|list| &list.condition));
    let conditions = conditions.chain(resolved.parts.constants.iter().map(|constant| &constant.condition));
    for condition in conditions.chain(resolved.parts.tied.iter().map(|tied| &tied.condition)) {
        if let Some(when) = &condition.when {
            let checked = when.expr.check_bool(&Scoped { types: &types, formula: when });
            mistakes.keep(checked.map_err(|error| in_expression(&when.key, error)));
        }
    }
    for (k, tied) in resolved.parts.tied.iter().enumerate() {
        mistakes.keep(types.of_tied(k).map_err(|error| in_expression(&tied.formula.key, error)));
    }
    for formula in &resolved.parts.constraints {
        let checked = formula.expr.check_bool(&Scoped { types: &types, formula });
        mistakes.keep(checked.map_err(|error| in_expression(&formula.key, error)));
    }
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

    fn texts_of(&self, name: &str) -> Option<Vec<String>> {
        let (_, target) = self.formula.names.iter().find(|(own, _)| own == name)?;
        let Target::Parameter(i) = target else { return None };
        let Domain::Choice(choice) = &self.types.resolved.parameters[*i].domain else { return None };
        choice.options().iter().map(|option| option.shown().as_str().map(str::to_owned)).collect()
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
