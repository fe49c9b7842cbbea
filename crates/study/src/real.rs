//! [`Real`], the one number type at every border (invariant NUMBERS).

use std::borrow::Cow;
use std::fmt;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// A real number as it crosses a border: the log, a result file, a report line.
///
/// A finite value is written by its shortest decimal form that reads back the same; `nan`, `inf` and `-inf` are
/// written as those strings, since JSON has no numbers for them. Read leniently: `NaN`, `Infinity`, `-Infinity`,
/// `+inf` in any case are understood, as programs print them.
///
/// Equality is that of records, so that states can be compared: NaN equals NaN, and −0 equals 0. For an order compare
/// the values.
#[derive(Clone, Copy, Debug, Default)]
pub struct Real(pub f64);

impl PartialEq for Real {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || (self.0.is_nan() && other.0.is_nan())
    }
}

impl Eq for Real {}

impl Real {
    /// The value.
    pub fn get(self) -> f64 {
        self.0
    }

    /// Whether it is neither NaN nor infinite.
    pub fn is_finite(self) -> bool {
        self.0.is_finite()
    }

    /// Whether it is not a number.
    pub fn is_nan(self) -> bool {
        self.0.is_nan()
    }

    /// The JSON form: a number where it is finite, else a string. Whole numbers are written as such (`3`, not
    /// `3.0`) up to 2⁵³, so that counts read as counts.
    pub fn to_json(self) -> serde_json::Value {
        match whole(self.0) {
            Some(int) => serde_json::Value::from(int),
            None => match serde_json::Number::from_f64(self.0) {
                Some(number) => serde_json::Value::Number(number),
                None => serde_json::Value::from(non_finite(self.0)),
            },
        }
    }

    /// Reads a number or one of the names of a non-finite value; `None` for anything else.
    pub fn from_json(json: &serde_json::Value) -> Option<Real> {
        match json {
            serde_json::Value::Number(number) => number.as_f64().map(Real),
            serde_json::Value::String(text) => parse_non_finite(text).map(Real),
            _ => None,
        }
    }

    /// Reads a number as a program may print it: decimal, or the name of a non-finite value.
    pub fn parse(text: &str) -> Option<Real> {
        let text = text.trim();
        parse_non_finite(text).or_else(|| text.parse().ok()).map(Real)
    }
}

impl From<f64> for Real {
    fn from(value: f64) -> Self {
        Real(value)
    }
}

impl From<Real> for f64 {
    fn from(value: Real) -> Self {
        value.0
    }
}

/// The shortest text that reads back the same.
impl fmt::Display for Real {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match whole(self.0) {
            Some(int) => write!(f, "{int}"),
            None if self.0.is_finite() => {
                let (plain, science) = (format!("{}", self.0), format!("{:e}", self.0));
                f.write_str(if science.len() < plain.len() { &science } else { &plain })
            }
            None => f.write_str(non_finite(self.0)),
        }
    }
}

fn whole(value: f64) -> Option<i64> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let minus_zero = value == 0.0 && value.is_sign_negative();
    // `as` is exact here: whole and at most 2⁵³ in size.
    (value.trunc() == value && value.abs() <= EXACT && !minus_zero).then_some(value as i64)
}

fn non_finite(value: f64) -> &'static str {
    if value.is_nan() {
        "nan"
    } else if value > 0.0 {
        "inf"
    } else {
        "-inf"
    }
}

fn parse_non_finite(text: &str) -> Option<f64> {
    let (negative, name) = match text.as_bytes() {
        [b'-', ..] => (true, &text[1..]),
        [b'+', ..] => (false, &text[1..]),
        _ => (false, text),
    };
    if name.eq_ignore_ascii_case("nan") {
        return Some(f64::NAN);
    }
    let infinite = name.eq_ignore_ascii_case("inf") || name.eq_ignore_ascii_case("infinity");
    infinite.then_some(if negative { f64::NEG_INFINITY } else { f64::INFINITY })
}

impl Serialize for Real {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if !serializer.is_human_readable() {
            return serializer.serialize_f64(self.0);
        }
        match whole(self.0) {
            Some(int) => serializer.serialize_i64(int),
            None if self.0.is_finite() => serializer.serialize_f64(self.0),
            None => serializer.serialize_str(non_finite(self.0)),
        }
    }
}

impl<'de> Deserialize<'de> for Real {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        if deserializer.is_human_readable() {
            deserializer.deserialize_any(RealVisitor)
        } else {
            f64::deserialize(deserializer).map(Real)
        }
    }
}

struct RealVisitor;

impl Visitor<'_> for RealVisitor {
    type Value = Real;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or \"nan\", \"inf\", \"-inf\"")
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<Real, E> {
        Ok(Real(value))
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<Real, E> {
        Ok(Real(value as f64))
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<Real, E> {
        Ok(Real(value as f64))
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Real, E> {
        parse_non_finite(text).map(Real).ok_or_else(|| E::invalid_value(de::Unexpected::Str(text), &self))
    }
}

impl schemars::JsonSchema for Real {
    fn schema_name() -> Cow<'static, str> {
        "Real".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "a number, or one of the names of a non-finite one",
            "anyOf": [{ "type": "number" }, { "enum": ["nan", "inf", "-inf"] }]
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn round_trip(value: f64) -> Real {
        serde_json::from_str(&serde_json::to_string(&Real(value)).unwrap()).unwrap()
    }

    proptest! {
        #[test]
        fn every_bit_pattern_survives_json(bits: u64) {
            let value = f64::from_bits(bits);
            let back = round_trip(value).0;
            prop_assert!(back.to_bits() == bits || (back.is_nan() && value.is_nan()), "{value:e} became {back:e}");
        }

        #[test]
        fn the_displayed_text_reads_back_the_same(value: f64) {
            let back = Real::parse(&Real(value).to_string()).unwrap().0;
            prop_assert!(back.to_bits() == value.to_bits() || (back.is_nan() && value.is_nan()));
        }

        #[test]
        fn the_json_value_reads_back_the_same(value: f64) {
            let back = Real::from_json(&Real(value).to_json()).unwrap().0;
            prop_assert!(back.to_bits() == value.to_bits() || (back.is_nan() && value.is_nan()));
        }
    }

    #[test]
    fn whole_numbers_are_written_without_a_point_and_minus_zero_keeps_its_sign() {
        assert_eq!(serde_json::to_string(&Real(3.0)).unwrap(), "3");
        assert_eq!(serde_json::to_string(&Real(-0.0)).unwrap(), "-0.0");
        assert_eq!(serde_json::to_string(&Real(0.1)).unwrap(), "0.1");
        assert_eq!(Real(1e-7).to_string(), "1e-7");
    }

    #[test]
    fn what_programs_print_for_non_finite_numbers_is_understood() {
        for (text, want) in [("NaN", "nan"), ("Infinity", "inf"), ("-Infinity", "-inf"), ("+INF", "inf")] {
            assert_eq!(Real::parse(text).unwrap().to_string(), want);
            let json = format!("\"{text}\"");
            assert_eq!(serde_json::from_str::<Real>(&json).unwrap().to_string(), want);
        }
        assert!(serde_json::from_str::<Real>("\"many\"").is_err());
    }
}
