//! Lengths of time as a study file writes them: `90`, `"90s"`, `"1h30m"`, `"500ms"`.

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

use serde::de::{self, Deserializer, Visitor};
use serde::{Deserialize, Serialize, Serializer};

/// A length of time, in whole milliseconds.
///
/// Read from a number of seconds, or from text of numbers with the units `d`, `h`, `m` (or `min`), `s`, `ms`;
/// written as text in whole units.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(u64);

const UNITS: [(&str, u64); 5] = [("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1_000), ("ms", 1)];

impl Duration {
    /// From milliseconds.
    pub const fn from_millis(millis: u64) -> Self {
        Duration(millis)
    }

    /// From seconds; rounded to the millisecond. `None` when negative, NaN or too long to count.
    pub fn from_seconds(seconds: f64) -> Option<Self> {
        let millis = (seconds * 1000.0).round();
        // `as` is exact: whole, at least 0, below 2⁵³.
        (0.0..9.0e15).contains(&millis).then_some(Duration(millis as u64))
    }

    /// In milliseconds.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// In seconds.
    pub fn as_seconds(self) -> f64 {
        self.0 as f64 / 1000.0
    }
}

impl From<Duration> for std::time::Duration {
    fn from(value: Duration) -> Self {
        std::time::Duration::from_millis(value.0)
    }
}

/// Why a text is not a length of time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a length of time; write it as \"90s\", \"30m\", \"2h\", \"1h30m\" or \"1d\"")]
pub struct DurationError(String);

impl FromStr for Duration {
    type Err = DurationError;

    fn from_str(text: &str) -> Result<Self, DurationError> {
        parse(text).ok_or_else(|| DurationError(text.to_owned()))
    }
}

fn parse(text: &str) -> Option<Duration> {
    let mut rest = text.trim();
    let mut seconds = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit() && c != '.').unwrap_or(rest.len());
        let number: f64 = rest[..digits].parse().ok()?;
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(rest.len());
        let unit = match &rest[..letters] {
            "min" => "m",
            unit => unit,
        };
        let (_, millis) = UNITS.iter().find(|(name, _)| *name == unit)?;
        seconds += number * (*millis as f64) / 1000.0;
        rest = rest[letters..].trim_start();
    }
    Duration::from_seconds(seconds)
}

impl fmt::Display for Duration {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 == 0 {
            return f.write_str("0s");
        }
        let mut left = self.0;
        for (name, millis) in UNITS {
            if left >= millis {
                write!(f, "{}{name}", left / millis)?;
                left %= millis;
            }
        }
        Ok(())
    }
}

impl Serialize for Duration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Duration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(DurationVisitor)
    }
}

struct DurationVisitor;

impl Visitor<'_> for DurationVisitor {
    type Value = Duration;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a length of time such as \"90s\", \"30m\", \"2h\", or a number of seconds")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<Duration, E> {
        text.parse().map_err(E::custom)
    }

    fn visit_f64<E: de::Error>(self, seconds: f64) -> Result<Duration, E> {
        Duration::from_seconds(seconds).ok_or_else(|| E::invalid_value(de::Unexpected::Float(seconds), &self))
    }

    fn visit_u64<E: de::Error>(self, seconds: u64) -> Result<Duration, E> {
        self.visit_f64(seconds as f64)
    }

    fn visit_i64<E: de::Error>(self, seconds: i64) -> Result<Duration, E> {
        self.visit_f64(seconds as f64)
    }
}

impl schemars::JsonSchema for Duration {
    fn schema_name() -> Cow<'static, str> {
        "Duration".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "a length of time such as \"90s\", \"30m\", \"2h\", \"1h30m\", or a number of seconds",
            "anyOf": [
                { "type": "string", "pattern": "^\\s*([0-9.]+\\s*(d|h|m|min|s|ms)\\s*)+$" },
                { "type": "number", "minimum": 0 }
            ]
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_is_written_reads_back(millis in 0u64..1 << 45) {
            let length = Duration::from_millis(millis);
            prop_assert_eq!(length.to_string().parse::<Duration>().unwrap(), length);
        }
    }

    #[test]
    fn units_add_up_and_fractions_are_kept() {
        assert_eq!("1h30m".parse::<Duration>().unwrap().as_seconds(), 5400.0);
        assert_eq!("1.5 h".parse::<Duration>().unwrap().to_string(), "1h30m");
        assert_eq!("250ms".parse::<Duration>().unwrap().as_millis(), 250);
        assert_eq!(serde_json::from_str::<Duration>("90").unwrap().to_string(), "1m30s");
    }

    #[test]
    fn a_text_without_a_unit_or_with_a_strange_one_is_refused() {
        for text in ["", "5", "5 weeks", "-3s", "h"] {
            assert!(text.parse::<Duration>().is_err(), "{text}");
        }
    }
}
