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

    /// What each run takes, and its place in the order: later stages of older trials first, unless the stage says
    /// otherwise.
    pub(super) fn requests(&self, runs: Vec<Due>) -> Vec<(Due, Request)> {
        let request = |due: Due| {
            let stage = self.rules.stages.get(due.run.stage as usize)?;
            let priority = Priority { class: stage.class, order: due.run.trial.0 };
            Some((due, Request { demand: stage.demand.clone(), priority, kind: due.run.stage }))
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

    /// What is left of a trial's time.
    fn left(&self, trial: TrialId) -> Option<Duration> {
        let limit = self.rules.trial_time?;
        let began = self.session.with_study(|study| study.trial(trial)?.started_at())?;
        let ran = Duration::from_millis(self.time.saturating_sub(began));
        Some(limit.saturating_sub(ran))
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
