//! One program run by itself, outside of a study's trials: its setup, or a trial's configuration again.
//!
//! It gets a folder and a supervisor of its own, so that it ends as runs do: whole, timed, and with all its children.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use exec::{Executor, Layout, Local, RunId, RunNews, RunOrder};
use indexmap::IndexMap;
use search::TrialId;
use session::Session;
use spec::StudyFile;
use spec::template::SetupValues;
use study::schedule::Lease;
use study::{How, Judge, JudgeError, Judged, RunEnded, RunKey, Study, Trial};

use crate::engine::Errand;
use crate::orders::{OrderError, Orders, ordered};
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

/// A trial's configuration, ready to be run again in a new directory with the same seed.
#[derive(Debug)]
pub struct Rerun<'a> {
    study: &'a Study,
    orders: Orders<'a>,
    folder: PathBuf,
    point: space::Point,
    id: RunId,
}

/// What came of a [`Rerun`].
#[derive(Debug)]
pub struct Rerunned {
    /// Where it ran.
    pub folder: PathBuf,
    /// How it ended, and what it reported.
    pub ended: RunEnded,
    /// The study's objectives of what it reported.
    pub values: Result<Judged, JudgeError>,
}

impl<'a> Rerun<'a> {
    /// Of a trial of the study in `home`.
    ///
    /// # Errors
    /// The trial's point is not in the file's space; the folder cannot be used.
    pub fn new(
        file: &'a StudyFile,
        study: &'a Study,
        home: &Path,
        trial: Trial<'_>,
    ) -> Result<Self, RunnerError> {
        let point = file.space.from_json(&trial.point()).map_err(session::SessionError::from)?;
        let home = std::path::absolute(home).map_err(|source| RunnerError::folder(home, source))?;
        let number = trial.number();
        let names = (0..).map(|k| home.join("reruns").join(format!("{:05}-{k}", number.0)));
        let folder =
            names.into_iter().find(|path| !path.exists()).unwrap_or_else(|| home.join("reruns/again"));
        let orders = Orders::new(file, study.seed(), &folder)
            .map_err(|source| RunnerError::folder(&folder, source))?;
        let id = RunId { run: RunKey::first(number), epoch: life::unix_ms() };
        Ok(Rerun { study, orders, folder, point, id })
    }

    /// Its command, as it would be typed into a shell.
    ///
    /// # Errors
    /// A placeholder without a value.
    pub fn shown(&self) -> Result<String, OrderError> {
        self.orders.shown(self.id.run, &self.point)
    }

    /// Runs it to its end; `program` becomes its supervisor.
    ///
    /// # Errors
    /// It cannot be ordered, or there is no supervisor. That the program fails is no error.
    pub fn run(&self, program: Vec<OsString>) -> Result<Rerunned, RunnerError> {
        let lease = Lease { cores: (0..self.orders.cpus(self.id.run)).collect(), ..Lease::default() };
        let (id, point, level, parent, earlier, left) =
            (self.id, &self.point, None, None, IndexMap::new(), None);
        let order = self.orders.order(&Errand { id, point, lease: &lease, level, parent, earlier, left })?;
        let ended = run(&self.folder, program, order)?;
        let judge = Judge::new(self.study.settings()).map_err(session::SessionError::from)?;
        let values = judge.judge(&ended.metrics).map_err(|error| error.knowing(&ended.end.texts));
        Ok(Rerunned { folder: Layout::new(&self.folder).root().to_path_buf(), ended, values })
    }
}
