//! `ravine import`: a study that Optuna wrote, as a study of ravine.

use std::io::Write;
use std::path::Path;

use runner::Home;
use serde_json::json;
use session::elsewhere::optuna::{ImportError, import};
use store::Sqlite;
use store::optuna::{Database, Problem, Study};

use crate::args::Import;
use crate::display::words;
use crate::failure::{Exit, Failure};
use crate::opened::{Opened, shown};
use crate::term;

/// Reads the study, makes one of it in a folder of its own, and says what is in it.
pub fn run(arguments: &Import) -> Result<Exit, Failure> {
    let source = read(&arguments.database, arguments.study.as_deref())?;
    let name = arguments.name.as_deref().unwrap_or(&source.name);
    if let Some(problem) = spec::folder_problem(name) {
        let failure = Failure::new(Exit::Usage, format!("`{name}` cannot be a study's name: {problem}"));
        return Err(failure.hint("name it with --name; the name is that of the study's folder"));
    }
    let home = Home::of(&arguments.dir, name);
    if home.exists() {
        let message = format!("there is a study `{name}` in {} already", shown(&arguments.dir));
        return Err(Failure::new(Exit::Refused, message).hint("give the new one another name with --name"));
    }
    write(&home, &source, name)?;
    let opened = Opened::read(home)?;
    let folder = shown(opened.home.folder());
    if arguments.json {
        return super::json(&json!({
            "study": name, "from": source.name, "folder": folder, "counts": opened.study.counts(),
        }));
    }
    let mut out = term::out();
    writeln!(out, "{name}: {} in {folder}", words::counts(&opened.study))?;
    Ok(Exit::Done)
}

/// The study of this name, or the only one.
fn read(path: &Path, name: Option<&str>) -> Result<Study, Failure> {
    let database = Database::open(path)?;
    if let Some(name) = name {
        return Ok(database.study(name)?);
    }
    let names = database.names()?;
    match names.as_slice() {
        [only] => Ok(database.study(only)?),
        [] => Err(Failure::new(Exit::Refused, format!("there is no study in {}", shown(path)))),
        several => Err(Failure::new(Exit::Usage, format!("there are several studies in {}", shown(path)))
            .hint(format!("name one with --study: {}", several.join(", ")))),
    }
}

/// Makes the study; what was made of it goes where that does not come to its end.
fn write(home: &Home, source: &Study, name: &str) -> Result<(), Failure> {
    let folder = home.folder();
    let is_new = !folder.exists();
    std::fs::create_dir_all(folder).map_err(|error| {
        Failure::new(Exit::Environment, format!("cannot make the folder {}: {error}", shown(folder)))
    })?;
    let written = Sqlite::open(home.database())
        .map_err(Failure::from)
        .and_then(|store| Ok(import(&store, source, name, 0)?));
    if written.is_err() && is_new {
        // The failure itself is what is to be told.
        let _ = std::fs::remove_dir_all(folder);
    }
    written
}

impl From<Problem> for Failure {
    fn from(problem: Problem) -> Self {
        let exit = match &problem {
            Problem::Missing(_) => Exit::Environment,
            Problem::Newer { .. } | Problem::NoSuchStudy { .. } => Exit::Refused,
            _ => Exit::Database,
        };
        let failure = Failure::new(exit, &problem);
        match &problem {
            Problem::Newer { .. } => failure.hint("update ravine; the file was left as it is"),
            Problem::NotOptunas { .. } => {
                failure.hint("name the file of Optuna's `sqlite:///FILE`; its journal files are not read")
            }
            Problem::NoSuchStudy { name, known, .. } => {
                match space::nearest(name, known.iter().map(String::as_str)) {
                    Some(near) => failure.hint(format!("did you mean `{near}`?")),
                    None => failure.hint(format!("there are: {}", known.join(", "))),
                }
            }
            _ => failure,
        }
    }
}

impl From<ImportError> for Failure {
    fn from(error: ImportError) -> Self {
        match error {
            ImportError::Session(error) => error.into(),
            ImportError::Unfit(error) => Failure::new(Exit::StudyFile, error),
        }
    }
}
