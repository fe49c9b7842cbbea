//! `ravine best`: the best configurations, and how to re-run them.

use std::io::Write;

use study::{Direction, Study, Trial};

use crate::args::Best;
use crate::failure::{Exit, Failure};
use crate::opened::{Opened, trial_json};
use crate::term::{self, FAINT, paint};

/// Prints them, best first; of several objectives the front, in the order of the first.
pub fn run(arguments: &Best) -> Result<Exit, Failure> {
    let opened = Opened::read(arguments.target.home()?)?;
    let study = &opened.study;
    let most = arguments.count.map(|count| count as usize);
    let trials = match study.directions().as_slice() {
        [_] => study.best_k(most.unwrap_or(1)),
        several => front(study, several[0], most),
    };
    let Some(first) = trials.first() else {
        return Err(Failure::new(Exit::NoResult, format!("`{}` has no successful trial", study.name()))
            .hint("see what happened with `ravine show`"));
    };
    if arguments.json {
        let listed: Vec<_> = trials.iter().map(|trial| trial_json(study, *trial)).collect();
        return super::json(&listed);
    }
    let mut out = term::out();
    let table = report::terminal::best(&opened.view(), most, term::style());
    writeln!(out, "{}", table.trim_end())?;
    if let Some(command) = opened.rerun_command(*first) {
        writeln!(out, "{}", paint(FAINT, format!("again: {command}")))?;
    }
    Ok(Exit::Done)
}

fn front(study: &Study, first: Direction, most: Option<usize>) -> Vec<Trial<'_>> {
    let mut trials = study.pareto();
    let value =
        |trial: &Trial<'_>| trial.values().first().map_or(f64::INFINITY, |value| first.minimized(value.0));
    trials.sort_by(|a, b| value(a).total_cmp(&value(b)));
    trials.truncate(most.unwrap_or(usize::MAX));
    trials
}
