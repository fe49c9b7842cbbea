//! Asking and telling: what programs do that evaluate trials themselves.

use indexmap::IndexMap;
use search::{DecisionId, TrialId};
use store::{Durability, Guard};
use study::{
    Assignment, Command, Control, Digests, Ending, Enqueued, EventBody, How, Real, RunEnd, RunEnded, Source,
    Study, StudyTagged, TrialCreated, TrialEnded, TrialTagged,
};

use crate::request::Request;
use crate::state::State;
use crate::{Answer, Session, SessionError};

/// What a program tells of a trial's end.
#[derive(Clone, Debug, PartialEq)]
pub enum Told {
    /// One value per objective, in their order, as measured (not the minimised sense).
    Values(Vec<Real>),
    /// The same with their standard errors.
    Measured {
        /// One per objective.
        values: Vec<Real>,
        /// One per objective; NaN where unknown.
        errors: Vec<Real>,
    },
    /// Metrics by name, to be judged by the study's objectives and constraints.
    Metrics(IndexMap<String, Real>),
    /// What was [reported](Session::report) is all.
    Reported,
    /// It was stopped early; what was reported so far counts.
    Pruned,
    /// It has no usable value, for this reason.
    Failed(String),
}

impl Told {
    /// The value of a study with one objective.
    pub fn value(value: f64) -> Self {
        Told::Values(vec![Real(value)])
    }
}

/// A trial that was made elsewhere.
#[derive(Clone, Debug, PartialEq)]
pub struct Added {
    /// Its values by path, complete; in a define-by-run study whatever it had.
    pub parameters: Assignment,
    /// How it ended.
    pub told: Told,
    /// Notes.
    pub attributes: Assignment,
}

impl Added {
    fn events(&self, state: &State, trial: TrialId) -> Result<[EventBody; 2], SessionError> {
        let hash = match &state.space {
            Some(space) => Some(space.hash(&space.from_json(&self.parameters)?)),
            None => None,
        };
        let created = TrialCreated {
            decision: None,
            source: Source::User,
            hash,
            attributes: self.attributes.clone(),
            ..TrialCreated::sampled(trial, DecisionId(0), self.parameters.clone())
        };
        let ended = judged(state, trial, 0, self.told.clone(), &Digests::new(), 0)?;
        Ok([EventBody::TrialCreated(created), EventBody::TrialEnded(ended)])
    }
}

impl Session {
    /// Asks for a trial to run now.
    ///
    /// # Errors
    /// Where the sampler or the store fails. Asking has then changed nothing.
    pub fn ask(&self) -> Result<Answer, SessionError> {
        self.ask_many(1)
    }

    /// Asks for `count` trials at once, made one after the other with knowledge of each other, in one commit.
    ///
    /// # Errors
    /// As [`ask`](Session::ask).
    pub fn ask_many(&self, count: usize) -> Result<Answer, SessionError> {
        let epoch = Some(self.attend()?);
        self.decide(Request { endings: Vec::new(), events: Vec::new(), want: count, epoch })
    }

    /// Decides `count` trials ahead and leaves them queued, for whoever runs them.
    ///
    /// # Errors
    /// As [`ask`](Session::ask).
    pub fn plan(&self, count: usize) -> Result<Answer, SessionError> {
        self.decide(Request { endings: Vec::new(), events: Vec::new(), want: count, epoch: None })
    }

    /// Tells how a trial ended. When it returns the ending survives loss of power.
    ///
    /// # Errors
    /// Where there is no such trial, it is over, or the values do not fit the objectives. A NaN or a missing metric is
    /// no error: the trial has failed, and says so.
    pub fn tell(&self, trial: TrialId, told: Told) -> Result<(), SessionError> {
        let (_, events) = self.ending(trial, told)?;
        self.append(events, Durability::Synced)?;
        self.reports().remove(&trial);
        Ok(())
    }

    /// Tells how a trial ended and asks for the next, in one commit where nobody else interferes.
    ///
    /// # Errors
    /// As [`tell`](Session::tell) and [`ask`](Session::ask). Where only the asking fails, the ending is told all the same.
    pub fn tell_and_ask(&self, trial: TrialId, told: Told) -> Result<Answer, SessionError> {
        let epoch = Some(self.attend()?);
        let (ending, events) = self.ending(trial, told)?;
        let answer = self.decide(Request { endings: vec![ending], events, want: 1, epoch })?;
        self.reports().remove(&trial);
        Ok(answer)
    }

    /// Adds trials that were made elsewhere, with their results: imports, warm starts. They count as any other.
    ///
    /// # Errors
    /// Where a point is not of the declared space, or a result does not fit the objectives; then none is added.
    pub fn add_trials(&self, added: Vec<Added>) -> Result<Vec<TrialId>, SessionError> {
        let _one_decider = self.brain();
        loop {
            self.refresh()?;
            let (turns, numbers, bodies) = {
                let state = self.lock();
                let first = state.study.next_trial().0;
                let mut bodies = Vec::with_capacity(2 * added.len());
                for (number, trial) in (first..).map(TrialId).zip(&added) {
                    bodies.extend(trial.events(&state, number)?);
                }
                let turns = state.study.turns();
                (turns, (first..first + added.len() as u64).map(TrialId), bodies)
            };
            let guard = Guard::default().deciding(turns..turns + added.len() as u64);
            match self.append_if(bodies, &guard, Durability::Synced) {
                // Another decided meanwhile: the numbers are taken.
                Err(SessionError::Store(error)) if error.is_conflict() => {}
                done => return done.map(|_| numbers.collect()),
            }
        }
    }

    /// Puts a point in the queue: it is tried before what the sampler has in mind. Parameters that it leaves open take
    /// their defaults, or are drawn. With a result it is not run but counts as told.
    ///
    /// # Errors
    /// Where the point is not of the declared space.
    pub fn enqueue(&self, entry: Enqueued) -> Result<(), SessionError> {
        if let Some(space) = self.space() {
            space.partial(&entry.point)?;
        }
        self.append(vec![EventBody::Enqueued(entry)], Durability::Synced)?;
        Ok(())
    }

    /// Stops, pauses or resumes the study, for all who drive it.
    ///
    /// # Errors
    /// Where the store refuses.
    pub fn control(&self, command: Command, who: Option<String>) -> Result<(), SessionError> {
        self.append(vec![EventBody::Control(Control { command, who })], Durability::Synced)?;
        Ok(())
    }

    /// Notes something on a trial; null takes a note away.
    ///
    /// # Errors
    /// Where there is no such trial.
    pub fn tag_trial(&self, trial: TrialId, attributes: Assignment) -> Result<(), SessionError> {
        find(&self.lock().study, trial)?;
        self.append(vec![EventBody::TrialTagged(TrialTagged { trial, attributes })], Durability::Committed)?;
        Ok(())
    }

    /// Notes something on the study; null takes a note away.
    ///
    /// # Errors
    /// Where the store refuses.
    pub fn tag_study(&self, attributes: Assignment) -> Result<(), SessionError> {
        self.append(vec![EventBody::StudyTagged(StudyTagged { attributes })], Durability::Committed)?;
        Ok(())
    }

    /// The events that end a trial, the ending last.
    fn ending(&self, trial: TrialId, told: Told) -> Result<(TrialEnded, Vec<EventBody>), SessionError> {
        let mut events: Vec<EventBody> =
            self.take_suggestions(trial).into_iter().map(EventBody::Suggested).collect();
        let (digests, step) = match self.reports().get(&trial) {
            Some(reports) => (reports.digests(), reports.last_step()),
            None => (Digests::new(), 0),
        };
        let now = self.store.now_ms()?;
        let state = self.lock();
        let record = open_trial(&state.study, trial)?;
        let ended = judged(&state, trial, record.round(), told, &digests, step)?;
        if !digests.is_empty() {
            events.extend(record.runs().rev().find(|run| run.how().is_none()).map(|run| {
                let how = match ended.state {
                    Ending::Complete => How::Ok,
                    Ending::Pruned => How::Pruned,
                    Ending::Failed => How::Failed,
                };
                let seconds = now.saturating_sub(run.started_at()) as f64 / 1000.0;
                let end = RunEnd { reached: Some(step), ..RunEnd::new(how, seconds) };
                EventBody::RunEnded(RunEnded { run: run.key(), epoch: run.epoch(), end, metrics: digests })
            }));
        }
        events.push(EventBody::TrialEnded(ended.clone()));
        Ok((ended, events))
    }
}

/// The ending that what was told makes, with the reports so far and the last step of them.
fn judged(
    state: &State,
    trial: TrialId,
    round: u32,
    told: Told,
    digests: &Digests,
    step: u64,
) -> Result<TrialEnded, SessionError> {
    let (study, judge) = (&state.study, &state.judge);
    Ok(match told {
        Told::Values(values) => valued(study, judge, trial, round, values, Vec::new(), digests)?,
        Told::Measured { values, errors } => valued(study, judge, trial, round, values, errors, digests)?,
        Told::Metrics(metrics) => {
            let mut all = digests.clone();
            all.extend(study::told(&metrics));
            judge.complete(trial, round, &all)
        }
        Told::Reported => judge.complete(trial, round, digests),
        Told::Pruned => judge.pruned(trial, round, step, digests),
        Told::Failed(message) => judge.failed(trial, round, &message, digests),
    })
}

fn valued(
    study: &Study,
    judge: &study::Judge,
    trial: TrialId,
    round: u32,
    values: Vec<Real>,
    errors: Vec<Real>,
    digests: &Digests,
) -> Result<TrialEnded, SessionError> {
    let objectives = &study.settings().objectives;
    let (found, wanted) = (values.len(), objectives.len());
    if found != wanted || !(errors.is_empty() || errors.len() == wanted) {
        return Err(SessionError::ValueCount { trial, found, wanted });
    }
    if judge.violations() > 0 {
        return Err(SessionError::MetricsWanted { trial });
    }
    if let Some((_, objective)) = values.iter().zip(objectives).find(|(value, _)| value.is_nan()) {
        let reason = format!("`{}` is not a number (nan)", objective.title());
        return Ok(judge.failed(trial, round, &reason, digests));
    }
    let mut ended = judge.failed(trial, round, "", digests);
    for (objective, value) in objectives.iter().zip(&values) {
        ended.metrics.entry(objective.title().to_owned()).or_insert(*value);
    }
    Ok(TrialEnded { state: Ending::Complete, message: None, values, errors, ..ended })
}

pub(crate) fn find(study: &Study, trial: TrialId) -> Result<study::Trial<'_>, SessionError> {
    study.trial(trial).ok_or_else(|| SessionError::NoSuchTrial {
        study: study.name().to_owned(),
        trial,
        count: study.len(),
    })
}

pub(crate) fn open_trial(study: &Study, trial: TrialId) -> Result<study::Trial<'_>, SessionError> {
    let found = find(study, trial)?;
    if found.state().is_ended() {
        Err(SessionError::Ended { trial, state: found.state() })
    } else {
        Ok(found)
    }
}
