//! Metrics that came as text, which is no number: kept so that a person can be told.

use indexmap::IndexMap;
use serde_json::Value as Json;

use super::Report;

/// The most characters of a text that are kept.
const KEPT: usize = 40;

/// Looks for the metrics that a study wants among members that are text. Where it wants none by name, any member may
/// be meant.
pub(crate) struct Texts {
    wanted: Vec<String>,
    found: IndexMap<String, String>,
}

impl Texts {
    /// For a study that judges by these metrics.
    pub(crate) fn new(wanted: Vec<String>) -> Self {
        Texts { wanted, found: IndexMap::new() }
    }

    /// Looks at a line, of which `report` is what it says in numbers.
    pub(crate) fn look(&mut self, line: &[u8], report: Option<&Report>) {
        // Few lines are worth a second reading.
        let may_hold = |name: &String| {
            !self.found.contains_key(name)
                && !is_reported(report, name)
                && memchr::memmem::find(line, name.as_bytes()).is_some()
        };
        let is_worth = match self.wanted.as_slice() {
            [] => report.is_none() && self.found.is_empty(),
            wanted => wanted.iter().any(may_hold),
        };
        if !is_worth || !line.trim_ascii_start().starts_with(b"{") {
            return;
        }
        let Ok(members) = serde_json::from_slice::<IndexMap<String, Json>>(line) else { return };
        for (name, member) in members {
            let Json::String(text) = member else { continue };
            let is_wanted = match self.wanted.as_slice() {
                [] => self.found.is_empty(),
                wanted => wanted.contains(&name) && !self.found.contains_key(&name),
            };
            if is_wanted && !is_reported(report, &name) {
                self.found.insert(name, text.chars().take(KEPT).collect());
            }
        }
    }

    /// Those that never came as a number: `is_metric` tells.
    pub(crate) fn finish(self, is_metric: impl Fn(&str) -> bool) -> IndexMap<String, String> {
        self.found.into_iter().filter(|(name, _)| !is_metric(name)).collect()
    }
}

fn is_reported(report: Option<&Report>, name: &str) -> bool {
    report.is_some_and(|report| report.values.contains_key(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::parse;

    fn found(wanted: &[&str], lines: &[&str]) -> Vec<(String, String)> {
        let mut texts = Texts::new(wanted.iter().map(|name| (*name).to_owned()).collect());
        for line in lines {
            texts.look(line.as_bytes(), parse(line.as_bytes()).as_ref());
        }
        texts.finish(|name| name == "known").into_iter().collect()
    }

    #[test]
    fn a_wanted_metric_that_is_text_is_kept_and_other_text_is_not() {
        let lines = [r#"{"level": "info", "loss": "0.5", "known": "x"}"#, r#"{"loss": "0.4"}"#, "{", "{}"];
        assert_eq!(found(&["loss", "known"], &lines), [("loss".to_owned(), "0.5".to_owned())]);
        assert_eq!(found(&["loss"], &[r#"{"loss": 1, "acc": "x"}"#, r#"{"loss": "nan"}"#]), []);
    }

    #[test]
    fn where_no_metric_is_named_the_first_text_counts() {
        assert_eq!(found(&[], &[r#"{"a": "1", "b": "2"}"#]), [("a".to_owned(), "1".to_owned())]);
        assert_eq!(found(&[], &[r#"{"name": "x", "a": 2}"#]), []);
    }
}
