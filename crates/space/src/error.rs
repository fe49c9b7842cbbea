//! What can be wrong with a space, or with a configuration of it.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

/// One thing that is wrong, where it is, and what would be right.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{path}: {message}{}", hint.as_ref().map(|h| format!("; {h}")).unwrap_or_default())]
pub struct SpaceError {
    /// The key in the study file (`space.optimizer.choice[0].momentum.float`), or the parameter (`units[0]`) where
    /// a configuration is at fault.
    pub path: String,
    /// What is wrong.
    pub message: String,
    /// What would be right, where that is known.
    pub hint: Option<String>,
    /// Where `path` holds an expression: the bytes of it that are at fault.
    pub span: Option<Range<usize>>,
}

impl SpaceError {
    /// An error at `path`.
    pub fn new(path: impl Into<String>, message: impl Into<String>) -> Self {
        SpaceError { path: path.into(), message: message.into(), hint: None, span: None }
    }

    /// The same error with what would be right.
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// All that is wrong with a space; at least one thing.
#[derive(Clone, Debug, PartialEq)]
pub struct SpaceErrors(Vec<SpaceError>);

impl SpaceErrors {
    /// Those of `found` that differ, in their order; `None` where nothing is wrong.
    pub(crate) fn of(mut found: Vec<SpaceError>) -> Option<SpaceErrors> {
        let mut seen = BTreeSet::new();
        found.retain(|error| {
            let place = error.span.as_ref().map(|span| span.start);
            seen.insert((error.path.clone(), place, error.message.clone()))
        });
        (!found.is_empty()).then_some(SpaceErrors(found))
    }

    /// Each of them.
    pub fn iter(&self) -> std::slice::Iter<'_, SpaceError> {
        self.0.iter()
    }
}

impl IntoIterator for SpaceErrors {
    type Item = SpaceError;
    type IntoIter = std::vec::IntoIter<SpaceError>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// One a line.
impl fmt::Display for SpaceErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (k, error) in self.0.iter().enumerate() {
            let end = if k == 0 { "" } else { "\n" };
            write!(f, "{end}{error}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SpaceErrors {}

/// What is wrong with the bounds or options of a domain; the caller knows where it is.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("{message}{}", hint.as_ref().map(|h| format!("; {h}")).unwrap_or_default())]
pub struct DomainError {
    /// The key at fault: `float`, `step`, `weights`, …
    pub key: &'static str,
    /// What is wrong.
    pub message: String,
    /// What would be right, where that is known.
    pub hint: Option<String>,
}

impl DomainError {
    pub(crate) fn new(key: &'static str, message: impl Into<String>) -> Self {
        DomainError { key, message: message.into(), hint: None }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The same error at a place in the study file: `at` is the path of the parameter's table.
    pub(crate) fn at(self, at: &str) -> SpaceError {
        SpaceError { path: format!("{at}.{}", self.key), message: self.message, hint: self.hint, span: None }
    }
}
