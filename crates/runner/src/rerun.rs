//! A trial again: all its stages and repetitions, in a new directory, with the same configuration and seeds.
//!
//! It is a study of its own with one trial, kept in memory and driven by the same loop. What its programs get, they get
//! as runs of the recorded trial: its number, and the seeds that follow from it.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use exec::{Local, RunId, RunOrder};
use session::{Options, Session};
use spec::StudyFile;
use store::{Draft, Durability, Header, Memory, Store};
use study::history::{self, HistoryError};
use study::schedule::Capacity;
use study::{DecisionId, Ending, EventBody, Real, RunKey, Settings, Source, StopRules, Study, StudyCreated};
use study::{State, Trial, TrialCreated, TrialEnded, TrialId, TrialRepeated};

use crate::engine::{Desk, Engine, Errand};
use crate::orders::{OrderError, Orders};
use crate::watch::Happening;
use crate::{RunnerError, capacity, drive, room};

/// The number of the trial in the study of its own.
const ONLY: TrialId = TrialId(0);

/// A recorded trial, ready to be run again.
#[derive(Debug)]
pub struct Rerun<'a> {
    file: &'a StudyFile,
    study: &'a Study,
    trial: Trial<'a>,
    /// Of the new directory.
    orders: Orders<'a>,
    /// Of the recorded study: its trials' checkpoints and artifacts are where they were.
    recorded: Orders<'a>,
    folder: PathBuf,
    point: space::Point,
}

/// What came of a [`Rerun`].
#[derive(Debug)]
pub struct Rerunned {
    /// Where it ran.
    pub folder: PathBuf,
    /// The study of its own; its only trial is number 0.
    pub study: Study,
}

impl Rerunned {
    /// The trial, as it went this time.
    pub fn trial(&self) -> Option<Trial<'_>> {
        self.study.trial(ONLY)
    }

    /// Whether it ended as the recorded one did: in the same state, with the same values to the last bit. One that was
    /// stopped at its level has no rule to stop it now: its values tell.
    pub fn is_same(&self, recorded: Trial<'_>) -> bool {
        let same = |a: &[Real], b: &[Real]| {
            a.len() == b.len() && a.iter().zip(b).all(|(a, b)| a == b || (a.0.is_nan() && b.0.is_nan()))
        };
        self.trial().is_some_and(|trial| {
            let was_stopped = recorded.state() == State::Pruned && trial.state() == State::Complete;
            (was_stopped || trial.state() == recorded.state()) && same(trial.values(), recorded.values())
        })
    }
}

impl<'a> Rerun<'a> {
    /// Of a trial of the study in `home`.
    ///
    /// # Errors
    /// The trial's point is not in the file's space; the folder cannot be used.
    pub fn new(
        file: &'a StudyFile,
        study: &'a Study,
        home: &Path,
        trial: Trial<'a>,
    ) -> Result<Self, RunnerError> {
        let point = file.space.from_json(&trial.point()).map_err(session::SessionError::from)?;
        let home = std::path::absolute(home).map_err(|source| RunnerError::folder(home, source))?;
        let number = trial.number();
        let names = (0..).map(|k| home.join("reruns").join(format!("{:05}-{k}", number.0)));
        let folder =
            names.into_iter().find(|path| !path.exists()).unwrap_or_else(|| home.join("reruns/again"));
        let orders = |folder: &Path| {
            Orders::new(file, study.seed(), folder).map_err(|source| RunnerError::folder(folder, source))
        };
        let (orders, recorded) = (orders(&folder)?, orders(&home)?);
        Ok(Rerun { file, study, trial, orders, recorded, folder, point })
    }

    /// The command of its first run, as it would be typed into a shell.
    ///
    /// # Errors
    /// A placeholder without a value.
    pub fn shown(&self) -> Result<String, OrderError> {
        self.orders.shown(RunKey::first(self.trial.number()), &self.point)
    }

    /// Runs it to its end; `program` becomes its supervisor.
    ///
    /// # Errors
    /// There is no supervisor, or no room for a run here. That its programs fail is no error.
    pub fn run(&self, program: Vec<OsString>) -> Result<Rerunned, RunnerError> {
        let capacity = self.capacity()?;
        std::fs::create_dir_all(&self.folder).map_err(|source| RunnerError::folder(&self.folder, source))?;
        let session = self.session()?;
        let rules = drive::rules(self.file, capacity);
        let local = Local::connect(&self.folder, program)?;
        let mut engine = Engine::begin(session, local, Again { rerun: self }, rules)?;
        engine.run()?;
        let (session, _) = engine.into_parts();
        Ok(Rerunned { folder: self.folder.clone(), study: session.study() })
    }

    /// What it may take: as the file says, or else room for one run after the other, however many cores it asks for.
    fn capacity(&self) -> Result<Capacity, RunnerError> {
        let one = crate::Options { parallel: Some(1), ..crate::Options::default() };
        let said = capacity::capacity(self.file, &crate::Options::default());
        if room::unfit(self.file, &said).is_empty() {
            return Ok(said);
        }
        room::check_room(self.file, &one)?;
        Ok(capacity::capacity(self.file, &one))
    }

    /// The study of its own: the same rules, and one trial that waits to be run.
    fn session(&self) -> Result<Session, RunnerError> {
        let store: Arc<dyn Store> = Arc::new(Memory::new());
        let header = Header { format: history::FORMAT, min_reader: history::FORMAT };
        let name = self.study.name();
        let info = store.create_study(name, header)?;
        let drafts: Result<Vec<Draft>, HistoryError> =
            self.events().iter().map(|body| Ok(Draft::new(body.kind(), body.to_text()?))).collect();
        let drafts = drafts.map_err(|source| {
            let study = name.to_owned();
            session::SessionError::History { study, seq: 0, source }
        })?;
        store.append(info.id, &drafts, Durability::Committed)?;
        Ok(Session::open(store, name, Options::named("rerun"))?)
    }

    fn events(&self) -> Vec<EventBody> {
        let recorded = self.study.settings();
        let settings = Settings {
            stop: StopRules { trials: Some(1), ..StopRules::default() },
            // It runs to its end, whatever became of others.
            pruner: None,
            lag: None,
            ..recorded.clone()
        };
        let created = StudyCreated {
            space: self.study.space().cloned(),
            sampler: Some(serde_json::json!({"name": "random"})),
            ..StudyCreated::new(self.study.name(), self.study.seed(), settings)
        };
        let trial = TrialCreated {
            decision: None,
            source: Source::User,
            hash: self.trial.hash(),
            level: self.trial.level(),
            // Its parent is not of this study; its desk knows.
            ..TrialCreated::sampled(ONLY, DecisionId(0), self.trial.point())
        };
        let mut events = vec![EventBody::StudyCreated(created), EventBody::TrialCreated(trial)];
        let runs = self.trial.repeats();
        if runs > 0 {
            // A trial gets more repetitions than the file says only once it is over; here they all run in one go.
            let (trial, decision) = (ONLY, DecisionId(0));
            let repeated = TrialRepeated { trial, decision, runs, memo: None, seen: None };
            events.push(EventBody::TrialEnded(TrialEnded::new(ONLY, Ending::Failed)));
            events.push(EventBody::TrialRepeated(repeated));
        }
        events
    }

    /// A run of the only trial as that of the recorded one.
    fn theirs(&self, run: RunKey) -> RunKey {
        RunKey { trial: self.trial.number(), ..run }
    }
}

/// Gives the runs of the only trial what the recorded one's got.
struct Again<'a> {
    rerun: &'a Rerun<'a>,
}

impl Desk for Again<'_> {
    fn order(&mut self, errand: &Errand<'_>) -> Result<RunOrder, String> {
        let Rerun { orders, recorded, trial, .. } = self.rerun;
        let run = self.rerun.theirs(errand.id.run);
        let mut earlier = errand.earlier.clone();
        for (run, _) in earlier.values_mut() {
            *run = self.rerun.theirs(*run);
        }
        let errand_of = Errand {
            id: RunId { run, epoch: errand.id.epoch },
            parent: trial.parent(),
            earlier,
            ..errand.clone()
        };
        let mut order = orders.order(&errand_of).map_err(|error| error.to_string())?;
        if trial.parent().is_some() {
            // From where the recorded trial has it, to where this one looks for it.
            let from = recorded.order(&errand_of).map_err(|error| error.to_string())?.inherit;
            for (here, there) in order.inherit.iter_mut().zip(from) {
                here.0 = there.0;
            }
        }
        order.id = errand.id;
        Ok(order)
    }

    fn directory(&self, run: RunKey) -> PathBuf {
        self.rerun.orders.directory(self.rerun.theirs(run))
    }

    fn interrupts(&self) -> usize {
        0
    }

    fn beat(&mut self) {}

    fn tick(&mut self, _: &Session) {}

    fn see(&mut self, _: &Study, _: &Happening<'_>) {}
}

#[cfg(test)]
mod tests {
    use session::{Answer, Over};
    use study::Course;

    use super::*;

    const FILE: &str = r#"
        seed = 7
        [[objective]]
        metric = "loss"
        direction = "minimize"
        [space]
        x = { int = [0, 9] }
        [[stage]]
        run = ["echo", '{{"loss": {x}}}']
        [[repeat]]
        name = "fold"
        count = 2
    "#;

    #[test]
    fn repetitions_that_the_sampler_asked_for_are_run_again_too() {
        let file = StudyFile::parse("demo.toml", FILE, spec::Format::Toml).unwrap();
        let created = StudyCreated {
            space: Some(serde_json::to_value(&file.declaration).unwrap()),
            ..StudyCreated::new("demo", 7, file.settings.clone())
        };
        let point = serde_json::from_value(serde_json::json!({"x": 3})).unwrap();
        let number = TrialId(0);
        let (decision, memo, seen) = (DecisionId(1), None, None);
        let study = Study::of([
            EventBody::StudyCreated(created),
            EventBody::TrialCreated(TrialCreated::sampled(number, DecisionId(0), point)),
            EventBody::TrialEnded(TrialEnded::complete(number, [3.0])),
            EventBody::TrialRepeated(TrialRepeated { trial: number, decision, runs: 3, memo, seen }),
            EventBody::TrialEnded(TrialEnded { round: 1, ..TrialEnded::complete(number, [3.0]) }),
        ]);
        let study = study.unwrap();
        let folder = std::env::temp_dir().join("ravine-no-such-study");
        let rerun = Rerun::new(&file, &study, &folder, study.trial(number).unwrap()).unwrap();
        let session = rerun.session().unwrap();
        let Some(Course::Open { due, .. }) = session.course(ONLY) else { panic!("it is over") };
        let repetitions: Vec<u32> = due.iter().map(|due| due.run.repetition).collect();
        assert_eq!(repetitions, [0, 1, 2, 3, 4]);
        assert!(matches!(session.ask().unwrap(), Answer::Over(Over::Limit(_))), "and no other trial");
    }
}
