//! Lines for logs and pipes: one when a study opens, one for each trial that ends, one when it is over.

use std::io::Write;

use report::format;
use runner::{Finish, Happening, Voice, Watcher};
use search::TrialId;
use study::{State, Study};

use super::bests::Bests;
use super::words;
use crate::term;

/// See the module.
#[derive(Default)]
pub struct Plain {
    bests: Bests,
}

impl Watcher for Plain {
    fn voice(&self) -> Option<Voice> {
        Some(Box::new(|line| drop(writeln!(term::out(), "trouble: {line}"))))
    }

    fn see(&mut self, study: &Study, happening: &Happening<'_>) {
        let line = match happening {
            Happening::Opened(opening) => {
                self.bests.begin(study);
                let mut lines = vec![format!("{}  {}", study.name(), words::opening(study, opening))];
                if opening.resumed > 0 {
                    lines.push(format!("going on after {}", words::counts(study)));
                }
                lines.extend(opening.remarks.iter().cloned());
                lines.join("\n")
            }
            Happening::Recovered { adopted, lost } => words::recovered(*adopted, *lost),
            Happening::TrialEnded(trial) => match self.ended(study, *trial) {
                Some(line) => line,
                None => return,
            },
            Happening::Draining(Finish::Interrupted) => {
                "no new trials; running ones finish (Ctrl-C again ends them)".to_owned()
            }
            Happening::Ending => "ending the running trials".to_owned(),
            Happening::Paused(true) => "paused; `ravine resume` goes on".to_owned(),
            Happening::Paused(false) => "going on".to_owned(),
            Happening::Trouble(what) => format!("trouble: {what}"),
            Happening::Started(_)
            | Happening::Ended(_)
            | Happening::Reported { .. }
            | Happening::Draining(_)
            | Happening::Finished(_) => return,
        };
        // A closed pipe must not stop a search.
        let _ = writeln!(term::out(), "{line}");
    }
}

impl Plain {
    fn ended(&mut self, study: &Study, number: TrialId) -> Option<String> {
        let trial = study.trial(number)?;
        if !trial.state().is_ended() {
            return None;
        }
        let state = match (trial.state(), study.waits_at(trial)) {
            (State::Complete, _) if self.bests.beats(study, number) => "best".to_owned(),
            (_, Some(_)) => "waits".to_owned(),
            (state, _) => state.name().to_owned(),
        };
        let time =
            trial.seconds().map(|seconds| format!("  {}", format::duration(seconds))).unwrap_or_default();
        Some(format!(
            "trial {:<4} {:<8} {}{time}  {}",
            number.0,
            state,
            words::outcome(study, trial),
            words::parameters(trial)
        ))
    }
}
