//! The lifecycle of runs: what whoever runs programs as trials tells of them.

use search::TrialId;
use store::Durability;
use study::{Course, Digests, EventBody, Foreseen, Real, RunEnd, RunEnded, RunKey, RunStarted};

use crate::{Claim, Session, SessionError};

impl Session {
    /// Claims an attempt: of several processes that want it one gets it. The answer is `None` where another was
    /// faster, or the trial is over.
    ///
    /// # Errors
    /// Where there is no such trial, or the store refuses.
    pub fn start_run(
        &self,
        run: RunKey,
        cpus: Option<f64>,
        gpus: Option<f64>,
    ) -> Result<Option<Claim>, SessionError> {
        let epoch = self.attend()?;
        crate::tell::find(&self.lock().study, run.trial)?;
        let host = self.options.host.clone();
        let started = RunStarted { run, epoch, host, cpus: cpus.map(Real), gpus: gpus.map(Real) };
        self.append(vec![EventBody::RunStarted(started)], Durability::Committed)?;
        let state = self.lock();
        let held = state.study.trial(run.trial).and_then(|trial| trial.run(run));
        let ours = held.is_some_and(|held| held.epoch() == epoch && held.how().is_none());
        Ok(ours.then_some(Claim { run, epoch }))
    }

    /// The number of the next attempt of a run.
    pub fn next_attempt(&self, trial: TrialId, stage: u32, repetition: u32) -> RunKey {
        let state = self.lock();
        let same = |key: &RunKey| (key.stage, key.repetition) == (stage, repetition);
        let runs = state.study.trial(trial).into_iter().flat_map(|trial| trial.runs().map(|run| run.key()));
        let attempt = runs.filter(same).map(|key| key.attempt + 1).max().unwrap_or(0);
        RunKey { trial, stage, repetition, attempt }
    }

    /// Tells how an attempt ended, and ends its trial where that follows from it, in one commit. Returns what follows;
    /// `None` where the trial is over already: what comes too late changes nothing (invariant FIRST ENDING WINS). Nobody may
    /// be told of an ending that is only committed before the next [`sync`](Session::sync) (invariant NOTHING LOST).
    ///
    /// # Errors
    /// Where there is no such trial, or the store refuses.
    pub fn end_run(
        &self,
        claim: Claim,
        end: RunEnd,
        metrics: Digests,
        durability: Durability,
    ) -> Result<Option<Course>, SessionError> {
        let trial = claim.run.trial;
        let ended = RunEnded { run: claim.run, epoch: claim.epoch, end, metrics };
        let foreseen = {
            let state = self.lock();
            crate::tell::find(&state.study, trial)?;
            let at = self.options.clock.now_ms();
            state.study.course(&state.judge, trial, Some(Foreseen { ended: &ended, at }))
        };
        let mut bodies: Vec<EventBody> =
            self.take_suggestions(trial).into_iter().map(EventBody::Suggested).collect();
        bodies.push(EventBody::RunEnded(ended));
        if let Some(Course::Over(ended)) = &foreseen {
            bodies.push(EventBody::TrialEnded((**ended).clone()));
        }
        self.append(bodies, durability)?;
        match foreseen {
            Some(Course::Open { .. }) => self.settle(trial, durability),
            other => Ok(other),
        }
    }

    /// What follows for a trial as it is known here, and its ending in the log where it is over: two processes that each
    /// ended a repetition of it, and one that died between, leave that to be said.
    ///
    /// # Errors
    /// Where the store refuses.
    pub fn settle(&self, trial: TrialId, durability: Durability) -> Result<Option<Course>, SessionError> {
        let course = {
            let state = self.lock();
            state.study.course(&state.judge, trial, None)
        };
        if let Some(Course::Over(ended)) = &course {
            self.append(vec![EventBody::TrialEnded((**ended).clone())], durability)?;
        }
        Ok(course)
    }

    /// Makes everything that was appended so far survive loss of power.
    ///
    /// # Errors
    /// Where the store refuses.
    pub fn sync(&self) -> Result<(), SessionError> {
        self.append(Vec::new(), Durability::Synced)?;
        Ok(())
    }
}
