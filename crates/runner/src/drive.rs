//! Driving a study with real programs: the [`Engine`] with this machine's supervisor, files and signals around it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use exec::{Local, RunOrder};
use session::Session;
use space::Space;
use spec::{Stage, StudyFile};
use study::schedule::Capacity;
use study::{RunKey, Study};

use crate::dispatcher::Finish;
use crate::engine::{Desk, Engine, Errand, Rules, StageRule};
use crate::hooks::Hooks;
use crate::janitor::Janitor;
use crate::life::{self, Life};
use crate::metrics::Metrics;
use crate::open::Open;
use crate::orders::Orders;
use crate::scribe::{Scribe, ScribeError};
use crate::unmeasured;
use crate::watch::{Happening, Opening, Watcher};
use crate::{RunnerError, capacity, once, orders, provenance};

/// How a study was left.
#[derive(Debug)]
pub struct Driven {
    /// Why.
    pub finish: Finish,
    /// The study, as of then.
    pub study: Study,
    /// What was searched.
    pub space: Option<Arc<Space>>,
}

/// Drives a study until a limit, the end of its space, or a word from outside. `program` becomes its supervisor;
/// `interrupts` counts Ctrl-C.
///
/// # Errors
/// The store, the supervisor or the sampler fail. Runs that are under way go on, and the next call takes them over.
pub fn drive(
    open: Open,
    program: Vec<OsString>,
    interrupts: &Arc<AtomicUsize>,
    watcher: &mut dyn Watcher,
) -> Result<Driven, RunnerError> {
    let Open { home, file, session, life, capacity, waiting, remarks, is_new } = open;
    waiting.attend(watcher.voice(), Arc::clone(interrupts));
    let head = if is_new { 0 } else { session.refresh()? };
    session.attend()?;
    let base = orders::base(&file).map_err(|source| RunnerError::folder(&file.folder(), source))?;
    provenance::record(&session, &file, &base, home.folder())?;
    let rules = rules(&file, capacity);
    let first = rules.stages.first().map(|stage| stage.demand.clone()).unwrap_or_default();
    let slots = capacity::slots(&rules.capacity, &first);
    tell_opened(&session, home.folder(), slots, remarks, watcher);
    once::set_up(&session, &file, home.folder(), &program)?;
    let seed = session.with_study(Study::seed);
    let desk = Workshop {
        home: home.folder(),
        janitor: Janitor::new(file.keep, file.settings.pruner.as_ref()),
        metrics: Metrics::new(&file.metrics, &base),
        hooks: Hooks::new(&file, base, home.folder(), life.name(), head),
        orders: Orders::new(&file, seed, home.folder())
            .map_err(|source| RunnerError::folder(home.folder(), source))?,
        scribe: Scribe::new(home.folder().to_path_buf(), life.name(), session.space()),
        unmeasured: unmeasured::Watch::default(),
        life: &life,
        interrupts,
        watcher,
    };
    let local = Local::connect(home.folder(), program)?;
    let mut engine = Engine::begin(session, local, desk, rules)?;
    let finish = engine.run()?;
    let (session, mut desk) = engine.into_parts();
    desk.scribe_now(&session)?;
    desk.finish_beside(&session, finish);
    let study = session.study();
    desk.watcher.see(&study, &Happening::Finished(finish));
    let space = session.space();
    session.close()?;
    Ok(Driven { finish, study, space })
}

/// What the loop must know of a study file.
pub(crate) fn rules(file: &StudyFile, capacity: Capacity) -> Rules {
    let stage = |stage: &Stage| StageRule { demand: stage.demand.clone(), class: stage.priority };
    let stages = file.stages.iter().map(stage).collect();
    let runs = match file.settings.stages.first() {
        Some(first) if first.once => 1,
        _ => study::repetitions(&file.settings.repeat, 0),
    };
    let trial_time = file.limits.trial_time.map(Into::into);
    Rules { capacity, stages, runs, trial_time }
}

fn tell_opened(
    session: &Session,
    folder: &Path,
    slots: usize,
    remarks: Vec<String>,
    watcher: &mut dyn Watcher,
) {
    session.with_study(|study| {
        let sampler = study.sampler().and_then(|sampler| sampler.get("name")?.as_str().map(str::to_owned));
        let opening = Opening {
            folder: folder.to_path_buf(),
            slots,
            sampler: sampler.unwrap_or_default(),
            resumed: study.len(),
            remarks,
        };
        watcher.see(study, &Happening::Opened(&opening));
    });
}

/// The desk of a runner of real programs.
struct Workshop<'a> {
    home: &'a Path,
    orders: Orders<'a>,
    scribe: Scribe,
    hooks: Option<Hooks>,
    janitor: Option<Janitor>,
    metrics: Option<Metrics>,
    unmeasured: unmeasured::Watch,
    life: &'a Life,
    interrupts: &'a AtomicUsize,
    watcher: &'a mut dyn Watcher,
}

impl Desk for Workshop<'_> {
    fn order(&mut self, errand: &Errand<'_>) -> Result<RunOrder, String> {
        self.orders.order(errand).map_err(|error| error.to_string())
    }

    fn directory(&self, run: RunKey) -> PathBuf {
        self.orders.directory(run)
    }

    fn interrupts(&self) -> usize {
        self.interrupts.load(Ordering::Relaxed)
    }

    fn beat(&mut self) {
        life::touch(self.life);
    }

    fn tick(&mut self, session: &Session) {
        let mut troubles: Vec<String> =
            self.scribe.tick(session).err().map(|error| error.to_string()).into_iter().collect();
        let orders = &self.orders;
        let directory = |run| orders.directory(run);
        troubles.extend(self.janitor.iter_mut().flat_map(|janitor| janitor.tick(session, &directory)));
        troubles.extend(self.metrics.iter_mut().flat_map(|metrics| metrics.tick(session)));
        troubles.extend(self.hooks.iter_mut().flat_map(|hooks| hooks.tick(session)));
        session.with_study(|study| {
            troubles.extend(self.unmeasured.tick(study));
            for trouble in &troubles {
                self.watcher.see(study, &Happening::Trouble(trouble));
            }
            self.watcher.tick(study, session.clock().now_ms());
        });
    }

    fn see(&mut self, study: &Study, happening: &Happening<'_>) {
        self.watcher.see(study, happening);
    }
}

impl Workshop<'_> {
    /// Leaves the last figures, and lets the hooks that are left have their time; Ctrl-C ends them.
    fn finish_beside(&mut self, session: &Session, finish: Finish) {
        let mut troubles: Vec<String> =
            self.metrics.iter_mut().filter_map(|metrics| metrics.finish(session)).collect();
        let orders = &self.orders;
        let directory = |run| orders.directory(run);
        troubles
            .extend(self.janitor.iter_mut().flat_map(|janitor| janitor.finish(session, finish, &directory)));
        let before = self.interrupts.load(Ordering::Relaxed);
        let hurry = || self.interrupts.load(Ordering::Relaxed) > before;
        troubles.extend(self.hooks.iter_mut().flat_map(|hooks| hooks.finish(session, finish, &hurry)));
        session.with_study(|study| {
            // A study may be over before it was looked at once.
            troubles.extend(self.unmeasured.tick(study));
            troubles.iter().for_each(|trouble| self.watcher.see(study, &Happening::Trouble(trouble)));
        });
    }

    /// Leaves the derived files as the log is. What another process appends while this one holds the lease is this
    /// one's to write, so it looks again once it has given the lease back.
    fn scribe_now(&mut self, session: &Session) -> Result<(), RunnerError> {
        loop {
            let head = session.refresh()?;
            self.scribe.finish(session).map_err(|error| match error {
                ScribeError::Store(error) => error.into(),
                ScribeError::Write(source) => RunnerError::folder(self.home, source),
            })?;
            if session.refresh()? == head {
                return Ok(());
            }
        }
    }
}
