//! What holds in every space: random declarations against brute force.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail loudly")]

use std::collections::BTreeSet;

use num_bigint::BigUint;
use proptest::prelude::*;
use ravine_space::{ConfigHash, Declarations, Domain, Point, Shuffled, Size, Space, Stream};
use serde_json::{Map, Value as Json, json};

fn cases(cases: u32) -> ProptestConfig {
    // A failure is written into this file as a case of its own, not into a list of seeds.
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// A finite declaration, small enough to enumerate; `depth` more levels of options may follow.
fn small(depth: u32) -> BoxedStrategy<Json> {
    let leaf = prop_oneof![
        (-3i64..3, 0i64..3).prop_map(|(low, more)| json!({ "int": [low, low + more] })),
        (1i64..5, 0i64..4).prop_map(|(low, more)| json!({ "int": [low, low + more], "log": true })),
        (1u32..4).prop_map(|n| json!({ "float": [0.1, 0.1 + 0.3 * f64::from(n)], "step": 0.3 })),
        (2u32..4).prop_map(|n| json!({ "float": [1e-4, 1.0], "points": n, "log": true })),
        Just(json!({ "float": [-0.7, 0.9], "step": 0.5, "anchor": "zero" })),
        Just(json!({ "float": [0.1, 0.4], "step": 0.1, "log": true })),
        Just(json!({ "bool": true })),
        (1usize..4).prop_map(|n| json!({ "permutation": (&["a", "b", "c"][..n]) })),
        (1usize..4).prop_map(|n| {
            let options = [json!(1), json!("b"), json!(2.5)];
            json!({ "choice": (&options[..n]), "weights": (&[1.0, 0.5, 2.0][..n]) })
        }),
        Just(json!(5)),
    ];
    if depth == 0 {
        return leaf.boxed();
    }
    let options = prop::collection::vec((small(depth - 1), any::<bool>()), 1..3);
    let nested = options.prop_map(|options| {
        let option = |(k, (inner, plain)): (usize, (Json, bool))| {
            if plain { json!(format!("o{k}")) } else { json!({ "name": format!("o{k}"), "p": inner }) }
        };
        json!({ "choice": options.into_iter().enumerate().map(option).collect::<Vec<_>>() })
    });
    prop_oneof![3 => leaf, 2 => nested].boxed()
}

/// A space of a few parameters, with lists, conditions and perhaps a space constraint.
fn spaces() -> impl Strategy<Value = Space> {
    let entries = prop::collection::vec((small(2), 0u8..6), 1..4);
    (entries, 0i64..3, any::<bool>()).prop_filter_map("too large", |(entries, most, constrained)| {
        let mut space = Map::new();
        for (k, (mut declaration, role)) in entries.into_iter().enumerate() {
            if let Some(table) = declaration.as_object_mut() {
                match role {
                    0 => drop(table.insert("length".into(), json!("n"))),
                    1 => drop(table.insert("when".into(), json!("n > 0"))),
                    2 => drop(table.insert("length".into(), json!(2))),
                    _ => {}
                }
            }
            space.insert(format!("x{k}"), declaration);
        }
        space.insert("n".into(), json!({ "int": [0, most] }));
        space.insert("double".into(), json!({ "expr": "2 * n" }));
        let constraints: &[&str] = if constrained { &["double != 2"] } else { &[] };
        let declarations: Declarations = serde_json::from_value(Json::Object(space)).unwrap();
        let space = Space::build(&declarations, constraints).unwrap();
        (space.numbered()? <= &BigUint::from(3000u32)).then_some(space)
    })
}

/// All points, by trying each value of each active parameter.
fn brute_force(space: &Space) -> Vec<Point> {
    let mut points = vec![Point::empty(space.parameters().len())];
    for (i, parameter) in space.parameters().iter().enumerate() {
        let count = u64::try_from(parameter.domain.count().unwrap()).unwrap();
        let extend = |point: Point| -> Vec<Point> {
            if !space.is_active(i, &point) {
                return vec![point];
            }
            let with = |k: u64| {
                let mut point = point.clone();
                point.set(i, Some(parameter.domain.nth(&k.into())));
                point
            };
            (0..count).map(with).collect()
        };
        points = points.into_iter().flat_map(extend).collect();
    }
    points
}

fn hashes(space: &Space, points: &[Point]) -> BTreeSet<ConfigHash> {
    points.iter().map(|point| space.hash(point)).collect()
}

proptest! {
    #![proptest_config(cases(200))]

    #[test]
    fn size_nth_and_enumerate_agree_with_brute_force(space in spaces()) {
        let all = brute_force(&space);
        prop_assert_eq!(space.numbered(), Some(&BigUint::from(all.len())));
        let nth: Vec<Point> = (0..all.len()).map(|k| space.nth(&k.into()).unwrap()).collect();
        prop_assert_eq!(hashes(&space, &nth), hashes(&space, &all));
        prop_assert_eq!(space.nth(&all.len().into()), None);
        let allowed: Vec<Point> = nth.into_iter().filter(|point| space.allows(point)).collect();
        prop_assert_eq!(space.size(), Size::Finite(allowed.len().into()));
        prop_assert!(space.enumerate().eq(allowed));
    }

    #[test]
    fn hashes_are_equal_where_configurations_are(space in spaces()) {
        let all = brute_force(&space);
        let records: BTreeSet<String> =
            all.iter().map(|point| Json::Object(space.to_json(point)).to_string()).collect();
        prop_assert_eq!(records.len(), all.len());
        prop_assert_eq!(hashes(&space, &all).len(), all.len());
    }

    #[test]
    fn without_replacement_visits_each_point_once(space in spaces(), seed: u64) {
        let visited: Vec<Point> = space.without_replacement(seed).unwrap().collect();
        let all: Vec<Point> = space.enumerate().collect();
        prop_assert_eq!(visited.len(), all.len());
        prop_assert_eq!(hashes(&space, &visited), hashes(&space, &all));
    }

    #[test]
    fn every_point_survives_records_and_the_unit_cube(space in spaces()) {
        let mut units = vec![0.0; space.encoding().width()];
        for point in brute_force(&space) {
            prop_assert_eq!(&space.from_json(&space.to_json(&point)).unwrap(), &point);
            space.encode(&point, &mut units);
            prop_assert!(units.iter().all(|u| (0.0..=1.0).contains(u)), "{:?}", units);
            prop_assert_eq!(space.decode(&units), point);
        }
    }

    #[test]
    fn a_sampled_point_is_valid(space in spaces(), seed: u64) {
        let point = space.sample(&mut Stream::new(seed, 0, 0));
        let valid = space.validate(&point);
        prop_assert!(valid.is_ok() || !space.allows(&point), "{:?}", valid);
    }

    #[test]
    fn a_resolved_configuration_is_read_back_as_a_partial_point(space in spaces(), seed: u64) {
        let point = space.sample(&mut Stream::new(seed, 0, 0));
        let mut config = space.resolve(&point);
        let config = config.as_object_mut().unwrap();
        config.shift_remove("double");
        let partial = space.partial(config).unwrap();
        let again = space.complete_partial(&partial, |i, _| panic!("{} is not given", space.parameters()[i].path));
        prop_assert_eq!(again, point);
    }

    #[test]
    fn what_is_inactive_does_not_matter(space in spaces(), seed: u64) {
        let mut stream = Stream::new(seed, 0, 0);
        let mut units: Vec<f64> = (0..space.encoding().width()).map(|_| stream.uniform()).collect();
        let point = space.decode(&units);
        for i in (0..point.len()).filter(|i| point.get(*i).is_none()) {
            units[space.encoding().coordinates(i)].fill(stream.uniform());
        }
        prop_assert_eq!(space.decode(&units), point);
    }

    #[test]
    fn a_shuffle_is_a_permutation_whatever_the_count(count in 0u32..2000, seed: u64) {
        let order = Shuffled::new(count.into(), seed);
        let seen: BTreeSet<BigUint> = (0..count).map(|k| order.at(&k.into()).unwrap()).collect();
        prop_assert_eq!(seen.len() as u32, count);
        prop_assert!(seen.iter().all(|k| *k < count.into()));
        prop_assert_eq!(order.at(&count.into()), None);
    }
}

/// Float domains of all kinds.
fn floats() -> impl Strategy<Value = Domain> {
    let bounds = (-1e6..1e6f64, 1e-6..1e6f64);
    let positive = (-30..20i32, 0..30i32).prop_map(|(e, more)| (10f64.powi(e), 10f64.powi(e + more) * 1.7));
    prop_oneof![
        bounds.prop_map(|(low, width)| json!({ "low": low, "high": low + width })),
        positive.prop_map(|(low, high)| json!({ "low": low, "high": high, "log": true })),
        (-50..50i32, 1..40u32, 1..7i32).prop_map(|(low, n, d)| {
            let step = 10f64.powi(-d);
            json!({ "low": f64::from(low) * step, "high": f64::from(low + n as i32) * step, "step": step })
        }),
        (1..9i32, 1..2000u32).prop_map(|(low, n)| {
            json!({ "low": f64::from(low) / 10.0, "high": f64::from(low + n as i32) / 10.0, "step": 0.1, "log": true })
        }),
    ]
    .prop_map(|form| serde_json::from_value(json!({ "float": form })).unwrap())
}

fn ints() -> impl Strategy<Value = Domain> {
    (1i64..1 << 30, 0i64..1 << 30, any::<bool>(), 1i64..9)
        .prop_map(
            |(low, width, log, step)| json!({ "low": low, "high": low + width, "log": log, "step": step }),
        )
        .prop_map(|form| serde_json::from_value(json!({ "int": form })).unwrap())
}

proptest! {
    #![proptest_config(cases(2000))]

    #[test]
    fn a_drawn_number_survives_the_unit_interval(domain in prop_oneof![floats(), ints()], u in 0.0..=1.0f64) {
        for u in [u, 0.0, 1.0] {
            let value = domain.from_unit(&[u]);
            prop_assert!(domain.contains(&value), "{:?}", value);
            let mut again = [0.0];
            domain.to_unit(&value, &mut again);
            prop_assert_eq!(domain.from_unit(&again), value);
        }
    }

    #[test]
    fn a_domain_survives_its_json(domain in prop_oneof![floats(), ints()]) {
        let text = serde_json::to_string(&domain).unwrap();
        prop_assert_eq!(serde_json::from_str::<Domain>(&text).unwrap(), domain);
    }

    #[test]
    fn a_short_decimal_survives_the_unit_interval(digits in 1u32..10_000, exponent in -8..-1i32) {
        let value: f64 = format!("{digits}e{exponent}").parse().unwrap();
        for log in [false, true] {
            let domain = ravine_space::FloatDomain::new(1e-9, 1e3, log).unwrap();
            prop_assert_eq!(domain.from_unit(domain.to_unit(value)), value);
        }
    }
}
