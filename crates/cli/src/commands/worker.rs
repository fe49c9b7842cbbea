//! `ravine worker`: another process for a study that is there, with what its folder says.

use crate::args::{Run, Worker};
use crate::failure::{Exit, Failure};
use crate::opened::Opened;

/// Drives the study beside those who do already.
pub fn run(arguments: &Worker) -> Result<Exit, Failure> {
    let home = arguments.within.home()?;
    let runs = home.folder().parent().map(std::path::Path::to_path_buf);
    let file = super::rerun::study_file(&Opened::read(home)?)?;
    let like = Run {
        file: file.source.name.clone().into(),
        dir: runs.clone(),
        parallel: arguments.parallel,
        trials: None,
        seed: None,
        new: false,
        quiet: arguments.quiet,
        json: arguments.json,
    };
    let options =
        runner::Options { runs, parallel: arguments.parallel, join: true, ..runner::Options::default() };
    super::run::drive(&like, file, &options)
}
