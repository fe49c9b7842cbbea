//! Spaces that are refused: each message says where, what, and what would be right.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail loudly")]

use ravine_space::{Declarations, Space, SpaceError};
use serde_json::{Value as Json, json};

fn refused(space: Json, constraints: &[&str]) -> String {
    match serde_json::from_value::<Declarations>(space) {
        Err(error) => format!("(reader) {error}"),
        Ok(declarations) => match Space::build(&declarations, constraints) {
            Err(errors) => errors.iter().map(shown).collect::<Vec<_>>().join("\n"),
            Ok(space) => panic!("{space:?} was not refused"),
        },
    }
}

fn shown(error: &SpaceError) -> String {
    match &error.span {
        Some(span) => format!("{error} @{}..{}", span.start, span.end),
        None => error.to_string(),
    }
}

#[test]
fn a_domain_that_cannot_be_is_refused() {
    let one = |parameter: Json| refused(json!({ "x": parameter }), &[]);
    let messages = [
        one(json!({ "float": [2, 1] })),
        one(json!({ "float": [0, 1], "log": true })),
        one(json!({ "float": [1] })),
        one(json!({ "float": [0, 1], "step": 0.3 })),
        one(json!({ "float": [0, 1], "step": 0 })),
        one(json!({ "float": [0, 1], "step": -0.5 })),
        one(json!({ "float": [0, 1], "step": 2 })),
        one(json!({ "float": [1.1, 1.9], "step": 2, "anchor": "zero" })),
        one(json!({ "float": [0, 1], "anchor": "zero" })),
        one(json!({ "float": [0, 1], "step": 0.1, "points": 3 })),
        one(json!({ "float": [0, 1], "points": 1 })),
        one(json!({ "float": [-1e308, 1e308] })),
        one(json!({ "float": [0, 9_007_199_254_740_993i64] })),
        one(json!({ "float": ["0", 1] })),
        one(json!({ "int": [4, 1] })),
        one(json!({ "int": [0, 4], "log": true })),
        one(json!({ "int": [0, 9_007_199_254_740_993i64] })),
        one(json!({ "int": [0, 9], "step": 0.5 })),
        one(json!({ "int": [0, 9], "step": 2 })),
        one(json!({ "int": true })),
        one(json!({ "int": [0.5, 2] })),
        one(json!({ "choice": [] })),
        one(json!({ "choice": ["a", "b", "a"] })),
        one(json!({ "choice": ["a", { "name": "a", "y": { "int": [0, 1] } }] })),
        one(json!({ "choice": ["a", "b"], "weights": [1.0] })),
        one(json!({ "choice": ["a", "b"], "weights": [1.0, -1.0] })),
        one(json!({ "choice": ["a", "b"], "weights": [0, 0] })),
        one(json!({ "choice": [{ "y": { "int": [0, 1] } }] })),
        one(json!({ "choice": [{ "name": "a", "value": 3, "y": { "int": [0, 1] } }] })),
        one(json!({ "choice": [{ "name": "a", "momentum": { "float": [1, 0] } }] })),
        one(json!({ "choice": [{ "name": "a", "b": 1 }, { "name": "b", "c": 1 }] })),
        one(json!({ "choice": [{ "name": "a.b", "c": 1 }] })),
        one(json!({ "bool": false })),
        one(json!({ "permutation": [] })),
        one(json!({ "permutation": ["a", "a"] })),
        one(json!({ "float": [0, 1], "int": [0, 1] })),
        one(json!({ "default": 3 })),
        one(json!({ "flaot": [0, 1] })),
        one(json!({ "choice": ["a"], "log": true })),
        one(json!({ "value": 3, "default": 3 })),
        one(json!({ "float": [0, 1], "default": 2 })),
        one(json!({ "float": [0, 1], "step": 0.1, "default": 0.25 })),
        one(json!({ "int": [0, 9], "default": 1.5 })),
        one(json!({ "choice": ["a"], "default": "b" })),
        one(json!({ "float": [0, 1], "prior": { "at": 2 } })),
        one(json!({ "float": [0, 1], "prior": { "at": 1, "confidence": "certain" } })),
        one(json!({ "int": [0, 9], "length": 2, "default": [1, 2, 3] })),
        one(json!({ "int": [0, 9], "length": -2 })),
        one(json!({ "int": [0, 9], "length": 5000 })),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn a_name_or_expression_that_means_nothing_is_refused() {
    let int = || json!({ "int": [1, 4] });
    let with = |x: Json| refused(json!({ "layers": int(), "lr": { "float": [0, 1] }, "x": x }), &[]);
    let messages = [
        with(json!({ "int": [1, 4], "length": "layer" })),
        with(json!({ "int": [1, 4], "length": "lr" })),
        with(json!({ "int": [1, 4], "length": "x" })),
        with(json!({ "float": [0, 1], "when": "layesr > 2" })),
        with(json!({ "float": [0, 1], "when": "layers + 2" })),
        with(json!({ "float": [0, 1], "when": "layers >" })),
        with(json!({ "float": [0, 1], "when": "layers > 'two'" })),
        with(json!({ "expr": "2 * depth" })),
        with(json!({ "expr": "x + 1" })),
        with(json!({ "expr": "'a'", "int": true })),
        with(json!({ "float": [0, 1], "when": "x > 0.5" })),
        with(json!({ "value": 3, "when": "x > 1" })),
        with(json!({ "float": [0, 1], "length": 2, "when": "len(x) > 1" })),
        refused(
            json!({ "a": { "int": [0, 1], "when": "b > 0" }, "b": { "int": [0, 1], "when": "a > 0" } }),
            &[],
        ),
        refused(json!({ "a": { "expr": "b" }, "b": { "expr": "a" } }), &[]),
        refused(
            json!({ "t": { "expr": "sum(u)" }, "u": { "int": [0, 1], "length": 2, "when": "t > 0" } }),
            &[],
        ),
        refused(json!({ "n": { "int": [-1, 4] }, "u": { "int": [0, 1], "length": "n" } }), &[]),
        refused(json!({ "n": { "choice": [1, "a"] }, "u": { "int": [0, 1], "length": "n" } }), &[]),
        refused(json!({ "a b": int() }), &[]),
        refused(json!({ "": int() }), &[]),
        refused(json!({ "lr": { "float": [0, 1] } }), &["lr < 1", "rl < 1"]),
        refused(json!({ "lr": { "float": [0, 1] } }), &["lr * 2"]),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn all_mistakes_are_told_at_once_and_what_follows_from_them_is_not() {
    let all = refused(
        json!({
            "lr": { "float": [1, 0], "when": "layesr > 2" },
            "layers": { "int": [4, 1] },
            "units": { "int": [16, 256], "length": "layers", "default": 3, "prior": { "at": 2 } },
            "first": { "expr": "units[0] + lr + optimizer.sgd.momentum" },
            "wide": { "float": [0, 1], "when": "first > 2 && 'a' > 2" },
            "unread": { "expr": "2 *" },
            "twice": { "expr": "unread + 1" },
            "lost": { "int": [0, 1], "length": "layer", "default": 2 },
            "optimizer": { "choice": [
                { "name": "sgd", "momentum": { "float": [0, 0.99], "default": 1 } },
                { "name": "adam", "beta1": { "float": [0.9, 0.8] }, "a.b": 1 },
            ], "weights": [1] },
        }),
        &["lr < 1", "rl < 1 && lrr < 2", "lost[0] > twice", "lost +"],
    );
    insta::assert_snapshot!(all);
}

#[test]
fn circles_that_have_nothing_in_common_are_told_at_once() {
    let all = refused(
        json!({
            "a": { "int": [0, 1], "when": "b > 0" },
            "b": { "int": [0, 1], "when": "a > 0 && c > 0" },
            "c": { "int": [0, 1], "when": "a > 0" },
            "e": { "expr": "e" },
        }),
        &["aa < 1"],
    );
    insta::assert_snapshot!(all);
}

#[test]
fn lists_that_multiply_beyond_reason_are_refused() {
    let list = |inner: Json| json!({ "length": 200, "choice": [{ "name": "a", "x": inner }] });
    let message = refused(json!({ "x": list(list(json!({ "int": [0, 1] }))) }), &[]);
    assert!(message.contains("more than 20000 parameters"), "{message}");
}

#[test]
fn choices_lie_sixteen_deep_and_no_deeper() {
    let nested = |levels: usize| {
        let around = |inner: Json, _| json!({ "choice": [{ "name": "a", "x": inner }, "b"] });
        let inner = (0..levels).fold(json!({ "int": [0, 1] }), around);
        Space::build(&serde_json::from_value(json!({ "x": inner })).unwrap(), &[])
    };
    assert_eq!(nested(16).unwrap().parameters().len(), 17);
    let message = nested(17).unwrap_err().to_string();
    assert!(message.contains("more than 16 deep"), "{message}");
}

#[test]
fn an_option_that_a_choice_does_not_have_is_refused_with_its_place() {
    let space =
        |when: &str| json!({ "o": { "choice": ["sgd", "adam"] }, "m": { "float": [0, 1], "when": when } });
    let first = refused(space("o == 'sdg'"), &[]);
    assert_eq!(first, "space.m.when: `o` has no option 'sdg'; did you mean 'sgd'? @5..10");
    assert!(refused(space("o in ['adam', 'lion']"), &[]).contains("`o` has no option 'lion'"));
    assert!(refused(space("'lion' != o"), &[]).contains("it is one of 'sgd', 'adam'"));
}
