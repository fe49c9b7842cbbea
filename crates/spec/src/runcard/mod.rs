//! `[[stage.file]]`: configuration files of a program's own ("runcards"), re-written for each run.
//!
//! TOML keeps its comments and layout (toml_edit). YAML is edited in place: only the bytes of what changes are replaced,
//! and the result is read again to see that it says what was meant. JSON has no comments; it is written anew, indented,
//! its keys in their order.

mod json;
mod path;
mod toml;
mod yaml;

pub use path::KeyPath;
pub(crate) use path::Step;

use indexmap::IndexMap;
use space::Json;

use crate::source::Format;
use crate::template::{RenderError, Template, Values};

/// A configuration file to write.
#[derive(Clone, Debug, PartialEq)]
pub struct Runcard {
    /// The file to start from: a path from the study file's folder, or absolute.
    pub template: String,
    /// How it is written.
    pub format: Format,
    /// Where it is written to: a path from the run's directory, or absolute.
    pub target: Template,
    /// What changes: key paths and their values.
    pub set: IndexMap<String, Setting>,
}

/// A value that is put into a runcard.
#[derive(Clone, Debug, PartialEq)]
pub enum Setting {
    /// A text with placeholders; nothing but one placeholder gives that value with its type.
    Template(Template),
    /// A constant.
    Constant(Json),
}

/// Why a runcard cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuncardError {
    /// The template is not what its ending says.
    #[error("{template} cannot be read: {problem}")]
    Syntax {
        /// The template's path.
        template: String,
        /// What is wrong, and where.
        problem: String,
    },
    /// A key path leads nowhere.
    #[error("{template} has no place for `{path}`: {problem}")]
    Path {
        /// The template's path.
        template: String,
        /// The key path.
        path: String,
        /// What is missing.
        problem: String,
    },
    /// A value cannot be made.
    #[error("`{path}` in {template}: {source}")]
    Value {
        /// The template's path.
        template: String,
        /// The key path.
        path: String,
        /// Why not.
        source: RenderError,
    },
}

/// A change to one key: a new value, or `None` to take the key away.
pub(crate) struct Change {
    pub(crate) path: KeyPath,
    pub(crate) value: Option<Json>,
}

impl Runcard {
    /// The texts with placeholders among its values.
    pub(crate) fn templates(&self) -> impl Iterator<Item = &Template> {
        self.set.values().filter_map(|setting| match setting {
            Setting::Template(template) => Some(template),
            Setting::Constant(_) => None,
        })
    }

    /// The template's text with the values of one run put in. A key whose placeholder is inactive is removed.
    ///
    /// # Errors
    /// A template that cannot be read, a path whose parents it does not have, a placeholder without a value.
    pub fn write(&self, text: &str, values: &dyn Values) -> Result<String, RuncardError> {
        let template = || self.template.clone();
        let mut changes = Vec::new();
        for (path, setting) in &self.set {
            let value = match setting {
                Setting::Constant(value) => Some(value.clone()),
                Setting::Template(text) => text.typed(values).map_err(|source| RuncardError::Value {
                    template: template(),
                    path: path.clone(),
                    source,
                })?,
            };
            let parsed = KeyPath::parse(path).map_err(|problem| RuncardError::Path {
                template: template(),
                path: path.clone(),
                problem,
            })?;
            changes.push(Change { path: parsed, value });
        }
        let written = match self.format {
            Format::Toml => toml::write(text, &changes),
            Format::Yaml => yaml::write(text, &changes),
            Format::Json => json::write(text, &changes),
        };
        written.map_err(|problem| match problem {
            Problem::Syntax(problem) => RuncardError::Syntax { template: template(), problem },
            Problem::Path(path, problem) => RuncardError::Path { template: template(), path, problem },
        })
    }
}

/// What the formats' editors say; the file's name is known above them.
#[derive(Debug)]
pub(crate) enum Problem {
    Syntax(String),
    Path(String, String),
}

impl Problem {
    fn missing<'k>(path: &KeyPath, key: &str, known: impl Iterator<Item = &'k str>) -> Problem {
        let hint =
            space::nearest(key, known).map_or(String::new(), |near| format!("; did you mean `{near}`?"));
        Problem::Path(path.to_string(), format!("there is no `{key}`{hint}"))
    }

    fn shape(path: &KeyPath, at: &Step, wanted: &str) -> Problem {
        Problem::Path(path.to_string(), format!("what `{at}` should be in is no {wanted}"))
    }
}

fn too_short(path: &KeyPath, at: &Step, count: usize) -> Problem {
    Problem::Path(path.to_string(), format!("`{at}` is past the end of a list of {count}"))
}

#[cfg(test)]
mod tests;
