//! One line into a report, if it is one.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use study::Real;

/// The keys that hold the step, the first that is there; the others stay metrics.
pub const STEP_NAMES: [&str; 3] = ["step", "iteration", "epoch"];

/// What a program said on one line.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Report {
    /// The step that it names, as the program counts.
    pub step: Option<u64>,
    /// Metrics by name, in the line's order; not empty.
    pub values: IndexMap<String, Real>,
}

impl Report {
    /// A report of what was found on a line; the step is taken out of the values. `None` where nothing else remains.
    pub(super) fn of(mut values: IndexMap<String, Real>) -> Option<Report> {
        let as_step = |value: &Real| {
            (value.0 >= 0.0 && value.0 <= 9e15 && value.0.fract() == 0.0).then_some(value.0 as u64)
        };
        let found = STEP_NAMES.iter().find_map(|name| Some((*name, values.get(*name).and_then(as_step)?)));
        if let Some((name, _)) = found {
            values.shift_remove(name);
        }
        (!values.is_empty()).then(|| Report { step: found.map(|(_, step)| step), values })
    }
}

/// Reads a line: a JSON object, blanks around it allowed, with at least one member that is a number. `NaN`, `Infinity`
/// and `-Infinity` are numbers here, bare as Python prints them or as strings; members that are none (text, lists,
/// tables) are left out; of equal names the last counts. `None` for every other line.
pub fn parse(line: &[u8]) -> Option<Report> {
    let line = line.trim_ascii();
    if !(line.starts_with(b"{") && line.ends_with(b"}")) {
        return None;
    }
    let text = std::str::from_utf8(line).ok()?;
    let numbers: Numbers = match serde_json::from_str(text) {
        Ok(numbers) => numbers,
        Err(_) => serde_json::from_str(&with_names_quoted(text)?).ok()?,
    };
    Report::of(numbers.0)
}

/// The text with each bare `NaN`, `Infinity`, `-Infinity` made a string; `None` where there is none.
fn with_names_quoted(text: &str) -> Option<Cow<'_, str>> {
    let mut quoted = String::new();
    let (mut done, mut at, mut inside) = (0, 0, false);
    let bytes = text.as_bytes();
    while let Some(&byte) = bytes.get(at) {
        match byte {
            b'\\' if inside => at += 1,
            b'"' => inside = !inside,
            b'N' | b'n' | b'I' | b'i' | b'-' if !inside => {
                let names = ["NaN", "nan", "-NaN", "-nan", "Infinity", "-Infinity", "inf", "-inf"];
                if let Some(name) = names.iter().rfind(|name| bytes[at..].starts_with(name.as_bytes())) {
                    let name = match *name {
                        "inf" if bytes[at..].starts_with(b"infinity") => "infinity",
                        "-inf" if bytes[at..].starts_with(b"-infinity") => "-infinity",
                        name => name,
                    };
                    quoted.extend([&text[done..at], "\"", name, "\""]);
                    at += name.len();
                    done = at;
                    continue;
                }
            }
            _ => {}
        }
        at += 1;
    }
    (done > 0).then(|| Cow::Owned(quoted + &text[done..]))
}

/// The members of an object that are numbers.
struct Numbers(IndexMap<String, Real>);

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(NumbersVisitor)
    }
}

struct NumbersVisitor;

impl<'de> Visitor<'de> for NumbersVisitor {
    type Value = Numbers;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Numbers, A::Error> {
        let mut numbers = IndexMap::new();
        while let Some((name, Member(value))) = map.next_entry::<String, Member>()? {
            match value {
                Some(value) => drop(numbers.insert(name, value)),
                None => drop(numbers.shift_remove(&name)),
            }
        }
        Ok(Numbers(numbers))
    }
}

/// A member's value, if it is a number.
struct Member(Option<Real>);

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(MemberVisitor)
    }
}

struct MemberVisitor;

impl<'de> Visitor<'de> for MemberVisitor {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any value")
    }

    fn visit_bool<E>(self, _: bool) -> Result<Member, E> {
        Ok(Member(None))
    }

    fn visit_unit<E>(self) -> Result<Member, E> {
        Ok(Member(None))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Member, E> {
        Ok(Member(Some(Real(value as f64))))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Member, E> {
        Ok(Member(Some(Real(value as f64))))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Member, E> {
        Ok(Member(Some(Real(value))))
    }

    fn visit_str<E>(self, text: &str) -> Result<Member, E> {
        // "0.5" is text; only what JSON cannot say otherwise is read from a string.
        Ok(Member(Real::parse(text).filter(|value| !value.is_finite() && !starts_with_digit(text))))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Member, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Member(None))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Member, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Member(None))
    }
}

/// `"1e999"` parses as infinity, but nobody means that.
fn starts_with_digit(text: &str) -> bool {
    text.trim_start_matches(['-', '+', ' ']).starts_with(|first: char| first.is_ascii_digit() || first == '.')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(line: &str) -> String {
        match parse(line.as_bytes()) {
            None => "no report".to_owned(),
            Some(Report { step, values }) => {
                let values: Vec<_> = values.iter().map(|(name, value)| format!("{name}={value}")).collect();
                format!("{} {}", step.map_or("-".to_owned(), |step| step.to_string()), values.join(" "))
            }
        }
    }

    #[test]
    fn a_json_object_with_numbers_is_a_report() {
        assert_eq!(shown(r#"{"step": 3, "val_error": 0.12}"#), "3 val_error=0.12");
        assert_eq!(shown("  {\"epoch\":0,\"a\":-1,\"b\":2e3} \t"), "0 a=-1 b=2000");
        assert_eq!(shown(r#"{"iteration": 7, "epoch": 1, "a": 1}"#), "7 epoch=1 a=1");
        assert_eq!(shown(r#"{"step": 2.0, "a": 1}"#), "2 a=1");
        assert_eq!(shown(r#"{"step": 2.5, "a": 1}"#), "- step=2.5 a=1");
        assert_eq!(shown(r#"{"a": 1, "a": 2}"#), "- a=2");
        assert_eq!(shown(r#"{"a\"}b": 1}"#), "- a\"}b=1");
    }

    #[test]
    fn members_that_are_no_numbers_are_left_out() {
        assert_eq!(
            shown(r#"{"name": "0.5", "ok": true, "none": null, "l": [1, {}], "t": {"x": 1}, "a": 1}"#),
            "- a=1"
        );
        assert_eq!(shown(r#"{"message": "hello"}"#), "no report");
        assert_eq!(shown(r#"{"step": 3}"#), "no report");
        assert_eq!(shown("{}"), "no report");
    }

    #[test]
    fn non_finite_numbers_are_read_as_python_and_others_print_them() {
        assert_eq!(shown(r#"{"a": NaN, "b": Infinity, "c": -Infinity}"#), "- a=nan b=inf c=-inf");
        assert_eq!(shown(r#"{"a": nan, "b": inf, "c": -inf, "d": -nan}"#), "- a=nan b=inf c=-inf d=nan");
        assert_eq!(shown(r#"{"a": "nan", "b": "inf", "c": "-Infinity"}"#), "- a=nan b=inf c=-inf");
        assert_eq!(shown(r#"{"NaN, \"": NaN, "x": -1, "s": "say NaN"}"#), "- NaN, \"=nan x=-1");
    }

    #[test]
    fn what_only_looks_like_a_report_is_none() {
        for line in [
            "",
            "{",
            "{}}",
            "{'a': 1}",
            "{a: 1}",
            "[1]",
            "1",
            "{\"a\": 1",
            "{\"a\": 1} x",
            "{\"a\": 1} {\"b\": 2}",
        ] {
            assert_eq!(shown(line), "no report", "{line}");
        }
        assert_eq!(parse(b"{\"a\xff\": 1}"), None);
        assert_eq!(parse(&[b"{\"a\":".repeat(10_000), b"1".to_vec(), b"}".repeat(10_000)].concat()), None);
    }

    proptest! {
        #[test]
        fn no_line_makes_the_parser_fail(line in prop::collection::vec(any::<u8>(), 0..100)) {
            parse(&line);
        }

        #[test]
        fn no_almost_report_makes_the_parser_fail(line in "\\{[\"a:{}\\[\\]\\\\N1e,.NaInfinity é-]{0,40}\\}") {
            parse(line.as_bytes());
        }

        #[test]
        fn every_finite_number_survives(value: f64) {
            prop_assume!(value.is_finite());
            let report = parse(format!("{{\"a\": {value:e}}}").as_bytes()).unwrap();
            prop_assert_eq!(report.values["a"].0.to_bits(), value.to_bits());
        }
    }
}
