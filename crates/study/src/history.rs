//! Between events and what a store keeps of them: a kind and a JSON text.
//!
//! Old kinds are lifted here, when there are any: a kind never changes meaning, so a change is a new kind, and
//! `decode` turns the old one into it. Kinds of newer versions come back as [`Decoded::Unknown`]: who meets
//! one stops deciding, since its fold would not be the history's, but finishes the runs that it has.

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::event::*;
use crate::{Digest, Mark, Real};

/// The version of the log's format as a whole. Raised when a reader of the old version would go wrong.
pub const FORMAT: u32 = 1;

/// A stored event, read.
#[derive(Clone, Debug, PartialEq)]
pub enum Decoded {
    /// One that this version knows.
    Known(Box<EventBody>),
    /// One of a newer version.
    Unknown {
        /// Its kind.
        kind: String,
    },
}

/// Why a stored event could not be read or written.
#[derive(Debug, thiserror::Error)]
#[error("a `{kind}` event is damaged: {source}")]
pub struct HistoryError {
    /// Its kind.
    pub kind: String,
    /// What is wrong with its text.
    pub source: serde_json::Error,
}

macro_rules! kinds {
    ($($variant:ident = $kind:literal),+ $(,)?) => {
        /// The name of every kind of event, in the order of [`EventBody`].
        pub const KINDS: &[&str] = &[$($kind),+];

        impl EventBody {
            /// The name that the log has for this kind of event.
            pub fn kind(&self) -> &'static str {
                match self { $(EventBody::$variant(_) => $kind),+ }
            }

            /// The JSON text that the log keeps beside the kind.
            pub fn to_text(&self) -> Result<String, HistoryError> {
                let text = match self { $(EventBody::$variant(body) => serde_json::to_string(body)),+ };
                text.map_err(|source| HistoryError { kind: self.kind().to_owned(), source })
            }
        }

        fn parse(kind: &str, text: &str) -> Option<Result<EventBody, serde_json::Error>> {
            match kind {
                $($kind => Some(serde_json::from_str(text).map(EventBody::$variant)),)+
                _ => None,
            }
        }
    };
}

kinds! {
    StudyCreated = "study-created",
    SettingsChanged = "settings-changed",
    RunnerStarted = "runner-started",
    RunnerStopped = "runner-stopped",
    Enqueued = "enqueued",
    TrialCreated = "trial-created",
    TrialContinued = "trial-continued",
    TrialRepeated = "trial-repeated",
    Suggested = "suggested",
    RunStarted = "run-started",
    Reported = "reported",
    RunEnded = "run-ended",
    TrialEnded = "trial-ended",
    TrialTagged = "trial-tagged",
    StudyTagged = "study-tagged",
    Control = "control",
}

/// Reads a stored event, whole.
pub fn decode(kind: &str, text: &str) -> Result<Decoded, HistoryError> {
    wrap(kind, parse(kind, text))
}

/// Reads a stored event as the fold needs it: without the points of curves, which are most of a long history's
/// bytes and which [`crate::Study`] does not keep.
pub fn decode_for_fold(kind: &str, text: &str) -> Result<Decoded, HistoryError> {
    if kind != "run-ended" {
        return decode(kind, text);
    }
    wrap(kind, Some(serde_json::from_str::<LeanRunEnded>(text).map(|lean| EventBody::RunEnded(lean.into()))))
}

fn wrap(kind: &str, parsed: Option<Result<EventBody, serde_json::Error>>) -> Result<Decoded, HistoryError> {
    match parsed {
        Some(Ok(body)) => Ok(Decoded::Known(Box::new(body))),
        Some(Err(source)) => Err(HistoryError { kind: kind.to_owned(), source }),
        None => Ok(Decoded::Unknown { kind: kind.to_owned() }),
    }
}

/// [`RunEnded`], its curves skipped.
#[derive(Deserialize)]
struct LeanRunEnded {
    run: RunKey,
    epoch: u64,
    end: RunEnd,
    #[serde(default)]
    metrics: indexmap::IndexMap<String, LeanDigest>,
}

#[derive(Deserialize)]
struct LeanDigest {
    count: u64,
    first: Mark,
    last: Mark,
    #[serde(default)]
    min: Option<Mark>,
    #[serde(default)]
    max: Option<Mark>,
    #[serde(default, rename = "points")]
    _points: IgnoredAny,
}

impl From<LeanRunEnded> for RunEnded {
    fn from(lean: LeanRunEnded) -> Self {
        let digest = |d: LeanDigest| {
            let points = Vec::<(u64, Real)>::new();
            Digest { count: d.count, first: d.first, last: d.last, min: d.min, max: d.max, points }
        };
        let metrics = lean.metrics.into_iter().map(|(name, d)| (name, digest(d))).collect();
        RunEnded { run: lean.run, epoch: lean.epoch, end: lean.end, metrics }
    }
}
