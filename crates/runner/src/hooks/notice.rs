//! What a hook is told: an event with what the study knows of its trial, as one JSON object.

use std::path::Path;

use report::format;
use serde_json::{Map, Value as Json, json};
use spec::HookEvent;
use study::{EventBody, RunKey, Study, Trial, TrialId};

/// An event that hooks may be waiting for.
#[derive(Clone, Debug)]
pub(super) struct Notice {
    pub(super) event: HookEvent,
    pub(super) trial: Option<TrialId>,
    /// The event's place in the log; of what is no event, behind all of them.
    pub(super) seq: u64,
    pub(super) at: u64,
    run: Option<RunKey>,
}

impl Notice {
    /// Of an event of the log, if hooks can wait for its kind.
    pub(super) fn of(body: &EventBody, seq: u64, at: u64) -> Option<Notice> {
        let (event, run) = match body {
            EventBody::TrialCreated(_) => (HookEvent::TrialCreated, None),
            EventBody::RunStarted(started) => (HookEvent::RunStarted, Some(started.run)),
            EventBody::RunEnded(ended) => (HookEvent::RunEnded, Some(ended.run)),
            EventBody::TrialEnded(_) => (HookEvent::TrialEnded, None),
            _ => return None,
        };
        Some(Notice { event, trial: body.trial(), seq, at, run })
    }

    /// That its trial is the best so far.
    pub(super) fn best(&self) -> Notice {
        Notice { event: HookEvent::NewBest, run: None, ..self.clone() }
    }

    /// That the study is over.
    pub(super) fn over(at: u64) -> Notice {
        Notice { event: HookEvent::StudyEnded, trial: None, seq: u64::MAX, at, run: None }
    }

    /// As the hook reads it. What it says of the trial is what is known by now.
    pub(super) fn to_json(&self, study: &Study, folder: &Path) -> Json {
        let mut told = Map::new();
        told.insert("event".to_owned(), self.event.name().into());
        told.insert("study".to_owned(), study.name().into());
        told.insert("folder".to_owned(), folder.display().to_string().into());
        told.insert("time".to_owned(), format::timestamp(self.at).into());
        if let Some(trial) = self.trial.and_then(|trial| study.trial(trial)) {
            told.insert("trial".to_owned(), trial_json(study, trial));
            if let Some(run) = self.run {
                told.insert("run".to_owned(), run_json(study, trial, run));
            }
        }
        if self.event == HookEvent::StudyEnded {
            told.insert("best".to_owned(), study.best().map(|best| trial_json(study, best)).into());
        }
        let counts = study.counts();
        told.insert(
            "counts".to_owned(),
            json!({"queued": counts.queued, "running": counts.running, "complete": counts.complete,
                   "pruned": counts.pruned, "failed": counts.failed}),
        );
        Json::Object(told)
    }
}

fn trial_json(study: &Study, trial: Trial<'_>) -> Json {
    let objectives = study.settings().objectives.iter();
    let values: Map<String, Json> = objectives
        .zip(trial.values())
        .map(|(objective, value)| (objective.title().to_owned(), value.to_json()))
        .collect();
    let metrics: Map<String, Json> =
        trial.metrics().map(|(name, value)| (name.to_owned(), value.to_json())).collect();
    json!({
        "number": trial.number(), "state": trial.state().name(), "params": trial.point(), "values": values,
        "metrics": metrics, "feasible": trial.is_feasible(), "seconds": trial.seconds(), "message": trial.message(),
    })
}

fn run_json(study: &Study, trial: Trial<'_>, key: RunKey) -> Json {
    let stage = study.settings().stages.get(key.stage as usize).map_or("run", |stage| &stage.name);
    let mut told = json!({"stage": stage, "repetition": key.repetition, "attempt": key.attempt});
    if let Some(run) = trial.run(key) {
        told["host"] = run.host().into();
        if let Some(how) = run.how() {
            told["how"] = json!(how);
            told["seconds"] = json!(run.seconds());
            told["message"] = run.message().into();
        }
    }
    told
}
