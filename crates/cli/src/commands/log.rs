//! `ravine log`: what a trial's program printed.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use exec::layout;

use crate::args::Log;
use crate::failure::{Exit, Failure};
use crate::opened::Opened;

/// How often a followed file is looked at.
const LOOK: Duration = Duration::from_millis(200);

/// Prints the log of one attempt; the last one's unless told otherwise.
pub fn run(arguments: &Log) -> Result<Exit, Failure> {
    let opened = Opened::read(arguments.within.home()?)?;
    opened.trial(arguments.trial)?;
    let name = if arguments.stderr { layout::STDERR } else { layout::STDOUT };
    let attempts = attempts(&opened, arguments.trial);
    let attempt = match arguments.attempt {
        Some(number) => attempts.iter().find(|path| path.ends_with(number.to_string())),
        None => attempts.last(),
    };
    let Some(attempt) = attempt else {
        return Err(match arguments.attempt {
            Some(number) => {
                Failure::new(Exit::Usage, format!("trial {} has no attempt {number}", arguments.trial))
            }
            None => Failure::new(Exit::NoResult, format!("trial {} has not run", arguments.trial)),
        });
    };
    let path = attempt.join(name);
    let mut position = print(&path, 0)?;
    while arguments.follow && !attempt.join(layout::EXIT).exists() {
        std::thread::sleep(LOOK);
        position = print(&path, position)?;
    }
    if arguments.follow {
        print(&path, position)?;
    }
    Ok(Exit::Done)
}

/// The folders of a trial's attempts, oldest first.
fn attempts(opened: &Opened, trial: u64) -> Vec<PathBuf> {
    let folder = exec::Layout::new(opened.home.folder()).trial(trial);
    let mut found = Vec::new();
    for stage in subfolders(&folder) {
        let numbered = subfolders(&stage).into_iter().filter_map(|path| {
            let number: u32 = path.file_name()?.to_str()?.parse().ok()?;
            Some((number, path))
        });
        let mut numbered: Vec<_> = numbered.collect();
        numbered.sort_unstable();
        found.extend(numbered.into_iter().map(|(_, path)| path));
    }
    found
}

fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).into_iter().flatten().flatten();
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect();
    folders.sort();
    folders
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
