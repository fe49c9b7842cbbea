//! Our parser against cel's: the same text gives the same tree. Where a text is read by both, CEL's meaning is ours.

use cel::IdedExpr;
use cel::common::ast::{Expr as Cel, LiteralValue};
use proptest::prelude::*;

use crate::expr::ast::{Kind, Node};
use crate::expr::parse::parse;

/// Our tree as cel's operators would write it, `&&` and `||` as flat lists.
fn ours(node: &Node) -> String {
    match &node.kind {
        Kind::Bool(value) => value.to_string(),
        Kind::Int(value) => value.to_string(),
        Kind::Float(value) => format!("{value:e}"),
        Kind::Str(value) => format!("{value:?}"),
        Kind::Name(name) => name.clone(),
        Kind::List(items) => written("list", items.iter().map(ours)),
        Kind::Index(base, index) => written("_[_]", [ours(base), ours(index)]),
        Kind::Not(operand) => written("!_", [ours(operand)]),
        Kind::Negate(operand) => written("-_", [ours(operand)]),
        Kind::And(parts) => written("_&&_", parts.iter().flat_map(|part| our_parts(part, true))),
        Kind::Or(parts) => written("_||_", parts.iter().flat_map(|part| our_parts(part, false))),
        Kind::Binary(op, left, right) if op.symbol() == "in" => written("@in", [ours(left), ours(right)]),
        Kind::Binary(op, left, right) => written(&format!("_{}_", op.symbol()), [ours(left), ours(right)]),
        Kind::Conditional(parts) => written("_?_:_", parts.iter().map(ours)),
        Kind::Call(function, arguments) => written(function.name(), arguments.iter().map(ours)),
    }
}

fn our_parts(node: &Node, and: bool) -> Vec<String> {
    match &node.kind {
        Kind::And(parts) if and => parts.iter().flat_map(|part| our_parts(part, and)).collect(),
        Kind::Or(parts) if !and => parts.iter().flat_map(|part| our_parts(part, and)).collect(),
        _ => vec![ours(node)],
    }
}

fn theirs(node: &IdedExpr) -> String {
    match &node.expr {
        Cel::Literal(LiteralValue::Boolean(value)) => value.inner().to_string(),
        Cel::Literal(LiteralValue::Int(value)) => value.inner().to_string(),
        Cel::Literal(LiteralValue::Double(value)) => format!("{:e}", value.inner()),
        Cel::Literal(LiteralValue::String(value)) => format!("{:?}", value.inner()),
        Cel::Ident(name) => name.clone(),
        Cel::Select(select) => format!("{}.{}", theirs(&select.operand), select.field),
        Cel::List(list) => written("list", list.elements.iter().map(theirs)),
        Cel::Call(call) if call.func_name == "_&&_" || call.func_name == "_||_" => {
            written(&call.func_name, call.args.iter().flat_map(|part| their_parts(part, &call.func_name)))
        }
        Cel::Call(call) => written(&call.func_name, call.args.iter().map(theirs)),
        other => panic!("not of our syntax: {other:?}"),
    }
}

fn their_parts(node: &IdedExpr, joint: &str) -> Vec<String> {
    match &node.expr {
        Cel::Call(call) if call.func_name == joint => {
            call.args.iter().flat_map(|part| their_parts(part, joint)).collect()
        }
        _ => vec![theirs(node)],
    }
}

fn written(head: &str, parts: impl IntoIterator<Item = String>) -> String {
    format!("({head} {})", parts.into_iter().collect::<Vec<_>>().join(" "))
}

fn agree(source: &str) {
    let cel =
        cel::parser::Parser::new().parse(source).unwrap_or_else(|error| panic!("cel: {source}: {error}"));
    let own = parse(source).unwrap_or_else(|error| panic!("ours: {source}: {error:?}"));
    assert_eq!(ours(&own), theirs(&cel), "{source}");
}

#[test]
fn precedence_and_grouping_are_those_of_cel() {
    for source in [
        "a + b * c - d / e % f",
        "a - b - c",
        "a || b && c || d",
        "a && b && c && d",
        "a < b == c",
        "a ? b : c ? d : e",
        "a || b ? c && d : e",
        "!a && -b.c < min(d, -1.5e3)[0]",
        "x in [1, 2, 3,]",
        "-9223372036854775808",
        "0x1F + .5",
        "((a))",
    ] {
        agree(source);
    }
}

/// Texts of our syntax, built from the leaves up, with and without brackets.
fn texts() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("a".to_owned()),
        Just("lr".to_owned()),
        Just("optimizer.beta1".to_owned()),
        Just("units[0]".to_owned()),
        Just("'text'".to_owned()),
        Just("true".to_owned()),
        (0i64..1000).prop_map(|value| value.to_string()),
        (0.001f64..1e6).prop_map(|value| format!("{value:e}")),
    ];
    leaf.prop_recursive(4, 24, 3, |inner| {
        let operator = prop::sample::select(vec![
            "+", "-", "*", "/", "%", "<", "<=", ">", ">=", "==", "!=", "&&", "||", "in",
        ]);
        prop_oneof![
            (inner.clone(), operator, inner.clone()).prop_map(|(a, op, b)| format!("{a} {op} {b}")),
            inner.clone().prop_map(|a| format!("({a})")),
            inner.clone().prop_map(|a| format!("!({a})")),
            inner.clone().prop_map(|a| format!("-({a})")),
            (inner.clone(), inner.clone(), inner.clone())
                .prop_map(|(a, b, c)| format!("({a}) ? ({b}) : {c}")),
            (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("max({a}, {b})")),
            (inner.clone(), inner).prop_map(|(a, b)| format!("[{a}, {b}]")),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    #[test]
    fn any_expression_has_the_tree_that_cel_gives_it(source in texts()) {
        // cel's parser needs some 150 KiB of stack for a bracket in a debug build.
        let large = std::thread::Builder::new().stack_size(64 << 20);
        let agreed = large.spawn(move || agree(&source)).map(|thread| thread.join());
        prop_assert!(matches!(agreed, Ok(Ok(()))));
    }
}
