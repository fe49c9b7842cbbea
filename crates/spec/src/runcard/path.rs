//! Paths of keys in configuration files.

use std::fmt;

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

impl KeyPath {
    /// All steps but the last, and the last.
    pub(crate) fn split(&self) -> (&[Step], Option<&Step>) {
        match self.0.split_last() {
            Some((last, parents)) => (parents, Some(last)),
            None => (&[], None),
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Step::Key(key) if key.contains(['.', '[', '"']) => write!(f, "{key:?}"),
            Step::Key(key) => f.write_str(key),
            Step::Index(index) => write!(f, "[{index}]"),
        }
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, step) in self.0.iter().enumerate() {
            if i > 0 && matches!(step, Step::Key(_)) {
                f.write_str(".")?;
            }
            write!(f, "{step}")?;
        }
        Ok(())
    }
}
