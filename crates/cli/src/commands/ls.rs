//! `ravine ls`: the studies of a folder.

use std::io::Write;

use report::format;
use serde_json::json;

use crate::args::Ls;
use crate::display::words;
use crate::failure::{Exit, Failure};
use crate::locate;
use crate::opened::{Opened, shown, trial_json};
use crate::term::{self, FAINT, STRONG, paint};

/// Lists them by name; one that cannot be read is listed with the reason.
pub fn run(arguments: &Ls) -> Result<Exit, Failure> {
    let studies: Vec<_> =
        locate::all(&arguments.dir)?.into_iter().map(|home| (home.clone(), Opened::read(home))).collect();
    if arguments.json {
        let listed: Vec<_> = studies
            .iter()
            .map(|(home, opened)| match opened {
                Ok(opened) => json!({
                    "study": home.name(), "folder": home.folder(), "phase": opened.study.phase(),
                    "counts": opened.study.counts(), "last": opened.study.last_at(),
                    "best": opened.study.best().map(|best| trial_json(&opened.study, best)),
                }),
                Err(failure) => {
                    json!({"study": home.name(), "folder": home.folder(), "error": failure.message})
                }
            })
            .collect();
        return super::json(&listed);
    }
    let mut out = term::out();
    if studies.is_empty() {
        writeln!(out, "no studies in {}; start one with `ravine run study.toml`", shown(&arguments.dir))?;
    }
    let width = studies.iter().map(|(home, _)| home.name().chars().count()).max().unwrap_or(0);
    for (home, opened) in &studies {
        let name = paint(STRONG, format!("{:<width$}", home.name()));
        match opened {
            Ok(opened) => {
                let best =
                    opened.study.best().map(|best| words::values(&opened.study, best)).unwrap_or_default();
                let when = paint(FAINT, format::date(opened.study.last_at()));
                writeln!(out, "{name}  {when}  {}  {best}", words::counts(&opened.study))?;
            }
            Err(failure) => writeln!(out, "{name}  {}", failure.message)?,
        }
    }
    Ok(Exit::Done)
}
