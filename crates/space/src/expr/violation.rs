//! Constraints read as violations: how much each condition is broken, for samplers that can use more than yes or no.

use std::ops::Range;

use super::ast::{BinaryOp, Kind, Node};
use super::eval::{Env, EvalError, EvalErrorKind, eval, truth};
use super::value::{Value, as_float, binary};

/// One of the conditions of a constraint that `&&` joins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// How its violation is found.
    pub kind: TermKind,
    /// Its bytes in the expression's source.
    pub span: Range<usize>,
}

/// How the violation of a condition is found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TermKind {
    /// A comparison of two sides: a sampler sees how far away it is.
    Difference,
    /// Any other truth value counts 0 or 1: a sampler sees no direction, and `check` warns.
    Counted,
}

pub(super) fn terms(root: &Node) -> Vec<Term> {
    conjuncts(root)
        .into_iter()
        .map(|node| {
            let kind = if difference(node).is_some() { TermKind::Difference } else { TermKind::Counted };
            Term { kind, span: node.span.clone() }
        })
        .collect()
}

pub(super) fn violations(root: &Node, env: &dyn Env) -> Result<Vec<f64>, EvalError> {
    conjuncts(root).into_iter().map(|node| violation(node, env)).collect()
}

fn conjuncts(root: &Node) -> Vec<&Node> {
    match &root.kind {
        Kind::And(parts) => parts.iter().flat_map(conjuncts).collect(),
        _ => vec![root],
    }
}

/// The two sides of a comparison that says how far away it is; text has no distance.
pub(super) fn difference(node: &Node) -> Option<(BinaryOp, &Node, &Node)> {
    let text = |node: &Node| matches!(node.kind, Kind::Str(_) | Kind::Bool(_) | Kind::List(_));
    match &node.kind {
        Kind::Binary(op, left, right) if op.orders() || *op == BinaryOp::Equal => {
            (!text(left) && !text(right)).then_some((*op, left, right))
        }
        _ => None,
    }
}

fn violation(node: &Node, env: &dyn Env) -> Result<f64, EvalError> {
    let counted = |holds: bool| if holds { 0.0 } else { 1.0 };
    let found = match difference(node) {
        None => truth(node, env).map(counted),
        Some((op, left, right)) => sides(node, op, left, right, env),
    };
    match found {
        Err(EvalError { kind: EvalErrorKind::Inactive { .. }, .. }) => Ok(0.0),
        other => other,
    }
}

fn sides(node: &Node, op: BinaryOp, left: &Node, right: &Node, env: &dyn Env) -> Result<f64, EvalError> {
    let (left, right) = (eval(left, env)?, eval(right, env)?);
    let failed = |message| EvalError { kind: EvalErrorKind::Arithmetic(message), span: node.span.clone() };
    let holds = binary(op, &left, &right).map_err(failed)? == Value::Bool(true);
    let (Ok(a), Ok(b)) = (as_float(&left), as_float(&right)) else {
        return Ok(if holds { 0.0 } else { 1.0 });
    };
    let distance = match op {
        BinaryOp::Less | BinaryOp::LessEqual => a - b,
        BinaryOp::Greater | BinaryOp::GreaterEqual => b - a,
        _ => (a - b).abs(),
    };
    Ok(match holds {
        // Equal infinities differ by NaN, and yet hold.
        true => distance.min(0.0),
        // NaN breaks it as far as can be; `a < b` at a = b is broken by the least there is.
        false if distance.is_nan() => f64::INFINITY,
        false => distance.max(f64::MIN_POSITIVE),
    })
}
