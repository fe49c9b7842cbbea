//! `ravine best`: the best configurations, and how to re-run them.

use std::io::Write;

use crate::args::Best;
use crate::failure::{Exit, Failure};
use crate::opened::{Opened, trial_json};
use crate::term::{self, FAINT, paint};

/// Prints them, best first; of several objectives the front.
pub fn run(arguments: &Best) -> Result<Exit, Failure> {
    let opened = Opened::read(arguments.target.home()?)?;
    let study = &opened.study;
    let trials = match study.directions().len() {
        1 => study.best_k(arguments.count as usize),
        _ => study.pareto(),
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
    let table = report::terminal::best(&opened.view(), arguments.count as usize, term::style());
    writeln!(out, "{}", table.trim_end())?;
    writeln!(out, "{}", paint(FAINT, format!("again: {}", opened.rerun_command(*first))))?;
    Ok(Exit::Done)
}
