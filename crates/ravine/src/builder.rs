//! A study in a few lines: what is sought, what varies, how long, where it is kept.

use std::path::PathBuf;
use std::sync::Arc;

use search::SamplerSpec;
use session::{Answer, Declaration, Definition, Options, Session, SessionError, Told};
use space::{Declarations, SpaceError};
use store::{Memory, Sqlite, Store, StoreError};
use study::{DEFAULT_TRIALS, Objective, Settings, Study};

use crate::trial::{Outcome, Trial};

/// Why a study could not be built or driven.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The search, the log or the rules.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The database.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The declared space.
    #[error(transparent)]
    Space(#[from] SpaceError),
    /// A study of this name is there, and it is another one.
    #[error("the study `{study}` was created with another {}", keys.join(", "))]
    Changed {
        /// Its name.
        study: String,
        /// What differs.
        keys: Vec<String>,
    },
}

/// Seeks the least value.
pub fn minimize(name: impl Into<String>) -> Builder {
    Builder::new(name.into(), Objective::minimize("value"))
}

/// Seeks the greatest value.
pub fn maximize(name: impl Into<String>) -> Builder {
    Builder::new(name.into(), Objective::maximize("value"))
}

/// A study in the making.
#[derive(Clone, Debug)]
pub struct Builder {
    definition: Definition,
    database: Option<PathBuf>,
}

impl Builder {
    fn new(name: String, objective: Objective) -> Self {
        let mut settings = Settings { objectives: vec![objective], ..Settings::default() };
        settings.stop.trials = Some(DEFAULT_TRIALS);
        Builder { definition: Definition::new(name, 0, settings), database: None }
    }

    /// All randomness follows from it; 0 unless said. Below 2⁶³.
    #[must_use]
    pub fn seed(mut self, seed: u64) -> Self {
        self.definition.seed = seed;
        self
    }

    /// How many trials in all, those of earlier runs included; 100 unless said.
    #[must_use]
    pub fn trials(mut self, trials: u64) -> Self {
        self.definition.settings.stop.trials = Some(trials);
        self
    }

    /// How to look; chosen for you unless said.
    #[must_use]
    pub fn sampler(mut self, sampler: SamplerSpec) -> Self {
        self.definition.sampler = sampler;
        self
    }

    /// Declares what varies, with constraints over it. Without, each parameter is declared where a trial first asks
    /// for it.
    #[must_use]
    pub fn space(mut self, parameters: Declarations, constraints: &[&str]) -> Self {
        let constraints = constraints.iter().map(|constraint| (*constraint).to_owned()).collect();
        self.definition.space = Some(Declaration { parameters, constraints });
        self
    }

    /// Keeps the study in an SQLite file; the same program goes on with it. Without, it lives as long as the process.
    #[must_use]
    pub fn database(mut self, path: impl Into<PathBuf>) -> Self {
        self.database = Some(path.into());
        self
    }

    /// Opens the study, to ask and tell by oneself.
    ///
    /// # Errors
    /// A database that cannot be used, a space that contradicts itself, another study of the same name.
    pub fn open(&self) -> Result<Session, Error> {
        let store: Arc<dyn Store> = match &self.database {
            Some(path) => Arc::new(Sqlite::open(path)?),
            None => Arc::new(Memory::new()),
        };
        let name = format!("{}:{}", std::process::id(), self.definition.name);
        let session = Session::open_or_create(store, &self.definition, Options::named(name))?;
        let difference = self.definition.difference(&session.study())?;
        if !difference.refused.is_empty() {
            let mut keys: Vec<String> =
                difference.refused.iter().map(|change| change.topic().to_owned()).collect();
            keys.dedup();
            return Err(Error::Changed { study: self.definition.name.clone(), keys });
        }
        if !difference.applied.is_empty() {
            session.change_settings(self.definition.settings.clone())?;
        }
        Ok(session)
    }

    /// Runs trials, one after the other in this thread, until a limit is reached or every configuration was tried.
    ///
    /// # Errors
    /// As [`open`](Builder::open), and where the store or the sampler fail. A closure's error is none: its trial has
    /// failed.
    pub fn run(&self, mut objective: impl FnMut(&Trial<'_>) -> Outcome) -> Result<Study, Error> {
        let session = self.open()?;
        while let Answer::Trials(trials) = session.ask()? {
            for asked in trials {
                let told = match objective(&Trial::new(&session, &asked)) {
                    Ok(value) => Told::value(value),
                    Err(error) => Told::Failed(error.to_string()),
                };
                session.tell(asked.number, told)?;
            }
        }
        let study = session.study();
        session.close()?;
        Ok(study)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_closure_that_fails_ends_its_trial_and_not_the_search() {
        let study = minimize("moody")
            .trials(6)
            .run(|trial| if trial.number().0 % 2 == 0 { Err("not today".into()) } else { Ok(1.0) })
            .unwrap();
        assert_eq!((study.counts().failed, study.counts().complete), (3, 3));
    }

    #[test]
    fn the_same_database_goes_on_with_the_study() {
        let folder = tempfile::tempdir().unwrap();
        let study = |trials| {
            maximize("kept")
                .trials(trials)
                .database(folder.path().join("study.db"))
                .run(|trial| Ok(trial.float("x", 0.0, 1.0)?))
                .unwrap()
        };
        assert_eq!(study(4).len(), 4);
        assert_eq!(study(7).len(), 7);
    }

    #[test]
    fn a_declared_space_is_searched_whole_and_once() {
        let parameters: Declarations =
            serde_json::from_str(r#"{"n": {"int": [1, 4]}, "kind": {"choice": ["a", "b"]}}"#).unwrap();
        let mut seen = Vec::new();
        minimize("small")
            .space(parameters, &["n < 4"])
            .run(|trial| {
                seen.push(serde_json::Value::Object(trial.parameters().clone()).to_string());
                Ok(0.0)
            })
            .unwrap();
        seen.sort();
        seen.dedup();
        assert_eq!(seen.len(), 6);
    }
}
