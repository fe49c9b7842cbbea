//! `ravine rerun`: a trial's configuration again, in a new directory, with the same seed.

use std::io::Write;

use report::format;
use serde_json::json;
use spec::StudyFile;
use study::How;

use crate::args::Rerun;
use crate::failure::{Exit, Failure};
use crate::opened::{Opened, shown};
use crate::term::{self, BAD, FAINT, GOOD, paint};

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
    let values = done.values.as_ref().map(|judged| judged.values.clone()).unwrap_or_default();
    let is_same = values == trial.values();
    if arguments.json {
        let metrics: serde_json::Map<_, _> = done
            .ended
            .metrics
            .iter()
            .map(|(name, digest)| (name.clone(), digest.last.value.to_json()))
            .collect();
        super::json(&json!({
            "trial": trial.number(), "folder": done.folder, "how": done.ended.end.how, "metrics": metrics,
            "values": values, "recorded": trial.values(), "same": is_same,
        }))?;
    } else {
        print(&opened, trial, &done, is_same)?;
    }
    Ok(if done.ended.end.how == How::Ok && done.values.is_ok() { Exit::Done } else { Exit::NoResult })
}

fn print(
    opened: &Opened,
    trial: study::Trial<'_>,
    done: &runner::Rerunned,
    is_same: bool,
) -> Result<(), Failure> {
    let mut out = term::out();
    let objectives = &opened.study.settings().objectives;
    match &done.values {
        Ok(judged) => {
            for (index, objective) in objectives.iter().enumerate() {
                let now = judged.values.get(index).map(|value| format::number(value.0)).unwrap_or_default();
                let then =
                    trial.values().get(index).map_or("no value".to_owned(), |value| format::number(value.0));
                let verdict =
                    if is_same { paint(GOOD, "same as recorded") } else { format!("recorded: {then}") };
                writeln!(out, "{} {now}  {verdict}", objective.title())?;
            }
        }
        Err(why) => writeln!(out, "{}", paint(BAD, why))?,
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
