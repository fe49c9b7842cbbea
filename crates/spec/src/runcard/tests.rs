//! What runcards promise.

use indexmap::IndexMap;
use proptest::prelude::*;
use serde_json::json;
use space::{Found, Json};

use super::{Runcard, Setting, yaml};
use crate::source::Format;
use crate::template::{Template, Values};

struct Example;

impl Values for Example {
    fn value(&self, name: &str) -> Found {
        match name {
            "lr" => Found::Value(json!(1e-5)),
            "layers" => Found::Value(json!(3)),
            "units" => Found::Value(json!([16, 32])),
            "optimizer" => Found::Value(json!("adam")),
            "yes" => Found::Value(json!("yes")),
            "momentum" => Found::Inactive,
            _ => Found::Unknown,
        }
    }
}

fn write(format: Format, text: &str, set: &[(&str, &str)]) -> Result<String, String> {
    let setting = |text: &str| Setting::Template(Template::parse(text).expect("a template"));
    let card = Runcard {
        template: "card".to_owned(),
        format,
        target: Template::parse("card").expect("a template"),
        set: set.iter().map(|(path, value)| ((*path).to_owned(), setting(value))).collect(),
    };
    card.write(text, &Example).map_err(|error| error.to_string())
}

const CARD: &str = "\
# how to fit
fit:
  lr: 0.1   # the learning rate
  optimizer:
    name: sgd
    momentum: 0.9

  # widths of the layers
  units:
  - 8
  - 8
stages: [{name: a, momentum: 1}, {name: b}]
empty:
";

#[test]
fn yaml_keeps_comments_and_layout() {
    let changes = [
        ("fit.lr", "{lr}"),
        ("fit.optimizer.name", "{optimizer}"),
        ("fit.optimizer.momentum", "{momentum}"),
        ("fit.units", "{units}"),
        ("stages[0].momentum", "{momentum}"),
        ("stages[1].depth", "{layers}"),
        ("fit.title", "run {layers}: \"x\""),
        ("empty", "{yes}"),
    ];
    let written = write(Format::Yaml, CARD, &changes).expect("a card");
    insta::assert_snapshot!(written);
}

#[test]
fn toml_keeps_comments_and_layout() {
    let card = "# how to fit\n[fit]\nlr = 0.1 # the learning rate\nunits = [ 8, 8 ]\n[fit.optimizer]\nname = \"sgd\"\nmomentum = 0.9\n[[stage]]\nname = \"a\"\n";
    let changes = [
        ("fit.lr", "{lr}"),
        ("fit.optimizer.name", "{optimizer}"),
        ("fit.optimizer.momentum", "{momentum}"),
        ("fit.units", "{units}"),
        ("stage[0].depth", "{layers}"),
    ];
    let written = write(Format::Toml, card, &changes).expect("a card");
    insta::assert_snapshot!(written);
}

#[test]
fn json_keeps_the_order_of_its_keys() {
    let card = r#"{"z": 1, "fit": {"lr": 0.1, "momentum": 0.9}, "a": [1, 2]}"#;
    let changes =
        [("fit.lr", "{lr}"), ("fit.momentum", "{momentum}"), ("a[1]", "{layers}"), ("fit.big", "x{layers}")];
    let written = write(Format::Json, card, &changes).expect("a card");
    insta::assert_snapshot!(written);
}

#[test]
fn a_path_that_leads_nowhere_is_an_error_with_the_nearest_name() {
    for (format, card) in [
        (Format::Yaml, "fitting:\n  lr: 1\n"),
        (Format::Toml, "[fitting]\nlr = 1\n"),
        (Format::Json, "{\"fitting\": {\"lr\": 1}}"),
    ] {
        let said = |path: &str| write(format, card, &[(path, "{lr}")]).expect_err(path);
        let message = "card has no place for `fiting.lr`: there is no `fiting`; did you mean `fitting`?";
        assert_eq!(said("fiting.lr"), message);
        assert!(said("fitting.lr.deep").contains("is no table"), "{}", said("fitting.lr.deep"));
        assert!(said("fitting[0]").contains("is no list"));
        assert!(
            write(format, card, &[("fitting.lr", "{zzz}")]).expect_err("unknown").contains("has no value")
        );
    }
    assert!(write(Format::Yaml, "a: [", &[]).is_ok(), "nothing to change, nothing to read");
    assert!(write(Format::Yaml, "a: [", &[("a", "1")]).expect_err("broken").contains("cannot be read"));
}

#[test]
fn what_stands_behind_an_alias_is_not_changed_for_others() {
    let card = "base: &b\n  lr: 1\nother: *b\nmerged:\n  <<: *b\n  depth: 2\n";
    assert!(write(Format::Yaml, card, &[("other.lr", "{lr}")]).expect_err("shared").contains("alias"));
    let written =
        write(Format::Yaml, card, &[("base.lr", "{lr}"), ("merged.depth", "{layers}")]).expect("a card");
    assert_eq!(written, "base: &b\n  lr: 1.0e-05\nother: *b\nmerged:\n  <<: *b\n  depth: 3\n");
}

#[test]
fn yaml_floats_are_floats_for_pyyaml_too() {
    let written = [1e-5, 1.5e-7, 1e16, 0.001, 100.0, 0.0, -2.5e-9, 1e300].map(yaml::float);
    assert_eq!(written, ["1.0e-05", "1.5e-07", "1.0e+16", "0.001", "100.0", "0.0", "-2.5e-09", "1.0e+300"]);
    assert_eq!([f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(yaml::float), [".nan", ".inf", "-.inf"]);
}

proptest! {
    #[test]
    fn a_yaml_float_reads_back_to_the_same_number(x in any::<f64>().prop_filter("finite", |x| x.is_finite())) {
        prop_assert_eq!(yaml::float(x).parse::<f64>().map(f64::to_bits), Ok(x.to_bits()));
    }

    #[test]
    fn no_card_however_odd_is_edited_into_nonsense(
        card in prop::collection::vec(prop::sample::select(vec![
            "a:", "b:", "c:", " ", "  ", "\n", "\n  ", "\n- ", "- ", "1", "x", "é", "{", "}", "[", "]", ", ", ": ", "|", ">", "&k ", "*k",
            "!!str ", "# c", "'", "\"", "? ", "---", "~", "a: 1\n", "b: {a: 2, c: 3}\n", "a:\n  b: 1\n", "a:\n- b: 2\n  c: 3\n",
        ]), 0..12),
        path in prop::sample::select(vec!["a", "b", "a.b", "b.c", "a[0].b", "a[0]", "c"]),
        away in any::<bool>(),
    ) {
        let card = card.concat();
        for format in [Format::Yaml, Format::Toml, Format::Json] {
            let _ = write(format, &card, &[(path, if away { "{momentum}" } else { "{lr}" })]);
        }
    }

    #[test]
    fn any_value_put_into_a_card_is_what_the_card_then_says(value in any_json(), key in "[a-z]{1,4}") {
        for (format, card) in [(Format::Yaml, CARD), (Format::Json, "{\"fit\": {\"lr\": 1}}"), (Format::Toml, "[fit]\nlr = 1\n")] {
            let set = IndexMap::from([(format!("fit.{key}"), Setting::Constant(value.clone()))]);
            let target = Template::parse("card").expect("a template");
            let card_file = Runcard { template: "card".to_owned(), format, target, set };
            let written = card_file.write(card, &Example);
            let written = written.unwrap_or_else(|error| panic!("{error}"));
            if format == Format::Json {
                let read: Json = serde_json::from_str(&written).expect("JSON");
                prop_assert_eq!(&read["fit"][&key], &value);
            }
            if format == Format::Toml {
                let read: Json = toml::from_str(&written).expect("TOML");
                prop_assert_eq!(&read["fit"][&key], &value);
            }
        }
    }
}

fn any_json() -> impl Strategy<Value = Json> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Json::from),
        any::<i64>().prop_map(Json::from),
        (-1e6f64..1e6).prop_map(Json::from),
        "\\PC{0,12}".prop_map(Json::from),
    ];
    leaf.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..3).prop_map(Json::from),
            prop::collection::hash_map("[a-z: ]{1,4}", inner, 1..3)
                .prop_map(|table| table.into_iter().collect()),
        ]
    })
}
