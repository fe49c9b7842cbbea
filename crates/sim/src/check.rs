//! The promises, checked: what must hold of every history, whatever went wrong while it was made.

use std::collections::BTreeMap;

use session::Session;
use store::Record;
use study::history::{self, Decoded};
use study::{Event, EventBody, How, State, Study};

use crate::program::Program;
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
        if let EventBody::TrialCreated(created) = body(record)?
            && let Some(decision) = created.decision
        {
            if decision.0 != next {
                return Err(format!("ONE DECIDER: decision {} was made when {next} was next", decision.0));
            }
            next += 1;
        }
    }
    Ok(())
}

/// A trial has ended once, as its runs did (invariants NOTHING LOST, FIRST ENDING WINS).
fn ending(trial: study::Trial<'_>, program: &Program) -> Result<(), String> {
    let number = trial.number();
    let wrong = |what: &str| {
        let runs: Vec<String> = trial
            .runs()
            .map(|run| format!("{}@{} {:?}", run.key().attempt, run.epoch(), run.how()))
            .collect();
        Err(format!("trial {} {what}: {:?}, runs {}", number.0, trial.state(), runs.join(", ")))
    };
    let mut by_how: BTreeMap<&'static str, u32> = BTreeMap::new();
    for run in trial.runs() {
        let Some(how) = run.how() else { return wrong("is over, and one of its runs is not") };
        *by_how.entry(name(how)).or_default() += 1;
    }
    let of = |how: How| by_how.get(name(how)).copied().unwrap_or(0);
    let x = trial.point().get("x").and_then(serde_json::Value::as_f64).unwrap_or(f64::NAN);
    let value = program.value(number.0, x);
    match (trial.state(), value) {
        (State::Complete, Some(value)) => {
            if of(How::Ok) != 1 {
                return wrong("is complete, and not one run of it was");
            }
            if trial.values().len() != 1 || trial.values()[0].0 != value {
                return wrong("has another value than its program gave");
            }
            Ok(())
        }
        (State::Failed, None) if of(How::Failed) == 1 && of(How::Ok) == 0 => Ok(()),
        (State::Failed, _) if of(How::Lost) >= 3 && of(How::Ok) + of(How::Failed) == 0 => Ok(()),
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
