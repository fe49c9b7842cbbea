//! `run`: a command as the file writes it, a list of arguments or a line for the shell.

use std::borrow::Cow;
use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};

/// A command as it is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum CommandForm {
    /// A line for the shell.
    Line(String),
    /// A program and its arguments.
    List(Vec<ArgumentForm>),
}

/// An argument as it is written; numbers and truth values stand for their text.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum ArgumentForm {
    /// One.
    One(String),
    /// Several that are dropped together.
    Group(Vec<ArgumentForm>),
}

impl<'de> Deserialize<'de> for CommandForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<CommandForm, D::Error> {
        struct Seen;
        impl<'de> Visitor<'de> for Seen {
            type Value = CommandForm;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a list of arguments such as [\"python\", \"train.py\", \"--lr={lr}\"], or a line for the shell")
            }

            fn visit_str<E: de::Error>(self, line: &str) -> Result<CommandForm, E> {
                Ok(CommandForm::Line(line.to_owned()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<CommandForm, A::Error> {
                let mut arguments = Vec::new();
                while let Some(argument) = list.next_element()? {
                    arguments.push(argument);
                }
                Ok(CommandForm::List(arguments))
            }
        }
        deserializer.deserialize_any(Seen)
    }
}

impl<'de> Deserialize<'de> for ArgumentForm {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<ArgumentForm, D::Error> {
        struct Seen;
        impl<'de> Visitor<'de> for Seen {
            type Value = ArgumentForm;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an argument: a text, or a list of arguments that are dropped together")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<ArgumentForm, E> {
                Ok(ArgumentForm::One(text.to_owned()))
            }

            fn visit_bool<E: de::Error>(self, value: bool) -> Result<ArgumentForm, E> {
                Ok(ArgumentForm::One(value.to_string()))
            }

            fn visit_i64<E: de::Error>(self, value: i64) -> Result<ArgumentForm, E> {
                Ok(ArgumentForm::One(value.to_string()))
            }

            fn visit_f64<E: de::Error>(self, value: f64) -> Result<ArgumentForm, E> {
                Ok(ArgumentForm::One(serde_json::Value::from(value).to_string()))
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<ArgumentForm, A::Error> {
                let mut arguments = Vec::new();
                while let Some(argument) = list.next_element()? {
                    arguments.push(argument);
                }
                Ok(ArgumentForm::Group(arguments))
            }
        }
        deserializer.deserialize_any(Seen)
    }
}

impl JsonSchema for CommandForm {
    fn schema_name() -> Cow<'static, str> {
        "Command".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let argument = generator.subschema_for::<ArgumentForm>();
        json_schema!({
            "anyOf": [
                { "type": "array", "items": argument, "minItems": 1 },
                { "type": "string", "description": "a line for the shell" }
            ]
        })
    }
}

impl JsonSchema for ArgumentForm {
    fn schema_name() -> Cow<'static, str> {
        "Argument".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let argument = generator.subschema_for::<ArgumentForm>();
        json_schema!({
            "anyOf": [
                { "type": ["string", "number", "boolean"] },
                { "type": "array", "items": argument, "description": "arguments that are dropped together" }
            ]
        })
    }
}
