//! Which study a command is about: by name, by folder, by file, or the only one there.

use std::path::{Path, PathBuf};

use runner::Home;

use crate::failure::{Exit, Failure};

/// The home of the study that `given` names, looked for below `runs`.
pub fn home(given: Option<&str>, runs: &Path) -> Result<Home, Failure> {
    match given {
        Some(given) => named(given, runs),
        None => only_one(runs),
    }
}

fn named(given: &str, runs: &Path) -> Result<Home, Failure> {
    let path = Path::new(given);
    let by_name = Home::of(runs, given);
    if by_name.exists() {
        return Ok(by_name);
    }
    if Home::at(path).exists() {
        return Ok(Home::at(path));
    }
    if path.is_file() {
        return of_file(path, runs);
    }
    let known: Vec<String> = all(runs)?.iter().map(Home::name).collect();
    let failure = Failure::new(Exit::Refused, format!("there is no study `{given}` in {}", runs.display()));
    Err(if known.is_empty() {
        failure.hint("start one with `ravine run study.toml`, or say where studies live with --dir")
    } else {
        failure.hint(format!("there are: {}", known.join(", ")))
    })
}

/// Reads a study file; one that is not there is the machine's matter, not the file's.
pub fn study_file(path: &Path) -> Result<spec::StudyFile, Failure> {
    let failure = |what: String| Err(Failure::new(Exit::Environment, what));
    match std::fs::metadata(path) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            failure(format!("there is no file {}", path.display()))
                .map_err(|failure| failure.hint("`ravine init -- COMMAND` writes a first study file"))
        }
        Err(error) => failure(format!("cannot read {}: {error}", path.display())),
        Ok(there) if there.is_dir() => failure(format!("{} is a folder, not a study file", path.display()))
            .map_err(|failure| match path.join("study.toml") {
                inside if inside.is_file() => failure.hint(format!("did you mean {}?", inside.display())),
                _ => failure.hint("name the file itself, such as study.toml"),
            }),
        Ok(there) => match std::fs::File::open(path) {
            Err(error) if there.is_file() => failure(format!("cannot read {}: {error}", path.display())),
            _ => Ok(spec::StudyFile::load(path)?),
        },
    }
}

/// A study file stands for the study of its name: in `runs`, or beside the file.
fn of_file(path: &Path, runs: &Path) -> Result<Home, Failure> {
    let file = study_file(path)?;
    let beside = runs_beside(path);
    let homes = [Home::of(runs, &file.name), Home::of(&beside, &file.name)];
    homes.into_iter().find(Home::exists).ok_or_else(|| {
        Failure::new(Exit::Refused, format!("the study `{}` has not been started", file.name))
            .hint(format!("ravine run {}", path.display()))
    })
}

fn only_one(runs: &Path) -> Result<Home, Failure> {
    let mut homes = all(runs)?;
    match homes.len() {
        0 => Err(Failure::new(Exit::Refused, format!("there is no study in {}", runs.display()))
            .hint("start one with `ravine run study.toml`, or say where studies live with --dir")),
        1 => Ok(homes.remove(0)),
        _ => {
            let names: Vec<String> = homes.iter().map(Home::name).collect();
            Err(Failure::new(Exit::Usage, format!("there are several studies in {}", runs.display()))
                .hint(format!("name one: {}", names.join(", "))))
        }
    }
}

/// Every study below `runs`, by name. A folder that is not there holds none.
pub fn all(runs: &Path) -> Result<Vec<Home>, Failure> {
    let entries = match std::fs::read_dir(runs) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => {
            return Err(Failure::new(Exit::Environment, format!("cannot read {}: {error}", runs.display())));
        }
    };
    let mut homes: Vec<Home> =
        entries.flatten().map(|entry| Home::at(entry.path())).filter(Home::exists).collect();
    homes.sort_by_key(Home::name);
    Ok(homes)
}

/// Where a study file's study lives unless told otherwise: `runs` beside the file.
pub fn runs_beside(file: &Path) -> PathBuf {
    file.parent().unwrap_or(Path::new("")).join("runs")
}
