//! From a study file to an open study: its folder, its log, and what may and may not have changed since the last start.

use std::collections::hash_map::RandomState;
use std::fs;
use std::hash::{BuildHasher, Hasher};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use session::{Definition, Session};
use spec::{Change, Class, StudyFile};
use store::{Patience, Patient, Sqlite, Store, sqlite};
use study::schedule::Capacity;
use study::{Assignment, Enqueued, Study};

use crate::life::{self, Life, Locks};
use crate::options::Options;
use crate::patience::Waiting;
use crate::{Home, RunnerError, capacity, earlier, room};

/// The study attribute that tells which file a study was started from.
const FILE: &str = "study_file";

/// How long a call finds its database locked before that is said; other runners hold it for moments only.
const BUSY: Duration = Duration::from_secs(3);

/// A study that is ready to be driven.
#[derive(Debug)]
pub struct Open {
    /// Its folder, absolute.
    pub home: Home,
    /// Its study file.
    pub file: StudyFile,
    /// Store, fold and sampler.
    pub session: Session,
    /// This process's proof of life.
    pub life: Life,
    /// What its runs may take.
    pub capacity: Capacity,
    /// How it waits for its database.
    pub(crate) waiting: Arc<Waiting>,
    /// Whether it began with this call.
    pub is_new: bool,
    /// What a person should know.
    pub remarks: Vec<String>,
}

/// Opens the study of a file, or creates it.
///
/// # Errors
/// A stage that could never run here, a folder that cannot be used, a database that cannot be read, a study that the file
/// no longer describes.
pub fn open(file: StudyFile, options: &Options) -> Result<Open, RunnerError> {
    let origin = absolute(Path::new(&file.source.name))?;
    let runs = match &options.runs {
        Some(runs) => absolute(runs)?,
        None => origin.parent().unwrap_or(Path::new("/")).join("runs"),
    };
    let home = Home::of(&runs, &file.name);
    let mut remarks = Vec::new();
    let capacity = capacity::capacity(&file, options);
    has_room(&file, &capacity, options, &mut remarks)?;
    let base = origin.parent().unwrap_or(Path::new("/"));
    let mut told = Vec::new();
    // Before there is a folder: a study that is refused leaves nothing.
    let is_begun = !options.new && home.database().exists();
    let earlier =
        if is_begun { None } else { Some(earlier::read(&file.transfer, base, &file.space, &mut told)?) };
    if options.new {
        remarks.extend(move_aside(&home)?);
    }
    fs::create_dir_all(home.folder()).map_err(|source| RunnerError::folder(home.folder(), source))?;
    let life = Life::begin(home.folder()).map_err(|source| RunnerError::folder(home.folder(), source))?;

    let access = sqlite::Options { patience: BUSY, ..sqlite::Options::default() };
    let store: Arc<dyn Store> = Arc::new(Sqlite::open_with(home.database(), access)?);
    let waiting = Arc::new(Waiting::default());
    let store: Arc<dyn Store> = Arc::new(Patient::new(store, Arc::clone(&waiting) as Arc<dyn Patience>));
    let known = known(&store, &file.name)?;
    if !known && home.results().metadata().is_ok_and(|results| results.len() > 0) {
        return Err(RunnerError::Orphaned { folder: home.folder().to_owned() });
    }
    let mut definition = definition(&file, options);
    let is_new = !known;
    if file.reproducible {
        definition.settings.lag = Some(first_lag(&file, &capacity));
    }
    definition.earlier = file.transfer.iter().map(search::Earlier::named).collect();
    if is_new {
        definition.earlier = match earlier {
            Some(earlier) => earlier,
            None => earlier::read(&file.transfer, base, &file.space, &mut told)?,
        };
        remarks.append(&mut told);
        definition.seed = options.seed.or(file.seed).unwrap_or_else(|| drawn(&mut remarks));
    }
    if file.default_stop && options.trials.is_none() && is_new {
        remarks.push(format!("no [stop] in the file: ending after {} trials", study::DEFAULT_TRIALS));
    }
    let mut who = session::Options::named(life.name());
    who.host = Some(life.host().to_owned());
    who.liveness = Arc::new(Locks::new(home.folder()));
    who.programs = Some(Arc::new(exec::Interlocutors::new(base, home.sampler_log())));
    let session = Session::open_or_create(store, &definition, who)?;
    if !is_new {
        same_file(&session, &home, &origin)?;
        let applied = reconcile(&session, &mut definition, &file, options)?;
        remarks.extend(applied.iter().map(from_now_on));
        remarks.extend(edits(&home, &file, &applied));
    }
    record_origin(&session, &origin)?;
    copy_file(&home, &file)?;
    remarks.extend(file.warnings.iter().map(|warning| warning.line(&file.source)));
    Ok(Open { home, file, session, life, capacity, waiting, is_new, remarks })
}

/// Whether each stage can run here. One of several processes on a study may leave later stages to others.
fn has_room(
    file: &StudyFile,
    capacity: &Capacity,
    options: &Options,
    remarks: &mut Vec<String>,
) -> Result<(), RunnerError> {
    for (number, error) in room::unfit(file, capacity) {
        if number == 0 || !options.join {
            return Err(error);
        }
        remarks.push(format!("{error}; it is left to other processes"));
    }
    Ok(())
}

fn known(store: &Arc<dyn Store>, name: &str) -> Result<bool, RunnerError> {
    Ok(store.studies()?.into_iter().any(|info| info.name == name && info.head > 0))
}

/// How many decisions behind a reproducible study looks: as many as it has slots when it begins.
fn first_lag(file: &StudyFile, capacity: &Capacity) -> u32 {
    let demand = file.stages.first().map(|stage| stage.demand.clone()).unwrap_or_default();
    u32::try_from(capacity::slots(capacity, &demand)).unwrap_or(u32::MAX)
}

fn definition(file: &StudyFile, options: &Options) -> Definition {
    let mut settings = file.settings.clone();
    if let Some(trials) = options.trials {
        settings.stop.trials = Some(trials);
    }
    let points = file.points.iter().map(|given| Enqueued {
        point: given.params.clone(),
        result: given.result.clone(),
        given: true,
        attributes: Assignment::new(),
    });
    let mut definition = Definition::new(file.name.clone(), file.seed.unwrap_or(0), settings);
    definition.space = Some(file.declaration.clone());
    definition.sampler = file.sampler.clone();
    definition.points = points.collect();
    definition
}

/// A seed that nobody gave; said, because the search can be repeated with it.
fn drawn(remarks: &mut Vec<String>) -> u64 {
    // The hasher's keys come from the system's randomness.
    let seed = RandomState::new().build_hasher().finish() >> 32;
    remarks.push(format!("no seed in the file: drew {seed}"));
    seed
}

/// What a changed file means for the study that is there: budgets are applied, another space or objective is refused.
/// Returns what was applied.
fn reconcile(
    session: &Session,
    definition: &mut Definition,
    file: &StudyFile,
    options: &Options,
) -> Result<Vec<Change>, RunnerError> {
    let study = session.study();
    // Drawn or given at the first start: recorded once and for all.
    if let Some(asked) = options.seed
        && asked != study.seed()
    {
        return Err(RunnerError::Seed { study: study.name().to_owned(), was: study.seed(), is: asked });
    }
    if file.seed.is_none() {
        definition.seed = study.seed();
    }
    // As many slots as there were at the first start, whatever there are now.
    if file.reproducible {
        let named = || RunnerError::NotReproducible { study: study.name().to_owned() };
        definition.settings.lag = Some(study.settings().lag.ok_or_else(named)?);
    }
    let difference = definition.difference(&study)?;
    if !difference.refused.is_empty() {
        return Err(RunnerError::Changed { study: study.name().to_owned(), changes: difference.refused });
    }
    if options.join || difference.applied.is_empty() {
        return Ok(Vec::new());
    }
    session.change_settings(definition.settings.clone())?;
    Ok(difference.applied)
}

/// `from now on stop.trials: 5 is now 8`.
fn from_now_on(change: &Change) -> String {
    format!("from now on {change}")
}

/// What else was edited since the file was kept: it applies to the trials to come, and earlier ones stay as they are.
fn edits(home: &Home, file: &StudyFile, applied: &[Change]) -> Vec<String> {
    let kept = home.find_study_file().and_then(|path| StudyFile::load(path).ok());
    let changes = kept.map(|kept| spec::diff(&kept, file)).unwrap_or_default();
    let is_new = |change: &&Change| applied.iter().all(|applied| applied.key != change.key);
    let mut remarks = Vec::new();
    for change in changes.iter().filter(is_new) {
        match change.class {
            Class::Stage | Class::Executor => remarks.push(from_now_on(change)),
            Class::Sampler if change.key.starts_with("point") => {
                remarks.push("points are read when a study begins; `ravine enqueue` adds to them".to_owned());
            }
            _ => {}
        }
    }
    remarks.dedup();
    remarks
}

/// The study file that a study was started from.
pub fn origin(study: &Study) -> Option<PathBuf> {
    study.attributes().get(FILE)?.as_str().map(PathBuf::from)
}

/// Two files with one study name are told apart, unless the first is gone: then it was moved.
fn same_file(session: &Session, home: &Home, origin: &Path) -> Result<(), RunnerError> {
    match session.with_study(self::origin) {
        Some(before) if before.is_file() && !is_same(&before, origin) => Err(RunnerError::OtherFile {
            study: home.name(),
            folder: home.folder().to_path_buf(),
            before,
            now: origin.to_path_buf(),
        }),
        _ => Ok(()),
    }
}

/// Whether two paths lead to one file, through whatever links.
fn is_same(before: &Path, origin: &Path) -> bool {
    let real = |path: &Path| fs::canonicalize(path).ok();
    before == origin || real(before).is_some_and(|before| real(origin) == Some(before))
}

fn record_origin(session: &Session, origin: &Path) -> Result<(), RunnerError> {
    let before = session.with_study(self::origin);
    if before.is_none_or(|before| !is_same(&before, origin)) {
        let origin = serde_json::Value::from(origin.display().to_string());
        session.tag_study([(FILE.to_owned(), origin)].into_iter().collect())?;
    }
    Ok(())
}

/// Keeps the study file as run in the study's folder, with passwords masked.
fn copy_file(home: &Home, file: &StudyFile) -> Result<(), RunnerError> {
    let extension = Path::new(&file.source.name).extension().map(|e| e.to_string_lossy().into_owned());
    let path = home.study_file(extension.as_deref().unwrap_or("toml"));
    let text = file.text_for_copy();
    if fs::read_to_string(&path).is_ok_and(|kept| kept == text) {
        return Ok(());
    }
    let failed = |source| RunnerError::folder(&path, source);
    // A name of our own: another process may start the same study at this moment.
    let temporary = path.with_extension(format!("{}.tmp", std::process::id()));
    fs::write(&temporary, text).map_err(failed)?;
    fs::rename(&temporary, &path).map_err(failed)
}

/// Renames the study's folder to the first free `name.1`, `name.2`, …; refused while somebody drives it.
fn move_aside(home: &Home) -> Result<Option<String>, RunnerError> {
    if !home.folder().exists() {
        return Ok(None);
    }
    if life::anybody(home.folder()) {
        return Err(RunnerError::Busy { study: home.name() });
    }
    let free = (1..)
        .map(|n| home.folder().with_file_name(format!("{}.{n}", home.name())))
        .find(|path| !path.exists());
    let aside = free.unwrap_or_else(|| home.folder().with_extension("old"));
    fs::rename(home.folder(), &aside).map_err(|source| RunnerError::folder(home.folder(), source))?;
    Ok(Some(format!("the earlier study lies in {}", aside.display())))
}

fn absolute(path: &Path) -> Result<PathBuf, RunnerError> {
    std::path::absolute(path).map_err(|source| RunnerError::folder(path, source))
}
