//! What is said to a sampler program and what it may answer: one JSON object on a line.
//!
//! | to the program | it answers |
//! |---|---|
//! | `{"start": {"protocol": 1, "seed": 7, "objectives": 1, "parameters": […]}}` | nothing |
//! | `{"tell": {"trial": 3, "state": "complete", "point": {…}, "values": [0.1], …}}` | nothing |
//! | `{"repetition": {"trial": 3, "repetition": 1, "values": [0.1]}}` | nothing |
//! | `{"ask": {"decision": 4, "budget": 100, "refused": […]}}` | one line |
//!
//! Answers: `{"point": {…}}`, with `"parent": 2` where it starts from that trial's checkpoint and artifacts;
//! `{"repeat": 3, "runs": 2}`; either with `"memo"` where something is to be remembered of it; `{"wait": true}`;
//! `{"exhausted": true}`; `{"error": "why"}`. Numbers that JSON lacks are the texts "inf" and "-inf".

use std::num::NonZeroU32;

use serde::Deserialize;
use serde_json::{Map, Value, json};
use space::{Domain, Point, Space};

use crate::{Ask, Outcome, TrialId};

/// The version of the protocol; it changes where a program that was written for it would go wrong.
const PROTOCOL: u32 = 1;

/// A point that would not do, and why.
#[derive(Clone, Debug)]
pub(super) struct Refusal {
    pub(super) point: Map<String, Value>,
    pub(super) why: &'static str,
}

pub(super) fn start(space: &Space, seed: u64, objectives: usize) -> String {
    let parameters: Vec<Value> = (0..space.parameters().len()).map(|i| parameter(space, i)).collect();
    let start =
        json!({"protocol": PROTOCOL, "seed": seed, "objectives": objectives, "parameters": parameters});
    json!({ "start": start }).to_string()
}

/// One parameter: its path, its values, and when it is there.
fn parameter(space: &Space, i: usize) -> Value {
    let parameter = &space.parameters()[i];
    let mut shown = match &parameter.domain {
        Domain::Float(d) => json!({"path": parameter.path, "kind": "float", "low": d.low(), "high": d.high(),
            "log": d.log(), "step": d.step(), "points": d.points()}),
        Domain::Int(d) => json!({"path": parameter.path, "kind": "int", "low": d.low(), "high": d.high(),
            "log": d.log(), "step": d.step(), "points": d.points()}),
        Domain::Choice(d) => {
            let options: Vec<&Value> = d.options().iter().map(|option| &option.label).collect();
            json!({"path": parameter.path, "kind": "choice", "options": options, "weights": d.weights(),
                "ordered": d.ordered()})
        }
        Domain::Permutation(d) => {
            json!({"path": parameter.path, "kind": "permutation", "items": d.items()})
        }
    };
    if let Some(default) = &parameter.default {
        shown["default"] = parameter.domain.to_json(default);
    }
    if let Some((choice, option)) = space.parent(i) {
        let choice = &space.parameters()[choice];
        let label = choice.domain.to_json(&space::Scalar::Choice(option));
        shown["when"] = json!({ choice.path.clone(): label });
    }
    shown["conditional"] = json!(!space.is_always_active(i));
    if let Value::Object(fields) = &mut shown {
        fields.retain(|_, value| !value.is_null());
    }
    shown
}

/// What a trial's line begins with.
fn trial(trial: TrialId, point: &Map<String, Value>, state: &str) -> Value {
    json!({"trial": trial, "state": state, "point": point})
}

pub(super) fn running(
    id: TrialId,
    point: &Map<String, Value>,
    level: Option<crate::Level>,
    memo: Option<&Value>,
) -> String {
    let mut told = trial(id, point, "running");
    if let Some(level) = level {
        told["level"] = json!(level);
    }
    if let Some(memo) = memo {
        told["memo"] = memo.clone();
    }
    json!({ "tell": told }).to_string()
}

pub(super) fn ended(id: TrialId, point: &Map<String, Value>, outcome: &Outcome) -> String {
    let told = match outcome {
        Outcome::Complete { values, violations } => {
            let mut told = trial(id, point, "complete");
            told["values"] = values.iter().map(|x| number(*x)).collect();
            if !violations.is_empty() {
                told["violations"] = violations.iter().map(|x| number(*x)).collect();
            }
            told
        }
        Outcome::Pruned { step, value } => {
            let mut told = trial(id, point, "pruned");
            told["step"] = json!(step);
            told["value"] = value.map_or(Value::Null, number);
            told
        }
        Outcome::Failed => trial(id, point, "failed"),
    };
    json!({ "tell": told }).to_string()
}

pub(super) fn repetition(id: TrialId, repetition: u32, values: &[f64]) -> String {
    let values: Value = values.iter().map(|x| number(*x)).collect();
    json!({ "repetition": {"trial": id, "repetition": repetition, "values": values} }).to_string()
}

pub(super) fn ask(ask: &Ask<'_>, refused: &[Refusal]) -> String {
    let mut asked = json!({"decision": ask.decision, "budget": ask.budget});
    if !refused.is_empty() {
        let shown: Vec<Value> =
            refused.iter().map(|refusal| json!({"point": refusal.point, "why": refusal.why})).collect();
        asked["refused"] = Value::Array(shown);
    }
    json!({ "ask": asked }).to_string()
}

fn number(x: f64) -> Value {
    let named = if x.is_nan() {
        "nan"
    } else if x > 0.0 {
        "inf"
    } else {
        "-inf"
    };
    serde_json::Number::from_f64(x).map_or_else(|| Value::from(named), Value::Number)
}

/// What the program answered.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Answer {
    /// A new trial there.
    Point {
        point: Map<String, Value>,
        /// The trial whose checkpoint and artifacts it is handed.
        parent: Option<TrialId>,
        memo: Option<Value>,
    },
    /// More repetitions of a trial that has ended.
    Repeat {
        trial: TrialId,
        runs: NonZeroU32,
        memo: Option<Value>,
    },
    Wait,
    Exhausted,
    /// It says itself what is wrong.
    Error(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    point: Option<Map<String, Value>>,
    parent: Option<TrialId>,
    repeat: Option<TrialId>,
    runs: Option<NonZeroU32>,
    memo: Option<Value>,
    #[serde(default)]
    wait: bool,
    #[serde(default)]
    exhausted: bool,
    error: Option<String>,
}

/// Reads an answer; the error says what is wrong with it, in words that follow on "the sampler program `x` ".
pub(super) fn answer(line: &str) -> Result<Answer, String> {
    let read: Line = serde_json::from_str(line)
        .map_err(|error| format!("answered {}, which is no answer: {error}", excerpt(line)))?;
    let kinds =
        [read.point.is_some(), read.repeat.is_some(), read.wait, read.exhausted, read.error.is_some()];
    let alone = kinds.iter().filter(|is_there| **is_there).count() == 1;
    let astray = (read.parent.is_some() && read.point.is_none())
        || (read.runs.is_some() && read.repeat.is_none())
        || (read.memo.is_some() && read.point.is_none() && read.repeat.is_none());
    let memo = read.memo;
    match (read.point, read.repeat, read.error) {
        _ if !alone || astray => Err(format!(
            "answered {}, which is not one of `point` (with `parent` and `memo`), `repeat` (with `runs` and `memo`), \
             `wait`, `exhausted` and `error`",
            excerpt(line)
        )),
        (Some(point), ..) => Ok(Answer::Point { point, parent: read.parent, memo }),
        (_, Some(trial), _) => Ok(Answer::Repeat { trial, runs: read.runs.unwrap_or(NonZeroU32::MIN), memo }),
        (.., Some(error)) => Ok(Answer::Error(error)),
        _ if read.wait => Ok(Answer::Wait),
        _ => Ok(Answer::Exhausted),
    }
}

/// The beginning of what was said, for messages.
fn excerpt(line: &str) -> String {
    const LONGEST: usize = 120;
    match line.char_indices().nth(LONGEST) {
        None => format!("`{line}`"),
        Some((end, _)) => format!("`{}…`", &line[..end]),
    }
}

/// The point that is meant: what it says of parameters that are not active is passed over, so that a program may give
/// a value for each parameter, whatever hangs on what.
pub(super) fn point(space: &Space, given: &Map<String, Value>) -> Result<Point, String> {
    if let Some(name) = given.keys().find(|name| space.index(name).is_none()) {
        return Err(format!("`{name}`: there is no such parameter"));
    }
    let mut wrong = None;
    let point = space.complete(|i, _| {
        let parameter = &space.parameters()[i];
        let value = match given.get(&parameter.path) {
            None => Err(format!("`{}` has no value", parameter.path)),
            Some(json) => {
                parameter.domain.from_json(json).map_err(|why| format!("`{}`: {why}", parameter.path))
            }
        };
        value.unwrap_or_else(|why| {
            wrong.get_or_insert(why);
            // Any value lets the walk go on to its end.
            parameter.domain.nth(&0u32.into())
        })
    });
    match wrong {
        Some(why) => Err(why),
        None => Ok(point),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_one_of_five_and_nothing_else() {
        assert_eq!(answer(r#"{"wait": true}"#), Ok(Answer::Wait));
        assert_eq!(answer(r#"{"exhausted": true}"#), Ok(Answer::Exhausted));
        assert_eq!(answer(r#"{"error": "no"}"#), Ok(Answer::Error("no".into())));
        let point = serde_json::from_str(r#"{"x": 1}"#).unwrap();
        let with = |parent, memo| Ok(Answer::Point { point: Map::clone(&point), parent, memo });
        assert_eq!(answer(r#"{"point": {"x": 1}, "memo": 3}"#), with(None, Some(json!(3))));
        assert_eq!(answer(r#"{"point": {"x": 1}, "parent": 4}"#), with(Some(TrialId(4)), None));
        let repeat =
            |runs| Ok(Answer::Repeat { trial: TrialId(4), runs: NonZeroU32::new(runs).unwrap(), memo: None });
        assert_eq!(answer(r#"{"repeat": 4}"#), repeat(1));
        assert_eq!(answer(r#"{"repeat": 4, "runs": 3}"#), repeat(3));
        for wrong in [
            "",
            "hello",
            "[]",
            "{}",
            r#"{"point": 3}"#,
            r#"{"pont": {}}"#,
            r#"{"wait": true, "point": {}}"#,
            r#"{"repeat": 4, "runs": 0}"#,
            r#"{"repeat": 4, "point": {}}"#,
            r#"{"point": {}, "runs": 2}"#,
            r#"{"repeat": 4, "parent": 2}"#,
            r#"{"wait": true, "memo": 2}"#,
        ] {
            assert!(answer(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn numbers_that_json_lacks_are_texts() {
        assert_eq!(number(f64::INFINITY), json!("inf"));
        assert_eq!(number(f64::NEG_INFINITY), json!("-inf"));
        assert_eq!(number(0.1), json!(0.1));
    }
}
