//! The declarations that can be written in more than one shape: how each is read, written and described in the schema.

use std::borrow::Cow;
use std::fmt;

use indexmap::IndexMap;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::value::{MapAccessDeserializer, SeqAccessDeserializer};
use serde::de::{self, MapAccess, SeqAccess, Visitor};
use serde::ser::SerializeMap;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::{Declaration, Table};
use crate::Json;

/// The `int` key: a range, or beside `expr` a flag.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IntKey {
    /// `int = [low, high]`.
    Range([i64; 2]),
    /// `int = true`.
    Flag(bool),
}

/// The `length` key of a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LengthKey {
    /// So many elements.
    Fixed(u32),
    /// As many as the named int says.
    Name(String),
}

/// One option of a choice.
#[derive(Clone, Debug, PartialEq)]
pub enum OptionDeclaration {
    /// A literal that stands for itself.
    Literal(Json),
    /// A table: a name, and parameters of its own or a value.
    Table(OptionTable),
}

/// An option that holds more than a literal.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OptionTable {
    /// What the option is called.
    pub name: Option<String>,
    /// What the program gets for it, where that is not the name.
    pub value: Option<Json>,
    /// Parameters that are there only where this option is taken.
    pub parameters: IndexMap<String, Declaration>,
}

/// A whole number, with words for people where it is not one.
struct Whole(i64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Seen;
        impl Visitor<'_> for Seen {
            type Value = Whole;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a whole number")
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Whole, E> {
                Ok(Whole(value))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Whole, E> {
                i64::try_from(value)
                    .map(Whole)
                    .map_err(|_| E::custom(format!("{value} does not fit into 64 bits")))
            }

            // 1e6 is the usual way to write a million.
            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Whole, E> {
                if value.fract() == 0.0 && value.abs() <= EXACT as f64 {
                    return Ok(Whole(value as i64));
                }
                Err(E::invalid_type(de::Unexpected::Float(value), &self))
            }
        }
        deserializer.deserialize_any(Seen)
    }
}

/// The greatest whole number up to which `f64` holds every one.
const EXACT: u64 = 1 << 53;

/// A float's bound: also a whole number, where a float holds it exactly (invariant NUMBERS).
struct Bound(f64);

impl<'de> Deserialize<'de> for Bound {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Seen;
        impl Visitor<'_> for Seen {
            type Value = Bound;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number")
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<Bound, E> {
                if value.unsigned_abs() > EXACT {
                    return Err(E::custom(format!(
                        "{value} is beyond 2^53, where a float is not exact; write it with a point"
                    )));
                }
                Ok(Bound(value as f64))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<Bound, E> {
                self.visit_i64(i64::try_from(value).unwrap_or(i64::MAX))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<Bound, E> {
                Ok(Bound(value))
            }
        }
        deserializer.deserialize_any(Seen)
    }
}

/// Reads the `float` key.
pub(super) fn float_bounds<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<[f64; 2]>, D::Error> {
    <[Bound; 2]>::deserialize(deserializer).map(|[Bound(low), Bound(high)]| Some([low, high]))
}

/// Gives a visitor the methods that take a JSON scalar, each ending in `$wrap(json)`.
macro_rules! visit_scalars {
    ($wrap:expr) => {
        fn visit_bool<E: de::Error>(self, value: bool) -> Result<Self::Value, E> {
            Ok($wrap(Json::from(value)))
        }
        fn visit_i64<E: de::Error>(self, value: i64) -> Result<Self::Value, E> {
            Ok($wrap(Json::from(value)))
        }
        fn visit_u64<E: de::Error>(self, value: u64) -> Result<Self::Value, E> {
            Ok($wrap(Json::from(value)))
        }
        fn visit_f64<E: de::Error>(self, value: f64) -> Result<Self::Value, E> {
            match serde_json::Number::from_f64(value) {
                Some(number) => Ok($wrap(Json::Number(number))),
                None => Err(E::custom(format!("{value} is not a finite number"))),
            }
        }
        fn visit_str<E: de::Error>(self, value: &str) -> Result<Self::Value, E> {
            Ok($wrap(Json::from(value)))
        }
    };
}

impl<'de> Deserialize<'de> for Declaration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Seen;
        impl<'de> Visitor<'de> for Seen {
            type Value = Declaration;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a constant, or a table such as { float = [0, 1] }")
            }

            visit_scalars!(Declaration::Constant);

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Declaration, A::Error> {
                Json::deserialize(SeqAccessDeserializer::new(seq)).map(Declaration::Constant)
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Declaration, A::Error> {
                Table::deserialize(MapAccessDeserializer::new(map)).map(|t| Declaration::Table(Box::new(t)))
            }
        }
        deserializer.deserialize_any(Seen)
    }
}

impl Serialize for Declaration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Declaration::Constant(value) => value.serialize(serializer),
            Declaration::Table(table) => table.serialize(serializer),
        }
    }
}

impl JsonSchema for Declaration {
    fn schema_name() -> Cow<'static, str> {
        "Declaration".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = generator.subschema_for::<Table>();
        json_schema!({
            "description": "a constant, or a table that says what to search",
            "anyOf": [{ "type": ["boolean", "number", "string", "array"] }, table]
        })
    }
}

impl<'de> Deserialize<'de> for IntKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Seen;
        impl<'de> Visitor<'de> for Seen {
            type Value = IntKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a range such as [1, 4], or true beside `expr`")
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<IntKey, E> {
                Ok(IntKey::Flag(value))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<IntKey, A::Error> {
                <[Whole; 2]>::deserialize(SeqAccessDeserializer::new(seq))
                    .map(|[Whole(a), Whole(b)]| IntKey::Range([a, b]))
            }
        }
        deserializer.deserialize_any(Seen)
    }
}

impl Serialize for IntKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            IntKey::Range(range) => range.serialize(serializer),
            IntKey::Flag(flag) => flag.serialize(serializer),
        }
    }
}

impl JsonSchema for IntKey {
    fn schema_name() -> Cow<'static, str> {
        "IntKey".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "anyOf": [
                { "type": "array", "items": { "type": "integer" }, "minItems": 2, "maxItems": 2 },
                { "type": "boolean", "description": "beside `expr`: round its value" }
            ]
        })
    }
}

impl<'de> Deserialize<'de> for LengthKey {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Seen;
        impl Visitor<'_> for Seen {
            type Value = LengthKey;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of elements, or the name of an int parameter")
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<LengthKey, E> {
                let fits = u32::try_from(value).map(LengthKey::Fixed);
                fits.map_err(|_| E::custom(format!("a list cannot have {value} elements")))
            }

            fn visit_u64<E: de::Error>(self, value: u64) -> Result<LengthKey, E> {
                let fits = u32::try_from(value).map(LengthKey::Fixed);
                fits.map_err(|_| E::custom(format!("a list cannot have {value} elements")))
            }

            fn visit_str<E: de::Error>(self, value: &str) -> Result<LengthKey, E> {
                Ok(LengthKey::Name(value.to_owned()))
            }
        }
        deserializer.deserialize_any(Seen)
    }
}

impl Serialize for LengthKey {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            LengthKey::Fixed(count) => count.serialize(serializer),
            LengthKey::Name(name) => name.serialize(serializer),
        }
    }
}

impl JsonSchema for LengthKey {
    fn schema_name() -> Cow<'static, str> {
        "LengthKey".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "anyOf": [{ "type": "integer", "minimum": 0 }, { "type": "string" }] })
    }
}

impl<'de> Deserialize<'de> for OptionDeclaration {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Seen;
        impl<'de> Visitor<'de> for Seen {
            type Value = OptionDeclaration;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(
                    "a literal, or a table such as { name = \"sgd\", momentum = { float = [0, 0.99] } }",
                )
            }

            visit_scalars!(OptionDeclaration::Literal);

            fn visit_unit<E: de::Error>(self) -> Result<OptionDeclaration, E> {
                Ok(OptionDeclaration::Literal(Json::Null))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<OptionDeclaration, A::Error> {
                Json::deserialize(SeqAccessDeserializer::new(seq)).map(OptionDeclaration::Literal)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<OptionDeclaration, A::Error> {
                let mut table = OptionTable::default();
                while let Some(key) = map.next_key::<String>()? {
                    match key.as_str() {
                        "name" => table.name = Some(map.next_value()?),
                        "value" => table.value = Some(map.next_value()?),
                        _ if table.parameters.contains_key(&key) => {
                            return Err(de::Error::custom(format!("`{key}` is there twice")));
                        }
                        _ => {
                            table.parameters.insert(key, map.next_value()?);
                        }
                    }
                }
                Ok(OptionDeclaration::Table(table))
            }
        }
        deserializer.deserialize_any(Seen)
    }
}

impl Serialize for OptionDeclaration {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let table = match self {
            OptionDeclaration::Literal(value) => return value.serialize(serializer),
            OptionDeclaration::Table(table) => table,
        };
        let mut map = serializer.serialize_map(None)?;
        if let Some(name) = &table.name {
            map.serialize_entry("name", name)?;
        }
        if let Some(value) = &table.value {
            map.serialize_entry("value", value)?;
        }
        for (key, declaration) in &table.parameters {
            map.serialize_entry(key, declaration)?;
        }
        map.end()
    }
}

impl JsonSchema for OptionDeclaration {
    fn schema_name() -> Cow<'static, str> {
        "OptionDeclaration".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let declaration = generator.subschema_for::<Declaration>();
        json_schema!({
            "anyOf": [
                { "type": ["boolean", "number", "string", "array", "null"] },
                {
                    "type": "object",
                    "properties": {
                        "name": { "type": "string", "description": "what the option is called" },
                        "value": { "description": "what the program gets for it, where that is not the name" }
                    },
                    "additionalProperties": declaration
                }
            ]
        })
    }
}
