//! The space of the product's page: what each kind of declaration means to a program.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail loudly")]

use ravine_space::{Declarations, Found, Point, Scalar, Size, Space, SpaceErrors, Stream};
use serde_json::{Value as Json, json};

fn build(space: Json, constraints: &[&str]) -> Result<Space, SpaceErrors> {
    let declarations: Declarations = serde_json::from_value(space).unwrap();
    Space::build(&declarations, constraints)
}

fn digits() -> Space {
    let space = json!({
        "lr": { "float": [1e-5, 1e-1], "log": true, "default": 1e-3 },
        "dropout": { "float": [0.0, 0.5], "step": 0.1 },
        "decay": { "float": [1e-6, 1e-2], "log": true, "prior": { "at": 1e-4, "confidence": "low" } },
        "units": { "int": [16, 256], "log": true, "length": "layers" },
        "layers": { "int": [1, 4] },
        "batch": { "choice": [16, 32, 64, 128], "ordered": true },
        "optimizer": { "choice": [
            { "name": "sgd", "momentum": { "float": [0.0, 0.99] } },
            { "name": "adam", "beta1": { "float": [0.8, 0.999] } }
        ] },
        "order": { "permutation": ["a", "b", "c", "d"] },
        "warmup": { "float": [0.0, 0.3], "when": "layers > 2" },
        "width2": { "expr": "2 * units[0]", "int": true },
        "patience": 5
    });
    build(space, &["batch * units[0] <= 16384"]).unwrap()
}

fn point(space: &Space, given: Json) -> Point {
    let partial = space.partial(given.as_object().unwrap()).unwrap();
    space.complete_partial(&partial, |i, _| {
        let domain = &space.parameters()[i].domain;
        domain.from_unit(&vec![0.0; domain.width()])
    })
}

#[test]
fn deciders_come_first_and_the_rest_keeps_the_order_of_the_file() {
    let space = digits();
    let paths: Vec<&str> = space.parameters().iter().map(|p| p.path.as_str()).collect();
    let expected = [
        "lr",
        "dropout",
        "decay",
        "layers",
        "units[0]",
        "units[1]",
        "units[2]",
        "units[3]",
        "batch",
        "optimizer",
        "optimizer.sgd.momentum",
        "optimizer.adam.beta1",
        "order",
        "warmup",
    ];
    assert_eq!(paths, expected);
    assert_eq!(
        space.parent(space.index("optimizer.adam.beta1").unwrap()),
        space.index("optimizer").map(|i| (i, 1))
    );
    assert_eq!(space.parent(space.index("units[1]").unwrap()), None);
}

#[test]
fn the_program_gets_a_nested_configuration_in_the_order_of_the_file() {
    let space = digits();
    let given =
        json!({ "lr": 0.01, "layers": 2, "units": [64, 32], "batch": 128, "optimizer.adam.beta1": 0.9 });
    let point = point(&space, given);
    space.validate(&point).unwrap();
    let expected = json!({
        "lr": 0.01, "dropout": 0.0, "decay": 1e-6, "units": [64, 32], "layers": 2, "batch": 128,
        "optimizer": { "name": "adam", "beta1": 0.9 }, "order": ["a", "b", "c", "d"], "width2": 128, "patience": 5
    });
    assert_eq!(space.resolve(&point).to_string(), expected.to_string());
}

#[test]
fn records_hold_the_sampled_values_by_path() {
    let space = digits();
    let given =
        json!({ "units": [64, 32, 16], "optimizer.sgd.momentum": 0.5, "order": ["d", "c", "b", "a"] });
    let point = point(&space, given);
    let expected = json!({
        "lr": 1e-5, "dropout": 0.0, "decay": 1e-6, "layers": 3, "units[0]": 64, "units[1]": 32, "units[2]": 16,
        "batch": 16, "optimizer": "sgd", "optimizer.sgd.momentum": 0.5, "order": ["d", "c", "b", "a"], "warmup": 0.0
    });
    let record = space.to_json(&point);
    assert_eq!(Json::Object(record.clone()).to_string(), expected.to_string());
    assert_eq!(space.from_json(&record).unwrap(), point);
}

#[test]
fn a_name_in_a_placeholder_finds_its_value() {
    let space = digits();
    let point =
        point(&space, json!({ "layers": 2, "units": [64, 32], "optimizer": "adam", "optimizer.beta1": 0.9 }));
    let value = |json: Json| Found::Value(json);
    assert_eq!(space.lookup(&point, "units"), value(json!([64, 32])));
    assert_eq!(space.lookup(&point, "units[1]"), value(json!(32)));
    assert_eq!(space.lookup(&point, "units[2]"), Found::Inactive);
    assert_eq!(space.lookup(&point, "optimizer"), value(json!("adam")));
    assert_eq!(space.lookup(&point, "optimizer.beta1"), value(json!(0.9)));
    assert_eq!(space.lookup(&point, "optimizer.adam.beta1"), value(json!(0.9)));
    assert_eq!(space.lookup(&point, "optimizer.momentum"), Found::Inactive);
    assert_eq!(space.lookup(&point, "warmup"), Found::Inactive);
    assert_eq!(space.lookup(&point, "width2"), value(json!(128)));
    assert_eq!(space.lookup(&point, "patience"), value(json!(5)));
    assert_eq!(space.lookup(&point, "optimizer.gamma"), Found::Unknown);
}

#[test]
fn a_space_constraint_is_kept_by_what_is_allowed() {
    let space = digits();
    let broken = point(&space, json!({ "layers": 1, "units": [256], "batch": 128 }));
    assert!(!space.allows(&broken));
    let error = space.validate(&broken).unwrap_err();
    assert_eq!(
        error.to_string(),
        "space_constraint[0].expr: the configuration breaks this space constraint; \
         it must hold that batch * units[0] <= 16384"
    );
    assert!(space.allows(&point(&space, json!({ "units": [128], "batch": 128 }))));
}

#[test]
fn a_whole_configuration_is_an_option_with_a_value() {
    let space = json!({
        "model": { "choice": [
            { "name": "small", "value": { "width": 8, "norm": { "eps": 1e-5 } } },
            { "value": { "width": 64 } },
            "none"
        ] },
        "depth": { "int": [1, 3], "when": "model.width > 10" },
        "fixed": { "value": { "a": [1, 2], "b": { "c": true } } }
    });
    let space = build(space, &[]).unwrap();
    assert_eq!(space.size(), Size::Finite(5u8.into()));
    let points: Vec<Point> = space.enumerate().collect();
    let fixed = json!({ "a": [1, 2], "b": { "c": true } });
    assert_eq!(
        space.resolve(&points[0]),
        json!({ "model": { "width": 8, "norm": { "eps": 1e-5 } }, "fixed": fixed })
    );
    assert_eq!(space.resolve(&points[2]), json!({ "model": { "width": 64 }, "depth": 2, "fixed": fixed }));
    assert_eq!(space.resolve(&points[4]), json!({ "model": "none", "fixed": fixed }));
    assert_eq!(space.lookup(&points[0], "model"), Found::Value(json!("small")));
    assert_eq!(space.lookup(&points[0], "model.small.norm.eps"), Found::Value(json!(1e-5)));
    assert_eq!(space.lookup(&points[2], "model.small.norm.eps"), Found::Inactive);
    assert_eq!(space.lookup(&points[2], "model.width"), Found::Value(json!(64)));
    assert_eq!(space.lookup(&points[2], "model"), Found::Value(json!("{\"width\":64}")));
    assert_eq!(space.lookup(&points[0], "fixed.b.c"), Found::Value(json!(true)));
    assert_eq!(
        space.to_json(&points[2]),
        *json!({ "model": "{\"width\":64}", "depth": 2 }).as_object().unwrap()
    );
}

#[test]
fn options_nest_and_hold_lists_and_conditions_of_their_own() {
    let space = json!({
        "blocks": { "length": "count", "choice": [
            { "name": "conv", "n": { "int": [0, 2] }, "sizes": { "choice": [3, 5], "length": "n" },
              "pad": { "bool": true, "when": "n > 1" }, "twice": { "expr": "2 * n" }, "kind": "c" },
            { "name": "pool" }
        ] },
        "count": { "int": [0, 2] }
    });
    let space = build(space, &[]).unwrap();
    // conv: n = 0: 1, n = 1: 2, n = 2: 4 · 2; pool: 1.
    let block = 1 + 2 + 8 + 1;
    assert_eq!(space.size(), Size::Finite((1u32 + block + block * block).into()));
    let given =
        json!({ "count": 2, "blocks": [{ "name": "conv", "n": 2, "sizes": [5, 3], "pad": true }, "pool"] });
    let point = point(&space, given);
    assert_eq!(
        space.resolve(&point),
        json!({
            "blocks": [{ "name": "conv", "n": 2, "sizes": [5, 3], "pad": true, "twice": 4, "kind": "c" }, { "name": "pool" }],
            "count": 2
        })
    );
    assert_eq!(space.lookup(&point, "blocks"), Found::Value(json!(["conv", "pool"])));
    assert_eq!(space.lookup(&point, "blocks[0].sizes"), Found::Value(json!([5, 3])));
    assert_eq!(space.lookup(&point, "blocks[1].sizes"), Found::Inactive);
    let empty = space.nth(&0u8.into()).unwrap();
    assert_eq!(space.resolve(&empty), json!({ "blocks": [], "count": 0 }));
}

#[test]
fn defaults_make_the_first_point() {
    let space = json!({
        "lr": { "float": [1e-5, 1e-1], "log": true, "default": 1e-3 },
        "n": { "int": [1, 3], "default": 2 },
        "units": { "int": [1, 512], "length": "n", "default": [64, 32, 16] },
        "acts": { "choice": ["relu", "tanh"], "length": 2, "default": "tanh" },
        "flag": { "bool": true, "default": true }
    });
    let space = build(space, &[]).unwrap();
    let defaults = space.defaults();
    let point = space.complete_partial(&defaults, |i, _| panic!("{i} has a default"));
    let expected = json!({ "lr": 1e-3, "n": 2, "units": [64, 32], "acts": ["tanh", "tanh"], "flag": true });
    assert_eq!(space.resolve(&point), expected);
}

#[test]
fn the_defaults_of_options_that_are_not_the_default_stay_out_of_the_first_point() {
    let space = json!({
        "optimizer": { "default": "adam", "choice": [
            { "name": "sgd", "momentum": { "float": [0.0, 0.99], "default": 0.9 } },
            { "name": "adam", "beta1": { "float": [0.8, 0.999], "default": 0.9 } }
        ] },
        "schedule": { "choice": [
            { "name": "cosine", "floor": { "float": [0.0, 1.0], "default": 0.1 } },
            { "name": "step", "factor": { "float": [0.0, 1.0], "default": 0.5 } }
        ] }
    });
    let space = build(space, &[]).unwrap();
    let defaults = space.defaults();
    let given = (0..space.parameters().len()).filter(|i| defaults.get(*i).is_some());
    let given: Vec<&str> = given.map(|i| space.parameters()[i].path.as_str()).collect();
    assert_eq!(given, ["optimizer", "optimizer.adam.beta1"]);
}

#[test]
fn a_partial_point_that_contradicts_itself_is_refused() {
    let space = digits();
    let error = |given: Json| space.partial(given.as_object().unwrap()).unwrap_err().to_string();
    let messages = [
        error(json!({ "learning_rate": 0.1 })),
        error(json!({ "drop_out": 0.1 })),
        error(json!({ "lr": 1.0 })),
        error(json!({ "dropout": 0.25 })),
        error(json!({ "lr": "fast" })),
        error(json!({ "batch": 48 })),
        error(json!({ "layers": 2.5 })),
        error(json!({ "units": [16, 16, 16, 16, 16] })),
        error(json!({ "units": [16, 16], "layers": 3 })),
        error(json!({ "units": [] })),
        error(json!({ "optimizer": "sgd", "optimizer.adam.beta1": 0.9 })),
        error(json!({ "optimizer": "sgd", "optimizer.beta1": 0.9 })),
        error(json!({ "optimizer.beta1": 0.9 })),
        error(json!({ "optimizer": { "name": "adam", "momentum": 0.9 } })),
        error(json!({ "patience": 6 })),
        error(json!({ "width2": 6 })),
        error(json!({ "order": ["a", "b", "c", "c"] })),
    ];
    insta::assert_snapshot!(messages.join("\n"));
}

#[test]
fn what_is_given_implies_options_and_lengths() {
    let space = digits();
    let partial = space
        .partial(json!({ "units": [64, 32], "optimizer.sgd.momentum": 0.5 }).as_object().unwrap())
        .unwrap();
    let given = |name: &str| partial.get(space.index(name).unwrap()).cloned();
    assert_eq!(given("layers"), Some(Scalar::Int(2)));
    assert_eq!(given("optimizer"), Some(Scalar::Choice(0)));
    assert_eq!((given("lr"), partial.given()), (None, 5));
}

#[test]
fn a_record_of_another_space_is_refused() {
    let space = digits();
    let good = space.to_json(&space.sample(&mut Stream::new(1, 0, 0)));
    let change = |name: &str, value: Option<Json>| {
        let mut record = good.clone();
        match value {
            Some(value) => record.insert(name.to_owned(), value),
            None => record.shift_remove(name),
        };
        space.from_json(&record).unwrap_err().to_string()
    };
    let other = if good["optimizer"] == "sgd" { "optimizer.adam.beta1" } else { "optimizer.sgd.momentum" };
    assert_eq!(change("lr", None), "lr: it has no value; it is a float from 1e-5 to 0.1, log");
    assert_eq!(change("lr", Some(json!(2.0))), "lr: 2.0 is not a float from 1e-5 to 0.1, log");
    assert_eq!(change("rl", Some(json!(2.0))), "rl: there is no such parameter; did you mean `lr`?");
    assert_eq!(
        change(other, Some(json!(0.9))),
        format!("{other}: it has a value where it is not active; leave it out")
    );
}

#[test]
fn a_point_that_does_not_fit_is_not_valid() {
    let space = digits();
    let good = point(&space, json!({ "layers": 1 }));
    let with = |name: &str, value: Option<Scalar>| {
        let mut point = good.clone();
        point.set(space.index(name).unwrap(), value);
        space.validate(&point).unwrap_err().path
    };
    assert_eq!(with("lr", None), "lr");
    assert_eq!(with("lr", Some(Scalar::Float(f64::NAN))), "lr");
    assert_eq!(with("lr", Some(Scalar::Int(1))), "lr");
    assert_eq!(with("units[1]", Some(Scalar::Int(16))), "units[1]");
    assert_eq!(with("batch", Some(Scalar::Choice(4))), "batch");
    assert_eq!(with("order", Some(Scalar::Order([0, 1, 2, 2].into()))), "order");
}
