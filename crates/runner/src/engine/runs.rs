//! What becomes of the runs: endings recorded, orders to end, runs of dead runners taken over.

use std::collections::BTreeMap;

use exec::{Executor, RunId, RunNews};
use indexmap::IndexMap;
use session::Claim;
use store::Durability;
use study::{Course, Due, How, Phase, Real, RunEnded, RunKey, Study, TrialId, Verdict};

use super::{Desk, Engine};
use crate::RunnerError;
use crate::dispatcher::{Finish, Input};
use crate::watch::Happening;

impl<E: Executor, D: Desk> Engine<E, D> {
    pub(super) fn take(&mut self, news: RunNews) -> Result<Vec<Input>, RunnerError> {
        match news {
            RunNews::Started { .. } => Ok(Vec::new()),
            RunNews::Reported { id, index, step, values } => {
                self.see(&Happening::Reported { run: id.run, step, values: &values });
                // A program that names no step is at its so many-th report.
                self.judge(id, step.unwrap_or(index), &values)
            }
            RunNews::Ended(ended) => self.ended(*ended),
        }
    }

    /// Asks the study's rule whether a run goes on.
    fn judge(
        &mut self,
        id: RunId,
        step: u64,
        values: &IndexMap<String, Real>,
    ) -> Result<Vec<Input>, RunnerError> {
        let claim = self.claims.get(&id.run).copied().filter(|claim| claim.epoch == id.epoch);
        let Some(claim) = claim.filter(|_| self.prunes && !self.asked.contains(&id.run)) else {
            return Ok(Vec::new());
        };
        if self.session.report_run(claim, step, values)? != Verdict::Prune {
            return Ok(Vec::new());
        }
        self.asked.insert(id.run);
        let message = format!("stopped by the pruner at step {step}");
        self.executor.stop(id, How::Pruned, Some(message));
        // The trial's other repetitions are of no use any more.
        Ok(match self.session.course(id.run.trial) {
            Some(Course::Open { due, unwanted }) => vec![self.narrow(id.run.trial, &due, unwanted)],
            _ => Vec::new(),
        })
    }

    /// A trial goes on with these runs only: others that are under way are ended, and others that wait never start.
    pub(super) fn narrow(&mut self, trial: TrialId, due: &[Due], unwanted: Vec<RunKey>) -> Input {
        unwanted.into_iter().for_each(|run| self.unwanted(run));
        Input::Wanted(trial, due.iter().map(|due| due.run).collect())
    }

    /// Records an ending. The supervisor forgets it, and others hear of it, once it is synced.
    pub(super) fn ended(&mut self, ended: RunEnded) -> Result<Vec<Input>, RunnerError> {
        let RunEnded { run, epoch, end, metrics } = ended;
        let id = RunId { run, epoch };
        if self.claims.get(&run).is_none_or(|claim| claim.epoch != epoch) {
            // Told twice, dismissed, or recorded by another: its ending is in the log, perhaps since a moment ago.
            if !self.unsynced.contains(&id) {
                self.session.sync()?;
                self.executor.acknowledge(id);
            }
            return Ok(Vec::new());
        }
        let was_asked = self.asked.remove(&run);
        // Ended by nobody's wish and no program's fault: its supervisor cannot hold it.
        let is_kept_out = end.how == How::Killed && !was_asked && epoch == self.epoch;
        let message = end.message.clone().unwrap_or_default();
        let course = self.session.end_run(Claim { run, epoch }, end, metrics, Durability::Committed)?;
        self.unsynced.push(id);
        self.claims.remove(&run);
        if is_kept_out {
            self.flush()?;
            // Not the next trial either: a full disk must not use up the study's trials.
            return Err(RunnerError::KeptOut { trial: run.trial.0, message });
        }
        // What is due of the trial comes before its room is given out: it may go on where it is.
        let mut inputs = Vec::new();
        match course {
            // Ended with the study: it is run again when the study goes on.
            Some(Course::Open { .. }) if was_asked && self.dispatcher.is_ending() => {}
            Some(Course::Open { due, unwanted }) => {
                inputs.push(self.narrow(run.trial, &due, unwanted));
                inputs.push(Input::Due(self.requests(due)));
            }
            over => {
                self.over.extend(over.is_some().then_some(run.trial));
                self.points.remove(&run.trial);
                inputs.push(Input::Wanted(run.trial, Vec::new()));
            }
        }
        inputs.push(Input::Ended(run));
        Ok(inputs)
    }

    /// Ends a run of ours whose trial has no use for it any more.
    pub(super) fn unwanted(&mut self, run: RunKey) {
        if let Some(claim) = self.claims.get(&run)
            && self.asked.insert(run)
        {
            let id = RunId { run, epoch: claim.epoch };
            self.executor.stop(id, How::Killed, Some("its trial is over without it".to_owned()));
        }
    }

    /// Asks a run to end.
    pub(super) fn end(&mut self, run: RunKey) {
        if let Some(claim) = self.claims.get(&run) {
            let id = RunId { run, epoch: claim.epoch };
            self.executor.stop(id, How::Killed, Some("ended with the study".to_owned()));
            self.asked.insert(run);
        }
    }

    /// Takes over what dead processes left: their runs are claimed, and trials without a run wait for a slot.
    pub(super) fn recover(&mut self) -> Result<(), RunnerError> {
        let lost = self.lost()?;
        let known = self.executor.known().iter().filter(|known| !known.owned);
        let known: BTreeMap<RunId, bool> = known.map(|known| (known.id, known.alive)).collect();
        // What was recorded and not acknowledged may not have been synced.
        self.session.sync()?;
        for (id, alive) in &known {
            self.dismiss(*id, *alive);
        }
        let mut adopted = 0;
        for id in &lost {
            adopted += usize::from(known.contains_key(id) || self.desk.has_ending(id.run));
            self.adopt(*id);
        }
        let lost = lost.len() - adopted;
        if adopted + lost > 0 {
            self.see(&Happening::Recovered { adopted, lost });
        }
        for input in self.pick_up()? {
            self.feed(input);
        }
        Ok(())
    }

    /// Runs of processes that died while this one lives.
    pub(super) fn take_over(&mut self) -> Result<(), RunnerError> {
        for id in self.lost()? {
            if self.claims.contains_key(&id.run) {
                // Another took it over as well, and may have died since: its news are to come here again.
                self.executor.claim(id, self.desk.directory(id.run));
            } else {
                self.adopt(id);
            }
        }
        Ok(())
    }

    /// Whether there is work for a runner that is about to leave: what a runner left that died meanwhile is taken over. What
    /// a living one has under way is its own.
    pub(super) fn stays(&mut self, finish: Finish) -> Result<bool, RunnerError> {
        if !matches!(finish, Finish::Limit | Finish::Exhausted(_)) || !self.others_have_trials()? {
            return Ok(false);
        }
        self.take_over()?;
        for input in self.pick_up()? {
            self.feed(input);
        }
        Ok(!self.dispatcher.is_over())
    }

    /// Whether the study is open and a trial of it not over, while nothing runs or waits here.
    fn others_have_trials(&self) -> Result<bool, RunnerError> {
        self.session.refresh()?;
        Ok(self.session.with_study(|study| study.phase() == Phase::Open && study.pending().next().is_some()))
    }

    /// Runs of ours that others ended in the log. Of a run that two took over one hears; what was given up while it lived
    /// is not wanted any more.
    pub(super) fn overtaken(&mut self) -> Vec<Input> {
        let is_over = |study: &Study, run: RunKey| Some(study.trial(run.trial)?.run(run)?.how().is_some());
        let claims = self.claims.values().copied();
        let over: Vec<Claim> = self
            .session
            .with_study(|study| claims.filter(|claim| is_over(study, claim.run) == Some(true)).collect());
        let mut inputs = Vec::new();
        for Claim { run, epoch } in over {
            if epoch == self.epoch {
                self.unwanted(run);
            } else {
                self.claims.remove(&run);
                self.asked.remove(&run);
                self.see(&Happening::Ended(run));
                inputs.push(Input::Ended(run));
            }
        }
        inputs
    }

    /// A run that nobody looks after and that is over by the log: its runner died before it could say so here, or others
    /// gave the run up while this machine was out of their sight. It ends, and is forgotten.
    fn dismiss(&mut self, id: RunId, alive: bool) {
        let over = |study: &Study| study.trial(id.run.trial)?.run(id.run)?.how();
        if self.session.with_study(over).is_none() {
            return;
        }
        if alive {
            self.executor.claim(id, self.desk.directory(id.run));
            self.executor.kill(id, How::Killed, Some("given up while nobody looked after it".to_owned()));
        } else {
            self.executor.acknowledge(id);
        }
    }

    fn adopt(&mut self, id: RunId) {
        self.executor.claim(id, self.desk.directory(id.run));
        self.claims.insert(id.run, Claim { run: id.run, epoch: id.epoch });
        let lease = self.session.with_study(|study| study.lease(id.run).cloned()).unwrap_or_default();
        self.feed(Input::Adopted(id.run, lease));
        self.see(&Happening::Started(id.run));
    }

    /// Open runs whose runner is gone.
    fn lost(&self) -> Result<Vec<RunId>, RunnerError> {
        let runs = self.session.lost_runs()?;
        Ok(self.session.with_study(|study| {
            let id = |run: RunKey| Some(RunId { run, epoch: study.trial(run.trial)?.run(run)?.epoch() });
            runs.into_iter().filter_map(id).collect()
        }))
    }
}
