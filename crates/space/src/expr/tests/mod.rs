//! What expressions promise.

mod agreement;
mod values;

use indexmap::IndexMap;

use super::{Env, Expr, ExprError, Lookup, TermKind, Type, Value};

/// The names of the examples: a small study.
fn names() -> IndexMap<String, Type> {
    [
        ("lr", Type::Float),
        ("layers", Type::Int),
        ("units", Type::Int.list()),
        ("optimizer", Type::Str),
        ("optimizer.beta1", Type::Float),
        ("bias", Type::Bool),
        ("val/acc", Type::Float),
    ]
    .map(|(name, kind)| (name.to_owned(), kind))
    .into()
}

struct Example;

impl Env for Example {
    fn get(&self, name: &str) -> Lookup {
        Lookup::Value(match name {
            "lr" => Value::Float(0.5),
            "layers" => Value::Int(2),
            "units" => Value::List(vec![Value::Int(16), Value::Int(32)]),
            "optimizer" => Value::from("sgd"),
            "bias" => Value::Bool(true),
            "val/acc" => Value::Float(0.75),
            "nan" => Value::Float(f64::NAN),
            "optimizer.beta1" => return Lookup::Inactive,
            _ => return Lookup::Unknown,
        })
    }
}

fn read(source: &str) -> Expr {
    Expr::parse(source).unwrap_or_else(|error| panic!("{source}: {error:?}"))
}

/// The error of an expression that cannot be read or checked, with the part that it is about.
fn refused(source: &str) -> String {
    let error: ExprError = match Expr::parse(source) {
        Ok(expr) => expr.check(&names()).expect_err(source),
        Err(error) => error,
    };
    let part = &source[error.span];
    let hint = error.hint.map_or(String::new(), |hint| format!(" ({hint})"));
    format!("{part:?}: {}{hint}", error.message)
}

#[test]
fn an_error_names_the_place_and_what_would_be_right() {
    let sources = [
        "",
        "   ",
        "lr >",
        "(lr + 1",
        "lr lr",
        "lr = 1",
        "lr and bias",
        "not bias",
        "lr // 2",
        "2 ** 3",
        "{lr} > 1",
        "1. + lr",
        "'open",
        "9223372036854775808",
        "-9223372036854775809",
        "12ab",
        "lr @ 2",
        "lrr > 1",
        "Layers > 1",
        "beta1 > 0",
        "zzz > 1",
        "size(units)",
        "minn(1, 2)",
        "frobnicate(1)",
        "units.len()",
        "abs(1, 2)",
        "min()",
        "sum('a')",
        "1 < lr < 2",
        "lr < 'a'",
        "lr + bias",
        "optimizer == 3",
        "optimizer in units",
        "lr in 3",
        "lr[0]",
        "units[0.5]",
        "!lr",
        "-optimizer",
        "lr ? 1 : 2",
        "lr > 1 ? 2",
        "max(1, 2,)",
        "True",
        "null",
        "(lr + 1).x",
    ];
    let shown: Vec<String> =
        sources.iter().map(|source| format!("{source}\n    {}", refused(source))).collect();
    insta::assert_snapshot!("refused", shown.join("\n"));
}

#[test]
fn the_type_of_the_result_is_known_when_it_is_read() {
    let kinds = [
        ("layers + 1", Type::Int),
        ("layers / 2", Type::Float),
        ("layers + lr", Type::Float),
        ("2 * units[0]", Type::Int),
        ("floor(lr * 3)", Type::Int),
        ("mean(units)", Type::Float),
        ("max(units)", Type::Int),
        ("lr > 1 && bias", Type::Bool),
        ("bias ? 1 : 2.5", Type::Float),
        ("bias ? 1 : 'a'", Type::Any),
        ("optimizer + 'x'", Type::Str),
        ("metric['val/acc']", Type::Float),
        ("[1, 2.5]", Type::Float.list()),
        ("optimizer in ['sgd', 'adam']", Type::Bool),
    ];
    for (source, kind) in kinds {
        assert_eq!(read(source).check(&names()), Ok(kind), "{source}");
    }
    assert!(read("layers").check_bool(&names()).is_err());
    assert!(read("optimizer").check_number(&names()).is_err());
}

#[test]
fn names_are_listed_once_in_the_order_of_their_use() {
    let expr = read("units[layers - 1] > lr && metric['val/acc'] + optimizer.beta1 > lr");
    assert_eq!(expr.names(), ["units", "layers", "lr", "val/acc", "optimizer.beta1"]);
    assert_eq!(read("loss").as_name(), Some("loss"));
    assert_eq!(read("loss + 1").as_name(), None);
}

#[test]
fn an_expression_over_an_inactive_name_is_not_satisfied_yet_allows() {
    let over_inactive = read("optimizer.beta1 > 0.5");
    assert_eq!(over_inactive.satisfied(&Example), Ok(false));
    assert_eq!(over_inactive.allows(&Example), Ok(true));
    assert_eq!(over_inactive.violations(&Example), Ok(vec![0.0]));
    assert_eq!(read("units[5] > 3").satisfied(&Example), Ok(false));
    assert_eq!(read("optimizer.beta1 > 0.5 && lr > 1").eval_bool(&Example), Ok(false));
    assert_eq!(read("optimizer.beta1 > 0.5 || lr < 1").eval_bool(&Example), Ok(true));
    assert_eq!(read("!(optimizer.beta1 > 0.5)").satisfied(&Example), Ok(false));
    assert!(read("nobody > 1").satisfied(&Example).is_err());
}

#[test]
fn a_constraint_reads_as_one_violation_for_each_condition() {
    let violations = |source: &str| read(source).violations(&Example).expect(source);
    assert_eq!(violations("lr <= 0.25"), [0.25]);
    assert_eq!(violations("lr >= 0.25 && layers <= 1 && (bias && units[0] == 20)"), [-0.25, 1.0, 0.0, 4.0]);
    assert_eq!(violations("lr < 0.5"), [f64::MIN_POSITIVE]);
    assert_eq!(violations("nan <= 1"), [f64::INFINITY]);
    assert_eq!(violations("lr <= 0.25 || bias"), [0.0]);
    assert_eq!(violations("optimizer == 'adam'"), [1.0]);
    let kinds: Vec<_> = read("lr <= 1 && bias").terms().into_iter().map(|term| term.kind).collect();
    assert_eq!(kinds, [TermKind::Difference, TermKind::Counted]);
}

#[test]
fn deep_and_long_input_is_refused_on_a_small_stack() {
    let hostile = || {
        let n = 1000;
        [
            format!("{}1{}", "(".repeat(n), ")".repeat(n)),
            format!("{}1", "(".repeat(n)),
            "[".repeat(4000),
            format!("{}x", "-".repeat(n)),
            format!("{}x", "!".repeat(n)),
            format!("{}1", "-(".repeat(n)),
            format!("{}1", "a?b:".repeat(n)),
            format!("{}1", "abs(".repeat(n)),
            format!("a{}", "[0]".repeat(n)),
            format!("{}1", "1+".repeat(n)),
            "x".repeat(5000),
        ]
    };
    let small = std::thread::Builder::new().stack_size(640 * 1024);
    let reader =
        small.spawn(move || hostile().map(|source| Expr::parse(&source).is_err())).expect("a thread");
    assert_eq!(reader.join().expect("no overflow"), [true; 11]);
}

#[test]
fn what_the_limits_let_through_is_checked_and_evaluated_on_a_small_stack() {
    let deepest = [
        format!("{}1{}", "(".repeat(31), ")".repeat(31)),
        format!("{}layers", "1+".repeat(99)),
        format!("{}bias", "!(".repeat(15)) + &")".repeat(15),
        format!("{}true", "bias&&".repeat(600)),
    ];
    let small = std::thread::Builder::new().stack_size(640 * 1024);
    let reader = small.spawn(move || {
        for source in deepest {
            let expr = read(&source);
            assert!(expr.check(&names()).is_ok() && expr.eval(&Example).is_ok(), "{source}");
        }
    });
    reader.expect("a thread").join().expect("no overflow");
}

#[test]
fn serde_writes_the_source_and_reads_it_back() {
    let expr = read("2 * lr");
    let json = serde_json::to_string(&expr).expect("text");
    assert_eq!(json, "\"2 * lr\"");
    assert_eq!(serde_json::from_str::<Expr>(&json).expect("an expression"), expr);
    assert!(serde_json::from_str::<Expr>("\"2 *\"").is_err());
}
