//! `[[stage.file]]`: configuration files of a program's own ("runcards"), re-written for each run.

use indexmap::IndexMap;
use space::Json;

use crate::source::Format;
use crate::template::Template;

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

/// A path into a configuration file: `fitting.parameters.lr`, `layers[0].units`. A key that holds a dot or a bracket
/// stands in double quotes: `a."b.c"`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyPath(pub(crate) Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    Key(String),
    Index(usize),
}

impl KeyPath {
    /// Reads a path.
    ///
    /// # Errors
    /// Says what is wrong with it.
    pub fn parse(text: &str) -> Result<KeyPath, String> {
        let wrong = |what: &str| format!("`{text}` is not the path of a key: {what}");
        let mut steps = Vec::new();
        let mut rest = text;
        loop {
            let (key, left) = if let Some(quoted) = rest.strip_prefix('"') {
                quoted.split_once('"').ok_or_else(|| wrong("a quote is not closed"))?
            } else {
                rest.split_at(rest.find(['.', '[']).unwrap_or(rest.len()))
            };
            if key.is_empty() {
                return Err(wrong("a part is empty"));
            }
            steps.push(Step::Key(key.to_owned()));
            rest = left;
            while let Some(bracket) = rest.strip_prefix('[') {
                let (index, left) =
                    bracket.split_once(']').ok_or_else(|| wrong("a bracket is not closed"))?;
                steps.push(Step::Index(index.parse().map_err(|_| wrong("an index is a whole number"))?));
                rest = left;
            }
            match rest.strip_prefix('.') {
                Some(left) => rest = left,
                None if rest.is_empty() => return Ok(KeyPath(steps)),
                None => return Err(wrong("a point is missing")),
            }
        }
    }
}
