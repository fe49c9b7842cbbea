//! One run from its start to its ending.

use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use study::{How, Real, RunEnd, RunEnded, RunLimit};

use super::clients::ClientId;
use super::logs::Log;
use super::meter::Meter;
use super::start::Running;
use crate::order::{RunId, RunOrder, StepLimit};
use crate::process::mark::Mark;
use crate::process::{Exit, signal_tree};
use crate::report::{Collected, Collector, Progress, Report};

/// Reports reach the client within this time.
const MOST_PATIENCE: Duration = Duration::from_millis(40);
/// Short runs end before they are looked at for the first time.
const LEAST_PATIENCE: Duration = Duration::from_millis(10);
/// While something is being ended.
const IMPATIENCE: Duration = Duration::from_millis(5);
/// What is left behind may end by itself for so long: a `tee` still has its last lines to write.
const FAREWELL: Duration = Duration::from_millis(100);
/// What is left behind and does not, has at most so long after SIGTERM.
const LEFT_GRACE: Duration = Duration::from_secs(1);
/// What survives SIGKILL for so long hangs in the kernel, and its run ends without it.
const GIVE_UP: Duration = Duration::from_secs(10);

/// How hard a run is asked to end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Urged {
    Not,
    /// SIGTERM was sent; SIGKILL follows then.
    Until(Instant),
    /// SIGKILL was sent, first then, and is sent again to whoever appears.
    Since(Instant),
}

/// Why a run is being ended.
#[derive(Clone, Debug)]
struct Stopped {
    how: How,
    message: Option<String>,
    limit: Option<RunLimit>,
    hopeless: bool,
}

impl Stopped {
    fn new(how: How, message: Option<String>) -> Self {
        Stopped { how, message, limit: None, hopeless: false }
    }
}

/// When a run is to end at the latest.
#[derive(Clone, Copy, Debug)]
struct TimeLimit {
    after: Duration,
    /// Whether it is its trial's, and not its own.
    of_trial: bool,
}

impl TimeLimit {
    /// The first that comes.
    fn of(order: &RunOrder) -> Option<Self> {
        let own = order.timeout.map(|after| TimeLimit { after, of_trial: false });
        let trial = order.trial_left.map(|after| TimeLimit { after, of_trial: true });
        own.into_iter().chain(trial).min_by_key(|limit| limit.after)
    }

    fn reached(self) -> Stopped {
        let told = if self.of_trial {
            "ended at the time limit of its trial (trial_time)".to_owned()
        } else {
            format!("ended at its time limit of {:?}", self.after)
        };
        Stopped { hopeless: self.of_trial, ..Stopped::new(How::Timeout, Some(told)) }
    }
}

/// A run whose tree may live.
pub(super) struct Run {
    pub(super) id: RunId,
    pub(super) directory: PathBuf,
    pub(super) pid: i32,
    pub(super) mark: Mark,
    pub(super) owner: Option<ClientId>,
    /// When it is to be looked at again.
    pub(super) due: Instant,
    ok: Vec<i32>,
    grace: Duration,
    time: Option<TimeLimit>,
    steps: Option<StepLimit>,
    /// When it reported its last step.
    reached: Option<Instant>,
    started: Instant,
    patience: Duration,
    stdout: Log,
    stderr: Log,
    collector: Collector,
    /// How and when its program ended.
    exit: Option<(Exit, Instant)>,
    /// Why it is being ended: the first reason counts.
    stopped: Option<Stopped>,
    urged: Urged,
    meter: Meter,
    /// The disk was seen full: what it printed may not all be there.
    disk_full: bool,
}

/// What is to happen to a run next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// It goes on.
    Wait,
    /// Nothing of it is left, or nothing that could be ended.
    Finish,
}

impl Run {
    /// A run whose program was just started.
    pub(super) fn new(order: RunOrder, running: Running, mark: Mark, owner: Option<ClientId>) -> Self {
        let now = running.started;
        let time = TimeLimit::of(&order);
        Run {
            id: order.id,
            directory: order.directory,
            pid: running.pid,
            mark,
            owner,
            due: now + LEAST_PATIENCE,
            ok: order.ok,
            grace: order.grace,
            time,
            steps: order.step_limit,
            reached: None,
            started: now,
            patience: LEAST_PATIENCE,
            stdout: running.stdout,
            stderr: running.stderr,
            collector: running.collector,
            exit: None,
            stopped: None,
            urged: Urged::Not,
            meter: running.meter,
            disk_full: false,
        }
    }

    /// Whether its program has ended.
    pub(super) fn has_exited(&self) -> bool {
        self.exit.is_some()
    }

    /// Whether [`Run::tend`] will ask for its orphans.
    pub(super) fn needs_orphans(&self, now: Instant) -> bool {
        self.exit.is_some()
            || self.urged != Urged::Not
            || self.late(now).is_some()
            || self.is_beyond_its_steps(now)
            || now >= self.meter.due()
    }

    /// How many reports it has made.
    pub(super) fn reports(&self) -> u64 {
        self.collector.reports()
    }

    /// Its program ended.
    pub(super) fn exited(&mut self, exit: Exit, now: Instant) {
        self.account(exit);
        self.exit = Some((exit, now));
        self.due = now;
        if let Urged::Until(end) = self.urged {
            // The program took its grace; what it left behind was asked as well and needs no more than this.
            self.urged = Urged::Until(end.min(now + LEFT_GRACE));
        }
    }

    /// One of its processes ended, the first or another.
    pub(super) fn account(&mut self, exit: Exit) {
        self.meter.reaped(exit);
    }

    /// Asks it to end: SIGTERM to all of it, SIGKILL after the grace (at once, if so wanted). `orphans` are the children
    /// of this process that belong to it.
    pub(super) fn stop(
        &mut self,
        how: How,
        message: Option<String>,
        at_once: bool,
        orphans: &[i32],
        now: Instant,
    ) {
        self.end(Stopped::new(how, message), at_once, orphans, now);
    }

    fn end(&mut self, why: Stopped, at_once: bool, orphans: &[i32], now: Instant) {
        if self.exit.is_none() {
            self.stopped.get_or_insert(why);
        }
        let grace = if at_once { Duration::ZERO } else { self.grace };
        match self.urged {
            Urged::Not if !grace.is_zero() => self.urge(Urged::Until(now + grace), Signal::SIGTERM, orphans),
            Urged::Not => self.urge(Urged::Since(now), Signal::SIGKILL, orphans),
            Urged::Until(end) => self.urged = Urged::Until(end.min(now + grace)),
            Urged::Since(_) => {}
        }
        self.due = now;
    }

    /// Looks at it: new reports (told with their index), time limits, what it left behind.
    pub(super) fn tend(
        &mut self,
        orphans: &[i32],
        buffer: &mut [u8],
        now: Instant,
        told: impl FnMut(u64, Report),
    ) -> Next {
        if self.exit.is_some() && orphans.is_empty() {
            return Next::Finish;
        }
        self.disk_full |= is_disk_full(self.stdout.file());
        let before = self.collector.reports();
        let beyond = self.is_beyond_its_steps(now);
        let logs = [self.stdout.file(), self.stderr.file()];
        let more = self.collector.collect(logs, buffer, false, told);
        self.trim();
        if self.exit.is_none() {
            self.heed_limits(beyond, orphans, now);
        }
        match self.urged {
            Urged::Until(end) if now >= end => self.urge(Urged::Since(now), Signal::SIGKILL, orphans),
            Urged::Since(since) => {
                if now >= since + GIVE_UP {
                    return Next::Finish;
                }
                self.urge(self.urged, Signal::SIGKILL, orphans);
            }
            _ => {}
        }
        if self.urged == Urged::Not && self.exit.is_some_and(|(_, end)| now >= end + FAREWELL) {
            let grace = self.grace.min(LEFT_GRACE);
            self.urge(Urged::Until(now + grace), Signal::SIGTERM, orphans);
        }
        self.schedule(more, self.collector.reports() > before, now);
        Next::Wait
    }

    /// It is over: the rest of its reports, its logs in order, its ending. Also the logs that
    /// stayed empty, for other runs.
    pub(super) fn finish(
        mut self,
        buffer: &mut [u8],
        told: impl FnMut(u64, Report),
    ) -> (RunEnded, Vec<File>) {
        let logs = [self.stdout.file(), self.stderr.file()];
        self.disk_full |= is_disk_full(logs[0]);
        self.collector.collect(logs, buffer, true, told);
        let ended = self.exit.map_or_else(Instant::now, |(_, at)| at);
        let mut end = RunEnd::new(How::Lost, (ended - self.started).as_secs_f64());
        let Stopped { how, message, limit, hopeless } = self.verdict();
        let Collected { metrics, texts, reached, trouble } = self.collector.finish();
        end.how = how;
        end.exit_code = self.exit.and_then(|(exit, _)| exit.code);
        end.signal = self.exit.and_then(|(exit, _)| exit.signal);
        end.cpu_seconds = Some(Real(self.meter.cpu()));
        end.peak_memory = self.meter.peak();
        end.reached = reached;
        (end.limit, end.hopeless) = (limit, hopeless);
        end.texts = texts;
        let mut notes: Vec<String> = message.into_iter().chain(trouble).collect();
        // What hangs in the kernel may write once more.
        let all_gone = self.exit.is_some() && !matches!(self.urged, Urged::Since(_));
        let mut spares = Vec::new();
        for log in [self.stdout, self.stderr] {
            match log.finish() {
                Ok(spare) => spares.extend(spare.filter(|_| all_gone)),
                Err(why) => notes.push(format!("a log could not be put in order: {why}")),
            }
        }
        end.message = (!notes.is_empty()).then(|| notes.join("; "));
        (RunEnded { run: self.id.run, epoch: self.id.epoch, end, metrics }, spares)
    }

    /// How it ended, and what a person should know.
    fn verdict(&self) -> Stopped {
        if let Some(stopped) = &self.stopped {
            return stopped.clone();
        }
        if self.disk_full {
            // Neither a good nor a bad end says anything of the configuration.
            let message = "the disk was full while it ran, so that its output may not be complete";
            return Stopped::new(How::Lost, Some(message.to_owned()));
        }
        if let Some(message) = self.meter.ended_by_kernel() {
            return Stopped { limit: Some(RunLimit::Memory), ..Stopped::new(How::Failed, Some(message)) };
        }
        let (how, message) = self.own_ending();
        Stopped::new(how, message)
    }

    /// How it ended by itself.
    fn own_ending(&self) -> (How, Option<String>) {
        let Some((exit, _)) = self.exit else {
            return (How::Failed, Some("it survives SIGKILL and hangs in the kernel".to_owned()));
        };
        let last_words = || self.stderr.last_line(400).map_or(String::new(), |line| format!(": {line}"));
        match (exit.code, exit.signal) {
            (Some(code), _) if self.ok.contains(&code) => (How::Ok, None),
            (Some(code), _) => (How::Failed, Some(format!("exit code {code}{}", last_words()))),
            (None, Some(signal)) => {
                let name = Signal::try_from(signal)
                    .map_or_else(|_| format!("signal {signal}"), |known| known.to_string());
                let hint = if signal == Signal::SIGKILL as i32 {
                    ", which ravine did not send; out of memory?"
                } else {
                    ""
                };
                (How::Failed, Some(format!("ended by {name}{hint}{}", last_words())))
            }
            (None, None) => (How::Failed, None),
        }
    }

    fn urge(&mut self, urged: Urged, signal: Signal, orphans: &[i32]) {
        self.urged = urged;
        // The program is a child until it is reaped, and so are its orphans.
        let program = self.exit.is_none().then_some(self.pid);
        let direct: Vec<i32> = program.into_iter().chain(orphans.iter().copied()).collect();
        if signal == Signal::SIGKILL {
            self.meter.kill();
        }
        signal_tree(&direct, signal);
    }

    /// Looks whether it has come to a limit of its order, and ends it there. `beyond` its steps it was when its orphans
    /// were looked up.
    fn heed_limits(&mut self, beyond: bool, orphans: &[i32], now: Instant) {
        if let (Some(limit), None) = (self.late(now), &self.stopped) {
            self.end(limit.reached(), false, orphans, now);
        }
        if let (true, Some(limit), None) = (beyond, self.steps, &self.stopped) {
            let message = Some(format!("stopped at its limit of {} steps", limit.step));
            let why = Stopped { limit: Some(RunLimit::Step), ..Stopped::new(How::Ok, message) };
            self.end(why, false, orphans, now);
        }
        if now >= self.meter.due() {
            let direct: Vec<i32> = orphans.iter().copied().chain([self.pid]).collect();
            if let Some(over) = self.meter.look(&direct, now) {
                let why = Stopped { limit: Some(RunLimit::Memory), ..Stopped::new(How::Failed, Some(over)) };
                // Others need that memory: no grace.
                self.end(why, true, orphans, now);
            }
        }
        if self.collector.progress() != Progress::Within {
            self.reached.get_or_insert(now);
        }
    }

    /// The time limit that it is past.
    fn late(&self, now: Instant) -> Option<TimeLimit> {
        self.time.filter(|limit| now >= self.started + limit.after)
    }

    /// Whether it has reported its last step, and does not end by itself in time or goes on.
    fn is_beyond_its_steps(&self, now: Instant) -> bool {
        let late = || self.reached.zip(self.steps).is_some_and(|(at, limit)| now >= at + limit.patience);
        match self.collector.progress() {
            Progress::Within => false,
            Progress::Reached => late(),
            Progress::Beyond => true,
        }
    }

    fn trim(&mut self) {
        if let Some(size) = self.stdout.trim(Some(self.collector.stdout_read())) {
            self.collector.stdout_cut(size);
        }
        if let Some(size) = self.stderr.trim(self.collector.stderr_read()) {
            self.collector.stderr_cut(size);
        }
    }

    fn schedule(&mut self, more: bool, lively: bool, now: Instant) {
        self.patience = if lively { LEAST_PATIENCE } else { (self.patience * 2).min(MOST_PATIENCE) };
        // What was read just now may have been its last step: it is ended with the orphans that it has by then.
        let beyond = self.stopped.is_none() && self.exit.is_none() && self.is_beyond_its_steps(now);
        self.due = if more || beyond {
            now
        } else if self.exit.is_some() || self.urged != Urged::Not {
            now + IMPATIENCE
        } else {
            now + self.patience
        };
        if let Some(limit) = self.time.filter(|_| self.stopped.is_none()) {
            self.due = self.due.min(self.started + limit.after);
        }
    }
}

/// Whether nothing more can be written beside a file.
fn is_disk_full(file: &File) -> bool {
    let Ok(disk) = nix::sys::statvfs::fstatvfs(file) else { return false };
    let free = if nix::unistd::geteuid().is_root() { disk.blocks_free() } else { disk.blocks_available() };
    // Some file systems count no blocks at all.
    disk.blocks() > 0 && free == 0
}
