//! [`Session`]: opening, folding, appending, closing. What it does for trials lies in the modules beside.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use search::Programs;
use space::Space;
use store::{Appended, Clock, Draft, Durability, Guard, Header, Snapshot, Store, StudyId, SystemClock};
use study::{Event, EventBody, FOLD_VERSION, Settings, SettingsChanged, Study, Suggested, TrialId, history};

use crate::brain::Brain;
use crate::presence::Presence;
use crate::report::Reports;
use crate::state::State;
use crate::turns::Waiting;
use crate::verdict::Rules;
use crate::{Definition, SessionError};

/// How a session presents itself, and what it tells the time by.
#[derive(Clone, Debug)]
pub struct Options {
    /// Its name among those who drive the study; tells host and process, as people will read it. Must be unique.
    pub name: String,
    /// The host it runs on.
    pub host: Option<String>,
    /// What it tells the time by, for stop rules.
    pub clock: Arc<dyn Clock>,
    /// What it knows of other sessions' lives beyond their leases.
    pub liveness: Arc<dyn Liveness>,
    /// What runs a sampler that is a program; where absent such a study can be looked at, but not decided for.
    pub programs: Option<Arc<dyn Programs>>,
}

/// Who is alive, for who can tell better than by waiting for a lease to expire: on one host a lock that the kernel
/// lets go of when a process dies.
pub trait Liveness: Send + Sync + std::fmt::Debug {
    /// Whether the session of this name lives; `None` where only its lease can tell.
    fn is_alive(&self, name: &str) -> Option<bool>;
}

/// Knows nothing: leases tell.
#[derive(Debug)]
struct ByLease;

impl Liveness for ByLease {
    fn is_alive(&self, _: &str) -> Option<bool> {
        None
    }
}

impl Options {
    /// A session of this name on the machine's clock.
    pub fn named(name: impl Into<String>) -> Self {
        Options {
            name: name.into(),
            host: None,
            clock: Arc::new(SystemClock),
            liveness: Arc::new(ByLease),
            programs: None,
        }
    }
}

/// One study, open: its store, its fold, its sampler.
///
/// Any number of sessions may be open on a study, in threads, processes or on hosts; what each does the others see
/// with their next [`refresh`](Session::refresh) or decision. A session may be shared between threads. Its locks:
/// the state's is held for moments only; the sampler's while it proposes (invariant ONE DECIDER: endings, reports and
/// questions do not wait for it); neither while the store syncs.
#[derive(Debug)]
pub struct Session {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) id: StudyId,
    pub(crate) options: Options,
    state: Mutex<State>,
    pub(crate) brain: Mutex<Brain>,
    pub(crate) rules: Mutex<Rules>,
    pub(crate) waiting: Waiting,
    pub(crate) presence: Mutex<Presence>,
    pub(crate) reports: Mutex<BTreeMap<TrialId, Reports>>,
    pub(crate) suggested: Mutex<BTreeMap<TrialId, Vec<Suggested>>>,
    pub(crate) over_at_once: Mutex<Vec<TrialId>>,
    /// The event that the newest snapshot known here holds.
    snapshot_at: AtomicU64,
}

/// A snapshot is due after this many events, and when the history has grown by a quarter.
const SNAPSHOT_EVERY: u64 = 5_000;
/// One is written at the end when it spares the next process at least so many.
const SNAPSHOT_AT_CLOSE: u64 = 500;

impl Session {
    /// Creates a study and opens it.
    ///
    /// # Errors
    /// Where the definition is at fault, or the name is taken.
    pub fn create(
        store: Arc<dyn Store>,
        definition: &Definition,
        options: Options,
    ) -> Result<Self, SessionError> {
        let created = definition.created()?;
        let space = definition.space.as_ref().map(spec::Declaration::build).transpose()?;
        study::Judge::new(&definition.settings)?;
        definition.check_pruner()?;
        let mut bodies = vec![EventBody::StudyCreated(created)];
        bodies.extend(definition.first_points(space.as_ref())?.into_iter().map(EventBody::Enqueued));
        let header = Header { format: history::FORMAT, min_reader: history::FORMAT };
        let info = match store.open_study(&definition.name) {
            // Whoever created it died before its first event; what it would have been is ours to say.
            Ok(info) if info.head == 0 => info,
            _ => store.create_study(&definition.name, header)?,
        };
        let drafts = drafts(&definition.name, &bodies)?;
        store.append_if(info.id, &Guard::unchanged(0), &drafts, Durability::Synced)?;
        Session::load(store, info.id, &definition.name, options)
    }

    /// Opens a study that exists.
    ///
    /// # Errors
    /// Where there is none, or its history cannot be read.
    pub fn open(store: Arc<dyn Store>, name: &str, options: Options) -> Result<Self, SessionError> {
        let info = store.open_study(name)?;
        Session::load(store, info.id, name, options)
    }

    /// Opens the study of the definition's name, or creates it. Whether it existed stands in its
    /// [`difference`](Definition::difference) from the definition, which is the caller's to look at.
    ///
    /// # Errors
    /// As [`open`](Session::open) and [`create`](Session::create).
    pub fn open_or_create(
        store: Arc<dyn Store>,
        definition: &Definition,
        options: Options,
    ) -> Result<Self, SessionError> {
        loop {
            let known =
                store.studies()?.into_iter().any(|info| info.name == definition.name && info.head > 0);
            if known {
                return Session::open(store, &definition.name, options);
            }
            match Session::create(Arc::clone(&store), definition, options.clone()) {
                // Another process was faster. It may be between the name and the first event, and may die there: then
                // the next round's first event is ours.
                Err(SessionError::Store(error)) if exists(&error) => {}
                made => return made,
            }
        }
    }

    fn load(store: Arc<dyn Store>, id: StudyId, name: &str, options: Options) -> Result<Self, SessionError> {
        let kept = store.load_snapshot(id, FOLD_VERSION)?;
        // A snapshot is a cache: one that cannot be read is as good as none.
        let study = kept.and_then(|snapshot| Study::restore(&snapshot.body).ok()).unwrap_or_default();
        let at = study.seq();
        let session = Session {
            store,
            id,
            options,
            state: Mutex::new(State::new(study)?),
            brain: Mutex::new(Brain::default()),
            rules: Mutex::default(),
            waiting: Waiting::default(),
            presence: Mutex::new(Presence::default()),
            reports: Mutex::default(),
            suggested: Mutex::default(),
            over_at_once: Mutex::default(),
            snapshot_at: AtomicU64::new(at),
        };
        if session.refresh()? == 0 {
            let kind = store::ErrorKind::NoSuchStudy { study: format!("`{name}`") };
            let place = store::Place::named("the store: its creation was never finished");
            return Err(SessionError::Store(store::StoreError { doing: "open a study in", place, kind }));
        }
        Ok(session)
    }

    /// Folds what others appended; returns the last event's place.
    ///
    /// # Errors
    /// Where the log has a gap (invariant ORDER), or an event cannot follow.
    pub fn refresh(&self) -> Result<u64, SessionError> {
        self.catch_up(&mut self.lock())
    }

    pub(crate) fn catch_up(&self, state: &mut State) -> Result<u64, SessionError> {
        if state.unknown.is_some() {
            return Ok(state.study.seq());
        }
        let mut failed = None;
        self.store.scan(self.id, state.study.seq(), usize::MAX, &mut |row| {
            if failed.is_none() {
                failed = state.apply_row(row).err();
            }
        })?;
        match failed {
            Some(error) => Err(error),
            None => Ok(state.study.seq()),
        }
    }

    /// Counts the events that others appended, or may have: while it stays the same, only this session did something.
    pub fn heard(&self) -> u64 {
        self.lock().heard
    }

    /// Looks at the study as it is known here; others wait meanwhile, so be brief.
    pub fn with_study<T>(&self, look: impl FnOnce(&Study) -> T) -> T {
        look(&self.lock().study)
    }

    /// A copy of the study as it is known here, to look at in leisure. Costs time in proportion to its size.
    pub fn study(&self) -> Study {
        self.lock().study.clone()
    }

    /// The declared space; `None` in define-by-run studies.
    pub fn space(&self) -> Option<Arc<Space>> {
        self.lock().space.clone()
    }

    /// The study's name.
    pub fn name(&self) -> String {
        self.lock().study.name().to_owned()
    }

    /// The store that keeps the study.
    pub fn store(&self) -> &Arc<dyn Store> {
        &self.store
    }

    /// What the session tells the time by.
    pub fn clock(&self) -> &dyn Clock {
        &*self.options.clock
    }

    /// The study's number in its store.
    pub fn id(&self) -> StudyId {
        self.id
    }

    /// The kind of the first event that this version does not know, if there is one: nothing is decided then.
    pub fn newer_events(&self) -> Option<String> {
        self.lock().unknown.clone()
    }

    /// The trials that this session decided since it was last asked and that were over as they began: their results were
    /// known, or their points are none of the space. No run will end them.
    pub fn over_at_once(&self) -> Vec<TrialId> {
        std::mem::take(&mut self.over_at_once.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Puts other stop rules in force: budgets may change while a study runs, its space and objectives may not.
    ///
    /// # Errors
    /// Where the settings are no rules to judge by.
    pub fn change_settings(&self, settings: Settings) -> Result<(), SessionError> {
        study::Judge::new(&settings)?;
        self.append(vec![EventBody::SettingsChanged(SettingsChanged { settings })], Durability::Synced)?;
        Ok(())
    }

    /// Writes a snapshot if enough happened since the last one; called now and then by [`Session`] itself.
    ///
    /// # Errors
    /// Where the store refuses it. Nothing is lost then: a snapshot is a cache.
    pub fn snapshot_if_due(&self) -> Result<(), SessionError> {
        let seq = self.lock().study.seq();
        let last = self.snapshot_at.load(Ordering::Relaxed);
        if seq.saturating_sub(last) >= SNAPSHOT_EVERY.max(last / 4) { self.snapshot() } else { Ok(()) }
    }

    /// Writes a snapshot now.
    ///
    /// # Errors
    /// As [`snapshot_if_due`](Session::snapshot_if_due).
    pub fn snapshot(&self) -> Result<(), SessionError> {
        let (seq, body) = {
            let state = self.lock();
            (state.study.seq(), state.study.snapshot()?)
        };
        self.snapshot_at.store(seq, Ordering::Relaxed);
        self.store.save_snapshot(self.id, &Snapshot { seq, fold_version: FOLD_VERSION, body })?;
        Ok(())
    }

    /// Says farewell: suggestions are written, the session is no longer among the study's runners, and the next
    /// process starts from a snapshot. A session that is dropped instead is found dead by others after a while.
    ///
    /// # Errors
    /// Where the store refuses. The farewell is tried all the same.
    pub fn close(self) -> Result<(), SessionError> {
        let written = self.flush_suggestions();
        let left = self.leave();
        let (seq, last) = (self.lock().study.seq(), self.snapshot_at.load(Ordering::Relaxed));
        if seq.saturating_sub(last) >= SNAPSHOT_AT_CLOSE {
            self.snapshot()?;
        }
        written.and(left)
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, State> {
        // A panic between two folds leaves whole events behind; the state is never half an event.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Appends whatever else is in the log, and folds it.
    pub(crate) fn append(
        &self,
        bodies: Vec<EventBody>,
        durability: Durability,
    ) -> Result<Appended, SessionError> {
        self.append_if(bodies, &Guard::default(), durability)
    }

    /// Appends if the guard holds, and folds up to there. No lock is held while the store works.
    pub(crate) fn append_if(
        &self,
        bodies: Vec<EventBody>,
        guard: &Guard,
        durability: Durability,
    ) -> Result<Appended, SessionError> {
        let drafts = drafts("", &bodies)?;
        let appended = self.store.append_if(self.id, guard, &drafts, durability)?;
        let mut state = self.lock();
        if state.study.seq() + 1 == appended.first && state.unknown.is_none() {
            // Nothing of others lies between: no need to read back what was just written.
            for (seq, body) in (appended.first..).zip(bodies) {
                state.apply(&Event { seq, at: appended.at, body })?;
            }
        } else {
            self.catch_up(&mut state)?;
        }
        drop(state);
        if let Err(error) = self.snapshot_if_due() {
            // The events are safe; only the next cold start is slower.
            tracing::warn!(%error, "a snapshot of the study could not be written");
        }
        Ok(appended)
    }
}

fn exists(error: &store::StoreError) -> bool {
    matches!(error.kind, store::ErrorKind::StudyExists { .. } | store::ErrorKind::Moved { .. })
}

fn drafts(study: &str, bodies: &[EventBody]) -> Result<Vec<Draft>, SessionError> {
    let draft = |body: &EventBody| {
        let text = body.to_text();
        text.map(|text| Draft::new(body.kind(), text)).map_err(|source| SessionError::History {
            study: study.to_owned(),
            seq: 0,
            source,
        })
    };
    bodies.iter().map(draft).collect()
}
