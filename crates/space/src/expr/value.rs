//! Values and their arithmetic: integers stay integers until a float or `/` meets them.

use std::fmt;

use serde_json::Value as Json;

use super::ast::BinaryOp;

/// What an expression evaluates to.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// A truth value.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A float; NaN and infinities too.
    Float(f64),
    /// Text.
    Str(String),
    /// A list.
    List(Vec<Value>),
}

impl Value {
    /// The value as JSON; floats that are not finite as "nan", "inf", "-inf".
    pub fn to_json(&self) -> Json {
        match self {
            Value::Bool(value) => Json::from(*value),
            Value::Int(value) => Json::from(*value),
            Value::Float(value) if value.is_finite() => Json::from(*value),
            Value::Float(value) if value.is_nan() => Json::from("nan"),
            Value::Float(value) => Json::from(if *value > 0.0 { "inf" } else { "-inf" }),
            Value::Str(value) => Json::from(value.as_str()),
            Value::List(values) => Json::from(values.iter().map(Value::to_json).collect::<Vec<_>>()),
        }
    }

    /// A JSON scalar or list as a value; none for null and tables. An integer beyond 64 bits becomes a float.
    pub fn from_json(json: &Json) -> Option<Value> {
        Some(match json {
            Json::Bool(value) => Value::Bool(*value),
            Json::Number(number) => match number.as_i64() {
                Some(value) => Value::Int(value),
                None => Value::Float(number.as_f64()?),
            },
            Json::String(value) => Value::Str(value.clone()),
            Json::Array(values) => Value::List(values.iter().map(Value::from_json).collect::<Option<_>>()?),
            Json::Null | Json::Object(_) => return None,
        })
    }

    /// What it is, for messages.
    pub(super) fn described(&self) -> &'static str {
        match self {
            Value::Bool(_) => "true or false",
            Value::Int(_) => "an integer",
            Value::Float(_) => "a float",
            Value::Str(_) => "text",
            Value::List(_) => "a list",
        }
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Value::Str(value) => f.write_str(value),
            other => write!(f, "{}", other.to_json()),
        }
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Value {
        Value::Bool(value)
    }
}

impl From<i64> for Value {
    fn from(value: i64) -> Value {
        Value::Int(value)
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Value {
        Value::Float(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Value {
        Value::Str(value.to_owned())
    }
}

/// The largest integer up to which every integer has a float of its own.
const EXACT: u64 = 1 << 53;

/// An integer as a float, where that is exact enough to be meant.
pub(super) fn promote(value: i64) -> Result<f64, String> {
    if value.unsigned_abs() <= EXACT {
        return Ok(value as f64);
    }
    Err(format!("the integer {value} is beyond 2^53 and cannot be used as a float"))
}

/// A value as a number.
pub(super) fn as_float(value: &Value) -> Result<f64, String> {
    match value {
        Value::Int(value) => promote(*value),
        Value::Float(value) => Ok(*value),
        other => Err(format!("this is {}, not a number", other.described())),
    }
}

pub(super) fn negate(value: &Value) -> Result<Value, String> {
    match value {
        Value::Int(value) => value.checked_neg().map(Value::Int).ok_or_else(|| overflow("-", &[*value])),
        Value::Float(value) => Ok(Value::Float(-value)),
        other => Err(format!("`-` wants a number, this is {}", other.described())),
    }
}

/// `left op right` for all operators but `&&` and `||`, which look at names first.
pub(super) fn binary(op: BinaryOp, left: &Value, right: &Value) -> Result<Value, String> {
    match op {
        BinaryOp::Equal => return Ok(Value::Bool(equal(left, right))),
        BinaryOp::NotEqual => return Ok(Value::Bool(!equal(left, right))),
        BinaryOp::In => {
            return match right {
                Value::List(items) => Ok(Value::Bool(items.iter().any(|item| equal(left, item)))),
                other => Err(format!("`in` wants a list on its right, this is {}", other.described())),
            };
        }
        _ => {}
    }
    match (left, right) {
        (Value::Int(a), Value::Int(b)) if op != BinaryOp::Divide => integers(op, *a, *b),
        (Value::Str(a), Value::Str(b)) if op.orders() => Ok(Value::Bool(ordered(op, a, b))),
        (Value::Str(a), Value::Str(b)) if op == BinaryOp::Add => Ok(Value::Str(format!("{a}{b}"))),
        (Value::List(a), Value::List(b)) if op == BinaryOp::Add => {
            Ok(Value::List([a.clone(), b.clone()].concat()))
        }
        (Value::Int(_) | Value::Float(_), Value::Int(_) | Value::Float(_)) => {
            Ok(floats(op, as_float(left)?, as_float(right)?))
        }
        _ => Err(format!("`{}` cannot join {} and {}", op.symbol(), left.described(), right.described())),
    }
}

fn integers(op: BinaryOp, a: i64, b: i64) -> Result<Value, String> {
    let result = match op {
        BinaryOp::Add => a.checked_add(b),
        BinaryOp::Subtract => a.checked_sub(b),
        BinaryOp::Multiply => a.checked_mul(b),
        BinaryOp::Remainder if b == 0 => return Err("the remainder of a division by zero".to_owned()),
        // i64::MIN % -1 is 0, though the hardware traps.
        BinaryOp::Remainder => Some(a.wrapping_rem(b)),
        _ => return Ok(Value::Bool(ordered(op, &a, &b))),
    };
    result.map(Value::Int).ok_or_else(|| overflow(op.symbol(), &[a, b]))
}

fn overflow(symbol: &str, operands: &[i64]) -> String {
    let written = match operands {
        [a, b] => format!("{a} {symbol} {b}"),
        _ => operands.iter().map(|a| format!("{symbol}{a}")).collect(),
    };
    format!("integer overflow: {written} does not fit into 64 bits")
}

fn floats(op: BinaryOp, a: f64, b: f64) -> Value {
    Value::Float(match op {
        BinaryOp::Add => a + b,
        BinaryOp::Subtract => a - b,
        BinaryOp::Multiply => a * b,
        BinaryOp::Divide => a / b,
        BinaryOp::Remainder => libm::fmod(a, b),
        _ => return Value::Bool(ordered(op, &a, &b)),
    })
}

/// An ordering comparison; false where the two cannot be ordered (NaN).
fn ordered<T: PartialOrd>(op: BinaryOp, a: &T, b: &T) -> bool {
    match op {
        BinaryOp::Less => a < b,
        BinaryOp::LessEqual => a <= b,
        BinaryOp::Greater => a > b,
        BinaryOp::GreaterEqual => a >= b,
        _ => false,
    }
}

/// Equality; 1 equals 1.0, values of different kinds are never equal.
pub(super) fn equal(left: &Value, right: &Value) -> bool {
    match (left, right) {
        (Value::Int(a), Value::Float(b)) | (Value::Float(b), Value::Int(a)) => {
            // Beyond 2^53 the cast rounds, so an integer there equals only the float that casts back to it.
            *a as f64 == *b && (a.unsigned_abs() <= EXACT || *b as i64 == *a)
        }
        (Value::List(a), Value::List(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| equal(a, b)),
        (left, right) => left == right,
    }
}
