//! The loop of a runner: news, signals and time go in, the dispatcher says what follows, and this does it.
//!
//! It is one loop for real programs and for simulated ones: runs go to an [`Executor`], what lies beside the log is kept by a
//! [`Desk`], and the session's clock tells the time. It takes [steps](Engine::step), between which nothing happens, so
//! that a simulation can put several runners into one world and stop any of them anywhere.
//!
//! One thread. What takes long happens elsewhere: programs run under the supervisor, and the store syncs in
//! microseconds. A process that dies here leaves whole events behind, and its runs to whoever comes next.

mod desk;
mod pulse;
mod runs;
mod work;

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use exec::{Executor, RunId, RunNews};
use session::{Claim, Session};
use space::{Point, Space};
use study::schedule::{Capacity, Demand};
use study::{RunKey, Study, TrialId};

pub use desk::{Desk, Errand};
use pulse::Pulse;

use crate::RunnerError;
use crate::dispatcher::{Dispatcher, Effect, Finish, Input, Opening};
use crate::watch::Happening;

/// Endings wait for each other's sync for so long at most: each sync makes the file system write out all that programs
/// and their folders changed meanwhile, for milliseconds, and only the news of an ending waits for it, no slot.
const SYNC: Duration = Duration::from_millis(100);

/// What a step of the loop ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing to do before there is news, or this time is over.
    Wait(Duration),
    /// The runner leaves; its last endings are recorded and acknowledged.
    Finished(Finish),
}

/// What the loop must know of a study beside its log.
#[derive(Clone, Debug, Default)]
pub struct Rules {
    /// What there is to share out between runs.
    pub capacity: Capacity,
    /// The stages, by number.
    pub stages: Vec<StageRule>,
    /// How many runs a trial begins with: its repetitions, or one where the first stage comes once.
    pub runs: u32,
    /// From a trial's first run to the end of its last at most.
    pub trial_time: Option<Duration>,
}

/// What the loop must know of a stage.
#[derive(Clone, Debug, Default)]
pub struct StageRule {
    /// What a run of it holds.
    pub demand: Demand,
    /// Its place among the stages when room is given out, smaller first.
    pub class: u32,
}

/// Drives one study: its session, where its runs go, and what lies beside its log.
#[derive(Debug)]
pub struct Engine<E, D> {
    session: Session,
    executor: E,
    desk: D,
    space: Option<Arc<Space>>,
    rules: Rules,
    /// Whether a rule judges what programs report.
    prunes: bool,
    dispatcher: Dispatcher,
    effects: VecDeque<Effect>,
    /// The attempts that are ours, and the epochs that their endings must name.
    claims: BTreeMap<RunKey, Claim>,
    /// That of the runs which this process starts; those that it took over have another.
    epoch: u64,
    /// Those that were asked to end.
    asked: BTreeSet<RunKey>,
    /// Where those that are to be started are evaluated.
    points: BTreeMap<TrialId, Point>,
    /// Endings that are recorded and may still be lost with the power.
    unsynced: Vec<RunId>,
    /// The trials that ended with them, or without a run.
    over: Vec<TrialId>,
    /// When the last sync was, by the steady clock.
    synced: Duration,
    pulse: Pulse,
    /// The time at the last step by the store's clock, in ms since 1970: what stamps events also says when a retry is due.
    time: u64,
}

impl<E: Executor, D: Desk> Engine<E, D> {
    /// Begins to drive a study: takes over what dead processes left, and starts nothing yet.
    ///
    /// # Errors
    /// The store refuses.
    pub fn begin(session: Session, executor: E, desk: D, rules: Rules) -> Result<Self, RunnerError> {
        let epoch = session.attend()?;
        let now = session.clock().steady();
        let time = session.store().now_ms()?;
        let demand = rules.stages.first().map(|stage| stage.demand.clone()).unwrap_or_default();
        let prunes =
            |study: &Study| study.settings().pruner.as_ref().is_some_and(|pruner| !pruner.promotes());
        let opening = Opening { demand, runs: rules.runs };
        let mut engine = Engine {
            space: session.space(),
            prunes: session.with_study(prunes),
            session,
            executor,
            desk,
            dispatcher: Dispatcher::new(rules.capacity.clone(), opening),
            rules,
            effects: VecDeque::new(),
            claims: BTreeMap::new(),
            epoch,
            asked: BTreeSet::new(),
            points: BTreeMap::new(),
            unsynced: Vec::new(),
            over: Vec::new(),
            synced: now,
            pulse: Pulse::begin(now),
            time,
        };
        engine.recover()?;
        engine.pulse.seen = engine.session.refresh()?;
        engine.effects.extend(engine.dispatcher.begin(engine.time));
        Ok(engine)
    }

    /// Steps until the end, waiting for news between.
    ///
    /// # Errors
    /// The store, the executor or the sampler fail. Runs that are under way go on, and whoever comes next takes them over.
    pub fn run(&mut self) -> Result<Finish, RunnerError> {
        let mut news = Vec::new();
        loop {
            match self.step(news)? {
                Step::Wait(limit) => news = self.executor.wait(Some(limit))?,
                Step::Finished(finish) => return Ok(finish),
            }
        }
    }

    /// Takes in what is new and does all that follows. What it orders is sent by the next wait of its executor, which is
    /// the caller's to make.
    ///
    /// # Errors
    /// As [`run`](Engine::run).
    pub fn step(&mut self, news: Vec<RunNews>) -> Result<Step, RunnerError> {
        self.time = self.session.store().now_ms()?;
        if self.now().saturating_sub(self.synced) >= SYNC {
            self.sync()?;
        }
        let mut inputs = Vec::new();
        for news in news {
            inputs.extend(self.take(news)?);
        }
        self.beat(&mut inputs)?;
        // What is known of trials comes before room is given out: a run that is not wanted any more must not get it.
        inputs.sort_by_key(|input| matches!(input, Input::Ended(_)));
        for input in inputs {
            self.feed(input);
        }
        if self.dispatcher.next_time().is_some_and(|time| time <= self.time) {
            self.feed(Input::Time);
        }
        while let Some(effect) = self.effects.pop_front() {
            if let Effect::Finish(finish) = effect {
                if self.stays(finish)? {
                    continue;
                }
                self.flush()?;
                return Ok(Step::Finished(finish));
            }
            for input in self.perform(effect)? {
                self.feed(input);
            }
        }
        Ok(Step::Wait(self.patience()))
    }

    fn feed(&mut self, input: Input) {
        self.effects.extend(self.dispatcher.step(input, self.time));
    }

    /// The study.
    pub fn session(&self) -> &Session {
        &self.session
    }

    /// Where its runs go.
    pub fn executor(&mut self) -> &mut E {
        &mut self.executor
    }

    /// The session and the desk, once it is over.
    pub fn into_parts(self) -> (Session, D) {
        (self.session, self.desk)
    }

    /// How long there is nothing to do without news.
    fn patience(&self) -> Duration {
        let now = self.now();
        let tick = self.pulse.until_tick(now);
        // Endings that are committed and not synced are synced once the next programs are on their way, those of a tenth
        // of a second together: a slot does not wait for the disk, and nobody is told before (invariant NOTHING LOST).
        // What is decided after an ending lies after it in the log, and is lost with it if power is.
        let sync = if self.is_told() { tick } else { (self.synced + SYNC).saturating_sub(now) };
        let due = self.dispatcher.next_time().map(|time| time.saturating_sub(self.time));
        tick.min(sync).min(due.map_or(tick, Duration::from_millis))
    }

    /// Whether all endings are synced and told of.
    fn is_told(&self) -> bool {
        self.unsynced.is_empty() && self.over.is_empty()
    }

    /// Syncs the endings that are not, lets the supervisor forget them, and tells of them.
    fn sync(&mut self) -> Result<(), RunnerError> {
        if self.is_told() {
            return Ok(());
        }
        self.session.sync()?;
        self.synced = self.now();
        for id in std::mem::take(&mut self.unsynced) {
            self.executor.acknowledge(id);
            self.see(&Happening::Ended(id.run));
        }
        for trial in std::mem::take(&mut self.over) {
            self.see(&Happening::TrialEnded(trial));
        }
        Ok(())
    }

    /// The last endings are synced and acknowledged before this process leaves.
    fn flush(&mut self) -> Result<(), RunnerError> {
        self.sync()?;
        // Sends the acknowledgements. Runs that end now are not ours any more: whoever comes next takes them over.
        self.executor.wait(Some(Duration::ZERO))?;
        Ok(())
    }

    fn perform(&mut self, effect: Effect) -> Result<Vec<Input>, RunnerError> {
        match effect {
            Effect::Decide(count) => return self.decide(count),
            Effect::Start(runs) => return self.start(&runs),
            Effect::End(run) => self.end(run),
            Effect::Draining(finish) => self.see(&Happening::Draining(finish)),
            Effect::Ending => self.see(&Happening::Ending),
            // Its step returned with it.
            Effect::Finish(_) => {}
        }
        Ok(Vec::new())
    }

    fn now(&self) -> Duration {
        self.session.clock().steady()
    }

    fn see(&mut self, happening: &Happening<'_>) {
        let desk = &mut self.desk;
        self.session.with_study(|study| desk.see(study, happening));
    }
}
