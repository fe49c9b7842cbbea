//! JSON lines for scripts: one object for each happening, `event` names it.

use std::io::Write;

use runner::{Finish, Happening, Voice, Watcher};
use serde_json::{Value as Json, json};
use study::Study;

/// See the module.
pub struct JsonLines;

impl Watcher for JsonLines {
    fn voice(&self) -> Option<Voice> {
        let told = |line: &str| json!({"event": "trouble", "message": line});
        Some(Box::new(move |line| drop(writeln!(std::io::stdout(), "{}", told(line)))))
    }

    fn see(&mut self, study: &Study, happening: &Happening<'_>) {
        let line = match happening {
            Happening::Opened(opening) => json!({
                "event": "opened", "study": study.name(), "seed": study.seed(), "sampler": opening.sampler,
                "slots": opening.slots, "folder": opening.folder, "trials": opening.resumed,
                "remarks": opening.remarks,
            }),
            Happening::Recovered { adopted, lost } => {
                json!({"event": "recovered", "adopted": adopted, "lost": lost})
            }
            Happening::Started(run) => json!({
                "event": "started", "trial": run.trial, "stage": run.stage, "repetition": run.repetition,
                "attempt": run.attempt,
                "params": study.trial(run.trial).map(|trial| trial.point()),
            }),
            Happening::Reported { run, step, values } => {
                json!({"event": "reported", "trial": run.trial, "step": step, "values": values})
            }
            Happening::Ended(run) => ended(study, *run),
            Happening::TrialEnded(trial) => trial_ended(study, *trial),
            Happening::Draining(_) => json!({"event": "draining"}),
            Happening::Ending => json!({"event": "ending"}),
            Happening::Paused(paused) => json!({"event": if *paused { "paused" } else { "resumed" }}),
            Happening::Trouble(what) => json!({"event": "trouble", "message": what}),
            Happening::Finished(finish) => json!({"event": "finished", "why": why(*finish)}),
        };
        // A closed pipe must not stop a search.
        let _ = writeln!(std::io::stdout(), "{line}");
    }
}

fn ended(study: &Study, run: study::RunKey) -> Json {
    let ended = study.trial(run.trial).and_then(|trial| trial.run(run));
    json!({
        "event": "ended", "trial": run.trial, "stage": run.stage, "repetition": run.repetition,
        "attempt": run.attempt, "how": ended.and_then(|run| run.how()),
        "seconds": ended.and_then(|run| run.seconds()),
        "message": ended.and_then(|run| run.message()),
    })
}

fn trial_ended(study: &Study, number: study::TrialId) -> Json {
    let trial = study.trial(number);
    json!({
        "event": "trial-ended", "trial": number,
        "state": trial.map(|trial| trial.state().name()),
        "values": trial.map(|trial| trial.values()),
        "message": trial.and_then(|trial| trial.message()),
        "seconds": trial.and_then(|trial| trial.seconds()),
    })
}

fn why(finish: Finish) -> &'static str {
    match finish {
        Finish::Limit => "limit",
        Finish::Exhausted(_) => "exhausted",
        Finish::Interrupted => "interrupted",
        Finish::Stopped => "stopped",
    }
}
