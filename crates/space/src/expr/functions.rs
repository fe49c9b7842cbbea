//! The functions of expressions. Transcendental ones come from libm: the same bits on every machine.

use super::ast::Function;
use super::value::{Value, as_float, binary, negate};
use crate::expr::ast::BinaryOp;

pub(super) fn call(function: Function, arguments: &[Value]) -> Result<Value, String> {
    if function.folds() {
        let items = match arguments {
            [Value::List(items)] => items.as_slice(),
            other => other,
        };
        return fold(function, items);
    }
    let [argument] = arguments else {
        return Err(format!("`{}` takes one argument", function.name()));
    };
    match function {
        Function::Len => match argument {
            Value::List(items) => Ok(Value::Int(items.len() as i64)),
            Value::Str(text) => Ok(Value::Int(text.chars().count() as i64)),
            other => Err(format!("`len` wants a list or text, this is {}", other.described())),
        },
        Function::Abs => match argument {
            Value::Int(value) if *value < 0 => negate(argument),
            Value::Int(_) => Ok(argument.clone()),
            other => Ok(Value::Float(as_float(other)?.abs())),
        },
        Function::Floor | Function::Ceil | Function::Round => rounded(function, argument),
        _ => {
            let x = as_float(argument)?;
            Ok(Value::Float(match function {
                Function::Sqrt => libm::sqrt(x),
                Function::Exp => libm::exp(x),
                _ => libm::log(x),
            }))
        }
    }
}

fn rounded(function: Function, argument: &Value) -> Result<Value, String> {
    let Value::Float(x) = argument else {
        return as_float(argument).map(|_| argument.clone());
    };
    let whole = match function {
        Function::Floor => libm::floor(*x),
        Function::Ceil => libm::ceil(*x),
        _ => libm::round(*x),
    };
    // -2^63 is a float, 2^63 - 1 is not: the upper end is open.
    if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&whole) {
        return Ok(Value::Int(whole as i64));
    }
    Err(format!("`{}` of {x} is no integer of 64 bits", function.name()))
}

fn fold(function: Function, items: &[Value]) -> Result<Value, String> {
    let Some((first, rest)) = items.split_first() else {
        return match function {
            Function::Sum => Ok(Value::Int(0)),
            _ => Err(format!("`{}` of an empty list", function.name())),
        };
    };
    as_float(first)?;
    match function {
        Function::Sum | Function::Mean => {
            let sum = rest.iter().try_fold(first.clone(), |sum, item| binary(BinaryOp::Add, &sum, item))?;
            if function == Function::Sum {
                return Ok(sum);
            }
            Ok(Value::Float(as_float(&sum)? / items.len() as f64))
        }
        _ => {
            let op = if function == Function::Min { BinaryOp::Less } else { BinaryOp::Greater };
            rest.iter().try_fold(first.clone(), |best, item| {
                // NaN wins: a minimum over something that is not a number is not a number.
                if matches!(&best, Value::Float(x) if x.is_nan()) {
                    return as_float(item).map(|_| best);
                }
                let nan = matches!(item, Value::Float(x) if x.is_nan());
                let better = binary(op, item, &best)? == Value::Bool(true);
                Ok(if nan || better { item.clone() } else { best })
            })
        }
    }
}
