//! What can go wrong with a session: an error says what was tried, why it failed, and what would be right.

use search::SearchError;
use space::{SpaceError, SpaceErrors};
use store::StoreError;
use study::history::HistoryError;
use study::{FoldError, SettingsError, SnapshotError, State, TrialId};

/// A failed call of a [`Session`](crate::Session). The study is as it was before the call, or as others made it.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// The store could not keep or give back what was asked.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log's events do not follow from one another.
    #[error("study `{study}`: {source}")]
    Fold {
        /// The study's name.
        study: String,
        /// What does not follow.
        source: FoldError,
    },
    /// An event's text could not be read or written.
    #[error("study `{study}`, event {seq}: {source}")]
    History {
        /// The study's name.
        study: String,
        /// The event; 0 for one that was about to be written.
        seq: u64,
        /// What is wrong with it.
        source: HistoryError,
    },
    /// A later version of ravine wrote to the study. Its runs can be finished here, but nothing new is decided.
    #[error(
        "study `{study}` holds `{kind}` events, which a later version of ravine wrote and this one does not know; \
         update ravine to go on with it"
    )]
    Newer {
        /// The study's name.
        study: String,
        /// The kind that is not known.
        kind: String,
    },
    /// The sampler cannot work here, or found nothing.
    #[error("study `{study}`: {source}")]
    Search {
        /// The study's name.
        study: String,
        /// Why.
        source: SearchError,
    },
    /// The objectives or constraints are no rules to judge by.
    #[error(transparent)]
    Settings(#[from] SettingsError),
    /// The declared space contradicts itself.
    #[error(transparent)]
    Declared(#[from] SpaceErrors),
    /// A point is not one of the space.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// What the log says of the space or the sampler is not in this version's form.
    #[error("study `{study}`: its {what} cannot be read: {source}")]
    Declaration {
        /// The study's name.
        study: String,
        /// `space`, `sampler` or `transfer`.
        what: &'static str,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// The fold's state could not be written as a snapshot.
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    /// A trial that was never created.
    #[error("there is no trial {}; study `{study}` has {count}", .trial.0)]
    NoSuchTrial {
        /// The study's name.
        study: String,
        /// The number asked for.
        trial: TrialId,
        /// How many trials there are.
        count: usize,
    },
    /// A trial that is over takes no more results.
    #[error("trial {} is {} already; its first ending counts", .trial.0, .state.name())]
    Ended {
        /// The trial.
        trial: TrialId,
        /// How it ended.
        state: State,
    },
    /// A result that does not fit the study's objectives.
    #[error("trial {} was told {found} values, and the study has {wanted} objectives", .trial.0)]
    ValueCount {
        /// The trial.
        trial: TrialId,
        /// How many values were told.
        found: usize,
        /// How many there should be.
        wanted: usize,
    },
    /// Values alone do not say whether the outcome constraints hold.
    #[error("trial {}: the study has outcome constraints; tell metrics by name, so that they can be looked at", .trial.0)]
    MetricsWanted {
        /// The trial.
        trial: TrialId,
    },
    /// A suggestion that does not go with what the study knows of the parameter.
    #[error("parameter `{name}`: {message}")]
    Incompatible {
        /// The parameter.
        name: String,
        /// What does not fit.
        message: String,
    },
    /// A suggestion for a parameter that the declared space does not have, or that is not active.
    #[error("parameter `{name}` is not in trial {}: the study's space is declared, and its trials' parameters with it", .trial.0)]
    NotInTrial {
        /// The parameter.
        name: String,
        /// The trial.
        trial: TrialId,
    },
    /// Others decided again and again while this one tried.
    #[error("study `{study}`: others decided {tries} times in a row while this process tried to; try again")]
    Contended {
        /// The study's name.
        study: String,
        /// How often it was tried.
        tries: u32,
    },
}
