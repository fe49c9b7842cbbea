//! `ravine export`: the results for other programs.

use std::io::Write;
use std::path::Path;
use std::sync::Arc;

use report::export;
use runner::Home;
use store::{Sqlite, Store};

use crate::args::{Export, ExportFormat};
use crate::failure::{Exit, Failure};
use crate::opened::{Opened, study_name};

/// Writes them to a file, whole or not at all, or to standard output.
pub fn run(arguments: &Export) -> Result<Exit, Failure> {
    let home = arguments.target.home()?;
    let text = match arguments.format {
        ExportFormat::Events if !arguments.canonical => events(&home)?,
        format => results(&Opened::read(home)?, format, arguments.canonical)?,
    };
    match &arguments.output {
        Some(path) => replace(path, &text)?,
        None => std::io::stdout().write_all(text.as_bytes())?,
    }
    Ok(Exit::Done)
}

fn results(opened: &Opened, format: ExportFormat, canonical: bool) -> Result<String, Failure> {
    if canonical {
        return opened.study.canonical().map_err(|error| Failure::new(Exit::Database, error));
    }
    let source = export::Fold::new(&opened.study, opened.space.as_deref());
    Ok(match format {
        ExportFormat::Jsonl | ExportFormat::Events => export::jsonl(&source),
        ExportFormat::Csv => export::csv(&source),
        ExportFormat::Json => format!("{:#}\n", export::json(&opened.view(), opened.space.as_deref())),
    })
}

/// The log itself, one event a line.
fn events(home: &Home) -> Result<String, Failure> {
    let store: Arc<dyn Store> = Arc::new(Sqlite::open_for_reading(home.database())?);
    let info = store.open_study(&study_name(&store, home)?)?;
    let mut text = String::new();
    store.scan(info.id, 0, usize::MAX, &mut |row| {
        text.push_str(&format!("{{\"seq\":{},\"at\":{},\"event\":{}}}\n", row.seq, row.at, row.body));
    })?;
    Ok(text)
}

fn replace(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(Exit::Environment, format!("cannot write {}: {error}", path.display()))
    };
    // A device or a pipe is written to, never replaced.
    if std::fs::metadata(path).is_ok_and(|there| !there.is_file() && !there.is_dir()) {
        return std::fs::write(path, text).map_err(failed);
    }
    report::files::replace(path, text.as_bytes()).map_err(failed)?;
    Ok(())
}
