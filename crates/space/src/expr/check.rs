//! Names and types, checked when the study file is read.

use std::collections::BTreeMap;
use std::fmt;

use indexmap::IndexMap;

use super::ExprError;
use super::ast::{BinaryOp, Function, Kind, Node};

/// What an expression may name.
pub trait Names {
    /// The type of a name: a dotted path such as `optimizer.beta1`, or a list such as `units`.
    fn type_of(&self, name: &str) -> Option<Type>;

    /// All names, for the hint beside an unknown one.
    fn known(&self) -> Vec<String>;

    /// The texts that a name can be, where it is a choice between texts.
    fn texts_of(&self, _name: &str) -> Option<Vec<String>> {
        None
    }
}

impl Names for IndexMap<String, Type> {
    fn type_of(&self, name: &str) -> Option<Type> {
        self.get(name).cloned()
    }

    fn known(&self) -> Vec<String> {
        self.keys().cloned().collect()
    }
}

impl Names for BTreeMap<String, Type> {
    fn type_of(&self, name: &str) -> Option<Type> {
        self.get(name).cloned()
    }

    fn known(&self) -> Vec<String> {
        self.keys().cloned().collect()
    }
}

/// The type of a name or of a result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Type {
    /// True or false.
    Bool,
    /// An integer.
    Int,
    /// A float.
    Float,
    /// Text.
    Str,
    /// A list of one type.
    List(Box<Type>),
    /// Known only when it runs, such as a choice between a text and a number.
    Any,
}

impl Type {
    /// A list of this type.
    pub fn list(self) -> Type {
        Type::List(Box::new(self))
    }

    fn is_number(&self) -> bool {
        matches!(self, Type::Int | Type::Float | Type::Any)
    }

    /// The type that holds both.
    pub fn join(self, other: Type) -> Type {
        match (self, other) {
            (a, b) if a == b => a,
            (Type::Int, Type::Float) | (Type::Float, Type::Int) => Type::Float,
            (Type::List(a), Type::List(b)) => Type::List(Box::new(a.join(*b))),
            _ => Type::Any,
        }
    }

    /// Whether values of the two can ever be equal.
    fn comparable(&self, other: &Type) -> bool {
        match (self, other) {
            (Type::Any, _) | (_, Type::Any) => true,
            (Type::List(a), Type::List(b)) => a.comparable(b),
            (a, b) => a == b || (a.is_number() && b.is_number()),
        }
    }
}

impl fmt::Display for Type {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Type::Bool => f.write_str("true or false"),
            Type::Int => f.write_str("an integer"),
            Type::Float => f.write_str("a number"),
            Type::Str => f.write_str("text"),
            Type::List(_) => f.write_str("a list"),
            Type::Any => f.write_str("a value"),
        }
    }
}

pub(super) fn check(node: &Node, names: &dyn Names) -> Result<Type, ExprError> {
    match &node.kind {
        Kind::Bool(_) => Ok(Type::Bool),
        Kind::Int(_) => Ok(Type::Int),
        Kind::Float(_) => Ok(Type::Float),
        Kind::Str(_) => Ok(Type::Str),
        Kind::List(items) => {
            let mut types =
                items.iter().map(|item| check(item, names)).collect::<Result<Vec<_>, _>>()?.into_iter();
            let first = types.next().unwrap_or(Type::Any);
            Ok(types.fold(first, Type::join).list())
        }
        Kind::Name(name) => names.type_of(name).ok_or_else(|| unknown_name(node, name, names)),
        Kind::Index(base, index) => {
            let element = match check(base, names)? {
                Type::List(element) => *element,
                Type::Any => Type::Any,
                other => {
                    return Err(ExprError::new(base.span.clone(), format!("this is {other}, not a list")));
                }
            };
            match check(index, names)? {
                Type::Int | Type::Any => Ok(element),
                other => Err(ExprError::new(
                    index.span.clone(),
                    format!("an index is an integer, this is {other}"),
                )),
            }
        }
        Kind::Not(operand) => {
            want_truth(operand, names, "!")?;
            Ok(Type::Bool)
        }
        Kind::Negate(operand) => want_number(operand, names, "-"),
        Kind::And(parts) => truths(parts, names, "&&"),
        Kind::Or(parts) => truths(parts, names, "||"),
        Kind::Binary(op, left, right) => binary(node, *op, left, right, names),
        Kind::Conditional(parts) => {
            let [condition, yes, no] = &**parts;
            want_truth(condition, names, "?")?;
            Ok(check(yes, names)?.join(check(no, names)?))
        }
        Kind::Call(function, arguments) => call(node, *function, arguments, names),
    }
}

fn unknown_name(node: &Node, name: &str, names: &dyn Names) -> ExprError {
    let error = ExprError::new(node.span.clone(), format!("nothing is named `{name}`"));
    let known = names.known();
    match crate::nearest(name, known.iter().map(String::as_str)) {
        Some(nearest) => error.with_hint(format!("did you mean `{nearest}`?")),
        None if known.is_empty() => error.with_hint("no names are known here"),
        None => {
            let shown: Vec<_> = known.iter().take(8).map(String::as_str).collect();
            let more = if known.len() > shown.len() { ", …" } else { "" };
            error.with_hint(format!("known are {}{more}", shown.join(", ")))
        }
    }
}

fn want_truth(node: &Node, names: &dyn Names, symbol: &str) -> Result<(), ExprError> {
    match check(node, names)? {
        Type::Bool | Type::Any => Ok(()),
        other => {
            Err(ExprError::new(node.span.clone(), format!("`{symbol}` wants true or false, this is {other}")))
        }
    }
}

fn want_number(node: &Node, names: &dyn Names, symbol: &str) -> Result<Type, ExprError> {
    match check(node, names)? {
        number if number.is_number() => Ok(number),
        other => {
            Err(ExprError::new(node.span.clone(), format!("`{symbol}` wants a number, this is {other}")))
        }
    }
}

fn truths(parts: &[Node], names: &dyn Names, symbol: &str) -> Result<Type, ExprError> {
    parts.iter().try_for_each(|part| want_truth(part, names, symbol))?;
    Ok(Type::Bool)
}

fn binary(
    node: &Node,
    op: BinaryOp,
    left: &Node,
    right: &Node,
    names: &dyn Names,
) -> Result<Type, ExprError> {
    let (a, b) = (check(left, names)?, check(right, names)?);
    if matches!(op, BinaryOp::Equal | BinaryOp::NotEqual | BinaryOp::In) {
        has_option(left, right, names)?;
        has_option(right, left, names)?;
    }
    let clash = || {
        let error = ExprError::new(node.span.clone(), format!("`{}` cannot join {a} and {b}", op.symbol()));
        match &left.kind {
            Kind::Binary(inner, ..) if inner.orders() && op.orders() => {
                error.with_hint("write both comparisons out: `a < b && b < c`")
            }
            _ => error,
        }
    };
    let number = || match (&a, &b) {
        (Type::Any, _) | (_, Type::Any) => Some(Type::Any),
        (Type::Int, Type::Int) => Some(Type::Int),
        _ if a.is_number() && b.is_number() => Some(Type::Float),
        _ => None,
    };
    match op {
        BinaryOp::Equal | BinaryOp::NotEqual => {
            if a.comparable(&b) {
                return Ok(Type::Bool);
            }
            let always = if op == BinaryOp::Equal { "never" } else { "always" };
            Err(ExprError::new(node.span.clone(), format!("{a} and {b} are compared: this is {always} true")))
        }
        BinaryOp::In => match &b {
            Type::List(element) if a.comparable(element) => Ok(Type::Bool),
            Type::List(element) => Err(ExprError::new(
                node.span.clone(),
                format!("{a} is looked for in a list that holds {element}"),
            )),
            Type::Any => Ok(Type::Bool),
            other => Err(ExprError::new(
                right.span.clone(),
                format!("`in` wants a list on its right, this is {other}"),
            )),
        },
        _ if op.orders() => match (&a, &b) {
            (Type::Str | Type::Any, Type::Str | Type::Any) => Ok(Type::Bool),
            _ => number().map(|_| Type::Bool).ok_or_else(clash),
        },
        BinaryOp::Divide => number().map(|_| Type::Float).ok_or_else(clash),
        BinaryOp::Add if matches!((&a, &b), (Type::Str, Type::Str) | (Type::List(_), Type::List(_))) => {
            Ok(a.clone().join(b.clone()))
        }
        _ => number().ok_or_else(clash),
    }
}

/// What a choice is compared with must be one of its options, or one of a list of them: a misspelt one would never hold.
fn has_option(choice: &Node, value: &Node, names: &dyn Names) -> Result<(), ExprError> {
    let (Kind::Name(name), Kind::Str(_) | Kind::List(_)) = (&choice.kind, &value.kind) else { return Ok(()) };
    let Some(texts) = names.texts_of(name) else { return Ok(()) };
    let items = match &value.kind {
        Kind::List(items) => items.as_slice(),
        _ => std::slice::from_ref(value),
    };
    for item in items {
        let Kind::Str(text) = &item.kind else { continue };
        if texts.contains(text) {
            continue;
        }
        let error = ExprError::new(item.span.clone(), format!("`{name}` has no option '{text}'"));
        return Err(match crate::nearest(text, texts.iter().map(String::as_str)) {
            Some(nearest) => error.with_hint(format!("did you mean '{nearest}'?")),
            None => error.with_hint(format!("it is one of '{}'", texts.join("', '"))),
        });
    }
    Ok(())
}

fn call(node: &Node, function: Function, arguments: &[Node], names: &dyn Names) -> Result<Type, ExprError> {
    let name = function.name();
    let types = arguments.iter().map(|argument| check(argument, names)).collect::<Result<Vec<_>, _>>()?;
    let wrong = |at: usize, wanted: &str| {
        let message = format!("`{name}` wants {wanted}, this is {}", types[at]);
        Err(ExprError::new(arguments[at].span.clone(), message))
    };
    if function.folds() {
        let element = match types.as_slice() {
            [] => return Err(ExprError::new(node.span.clone(), format!("`{name}` wants a list or numbers"))),
            [Type::List(element)] if element.is_number() => (**element).clone(),
            [Type::List(_)] => return wrong(0, "numbers"),
            numbers => match numbers.iter().position(|number| !number.is_number()) {
                Some(at) => return wrong(at, "numbers"),
                None => numbers.iter().cloned().reduce(Type::join).unwrap_or(Type::Any),
            },
        };
        return Ok(if function == Function::Mean { Type::Float } else { element });
    }
    let [argument] = types.as_slice() else {
        let message = format!("`{name}` takes one argument, not {}", arguments.len());
        return Err(ExprError::new(node.span.clone(), message));
    };
    match function {
        Function::Len if matches!(argument, Type::List(_) | Type::Str | Type::Any) => Ok(Type::Int),
        Function::Len => wrong(0, "a list or text"),
        _ if !argument.is_number() => wrong(0, "a number"),
        Function::Abs => Ok(argument.clone()),
        Function::Floor | Function::Ceil | Function::Round => Ok(Type::Int),
        _ => Ok(Type::Float),
    }
}
