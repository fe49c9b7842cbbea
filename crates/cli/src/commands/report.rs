//! `ravine report`: the charts of a study.

use std::io::Write;

use report::page::{self, Made};

use crate::args::Report;
use crate::display::words;
use crate::failure::{Exit, Failure};
use crate::opened::{Opened, shown};
use crate::term;

/// Writes the page and each chart as SVG.
pub fn run(arguments: &Report) -> Result<Exit, Failure> {
    let opened = Opened::read(arguments.target.home()?)?;
    let folder = arguments.output.clone().unwrap_or_else(|| opened.home.report());
    let made = Made {
        at: Some(runner::unix_ms()),
        version: env!("CARGO_PKG_VERSION").to_owned(),
        from: runner::records(&opened.study).last().map(words::origin),
    };
    let files = page::write(&folder, &opened.view(), &made).map_err(|error| {
        Failure::new(Exit::Environment, format!("cannot write the report to {}: {error}", folder.display()))
    })?;
    if arguments.json {
        return super::json(&files);
    }
    if let Some((page, charts)) = files.split_first() {
        writeln!(term::out(), "{}  and {} charts as SVG beside it", shown(page), charts.len())?;
    }
    Ok(Exit::Done)
}
