//! Expressions of the study file: `when`, `expr`, constraints and objectives.
//!
//! The syntax is that of CEL (Common Expression Language); names, types and arithmetic are ours:
//!
//! - Numbers are integers or floats and mix freely; `/` is real division; an integer that overflows is an error.
//!   An integer beyond 2⁵³ is refused where a float is meant (invariant NUMBERS).
//! - `< <= > >= ==` with NaN are false, `!=` is the negation of `==`.
//! - Operators: `&& || ! ?: == != < <= > >= + - * / % in`, indexing `units[0]`, dotted names `optimizer.beta1`,
//!   and `metric['val/acc']` or `param['weight-decay']` for a name that is no identifier.
//! - Functions: `abs min max sum mean sqrt exp log floor ceil round len`. `log` is the natural logarithm, `round`
//!   goes away from zero at a half, `floor ceil round` give integers.
//! - Literals: integers, floats, `'text'` or `"text"`, `true`, `false`, lists.
//!
//! # Inactive names
//!
//! A parameter that is not active in a configuration has no value. An expression that needs it evaluates to
//! [`EvalErrorKind::Inactive`]; so does an index past the end of a list whose length is itself a parameter. `false && x`
//! and `true || x` do not need `x`, on whichever side it stands. What follows from an inactive name depends on the use:
//! a `when` is not satisfied ([`Expr::satisfied`]), a space constraint holds ([`Expr::allows`]), a violation is 0.
//!
//! # Why a parser of our own
//!
//! The `cel` crate's public parser takes about 150 KiB of stack for one pair of parentheses in a debug build: 13 nested
//! ones overflow a thread of 2 MiB (measured with 0.15.0), so no useful limit keeps the promise that a study file never
//! crashes the reader. Its second, hidden parser gives no positions. Ours is small, has spans for whole expressions, and
//! words for people; the tests hold it against cel's parser tree by tree.

mod ast;
mod check;
mod eval;
mod functions;
mod lex;
mod parse;
mod value;
mod violation;

#[cfg(test)]
mod tests;

pub use check::{Names, Type};
pub use eval::{Env, EvalError, EvalErrorKind, Lookup};
pub use value::Value;
pub use violation::{Term, TermKind};

use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The longest expression, in bytes, that is read.
pub const MAX_LENGTH: usize = 4096;

/// A parsed expression: its source and its tree. Cheap to clone; written and read by serde as its source text.
#[derive(Clone)]
pub struct Expr {
    source: Arc<str>,
    root: Arc<ast::Node>,
}

/// What is wrong with an expression, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ExprError {
    /// What is wrong, lower case, no final period.
    pub message: String,
    /// The bytes of the expression's source that it is about.
    pub span: Range<usize>,
    /// What would be right, where that is known.
    pub hint: Option<String>,
}

impl ExprError {
    pub(crate) fn new(span: Range<usize>, message: impl Into<String>) -> ExprError {
        ExprError { message: message.into(), span, hint: None }
    }

    pub(crate) fn with_hint(mut self, hint: impl Into<String>) -> ExprError {
        self.hint = Some(hint.into());
        self
    }
}

impl Expr {
    /// Reads an expression. Names are not looked up: [`Expr::check`] does that.
    ///
    /// # Errors
    /// Where the text is not an expression, is longer than [`MAX_LENGTH`] or nested too deeply.
    pub fn parse(source: &str) -> Result<Expr, ExprError> {
        let root = parse::parse(source)?;
        Ok(Expr { source: source.into(), root: Arc::new(root) })
    }

    /// Stands where an expression could not be read.
    pub(crate) fn unread() -> Expr {
        let root = ast::Node { kind: ast::Kind::Bool(false), span: 0..0, depth: 1 };
        Expr { source: "".into(), root: Arc::new(root) }
    }

    /// The text it was read from.
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Checks names and types and gives the type of the result.
    ///
    /// # Errors
    /// An unknown name or function (with the nearest one as hint), or operands of a wrong type.
    pub fn check(&self, names: &dyn Names) -> Result<Type, ExprError> {
        check::check(&self.root, names)
    }

    /// Checks names and types, and that the result is a truth value.
    ///
    /// # Errors
    /// As [`Expr::check`]; also where the result is not a boolean.
    pub fn check_bool(&self, names: &dyn Names) -> Result<(), ExprError> {
        match self.check(names)? {
            Type::Bool | Type::Any => Ok(()),
            other => {
                Err(ExprError::new(self.root.span.clone(), format!("this is {other}, not true or false"))
                    .with_hint("compare it with something, such as `layers > 2`"))
            }
        }
    }

    /// Checks names and types, and that the result is a number; gives [`Type::Int`], [`Type::Float`] or [`Type::Any`].
    ///
    /// # Errors
    /// As [`Expr::check`]; also where the result is not a number.
    pub fn check_number(&self, names: &dyn Names) -> Result<Type, ExprError> {
        match self.check(names)? {
            number @ (Type::Int | Type::Float | Type::Any) => Ok(number),
            other => Err(ExprError::new(self.root.span.clone(), format!("this is {other}, not a number"))),
        }
    }

    /// The value in an environment.
    ///
    /// # Errors
    /// An inactive or unknown name, an integer overflow, or operands of a type that an earlier check would have refused.
    pub fn eval(&self, env: &dyn Env) -> Result<Value, EvalError> {
        eval::eval(&self.root, env)
    }

    /// The truth value in an environment.
    ///
    /// # Errors
    /// As [`Expr::eval`]; also where the value is not a boolean.
    pub fn eval_bool(&self, env: &dyn Env) -> Result<bool, EvalError> {
        eval::truth(&self.root, env)
    }

    /// The number in an environment, as a float.
    ///
    /// # Errors
    /// As [`Expr::eval`]; also where the value is not a number, or an integer beyond 2⁵³.
    pub fn eval_number(&self, env: &dyn Env) -> Result<f64, EvalError> {
        eval::number(&self.root, env)
    }

    /// Whether it holds, for a `when`: an expression over an inactive name is not satisfied.
    ///
    /// # Errors
    /// As [`Expr::eval_bool`], inactive names apart.
    pub fn satisfied(&self, env: &dyn Env) -> Result<bool, EvalError> {
        inactive_as(false, self.eval_bool(env))
    }

    /// Whether it permits, for a space constraint: one over an inactive name holds.
    ///
    /// # Errors
    /// As [`Expr::eval_bool`], inactive names apart.
    pub fn allows(&self, env: &dyn Env) -> Result<bool, EvalError> {
        inactive_as(true, self.eval_bool(env))
    }

    /// The names that it looks up, each once, in the order of their first use. `units[0]` uses `units`.
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = Vec::new();
        self.root.visit(&mut |node| {
            if let ast::Kind::Name(name) = &node.kind
                && !names.contains(&name.as_str())
            {
                names.push(name);
            }
        });
        names
    }

    /// Each use of a name with its place in the source.
    pub fn uses(&self) -> Vec<(&str, Range<usize>)> {
        let mut uses = Vec::new();
        self.root.visit(&mut |node| {
            if let ast::Kind::Name(name) = &node.kind {
                uses.push((name.as_str(), node.span.clone()));
            }
        });
        uses
    }

    /// The name, where the whole expression is nothing but one.
    pub fn as_name(&self) -> Option<&str> {
        match &self.root.kind {
            ast::Kind::Name(name) => Some(name),
            _ => None,
        }
    }

    /// The conditions joined by `&&`, each read as a violation; see [`Term`].
    pub fn terms(&self) -> Vec<Term> {
        violation::terms(&self.root)
    }

    /// The two sides, where the whole expression is one comparison by size or equality, and not of texts.
    pub fn sides(&self) -> Option<(Expr, Expr)> {
        let (_, left, right) = violation::difference(&self.root)?;
        let side = |node: &ast::Node| Expr { source: Arc::clone(&self.source), root: Arc::new(node.clone()) };
        Some((side(left), side(right)))
    }

    /// How much each term of a constraint is broken: at most 0 where it holds, above 0 where it does not. `a <= b` gives
    /// a − b, `a == b` gives |a − b|, any other truth value counts 0 or 1. NaN breaks it by infinity; an inactive name
    /// breaks nothing. As long as [`Expr::terms`].
    ///
    /// # Errors
    /// As [`Expr::eval`], inactive names apart.
    pub fn violations(&self, env: &dyn Env) -> Result<Vec<f64>, EvalError> {
        violation::violations(&self.root, env)
    }
}

fn inactive_as(value: bool, result: Result<bool, EvalError>) -> Result<bool, EvalError> {
    match result {
        Err(EvalError { kind: EvalErrorKind::Inactive { .. }, .. }) => Ok(value),
        other => other,
    }
}

impl PartialEq for Expr {
    fn eq(&self, other: &Expr) -> bool {
        self.source == other.source
    }
}

impl Eq for Expr {}

impl fmt::Debug for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Expr({:?})", self.source)
    }
}

impl fmt::Display for Expr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.source)
    }
}

impl std::str::FromStr for Expr {
    type Err = ExprError;

    fn from_str(source: &str) -> Result<Expr, ExprError> {
        Expr::parse(source)
    }
}

impl Serialize for Expr {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.source)
    }
}

impl<'de> Deserialize<'de> for Expr {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Expr, D::Error> {
        let source = String::deserialize(deserializer)?;
        Expr::parse(&source).map_err(serde::de::Error::custom)
    }
}
