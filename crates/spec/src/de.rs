//! From the tree to types, by serde; every error knows its place. Plain visitors only: `flatten` and `untagged` buffer
//! what they read, and the places would be lost.

use std::fmt;
use std::ops::Range;

use serde::de::{self, DeserializeSeed, Deserializer, Expected, Unexpected, Visitor};
use serde::forward_to_deserialize_any;

use crate::diagnostic::Diagnostic;
use crate::tree::{Entry, Node, Tree};

/// Reads a type from a node.
pub(crate) fn decode<'de, T: de::Deserialize<'de>>(node: &'de Node) -> Result<T, Diagnostic> {
    T::deserialize(node).map_err(|error| error.into_diagnostic(&node.span))
}

/// What serde says, and where, as soon as the value that it is about is known.
#[derive(Debug)]
pub(crate) struct Error {
    message: String,
    help: Option<String>,
    span: Option<Range<usize>>,
}

impl Error {
    fn new(message: String) -> Error {
        Error { message, help: None, span: None }
    }

    /// The innermost place is set first and stays.
    fn at(mut self, span: &Range<usize>) -> Error {
        self.span.get_or_insert_with(|| span.clone());
        self
    }

    fn into_diagnostic(self, fallback: &Range<usize>) -> Diagnostic {
        Diagnostic::error(self.span.unwrap_or_else(|| fallback.clone()), self.message).maybe_help(self.help)
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

impl de::Error for Error {
    fn custom<T: fmt::Display>(message: T) -> Error {
        Error::new(message.to_string())
    }

    fn invalid_type(found: Unexpected<'_>, expected: &dyn Expected) -> Error {
        Error::new(format!("this is {}, not {}", described(found), wanted(&expected.to_string())))
    }

    fn invalid_value(found: Unexpected<'_>, expected: &dyn Expected) -> Error {
        Error::new(format!("{} is not {}", described(found), wanted(&expected.to_string())))
    }

    fn invalid_length(length: usize, expected: &dyn Expected) -> Error {
        Error::new(format!("this has {length} elements, not {}", wanted(&expected.to_string())))
    }

    fn unknown_field(field: &str, expected: &'static [&'static str]) -> Error {
        let near = space::nearest(field, expected.iter().copied());
        let home = if near.is_none() { crate::schema::home_of(field) } else { None };
        let help = home.unwrap_or_else(|| suggestion(field, expected));
        Error { help: Some(help), ..Error::new(format!("unknown key `{field}`")) }
    }

    fn unknown_variant(variant: &str, expected: &'static [&'static str]) -> Error {
        Error {
            help: Some(suggestion(variant, expected)),
            ..Error::new(format!("`{variant}` is not known here"))
        }
    }

    fn missing_field(field: &'static str) -> Error {
        Error::new(format!("the key `{field}` is missing"))
    }

    fn duplicate_field(field: &'static str) -> Error {
        Error::new(format!("the key `{field}` is there twice"))
    }
}

/// The nearest name, or all of them.
pub(crate) fn suggestion(name: &str, known: &[&str]) -> String {
    match space::nearest(name, known.iter().copied()) {
        Some(nearest) => format!("did you mean `{nearest}`?"),
        None if known.is_empty() => "no keys are known here".to_owned(),
        None => format!(
            "known are {}",
            known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
        ),
    }
}

fn described(found: Unexpected<'_>) -> String {
    match found {
        Unexpected::Bool(value) => format!("`{value}`"),
        Unexpected::Unsigned(value) => format!("the integer {value}"),
        Unexpected::Signed(value) => format!("the integer {value}"),
        Unexpected::Float(value) => format!("the float {value}"),
        Unexpected::Str(text) => Tree::Str(text.to_owned()).described(),
        Unexpected::Unit | Unexpected::Option => "nothing".to_owned(),
        Unexpected::Seq => "a list".to_owned(),
        Unexpected::Map => "a table".to_owned(),
        other => other.to_string(),
    }
}

/// serde's names of types, in the words of the file.
pub(crate) fn wanted(expected: &str) -> String {
    match expected {
        "a string" | "string" => "a text".to_owned(),
        "a boolean" => "`true` or `false`".to_owned(),
        "u16" => "a whole number from 0 to 65535".to_owned(),
        "u8" | "u32" | "u64" | "usize" => "a whole number of at least 0".to_owned(),
        "i8" | "i16" | "i32" | "i64" => "a whole number".to_owned(),
        "f32" | "f64" => "a number".to_owned(),
        "a sequence" => "a list".to_owned(),
        "a map" => "a table".to_owned(),
        other if other.starts_with("struct ") => "a table".to_owned(),
        other if other.starts_with("an array of length ") => {
            format!("a list of {}", other.trim_start_matches("an array of length "))
        }
        other => other.to_owned(),
    }
}

impl<'de> Deserializer<'de> for &'de Node {
    type Error = Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        let result = match &self.value {
            Tree::Null => visitor.visit_unit(),
            Tree::Bool(value) => visitor.visit_bool(*value),
            Tree::Int(value) => visitor.visit_i64(*value),
            Tree::Float(value) => visitor.visit_f64(*value),
            Tree::Str(value) => visitor.visit_borrowed_str(value),
            Tree::List(items) => visit_list(items, visitor),
            Tree::Table(table) => visitor.visit_map(Entries { entries: table.iter(), value: None }),
        };
        result.map_err(|error| error.at(&self.span))
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match &self.value {
            Tree::Null => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
        .map_err(|error| error.at(&self.span))
    }

    fn deserialize_f64<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Error> {
        match self.value {
            // Invariant NUMBERS: an integer that no float equals is not silently another one.
            Tree::Int(value) if value.unsigned_abs() > 1 << 53 => {
                let message = format!("the integer {value} is beyond 2^53: no float is exactly that");
                Err(Error::new(message).at(&self.span))
            }
            _ => self.deserialize_any(visitor),
        }
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        words: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Error> {
        match &self.value {
            Tree::Str(name) => visitor.visit_enum(de::value::StrDeserializer::<Error>::new(name)),
            other => {
                let words: Vec<_> = words.iter().map(|word| format!("\"{word}\"")).collect();
                Err(Error::new(format!("this is {}, not {}", other.described(), words.join(" or "))))
            }
        }
        .map_err(|error| error.at(&self.span))
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Error> {
        visitor.visit_newtype_struct(self).map_err(|error| error.at(&self.span))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map struct identifier ignored_any
    }
}

fn visit_list<'de, V: Visitor<'de>>(items: &'de [Node], visitor: V) -> Result<V::Value, Error> {
    let mut rest = Items { items: items.iter() };
    let value = visitor.visit_seq(&mut rest)?;
    match rest.items.len() {
        0 => Ok(value),
        left => Err(Error::new(format!("this has {} elements, not {}", items.len(), items.len() - left))),
    }
}

struct Items<'de> {
    items: std::slice::Iter<'de, Node>,
}

impl<'de> de::SeqAccess<'de> for &mut Items<'de> {
    type Error = Error;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Error> {
        let Some(node) = self.items.next() else { return Ok(None) };
        seed.deserialize(node).map(Some).map_err(|error| error.at(&node.span))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.items.len())
    }
}

struct Entries<'de> {
    entries: indexmap::map::Iter<'de, String, Entry>,
    value: Option<&'de Node>,
}

impl<'de> de::MapAccess<'de> for Entries<'de> {
    type Error = Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Error> {
        let Some((name, entry)) = self.entries.next() else { return Ok(None) };
        self.value = Some(&entry.node);
        let key = de::value::BorrowedStrDeserializer::<Error>::new(name);
        seed.deserialize(key).map(Some).map_err(|error| error.at(&entry.key))
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Error> {
        let Some(node) = self.value.take() else {
            return Err(Error::new("a value was read before its key".to_owned()));
        };
        seed.deserialize(node).map_err(|error| error.at(&node.span))
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.entries.len())
    }
}
