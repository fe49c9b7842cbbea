//! The figures, as Prometheus reads them (text exposition format 0.0.4).

use std::fmt::Write;

use study::{Phase, Rule, Study};

/// All figures of a study at `now` (ms since 1970). `is_up`: whether this process drives it.
pub(super) fn text(study: &Study, now: u64, is_up: bool) -> String {
    let mut page = Page { text: String::new(), study: escaped(study.name()) };
    let counts = study.counts();
    page.head("ravine_up", "gauge", "Whether the runner that wrote this drives the study.");
    page.line("ravine_up", &[], f64::from(u8::from(is_up)));
    page.head("ravine_build_info", "gauge", "The version of ravine, as a label.");
    page.line("ravine_build_info", &[("version", env!("CARGO_PKG_VERSION"))], 1.0);
    page.head("ravine_runners", "gauge", "Processes that drive the study.");
    let runners = study.runners().count();
    page.line("ravine_runners", &[], (if is_up { runners } else { runners.saturating_sub(1) }) as f64);
    page.head("ravine_paused", "gauge", "Whether the study is paused or stopped.");
    page.line("ravine_paused", &[], f64::from(u8::from(study.phase() != Phase::Open)));
    page.head("ravine_trials", "gauge", "Trials by state.");
    let states = [
        ("queued", counts.queued),
        ("running", counts.running),
        ("complete", counts.complete),
        ("pruned", counts.pruned),
        ("failed", counts.failed),
    ];
    for (state, count) in states {
        page.line("ravine_trials", &[("state", state)], count as f64);
    }
    page.head("ravine_runs", "gauge", "Runs by state: under way, waiting for their turn, or how they ended.");
    for (state, count) in study.runs().named() {
        page.line("ravine_runs", &[("state", state)], count as f64);
    }
    page.head("ravine_failures_in_a_row", "gauge", "Failed trials since the last one that did not fail.");
    page.line("ravine_failures_in_a_row", &[], study.failures_in_a_row() as f64);
    page.head("ravine_active_seconds_total", "counter", "How long runners were active, restarts added up.");
    page.line("ravine_active_seconds_total", &[], study.active_seconds(now));
    page.head("ravine_compute_seconds_total", "counter", "Seconds times cpus of the runs that ended.");
    page.line("ravine_compute_seconds_total", &[], study.compute_seconds());
    best(&mut page, study);
    limits(&mut page, study, now);
    page.head("ravine_last_event_timestamp_seconds", "gauge", "When something was last recorded.");
    page.line("ravine_last_event_timestamp_seconds", &[], study.last_at() as f64 / 1000.0);
    page.text
}

fn best(page: &mut Page, study: &Study) {
    let Some(best) = study.best() else { return };
    page.head("ravine_best_value", "gauge", "The best value so far, as reported.");
    for (objective, value) in study.settings().objectives.iter().zip(best.values()) {
        page.line("ravine_best_value", &[("objective", objective.title())], value.0);
    }
    page.head("ravine_best_trial", "gauge", "The number of the best trial.");
    page.line("ravine_best_trial", &[], best.number().0 as f64);
}

fn limits(page: &mut Page, study: &Study, now: u64) {
    let limits = study.limits(now);
    if limits.is_empty() {
        return;
    }
    let named = |rule: Rule| match rule {
        Rule::When(index) => study.condition(index).unwrap_or("when"),
        rule => rule.name(),
    };
    page.head("ravine_limit", "gauge", "What each rule of [stop] allows; lengths in seconds.");
    for limit in &limits {
        page.line("ravine_limit", &[("rule", named(limit.rule))], limit.limit.0);
    }
    page.head("ravine_limit_used", "gauge", "What is used of it.");
    for limit in &limits {
        page.line("ravine_limit_used", &[("rule", named(limit.rule))], limit.used.0);
    }
    page.head("ravine_limit_left", "gauge", "What is left of it.");
    for limit in &limits {
        page.line("ravine_limit_left", &[("rule", named(limit.rule))], limit.left());
    }
}

struct Page {
    text: String,
    study: String,
}

impl Page {
    fn head(&mut self, name: &str, kind: &str, help: &str) {
        let _ = writeln!(self.text, "# HELP {name} {help}\n# TYPE {name} {kind}");
    }

    fn line(&mut self, name: &str, labels: &[(&str, &str)], value: f64) {
        let _ = write!(self.text, "{name}{{study=\"{}\"", self.study);
        for (label, text) in labels {
            let _ = write!(self.text, ",{label}=\"{}\"", escaped(text));
        }
        let _ = writeln!(self.text, "}} {}", number(value));
    }
}

/// A label's value between its quotes.
fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn number(value: f64) -> String {
    if value.is_nan() {
        "NaN".to_owned()
    } else if value.is_infinite() {
        if value > 0.0 { "+Inf" } else { "-Inf" }.to_owned()
    } else {
        value.to_string()
    }
}

#[cfg(test)]
mod tests {
    use study::{EventBody, Objective, Real, Settings, StopRules, StudyCreated};

    use super::*;

    fn study() -> Study {
        let stop = StopRules { trials: Some(5), target: Some(Real(0.1)), ..StopRules::default() };
        let settings =
            Settings { objectives: vec![Objective::minimize("loss")], stop, ..Settings::default() };
        let body = EventBody::StudyCreated(StudyCreated::new("a \"study\"", 1, settings));
        Study::of([body]).unwrap()
    }

    #[test]
    fn every_line_is_a_comment_or_a_figure_with_the_study_as_its_label() {
        let text = text(&study(), 2000, true);
        for line in text.lines() {
            if line.starts_with('#') {
                continue;
            }
            let (name, value) = line.rsplit_once(' ').unwrap();
            assert!(name.contains("{study=\"a \\\"study\\\"\""), "{line}");
            assert!(value == "NaN" || value.parse::<f64>().is_ok(), "{line}");
        }
    }

    #[test]
    fn what_a_family_is_comes_once_and_before_its_figures() {
        let text = text(&study(), 2000, true);
        let types: Vec<&str> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
        let mut names: Vec<&str> = types.iter().filter_map(|line| line.split(' ').next()).collect();
        let count = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), count);
        let head = text.find("# TYPE ravine_trials ").unwrap();
        assert!(head < text.find("\nravine_trials{").unwrap());
    }

    #[test]
    fn a_value_that_is_not_there_yet_is_nan_and_not_zero() {
        let text = text(&study(), 2000, true);
        assert!(text.contains("ravine_limit_used{study=\"a \\\"study\\\"\",rule=\"target\"} NaN"), "{text}");
        assert!(!text.contains("ravine_best_value"));
    }
}
