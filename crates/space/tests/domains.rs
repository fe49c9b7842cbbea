//! What each kind of domain holds, and how its values are drawn.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail loudly")]

use num_bigint::BigUint;
use ravine_space::{
    Anchor, ChoiceDomain, ChoiceOption, Declaration, Declarations, Domain, FloatDomain, Incompatible,
    IntDomain, PermutationDomain, Shuffled, Size, Space, Stream,
};
use serde_json::{Value as Json, json};

fn values(domain: &FloatDomain) -> Vec<f64> {
    (0..domain.grid_len().unwrap()).map(|k| domain.nth(k)).collect()
}

#[test]
fn steps_give_the_decimals_that_were_meant() {
    let domain = FloatDomain::with_step(0.0, 0.5, 0.1, Anchor::Low, false).unwrap();
    assert_eq!(values(&domain), [0.0, 0.1, 0.2, 0.3, 0.4, 0.5]);
    let from_code = Domain::Float(domain).from_json(&json!(0.1 + 0.2)).unwrap();
    assert_eq!(from_code.number(), Some(0.3));
}

#[test]
fn steps_start_at_low_or_are_multiples() {
    let at = |anchor| FloatDomain::with_step(-0.7, 1.1, 0.5, anchor, false).unwrap();
    assert_eq!(values(&at(Anchor::Low)), [-0.7, -0.2, 0.3, 0.8]);
    assert_eq!(values(&at(Anchor::Zero)), [-0.5, 0.0, 0.5, 1.0]);
    assert_eq!((at(Anchor::Zero).low(), at(Anchor::Zero).high()), (-0.5, 1.0));
    let ints = IntDomain::with_step(5, 31, 8, Anchor::Zero, true).unwrap();
    assert_eq!((0..ints.grid_len()).map(|k| ints.nth(k)).collect::<Vec<_>>(), [8, 16, 24]);
}

#[test]
fn points_lie_evenly_on_the_scale() {
    let log = FloatDomain::with_points(1e-4, 1.0, 5, true).unwrap();
    assert_eq!(values(&log), [1e-4, 1e-3, 1e-2, 1e-1, 1.0]);
    let linear = FloatDomain::with_points(0.0, 0.3, 4, false).unwrap();
    assert_eq!(values(&linear), [0.0, 0.1, 0.2, 0.3]);
    let ints = IntDomain::with_points(1, 8, 10, true).unwrap();
    assert_eq!((0..ints.grid_len()).map(|k| ints.nth(k)).collect::<Vec<_>>(), [1, 2, 3, 4, 5, 6, 8]);
}

#[test]
fn a_log_range_is_drawn_evenly_in_its_logarithm() {
    let domain = FloatDomain::new(1e-4, 1.0, true).unwrap();
    let mut stream = Stream::new(1, 0, 0);
    let below = (0..20_000).filter(|_| domain.from_unit(stream.uniform()) < 1e-2).count();
    assert!((9_700..10_300).contains(&below), "{below}");
}

#[test]
fn log_ints_get_the_shares_that_optuna_gives_them() {
    let domain = IntDomain::new(1, 4, true).unwrap();
    let mut stream = Stream::new(1, 0, 0);
    let mut seen = [0.0; 5];
    for _ in 0..100_000 {
        seen[domain.from_unit(stream.uniform()) as usize] += 1e-5;
    }
    for n in 1..=4 {
        let n = n as f64;
        let share = libm::log((n + 0.5) / (n - 0.5)) / libm::log(4.5 / 0.5);
        assert!((seen[n as usize] - share).abs() < 0.01, "{n}: {seen:?}, {share}");
    }
}

#[test]
fn values_outside_the_unit_interval_go_to_its_ends() {
    for domain in [
        FloatDomain::new(0.1, 0.7, false).unwrap(),
        FloatDomain::new(0.1, 0.7, true).unwrap(),
        FloatDomain::with_step(0.1, 0.7, 0.1, Anchor::Low, false).unwrap(),
        FloatDomain::with_step(0.1, 0.7, 0.1, Anchor::Low, true).unwrap(),
    ] {
        assert_eq!(
            (domain.from_unit(-1.0), domain.from_unit(2.0), domain.from_unit(f64::NAN)),
            (0.1, 0.7, 0.1)
        );
    }
}

#[test]
fn the_smallest_numbers_have_a_place_in_the_unit_interval() {
    let domain = FloatDomain::with_step(5e-324, 1e-300, 1.0, Anchor::Low, true).unwrap();
    assert_eq!(domain.from_unit(domain.to_unit(5e-324)), 5e-324);
    let domain = FloatDomain::new(5e-324, 1e-300, true).unwrap();
    assert!((0.0..=1.0).contains(&domain.to_unit(1e-310)));
}

#[test]
fn options_are_drawn_by_weight() {
    let option = |label: &str, weight| ChoiceOption { weight, ..ChoiceOption::literal(label) };
    let domain =
        ChoiceDomain::new(vec![option("a", 3.0), option("b", 0.0), option("c", 1.0)], false).unwrap();
    let mut stream = Stream::new(1, 0, 0);
    let mut seen = [0; 3];
    for _ in 0..40_000 {
        seen[domain.sample(&mut stream) as usize] += 1;
    }
    assert!(seen[1] == 0 && (29_500..30_500).contains(&seen[0]), "{seen:?}");
}

#[test]
fn permutations_are_numbered_in_lexicographic_order() {
    let domain = PermutationDomain::new(vec![json!("a"), json!("b"), json!("c")]).unwrap();
    let all: Vec<_> = (0u8..6).map(|k| domain.nth(&k.into()).to_vec()).collect();
    assert_eq!(all, [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]]);
    assert_eq!(domain.count(), BigUint::from(6u8));
}

#[test]
fn a_domain_in_the_log_leaves_out_what_is_usual() {
    let domains = [
        Domain::Float(FloatDomain::new(0.0, 1.0, false).unwrap()),
        Domain::Float(FloatDomain::with_step(0.1, 1.0, 0.1, Anchor::Low, true).unwrap()),
        Domain::Int(IntDomain::new(1, 9, false).unwrap()),
        Domain::Choice(ChoiceDomain::boolean()),
        Domain::Permutation(PermutationDomain::new(vec![json!(1), json!("b")]).unwrap()),
    ];
    let texts = domains.clone().map(|domain| serde_json::to_string(&domain).unwrap());
    assert_eq!(
        texts,
        [
            r#"{"float":{"low":0.0,"high":1.0}}"#,
            r#"{"float":{"low":0.1,"high":1.0,"log":true,"step":0.1}}"#,
            r#"{"int":{"low":1,"high":9}}"#,
            r#"{"choice":{"labels":[false,true]}}"#,
            r#"{"permutation":{"items":[1,"b"]}}"#,
        ]
    );
    assert_eq!(texts.map(|text| serde_json::from_str::<Domain>(&text).unwrap()), domains);
    let error = serde_json::from_str::<Domain>(r#"{"float":{"low":2.0,"high":1.0}}"#).unwrap_err();
    assert!(error.to_string().contains("the lower bound 2 is above the upper bound 1"), "{error}");
}

#[test]
fn a_parameter_keeps_its_kind_scale_and_options() {
    let float = |high, log| Domain::Float(FloatDomain::new(1.0, high, log).unwrap());
    let choice = |labels: &[&str]| {
        let options = labels.iter().map(|label| ChoiceOption::literal(*label)).collect();
        Domain::Choice(ChoiceDomain::new(options, false).unwrap())
    };
    assert_eq!(float(2.0, false).compatible(&float(3.0, false)), Ok(()));
    assert_eq!(float(2.0, false).compatible(&float(2.0, true)), Err(Incompatible::Scale));
    let int = Domain::Int(IntDomain::new(1, 2, false).unwrap());
    assert!(matches!(float(2.0, false).compatible(&int), Err(Incompatible::Kind { .. })));
    assert_eq!(choice(&["a"]).compatible(&choice(&["a"])), Ok(()));
    assert!(matches!(choice(&["a"]).compatible(&choice(&["b"])), Err(Incompatible::Options { .. })));
}

#[test]
fn a_space_of_seen_domains_is_flat() {
    let int = || Domain::Int(IntDomain::new(1, 4, false).unwrap());
    let space = Space::from_domains([("a/b.c[0] d".to_owned(), int()), ("lr".to_owned(), int())]).unwrap();
    let point = space.nth(&5u8.into()).unwrap();
    assert_eq!(space.resolve(&point), json!({ "a/b.c[0] d": 2, "lr": 2 }));
    assert_eq!(Json::Object(space.to_json(&point)), space.resolve(&point));
    let twice = Space::from_domains([("a".to_owned(), int()), ("a".to_owned(), int())]).unwrap_err();
    assert_eq!(twice.to_string(), "a: this name is there twice");
}

fn build(space: Json, constraints: &[&str]) -> Space {
    Space::build(&serde_json::from_value(space).unwrap(), constraints).unwrap()
}

#[test]
fn a_space_of_any_size_is_counted_and_walked() {
    let items: Vec<u32> = (0..40).collect();
    let space =
        build(json!({ "order": { "permutation": items }, "bits": { "bool": true, "length": 100 } }), &[]);
    let expected = (1..=40u32).product::<BigUint>() << 100u32;
    assert_eq!(space.size(), Size::Finite(expected.clone()));
    let points: Vec<_> = space.without_replacement(3).unwrap().take(200).collect();
    points.iter().for_each(|point| space.validate(point).unwrap());
    let hashes: std::collections::BTreeSet<_> = points.iter().map(|point| space.hash(point)).collect();
    assert_eq!(hashes.len(), 200);
    let ones = points.iter().map(|point| space.to_json(point)["bits[50]"] == true).filter(|bit| *bit).count();
    assert!((60..140).contains(&ones), "{ones}");
    let order = Shuffled::new(expected.clone(), 3);
    assert!(order.at(&(&expected - 1u8)).unwrap() < expected);
    assert_eq!(order.at(&expected), None);
}

#[test]
fn long_lists_are_counted_by_their_lengths() {
    let list = json!({ "n": { "int": [0, 400] }, "bits": { "bool": true, "length": "n" } });
    let expected = (BigUint::from(1u8) << 401u32) - 1u8;
    let space = build(list, &[]);
    assert_eq!(space.size(), Size::Finite(expected.clone()));
    let last = space.nth(&(expected - 1u8)).unwrap();
    assert_eq!(space.to_json(&last)["bits[399]"], true);
}

#[test]
fn an_infinite_space_has_no_numbers() {
    let space = build(json!({ "x": { "float": [0, 1] } }), &[]);
    assert_eq!((space.size(), space.numbered(), space.enumerate().count()), (Size::Infinite, None, 0));
    assert!(space.without_replacement(1).is_none());
    let never = build(json!({ "n": { "int": [0, 3] }, "x": { "float": [0, 1], "when": "n > 5" } }), &[]);
    assert_eq!(never.size(), Size::Finite(4u8.into()));
    let single = build(json!({ "x": { "float": [1, 1] } }), &[]);
    assert_eq!(single.size(), Size::Finite(1u8.into()));
    assert_eq!(build(json!({}), &[]).size(), Size::Finite(1u8.into()));
}

#[test]
fn a_constrained_space_is_counted_up_to_a_million() {
    let space = |n: u32| build(json!({ "a": { "int": [1, n] }, "b": { "int": [1, n] } }), &["a <= b"]);
    assert_eq!(space(100).size(), Size::Finite(5050u32.into()));
    assert_eq!(space(2000).size(), Size::AtMost(4_000_000u32.into()));
    let wide = build(json!({ "a": { "int": [1, 5_000_000] }, "b": { "bool": true, "when": "a > 7" } }), &[]);
    assert_eq!(wide.size(), Size::AtMost(10_000_000u32.into()));
    assert_eq!(wide.nth(&0u8.into()), None);
}

#[test]
fn minus_zero_is_zero_and_the_order_of_declaration_does_not_matter() {
    let of = |space: Json, values: Json| {
        let space = build(space, &[]);
        space.hash(&space.from_json(values.as_object().unwrap()).unwrap())
    };
    let (a, b) = (json!({ "float": [-1, 1] }), json!({ "choice": ["p", "q"] }));
    let one = of(json!({ "a": a, "b": b }), json!({ "a": 0.0, "b": "q" }));
    let reversed = json!({ "choice": ["q", "p"] });
    assert_eq!(of(json!({ "b": reversed, "a": a }), json!({ "a": -0.0, "b": "q" })), one);
    assert_ne!(of(json!({ "a": a, "b": b }), json!({ "a": 0.0, "b": "p" })), one);
}

#[test]
fn declarations_are_written_as_they_were_read() {
    let space = json!({
        "lr": { "float": [1e-5, 0.1], "log": true, "default": 0.001, "prior": { "at": 0.01, "confidence": "low" } },
        "n": { "int": [1, 4] },
        "u": { "int": [1, 9], "step": 2.0, "anchor": "zero", "length": "n", "when": "n > 1" },
        "c": { "choice": [16, "a", null, { "name": "b", "x": { "bool": true } }, { "value": { "k": 1 } }], "ordered": true },
        "w": { "int": true, "expr": "2 * n" },
        "p": { "permutation": [1, 2], "length": 3 },
        "k": [1, "two"]
    });
    let declarations: Declarations = serde_json::from_value(space.clone()).unwrap();
    assert_eq!(serde_json::to_value(&declarations).unwrap(), space);
    Space::build(&declarations, &[]).unwrap();
}

#[test]
fn the_json_schema_names_every_key() {
    let schema = serde_json::to_string_pretty(&schemars::schema_for!(Declaration)).unwrap();
    insta::assert_snapshot!(schema);
}
