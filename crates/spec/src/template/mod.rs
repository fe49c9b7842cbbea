//! Placeholders: `{lr}`, `{units[0]}`, `{units:,}`, `{lr:.6f}`, `{optimizer.momentum|0.9}`, and `{{` `}}` for braces.
//!
//! A value is written as the program will read it: integers as integers, floats in the shortest form that reads back to
//! the same number, truth values as `true` and `false`, text as it is, lists as JSON.

mod argument;
mod format;
mod parse;
mod places;
mod scope;
mod shell;

pub use argument::{Argument, Command, Rendered};
pub use format::Spec;
pub use parse::TemplateError;
pub(crate) use scope::{GIVEN, split_result};
pub use scope::{
    HookValues, Names, RunScope, SetupValues, StageResult, axis_variable, stage_variable, variable_name,
    variables,
};
pub use shell::ShellTemplate;

use std::ops::Range;

use space::{Found, Json};

/// Where a placeholder finds its value.
pub trait Values {
    /// What stands behind a name as it is written in a placeholder, brackets and all.
    fn value(&self, name: &str) -> Found;
}

/// Text with placeholders.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pub(crate) parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Part {
    Text(String),
    Hole(Placeholder),
}

/// One placeholder.
#[derive(Clone, Debug, PartialEq)]
pub struct Placeholder {
    /// The name as it is written: `optimizer.beta1`, `units[0]`, `stage.tune.lr_min`.
    pub name: String,
    /// How the value is written; `None` is the usual way.
    pub spec: Option<Spec>,
    /// What stands in for a value that is inactive.
    pub default: Option<String>,
    /// Its bytes in the text, braces included.
    pub span: Range<usize>,
}

/// Why a text with placeholders has no value in some configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenderError {
    /// A placeholder names nothing that has a value by now.
    #[error("the placeholder `{{{name}}}` has no value")]
    Unknown {
        /// The name.
        name: String,
    },
    /// The value cannot be written in the way that the placeholder asks for.
    #[error("the placeholder `{{{name}}}` cannot be written: {problem}")]
    Format {
        /// The name.
        name: String,
        /// Why not.
        problem: String,
    },
    /// A value is needed where the placeholder is inactive.
    #[error(
        "the placeholder `{{{name}}}` is not active in this configuration, and {place} cannot be left out"
    )]
    Inactive {
        /// The name.
        name: String,
        /// What cannot be left out.
        place: &'static str,
    },
}

/// What rendering gives: the text, or the name of the placeholder that is inactive.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// All placeholders had values.
    Text(String),
    /// This one was inactive and had no default.
    Inactive(String),
}

impl Outcome {
    /// The text of what cannot be left out.
    ///
    /// # Errors
    /// [`RenderError::Inactive`] where there is none.
    pub fn required(self, place: &'static str) -> Result<String, RenderError> {
        match self {
            Outcome::Text(text) => Ok(text),
            Outcome::Inactive(name) => Err(RenderError::Inactive { name, place }),
        }
    }

    /// The text, where there is one.
    pub fn text(self) -> Option<String> {
        match self {
            Outcome::Text(text) => Some(text),
            Outcome::Inactive(_) => None,
        }
    }
}

impl Template {
    /// Reads a text.
    ///
    /// # Errors
    /// A brace without its partner, an empty name, a format that does not exist.
    pub fn parse(text: &str) -> Result<Template, TemplateError> {
        parse::parse(text)
    }

    /// See [`Command::unformatted`].
    pub(crate) fn unformatted(&self, of: &dyn Fn(&str) -> bool) -> Template {
        let plain = |part: &Part| match part {
            Part::Hole(hole) if of(&hole.name) => Part::Hole(Placeholder { spec: None, ..hole.clone() }),
            other => other.clone(),
        };
        Template { parts: self.parts.iter().map(plain).collect() }
    }

    /// The placeholders in their order.
    pub fn placeholders(&self) -> impl Iterator<Item = &Placeholder> {
        self.parts.iter().filter_map(|part| match part {
            Part::Hole(placeholder) => Some(placeholder),
            Part::Text(_) => None,
        })
    }

    /// Puts the values in.
    ///
    /// # Errors
    /// A name without a value, or a value that cannot be written as asked.
    pub fn render(&self, values: &dyn Values) -> Result<Outcome, RenderError> {
        let mut text = String::new();
        for part in &self.parts {
            match part {
                Part::Text(literal) => text += literal,
                Part::Hole(placeholder) => match placeholder.text(values)? {
                    Some(value) => text += &value,
                    None => return Ok(Outcome::Inactive(placeholder.name.clone())),
                },
            }
        }
        Ok(Outcome::Text(text))
    }

    /// The value itself, with its type, where the text is nothing but one placeholder without a format; else the text.
    /// `None` where a placeholder is inactive.
    ///
    /// # Errors
    /// As [`render`](Self::render).
    pub fn typed(&self, values: &dyn Values) -> Result<Option<Json>, RenderError> {
        let [Part::Hole(placeholder)] = self.parts.as_slice() else {
            return Ok(self.render(values)?.text().map(Json::from));
        };
        if placeholder.spec.is_some() {
            return Ok(placeholder.text(values)?.map(Json::from));
        }
        match values.value(&placeholder.name) {
            Found::Value(value) => Ok(Some(value)),
            Found::Unknown => Err(RenderError::Unknown { name: placeholder.name.clone() }),
            // A default is written as the program would read it: `{beta|0.9}` stands for a number.
            Found::Inactive => Ok(placeholder
                .default
                .as_ref()
                .map(|text| serde_json::from_str(text).unwrap_or_else(|_| Json::from(text.as_str())))),
        }
    }
}

impl Placeholder {
    /// The value as text; `None` where it is inactive and has no default.
    fn text(&self, values: &dyn Values) -> Result<Option<String>, RenderError> {
        match values.value(&self.name) {
            Found::Value(value) => {
                let written = match &self.spec {
                    Some(spec) => spec.write(&value),
                    None => Ok(format::plain(&value)),
                };
                written.map(Some).map_err(|problem| RenderError::Format { name: self.name.clone(), problem })
            }
            Found::Inactive => Ok(self.default.clone()),
            Found::Unknown => Err(RenderError::Unknown { name: self.name.clone() }),
        }
    }
}
