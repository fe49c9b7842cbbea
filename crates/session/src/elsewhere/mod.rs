//! Trials that are evaluated elsewhere than under a runner, as events of a study's log: those of the Python package, and
//! those of other tools' databases.
//!
//! Their notes stand among the attributes of trials and studies: the user's under their own names, the system's behind a
//! prefix, and a few of ravine's own.

pub mod optuna;

use search::{DecisionId, TrialId, Verdict};
use serde_json::Value as Json;
use study::{
    Assignment, Ending, EventBody, Real, Reported, RunKey, RunStarted, Source, TrialCreated, TrialEnded,
    TrialTagged,
};

/// The note that holds a trial's times.
pub const TIMES: &str = "ravine:times";
/// Notes of the system have this before their names; users' have nothing, or the other where they would be taken for
/// the system's.
const SYSTEM: &str = "system:";
const USER: &str = "user:";
/// The key under which a text is kept that is JSON for Python only.
const TEXT: &str = "ravine:json";
/// So many digits any whole number may have that is kept as such.
const LONGEST: usize = 18;
/// The system's note that holds the values that a waiting trial is to have.
const FIXED: &str = "system:fixed_params";
/// The system's note that holds how far a trial is from keeping its constraints, all of them or, behind a colon, one.
const CONSTRAINTS: &str = "system:constraints";

/// Numbers that JSON does not have, as they stand among choices.
pub const ODD: [(&str, f64); 3] =
    [("ravine:inf", f64::INFINITY), ("ravine:-inf", f64::NEG_INFINITY), ("ravine:nan", f64::NAN)];

/// What a number is called that JSON does not have.
pub fn odd_name(number: f64) -> &'static str {
    let [infinite, negative, nan] = ODD;
    if number.is_nan() {
        nan.0
    } else if number > 0.0 {
        infinite.0
    } else {
        negative.0
    }
}

/// The names of a study's objectives where nobody has named them.
pub fn titles(objectives: usize) -> Vec<String> {
    match objectives {
        1 => vec!["value".to_owned()],
        n => (0..n).map(|i| format!("value_{i}")).collect(),
    }
}

/// The creation of a trial, by a sampler's decision of the same number or by a person.
pub fn created(trial: TrialId, by_sampler: bool, attributes: Assignment) -> EventBody {
    let mut created = TrialCreated::sampled(trial, DecisionId(trial.0), Assignment::new());
    if !by_sampler {
        (created.source, created.decision) = (Source::User, None);
    }
    if let Some(Json::Object(fixed)) = attributes.get(FIXED) {
        created.source = Source::Enqueued;
        // What only Python reads, no other program can show.
        created.prepared = if fixed.contains_key(TEXT) { Assignment::new() } else { fixed.clone() };
    }
    created.attributes = attributes;
    EventBody::TrialCreated(created)
}

/// The start of a trial by whoever draws `epoch`; of two the first has it.
pub fn started(trial: TrialId, epoch: u64) -> EventBody {
    let run = RunKey::first(trial);
    EventBody::RunStarted(RunStarted { run, epoch, host: None, cpus: None, gpus: None, lease: None })
}

/// What a trial reported of one metric at a step.
pub fn reported(trial: TrialId, metric: &str, step: i64, value: f64) -> EventBody {
    let values = [(metric.to_owned(), Real(value))].into_iter().collect();
    let step = step.max(0) as u64;
    EventBody::Reported(Reported { trial, repetition: 0, step, values, verdict: Verdict::Go })
}

/// How far a trial is from keeping its constraints, as its notes have it: 0 and less keep one.
pub fn violations(notes: &Assignment) -> Vec<f64> {
    let mut found = Vec::new();
    for (key, value) in notes {
        match key.strip_prefix(CONSTRAINTS) {
            Some("") => found.extend(value.as_array().into_iter().flatten().filter_map(Json::as_f64)),
            Some(name) if name.starts_with(':') => found.extend(value.as_f64()),
            _ => {}
        }
    }
    found
}

/// The end of a trial, with a value for each metric.
pub fn ended(
    trial: TrialId,
    ending: Ending,
    values: &[f64],
    metrics: &[String],
    violations: Vec<f64>,
) -> TrialEnded {
    let mut ended = TrialEnded::new(trial, ending);
    ended.violations = violations.into_iter().map(Real).collect();
    ended.values = values.iter().copied().map(Real).collect();
    ended.metrics = metrics.iter().cloned().zip(values.iter().copied().map(Real)).collect();
    ended
}

/// A note on a trial.
pub fn tagged(trial: TrialId, attributes: Assignment) -> EventBody {
    EventBody::TrialTagged(TrialTagged { trial, attributes })
}

/// What the log calls a note.
pub fn note_key(key: &str, system: bool) -> String {
    match system {
        true => format!("{SYSTEM}{key}"),
        false if key.starts_with(SYSTEM) || key.starts_with(USER) => format!("{USER}{key}"),
        false => key.to_owned(),
    }
}

/// Whether a note of the log is the system's, and its name.
pub fn note_name(key: &str) -> (bool, &str) {
    match key.strip_prefix(SYSTEM) {
        Some(name) => (true, name),
        None => (false, key.strip_prefix(USER).unwrap_or(key)),
    }
}

/// The note that says when a trial started and ended: microseconds since 1970, 0 for never.
pub fn times(started: i64, ended: i64) -> (String, Json) {
    (TIMES.to_owned(), Json::from(vec![started, ended]))
}

/// JSON text as a note; what is JSON for Python only (NaN, whole numbers beyond 64 bits) is kept as text.
pub fn note_of(text: &str) -> Json {
    let as_text = || Json::Object([(TEXT.to_owned(), Json::from(text))].into_iter().collect());
    let is_long = |digits: &str| digits.len() > LONGEST;
    if text.split(|c: char| !c.is_ascii_digit()).any(is_long) {
        return as_text();
    }
    serde_json::from_str(text).unwrap_or_else(|_| as_text())
}

/// A note as JSON text, as Python reads it.
pub fn text_of(note: &Json) -> String {
    note.get(TEXT).and_then(Json::as_str).map_or_else(|| note.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_users_note_is_never_taken_for_the_systems() {
        for key in ["plain", "system:mine", "user:mine", ""] {
            for system in [false, true] {
                assert_eq!(note_name(&note_key(key, system)), (system, key));
            }
        }
    }

    #[test]
    fn constraints_are_read_in_both_forms() {
        let notes: Assignment = [("constraints", "[0.5, -1]"), ("constraints:a", "2"), ("constrained", "3")]
            .into_iter()
            .map(|(key, text)| (note_key(key, true), note_of(text)))
            .collect();
        assert_eq!(violations(&notes), [0.5, -1.0, 2.0]);
    }

    #[test]
    fn notes_that_only_python_reads_survive() {
        for text in ["[NaN, -Infinity]", "{\"a\":1}", "\"text\"", "[-12345678901234567890123]"] {
            assert_eq!(text_of(&note_of(text)), text);
        }
    }
}
