//! One run from its start to its ending.

use std::fs::File;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use study::{How, Real, RunEnd, RunEnded};

use super::clients::ClientId;
use super::logs::Log;
use super::start::Running;
use crate::order::{RunId, RunOrder};
use crate::process::mark::Mark;
use crate::process::{Exit, resident, signal_tree};
use crate::report::{Collector, Report};

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
/// How often memory is looked at: soon at first, for short runs, then less and less.
const MEMORY_FIRST: Duration = Duration::from_millis(20);
const MEMORY_LATER: Duration = Duration::from_secs(1);

/// How hard a run is asked to end.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Urged {
    Not,
    /// SIGTERM was sent; SIGKILL follows then.
    Until(Instant),
    /// SIGKILL was sent, first then, and is sent again to whoever appears.
    Since(Instant),
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
    timeout: Option<Duration>,
    started: Instant,
    patience: Duration,
    stdout: Log,
    stderr: Log,
    collector: Collector,
    /// How and when its program ended.
    exit: Option<(Exit, Instant)>,
    /// Why it is being ended: the first reason counts.
    stopped: Option<(How, Option<String>)>,
    urged: Urged,
    cpu: f64,
    memory: Option<u64>,
    memory_due: Instant,
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
    pub(super) fn new(order: RunOrder, running: Running, mark: Mark, owner: ClientId) -> Self {
        let now = running.started;
        Run {
            id: order.id,
            directory: order.directory,
            pid: running.pid,
            mark,
            owner: Some(owner),
            due: now + LEAST_PATIENCE,
            ok: order.ok,
            grace: order.grace,
            timeout: order.timeout,
            started: now,
            patience: LEAST_PATIENCE,
            stdout: running.stdout,
            stderr: running.stderr,
            collector: running.collector,
            exit: None,
            stopped: None,
            urged: Urged::Not,
            cpu: 0.0,
            memory: None,
            memory_due: now + MEMORY_FIRST,
        }
    }

    /// Whether its program has ended.
    pub(super) fn has_exited(&self) -> bool {
        self.exit.is_some()
    }

    /// Whether [`Run::tend`] will ask for its orphans.
    pub(super) fn needs_orphans(&self, now: Instant) -> bool {
        let late = self.timeout.is_some_and(|limit| now >= self.started + limit);
        self.exit.is_some() || self.urged != Urged::Not || late || now >= self.memory_due
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
        self.cpu += exit.cpu;
        self.memory = self.memory.max(exit.memory);
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
        if self.stopped.is_none() && self.exit.is_none() {
            self.stopped = Some((how, message));
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
        let before = self.collector.reports();
        let logs = [self.stdout.file(), self.stderr.file()];
        let more = self.collector.collect(logs, buffer, false, told);
        self.trim();
        if let Some(limit) = self.timeout
            && self.exit.is_none()
            && now >= self.started + limit
            && self.stopped.is_none()
        {
            let message = format!("ended at its time limit of {limit:?}");
            self.stop(How::Timeout, Some(message), false, orphans, now);
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
        if let Some((_, end)) = self.exit {
            if self.urged == Urged::Not && now >= end + FAREWELL {
                let grace = self.grace.min(LEFT_GRACE);
                self.urge(Urged::Until(now + grace), Signal::SIGTERM, orphans);
            }
        } else if now >= self.memory_due {
            self.look_at_memory(orphans, now);
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
        self.collector.collect(logs, buffer, true, told);
        let ended = self.exit.map_or_else(Instant::now, |(_, at)| at);
        let mut end = RunEnd::new(How::Lost, (ended - self.started).as_secs_f64());
        let (how, message) = self.verdict();
        let (metrics, reached, trouble) = self.collector.finish();
        end.how = how;
        end.exit_code = self.exit.and_then(|(exit, _)| exit.code);
        end.signal = self.exit.and_then(|(exit, _)| exit.signal);
        end.cpu_seconds = Some(Real(self.cpu));
        end.peak_memory = self.memory;
        end.reached = reached;
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
    fn verdict(&self) -> (How, Option<String>) {
        if let Some((how, message)) = &self.stopped {
            return (*how, message.clone());
        }
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
        signal_tree(&direct, signal);
    }

    fn trim(&mut self) {
        if let Some(size) = self.stdout.trim(Some(self.collector.stdout_read())) {
            self.collector.stdout_cut(size);
        }
        if let Some(size) = self.stderr.trim(self.collector.stderr_read()) {
            self.collector.stderr_cut(size);
        }
    }

    fn look_at_memory(&mut self, orphans: &[i32], now: Instant) {
        let direct: Vec<i32> = orphans.iter().copied().chain([self.pid]).collect();
        self.memory = self.memory.max(Some(resident(&direct)).filter(|&bytes| bytes > 0));
        self.memory_due = now + (now - self.started).clamp(MEMORY_FIRST, MEMORY_LATER);
    }

    fn schedule(&mut self, more: bool, lively: bool, now: Instant) {
        self.patience = if lively { LEAST_PATIENCE } else { (self.patience * 2).min(MOST_PATIENCE) };
        self.due = if more {
            now
        } else if self.exit.is_some() || self.urged != Urged::Not {
            now + IMPATIENCE
        } else {
            now + self.patience
        };
        if let Some(limit) = self.timeout.filter(|_| self.stopped.is_none()) {
            self.due = self.due.min(self.started + limit);
        }
    }
}
