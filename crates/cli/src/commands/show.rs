//! `ravine show`: where a study stands.

use std::io::Write;

use report::format;
use serde_json::json;
use study::{Limit, Phase, Rule, Study};

use crate::args::Look;
use crate::display::words;
use crate::failure::{Exit, Failure};
use crate::opened::{Opened, shown, trial_json};
use crate::term::{self, BAD, FAINT, GOOD, STRONG, WARN, paint};

/// How many of the last failures are shown.
const FAILURES: usize = 3;

/// Prints it.
pub fn run(arguments: &Look) -> Result<Exit, Failure> {
    let opened = Opened::read(arguments.target.home()?)?;
    if arguments.json { super::json(&as_json(&opened)) } else { print(&opened) }
}

fn as_json(opened: &Opened) -> serde_json::Value {
    let study = &opened.study;
    let limits: Vec<_> = study
        .limits(runner::unix_ms())
        .into_iter()
        .map(|limit| {
            json!({"rule": limit.rule, "used": limit.used, "limit": limit.limit,
                   "left": study::Real(limit.left()), "reached": limit.reached, "says": says(study, limit.rule)})
        })
        .collect();
    json!({
        "study": study.name(), "phase": study.phase(), "folder": opened.home.folder(), "seed": study.seed(),
        "sampler": study.sampler(), "counts": study.counts(), "limits": limits,
        "runners": study.runners().map(|(name, _)| name).collect::<Vec<_>>(),
        "best": study.best().map(|best| trial_json(study, best)),
        "front": (study.directions().len() > 1)
            .then(|| study.pareto().into_iter().map(|trial| trial_json(study, trial)).collect::<Vec<_>>()),
        "running": study.running().map(|trial| trial_json(study, trial)).collect::<Vec<_>>(),
        "failures": failures(study).map(|trial| trial_json(study, trial)).collect::<Vec<_>>(),
    })
}

/// What a stop condition says; other rules say it by their name.
fn says(study: &Study, rule: Rule) -> Option<&str> {
    match rule {
        Rule::When(index) => study.condition(index),
        _ => None,
    }
}

fn print(opened: &Opened) -> Result<Exit, Failure> {
    let study = &opened.study;
    let mut out = term::out();
    writeln!(out, "{}  {}", paint(STRONG, study.name()), phase(study))?;
    line(&mut out, "folder", &shown(opened.home.folder()))?;
    let sampler = study.sampler().and_then(|sampler| sampler.get("name")?.as_str()).unwrap_or("auto");
    line(&mut out, "sampler", &format!("{sampler}, seed {}", study.seed()))?;
    line(&mut out, "trials", &words::counts(study))?;
    for limit in study.limits(runner::unix_ms()) {
        line(&mut out, "limit", &limit_line(study, &limit))?;
    }
    if let Some(best) = study.best() {
        line(
            &mut out,
            "best",
            &format!("{}  trial {}", paint(GOOD, words::values(study, best)), best.number().0),
        )?;
        line(&mut out, "", &paint(FAINT, words::parameters(best)))?;
    } else if study.directions().len() > 1 {
        line(&mut out, "front", &format!("{} trials; `ravine best` lists them", study.pareto().len()))?;
    }
    for trial in study.running() {
        let since = trial.started_at().map(|at| runner::unix_ms().saturating_sub(at) as f64 / 1000.0);
        let time = since.map(format::duration).unwrap_or_default();
        line(
            &mut out,
            "running",
            &format!("trial {}  {time}  {}", trial.number().0, words::parameters(trial)),
        )?;
    }
    for trial in failures(study) {
        let why = paint(BAD, words::outcome(study, trial));
        line(&mut out, "failed", &format!("trial {}  {why}", trial.number().0))?;
    }
    Ok(Exit::Done)
}

fn line(out: &mut impl Write, label: &str, text: &str) -> Result<(), Failure> {
    Ok(writeln!(out, "  {} {text}", paint(FAINT, format!("{label:<8}")))?)
}

fn phase(study: &Study) -> String {
    match study.phase() {
        Phase::Open if study.runners().next().is_some() => paint(GOOD, "running"),
        Phase::Open => paint(FAINT, "at rest"),
        Phase::Paused => paint(WARN, "paused"),
        Phase::Stopped => paint(WARN, "stopped"),
    }
}

fn limit_line(study: &Study, limit: &Limit) -> String {
    let state = if limit.reached { paint(WARN, "  reached") } else { String::new() };
    format!("{} {}{state}", limit.rule.name().replace('_', " "), words::limit(study, limit))
}

fn failures(study: &Study) -> impl Iterator<Item = study::Trial<'_>> {
    study.trials().rev().filter(|trial| trial.state() == study::State::Failed).take(FAILURES)
}
