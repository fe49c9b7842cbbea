//! Which runs come next: those that are due of the trials there are, then those of trials that the session decides.

use std::time::Duration;

use exec::{Executor, RunId};
use indexmap::IndexMap;
use session::{Answer, Over};
use space::Point;
use store::Durability;
use study::schedule::{Lease, Priority, Request};
use study::{Course, Due, How, RunEnd, RunEnded, RunKey, Study, TrialId};

use super::{Desk, Engine, Errand};
use crate::RunnerError;
use crate::dispatcher::{Dry, Input};
use crate::watch::Happening;

impl<E: Executor, D: Desk> Engine<E, D> {
    /// Up to `count` trials more, with the runs that they begin with.
    pub(super) fn decide(&mut self, count: usize) -> Result<Vec<Input>, RunnerError> {
        let count = count.min(self.room_beside_retries());
        if count == 0 {
            // One of those that wait ends before there is room for more, and its end is when to ask again.
            return Ok(vec![Input::Dry(Dry::Wait)]);
        }
        let answer = self.session.plan(count)?;
        self.over.extend(self.session.over_at_once());
        Ok(match answer {
            Answer::Trials(asked) => {
                let mut due = Vec::with_capacity(asked.len());
                for asked in asked {
                    if let Some(point) = asked.point {
                        self.points.insert(asked.number, point);
                    }
                    if let Some(Course::Open { due: runs, .. }) = self.session.course(asked.number) {
                        due.extend(self.requests(runs));
                    }
                }
                vec![Input::Due(due), Input::Decided]
            }
            Answer::Wait => vec![Input::Dry(Dry::Wait)],
            Answer::Over(Over::Limit(_)) => vec![Input::Dry(Dry::Limit)],
            Answer::Over(Over::Exhausted(spent)) => vec![Input::Dry(Dry::Exhausted(spent))],
            // The phase is looked at with every tick; until then there is nothing.
            Answer::Over(Over::Stopped | Over::Paused) => vec![Input::Dry(Dry::Wait)],
        })
    }

    /// How many trials may begin beside those that failed and wait to try again: a program that is simply broken must not
    /// use up all trials before the first of them has failed for good.
    fn room_beside_retries(&self) -> usize {
        let (unsure, slots) = (self.dispatcher.backed_off(), self.dispatcher.slots());
        if unsure == 0 {
            return usize::MAX;
        }
        let room = self.session.with_study(|study| study.room_beside(unsure, slots));
        usize::try_from(room).unwrap_or(usize::MAX)
    }

    /// When each run may start, what it takes, and its place in the order: later stages of older trials first, unless the
    /// stage says otherwise. None waits beyond its trial's time: there it is told that this is over.
    pub(super) fn requests(&self, runs: Vec<Due>) -> Vec<(Due, Request)> {
        let request = |due: Due| {
            let stage = self.rules.stages.get(due.run.stage as usize)?;
            let priority = Priority { class: stage.class, order: due.run.trial.0 };
            let request = Request { demand: stage.demand.clone(), priority, kind: due.run.stage };
            let end = if due.not_before > self.time { self.end_of_time(due.run.trial) } else { None };
            let not_before = due.not_before.min(end.unwrap_or(u64::MAX));
            Some((Due { not_before, ..due }, request))
        };
        runs.into_iter().filter_map(request).collect()
    }

    /// Trials that are not over and of which nothing runs or waits here or elsewhere: their runs are due. What a process
    /// left that died between the last ending of a trial and the trial's own is said now.
    pub(super) fn pick_up(&mut self) -> Result<Vec<Input>, RunnerError> {
        let trials: Vec<TrialId> =
            self.session.with_study(|study| study.pending().map(|t| t.number()).collect());
        let mut inputs = Vec::new();
        for trial in trials {
            inputs.extend(match self.session.course(trial) {
                Some(Course::Open { due, .. }) => Some(Input::Due(self.requests(due))),
                Some(Course::Over(_)) => {
                    self.session.settle(trial, Durability::Synced)?;
                    None
                }
                None => None,
            });
        }
        Ok(inputs)
    }

    /// Claims runs and orders those that are ours.
    pub(super) fn start(&mut self, runs: &[(RunKey, Lease)]) -> Result<Vec<Input>, RunnerError> {
        let claims = self.session.start_runs(runs)?;
        let mut inputs = Vec::new();
        for ((run, lease), claim) in runs.iter().zip(claims) {
            match claim {
                Some(claim) => {
                    self.claims.insert(*run, claim);
                    self.see(&Happening::Started(*run));
                    inputs.extend(self.order(RunId { run: *run, epoch: claim.epoch }, lease)?);
                }
                // Another process was faster.
                None => inputs.push(Input::Ended(*run)),
            }
        }
        Ok(inputs)
    }

    fn order(&mut self, id: RunId, lease: &Lease) -> Result<Vec<Input>, RunnerError> {
        let left = self.left(id.run.trial);
        let order = match self.point(id.run.trial) {
            _ if left == Some(Duration::ZERO) => {
                Err("its trial is past its time limit (trial_time)".to_owned())
            }
            None => Err("the trial's parameters do not fit the study's space".to_owned()),
            Some(point) => {
                let trial = |study: &Study| {
                    let earlier: IndexMap<_, _> = study
                        .earlier(id.run)
                        .into_iter()
                        .map(|(run, metrics)| (run.stage, (run, metrics)))
                        .collect();
                    let (level, parent) = study
                        .trial(id.run.trial)
                        .map(|trial| (trial.level(), trial.parent()))
                        .unwrap_or_default();
                    (earlier, level, parent)
                };
                let (earlier, level, parent) = self.session.with_study(trial);
                self.desk.order(&Errand { id, point: &point, lease, level, parent, earlier, left })
            }
        };
        match order {
            Ok(order) => {
                self.executor.start(order);
                Ok(Vec::new())
            }
            Err(message) => {
                // It follows from the study and the trial: another try would be the same.
                let end = RunEnd { message: Some(message), hopeless: true, ..RunEnd::new(How::Failed, 0.0) };
                self.ended(RunEnded { run: id.run, epoch: id.epoch, end, metrics: study::Digests::new() })
            }
        }
    }

    /// What is left of a trial's time; absent where that has no limit.
    fn left(&self, trial: TrialId) -> Option<Duration> {
        Some(Duration::from_millis(self.end_of_time(trial)?.saturating_sub(self.time)))
    }

    /// When a trial's time is over, in ms since 1970; absent where that has no limit, or it has not begun.
    fn end_of_time(&self, trial: TrialId) -> Option<u64> {
        let limit = u64::try_from(self.rules.trial_time?.as_millis()).unwrap_or(u64::MAX);
        let began = self.session.with_study(|study| study.trial(trial)?.started_at())?;
        Some(began.saturating_add(limit))
    }

    /// A trial's point: as decided a moment ago, or as recorded.
    fn point(&self, trial: TrialId) -> Option<Point> {
        if let Some(point) = self.points.get(&trial) {
            return Some(point.clone());
        }
        let record = self.session.with_study(|study| study.trial(trial).map(|trial| trial.point()))?;
        self.space.as_ref()?.from_json(&record).ok()
    }
}
