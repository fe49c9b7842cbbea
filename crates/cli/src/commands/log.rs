//! `ravine log`: what a trial's program printed.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use exec::layout;
use study::{How, Run, RunKey, State, Trial};

use crate::args::Log;
use crate::failure::{Exit, Failure};
use crate::opened::Opened;

/// How often a followed file is looked at.
const LOOK: Duration = Duration::from_millis(200);
/// So often between two looks at the study, which tells of a run that left no ending.
const LOG_LOOKS: u32 = 25;

/// Prints the log of one attempt; the last one's unless told otherwise.
pub fn run(arguments: &Log) -> Result<Exit, Failure> {
    let opened = Opened::read(arguments.within.home()?)?;
    let runs = by_interest(opened.trial(arguments.trial)?);
    let name = if arguments.stderr { layout::STDERR } else { layout::STDOUT };
    let is_meant = |run: &&Run<'_>| arguments.attempt.is_none_or(|number| run.key().attempt == number);
    let Some(run) = runs.iter().rev().find(is_meant) else {
        return Err(match arguments.attempt {
            Some(number) => {
                Failure::new(Exit::Usage, format!("trial {} has no attempt {number}", arguments.trial))
            }
            None => Failure::new(Exit::NoResult, format!("trial {} has not run", arguments.trial)),
        });
    };
    let mut shown = Shown::begin(&opened, run, name)?;
    if arguments.follow {
        shown.follow(arguments)?;
    }
    Ok(Exit::Done)
}

/// The log that is being printed, and how far it was.
struct Shown {
    run: RunKey,
    started: u64,
    folder: PathBuf,
    name: &'static str,
    position: u64,
}

impl Shown {
    /// Prints what there is of a run's log.
    fn begin(opened: &Opened, run: &Run<'_>, name: &'static str) -> Result<Self, Failure> {
        let (run, started) = (run.key(), run.started_at());
        let folder = folder(opened, run);
        let position = print(&folder.join(name), 0)?;
        Ok(Shown { run, started, folder, name, position })
    }

    /// Prints what comes, of this run and of those that start after it, until the trial is over or nobody drives it any
    /// more. An attempt that was asked for by its number is the only one.
    fn follow(&mut self, arguments: &Log) -> Result<(), Failure> {
        for look in 1_u32.. {
            std::thread::sleep(LOOK);
            // Whether it is over is asked before its log is read to the end.
            let has_ended = self.folder.join(layout::EXIT).exists();
            let before = self.position;
            self.position = print(&self.folder.join(self.name), before)?;
            if has_ended && arguments.attempt.is_some() {
                break;
            }
            if !(has_ended || look % LOG_LOOKS == 0) {
                continue;
            }
            let opened = Opened::read(arguments.within.home()?)?;
            let trial = opened.trial(arguments.trial)?;
            let next = trial.runs().filter(|run| self.comes_before(run)).min_by_key(place);
            let is_over = trial.run(self.run).is_none_or(|run| run.how().is_some());
            match next {
                Some(run) if has_ended || is_over => self.go_on(&opened, &run)?,
                _ if trial.state().is_ended() => break,
                // Its program may have outlived its runner.
                _ if opened.runners.is_empty() && (has_ended || self.position == before) => break,
                _ => {}
            }
        }
        Ok(())
    }

    fn comes_before(&self, run: &Run<'_>) -> bool {
        place(run) > (self.started, self.run)
    }

    fn go_on(&mut self, opened: &Opened, run: &Run<'_>) -> Result<(), Failure> {
        let path = folder(opened, run.key()).join(self.name);
        writeln!(io::stderr(), "==> {} <==", crate::opened::shown(&path))?;
        *self = Shown::begin(opened, run, self.name)?;
        Ok(())
    }
}

/// Runs of a trial follow each other by when they started.
fn place(run: &Run<'_>) -> (u64, RunKey) {
    (run.started_at(), run.key())
}

/// The runs of a trial, the one to look at last: the newest one, or of a failed trial the newest that failed.
fn by_interest(trial: Trial<'_>) -> Vec<Run<'_>> {
    let failed = |run: &Run<'_>| matches!(run.how(), Some(How::Failed | How::Timeout));
    let has_failed = trial.state() == State::Failed;
    let mut runs: Vec<_> = trial.runs().collect();
    runs.sort_by_key(|run| (has_failed && failed(run), run.started_at()));
    runs
}

/// The folder of an attempt.
fn folder(opened: &Opened, key: RunKey) -> PathBuf {
    let layout = exec::Layout::new(opened.home.folder());
    let settings = opened.study.settings();
    let stage = settings.stages.get(key.stage as usize);
    let name = stage.map_or_else(|| only_stage(&layout.trial(key.trial.0)), |stage| stage.name.clone());
    let axes = if stage.is_some_and(|stage| stage.once) { &[][..] } else { &settings.repeat };
    let indices = study::coordinates(axes, key.repetition);
    let mut places: Vec<(&str, String)> =
        axes.iter().zip(indices).map(|(axis, index)| (axis.name.as_str(), axis.label(index))).collect();
    if axes.is_empty() && key.repetition > 0 {
        places.push(("repetition", key.repetition.to_string()));
    }
    let places = places.iter().map(|(axis, label)| (*axis, label.as_str()));
    layout::attempt(&layout.run(key.trial.0, &name, places), key.attempt)
}

/// The name of a trial's only stage, which early studies do not tell: that of its only folder.
fn only_stage(trial: &Path) -> String {
    let entries = std::fs::read_dir(trial).into_iter().flatten().flatten();
    let folder = entries.filter(|entry| entry.path().is_dir()).map(|entry| entry.file_name()).next();
    folder.map_or_else(|| "run".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// Prints a file from `position` on; returns where it ended. One that is not there is empty: no empty logs are kept.
fn print(path: &Path, position: u64) -> Result<u64, Failure> {
    let failed = |error: io::Error| {
        Failure::new(Exit::Environment, format!("cannot read {}: {error}", path.display()))
    };
    let mut file = match File::open(path) {
        Ok(file) => file,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(position),
        Err(error) => return Err(failed(error)),
    };
    file.seek(SeekFrom::Start(position)).map_err(failed)?;
    let mut text = Vec::new();
    file.read_to_end(&mut text).map_err(failed)?;
    io::stdout().write_all(&text)?;
    io::stdout().flush()?;
    Ok(position + text.len() as u64)
}
