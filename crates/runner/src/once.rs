//! One program run by itself, outside of a study's trials: its setup.
//!
//! It gets a folder and a supervisor of its own, so that it ends as runs do: whole, timed, and with all its children.

use std::ffi::OsString;
use std::path::Path;

use exec::{Executor, Local, RunId, RunNews, RunOrder};
use search::TrialId;
use session::Session;
use spec::StudyFile;
use spec::template::SetupValues;
use study::{How, RunEnded, RunKey, Study};

use crate::orders::ordered;
use crate::{RunnerError, life};

/// The study attribute that says that its `[setup]` command succeeded.
const SETUP: &str = "setup_done";

/// Runs an order to its end.
fn run(folder: &Path, program: Vec<OsString>, order: RunOrder) -> Result<RunEnded, RunnerError> {
    std::fs::create_dir_all(folder).map_err(|source| RunnerError::folder(folder, source))?;
    let mut local = Local::connect(folder, program)?;
    let id = order.id;
    local.start(order);
    loop {
        for news in local.wait(None)? {
            if let RunNews::Ended(ended) = news {
                local.acknowledge(id);
                // Sends the acknowledgement.
                local.wait(Some(std::time::Duration::ZERO))?;
                return Ok(*ended);
            }
        }
    }
}

/// Runs the study's `[setup]` command, once in the study's life.
///
/// # Errors
/// It failed, or could not be started.
pub(crate) fn set_up(
    session: &Session,
    file: &StudyFile,
    home: &Path,
    program: &[OsString],
) -> Result<(), RunnerError> {
    let is_done = || session.with_study(|study| study.attributes().contains_key(SETUP));
    if file.setup.is_none() || is_done() {
        return Ok(());
    }
    // Held while it runs: who comes second waits, and finds it done. Whose holder dies lets the next one do it.
    let _lock = life::lock(home, "setup").map_err(|source| RunnerError::folder(home, source))?;
    session.refresh()?;
    if is_done() {
        return Ok(());
    }
    let seed = session.with_study(Study::seed);
    setup(file, seed, home, program.to_vec())?;
    session.tag_study([(SETUP.to_owned(), true.into())].into_iter().collect())?;
    Ok(())
}

/// Runs the `[setup]` command, if the file has one.
fn setup(file: &StudyFile, seed: u64, home: &Path, program: Vec<OsString>) -> Result<(), RunnerError> {
    let Some(setup) = &file.setup else { return Ok(()) };
    let folder = home.join("setup");
    let rendered = setup.command.render(&SetupValues { seed });
    let rendered = rendered.map_err(|error| RunnerError::Setup {
        command: "setup.run".to_owned(),
        message: error.to_string(),
    })?;
    let command = rendered.shown();
    let id = RunId { run: RunKey::first(TrialId(0)), epoch: life::unix_ms() };
    let mut order = RunOrder::new(id, folder.join("run"), ordered(rendered));
    let base = crate::orders::base(file).map_err(|source| RunnerError::folder(&file.folder(), source))?;
    order.cwd = Some(setup.cwd.as_ref().map_or(base.clone(), |cwd| base.join(cwd)));
    order.timeout = setup.timeout.map(Into::into);
    order.environment.clone_from(&setup.env);
    let ended = run(&folder, program, order)?;
    if ended.end.how == How::Ok {
        return Ok(());
    }
    let message = ended.end.message.unwrap_or_else(|| "it did not succeed".to_owned());
    Err(RunnerError::Setup { command, message })
}
