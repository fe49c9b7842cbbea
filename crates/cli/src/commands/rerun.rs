//! `ravine rerun`: a trial's configuration again, in a new directory, with the same seed.

use std::io::Write;

use report::format;
use serde_json::json;
use spec::StudyFile;
use study::{Real, State};

use crate::args::Rerun;
use crate::failure::{Exit, Failure};
use crate::opened::{Opened, shown};
use crate::term::{self, BAD, FAINT, GOOD, WARN, paint};

/// Runs it, outside of the study's history, and compares the result with the recorded one.
pub fn run(arguments: &Rerun) -> Result<Exit, Failure> {
    let opened = Opened::read(arguments.within.home()?)?;
    let trial = opened.trial(arguments.trial)?;
    let file = study_file(&opened)?;
    let rerun = runner::Rerun::new(&file, &opened.study, opened.home.folder(), trial)?;
    if arguments.print {
        writeln!(
            std::io::stdout(),
            "{}",
            rerun.shown().map_err(|error| Failure::new(Exit::StudyFile, error))?
        )?;
        return Ok(Exit::Done);
    }
    let done = rerun.run(super::run::supervisor()?)?;
    let is_same = done.is_same(trial);
    let now = done.trial();
    if arguments.json {
        let metrics: serde_json::Map<_, _> = now
            .into_iter()
            .flat_map(|now| now.metrics())
            .map(|(name, value)| (name.to_owned(), value.to_json()))
            .collect();
        super::json(&json!({
            "trial": trial.number(), "folder": done.folder, "state": now.map(|now| now.state().name()),
            "metrics": metrics, "values": now.map(|now| now.values()), "recorded": trial.values(),
            "message": now.and_then(|now| now.message()), "same": is_same,
        }))?;
    } else {
        print(&opened, trial, &done, is_same)?;
    }
    Ok(if now.is_some_and(|now| now.state() == State::Complete) { Exit::Done } else { Exit::NoResult })
}

fn print(
    opened: &Opened,
    trial: study::Trial<'_>,
    done: &runner::Rerunned,
    is_same: bool,
) -> Result<(), Failure> {
    let mut out = term::out();
    let objectives = &opened.study.settings().objectives;
    match done.trial() {
        Some(now) if now.state() == State::Complete => {
            for (index, objective) in objectives.iter().enumerate() {
                let then = trial.values().get(index).copied();
                let now = now.values().get(index).copied();
                let shown =
                    |value: Option<Real>| value.map_or("no value".to_owned(), |v| format::number(v.0));
                let verdict = if is_same || now == then {
                    paint(GOOD, "same as recorded")
                } else {
                    paint(WARN, format!("recorded: {}", shown(then)))
                };
                writeln!(out, "{} {}  {verdict}", objective.title(), shown(now))?;
            }
        }
        now => {
            let why = now.and_then(|now| now.message()).unwrap_or("it did not end");
            writeln!(out, "{}", paint(BAD, why))?;
        }
    }
    writeln!(out, "{} {}", paint(FAINT, "folder"), shown(&done.folder))?;
    Ok(())
}

/// The study file as run, read as if it lay where it was run from: its relative paths start there.
pub(super) fn study_file(opened: &Opened) -> Result<StudyFile, Failure> {
    let Some(kept) = opened.home.find_study_file() else {
        return Err(Failure::new(
            Exit::Environment,
            format!("{} holds no study file", shown(opened.home.folder())),
        ));
    };
    let origin = runner::origin(&opened.study).unwrap_or_else(|| kept.clone());
    let text = std::fs::read_to_string(&kept).map_err(|error| {
        Failure::new(Exit::Environment, format!("cannot read {}: {error}", kept.display()))
    })?;
    let name = origin.display().to_string();
    let Some(format) = spec::Format::of(&name) else {
        return Err(Failure::new(Exit::StudyFile, format!("{name} is no study file")));
    };
    Ok(StudyFile::parse(&name, &text, format)?)
}
