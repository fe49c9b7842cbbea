//! The lifecycle of runs: what whoever runs programs as trials tells of them.

use search::TrialId;
use store::Durability;
use study::{Digests, EventBody, How, Real, RunEnd, RunEnded, RunKey, RunStarted, TrialEnded};

use crate::tell::open_trial;
use crate::{Claim, Session, SessionError};

/// What follows for a trial from the end of its last run.
#[derive(Clone, Debug, PartialEq)]
pub enum Consequence {
    /// The trial is complete if the metrics bear it, else failed.
    Judge(Digests),
    /// The trial was stopped early at this step, with these metrics.
    Prune {
        /// The step.
        step: u64,
        /// What it had reported by then.
        metrics: Digests,
    },
    /// The trial has failed, for this reason, with these metrics.
    Fail {
        /// Why.
        message: String,
        /// What it had reported by then.
        metrics: Digests,
    },
    /// It goes on: another attempt, stage or repetition follows.
    GoesOn,
}

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

    /// Tells how an attempt ended and what follows for its trial, in one commit. Returns the trial's ending if this call
    /// made it. What comes too late changes nothing (invariant FIRST ENDING WINS). Nobody may be told of an ending that is
    /// only committed before the next [`sync`](Session::sync) (invariant NOTHING LOST).
    ///
    /// # Errors
    /// Where there is no such trial, or the store refuses.
    pub fn end_run(
        &self,
        claim: Claim,
        end: RunEnd,
        metrics: Digests,
        consequence: Consequence,
        durability: Durability,
    ) -> Result<Option<TrialEnded>, SessionError> {
        let trial = claim.run.trial;
        let mut bodies: Vec<EventBody> =
            self.take_suggestions(trial).into_iter().map(EventBody::Suggested).collect();
        bodies.push(EventBody::RunEnded(RunEnded { run: claim.run, epoch: claim.epoch, end, metrics }));
        let ended = self.conclude(trial, consequence)?;
        bodies.extend(ended.clone().map(EventBody::TrialEnded));
        self.append(bodies, durability)?;
        Ok(ended)
    }

    /// Makes everything that was appended so far survive loss of power.
    ///
    /// # Errors
    /// Where the store refuses.
    pub fn sync(&self) -> Result<(), SessionError> {
        self.append(Vec::new(), Durability::Synced)?;
        Ok(())
    }

    /// Tells how an attempt ended that was a trial's only one: successful ones are judged, others have failed.
    ///
    /// # Errors
    /// As [`end_run`](Session::end_run).
    pub fn end_only_run(
        &self,
        claim: Claim,
        end: RunEnd,
        metrics: Digests,
    ) -> Result<Option<TrialEnded>, SessionError> {
        let consequence = match end.how {
            How::Ok => Consequence::Judge(metrics.clone()),
            How::Pruned => Consequence::Prune { step: end.reached.unwrap_or(0), metrics: metrics.clone() },
            How::Lost => Consequence::GoesOn,
            How::Failed | How::Timeout | How::Killed => {
                let message = end.message.clone().unwrap_or_else(|| reason(&end));
                Consequence::Fail { message, metrics: metrics.clone() }
            }
        };
        self.end_run(claim, end, metrics, consequence, Durability::Synced)
    }

    fn conclude(&self, trial: TrialId, consequence: Consequence) -> Result<Option<TrialEnded>, SessionError> {
        let state = self.lock();
        let round = match open_trial(&state.study, trial) {
            Ok(trial) => trial.round(),
            Err(SessionError::Ended { .. }) => return Ok(None),
            Err(error) => return Err(error),
        };
        let judge = &state.judge;
        Ok(match consequence {
            Consequence::Judge(metrics) => Some(judge.complete(trial, round, &metrics)),
            Consequence::Prune { step, metrics } => Some(judge.pruned(trial, round, step, &metrics)),
            Consequence::Fail { message, metrics } => Some(judge.failed(trial, round, &message, &metrics)),
            Consequence::GoesOn => None,
        })
    }
}

fn reason(end: &RunEnd) -> String {
    match (end.how, end.exit_code, end.signal) {
        (How::Timeout, ..) => "it ran past its time limit".to_owned(),
        (How::Killed, ..) => "it was ended".to_owned(),
        (_, Some(code), _) => format!("it ended with exit code {code}"),
        (_, _, Some(signal)) => format!("it was ended by signal {signal}"),
        _ => "it could not be started".to_owned(),
    }
}
