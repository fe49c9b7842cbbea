//! What a sampler learns of a history: [`Observed`], in the study's order and in the minimised sense.
//!
//! Taken event by event ([`Study::observe`]) or from the state as a whole ([`Study::observed`]), it is the same
//! sequence: a process that opens a study goes on exactly as one that was there all the time (invariant HISTORY). Under a
//! lag it is the sequence of turns and their outcomes, whatever the order in which runs ended (invariant LAG).
//!
//! A trial whose space is not declared is shown when it ends: only then is its point whole.

use std::sync::Arc;

use search::{Observed, Outcome, TrialId};
use space::{Point, Space};

use crate::event::{Ending, EventBody, TrialEnded};
use crate::judge::Judge;
use crate::lag::{Prefix, Step, Turn};
use crate::record::{Past, Round, State};
use crate::study::Study;
use crate::trial::Trial;

/// How far somebody has read what a study's sampler is to learn.
#[derive(Clone, Copy, Debug, Default)]
pub struct Reader {
    /// Under a lag: how far in the order of turns.
    prefix: Prefix,
    /// Whether it has looked at outcomes that the next turn did not know by the lag.
    looked_ahead: bool,
}

impl Reader {
    /// How many outcomes it has read, if it looked ahead: what a turn that is decided now is to say.
    pub fn seen(&self) -> Option<u64> {
        self.looked_ahead.then_some(self.prefix.known)
    }
}

/// A turn whose runs may still report: what a rule that judges them may know is what was read up to here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Begun {
    /// The trial.
    pub trial: TrialId,
    /// How often it had been continued or repeated.
    pub round: u32,
}

impl Study {
    /// All that a sampler of `space` learns from the history so far: in the order in which it happened, but under a lag
    /// in the order of turns (invariant LAG).
    pub fn observed(&self, judge: &Judge, space: &Space) -> (Reader, Vec<Observed>) {
        let (mut reader, mut found) = (Reader::default(), Vec::new());
        if self.lag().is_some() {
            self.read(&mut reader, judge, space, &mut found);
        } else {
            found = self.as_it_happened(judge, space);
        }
        (reader, found)
    }

    /// What a sampler of `space` learns from the event that was just applied, appended to `into`. Under a lag that is what
    /// the next turn may know and was not read before; the answer is false where the reader had [looked
    /// ahead](Study::look_ahead) and the turn was then made with other knowledge: what was read has to be forgotten.
    pub fn observe(
        &self,
        reader: &mut Reader,
        body: &EventBody,
        judge: &Judge,
        space: &Space,
        into: &mut Vec<Observed>,
    ) -> bool {
        if self.lag().is_some() {
            return self.read(reader, judge, space, into);
        }
        self.observe_event(body, judge, space, into);
        true
    }

    /// Under a lag: reads one outcome more than the next turn would know, for a sampler that waits for it. False where
    /// that turn has none yet, or all have been read. The turn that is then made says how many [outcomes it has
    /// seen](Reader::seen).
    pub fn look_ahead(
        &self,
        reader: &mut Reader,
        judge: &Judge,
        space: &Space,
        into: &mut Vec<Observed>,
    ) -> bool {
        let Some(step) = self.look(&mut reader.prefix) else { return false };
        reader.looked_ahead = true;
        self.show(step, judge, space, into);
        true
    }

    /// What a rule learns in the order of turns, up to and with the next turn: that turn, if it began a round; `None` at
    /// the end of what is known.
    pub fn read_turn(
        &self,
        reader: &mut Reader,
        judge: &Judge,
        space: &Space,
        into: &mut Vec<Observed>,
    ) -> Option<Begun> {
        loop {
            let step = self.step(&mut reader.prefix)?;
            self.show(step, judge, space, into);
            if let Step::Made(Turn { trial, round: Some(round), .. }) = step {
                return Some(Begun { trial, round });
            }
        }
    }

    fn read(&self, reader: &mut Reader, judge: &Judge, space: &Space, into: &mut Vec<Observed>) -> bool {
        loop {
            let known = reader.prefix.known;
            let Some(step) = self.step(&mut reader.prefix) else { return true };
            if let Step::Made(turn) = step
                && std::mem::take(&mut reader.looked_ahead)
                && turn.seen != known
            {
                return false;
            }
            self.show(step, judge, space, into);
        }
    }

    /// One step in the order of turns.
    fn show(&self, step: Step, judge: &Judge, space: &Space, into: &mut Vec<Observed>) {
        let (Step::Made(turn) | Step::Known(turn)) = step;
        let (Some(trial), Some(round)) = (self.trial(turn.trial), turn.round) else { return };
        if let Step::Made(_) = step {
            match round.checked_sub(1) {
                None if self.is_declared() => into.push(self.created(trial, space)),
                None => {}
                Some(later) => {
                    let round = trial.rounds().get(later as usize);
                    into.extend(round.map(|round| round.observed(trial.number)));
                }
            }
            return;
        }
        let Some(end) = self.ending_of(turn) else { return };
        if round == 0 && !self.is_declared() {
            into.push(self.created(trial, space));
        }
        into.extend(self.reports_that_count(trial, round, &end, judge));
        into.extend(self.repetitions(trial, round));
        into.extend(self.ended(trial.number, &end));
    }

    /// What a round reported, by repetition, as far as it does not depend on how fast others were: up to the repetition
    /// that was stopped; of a failed round nothing.
    fn reports_that_count(&self, trial: Trial<'_>, round: u32, end: &Past, judge: &Judge) -> Vec<Observed> {
        let reports = trial.record.extra.as_ref().map_or(&[][..], |extra| &extra.reports);
        let last = match end.state {
            State::Failed => return Vec::new(),
            State::Pruned => trial.first_stop(round).map_or(u32::MAX, |(repetition, _)| repetition),
            _ => u32::MAX,
        };
        let of_round = reports.iter().enumerate().filter(|(_, report)| report.round == round);
        let mut counting: Vec<(u32, usize)> =
            of_round.map(|(index, report)| (report.repetition, index)).collect();
        counting.retain(|(repetition, _)| *repetition <= last);
        counting.sort_unstable();
        counting.into_iter().filter_map(|(_, index)| self.report(trial, index, judge)).collect()
    }

    /// What one repetition of a trial reported in its present round of what rules act on, from the `from`-th report of the
    /// trial on; and how many reports the trial has.
    pub fn reports_of(
        &self,
        trial: TrialId,
        repetition: u32,
        from: usize,
        judge: &Judge,
    ) -> (usize, Vec<Observed>) {
        let Some(trial) = self.trial(trial) else { return (from, Vec::new()) };
        let reports = trial.record.extra.as_ref().map_or(&[][..], |extra| &extra.reports);
        let present = |report: &crate::record::ReportRecord| {
            (report.round, report.repetition) == (trial.round(), repetition)
        };
        let new = reports.iter().enumerate().skip(from).filter(|(_, report)| present(report));
        (reports.len(), new.filter_map(|(index, _)| self.report(trial, index, judge)).collect())
    }

    fn as_it_happened(&self, judge: &Judge, space: &Space) -> Vec<Observed> {
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
                found.extend(self.ended(trial.number, end).map(|observed| (end.seq, observed)));
            }
            found.extend(rounds.iter().map(|round| (round.seq, round.observed(trial.number))));
            let reports = record.extra.iter().flat_map(|extra| extra.reports.iter().map(|report| report.seq));
            let told = |(i, seq)| Some((seq, self.report(trial, i, judge)?));
            found.extend(reports.enumerate().filter_map(told));
        }
        // Stable: an undeclared trial's creation stays before its ending, which has the same place.
        found.sort_by_key(|(seq, _)| *seq);
        found.into_iter().map(|(_, observed)| observed).collect()
    }

    fn observe_event(&self, body: &EventBody, judge: &Judge, space: &Space, into: &mut Vec<Observed>) {
        let Some(trial) = body.trial().and_then(|number| self.trial(number)) else { return };
        let record = trial.record;
        match body {
            EventBody::TrialCreated(_) if self.is_declared() => into.push(self.created(trial, space)),
            EventBody::TrialEnded(_) if record.ended_seq == self.seq => {
                if !self.is_declared() && record.round == 0 {
                    into.push(self.created(trial, space));
                }
                into.extend(self.repetitions(trial, record.round));
                into.extend(self.ended(trial.number, &record.ending()));
            }
            EventBody::TrialContinued(_) | EventBody::TrialRepeated(_) => {
                let round = record.extra.as_ref().and_then(|extra| extra.rounds.last());
                let taken = round.filter(|round| round.seq == self.seq);
                into.extend(taken.map(|round| round.observed(trial.number)));
            }
            EventBody::Reported(_) => {
                let reports = record.extra.as_ref().map_or(&[][..], |extra| &extra.reports);
                if reports.last().is_some_and(|report| report.seq == self.seq) {
                    into.extend(self.report(trial, reports.len() - 1, judge));
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
    pub fn foresee(&self, ended: &TrialEnded) -> impl Iterator<Item = Observed> + use<> {
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
            cost: self.settings.cost_of(ended),
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

    /// What it cost, where that is known, then how it ended.
    fn ended(&self, trial: TrialId, end: &Past) -> impl Iterator<Item = Observed> + use<> {
        let values = self.minimized(&end.values);
        let outcome = match end.state {
            State::Complete => {
                Outcome::Complete { values, violations: end.violations.iter().map(|v| v.0).collect() }
            }
            State::Pruned => Outcome::Pruned { step: end.step.unwrap_or(0), value: values.first().copied() },
            _ => Outcome::Failed,
        };
        let spent = end.cost.map(|cost| Observed::Spent { trial, cost: cost.0 });
        spent.into_iter().chain([Observed::Ended { trial, outcome }])
    }

    /// A report shows each objective that its values give; NaN for the others. One without any shows nothing.
    fn report(&self, trial: Trial<'_>, index: usize, judge: &Judge) -> Option<Observed> {
        let report = trial.record.extra.as_ref()?.reports.get(index)?;
        let find = |name: &str| {
            let id = self.names.find(name)?;
            report.values.iter().find(|(known, _)| *known == id).map(|(_, value)| value.0)
        };
        let only = if let [(_, value)] = *report.values { Some(value.0) } else { None };
        let values = judge.at_report(&find, only);
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
