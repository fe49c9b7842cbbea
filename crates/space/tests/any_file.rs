//! Whatever stands in a study file, reading it ends in a space that works or in an error.
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail loudly")]

use proptest::prelude::*;
use ravine_space::{Declarations, Space, Stream};
use serde_json::{Map, Value as Json, json};

fn number() -> BoxedStrategy<Json> {
    let extremes = [0.0, -0.0, 1.0, 0.1, 1e-300, 5e-324, 1e300, f64::MAX, -1e16, 1e16, 0.3, 1e-5, -1.5];
    prop_oneof![
        3 => (-4i64..6).prop_map(Json::from),
        1 => prop::sample::select(vec![i64::MIN, i64::MAX, 1 << 53, -(1 << 53), (1 << 53) + 1]).prop_map(Json::from),
        2 => prop::sample::select(extremes.to_vec()).prop_map(Json::from),
        1 => any::<f64>().prop_filter("finite", |x| x.is_finite()).prop_map(Json::from),
    ]
    .boxed()
}

fn text() -> impl Strategy<Value = Json> {
    let texts = [
        "a",
        "b",
        "c",
        "",
        "a.b",
        "a[0]",
        "a > 0",
        "len(a) > 1",
        "sum(a) + b",
        "a.x.b == 'c'",
        "low",
        "zero",
        "a / 0",
        "9223372036854775807 * (a + 2)",
        "true",
        "(",
        "a == 'x' && b > 1",
    ];
    prop::sample::select(texts.to_vec()).prop_map(Json::from)
}

fn value(depth: u32) -> BoxedStrategy<Json> {
    let pair = (number(), number()).prop_map(|(a, b)| json!([a, b]));
    let leaf = prop_oneof![4 => number(), 2 => text(), 3 => pair, 1 => any::<bool>().prop_map(Json::from), 1 => Just(Json::Null)];
    if depth == 0 {
        return leaf.boxed();
    }
    let list = prop::collection::vec(value(depth - 1), 0..4).prop_map(Json::Array);
    prop_oneof![3 => leaf, 2 => list, 4 => table(depth - 1)].boxed()
}

/// A table that is often nearly right.
fn table(depth: u32) -> BoxedStrategy<Json> {
    let pair = || (number(), number()).prop_map(|(a, b)| json!([a, b]));
    let kind = prop_oneof![
        pair().prop_map(|range| ("float", range)),
        pair().prop_map(|range| ("int", range)),
        prop::collection::vec(value(depth.min(1)), 0..4).prop_map(|options| ("choice", Json::Array(options))),
        prop::collection::vec(number(), 0..4).prop_map(|items| ("permutation", Json::Array(items))),
        text().prop_map(|text| ("expr", text)),
        Just(("bool", json!(true))),
        value(depth.min(1)).prop_map(|value| ("value", value)),
    ];
    let key = prop_oneof![
        any::<bool>().prop_map(|log| ("log", log.into())),
        number().prop_map(|step| ("step", step)),
        (0u32..5).prop_map(|points| ("points", points.into())),
        prop::sample::select(vec!["low", "zero"]).prop_map(|anchor| ("anchor", anchor.into())),
        text().prop_map(|when| ("when", when)),
        prop_oneof![text(), (0u32..4).prop_map(Json::from)].prop_map(|length| ("length", length)),
        number().prop_map(|default| ("default", default)),
        prop::collection::vec(number(), 0..3).prop_map(|weights| ("weights", Json::Array(weights))),
        number().prop_map(|at| ("prior", json!({ "at": at }))),
        text().prop_map(|name| ("name", name)),
        value(0).prop_map(|value| ("x", value)),
    ];
    (kind, prop::collection::vec(key, 0..3))
        .prop_map(|(kind, keys)| {
            let entries = std::iter::once(kind).chain(keys).map(|(key, value)| (key.to_owned(), value));
            Json::Object(entries.collect::<Map<_, _>>())
        })
        .boxed()
}

/// Does with a space all that a study would.
fn use_it(space: &Space, seed: u64) -> Result<(), TestCaseError> {
    let mut units = vec![0.0; space.encoding().width()];
    let mut stream = Stream::new(seed, 0, 0);
    for _ in 0..4 {
        let point = space.sample(&mut stream);
        prop_assert_eq!(&space.from_json(&space.to_json(&point)).unwrap(), &point);
        space.encode(&point, &mut units);
        prop_assert!(units.iter().all(|u| (0.0..=1.0).contains(u)), "{:?}", units);
        let again = space.decode(&units);
        prop_assert_eq!(again.len(), point.len());
        let _ = (space.validate(&point), space.allows(&point), space.resolve(&point), space.hash(&point));
        space.names().for_each(|name| drop(space.lookup(&point, name)));
        prop_assert!(space.partial(&space.to_json(&point)).is_ok());
    }
    let first = space.without_replacement(seed).and_then(|mut points| points.next());
    prop_assert!(first.is_none_or(|point| space.allows(&point)));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_declarations_are_read_or_refused(
        a in prop_oneof![3 => table(1), 1 => value(1)],
        b in prop_oneof![3 => table(1), 1 => value(1)],
        constraint in text(),
        constrained in prop::bool::weighted(0.2),
        seed: u64,
    ) {
        let declarations = serde_json::from_value::<Declarations>(json!({ "a": a, "b": b }));
        let constraint = constraint.as_str().filter(|_| constrained);
        if let Ok(declarations) = declarations
            && let Ok(space) = Space::build(&declarations, constraint.as_slice())
        {
            use_it(&space, seed)?;
        }
    }
}
