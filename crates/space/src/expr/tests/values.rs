//! What expressions evaluate to.

use proptest::prelude::*;

use super::{Example, read};
use crate::expr::{Env, Lookup, Value};

fn value(source: &str) -> Value {
    read(source).eval(&Example).unwrap_or_else(|error| panic!("{source}: {error}"))
}

fn failure(source: &str) -> String {
    read(source).eval(&Example).expect_err(source).to_string()
}

#[test]
fn integers_and_floats_mix_and_division_is_real() {
    assert_eq!(value("1 + 2 * 3"), Value::Int(7));
    assert_eq!(value("2 * lr"), Value::Float(1.0));
    assert_eq!(value("7 / 2"), Value::Float(3.5));
    assert_eq!(value("7 % 4"), Value::Int(3));
    assert_eq!(value("-7 % 4"), Value::Int(-3));
    assert_eq!(value("7.5 % 2"), Value::Float(1.5));
    assert_eq!(value("1 / 0"), Value::Float(f64::INFINITY));
    assert_eq!(value("10 - 4 - 3"), Value::Int(3));
    assert_eq!(value("1e-3 + 0x10"), Value::Float(16.001));
    assert_eq!(value("-9223372036854775808"), Value::Int(i64::MIN));
}

#[test]
fn an_integer_overflow_is_an_error_and_not_a_panic() {
    assert_eq!(
        failure("9223372036854775807 + 1"),
        "integer overflow: 9223372036854775807 + 1 does not fit into 64 bits"
    );
    assert!(failure("-(-9223372036854775808)").contains("overflow"));
    assert!(failure("abs(-9223372036854775808)").contains("overflow"));
    assert!(failure("9223372036854775807 * 2").contains("overflow"));
    assert_eq!(value("-9223372036854775808 % -1"), Value::Int(0));
    assert_eq!(failure("1 % 0"), "the remainder of a division by zero");
    assert_eq!(
        failure("9007199254740993 * 1.0"),
        "the integer 9007199254740993 is beyond 2^53 and cannot be used as a float"
    );
    assert_eq!(
        failure("floor(1e300)"),
        "`floor` of 1e300 is no integer of 64 bits".replace("1e300", &1e300.to_string())
    );
}

#[test]
fn comparisons_with_nan_are_false() {
    for comparison in ["nan < 1", "nan > 1", "nan <= nan", "nan >= 1", "nan == nan"] {
        assert_eq!(value(comparison), Value::Bool(false), "{comparison}");
    }
    assert_eq!(value("nan != nan"), Value::Bool(true));
    assert_eq!(value("min(1, nan) == 1 || max(nan, 1) == 1"), Value::Bool(false));
}

#[test]
fn text_lists_and_truth_values_work_as_they_read() {
    assert_eq!(value("optimizer == 'sgd'"), Value::Bool(true));
    assert_eq!(value("optimizer in ['adam', \"sgd\"]"), Value::Bool(true));
    assert_eq!(value("3 in [1, 2.0]"), Value::Bool(false));
    assert_eq!(value("2 in [1, 2.0]"), Value::Bool(true));
    assert_eq!(value("units[layers - 1]"), Value::Int(32));
    assert_eq!(value("units + [3]"), Value::List(vec![16.into(), 32.into(), 3.into()]));
    assert_eq!(value("'a' < 'b' && !false"), Value::Bool(true));
    assert_eq!(value("'it\\'s' + \"\\n\""), Value::from("it's\n"));
    assert_eq!(value("bias ? 'yes' : 'no'"), Value::from("yes"));
    assert_eq!(value("lr > 1 ? 1 : lr > 0.1 ? 2 : 3"), Value::Int(2));
    assert_eq!(failure("units[-1]"), "the index -1 is negative");
}

#[test]
fn functions_give_what_their_names_say() {
    assert_eq!(value("sum(units)"), Value::Int(48));
    assert_eq!(value("mean(units)"), Value::Float(24.0));
    assert_eq!(value("min(units)"), Value::Int(16));
    assert_eq!(value("max(3, lr, 2.5)"), Value::Int(3));
    assert_eq!(value("len(units) + len('für')"), Value::Int(5));
    assert_eq!(value("round(2.5) + floor(-0.5) + ceil(0.2)"), Value::Int(3));
    assert_eq!(value("sqrt(16)"), Value::Float(4.0));
    assert_eq!(value("log(exp(1))"), Value::Float(1.0));
    assert_eq!(value("sum([])"), Value::Int(0));
    assert_eq!(failure("max([])"), "`max` of an empty list");
}

struct Pair(i64, f64);

impl Env for Pair {
    fn get(&self, name: &str) -> Lookup {
        match name {
            "i" => Lookup::Value(Value::Int(self.0)),
            "x" => Lookup::Value(Value::Float(self.1)),
            _ => Lookup::Unknown,
        }
    }
}

proptest! {
    #[test]
    fn arithmetic_on_any_numbers_never_panics(i in any::<i64>(), x in any::<f64>()) {
        for source in [
            "i + i * i - -i", "i % (i - 1)", "x % i", "floor(x) + round(x) + ceil(x)", "i == x", "i < x && x <= i",
            "abs(i) / abs(x)", "min(i, x) > max(x, i)", "sum([i, x, i])", "mean([i, i])", "sqrt(x) + exp(x) + log(x)",
        ] {
            let _ = read(source).eval(&Pair(i, x));
            let _ = read(source).violations(&Pair(i, x));
        }
    }

    #[test]
    fn a_violation_is_positive_exactly_where_the_condition_fails(a in -5i64..5, b in prop::sample::select(
        vec![-2.0, 0.0, 1.0, 4.5, f64::INFINITY, f64::NEG_INFINITY, f64::NAN]
    )) {
        for source in ["i <= x", "i < x", "i >= x", "i > x", "i == x", "i != x", "x <= x", "x == x", "i < 3 || x > 2"] {
            let expr = read(source);
            let holds = expr.eval_bool(&Pair(a, b)).expect("a truth value");
            let violation = expr.violations(&Pair(a, b)).expect("violations")[0];
            prop_assert_eq!(violation <= 0.0, holds, "{} at {} and {} is {}", source, a, b, violation);
        }
    }

    #[test]
    fn any_text_is_read_or_refused_with_a_span_inside_it(source in "[a-z0-9 .()\\[\\]+*/%<>=!&|?:,'\"é-]{0,60}") {
        if let Err(error) = crate::expr::Expr::parse(&source) {
            prop_assert!(source.get(error.span.clone()).is_some(), "{:?} of {:?}", error, source);
        }
    }
}
