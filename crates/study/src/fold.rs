//! `Study::apply`: how each event changes the state (invariant HISTORY).
//!
//! What breaks the order of the log or names what does not exist is an error, since the log is then damaged. What
//! comes too late (a second ending, an ending of an attempt that was given up) is history too and changes nothing
//! (invariant FIRST ENDING WINS).

use search::{DecisionId, TrialId};
use serde_json::Value as Json;

use crate::event::*;
use crate::lag::Lagged;
use crate::names::NameId;
use crate::record::{EndRecord, Record, RepetitionRecord, ReportRecord, Round, RunRecord, State};
use crate::study::{Conflict, Phase, Runner, Study};
use crate::{Real, Settings};

/// Why an event cannot be folded: the history is damaged, or not this study's.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {seq} of the study's history cannot follow: {problem}")]
pub struct FoldError {
    /// The event.
    pub seq: u64,
    /// What is wrong with it.
    pub problem: Problem,
}

/// See [`FoldError`].
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// Invariant ORDER: no gap, no repetition.
    #[error("the next one is {expected}; the events between are missing, or it came twice")]
    Gap {
        /// The number that should come.
        expected: u64,
    },
    /// The first event, and only the first, creates the study.
    #[error("it is a `{kind}`; a history begins with one `study-created`")]
    Beginning {
        /// Its kind.
        kind: &'static str,
    },
    /// Trials are numbered without gaps.
    #[error("it creates trial {found}; the next one is {expected}")]
    TrialNumber {
        /// The number that it names.
        found: u64,
        /// The number that should come.
        expected: u64,
    },
    /// A trial that was never created.
    #[error("it names trial {trial}, which does not exist")]
    UnknownTrial {
        /// The number that it names.
        trial: u64,
    },
}

impl Study {
    /// The study of a history by hand, each event a second after the one before: for tests and examples.
    ///
    /// # Errors
    /// As [`apply`](Study::apply).
    pub fn of(bodies: impl IntoIterator<Item = EventBody>) -> Result<Self, FoldError> {
        let mut study = Study::new();
        for (seq, body) in (1..).zip(bodies) {
            study.apply(&Event { seq, at: seq * 1_000, body })?;
        }
        Ok(study)
    }

    /// Takes in the next event. The error leaves the state as it was.
    pub fn apply(&mut self, event: &Event) -> Result<(), FoldError> {
        self.check(event).map_err(|problem| FoldError { seq: event.seq, problem })?;
        let at = event.at;
        match &event.body {
            EventBody::StudyCreated(created) => self.study_created(created, at),
            EventBody::SettingsChanged(changed) => {
                // What turns were made with stays (invariant LAG).
                let lag = self.settings.lag;
                self.settings = Settings { lag, ..changed.settings.clone() };
                self.weigh_conditions();
            }
            EventBody::RunnerStarted(started) => self.runner_started(started, event.seq, at),
            EventBody::RunnerStopped(stopped) => self.runner_stopped(stopped, at),
            EventBody::Enqueued(entry) => {
                self.queue.insert(self.entries, entry.clone());
                self.entries += 1;
            }
            EventBody::TrialCreated(created) => self.trial_created(created, event.seq, at),
            EventBody::TrialContinued(again) => self.continued(again, event.seq),
            EventBody::TrialRepeated(again) => self.repeated(again, event.seq),
            EventBody::Suggested(suggested) => self.suggested(suggested),
            EventBody::RunStarted(started) => self.run_started(started, at),
            EventBody::Reported(reported) => self.reported(reported, event.seq),
            EventBody::RunEnded(ended) => self.run_ended(ended, at),
            EventBody::TrialEnded(ended) => self.trial_ended(ended, event.seq, at),
            EventBody::TrialTagged(tagged) => {
                if let Some(record) = self.record(tagged.trial) {
                    tag(&mut record.extra().attributes, &tagged.attributes);
                }
            }
            EventBody::StudyTagged(tagged) => tag(&mut self.attributes, &tagged.attributes),
            EventBody::Control(control) => {
                self.phase = match control.command {
                    Command::Stop => Phase::Stopped,
                    Command::Pause => Phase::Paused,
                    Command::Resume => Phase::Open,
                }
            }
        }
        self.advance();
        self.seq = event.seq;
        // Clocks may step back; a study's time does not.
        self.at = self.at.max(at);
        Ok(())
    }

    fn check(&self, event: &Event) -> Result<(), Problem> {
        let expected = self.seq + 1;
        if event.seq != expected {
            return Err(Problem::Gap { expected });
        }
        if (event.seq == 1) != matches!(event.body, EventBody::StudyCreated(_)) {
            return Err(Problem::Beginning { kind: event.body.kind() });
        }
        if let EventBody::TrialCreated(created) = &event.body {
            let expected = self.records.len() as u64;
            let found = created.number.0;
            return if found == expected { Ok(()) } else { Err(Problem::TrialNumber { found, expected }) };
        }
        match event.body.trial() {
            Some(TrialId(trial)) if trial >= self.records.len() as u64 => {
                Err(Problem::UnknownTrial { trial })
            }
            _ => Ok(()),
        }
    }

    fn record(&mut self, trial: TrialId) -> Option<&mut Record> {
        self.records.get_mut(usize::try_from(trial.0).ok()?)
    }

    fn study_created(&mut self, created: &StudyCreated, at: u64) {
        self.created_at = at;
        self.name.clone_from(&created.name);
        self.seed = created.seed;
        self.ravine.clone_from(&created.ravine);
        self.settings = created.settings.clone();
        self.lagged = self.settings.lag.map(|lag| Box::new(Lagged::new(lag)));
        self.weigh_conditions();
        self.space = created.space.clone();
        self.sampler = created.sampler.clone();
        self.earlier = created.earlier.clone();
    }

    fn runner_started(&mut self, started: &RunnerStarted, epoch: u64, at: u64) {
        if self.runners.is_empty() {
            self.used.active_since = Some(at);
            if self.phase == Phase::Stopped {
                self.phase = Phase::Open;
            }
        }
        let host = started.host.clone();
        self.runners.insert(started.runner.clone(), Runner { epoch, started_at: at, host });
    }

    fn runner_stopped(&mut self, stopped: &RunnerStopped, at: u64) {
        if self.runners.remove(&stopped.runner).is_none() || !self.runners.is_empty() {
            return;
        }
        if let Some(since) = self.used.active_since.take() {
            self.used.active_ms += stopped.seen.unwrap_or(at).saturating_sub(since);
        }
    }

    fn trial_created(&mut self, created: &TrialCreated, seq: u64, at: u64) {
        let (shape, cells) = self.names.pack(&created.point);
        let mut record = Record {
            state: State::Queued,
            source: created.source,
            round: 0,
            shape,
            cells,
            hash: created.hash,
            decision: created.decision,
            created_seq: seq,
            ended_seq: 0,
            created_at: at,
            started_at: 0,
            ended_at: 0,
            values: Box::default(),
            violations: Box::default(),
            metrics: Box::default(),
            runs: Vec::new(),
            extra: None,
        };
        if created.level.is_some() || created.parent.is_some() || created.entry.is_some() {
            let extra = record.extra();
            (extra.level, extra.parent, extra.entry) = (created.level, created.parent, created.entry);
        }
        if created.memo.is_some() {
            record.extra().memo.clone_from(&created.memo);
        }
        if !created.attributes.is_empty() {
            record.extra().attributes = created.attributes.clone();
        }
        if !created.prepared.is_empty() {
            record.extra().prepared = created.prepared.clone();
        }
        if let Some(entry) = created.entry {
            self.queue.remove(&entry);
        }
        if let Some(decision) = created.decision {
            self.decisions = self.decisions.max(decision.0 + 1);
        }
        self.turns += 1;
        if let Some(lagged) = &mut self.lagged {
            lagged.push(created.number, Some(0), created.seen);
        }
        self.records.push(record);
        self.active.insert(created.number);
        self.counts.queued += 1;
    }

    fn continued(&mut self, again: &TrialContinued, seq: u64) {
        let TrialContinued { trial, decision, level, ref memo, seen } = *again;
        let round = self.reopen(trial, seq, decision, memo);
        self.again(trial, round, seen, |round| round.level = Some(level));
    }

    fn repeated(&mut self, again: &TrialRepeated, seq: u64) {
        let TrialRepeated { trial, decision, runs, ref memo, seen } = *again;
        let round = self.reopen(trial, seq, decision, memo);
        self.again(trial, round, seen, |round| round.runs = runs);
        if round.is_some()
            && let Some(record) = self.record(trial)
        {
            record.extra().repeats += runs;
        }
    }

    /// Notes the turn that began a round, if it did.
    fn again(
        &mut self,
        trial: TrialId,
        round: Option<u32>,
        seen: Option<u64>,
        fill: impl FnOnce(&mut Round),
    ) {
        let begun = self.record(trial).and_then(|record| record.extra().rounds.last_mut());
        if round.is_some()
            && let Some(begun) = begun
        {
            fill(begun);
        }
        if let Some(lagged) = &mut self.lagged {
            lagged.push(trial, round, seen);
        }
    }

    /// Begins the next round of a trial that is over, and returns its number.
    fn reopen(&mut self, trial: TrialId, seq: u64, decision: DecisionId, memo: &Option<Json>) -> Option<u32> {
        self.turns += 1;
        self.decisions = self.decisions.max(decision.0 + 1);
        let record = self.record(trial)?;
        let was = record.state;
        if !was.is_ended() {
            return None;
        }
        let before = record.ending();
        record.round += 1;
        let round = record.round;
        record.state = State::Queued;
        (record.ended_seq, record.ended_at) = (0, 0);
        let attempts = u32::try_from(record.runs.len()).unwrap_or(u32::MAX);
        let (level, runs, memo) = (None, 0, memo.clone());
        let extra = record.extra();
        extra.step = None;
        extra.rounds.push(Round { seq, decision, level, runs, attempts, memo, before });
        self.moved(was, State::Queued);
        self.active.insert(trial);
        if self.best == Some(trial) {
            self.best = self.best_of_all();
        }
        Some(round)
    }

    fn moved(&mut self, from: State, to: State) {
        *self.counts.of(from) -= 1;
        *self.counts.of(to) += 1;
    }

    fn suggested(&mut self, suggested: &Suggested) {
        let Suggested { trial, name, domain, value } = suggested;
        if let Err(message) = self.suits(*trial, name, domain) {
            self.conflicts.entry(*trial).or_insert(Conflict { name: name.clone(), message });
            return;
        }
        if !self.domains.contains_key(name) {
            self.domains.insert(name.clone(), domain.clone());
        }
        let (path, domain, cell) =
            (self.names.intern(name), self.names.intern_domain(domain), self.names.cell(value));
        let Some(record) = self.records.get_mut(trial.0 as usize) else { return };
        let mut slots = self.names.shape(record.shape).to_vec();
        if record.state.is_ended() || slots.iter().any(|(known, _)| *known == path) {
            return;
        }
        slots.push((path, domain));
        record.shape = self.names.intern_shape(&slots);
        let mut cells = std::mem::take(&mut record.cells).into_vec();
        cells.push(cell);
        record.cells = cells.into_boxed_slice();
    }

    fn run_started(&mut self, started: &RunStarted, at: u64) {
        let run = RunRecord::of(started, at, &mut self.names);
        let Some(record) = self.record(started.run.trial) else { return };
        // Of two that start one attempt the first has it; the other finds out by the epoch.
        if record.state.is_ended() || record.run(run.stage, run.repetition, run.attempt).is_some() {
            return;
        }
        record.runs.push(run);
        if record.started_at == 0 {
            record.started_at = at;
        }
        if record.state == State::Queued {
            record.state = State::Running;
            self.moved(State::Queued, State::Running);
        }
        if let Some(lease) = &started.lease {
            self.leases.insert(started.run, (**lease).clone());
        }
    }

    fn reported(&mut self, reported: &Reported, seq: u64) {
        let values: Box<[(NameId, Real)]> =
            reported.values.iter().map(|(name, value)| (self.names.intern(name), *value)).collect();
        let Some(record) = self.record(reported.trial) else { return };
        if !record.state.is_ended() {
            let (round, verdict) = (record.round, reported.verdict);
            let Reported { repetition, step, .. } = *reported;
            record.extra().reports.push(ReportRecord { seq, round, repetition, verdict, step, values });
        }
    }

    fn run_ended(&mut self, ended: &RunEnded, at: u64) {
        let RunKey { trial, stage, repetition, attempt } = ended.run;
        let Some(record) = self.records.get_mut(trial.0 as usize) else { return };
        let Some(run) = record.run(stage, repetition, attempt).and_then(|index| record.runs.get_mut(index))
        else {
            return;
        };
        // FIRST ENDING WINS: of one attempt only the first counts, and only from who holds it.
        if run.end.is_some() || run.epoch != ended.epoch {
            return;
        }
        self.leases.remove(&ended.run);
        let end = EndRecord::of(ended, at, &mut self.names);
        self.used.resource += end.reached.unwrap_or(0);
        let used = run.close(end);
        self.used.compute += used.compute;
        self.used.gpu_time += used.gpu_time;
        let all_over = record.runs.iter().all(|run| run.end.is_some());
        if all_over && record.state == State::Running {
            // Nothing of it runs: it waits for its next stage or attempt, or for its ending.
            record.state = State::Queued;
            self.moved(State::Running, State::Queued);
        }
    }

    fn trial_ended(&mut self, ended: &TrialEnded, seq: u64, at: u64) {
        let metrics: Box<[(NameId, Real)]> =
            ended.metrics.iter().map(|(name, value)| (self.names.intern(name), *value)).collect();
        let cost = self.settings.cost_of(ended);
        let Some(record) = self.record(ended.trial) else { return };
        let was = record.state;
        // FIRST ENDING WINS, for trials too: of each round only the first.
        if was.is_ended() || record.round != ended.round {
            return;
        }
        record.state = match ended.state {
            Ending::Complete => State::Complete,
            Ending::Pruned => State::Pruned,
            Ending::Failed => State::Failed,
        };
        (record.ended_seq, record.ended_at) = (seq, at);
        record.values = ended.values.as_slice().into();
        record.violations = ended.violations.as_slice().into();
        record.metrics = metrics;
        if !ended.errors.is_empty() || ended.step.is_some() || ended.message.is_some() {
            let extra = record.extra();
            extra.errors.clone_from(&ended.errors);
            extra.step = ended.step;
            extra.message = ended.message.as_deref().map(Into::into);
        }
        if cost.is_some() || record.extra.is_some() {
            record.extra().cost = cost;
        }
        if !ended.repetitions.is_empty() {
            let round = record.round;
            let told = ended.repetitions.iter().map(|told| RepetitionRecord {
                round,
                repetition: told.repetition,
                values: told.values.as_slice().into(),
            });
            record.extra().repetitions.extend(told);
        }
        record.shrink();
        if let Some(extra) = &mut record.extra {
            extra.prepared = Assignment::new();
        }
        let state = record.state;
        let open = record.runs.iter().filter(|run| run.end.is_none());
        let open: Vec<RunKey> = open.map(|run| run.key(ended.trial)).collect();
        let used = record.close_runs(at);
        open.iter().for_each(|run| drop(self.leases.remove(run)));
        self.used.compute += used.compute;
        self.used.gpu_time += used.gpu_time;
        self.moved(was, state);
        self.active.remove(&ended.trial);
        self.rank_ended(ended.trial, state);
        if !self.settings.stop.when.is_empty() && self.lagged.is_none() {
            self.weigh_conditions();
        }
    }

    fn rank_ended(&mut self, trial: TrialId, state: State) {
        self.failures_in_a_row = if state == State::Failed { self.failures_in_a_row + 1 } else { 0 };
        self.since_best += 1;
        if state == State::Complete && self.beats_best(trial) {
            self.best = Some(trial);
            self.since_best = 0;
        }
    }
}

impl EventBody {
    /// The trial that the event is about, if it is about one.
    pub fn trial(&self) -> Option<TrialId> {
        match self {
            EventBody::TrialCreated(e) => Some(e.number),
            EventBody::TrialContinued(e) => Some(e.trial),
            EventBody::TrialRepeated(e) => Some(e.trial),
            EventBody::Suggested(e) => Some(e.trial),
            EventBody::RunStarted(e) => Some(e.run.trial),
            EventBody::Reported(e) => Some(e.trial),
            EventBody::RunEnded(e) => Some(e.run.trial),
            EventBody::TrialEnded(e) => Some(e.trial),
            EventBody::TrialTagged(e) => Some(e.trial),
            EventBody::StudyCreated(_)
            | EventBody::SettingsChanged(_)
            | EventBody::RunnerStarted(_)
            | EventBody::RunnerStopped(_)
            | EventBody::Enqueued(_)
            | EventBody::StudyTagged(_)
            | EventBody::Control(_) => None,
        }
    }
}

fn tag(notes: &mut Assignment, changes: &Assignment) {
    for (name, value) in changes {
        if value.is_null() {
            notes.shift_remove(name);
        } else {
            notes.insert(name.clone(), value.clone());
        }
    }
}
