//! Spaces of every kind.

use std::sync::Arc;

use serde_json::{Map, Value, json};
use space::Space;

/// A space with a name for messages.
pub(crate) struct Named {
    pub(crate) name: &'static str,
    pub(crate) space: Arc<Space>,
}

fn named(name: &'static str, declarations: Value, constraints: &[&str]) -> Named {
    let space = serde_json::from_value(declarations)
        .map_err(|error| error.to_string())
        .and_then(|declarations| Space::build(&declarations, constraints).map_err(|e| e.to_string()));
    match space {
        Ok(space) => Named { name, space: Arc::new(space) },
        Err(error) => unreachable!("the space {name} of this suite is written wrongly: {error}"),
    }
}

/// Infinite ones, one for each kind of parameter and condition.
pub(crate) fn infinite() -> Vec<Named> {
    let wide: Map<String, Value> =
        (0..200).map(|i| (format!("x{i}"), json!({"float": [0.0, 1.0]}))).collect();
    let large: Vec<Value> = (0..300).map(Value::from).collect();
    vec![
        named("floats", json!({"x": {"float": [-3.0, 5.0]}, "y": {"float": [1e-6, 1e2], "log": true}}), &[]),
        named(
            "numbers",
            json!({
            "x": {"float": [0.0, 1.0]}, "step": {"float": [0.0, 0.5], "step": 0.1},
            "points": {"float": [1e-3, 1e3], "log": true, "points": 7}, "int": {"int": [-2, 9]},
            "logint": {"int": [1, 300], "log": true}, "wide": {"int": [0, 1_000_000_000]}}),
            &[],
        ),
        named(
            "choices",
            json!({
            "x": {"float": [0.0, 1.0]}, "plain": {"choice": ["a", "b", "c"]}, "flag": {"bool": true},
            "ordered": {"choice": [16, 32, 64, 128], "ordered": true},
            "weighted": {"choice": ["p", "q", "r"], "weights": [1.0, 2.0, 0.0]},
            "order": {"permutation": ["a", "b", "c", "d"]}}),
            &[],
        ),
        named(
            "tree",
            json!({
            "x": {"float": [0.0, 1.0]},
            "optimizer": {"choice": [
                {"name": "sgd", "momentum": {"float": [0.0, 0.99]},
                 "nested": {"choice": ["none", {"name": "warm", "steps": {"int": [1, 100], "log": true}}]}},
                {"name": "adam", "beta1": {"float": [0.8, 0.999]}}, "plain"]}}),
            &[],
        ),
        named(
            "lists",
            json!({
            "layers": {"int": [1, 4]}, "units": {"int": [16, 256], "log": true, "length": "layers"},
            "warmup": {"float": [0.0, 0.3], "when": "layers > 2"}}),
            &[],
        ),
        named(
            "single values",
            json!({
            "x": {"float": [0.0, 1.0]}, "one": {"choice": ["only"]}, "same": {"int": [3, 3]},
            "fixed": {"float": [2.5, 2.5]}, "constant": 7}),
            &[],
        ),
        named("a large choice", json!({"x": {"float": [0.0, 1.0]}, "c": {"choice": large}}), &[]),
        named("200 dimensions", Value::Object(wide), &[]),
        named(
            "a constraint",
            json!({"x": {"float": [0.0, 1.0]}, "y": {"float": [0.0, 1.0]}}),
            &["x + y <= 0.5"],
        ),
        named(
            "beliefs",
            json!({
            "x": {"float": [0.0, 1.0], "prior": {"at": 0.9, "confidence": "high"}},
            "y": {"float": [1e-6, 1.0], "log": true, "prior": {"at": 1e-6}}}),
            &[],
        ),
    ]
}

/// A handful of the infinite ones says enough about histories.
pub(crate) fn few() -> Vec<Named> {
    infinite().into_iter().take(5).collect()
}

/// Finite ones, small enough to be tried through.
pub(crate) fn finite() -> Vec<Named> {
    vec![
        named("one value", json!({"x": {"int": [3, 3]}}), &[]),
        named(
            "a grid",
            json!({
            "a": {"int": [0, 4]}, "b": {"choice": ["p", "q"]}, "c": {"float": [0.0, 1.0], "points": 3}}),
            &[],
        ),
        named(
            "a finite tree",
            json!({
            "m": {"choice": [{"name": "u", "k": {"int": [1, 6]}}, {"name": "v", "flag": {"bool": true}}, "w"]},
            "o": {"permutation": [1, 2, 3]}}),
            &[],
        ),
        named("a constrained grid", json!({"a": {"int": [0, 9]}, "b": {"int": [0, 9]}}), &["a * b <= 10"]),
    ]
}

/// A continuum of which one part in 10,000 keeps the constraints.
pub(crate) fn narrow() -> Named {
    let declarations = json!({
        "x": {"float": [0.0, 1.0]}, "y": {"float": [0.0, 1.0]}, "z": {"float": [1e-3, 1.0], "log": true}});
    named("a part in 10,000", declarations, &["x + y <= 0.01414"])
}

/// Five integers beside a continuum.
pub(crate) fn counted() -> Named {
    named("five integers", json!({"x": {"float": [0.0, 1.0]}, "k": {"int": [3, 7]}}), &[])
}

/// A choice of a million options.
pub(crate) fn vast() -> Named {
    let options: Vec<Value> = (0..1_000_000).map(Value::from).collect();
    named("a million options", json!({"x": {"float": [0.0, 1.0]}, "c": {"choice": options}}), &[])
}

/// What define-by-run studies know first, and later.
pub(crate) fn grown() -> [Named; 2] {
    let before = json!({"x": {"float": [0.0, 1.0]}, "m": {"choice": ["p", "q"]}});
    let after = json!({
        "x": {"float": [0.0, 1.0]}, "m": {"choice": ["p", "q"]}, "y": {"float": [1e-4, 1.0], "log": true},
        "n": {"int": [1, 9]}, "c": {"choice": ["r", "s", "t"]}});
    [named("before it grew", before, &[]), named("after it grew", after, &[])]
}

/// The same spaces with other names, whose alphabetical order is another one.
pub(crate) fn renamed() -> Vec<[Named; 2]> {
    let spaces = [
        (
            "numbers",
            json!({
            "x": {"float": [-3.0, 5.0]}, "y": {"float": [1e-6, 1e2], "log": true}, "k": {"int": [-2, 9]},
            "s": {"float": [0.0, 0.5], "step": 0.1}}),
        ),
        (
            "options",
            json!({
            "x": {"float": [0.0, 1.0]}, "c": {"choice": ["a", "b", "c"]}, "b": {"bool": true},
            "o": {"choice": [16, 32, 64, 128], "ordered": true}, "p": {"permutation": ["a", "b", "c", "d"]}}),
        ),
    ];
    let twice = |(name, declarations): (&'static str, Value)| {
        let Value::Object(table) = &declarations else { return None };
        let renamed = |(i, (_, domain)): (usize, (&String, &Value))| {
            let letter = char::from(b'z' - i as u8);
            (format!("{letter}_other"), domain.clone())
        };
        let other: Map<String, Value> = table.iter().enumerate().map(renamed).collect();
        Some([named(name, declarations.clone(), &[]), named(name, Value::Object(other), &[])])
    };
    spaces.into_iter().filter_map(twice).collect()
}

/// The same logarithmic ranges in two units, a thousand apart.
pub(crate) fn units() -> [Named; 2] {
    let of = |name, unit: f64| {
        let range = |low: f64, high: f64| json!({"float": [low * unit, high * unit], "log": true});
        named(name, json!({"a": range(1e-3, 1e2), "b": range(1e-5, 1.0), "x": {"float": [0.0, 1.0]}}), &[])
    };
    [of("seconds", 1.0), of("milliseconds", 1000.0)]
}

/// Small domains whose ends must be reached, and a continuum beside them.
pub(crate) fn ends() -> Named {
    named(
        "ends",
        json!({
        "x": {"float": [0.0, 1.0]}, "int": {"int": [-2, 3]}, "logint": {"int": [1, 6], "log": true},
        "step": {"float": [0.0, 0.5], "step": 0.1}, "logstep": {"float": [0.1, 0.6], "step": 0.1, "log": true},
        "points": {"float": [1e-4, 1e-1], "points": 4, "log": true},
        "ordered": {"choice": [1, 2, 3, 4], "ordered": true}}),
        &[],
    )
}

/// Cheap problems that a learning sampler must win: numbers, the same in another order, options, both, a tree.
pub(crate) fn learnable() -> Vec<Named> {
    vec![
        named(
            "four numbers",
            json!({
            "a": {"float": [0.0, 1.0]}, "b": {"float": [1e-5, 1.0], "log": true}, "c": {"int": [0, 50]},
            "d": {"float": [-5.0, 5.0]}}),
            &[],
        ),
        named(
            "four numbers the other way round",
            json!({
            "d": {"float": [-5.0, 5.0]}, "c": {"int": [0, 50]}, "b": {"float": [1e-5, 1.0], "log": true},
            "a": {"float": [0.0, 1.0]}}),
            &[],
        ),
        named(
            "options",
            json!({
            "a": {"choice": [1, 2, 3, 4]}, "b": {"choice": [1, 2, 3, 4]}, "c": {"choice": [1, 2, 3, 4]},
            "d": {"choice": [1, 2, 3, 4]}, "e": {"choice": [1, 2, 3, 4]}, "f": {"choice": [1, 2, 3, 4]},
            "g": {"choice": [1, 2, 3, 4]}, "h": {"choice": [1, 2, 3, 4]}}),
            &[],
        ),
        named(
            "options and numbers",
            json!({
            "a": {"choice": ["p", "q", "r", "s"]}, "b": {"choice": [1, 2, 3, 4, 5, 6]}, "c": {"float": [0.0, 1.0]},
            "d": {"float": [0.0, 1.0]}}),
            &[],
        ),
        named(
            "a tree of numbers",
            json!({
            "s": {"float": [0.0, 1.0]},
            "m": {"choice": [
                {"name": "u", "x": {"float": [0.0, 1.0]}, "y": {"float": [0.0, 1.0]}},
                {"name": "v", "z": {"float": [1e-4, 1.0], "log": true}}, "w"]}}),
            &[],
        ),
    ]
}
