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
    let wrong = |error: serde_json::Error| Failure::new(Exit::Usage, format!("that is no limit: {error}"));
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
        let (wanted, example) = wanted(key)?;
        if value == "none" {
            rules.remove(key);
            continue;
        }
        // What is no JSON is a text: time=3h needs no quotes.
        let value = serde_json::from_str(value).unwrap_or_else(|_| Json::from(value));
        let rule = Json::Object([(key.to_owned(), value.clone())].into_iter().collect());
        let limit: Result<StopRules, _> = serde_json::from_value(rule);
        let limit = limit.map_err(|_| {
            Failure::new(Exit::Usage, format!("`{assignment}` is no limit: `{key}` is {wanted}"))
                .hint(format!("write it like {example}; {key}=none takes the limit away"))
        })?;
        if let Some((_, message)) = limit.mistakes().next() {
            return Err(Failure::new(Exit::Usage, message)
                .hint(format!("{key}=none takes the limit away; `ravine stop` ends the study")));
        }
        rules.insert(key.to_owned(), value);
    }
    let stop: StopRules = serde_json::from_value(Json::Object(rules)).map_err(wrong)?;
    Ok(Settings { stop, ..settings })
}

/// What a limit is, and how it is written.
fn wanted(key: &str) -> Result<(&'static str, &'static str), Failure> {
    const COUNT: &str = "a whole number";
    const LENGTH: &str = "a length of time";
    const LIMITS: [(&str, &str, &str); 9] = [
        ("trials", COUNT, "trials=300"),
        ("time", LENGTH, "time=3h"),
        ("compute", LENGTH, "compute=40h"),
        ("gpu_time", LENGTH, "gpu_time=8h"),
        ("resource", COUNT, "resource=5000"),
        ("target", "a number", "target=0.05"),
        ("no_improvement", COUNT, "no_improvement=50"),
        ("failures", COUNT, "failures=5"),
        ("when", "a condition or a list of them", "'when=max(madd) > 2e8'"),
    ];
    let named = LIMITS.iter().find(|(name, ..)| *name == key);
    named.map(|(_, wanted, example)| (*wanted, *example)).ok_or_else(|| {
        let names = || LIMITS.iter().map(|(name, ..)| *name);
        let failure = Failure::new(Exit::Usage, format!("there is no limit `{key}`"));
        match space::nearest(key, names()) {
            Some(nearest) => failure.hint(format!("did you mean `{nearest}`?")),
            None => failure.hint(format!("there are: {}", names().collect::<Vec<_>>().join(", "))),
        }
    })
}

fn print(study: &Study) -> Result<Exit, Failure> {
    let mut out = term::out();
    let limits = study.limits(runner::unix_ms());
    if limits.is_empty() {
        writeln!(out, "{} has no limits; `ravine limit trials=300` sets one", study.name())?;
    }
    for limit in limits {
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
