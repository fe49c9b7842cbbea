//! The derived files of a study, `results.jsonl` and `params.csv`: kept by one process at a time.
//!
//! They are a projection of the fold. Who holds the scribe lease writes them, about once a second and at its end.

use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use report::export::{Fold, Projection};
use session::Session;
use space::{Json, Space};
use store::{SCRIBE, StoreError};
use study::Trial;

use crate::post::{Hold, Post};

/// How often the files are brought up to date.
const EVERY: Duration = Duration::from_millis(800);

/// One process's part in keeping the files.
#[derive(Debug)]
pub(crate) struct Scribe {
    folder: PathBuf,
    post: Post,
    space: Option<Arc<Space>>,
    /// The files as this process left them.
    projection: Option<Projection>,
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
        Scribe { post: Post::new(SCRIBE, &folder, name), folder, space, projection: None, last: None }
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
        self.projection = None;
        Ok(self.post.leave(session)?)
    }

    fn write(&mut self, session: &Session) -> Result<(), ScribeError> {
        self.last = Some(session.clock().steady());
        let before = match self.post.hold(session)? {
            Hold::No => {
                self.projection = None;
                return Ok(());
            }
            // Another may have written meanwhile.
            Hold::Anew => None,
            Hold::Still => self.projection.take(),
        };
        let (space, folder) = (&self.space, &self.folder);
        let projection = session.with_study(|study| -> io::Result<Projection> {
            let source = Fold::new(study, space.as_deref());
            match before {
                Some(mut projection) => projection.update(&source).map(|_| projection),
                None => Projection::take_over(folder, &source),
            }
        })?;
        self.projection = Some(projection);
        Ok(())
    }
}

/// The configuration that a trial's program got; `None` where the space is not declared or has changed.
pub fn resolved(space: Option<&Space>, trial: Trial<'_>) -> Option<Json> {
    let space = space?;
    space.from_json(&trial.point()).ok().map(|point| space.resolve(&point))
}
