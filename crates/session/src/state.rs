//! The fold as a session holds it: the study, its rules compiled, and what the sampler has not learned yet.

use std::sync::Arc;

use search::Observed;
use space::Space;
use store::Row;
use study::history::{self, Decoded};
use study::{Event, EventBody, Judge, Reader, Study};

use crate::SessionError;

/// What follows from the log up to `study.seq()`.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) study: Study,
    pub(crate) judge: Arc<Judge>,
    /// The declared space.
    pub(crate) space: Option<Arc<Space>>,
    /// What happened since the sampler learned last; `None` while there is no sampler to learn it.
    feed: Option<Feed>,
    /// The same for the rule that stops runs early.
    rule_feed: Option<Feed>,
    /// How many events came by reading the log, and not by appending to it.
    pub(crate) heard: u64,
    /// The first kind of event met that this version does not know. The fold stops before it.
    pub(crate) unknown: Option<String>,
}

/// Events on their way to a sampler or a rule.
#[derive(Debug)]
struct Feed {
    space: Arc<Space>,
    reader: Reader,
    observed: Vec<Observed>,
    /// Whether what was read is still what happened: who looked ahead may be mistaken (invariant LAG).
    holds: bool,
}

impl Feed {
    fn begin(study: &Study, judge: &Judge, space: &Arc<Space>) -> (Feed, Vec<Observed>) {
        let (reader, observed) = study.observed(judge, space);
        (Feed { space: Arc::clone(space), reader, observed: Vec::new(), holds: true }, observed)
    }

    fn take_in(&mut self, study: &Study, judge: &Judge, body: &EventBody) {
        let Feed { space, reader, observed, holds } = self;
        *holds = *holds && study.observe(reader, body, judge, space, observed);
    }
}

impl State {
    /// The state of a study of which nothing is known but a snapshot, if there is one.
    pub(crate) fn new(study: Study) -> Result<Self, SessionError> {
        let judge = Arc::new(Judge::new(study.settings())?);
        let space = declared(&study)?;
        let (feed, rule_feed) = (None, None);
        Ok(State { study, judge, space, feed, rule_feed, heard: 0, unknown: None })
    }

    /// Takes in one event that follows the last one.
    pub(crate) fn apply(&mut self, event: &Event) -> Result<(), SessionError> {
        if self.unknown.is_some() {
            return Ok(());
        }
        self.study
            .apply(event)
            .map_err(|source| SessionError::Fold { study: self.study.name().to_owned(), source })?;
        for feed in self.feed.iter_mut().chain(&mut self.rule_feed) {
            feed.take_in(&self.study, &self.judge, &event.body);
        }
        match &event.body {
            EventBody::StudyCreated(_) => {
                self.judge = Arc::new(Judge::new(self.study.settings())?);
                self.space = declared(&self.study)?;
            }
            EventBody::SettingsChanged(_) => self.judge = Arc::new(Judge::new(self.study.settings())?),
            _ => {}
        }
        Ok(())
    }

    /// Takes in one event as the store shows it.
    pub(crate) fn apply_row(&mut self, row: Row<'_>) -> Result<(), SessionError> {
        self.heard += 1;
        let decoded = history::decode_for_fold(row.kind, row.body).map_err(|source| {
            SessionError::History { study: self.study.name().to_owned(), seq: row.seq, source }
        })?;
        match decoded {
            Decoded::Known(body) => self.apply(&Event { seq: row.seq, at: row.at, body: *body }),
            Decoded::Unknown { kind } => {
                self.unknown.get_or_insert(kind);
                Ok(())
            }
        }
    }

    /// All that happened so far, for a sampler that has just been built for `space`; from now on the feed keeps what
    /// comes.
    pub(crate) fn start_feed(&mut self, space: &Arc<Space>) -> Vec<Observed> {
        let (feed, observed) = Feed::begin(&self.study, &self.judge, space);
        self.feed = Some(feed);
        observed
    }

    /// What happened since the last call; `None` where the feed does not run.
    pub(crate) fn take_feed(&mut self) -> Option<Vec<Observed>> {
        let feed = self.feed.as_mut().filter(|feed| feed.holds)?;
        Some(std::mem::take(&mut feed.observed))
    }

    /// What a rule learns that stops runs early: what happened since the last call, or all where it is new.
    pub(crate) fn rule_feed(&mut self, space: &Arc<Space>, is_new: bool) -> Vec<Observed> {
        match &mut self.rule_feed {
            Some(feed) if !is_new => std::mem::take(&mut feed.observed),
            none => {
                let (feed, observed) = Feed::begin(&self.study, &self.judge, space);
                *none = Some(feed);
                observed
            }
        }
    }

    /// Under a lag: the next outcome that turn number `turns` would not see, for a sampler that waits for it; `None` where
    /// that is not there, or somebody else has decided that turn (invariant LAG).
    pub(crate) fn look_ahead(&mut self, turns: u64) -> Option<Vec<Observed>> {
        let feed = self.feed.as_mut()?;
        if self.study.turns() != turns || !feed.observed.is_empty() || !feed.holds {
            return None;
        }
        let mut more = Vec::new();
        let found = self.study.look_ahead(&mut feed.reader, &self.judge, &feed.space, &mut more);
        found.then_some(more)
    }

    /// With how many outcomes the next turn is made, where that is more than the lag gives.
    pub(crate) fn seen(&self) -> Option<u64> {
        self.feed.as_ref().and_then(|feed| feed.reader.seen())
    }

    /// Passes over the oldest entries that wait: the sampler learned them in advance.
    pub(crate) fn skip_feed(&mut self, count: usize) {
        if let Some(feed) = &mut self.feed {
            feed.observed.drain(..count.min(feed.observed.len()));
        }
    }

    /// Drops what waits: the sampler that it was for is gone.
    pub(crate) fn stop_feed(&mut self) {
        self.feed = None;
    }
}

fn declared(study: &Study) -> Result<Option<Arc<Space>>, SessionError> {
    let Some(json) = study.space() else { return Ok(None) };
    let declared: spec::Declaration = serde::Deserialize::deserialize(json).map_err(|source| {
        SessionError::Declaration { study: study.name().to_owned(), what: "space", source }
    })?;
    Ok(Some(Arc::new(declared.build()?)))
}
