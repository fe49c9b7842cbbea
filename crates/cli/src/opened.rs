//! A study that is there: opened to look at it, or to say something to it.

use std::path::Path;
use std::sync::Arc;

use report::View;
use runner::Home;
use serde_json::{Map, Value as Json, json};
use session::{Options, Session};
use space::Space;
use spec::template::Rendered;
use store::{Sqlite, Store};
use study::{Study, Trial};

use crate::args::{Target, Within};
use crate::failure::{Exit, Failure};
use crate::locate;

/// A study as it was when the command looked.
pub struct Opened {
    /// Its folder.
    pub home: Home,
    /// The fold of its log.
    pub study: Study,
    /// What was searched; `None` where programs suggested it.
    pub space: Option<Arc<Space>>,
    /// Those who drive it, as far as they live.
    pub runners: Vec<String>,
}

impl Target {
    /// The study's folder.
    pub fn home(&self) -> Result<Home, Failure> {
        locate::home(self.study.as_deref(), &self.dir)
    }
}

impl Within {
    /// The study's folder.
    pub fn home(&self) -> Result<Home, Failure> {
        locate::home(self.study.as_deref(), &self.dir)
    }
}

impl Opened {
    /// Folds a study's log, and leaves the study as it is.
    pub fn read(home: Home) -> Result<Self, Failure> {
        let store: Arc<dyn Store> = Arc::new(Sqlite::open_for_reading(home.database())?);
        let name = study_name(&store, &home)?;
        let session = Session::open(store, &name, named("reader", &home))?;
        Ok(Opened { runners: session.living()?, space: session.space(), study: session.study(), home })
    }

    /// The study for tables, exports and charts.
    pub fn view(&self) -> View {
        let mut view = View::new(&self.study, self.space.as_deref());
        view.folder = Some(shown(self.home.folder()));
        view.rerun = self.study.best().and_then(|best| self.rerun_command(best));
        view
    }

    /// What a person types to run a trial's configuration again, where there is a program to run: a study that was imported, or
    /// made by a program that asks and tells, has none.
    pub fn rerun_command(&self, trial: Trial<'_>) -> Option<String> {
        self.home.find_study_file().map(|_| rerun_command(&self.home, trial))
    }

    /// Whether somebody drove it and is gone without a farewell, nobody drives it now, and some trial is not over.
    pub fn is_left(&self) -> bool {
        let was_driven = self.study.runners().next().is_some();
        self.runners.is_empty() && was_driven && self.study.pending().next().is_some()
    }

    /// A trial, or the error that it does not exist.
    pub fn trial(&self, number: u64) -> Result<Trial<'_>, Failure> {
        self.study.trial(study::TrialId(number)).ok_or_else(|| {
            let count = self.study.len();
            let failure = Failure::new(Exit::Usage, format!("`{}` has no trial {number}", self.study.name()));
            match count {
                0 => failure.hint("it has no trials yet"),
                1 => failure.hint("it has one trial: 0"),
                _ => failure.hint(format!("its trials are 0 to {}", count - 1)),
            }
        })
    }
}

/// What a person types to run a trial's configuration again.
pub fn rerun_command(home: &Home, trial: Trial<'_>) -> String {
    let runs = home.folder().parent().unwrap_or(Path::new("."));
    let number = trial.number().0.to_string();
    let mut words = vec!["ravine".to_owned(), "rerun".to_owned(), number];
    words.extend(option("--study", home.name()));
    if shown(runs) != "runs" {
        words.extend(option("--dir", shown(runs)));
    }
    Rendered::Program(words).shown()
}

/// An option and its value; in one word where the value would be taken for an option itself.
fn option(name: &str, value: String) -> Vec<String> {
    if value.starts_with('-') { vec![format!("{name}={value}")] } else { vec![name.to_owned(), value] }
}

/// Opens a study to say something to it.
pub fn for_writing(home: &Home) -> Result<Session, Failure> {
    let store: Arc<dyn Store> = Arc::new(Sqlite::open(home.database())?);
    let name = study_name(&store, home)?;
    Ok(Session::open(store, &name, named(&format!("command:{}", std::process::id()), home))?)
}

/// A session that knows which runners of this machine live.
fn named(name: &str, home: &Home) -> Options {
    Options { liveness: Arc::new(runner::Locks::new(home.folder())), ..Options::named(name) }
}

/// The name of the study in a folder: the folder's own, unless the folder was renamed, as `ravine run --new` does.
pub fn study_name(store: &Arc<dyn Store>, home: &Home) -> Result<String, Failure> {
    let mut names = store.studies()?.into_iter().map(|info| info.name);
    Ok(match (names.next(), names.next()) {
        (Some(only), None) => only,
        _ => home.name(),
    })
}

/// A path as a person would write it: from the current folder where it lies below.
pub fn shown(path: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    match path.strip_prefix(&here) {
        Ok(below) if !below.as_os_str().is_empty() => below.display().to_string(),
        _ => path.display().to_string(),
    }
}

/// A trial as scripts read it.
pub fn trial_json(study: &Study, trial: Trial<'_>) -> Json {
    let objectives = &study.settings().objectives;
    let values: Map<String, Json> = objectives
        .iter()
        .zip(trial.values())
        .map(|(objective, value)| (objective.title().to_owned(), value.to_json()))
        .collect();
    let metrics: Map<String, Json> =
        trial.metrics().map(|(name, value)| (name.to_owned(), value.to_json())).collect();
    let mut shown = json!({
        "trial": trial.number(), "state": trial.state().name(), "values": values,
        "params": trial.point(), "metrics": metrics, "seconds": trial.seconds(),
    });
    if !trial.violations().is_empty() {
        shown["feasible"] = json!(trial.is_feasible());
        shown["violations"] = json!(trial.violations());
    }
    if let Some(message) = trial.message() {
        shown["message"] = json!(message);
    }
    shown
}
