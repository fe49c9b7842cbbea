//! Evaluation. The tree's depth is bounded by the parser, and with it the recursion here.

use std::ops::Range;

use super::ast::{Kind, Node};
use super::functions;
use super::value::{Value, as_float, binary, negate};

/// Where an expression finds its names.
pub trait Env {
    /// What stands behind a name: a dotted path such as `optimizer.beta1`, or a whole list such as `units`.
    fn get(&self, name: &str) -> Lookup;
}

/// What a name stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Lookup {
    /// A value.
    Value(Value),
    /// A parameter that is not active in this configuration.
    Inactive,
    /// Nothing.
    Unknown,
}

/// Why an expression has no value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}")]
pub struct EvalError {
    /// What happened.
    pub kind: EvalErrorKind,
    /// The bytes of the expression's source that it happened in.
    pub span: Range<usize>,
}

/// What kept an expression from having a value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EvalErrorKind {
    /// It needs a parameter that is not active, or an element past the end of a list.
    #[error("`{name}` is not active in this configuration")]
    Inactive {
        /// The name as it is written.
        name: String,
    },
    /// It needs a name that does not exist.
    #[error("`{name}` has no value")]
    Unknown {
        /// The name as it is written.
        name: String,
    },
    /// An overflow, or operands of a wrong kind.
    #[error("{0}")]
    Arithmetic(String),
}

pub(super) fn eval(node: &Node, env: &dyn Env) -> Result<Value, EvalError> {
    match &node.kind {
        Kind::Bool(value) => Ok(Value::Bool(*value)),
        Kind::Int(value) => Ok(Value::Int(*value)),
        Kind::Float(value) => Ok(Value::Float(*value)),
        Kind::Str(value) => Ok(Value::Str(value.clone())),
        Kind::List(items) => all(items, env).map(Value::List),
        Kind::Name(name) => match env.get(name) {
            Lookup::Value(value) => Ok(value),
            Lookup::Inactive => Err(at(node, EvalErrorKind::Inactive { name: name.clone() })),
            Lookup::Unknown => Err(at(node, EvalErrorKind::Unknown { name: name.clone() })),
        },
        Kind::Index(base, index) => element(node, base, index, env),
        Kind::Not(operand) => truth(operand, env).map(|value| Value::Bool(!value)),
        Kind::Negate(operand) => negate(&eval(operand, env)?).map_err(|message| arithmetic(node, message)),
        Kind::And(parts) => joined(parts, false, env),
        Kind::Or(parts) => joined(parts, true, env),
        Kind::Binary(op, left, right) => {
            let (left, right) = (eval(left, env)?, eval(right, env)?);
            binary(*op, &left, &right).map_err(|message| arithmetic(node, message))
        }
        Kind::Conditional(parts) => {
            let [condition, yes, no] = &**parts;
            eval(if truth(condition, env)? { yes } else { no }, env)
        }
        Kind::Call(function, arguments) => {
            functions::call(*function, &all(arguments, env)?).map_err(|message| arithmetic(node, message))
        }
    }
}

pub(super) fn truth(node: &Node, env: &dyn Env) -> Result<bool, EvalError> {
    match eval(node, env)? {
        Value::Bool(value) => Ok(value),
        other => Err(arithmetic(node, format!("this is {}, not true or false", other.described()))),
    }
}

pub(super) fn number(node: &Node, env: &dyn Env) -> Result<f64, EvalError> {
    as_float(&eval(node, env)?).map_err(|message| arithmetic(node, message))
}

fn all(nodes: &[Node], env: &dyn Env) -> Result<Vec<Value>, EvalError> {
    nodes.iter().map(|node| eval(node, env)).collect()
}

/// `&&` (decided by one false) and `||` (by one true). Stops at the first part that decides; an inactive part before it
/// does not keep a later one from deciding.
fn joined(parts: &[Node], decides: bool, env: &dyn Env) -> Result<Value, EvalError> {
    let mut inactive = None;
    for part in parts {
        match truth(part, env) {
            Ok(value) if value == decides => return Ok(Value::Bool(decides)),
            Ok(_) => {}
            Err(error @ EvalError { kind: EvalErrorKind::Inactive { .. }, .. }) => {
                inactive = inactive.or(Some(error))
            }
            Err(error) => return Err(error),
        }
    }
    inactive.map_or(Ok(Value::Bool(!decides)), Err)
}

fn element(node: &Node, base: &Node, index: &Node, env: &dyn Env) -> Result<Value, EvalError> {
    let items = match eval(base, env)? {
        Value::List(items) => items,
        other => return Err(arithmetic(base, format!("this is {}, not a list", other.described()))),
    };
    let at_index = match eval(index, env)? {
        Value::Int(index) => index,
        other => {
            return Err(arithmetic(index, format!("an index is an integer, this is {}", other.described())));
        }
    };
    let Ok(position) = usize::try_from(at_index) else {
        return Err(arithmetic(index, format!("the index {at_index} is negative")));
    };
    items.into_iter().nth(position).ok_or_else(|| {
        let name = match &base.kind {
            Kind::Name(name) => format!("{name}[{position}]"),
            _ => format!("[{position}]"),
        };
        at(node, EvalErrorKind::Inactive { name })
    })
}

fn at(node: &Node, kind: EvalErrorKind) -> EvalError {
    EvalError { kind, span: node.span.clone() }
}

fn arithmetic(node: &Node, message: String) -> EvalError {
    at(node, EvalErrorKind::Arithmetic(message))
}
