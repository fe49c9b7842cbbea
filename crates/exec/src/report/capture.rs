//! Reports from programs that cannot be changed: patterns over their lines of output.

use indexmap::IndexMap;
use regex::bytes::{Regex, RegexSet};
use study::Real;

use super::parse::{Report, STEP_NAMES};

/// A pattern that cannot be used.
#[derive(Debug, thiserror::Error)]
#[error("the capture pattern for `{name}` is no regular expression: {source}")]
pub struct CaptureError {
    /// The metric's name.
    pub name: String,
    /// What is wrong with it.
    pub source: regex::Error,
}

/// Named patterns. What a pattern's first group (or all of it, where it has none) matches is read as a number.
#[derive(Clone, Debug, Default)]
pub struct Captures {
    patterns: Vec<(String, Regex)>,
    /// All patterns at once: most lines match none. Absent where there are none, as to compile a set takes a while, even an
    /// empty one.
    any: Option<RegexSet>,
    /// The step that a line of its own named last.
    step: Option<(&'static str, Real)>,
}

impl Captures {
    /// Patterns by metric name. `step`, `iteration` and `epoch` give the step: of the same line, or of the lines that
    /// follow one on which nothing else was found.
    pub fn new<'a>(patterns: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, CaptureError> {
        let mut compiled = Vec::new();
        let mut patterns = patterns.into_iter().peekable();
        if patterns.peek().is_none() {
            return Ok(Captures::default());
        }
        for (name, pattern) in patterns {
            let name = name.to_owned();
            match Regex::new(pattern) {
                Ok(regex) => compiled.push((name, regex)),
                Err(source) => return Err(CaptureError { name, source }),
            }
        }
        let any = RegexSet::new(compiled.iter().map(|(_, regex)| regex.as_str()))
            .map_err(|source| CaptureError { name: "all of them".to_owned(), source })?;
        Ok(Captures { patterns: compiled, any: Some(any), step: None })
    }

    /// Whether there are no patterns.
    pub fn is_empty(&self) -> bool {
        self.patterns.is_empty()
    }

    /// What the patterns find on a line. A match that is not a number is as good as none.
    pub fn find(&mut self, line: &[u8]) -> Option<Report> {
        if !self.any.as_ref().is_some_and(|any| any.is_match(line)) {
            return None;
        }
        let mut values: IndexMap<String, Real> = self
            .patterns
            .iter()
            .filter_map(|(name, regex)| Some((name.clone(), number(regex, line)?)))
            .collect();
        let step = STEP_NAMES.iter().find_map(|name| Some((*name, *values.get(*name)?)));
        if values.len() == usize::from(step.is_some()) {
            self.step = step.or(self.step);
            return None;
        }
        if let (None, Some((name, value))) = (step, self.step) {
            values.insert(name.to_owned(), value);
        }
        Report::of(values)
    }
}

fn number(regex: &Regex, line: &[u8]) -> Option<Real> {
    let found = regex.captures(line)?;
    // With alternatives, the group that took part counts.
    let group = found.iter().skip(1).flatten().next().or_else(|| found.get(0))?;
    Real::parse(std::str::from_utf8(group.as_bytes()).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn captures() -> Captures {
        Captures::new([
            ("error", r"test error: ([0-9.]+|nan)"),
            ("time", r"took (\d+)"),
            ("epoch", r"^epoch (\d+)"),
        ])
        .unwrap()
    }

    fn found(captures: &mut Captures, line: &str) -> Option<String> {
        let report = captures.find(line.as_bytes())?;
        let values: Vec<_> = report.values.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Some(format!("{:?} {}", report.step, values.join(" ")))
    }

    #[test]
    fn what_is_on_one_line_is_one_report() {
        let line = "epoch 4 test error: 0.25 took 12 s";
        assert_eq!(found(&mut captures(), line).unwrap(), "Some(4) error=0.25 time=12");
        assert_eq!(found(&mut captures(), "nothing to see"), None);
    }

    #[test]
    fn a_step_on_a_line_of_its_own_holds_for_the_lines_that_follow() {
        let mut captures = captures();
        assert_eq!(found(&mut captures, "epoch 7"), None);
        assert_eq!(found(&mut captures, "test error: 0.5"), Some("Some(7) error=0.5".to_owned()));
    }

    #[test]
    fn nan_is_a_number_and_dots_are_none() {
        assert!(captures().find(b"test error: nan").unwrap().values["error"].is_nan());
        assert_eq!(captures().find(b"test error: ..."), None);
        assert!(captures().find(b"\xff\xfe test error: 1").is_some());
    }

    #[test]
    fn a_bad_pattern_names_its_metric() {
        let error = Captures::new([("loss", "(")]).unwrap_err().to_string();
        assert!(error.contains("`loss`"), "{error}");
    }
}
