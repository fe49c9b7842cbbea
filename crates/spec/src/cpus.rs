//! `cpus` of a stage: `2`, or `{ min = 1, max = 8 }` for a run that takes what there is.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::Deserialize;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use study::schedule::Cpus;

/// How many processors a run takes, as it is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct CpusForm(pub(crate) Cpus);

/// A width that is chosen when the run starts.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Range {
    #[serde(default = "one")]
    min: u32,
    max: u32,
}

fn one() -> u32 {
    1
}

impl<'de> Deserialize<'de> for CpusForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<CpusForm, D::Error> {
        struct Seen;
        impl<'de> Visitor<'de> for Seen {
            type Value = CpusForm;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number of at least 1, or { min = 1, max = 8 }")
            }

            fn visit_i64<E: de::Error>(self, cpus: i64) -> Result<CpusForm, E> {
                match u32::try_from(cpus) {
                    Ok(cpus) => Ok(CpusForm(Cpus::exactly(cpus))),
                    Err(_) => Err(E::invalid_value(de::Unexpected::Signed(cpus), &self)),
                }
            }

            fn visit_u64<E: de::Error>(self, cpus: u64) -> Result<CpusForm, E> {
                self.visit_i64(i64::try_from(cpus).unwrap_or(i64::MAX))
            }

            fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<CpusForm, A::Error> {
                let Range { min, max } = Range::deserialize(de::value::MapAccessDeserializer::new(table))?;
                Ok(CpusForm(Cpus::between(min, max)))
            }
        }
        deserializer.deserialize_any(Seen)
    }
}

impl JsonSchema for CpusForm {
    fn schema_name() -> Cow<'static, str> {
        "Cpus".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let count = json_schema!({ "type": "integer", "minimum": 1 });
        json_schema!({
            "anyOf": [
                { "type": "integer", "minimum": 1 },
                {
                    "type": "object",
                    "description": "a run takes what is free between the two when it starts",
                    "properties": { "min": count, "max": count },
                    "required": ["max"],
                    "additionalProperties": false
                }
            ]
        })
    }
}
