//! What a sampler learns of a history: [`Observed`], in the study's order and in the minimised sense.
//!
//! Taken event by event ([`Study::observe`]) or from the state as a whole ([`Study::observed`]), it is the same
//! sequence: a process that opens a study goes on exactly as one that was there all the time (invariant HISTORY).
//!
//! A trial whose space is not declared is shown when it ends: only then is its point whole.

use std::sync::Arc;

use search::{Observed, Outcome, TrialId};
use space::{Point, Space};

use crate::event::{Ending, EventBody, TrialEnded};
use crate::record::{Past, Round, State};
use crate::settings::Objective;
use crate::study::Study;
use crate::trial::Trial;

impl Study {
    /// All that a sampler of `space` learns from the history so far.
    pub fn observed(&self, space: &Space) -> Vec<Observed> {
        let mut found: Vec<(u64, Observed)> = Vec::with_capacity(2 * self.len());
        for trial in self.trials() {
            let record = trial.record;
            let rounds = record.extra.as_ref().map_or(&[][..], |extra| &extra.rounds);
            let now = record.state.is_ended().then(|| record.ending());
            let endings: Vec<Past> = rounds.iter().map(|round| round.before.clone()).chain(now).collect();
            let shown = if self.is_declared() {
                Some(record.created_seq)
            } else {
                endings.first().map(|end| end.seq)
            };
            found.extend(shown.map(|seq| (seq, self.created(trial, space))));
            for (round, end) in (0..).zip(&endings) {
                found.extend(self.repetitions(trial, round).map(|observed| (end.seq, observed)));
                found.push((end.seq, self.ended(trial.number, end)));
            }
            found.extend(rounds.iter().map(|round| (round.seq, round.observed(trial.number))));
            let reports = record.extra.iter().flat_map(|extra| extra.reports.iter().map(|report| report.seq));
            found.extend(reports.enumerate().filter_map(|(i, seq)| Some((seq, self.report(trial, i)?))));
        }
        // Stable: an undeclared trial's creation stays before its ending, which has the same place.
        found.sort_by_key(|(seq, _)| *seq);
        found.into_iter().map(|(_, observed)| observed).collect()
    }

    /// What a sampler of `space` learns from the event that was just applied, appended to `into`.
    pub fn observe(&self, body: &EventBody, space: &Space, into: &mut Vec<Observed>) {
        let Some(trial) = body.trial().and_then(|number| self.trial(number)) else { return };
        let record = trial.record;
        match body {
            EventBody::TrialCreated(_) if self.is_declared() => into.push(self.created(trial, space)),
            EventBody::TrialEnded(_) if record.ended_seq == self.seq => {
                if !self.is_declared() && record.round == 0 {
                    into.push(self.created(trial, space));
                }
                into.extend(self.repetitions(trial, record.round));
                into.push(self.ended(trial.number, &record.ending()));
            }
            EventBody::TrialContinued(_) | EventBody::TrialRepeated(_) => {
                let round = record.extra.as_ref().and_then(|extra| extra.rounds.last());
                let taken = round.filter(|round| round.seq == self.seq);
                into.extend(taken.map(|round| round.observed(trial.number)));
            }
            EventBody::Reported(_) => {
                let reports = record.extra.as_ref().map_or(&[][..], |extra| &extra.reports);
                if reports.last().is_some_and(|report| report.seq == self.seq) {
                    into.extend(self.report(trial, reports.len() - 1));
                }
            }
            _ => {}
        }
    }

    fn is_declared(&self) -> bool {
        self.space.is_some()
    }

    fn created(&self, trial: Trial<'_>, space: &Space) -> Observed {
        Observed::Created {
            trial: trial.number,
            decision: trial.decision(),
            point: Arc::new(trial.point_in(space)),
            level: trial.first_level(),
            parent: trial.parent(),
            memo: trial.memo().cloned(),
        }
    }

    /// What a sampler will learn of this ending when it is applied; for who decides and appends both at once.
    pub fn foresee(&self, ended: &TrialEnded) -> Observed {
        let state = match ended.state {
            Ending::Complete => State::Complete,
            Ending::Pruned => State::Pruned,
            Ending::Failed => State::Failed,
        };
        let past = Past {
            seq: 0,
            state,
            step: ended.step,
            values: ended.values.as_slice().into(),
            violations: ended.violations.as_slice().into(),
        };
        self.ended(ended.trial, &past)
    }

    /// What the repetitions gave that a round told of; each is told once, before the round's ending.
    fn repetitions<'a>(&'a self, trial: Trial<'a>, round: u32) -> impl Iterator<Item = Observed> + 'a {
        let told = trial.record.extra.as_ref().map_or(&[][..], |extra| &extra.repetitions);
        told.iter().filter(move |told| told.round == round).map(move |told| Observed::Repetition {
            trial: trial.number,
            repetition: told.repetition,
            values: self.minimized(&told.values),
        })
    }

    /// Values as reported in the minimised sense.
    fn minimized(&self, values: &[crate::Real]) -> Vec<f64> {
        let objectives = values.iter().zip(&self.settings.objectives);
        objectives.map(|(value, objective)| objective.direction.minimized(value.0)).collect()
    }

    fn ended(&self, trial: TrialId, end: &Past) -> Observed {
        let values = self.minimized(&end.values);
        let outcome = match end.state {
            State::Complete => {
                Outcome::Complete { values, violations: end.violations.iter().map(|v| v.0).collect() }
            }
            State::Pruned => Outcome::Pruned { step: end.step.unwrap_or(0), value: values.first().copied() },
            _ => Outcome::Failed,
        };
        Observed::Ended { trial, outcome }
    }

    /// A report shows the objectives that are metrics by name, or the only metric there is; NaN for the others. One
    /// without any objective shows nothing.
    fn report(&self, trial: Trial<'_>, index: usize) -> Option<Observed> {
        let report = trial.record.extra.as_ref()?.reports.get(index)?;
        let value = |objective: &Objective| {
            let value = match (&objective.metric, &*report.values) {
                (Some(metric), values) => {
                    let id = self.names.find(metric)?;
                    values.iter().find(|(name, _)| *name == id)?.1.0
                }
                (None, [(_, value)]) => value.0,
                (None, _) => return None,
            };
            Some(objective.direction.minimized(value))
        };
        let values: Vec<Option<f64>> = self.settings.objectives.iter().map(value).collect();
        values.iter().any(Option::is_some).then(|| Observed::Reported {
            trial: trial.number,
            repetition: report.repetition,
            step: report.step,
            values: values.into_iter().map(|value| value.unwrap_or(f64::NAN)).collect(),
        })
    }
}

impl Round {
    fn observed(&self, trial: TrialId) -> Observed {
        let (decision, memo) = (self.decision, self.memo.clone());
        match self.level {
            Some(level) => Observed::Continued { trial, decision, level, memo },
            None => Observed::Repeated { trial, decision, runs: self.runs, memo },
        }
    }
}

impl Trial<'_> {
    /// Its point in `space`. What the space does not have, or would not allow, is left out: the domains of a
    /// define-by-run study may move.
    pub fn point_in(self, space: &Space) -> Point {
        let mut point = Point::empty(space.parameters().len());
        for (path, value) in self.parameters() {
            let known = space.index(path).and_then(|i| Some((i, space.parameters().get(i)?)));
            if let Some((i, parameter)) = known {
                point.set(i, parameter.domain.from_json(&value).ok());
            }
        }
        point
    }
}
