//! Which runs come next: trials that wait for one, then what the session decides.

use std::collections::VecDeque;

use exec::{Executor, RunId};
use session::{Answer, Over};
use space::Point;
use study::{How, RunEnded, RunKey, Study, TrialId};

use super::{Desk, Engine};
use crate::RunnerError;
use crate::dispatcher::{Dry, Input};
use crate::watch::Happening;

impl<E: Executor, D: Desk> Engine<E, D> {
    /// Up to `count` runs to start; they are ours by then.
    pub(super) fn decide(&mut self, count: usize) -> Result<Input, RunnerError> {
        let runs = self.runs_of_waiting(count)?;
        if !runs.is_empty() {
            return Ok(Input::Ready(runs));
        }
        Ok(match self.session.ask_many(count)? {
            Answer::Trials(asked) => {
                let mut runs = Vec::with_capacity(asked.len());
                for asked in asked {
                    if let (Some(claim), Some(point)) = (asked.run, asked.point) {
                        self.claims.insert(claim.run, claim);
                        self.points.insert(asked.number, point);
                        runs.push(claim.run);
                    }
                }
                Input::Ready(runs)
            }
            Answer::Wait => Input::Dry(Dry::Wait),
            Answer::Over(Over::Limit(_)) => Input::Dry(Dry::Limit),
            Answer::Over(Over::Exhausted) => Input::Dry(Dry::Exhausted),
            // The phase is looked at with every tick; until then there is nothing.
            Answer::Over(Over::Stopped | Over::Paused) => Input::Dry(Dry::Wait),
        })
    }

    /// Claims the next attempts of trials that are there and do not run.
    fn runs_of_waiting(&mut self, count: usize) -> Result<Vec<RunKey>, RunnerError> {
        let mut runs = Vec::new();
        while runs.len() < count
            && let Some(trial) = self.waiting.pop_front()
        {
            let run = self.session.next_attempt(trial, 0, 0);
            let cpus = self.stages.first().map(|stage| f64::from(stage.cpus));
            if let Some(claim) = self.session.start_run(run, cpus, None)? {
                self.claims.insert(run, claim);
                runs.push(run);
            }
        }
        Ok(runs)
    }

    /// Orders a run that is ours.
    pub(super) fn start(&mut self, run: RunKey) -> Result<Vec<Input>, RunnerError> {
        let Some(claim) = self.claims.get(&run).copied() else { return Ok(vec![Input::Ended(run)]) };
        let id = RunId { run, epoch: claim.epoch };
        self.see(&Happening::Started(run));
        let order = match self.point(run.trial) {
            Some(point) => self.desk.order(id, &point),
            None => Err("the trial's parameters do not fit the study's space".to_owned()),
        };
        match order {
            Ok(order) => {
                self.executor.start(order);
                Ok(Vec::new())
            }
            Err(message) => {
                let end = study::RunEnd { message: Some(message), ..study::RunEnd::new(How::Failed, 0.0) };
                self.ended(RunEnded { run, epoch: id.epoch, end, metrics: study::Digests::new() })
            }
        }
    }

    /// A trial's point: as decided a moment ago, or as recorded.
    fn point(&mut self, trial: TrialId) -> Option<Point> {
        if let Some(point) = self.points.remove(&trial) {
            return Some(point);
        }
        let record = self.session.with_study(|study| study.trial(trial).map(|trial| trial.point()))?;
        self.space.as_ref()?.from_json(&record).ok()
    }
}

/// Trials that are neither over nor running anywhere, oldest first.
pub(super) fn idle_trials(study: &Study) -> VecDeque<TrialId> {
    let idle = study.pending().filter(|trial| trial.runs().all(|run| run.how().is_some()));
    idle.map(|trial| trial.number()).collect()
}
