//! `ravine run`: start a study, or go on with it, and say what was found.

use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use runner::{Driven, Finish, Home, Options};
use serde_json::json;
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use spec::StudyFile;

use crate::args::Run;
use crate::display::{self, words};
use crate::failure::{Exit, Failure};
use crate::locate;
use crate::opened::{Opened, rerun_command, shown, trial_json};
use crate::term::{self, FAINT, STRONG, paint};

/// Lines of the chart of the history.
const CHART: usize = 8;

/// Drives the study until a limit, the end of its space, or a word from outside.
pub fn run(arguments: &Run) -> Result<Exit, Failure> {
    let file = locate::study_file(&arguments.file)?;
    let options = Options {
        runs: arguments.dir.clone(),
        parallel: arguments.parallel,
        trials: arguments.trials,
        seed: arguments.seed,
        new: arguments.new,
        join: false,
    };
    drive(arguments, file, &options)
}

/// Opens the study of a file and drives it.
pub(super) fn drive(arguments: &Run, file: StudyFile, options: &Options) -> Result<Exit, Failure> {
    let interrupts = interrupts()?;
    let opened = runner::open(file, options)?;
    let home = opened.home.clone();
    let mut watcher = display::for_run(arguments);
    let driven = runner::drive(opened, supervisor()?, &interrupts, &mut *watcher)?;
    drop(watcher);
    conclude(arguments, home, &driven)
}

/// Counts Ctrl-C and SIGTERM. The first lets running trials finish, the second ends them.
fn interrupts() -> Result<Arc<AtomicUsize>, Failure> {
    let count = Arc::new(AtomicUsize::new(0));
    let mut signals = Signals::new([SIGINT, SIGTERM, SIGHUP])
        .map_err(|error| Failure::new(Exit::Environment, format!("cannot listen to signals: {error}")))?;
    let counted = Arc::clone(&count);
    std::thread::spawn(move || {
        for _ in signals.forever() {
            counted.fetch_add(1, Ordering::Relaxed);
        }
    });
    Ok(count)
}

/// The command that becomes the study's supervisor: this program.
pub(super) fn supervisor() -> Result<Vec<std::ffi::OsString>, Failure> {
    let program = std::env::current_exe().map_err(|error| {
        Failure::new(Exit::Environment, format!("cannot find the ravine program: {error}"))
    })?;
    Ok(vec![program.into(), "supervise".into()])
}

fn conclude(arguments: &Run, home: Home, driven: &Driven) -> Result<Exit, Failure> {
    let study = &driven.study;
    let has_result = study.counts().complete > 0;
    let limit = study.stopped_by(runner::unix_ms()).map(|limit| limit.rule);
    let exit = match driven.finish {
        Finish::Limit if limit == Some(study::Rule::Failures) => Exit::Failures,
        Finish::Interrupted | Finish::Stopped => Exit::Interrupted,
        Finish::Limit | Finish::Exhausted(_) if has_result => Exit::Done,
        Finish::Limit | Finish::Exhausted(_) => Exit::NoResult,
    };
    if arguments.json {
        let best = study.best().map(|best| trial_json(study, best));
        let line =
            json!({"event": "concluded", "counts": study.counts(), "best": best, "folder": home.folder()});
        writeln!(std::io::stdout(), "{line}")?;
        return Ok(exit);
    }
    let (space, study) = (driven.space.clone(), study.clone());
    let opened = Opened { space, study, home, runners: Vec::new() };
    print(arguments, &opened, driven.finish)?;
    Ok(exit)
}

fn print(arguments: &Run, opened: &Opened, finish: Finish) -> Result<(), Failure> {
    let study = &opened.study;
    let mut out = term::out();
    let view = opened.view();
    let style = term::style();
    let several = study.directions().len() > 1;
    if !arguments.quiet && !several {
        let chart = report::terminal::history(&view, 0, CHART, style);
        if !chart.is_empty() {
            writeln!(out, "\n{}", chart.trim_end())?;
        }
    }
    let why = words::finish(study, finish, runner::unix_ms());
    writeln!(out, "\n{}: {why} ({})", paint(STRONG, study.name()), words::counts(study))?;
    let best = if several { study.pareto().first().copied() } else { study.best() };
    match best {
        Some(best) => {
            let table = report::terminal::best(&view, None, style);
            writeln!(out, "\n{}\n", table.trim_end())?;
            writeln!(out, "  {} {}", paint(FAINT, "again "), rerun_command(&opened.home, best))?;
        }
        None => {
            let failed = study.trials().rev().find(|trial| trial.state() == study::State::Failed);
            if let Some(message) = failed.and_then(|trial| trial.message()) {
                writeln!(
                    out,
                    "\nno trial succeeded; the last one said:\n  {}",
                    message.replace('\n', "\n  ")
                )?;
            }
        }
    }
    writeln!(out, "  {} {}", paint(FAINT, "folder"), shown(opened.home.folder()))?;
    Ok(())
}
