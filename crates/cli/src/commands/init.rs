//! `ravine init`: a first study file from a command line.

use std::fs::OpenOptions;
use std::io::{ErrorKind, Write};
use std::path::Path;

use crate::args::Init;
use crate::failure::{Exit, Failure};
use crate::term;

/// Writes it, or prints it for `-o -`.
pub fn run(arguments: &Init) -> Result<Exit, Failure> {
    let text = spec::init(&arguments.command);
    if arguments.output == Path::new("-") {
        std::io::stdout().write_all(text.as_bytes())?;
        return Ok(Exit::Done);
    }
    let path = &arguments.output;
    if spec::Format::of(&path.display().to_string()) != Some(spec::Format::Toml) {
        return Err(Failure::new(Exit::Usage, format!("{} would hold TOML", path.display()))
            .hint(format!("call it {}", path.with_extension("toml").display())));
    }
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true).create_new(!arguments.force);
    let written = options.open(path).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => Failure::new(Exit::Refused, format!("{} exists", path.display()))
            .hint("choose another file with -o, or replace it with --force"),
        _ => Failure::new(Exit::Environment, format!("cannot write {}: {error}", path.display())),
    })?;
    writeln!(term::out(), "wrote {0}; edit the ranges, then `ravine check {0}`", path.display())?;
    Ok(Exit::Done)
}
