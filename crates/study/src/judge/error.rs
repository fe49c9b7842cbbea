//! Why a trial has no usable value, in words for who wrote its program.

use indexmap::IndexMap;
use space::expr::EvalError;

/// Why a trial has no usable value.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JudgeError {
    /// Nothing was reported at all.
    #[error(
        "the program reported nothing; it may print a line such as {{\"{name}\": 0.5}}, append one to the file that \
         RAVINE_REPORT names, or be read by a pattern in [stage.capture]"
    )]
    Silent {
        /// A metric that is wanted.
        name: String,
    },
    /// A metric that is needed was not reported; others were.
    #[error("the metric `{name}` was never reported; what was: {}{}", list(arrived), maybe(nearest))]
    Missing {
        /// The metric.
        name: String,
        /// What was reported.
        arrived: Vec<String>,
        /// The one that was probably meant.
        nearest: Option<String>,
    },
    /// A metric that is needed came from some of the repetitions only.
    #[error("the metric `{name}` was reported by {by} of {of} repetitions; the objective needs it of each")]
    Partial {
        /// The metric.
        name: String,
        /// How many repetitions reported it.
        by: usize,
        /// How many there are.
        of: usize,
    },
    /// A metric that is needed came as text.
    #[error(
        "the metric `{name}` was reported as the text {text:?}; it must be a number, such as {{\"{name}\": 0.5}}"
    )]
    Text {
        /// The metric.
        name: String,
        /// The text.
        text: String,
    },
    /// An objective names no metric, and there are several.
    #[error("several metrics were reported ({}); the objective must name one: metric = \"{}\"", list(arrived),
        arrived.first().map_or("", String::as_str))]
    Ambiguous {
        /// What was reported.
        arrived: Vec<String>,
    },
    /// A value that nobody can compare.
    #[error("`{name}` is not a number (nan)")]
    NotANumber {
        /// The metric or expression.
        name: String,
    },
    /// An expression that has no value.
    #[error("`{expr}` has no value: {source}")]
    Expression {
        /// The expression.
        expr: String,
        /// Why.
        source: EvalError,
    },
}

impl JudgeError {
    /// The error, knowing which metrics came as text ([`crate::RunEnd::texts`]).
    #[must_use]
    pub fn knowing(self, texts: &IndexMap<String, String>) -> Self {
        let text = match &self {
            JudgeError::Silent { name } => texts.get_key_value(name).or_else(|| texts.first()),
            JudgeError::Missing { name, .. } => texts.get_key_value(name),
            _ => None,
        };
        match text {
            Some((name, text)) => JudgeError::Text { name: name.clone(), text: text.clone() },
            None => self,
        }
    }

    /// The error, knowing how many of the repetitions reported what not all of them did.
    #[must_use]
    pub(crate) fn among(self, partial: &IndexMap<String, usize>, of: usize) -> Self {
        let (JudgeError::Missing { name, .. } | JudgeError::Silent { name }) = &self else { return self };
        let own = ["mean_", "std_"].iter().find_map(|prefix| name.strip_prefix(prefix));
        let found =
            [Some(name.as_str()), own].into_iter().flatten().find_map(|name| partial.get_key_value(name));
        match found {
            Some((name, by)) => JudgeError::Partial { name: name.clone(), by: *by, of },
            None => self,
        }
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

fn maybe(nearest: &Option<String>) -> String {
    nearest.as_ref().map_or_else(String::new, |name| format!("; did you mean `{name}`?"))
}
