//! Define-by-run: parameters that come to be when a program asks for them.
//!
//! A value is, in this order: what the trial has already; what was prepared when the trial was created (an enqueued
//! value, or the sampler's proposal over all that earlier trials suggested), where it fits the domain; else a draw
//! that depends on the study's seed, the trial and the name only. Suggestions are written with the trial's next event.

use search::TrialId;
use serde_json::Value as Json;
use space::Domain;
use study::Suggested;

use crate::{Session, SessionError, points, tell};

impl Session {
    /// The value of a parameter in a trial. In a study with a declared space, the value that the trial has.
    ///
    /// # Errors
    /// Where the domain does not go with what the study knows of the name ([`SessionError::Incompatible`]), or a
    /// declared space does not have it in this trial.
    pub fn suggest(&self, trial: TrialId, name: &str, domain: &Domain) -> Result<Json, SessionError> {
        let mut waiting = self.suggestions();
        let of_trial = waiting.entry(trial).or_default();
        let incompatible = |message: String| SessionError::Incompatible { name: name.to_owned(), message };
        if let Some(known) = of_trial.iter().find(|suggested| suggested.name == name) {
            known.domain.compatible(domain).map_err(|error| incompatible(error.to_string()))?;
            return Ok(known.value.clone());
        }
        // Another session may have named it meanwhile, with another domain.
        self.refresh()?;
        let state = self.lock();
        let record = tell::open_trial(&state.study, trial)?;
        if let Some(space) = &state.space {
            let declared = space.index(name).and_then(|i| space.parameters().get(i));
            let (Some(declared), Some(value)) = (declared, record.parameter(name)) else {
                return Err(SessionError::NotInTrial { name: name.to_owned(), trial });
            };
            declared.domain.compatible(domain).map_err(|error| incompatible(error.to_string()))?;
            return Ok(value);
        }
        state.study.suits(trial, name, domain).map_err(incompatible)?;
        if let Some(value) = record.parameter(name) {
            return Ok(value);
        }
        let prepared = record.prepared(name).and_then(|value| points::fitting(domain, value));
        let value = prepared.unwrap_or_else(|| {
            let mut stream = points::suggestion_stream(state.study.seed(), trial.0, name);
            domain.to_json(&domain.sample(&mut stream))
        });
        of_trial.push(Suggested {
            trial,
            name: name.to_owned(),
            domain: domain.clone(),
            value: value.clone(),
        });
        Ok(value)
    }

    /// Writes the suggestions that wait, so that others see them: done with every ending, and now and then by who
    /// shares a study.
    ///
    /// # Errors
    /// Where the store refuses, or another session suggested something incompatible meanwhile.
    pub fn flush_suggestions(&self) -> Result<(), SessionError> {
        let waiting = std::mem::take(&mut *self.suggestions());
        let bodies: Vec<_> = waiting.into_values().flatten().map(study::EventBody::Suggested).collect();
        if bodies.is_empty() {
            return Ok(());
        }
        let trials: Vec<TrialId> = bodies.iter().filter_map(study::EventBody::trial).collect();
        self.append(bodies, store::Durability::Committed)?;
        let state = self.lock();
        match trials.into_iter().find_map(|trial| state.study.conflict(trial)) {
            Some(conflict) => Err(SessionError::Incompatible {
                name: conflict.name.clone(),
                message: conflict.message.clone(),
            }),
            None => Ok(()),
        }
    }

    /// What a trial suggested and is not written yet.
    pub(crate) fn take_suggestions(&self, trial: TrialId) -> Vec<Suggested> {
        self.suggestions().remove(&trial).unwrap_or_default()
    }

    fn suggestions(&self) -> std::sync::MutexGuard<'_, std::collections::BTreeMap<TrialId, Vec<Suggested>>> {
        // A suggestion is pushed whole or not at all.
        self.suggested.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
