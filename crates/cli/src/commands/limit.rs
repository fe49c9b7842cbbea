//! `ravine limit`: what each limit of a study has left, and other limits while it runs.

use std::io::Write;

use serde_json::{Map, Value as Json, json};
use study::{Settings, StopRules, Study};

use crate::args::LimitArguments;
use crate::display::words;
use crate::failure::{Exit, Failure};
use crate::opened::{self, Opened};
use crate::term::{self, FAINT, WARN, paint};

/// Shows the limits; with assignments changes them first, synced. Runners see it within a second.
pub fn run(arguments: &LimitArguments) -> Result<Exit, Failure> {
    let home = arguments.within.home()?;
    if !arguments.assignments.is_empty() {
        let session = opened::for_writing(&home)?;
        let settings = session.with_study(|study| study.settings().clone());
        session.change_settings(changed(settings, &arguments.assignments)?)?;
    }
    let study = Opened::read(home)?.study;
    if arguments.json { print_json(&study) } else { print(&study) }
}

fn changed(settings: Settings, assignments: &[String]) -> Result<Settings, Failure> {
    let wrong = |error: serde_json::Error| {
        Failure::new(Exit::Usage, format!("that is no limit: {error}"))
            .hint("the keys are those of [stop] in the study file, such as trials=300 or time=3h")
    };
    let mut rules = match serde_json::to_value(&settings.stop).map_err(wrong)? {
        Json::Object(rules) => rules,
        _ => Map::new(),
    };
    for assignment in assignments {
        let Some((key, value)) = assignment.split_once('=') else {
            return Err(Failure::new(Exit::Usage, format!("`{assignment}` is no limit"))
                .hint("write key=value, such as trials=300"));
        };
        let (key, value) = (key.trim(), value.trim());
        if value == "none" {
            rules.remove(key);
        } else {
            // What is no JSON is a text: time=3h needs no quotes.
            rules.insert(key.to_owned(), serde_json::from_str(value).unwrap_or_else(|_| Json::from(value)));
        }
    }
    let stop: StopRules = serde_json::from_value(Json::Object(rules)).map_err(wrong)?;
    Ok(Settings { stop, ..settings })
}

fn print(study: &Study) -> Result<Exit, Failure> {
    let mut out = term::out();
    for limit in study.limits(runner::unix_ms()) {
        let name = paint(FAINT, format!("{:<14}", limit.rule.name()));
        let state = if limit.reached { paint(WARN, "  reached") } else { String::new() };
        writeln!(out, "{name} {}{state}", words::limit(study, &limit))?;
    }
    Ok(Exit::Done)
}

fn print_json(study: &Study) -> Result<Exit, Failure> {
    let limits = study.limits(runner::unix_ms());
    let limits: Vec<Json> = limits
        .iter()
        .map(|limit| {
            json!({"rule": limit.rule, "used": limit.used, "limit": limit.limit, "left": study::Real(limit.left()),
                "reached": limit.reached})
        })
        .collect();
    super::json(&limits)
}
