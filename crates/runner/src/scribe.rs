//! The derived files of a study, `results.jsonl` and `params.csv`: kept by one process at a time.
//!
//! They are a projection of the fold. Who holds the scribe lease writes them, about once a second and at its end.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use report::export::{Fold, Projection};
use session::{Liveness, Session};
use space::{Json, Space};
use store::{Acquired, Lease, SCRIBE, StoreError};
use study::{Study, Trial};

use crate::life::Locks;

/// How long a scribe may be silent before another takes over.
const TTL: Duration = Duration::from_secs(10);
/// How often the files are brought up to date.
const EVERY: Duration = Duration::from_millis(800);

/// One process's part in keeping the files.
#[derive(Debug)]
pub(crate) struct Scribe {
    folder: PathBuf,
    name: String,
    locks: Locks,
    space: Option<Arc<Space>>,
    held: Option<(Lease, Projection)>,
    /// By the steady clock.
    last: Option<Duration>,
}

/// Why the files could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ScribeError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("cannot write results.jsonl and params.csv: {0}")]
    Write(#[from] io::Error),
}

impl Scribe {
    pub(crate) fn new(folder: PathBuf, name: String, space: Option<Arc<Space>>) -> Self {
        Scribe { locks: Locks::new(&folder), folder, name, space, held: None, last: None }
    }

    /// Brings the files up to date if it is time and this process's part.
    pub(crate) fn tick(&mut self, session: &Session) -> Result<(), ScribeError> {
        let now = session.clock().steady();
        if self.last.is_some_and(|last| now.saturating_sub(last) < EVERY) {
            return Ok(());
        }
        self.write(session)
    }

    /// Brings the files up to date, and lets another have them.
    pub(crate) fn finish(&mut self, session: &Session) -> Result<(), ScribeError> {
        self.write(session)?;
        if let Some((lease, _)) = self.held.take() {
            session.store().release(&lease)?;
        }
        Ok(())
    }

    fn write(&mut self, session: &Session) -> Result<(), ScribeError> {
        self.last = Some(session.clock().steady());
        let Some(lease) = self.lease(session)? else { return Ok(()) };
        let space = self.space.clone();
        let folder = self.folder.clone();
        let before = self.held.take().map(|(_, projection)| projection);
        let projection = session.with_study(|study| -> io::Result<Projection> {
            let source = Fold::new(study, space.as_deref());
            match before {
                Some(mut projection) => projection.update(&source).map(|_| projection),
                None => Projection::take_over(&folder, &source),
            }
        })?;
        self.held = Some((lease, projection));
        Ok(())
    }

    /// The lease, renewed, acquired, or taken from one that died.
    fn lease(&mut self, session: &Session) -> Result<Option<Lease>, StoreError> {
        let store = session.store();
        if let Some((lease, _)) = &self.held
            && let Ok(renewed) = store.renew(lease, TTL)
        {
            return Ok(Some(renewed));
        }
        self.held = None;
        match store.acquire(session.id(), SCRIBE, &self.name, TTL)? {
            Acquired::Mine(lease) => Ok(Some(lease)),
            Acquired::Held(lease) if self.locks.is_alive(&lease.holder) == Some(false) => {
                store.steal(&lease, &self.name, TTL).map(Acquired::mine)
            }
            Acquired::Held(_) => Ok(None),
        }
    }
}

/// The configuration that a trial's program got; `None` where the space is not declared or has changed.
pub fn resolved(space: Option<&Space>, trial: Trial<'_>) -> Option<Json> {
    let space = space?;
    space.from_json(&trial.point()).ok().map(|point| space.resolve(&point))
}

/// The study file that a study was started from.
pub fn origin(study: &Study) -> Option<PathBuf> {
    study.attributes().get(crate::open::FILE)?.as_str().map(PathBuf::from)
}
