//! The promises, checked: what must hold of every history, whatever went wrong while it was made.

use std::collections::BTreeMap;

use session::Session;
use store::Record;
use study::history::{self, Decoded};
use study::{Event, EventBody, How, Real, RunKey, State, Study};

use crate::program::Program;
use crate::shape::Rule;
use crate::world::World;

impl World {
    /// A process's state is the fold of the log as far as it has read (invariant HISTORY).
    pub(crate) fn compares(&self, session: &Session) {
        if !self.chance.happens(0.3) {
            return;
        }
        let live = session.study();
        let folded = self.db.log().map_err(|error| error.to_string()).and_then(|log| {
            let seen = usize::try_from(live.seq()).unwrap_or(usize::MAX);
            fold(&log[..seen.min(log.len())])
        });
        match folded {
            Ok(folded) if folded == live => {}
            Ok(_) => self.breaks("HISTORY: a runner's state is not the fold of the log".to_owned()),
            Err(error) => self.breaks(error),
        }
    }

    /// A runner leaves since the study is over: nothing of what is over lives on. Where there are several hosts, one may
    /// have given up what lives out of its sight; there the next runner of that host ends it.
    pub(crate) fn left_nothing(&self, session: &Session, host: usize) {
        if self.hosts.len() > 1 {
            return;
        }
        let living = self.machine(host).living();
        let known = session.study();
        for id in living {
            let is_open = known.trial(id.run.trial).is_some_and(|trial| !trial.state().is_ended());
            if !is_open {
                self.breaks(format!("NO ORPHANS: run {id} lives on, and its trial is over"));
            }
        }
    }

    /// Everything that must hold in the end.
    pub(crate) fn check(&self, log: &[Record]) -> Result<(), String> {
        let study = fold(log)?;
        snapshots(log, &study, self)?;
        decisions(log)?;
        let limit = self.limit.load(std::sync::atomic::Ordering::Relaxed);
        let total = study.counts().total();
        if total > limit || total < limit && self.plan.sampler != "grid" {
            return Err(format!("the limit is {limit} trials, and there are {total}"));
        }
        let fresh = self.look().map_err(|error| error.to_string())?;
        if fresh.study() != study {
            return Err("HISTORY: who opens the study finds another than the fold of its log".to_owned());
        }
        room(log, self.plan.slots as f64)?;
        study.trials().try_for_each(|trial| ending(trial, &self.program))
    }
}

/// Events from the first, folded.
pub(crate) fn fold(log: &[Record]) -> Result<Study, String> {
    let mut study = Study::new();
    apply(&mut study, log)?;
    Ok(study)
}

fn apply(study: &mut Study, log: &[Record]) -> Result<(), String> {
    for record in log {
        let event = Event { seq: record.seq, at: record.at, body: body(record)? };
        study.apply(&event).map_err(|error| format!("ORDER: {error}"))?;
    }
    Ok(())
}

fn body(record: &Record) -> Result<EventBody, String> {
    match history::decode(&record.kind, &record.body) {
        Ok(Decoded::Known(body)) => Ok(*body),
        Ok(Decoded::Unknown { kind }) => Err(format!("event {}: nobody knows `{kind}`", record.seq)),
        Err(error) => Err(format!("event {}: {error}", record.seq)),
    }
}

/// A snapshot and the rest are the whole.
fn snapshots(log: &[Record], whole: &Study, world: &World) -> Result<(), String> {
    for _ in 0..2 {
        let cut = world.chance.between(1, log.len() as u64) as usize;
        let kept = fold(&log[..cut])?.snapshot().map_err(|error| error.to_string())?;
        let mut study = Study::restore(&kept).map_err(|error| error.to_string())?;
        apply(&mut study, &log[cut..])?;
        if study != *whole {
            return Err(format!("HISTORY: a snapshot of event {cut} and the rest are not the whole"));
        }
    }
    Ok(())
}

/// Each decision is made once, and one after the other (invariant ONE DECIDER).
fn decisions(log: &[Record]) -> Result<(), String> {
    let mut next = 0;
    for record in log {
        let decision = match body(record)? {
            EventBody::TrialCreated(created) => created.decision,
            EventBody::TrialContinued(continued) => Some(continued.decision),
            _ => None,
        };
        if let Some(decision) = decision {
            if decision.0 != next {
                return Err(format!("ONE DECIDER: decision {} was made when {next} was next", decision.0));
            }
            next += 1;
        }
    }
    Ok(())
}

/// The runs that a runner starts never hold more than there is.
fn room(log: &[Record], slots: f64) -> Result<(), String> {
    let mut open: BTreeMap<RunKey, (u64, f64)> = BTreeMap::new();
    for record in log {
        match body(record)? {
            EventBody::RunStarted(started) => {
                open.insert(started.run, (started.epoch, started.cpus.map_or(1.0, Real::get)));
                let of_runner = open.values().filter(|(epoch, _)| *epoch == started.epoch);
                let held: f64 = of_runner.map(|(_, cpus)| cpus).sum();
                if held > slots {
                    return Err(format!("event {}: its runner holds {held} cpus of {slots}", record.seq));
                }
            }
            EventBody::RunEnded(ended) if open.get(&ended.run).is_some_and(|(e, _)| *e == ended.epoch) => {
                open.remove(&ended.run);
            }
            _ => {}
        }
    }
    Ok(())
}

/// A trial has ended once, as its runs did (invariants NOTHING LOST, FIRST ENDING WINS).
fn ending(trial: study::Trial<'_>, program: &Program) -> Result<(), String> {
    let number = trial.number();
    let wrong = |what: &str| {
        let told = |run: study::Run<'_>| {
            let RunKey { stage, repetition, attempt, .. } = run.key();
            format!("{stage}/{repetition}/{attempt}@{} {:?}", run.epoch(), run.how())
        };
        let runs: Vec<String> = trial.runs().map(told).collect();
        let (state, values, said) = (trial.state(), trial.values(), trial.message());
        Err(format!("trial {} {what}: {state:?} {values:?} {said:?}, runs {}", number.0, runs.join(", ")))
    };
    let mut ends: BTreeMap<(u32, u32, &'static str), u32> = BTreeMap::new();
    for run in trial.runs() {
        let Some(how) = run.how() else { return wrong("is over, and one of its runs is not") };
        *ends.entry((run.key().stage, run.key().repetition, name(how))).or_default() += 1;
    }
    let of = |(stage, repetition): (u32, u32), how: How| {
        ends.get(&(stage, repetition, name(how))).copied().unwrap_or(0)
    };
    let shape = &program.shape;
    let places = || {
        let all = (0..=shape.last_stage()).flat_map(|s| (0..shape.repetitions).map(move |r| (s, r)));
        all.filter(|(stage, repetition)| !shape.is_once(*stage) || *repetition == 0)
    };
    let rounds = |stage: u32| if shape.is_once(stage) { 1 } else { trial.round() + 1 };
    if places().any(|place| of(place, How::Ok) > rounds(place.0)) {
        return wrong("ran more often than once");
    }
    let x = trial.point().get("x").and_then(serde_json::Value::as_f64).unwrap_or(f64::NAN);
    let level = trial.level().map(|level| level.0);
    let value = |repetition| program.value(x, repetition, level);
    let complete = || places().all(|place| of(place, How::Ok) == rounds(place.0));
    let promotes = level.is_some();
    match trial.state() {
        State::Complete | State::Pruned if promotes || trial.state() == State::Complete => {
            if program.fails(number.0).is_some() || !complete() {
                return wrong("is complete, and its runs were not, each once");
            }
            let sum: f64 = (0..shape.repetitions).map(value).sum();
            let mean = sum / f64::from(shape.repetitions);
            match trial.values() {
                [one] if (one.0 - mean).abs() < 1e-9 => Ok(()),
                _ => wrong("has another value than its program gave"),
            }
        }
        State::Pruned if trial.pruned_at().is_some() && shape.rule == Some(Rule::Median) => Ok(()),
        State::Failed => {
            let failed = program.fails(number.0).is_some_and(|place| {
                of(place, How::Failed) == shape.retries(place.0) + 1 && of(place, How::Ok) == 0
            });
            let lost = places().any(|place| of(place, How::Lost) >= 3 && of(place, How::Failed) == 0);
            let ended = |repetition| of((shape.last_stage(), repetition), How::Ok) > 0;
            let beyond = |limit| (0..shape.repetitions).any(|r| value(r) > limit && ended(r));
            let far = shape.stop_above.is_some_and(beyond);
            if failed || lost || far { Ok(()) } else { wrong("failed, and none of its runs is the reason") }
        }
        _ => wrong("did not end as its runs did"),
    }
}

fn name(how: How) -> &'static str {
    match how {
        How::Ok => "ok",
        How::Failed => "failed",
        How::Timeout => "timeout",
        How::Killed => "killed",
        How::Lost => "lost",
        How::Pruned => "pruned",
    }
}
