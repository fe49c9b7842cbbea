//! A runner's seat in a world: started, stepped, killed and started again.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use exec::{Executor, RunNews};
use runner::{Engine, Finish, RunnerError, Step};
use session::{Session, SessionError};
use store::ErrorKind;

use crate::desk::SimDesk;
use crate::executor::Line;
use crate::life::Life;
use crate::time::{Instant, SECOND};
use crate::world::World;

/// A place for one runner at a time.
pub(crate) struct Seat {
    pub(crate) host: usize,
    /// How many runners sat here.
    lives: u32,
    pub(crate) state: State,
}

pub(crate) enum State {
    /// Nobody; somebody starts one then.
    Off { until: Instant },
    /// A process.
    On(Box<Running>),
}

/// A runner that lives.
pub(crate) struct Running {
    engine: Engine<Line, SimDesk>,
    pub(crate) life: Arc<Life>,
    pub(crate) interrupts: Arc<AtomicUsize>,
    news: Vec<RunNews>,
    pub(crate) wake: Instant,
}

impl Seat {
    pub(crate) fn new(host: usize) -> Self {
        Seat { host, lives: 0, state: State::Off { until: 0 } }
    }

    /// When it has something to do next, if nobody suspends its host.
    pub(crate) fn next(&self) -> Option<Instant> {
        Some(match &self.state {
            State::Off { until } => *until,
            State::On(running) => running.wake,
        })
    }

    /// It does what is to be done: starts, or takes a step.
    pub(crate) fn act(&mut self, world: &World, index: usize) {
        match std::mem::replace(&mut self.state, State::Off { until: 0 }) {
            State::Off { .. } => self.begin(world, index),
            State::On(running) => self.step(world, *running),
        }
    }

    fn begin(&mut self, world: &World, index: usize) {
        self.lives += 1;
        let life = Arc::new(Life::new());
        let options = world.options(self.host, &format!("{index}.{}", self.lives));
        world.register.add(&options.name, &life);
        let store = world.runners_store(index, &life);
        let interrupts = Arc::new(AtomicUsize::new(0));
        let began = Session::open(store, "sim", options).map_err(RunnerError::from).and_then(|session| {
            let space =
                session.space().ok_or_else(|| RunnerError::Busy { study: "without a space".to_owned() })?;
            let machine = Arc::clone(&world.hosts[self.host].machine);
            let line = Line::connect(machine, Arc::clone(&life), Arc::clone(&world.db));
            let desk = SimDesk { space, interrupts: Arc::clone(&interrupts) };
            Engine::begin(session, line, desk, world.plan.shape.rules(world.plan.slots))
        });
        match began {
            Ok(engine) => {
                let wake = world.time.now();
                self.state =
                    State::On(Box::new(Running { engine, life, interrupts, news: Vec::new(), wake }));
            }
            Err(error) => self.fails(world, &life, &error),
        }
    }

    fn step(&mut self, world: &World, mut running: Running) {
        let stepped = running.step();
        let life = Arc::clone(&running.life);
        match stepped {
            _ if !life.is_alive() => self.dies(world, &running),
            Ok(Step::Wait(limit)) => match running.wait(world, limit) {
                Ok(()) => self.state = State::On(Box::new(running)),
                Err(_) if !life.is_alive() => self.dies(world, &running),
                Err(error) => self.fails(world, &life, &error),
            },
            Ok(Step::Finished(finish)) => self.leaves(world, running, finish),
            Err(error) => {
                world.compares(running.engine.session());
                drop(running);
                self.fails(world, &life, &error);
            }
        }
    }

    /// Its process is gone between two things that it did.
    fn dies(&mut self, world: &World, running: &Running) {
        world.compares(running.engine.session());
        let long = if world.chance.happens(0.1) { 100 * SECOND } else { 2 * SECOND };
        self.state = State::Off { until: world.time.now() + world.chance.waits(long) };
    }

    /// It ends with an error, and somebody starts it again.
    fn fails(&mut self, world: &World, life: &Life, error: &RunnerError) {
        if life.is_alive() && !is_foreseen(error) {
            world.breaks(format!("a runner failed: {error}"));
        }
        life.end();
        self.state = State::Off { until: world.time.now() + SECOND / 2 + world.chance.waits(SECOND) };
    }

    fn leaves(&mut self, world: &World, running: Running, finish: Finish) {
        world.compares(running.engine.session());
        if matches!(finish, Finish::Limit | Finish::Exhausted(_)) {
            world.left_nothing(running.engine.session(), self.host);
            world.said_over.store(true, Ordering::Relaxed);
        }
        let life = running.life;
        let (session, _) = running.engine.into_parts();
        // Its farewell may fail: others then find out by its lease or its lock.
        let _ = session.close();
        life.end();
        self.state = State::Off { until: world.time.now() + SECOND + world.chance.waits(SECOND) };
    }
}

impl Running {
    fn step(&mut self) -> Result<Step, RunnerError> {
        let mut news = std::mem::take(&mut self.news);
        news.extend(self.engine.executor().wait(None)?);
        self.engine.step(news)
    }

    /// Sends its orders; it is to be woken when there are news, or when the time is over.
    fn wait(&mut self, world: &World, limit: Duration) -> Result<(), RunnerError> {
        self.news = self.engine.executor().wait(Some(limit))?;
        let now = world.time.now();
        let over = now + u64::try_from(limit.as_micros()).unwrap_or(u64::MAX);
        let news = self.engine.executor().next_news().unwrap_or(u64::MAX);
        self.wake = if self.news.is_empty() { over.min(news.max(now)) } else { now };
        Ok(())
    }
}

/// Whether a runner may end with this error: the database or the machine was in trouble, and it says so.
fn is_foreseen(error: &RunnerError) -> bool {
    match error {
        RunnerError::Store(error) | RunnerError::Session(SessionError::Store(error)) => {
            matches!(error.kind, ErrorKind::Busy { .. } | ErrorKind::Full)
        }
        RunnerError::KeptOut { .. } => true,
        _ => false,
    }
}
