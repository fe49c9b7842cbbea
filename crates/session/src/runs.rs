//! The lifecycle of runs: what whoever runs programs as trials tells of them.

use indexmap::IndexMap;
use search::TrialId;
use store::{Durability, Guard};
use study::schedule::Lease;
use study::{
    Course, Digests, EventBody, Foreseen, Real, Reported, RunEnd, RunEnded, RunKey, RunStarted, Stopped,
    Verdict,
};

use crate::{Claim, Session, SessionError};

impl Session {
    /// Claims attempts with what each holds, in one commit: of several processes that want a run one gets it. `None` for those
    /// where another has the run, or had this attempt, or the trial is over.
    ///
    /// # Errors
    /// The store refuses.
    pub fn start_runs(&self, runs: &[(RunKey, Lease)]) -> Result<Vec<Option<Claim>>, SessionError> {
        let epoch = self.attend()?;
        while let Some((free, head)) = self.free_as_of(runs)? {
            let free_runs = runs.iter().zip(&free).filter_map(|(run, free)| free.then_some(run));
            let bodies = free_runs.map(|(run, lease)| self.started(*run, epoch, lease)).collect();
            // Others may claim the next attempt of the same run at this moment, so it holds only for the log as it was seen.
            match self.append_if(bodies, &Guard::unchanged(head), Durability::Committed) {
                Err(SessionError::Store(error)) if error.is_conflict() => self.refresh()?,
                done => {
                    done?;
                    break;
                }
            };
        }
        // What the log says: a claim that was said to have failed may have been made.
        Ok(runs
            .iter()
            .map(|(run, _)| self.is_started(*run, epoch).then_some(Claim { run: *run, epoch }))
            .collect())
    }

    /// Whether this attempt is under way with this epoch.
    fn is_started(&self, run: RunKey, epoch: u64) -> bool {
        let state = self.lock();
        let record = state.study.trial(run.trial).and_then(|trial| trial.run(run));
        record.is_some_and(|record| record.epoch() == epoch && record.how().is_none())
    }

    fn started(&self, run: RunKey, epoch: u64, lease: &Lease) -> EventBody {
        let gpus = Some(lease.gpu_amount()).filter(|amount| *amount > 0.0).map(Real);
        let cpus = Some(lease.cpus()).filter(|cpus| *cpus != 1).map(|cpus| Real(f64::from(cpus)));
        let (host, lease) = (self.options.host.clone(), Some(Box::new(lease.clone())));
        EventBody::RunStarted(RunStarted { run, epoch, host, cpus, gpus, lease })
    }

    /// Which of these attempts are still to come, of runs that nobody has, and the last event known then; `None` where none
    /// is.
    fn free_as_of(&self, runs: &[(RunKey, Lease)]) -> Result<Option<(Vec<bool>, u64)>, SessionError> {
        let state = self.lock();
        let is_free = |run: RunKey| {
            let trial = crate::tell::find(&state.study, run.trial)?;
            let same = |key: RunKey| (key.stage, key.repetition) == (run.stage, run.repetition);
            let taken = |other: study::Run<'_>| {
                same(other.key()) && (other.how().is_none() || other.key().attempt >= run.attempt)
            };
            // Of a log that this version does not understand to its end nobody can tell.
            Ok(state.unknown.is_none() && !trial.state().is_ended() && !trial.runs().any(taken))
        };
        let free: Vec<bool> =
            runs.iter().map(|(run, _)| is_free(*run)).collect::<Result<_, SessionError>>()?;
        Ok(free.contains(&true).then(|| (free, state.study.seq())))
    }

    /// What follows for a trial as it is known here; `None` where it is over.
    pub fn course(&self, trial: TrialId) -> Option<Course> {
        let state = self.lock();
        state.study.course(&state.judge, trial, None)
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
        let mut before: Vec<EventBody> =
            self.take_suggestions(trial).into_iter().map(EventBody::Suggested).collect();
        before.push(EventBody::RunEnded(ended.clone()));
        let course = self.conclude(trial, &before, Some(&ended), durability)?;
        match course {
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
        self.conclude(trial, &[], None, durability)
    }

    /// Appends `before`, and the trial's ending if one follows. That it follows holds only for the log as it is known here:
    /// of an attempt that another gave up meanwhile the ending comes too late, and must not end the trial.
    fn conclude(
        &self,
        trial: TrialId,
        before: &[EventBody],
        ended: Option<&RunEnded>,
        durability: Durability,
    ) -> Result<Option<Course>, SessionError> {
        loop {
            let at = self.store.now_ms()?;
            let foreseen = ended.map(|ended| Foreseen { ended, at });
            let stopped = self.judge_repetitions(trial, foreseen)?;
            let (course, mut guard) = {
                let state = self.lock();
                crate::tell::find(&state.study, trial)?;
                let course = state.study.course_with(&state.judge, trial, foreseen, stopped);
                // Of a log that this version does not understand to its end, the end is not known here.
                let guard = state.unknown.is_none().then(|| Guard::unchanged(state.study.seq()));
                (course, guard.unwrap_or_default())
            };
            let mut bodies = before.to_vec();
            bodies.extend(stopped.map(|stopped| verdict(trial, stopped)));
            match &course {
                Some(Course::Over(ended)) => bodies.push(EventBody::TrialEnded((**ended).clone())),
                _ => guard = Guard::default(),
            }
            if bodies.is_empty() {
                return Ok(course);
            }
            match self.append_if(bodies, &guard, durability) {
                Err(SessionError::Store(error)) if error.is_conflict() => self.refresh()?,
                done => return done.map(|_| course),
            };
        }
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

/// The verdict of a rule that a trial ends after a repetition.
fn verdict(trial: TrialId, Stopped { repetition, compared }: Stopped) -> EventBody {
    let (step, values, verdict) = (compared, IndexMap::new(), Verdict::Prune);
    EventBody::Reported(Reported { trial, repetition, step, values, verdict })
}
