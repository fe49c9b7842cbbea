//! `ravine show`: where a study stands.

use std::io::Write;
use std::time::Duration;

use report::format;
use runner::Home;
use search::Choice;
use serde_json::json;
use study::{Limit, Phase, Rule, Study};

use crate::args::Look;
use crate::display::words;
use crate::failure::{Exit, Failure};
use crate::opened::{Opened, shown, trial_json};
use crate::term::{self, BAD, FAINT, GOOD, STRONG, WARN, paint};

/// How many of the last failures are shown.
const FAILURES: usize = 3;
/// How many of the enqueued points are shown.
const ENQUEUED: usize = 3;

/// Prints it, once or as long as it is watched.
pub fn run(arguments: &Look) -> Result<Exit, Failure> {
    let home = arguments.target.home()?;
    match arguments.watch {
        Some(pause) => watch(arguments, &home, pause),
        None => {
            let opened = Opened::read(home)?;
            if arguments.json {
                super::json(&as_json(&opened))
            } else {
                term::out().write_all(text(&opened)?.as_bytes())?;
                Ok(Exit::Done)
            }
        }
    }
}

/// On a terminal each look takes the place of the one before; elsewhere they follow each other, an empty line between.
/// It ends when nobody drives the study any more.
fn watch(arguments: &Look, home: &Home, pause: Duration) -> Result<Exit, Failure> {
    let screen = (term::is_interactive() && !arguments.json).then(console::Term::stdout);
    let mut is_first = true;
    loop {
        let opened = Opened::read(home.clone())?;
        let mut out = term::out();
        if arguments.json {
            writeln!(out, "{}", as_json(&opened))?;
        } else {
            match &screen {
                Some(screen) => screen.clear_screen()?,
                None if !is_first => writeln!(out)?,
                None => {}
            }
            out.write_all(text(&opened)?.as_bytes())?;
        }
        out.flush()?;
        is_first = false;
        if opened.runners.is_empty() {
            return Ok(Exit::Done);
        }
        std::thread::sleep(pause);
    }
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
        "sampler": study.sampler(), "counts": study.counts(), "runs": study.runs(),
        "chosen": choices(study).into_iter().map(|(trial, choice)| json!({
            "trial": trial.number(), "method": choice.method, "why": choice.why,
        })).collect::<Vec<_>>(),
        "limits": limits,
        "runners": opened.runners,
        "best": study.best().map(|best| trial_json(study, best)),
        "front": (study.directions().len() > 1)
            .then(|| study.pareto().into_iter().map(|trial| trial_json(study, trial)).collect::<Vec<_>>()),
        "enqueued": study.enqueued().map(|(_, entry)| &entry.point).collect::<Vec<_>>(),
        "running": study.running().map(|trial| trial_json(study, trial)).collect::<Vec<_>>(),
        "importance": importance(opened),
        "provenance": runner::records(study),
        "failures": failures(study).map(|trial| trial_json(study, trial)).collect::<Vec<_>>(),
    })
}

/// Which methods the sampler chose, and from which trial on.
fn choices(study: &Study) -> Vec<(study::Trial<'_>, Choice<'_>)> {
    study.trials().filter_map(|trial| Some((trial, Choice::of(trial.memo()?)?))).collect()
}

/// What a stop condition says; other rules say it by their name.
fn says(study: &Study, rule: Rule) -> Option<&str> {
    match rule {
        Rule::When(index) => study.condition(index),
        _ => None,
    }
}

/// All that `show` prints.
fn text(opened: &Opened) -> Result<String, Failure> {
    let study = &opened.study;
    let mut out = Vec::new();
    writeln!(out, "{}  {}", paint(STRONG, study.name()), phase(opened))?;
    if opened.is_left() {
        line(&mut out, "left", &paint(WARN, left(study)))?;
    }
    line(&mut out, "folder", &shown(opened.home.folder()))?;
    let sampler = study.sampler().and_then(|sampler| sampler.get("name")?.as_str()).unwrap_or("auto");
    line(&mut out, "sampler", &format!("{sampler}, seed {}", study.seed()))?;
    // The method now, and the one before it.
    let chosen = choices(study);
    for (trial, choice) in chosen.iter().skip(chosen.len().saturating_sub(2)) {
        line(
            &mut out,
            "chosen",
            &format!("{} from trial {}: {}", choice.method, trial.number().0, choice.why),
        )?;
    }
    line(&mut out, "trials", &words::counts(study))?;
    line_of_runs(&mut out, study)?;
    for limit in study.limits(runner::unix_ms()) {
        line(&mut out, "limit", &limit_line(study, &limit))?;
    }
    if let Some(best) = study.best() {
        let look = if best.is_feasible() { GOOD } else { WARN };
        line(
            &mut out,
            "best",
            &format!("{}  trial {}", paint(look, words::outcome(study, best)), best.number().0),
        )?;
        line(&mut out, "", &paint(FAINT, words::parameters(best)))?;
    } else if study.directions().len() > 1 {
        line(&mut out, "front", &words::front(study))?;
    }
    understanding(&mut out, opened)?;
    let under_way = if opened.runners.is_empty() { "open" } else { "running" };
    for trial in study.running() {
        let since = trial.started_at().map(|at| runner::unix_ms().saturating_sub(at) as f64 / 1000.0);
        let time = since.map(format::duration).unwrap_or_default();
        line(
            &mut out,
            under_way,
            &format!("trial {}  {time}  {}", trial.number().0, words::parameters(trial)),
        )?;
    }
    line_of_enqueued(&mut out, study)?;
    for trial in failures(study) {
        let why = paint(BAD, words::outcome(study, trial));
        line(&mut out, "failed", &format!("trial {}  {why}", trial.number().0))?;
    }
    if let Some(record) = runner::records(study).last() {
        line(&mut out, "from", &paint(FAINT, words::origin(record)))?;
    }
    Ok(String::from_utf8_lossy(&out).into_owned())
}

fn line(out: &mut impl Write, label: &str, text: &str) -> Result<(), Failure> {
    Ok(writeln!(out, "  {} {text}", paint(FAINT, format!("{label:<8}")))?)
}

/// For each objective what its parameters do, for scripts; null where that cannot be said.
fn importance(opened: &Opened) -> serde_json::Value {
    let view = opened.view();
    let found = view.objectives.iter().enumerate().map(|(k, objective)| {
        let told = report::importance::importance(&view, k).ok().map(|found| found.json(&view));
        (objective.name.clone(), told.unwrap_or_default())
    });
    serde_json::Value::Object(found.collect())
}

/// What matters, and what to search next; nothing where too little is known.
fn understanding(out: &mut impl Write, opened: &Opened) -> Result<(), Failure> {
    let view = opened.view();
    let several = view.objectives.len() > 1;
    for (k, objective) in view.objectives.iter().enumerate() {
        let Ok(found) = report::importance::importance(&view, k) else { continue };
        if let Some(words) = found.line(&view) {
            let of = if several { format!("{}: ", objective.name) } else { String::new() };
            line(out, "matters", &format!("{of}{words}"))?;
        }
        for hint in &found.hints {
            line(out, "next", &paint(FAINT, hint))?;
        }
    }
    Ok(())
}

/// The points that somebody put into the queue and that no trial serves yet.
fn line_of_enqueued(out: &mut impl Write, study: &Study) -> Result<(), Failure> {
    for (_, entry) in study.enqueued().take(ENQUEUED) {
        let point: Vec<_> =
            entry.point.iter().map(|(name, value)| format!("{name}={}", format::json(value))).collect();
        line(out, "enqueued", &point.join(" "))?;
    }
    match study.enqueued().count().saturating_sub(ENQUEUED) {
        0 => Ok(()),
        more => line(out, "", &paint(FAINT, format!("and {more} more"))),
    }
}

/// How many runs are under way, wait, failed or were lost so far; nothing where there is nothing to say.
fn line_of_runs(out: &mut impl Write, study: &Study) -> Result<(), Failure> {
    let study::Runs { running, waiting, failed, timeout, lost, .. } = study.runs();
    let named = [(running, "running"), (waiting, "waiting"), (failed, "failed"), (timeout, "timed out")];
    let mut told: Vec<String> =
        named.iter().filter(|(count, _)| *count > 0).map(|(count, word)| format!("{count} {word}")).collect();
    if lost > 0 {
        told.push(paint(WARN, format!("{lost} lost, and run again where the trial needed them")));
    }
    if told.is_empty() { Ok(()) } else { line(out, "runs", &told.join(" · ")) }
}

fn phase(opened: &Opened) -> String {
    match opened.study.phase() {
        Phase::Open if !opened.runners.is_empty() => paint(GOOD, "running"),
        Phase::Open if opened.is_left() => paint(WARN, "interrupted"),
        Phase::Open => paint(FAINT, "at rest"),
        Phase::Paused => paint(WARN, "paused"),
        Phase::Stopped => paint(WARN, "stopped"),
    }
}

/// What to do about a study whose runner was killed.
fn left(study: &Study) -> String {
    let open = study.pending().count();
    let trials = match open {
        1 => " with the trial that was under way".to_owned(),
        _ => format!(" with the {open} trials that were under way"),
    };
    format!("whoever ran it is gone, and nobody drives it; `ravine run` goes on{trials}")
}

fn limit_line(study: &Study, limit: &Limit) -> String {
    let state = if limit.reached { paint(WARN, "  reached") } else { String::new() };
    let left = match limit.rule {
        _ if limit.reached => None,
        Rule::Trials | Rule::NoImprovement | Rule::Failures => Some(format!("{} left", limit.left())),
        Rule::Time | Rule::Compute | Rule::GpuTime => {
            Some(format!("{} left", format::duration(limit.left())))
        }
        Rule::Resource => Some(format!("{} left", format::si(limit.left()))),
        Rule::Target | Rule::When(_) => None,
    };
    let left = left.map(|left| paint(FAINT, format!(", {left}"))).unwrap_or_default();
    format!("{} {}{left}{state}", limit.rule.name().replace('_', " "), words::limit(study, limit))
}

fn failures(study: &Study) -> impl Iterator<Item = study::Trial<'_>> {
    study.trials().rev().filter(|trial| trial.state() == study::State::Failed).take(FAILURES)
}
