//! The loop: news, signals and time go in, the dispatcher says what follows, and this does it.
//!
//! One thread. What takes long happens elsewhere: programs run under the supervisor, and the store syncs in
//! microseconds. A process that dies here leaves whole events behind, and its runs to whoever comes next.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::ffi::OsString;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use exec::{Local, RunId, RunNews};
use session::{Answer, Claim, Consequence, Over, Session};
use space::{Point, Space};
use spec::OnTimeout;
use store::Durability;
use study::{How, Phase, RunEnded, RunKey, Study, TrialId};

use crate::dispatcher::{Dispatcher, Dry, Effect, Finish, Input};
use crate::life::{self, Life};
use crate::open::Open;
use crate::orders::Orders;
use crate::scribe::Scribe;
use crate::watch::{Happening, Opening, Watcher};
use crate::{RunnerError, endings, once};

/// How often the log is looked at for what others wrote, and the display is drawn.
const TICK: Duration = Duration::from_millis(100);
/// Endings wait for each other's sync for so long at most: each sync makes the file system write out all that programs
/// and their folders changed meanwhile.
const SYNC: Duration = Duration::from_millis(10);
/// How often this process shows that it lives.
const HEARTBEAT: Duration = Duration::from_secs(15);

/// How a study was left.
#[derive(Debug)]
pub struct Driven {
    /// Why.
    pub finish: Finish,
    /// The study, as of then.
    pub study: Study,
    /// What was searched.
    pub space: Option<Arc<Space>>,
}

/// Drives a study until a limit, the end of its space, or a word from outside. `program` becomes its supervisor;
/// `interrupts` counts Ctrl-C.
///
/// # Errors
/// The store, the supervisor or the sampler fail. Runs that are under way go on, and the next call takes them over.
pub fn drive(
    open: Open,
    program: Vec<OsString>,
    interrupts: &AtomicUsize,
    watcher: &mut dyn Watcher,
) -> Result<Driven, RunnerError> {
    let Open { home, file, session, life, slots, remarks, .. } = open;
    let epoch = session.attend()?;
    let resumed = session.with_study(Study::len);
    let seed = session.with_study(Study::seed);
    let sampler = session.with_study(|study| {
        study
            .sampler()
            .and_then(|sampler| sampler.get("name")?.as_str().map(str::to_owned))
            .unwrap_or_default()
    });
    let opening = Opening { folder: home.folder().to_path_buf(), slots, sampler, resumed, remarks };
    session.with_study(|study| watcher.see(study, &Happening::Opened(&opening)));
    once::set_up(&session, &file, home.folder(), &program)?;
    let orders = Orders::new(&file, seed, home.folder())
        .map_err(|source| RunnerError::folder(home.folder(), source))?;
    let space = session.space();
    let scribe = Scribe::new(home.folder().to_path_buf(), life.name(), space.clone());
    let mut drive = Drive {
        local: Local::connect(home.folder(), program)?,
        home: home.folder().to_path_buf(),
        on_timeout: file.stages.iter().map(|stage| stage.on_timeout).collect(),
        cpus: file.stages.iter().map(|stage| stage.cpus).collect(),
        session: &session,
        epoch,
        life: &life,
        orders,
        space,
        scribe,
        watcher,
        dispatcher: Dispatcher::new(slots),
        claims: BTreeMap::new(),
        asked: BTreeSet::new(),
        points: BTreeMap::new(),
        unsynced: Vec::new(),
        synced: Instant::now(),
        waiting: VecDeque::new(),
        seen: 0,
        interrupts: 0,
        phase: Phase::Open,
        beat: Instant::now(),
        ticked: None,
    };
    let finish = drive.run(interrupts)?;
    drive.scribe_now()?;
    let study = session.study();
    drive.watcher.see(&study, &Happening::Finished(finish));
    let space = session.space();
    session.close()?;
    Ok(Driven { finish, study, space })
}

struct Drive<'a> {
    session: &'a Session,
    local: Local,
    life: &'a Life,
    home: std::path::PathBuf,
    orders: Orders<'a>,
    space: Option<Arc<Space>>,
    scribe: Scribe,
    watcher: &'a mut dyn Watcher,
    dispatcher: Dispatcher,
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
    /// The last sync.
    synced: Instant,
    /// Trials without a run: queued by others, or lost and to be run again.
    waiting: VecDeque<TrialId>,
    /// The log up to which what others wrote was looked at.
    seen: u64,
    /// Signals acted upon.
    interrupts: usize,
    phase: Phase,
    beat: Instant,
    ticked: Option<Instant>,
    /// Per stage.
    on_timeout: Vec<OnTimeout>,
    cpus: Vec<u32>,
}

impl Drive<'_> {
    fn run(&mut self, interrupts: &AtomicUsize) -> Result<Finish, RunnerError> {
        self.recover()?;
        self.seen = self.session.refresh()?;
        let mut effects: VecDeque<Effect> = self.dispatcher.begin().into();
        loop {
            while let Some(effect) = effects.pop_front() {
                if let Effect::Finish(finish) = effect {
                    self.flush()?;
                    return Ok(finish);
                }
                for input in self.perform(effect)? {
                    effects.extend(self.dispatcher.step(input));
                }
            }
            let mut inputs = Vec::new();
            for news in self.news()? {
                inputs.extend(self.take(news)?);
            }
            self.signals(interrupts, &mut inputs);
            self.tick(&mut inputs)?;
            for input in inputs {
                effects.extend(self.dispatcher.step(input));
            }
        }
    }

    /// Sends what is queued and waits for news. Endings that are committed and not synced are synced once the next
    /// programs are on their way, those of a few milliseconds together: a slot does not wait for the disk, and nobody is
    /// told before (invariant NOTHING LOST). What is decided after an ending lies after it in the log, and is lost with
    /// it if power is.
    fn news(&mut self) -> Result<Vec<RunNews>, RunnerError> {
        let mut limit = self.until_tick();
        if !self.unsynced.is_empty() {
            limit = limit.min(SYNC.saturating_sub(self.synced.elapsed()));
        }
        let news = self.local.wait(Some(limit))?;
        if self.synced.elapsed() >= SYNC {
            self.sync()?;
        }
        Ok(news)
    }

    /// Syncs the endings that are not, lets the supervisor forget them, and tells of them.
    fn sync(&mut self) -> Result<(), RunnerError> {
        if self.unsynced.is_empty() {
            return Ok(());
        }
        self.session.sync()?;
        self.synced = Instant::now();
        for id in std::mem::take(&mut self.unsynced) {
            self.local.acknowledge(id);
            self.see(&Happening::Ended(id.run));
        }
        Ok(())
    }

    /// The last endings are synced and acknowledged before this process leaves.
    fn flush(&mut self) -> Result<(), RunnerError> {
        self.sync()?;
        // Sends the acknowledgements. Runs that end now are not ours any more: whoever comes next takes them over.
        self.local.wait(Some(Duration::ZERO))?;
        Ok(())
    }

    /// Takes over what dead processes left: their runs are claimed, and trials without a run wait for a slot.
    fn recover(&mut self) -> Result<(), RunnerError> {
        let lost = self.lost()?;
        let known: Vec<RunId> =
            self.local.known().iter().filter(|known| !known.owned).map(|known| known.id).collect();
        let mut adopted = 0;
        for id in &lost {
            adopted += usize::from(known.contains(id));
            self.adopt(*id);
        }
        self.waiting = self.session.with_study(idle_trials);
        let lost = lost.len() - adopted;
        if adopted + lost > 0 {
            self.see(&Happening::Recovered { adopted, lost });
        }
        Ok(())
    }

    fn adopt(&mut self, id: RunId) {
        self.local.claim(id, self.orders.directory(id.run));
        self.claims.insert(id.run, Claim { run: id.run, epoch: id.epoch });
        self.dispatcher.step(Input::Adopted(id.run));
        self.see(&Happening::Started(id.run));
    }

    fn perform(&mut self, effect: Effect) -> Result<Vec<Input>, RunnerError> {
        match effect {
            Effect::Decide(count) => self.decide(count),
            Effect::Start(run) => self.start(run),
            Effect::End(run) => {
                self.end(run);
                Ok(Vec::new())
            }
            Effect::Draining(finish) => {
                self.see(&Happening::Draining(finish));
                Ok(Vec::new())
            }
            Effect::Ending => {
                self.see(&Happening::Ending);
                Ok(Vec::new())
            }
            Effect::Finish(_) => Ok(Vec::new()),
        }
    }

    /// Trials that wait for a run come first, then what the session decides.
    fn decide(&mut self, count: usize) -> Result<Vec<Input>, RunnerError> {
        let mut runs = Vec::new();
        while runs.len() < count
            && let Some(trial) = self.waiting.pop_front()
        {
            let run = self.session.next_attempt(trial, 0, 0);
            let cpus = self.cpus.first().map(|cpus| f64::from(*cpus));
            if let Some(claim) = self.session.start_run(run, cpus, None)? {
                self.claims.insert(run, claim);
                runs.push(run);
            }
        }
        if !runs.is_empty() {
            return Ok(vec![Input::Ready(runs)]);
        }
        Ok(vec![match self.session.ask_many(count)? {
            Answer::Trials(asked) => {
                for asked in asked {
                    if let (Some(claim), Some(point)) = (asked.run, asked.point) {
                        self.claims.insert(claim.run, claim);
                        self.points.insert(asked.number, point);
                        runs.push(claim.run);
                    }
                }
                Input::Ready(runs)
            }
            Answer::Wait => Input::Dry(Dry::Wait),
            Answer::Over(Over::Limit(_)) => Input::Dry(Dry::Limit),
            Answer::Over(Over::Exhausted) => Input::Dry(Dry::Exhausted),
            // The phase is looked at with every tick; until then there is nothing.
            Answer::Over(Over::Stopped | Over::Paused) => Input::Dry(Dry::Wait),
        }])
    }

    fn start(&mut self, run: RunKey) -> Result<Vec<Input>, RunnerError> {
        let Some(claim) = self.claims.get(&run).copied() else { return Ok(vec![Input::Ended(run)]) };
        let id = RunId { run, epoch: claim.epoch };
        self.see(&Happening::Started(run));
        let order = match self.point(run.trial) {
            Some(point) => self.orders.order(id, &point).map_err(|error| error.to_string()),
            None => Err("the trial's parameters do not fit the study's space".to_owned()),
        };
        match order {
            Ok(order) => {
                self.local.start(order);
                Ok(Vec::new())
            }
            Err(message) => {
                let end = study::RunEnd { message: Some(message), ..study::RunEnd::new(How::Failed, 0.0) };
                self.ended(RunEnded { run, epoch: id.epoch, end, metrics: study::Digests::new() })
            }
        }
    }

    /// A trial's point: as decided a moment ago, or as recorded.
    fn point(&mut self, trial: TrialId) -> Option<Point> {
        if let Some(point) = self.points.remove(&trial) {
            return Some(point);
        }
        let record = self.session.with_study(|study| study.trial(trial).map(|trial| trial.point()))?;
        self.space.as_ref()?.from_json(&record).ok()
    }

    fn end(&mut self, run: RunKey) {
        if let Some(claim) = self.claims.get(&run) {
            let id = RunId { run, epoch: claim.epoch };
            self.local.stop(id, How::Killed, Some("ended with the study".to_owned()));
            self.asked.insert(run);
        }
    }

    fn take(&mut self, news: RunNews) -> Result<Vec<Input>, RunnerError> {
        match news {
            RunNews::Started { .. } => Ok(Vec::new()),
            RunNews::Reported { id, step, values, .. } => {
                self.see(&Happening::Reported { run: id.run, step, values: &values });
                Ok(Vec::new())
            }
            RunNews::Ended(ended) => self.ended(*ended),
        }
    }

    /// Records an ending. The supervisor forgets it, and others hear of it, once it is synced.
    fn ended(&mut self, ended: RunEnded) -> Result<Vec<Input>, RunnerError> {
        let RunEnded { run, epoch, end, metrics } = ended;
        let id = RunId { run, epoch };
        let keeps = self.on_timeout.get(run.stage as usize) == Some(&OnTimeout::Keep);
        let consequence = endings::consequence(&end, &metrics, keeps, self.lost_before(run));
        let goes_on = consequence == Consequence::GoesOn;
        let was_asked = self.asked.remove(&run);
        // Ended by nobody's wish and no program's fault: its supervisor cannot hold it.
        let is_kept_out = end.how == How::Killed && !was_asked && epoch == self.epoch;
        let message = end.message.clone().unwrap_or_default();
        self.session.end_run(Claim { run, epoch }, end, metrics, consequence, Durability::Committed)?;
        self.unsynced.push(id);
        self.claims.remove(&run);
        if is_kept_out {
            self.flush()?;
            // Not the next trial either: a full disk must not use up the study's trials.
            return Err(RunnerError::KeptOut { trial: run.trial.0, message });
        }
        if goes_on && !was_asked {
            self.waiting.push_back(run.trial);
            return Ok(vec![Input::Ended(run), Input::Changed]);
        }
        Ok(vec![Input::Ended(run)])
    }

    fn lost_before(&self, run: RunKey) -> usize {
        self.session.with_study(|study| {
            let runs = study.trial(run.trial).into_iter().flat_map(|trial| trial.runs());
            runs.filter(|run| run.how() == Some(How::Lost)).count()
        })
    }

    fn signals(&mut self, interrupts: &AtomicUsize, inputs: &mut Vec<Input>) {
        let count = interrupts.load(Ordering::Relaxed);
        for _ in self.interrupts..count {
            inputs.push(Input::Interrupt);
        }
        self.interrupts = self.interrupts.max(count);
    }

    fn until_tick(&self) -> Duration {
        self.ticked.map_or(Duration::ZERO, |ticked| TICK.saturating_sub(ticked.elapsed()))
    }

    /// Looks at what others wrote, shows that this process lives, brings the files and the display up to date.
    fn tick(&mut self, inputs: &mut Vec<Input>) -> Result<(), RunnerError> {
        if self.ticked.is_some_and(|ticked| ticked.elapsed() < TICK) {
            return Ok(());
        }
        self.ticked = Some(Instant::now());
        let head = self.session.refresh()?;
        if head != self.seen {
            self.seen = head;
            inputs.push(Input::Changed);
        }
        self.follow_phase(inputs);
        if self.beat.elapsed() >= HEARTBEAT {
            self.beat = Instant::now();
            self.session.heartbeat()?;
            life::touch(self.life);
            self.take_over()?;
        }
        if let Err(error) = self.scribe.tick(self.session) {
            let text = error.to_string();
            self.see(&Happening::Trouble(&text));
        }
        let watcher = &mut *self.watcher;
        self.session.with_study(|study| watcher.tick(study, life::unix_ms()));
        Ok(())
    }

    /// `ravine stop`, `pause` and `resume` from another terminal.
    fn follow_phase(&mut self, inputs: &mut Vec<Input>) {
        let phase = self.session.with_study(Study::phase);
        if phase == self.phase {
            return;
        }
        match (self.phase, phase) {
            (_, Phase::Stopped) => inputs.push(Input::Stop),
            (_, Phase::Paused) => {
                inputs.push(Input::Pause);
                self.see(&Happening::Paused(true));
            }
            (_, Phase::Open) => {
                inputs.extend([Input::Resume, Input::Changed]);
                self.see(&Happening::Paused(false));
            }
        }
        self.phase = phase;
    }

    /// Runs of processes that died while this one lives.
    fn take_over(&mut self) -> Result<(), RunnerError> {
        for id in self.lost()? {
            if !self.claims.contains_key(&id.run) {
                self.adopt(id);
            }
        }
        Ok(())
    }

    /// Open runs whose runner is gone.
    fn lost(&self) -> Result<Vec<RunId>, RunnerError> {
        let runs = self.session.lost_runs()?;
        Ok(self.session.with_study(|study| {
            let id = |run: RunKey| Some(RunId { run, epoch: study.trial(run.trial)?.run(run)?.epoch() });
            runs.into_iter().filter_map(id).collect()
        }))
    }

    /// Leaves the derived files as the log is. What another process appends while this one holds the lease is this
    /// one's to write, so it looks again once it has given the lease back.
    fn scribe_now(&mut self) -> Result<(), RunnerError> {
        loop {
            let head = self.session.refresh()?;
            self.scribe.finish(self.session).map_err(|error| match error {
                crate::scribe::ScribeError::Store(error) => error.into(),
                crate::scribe::ScribeError::Write(source) => RunnerError::folder(&self.home, source),
            })?;
            if self.session.refresh()? == head {
                return Ok(());
            }
        }
    }

    fn see(&mut self, happening: &Happening<'_>) {
        let watcher = &mut *self.watcher;
        self.session.with_study(|study| watcher.see(study, happening));
    }
}

/// Trials that are neither over nor running anywhere, oldest first.
fn idle_trials(study: &Study) -> VecDeque<TrialId> {
    let idle = study.pending().filter(|trial| trial.runs().all(|run| run.how().is_some()));
    idle.map(|trial| trial.number()).collect()
}
