//! Expressions: read, checked and evaluated over names that are there, inactive, or not numbers.
#![no_main]

use libfuzzer_sys::fuzz_target;
use space::expr::{Env, Expr, Lookup, Names, Type, Value};

struct Known;

impl Names for Known {
    fn type_of(&self, name: &str) -> Option<Type> {
        match name {
            "a" => Some(Type::Int),
            "b" | "off" => Some(Type::Float),
            "list" => Some(Type::Int.list()),
            "text" => Some(Type::Str),
            _ => None,
        }
    }

    fn known(&self) -> Vec<String> {
        ["a", "b", "off", "list", "text"].map(str::to_owned).into()
    }
}

impl Env for Known {
    fn get(&self, name: &str) -> Lookup {
        match name {
            "a" => Lookup::Value(Value::Int(i64::MAX)),
            "b" => Lookup::Value(Value::Float(f64::NAN)),
            "list" => Lookup::Value(Value::List(vec![Value::Int(1), Value::Int(-1)])),
            "text" => Lookup::Value(Value::from("text")),
            "off" => Lookup::Inactive,
            _ => Lookup::Unknown,
        }
    }
}

fuzz_target!(|source: &str| {
    let expr = match Expr::parse(source) {
        Ok(expr) => expr,
        Err(error) => return assert!(source.get(error.span).is_some()),
    };
    let checked = expr.check(&Known);
    let _ = expr.eval(&Known);
    let _ = expr.violations(&Known);
    if checked == Ok(Type::Bool) {
        let _ = expr.satisfied(&Known);
    }
});
