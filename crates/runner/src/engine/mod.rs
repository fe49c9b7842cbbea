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
use study::{RunKey, TrialId};

pub use desk::{Desk, StageRule};
use pulse::Pulse;

use crate::RunnerError;
use crate::dispatcher::{Dispatcher, Effect, Finish, Input};
use crate::watch::Happening;

/// Endings wait for each other's sync for so long at most: each sync makes the file system write out all that programs
/// and their folders changed meanwhile.
const SYNC: Duration = Duration::from_millis(10);

/// What a step of the loop ends with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing to do before there is news, or this time is over.
    Wait(Duration),
    /// The runner leaves; its last endings are recorded and acknowledged.
    Finished(Finish),
}

/// Drives one study: its session, where its runs go, and what lies beside its log.
#[derive(Debug)]
pub struct Engine<E, D> {
    session: Session,
    executor: E,
    desk: D,
    space: Option<Arc<Space>>,
    /// By number.
    stages: Vec<StageRule>,
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
    /// Trials without a run: queued by others, or lost and to be run again.
    waiting: VecDeque<TrialId>,
    /// Endings that are recorded and may still be lost with the power.
    unsynced: Vec<RunId>,
    /// When the last sync was, by the steady clock.
    synced: Duration,
    pulse: Pulse,
}

impl<E: Executor, D: Desk> Engine<E, D> {
    /// Begins to drive a study with `slots` runs at a time: takes over what dead processes left, and starts nothing
    /// yet.
    ///
    /// # Errors
    /// The store refuses.
    pub fn begin(
        session: Session,
        executor: E,
        desk: D,
        slots: usize,
        stages: Vec<StageRule>,
    ) -> Result<Self, RunnerError> {
        let epoch = session.attend()?;
        let now = session.clock().steady();
        let mut engine = Engine {
            space: session.space(),
            session,
            executor,
            desk,
            stages,
            dispatcher: Dispatcher::new(slots),
            effects: VecDeque::new(),
            claims: BTreeMap::new(),
            epoch,
            asked: BTreeSet::new(),
            points: BTreeMap::new(),
            waiting: VecDeque::new(),
            unsynced: Vec::new(),
            synced: now,
            pulse: Pulse::begin(now),
        };
        engine.recover()?;
        engine.pulse.seen = engine.session.refresh()?;
        engine.effects.extend(engine.dispatcher.begin());
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
        if self.now().saturating_sub(self.synced) >= SYNC {
            self.sync()?;
        }
        let mut inputs = Vec::new();
        for news in news {
            inputs.extend(self.take(news)?);
        }
        self.beat(&mut inputs)?;
        for input in inputs {
            self.effects.extend(self.dispatcher.step(input));
        }
        while let Some(effect) = self.effects.pop_front() {
            if let Effect::Finish(finish) = effect {
                self.flush()?;
                return Ok(Step::Finished(finish));
            }
            for input in self.perform(effect)? {
                self.effects.extend(self.dispatcher.step(input));
            }
        }
        Ok(Step::Wait(self.patience()))
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
        // Endings that are committed and not synced are synced once the next programs are on their way, those of a few
        // milliseconds together: a slot does not wait for the disk, and nobody is told before (invariant NOTHING LOST).
        // What is decided after an ending lies after it in the log, and is lost with it if power is.
        let sync = if self.unsynced.is_empty() { tick } else { (self.synced + SYNC).saturating_sub(now) };
        tick.min(sync)
    }

    /// Syncs the endings that are not, lets the supervisor forget them, and tells of them.
    fn sync(&mut self) -> Result<(), RunnerError> {
        if self.unsynced.is_empty() {
            return Ok(());
        }
        self.session.sync()?;
        self.synced = self.now();
        for id in std::mem::take(&mut self.unsynced) {
            self.executor.acknowledge(id);
            self.see(&Happening::Ended(id.run));
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
            Effect::Decide(count) => return Ok(vec![self.decide(count)?]),
            Effect::Start(run) => return self.start(run),
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
