//! All runs of a supervisor: the living ones, and the endings that nobody has acknowledged.

use std::collections::{BTreeMap, HashMap};
use std::fs;
use std::io::{self, ErrorKind};
use std::os::fd::BorrowedFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use study::{How, RunEnd, RunEnded};

use super::clients::{ClientId, Clients};
use super::environment::Base;
use super::inherit::{self, Copies};
use super::place::Place;
use super::pool::{Pools, State};
use super::run::{Next, Run};
use super::start::{self, Shared};
use crate::layout;
use crate::news::{Known, RunNews};
use crate::order::{RunId, RunOrder};
use crate::process::mark::Mark;
use crate::process::{ChildList, Reaper, signal_tree};
use crate::report::{Report, read_metrics};
use crate::wire::Reply;

/// How often it is tried to write an `exit.json` that could not be written.
const SAVE_AGAIN: Duration = Duration::from_secs(1);

/// An ending that waits to be acknowledged.
struct Ending {
    ended: RunEnded,
    owner: Option<ClientId>,
    directory: PathBuf,
    /// Whether `exit.json` says it. What is not on disk keeps the supervisor from leaving (invariant NOTHING LOST).
    saved: bool,
}

/// A run whose folders are being copied, or whose pool gets ready.
struct Waiting {
    order: RunOrder,
    base: Rc<Base>,
    owner: Option<ClientId>,
    /// For what.
    wait: Wait,
    /// What it was told meanwhile.
    stopped: Option<(How, Option<String>)>,
}

/// What a run waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wait {
    Copies,
    /// At most until then: as long as the run itself may take.
    Pool(Option<Instant>),
}

/// Whose a child is that a run, or a pool, left to this process.
#[derive(Clone, Copy)]
enum Orphan {
    /// A run's, says its mark.
    Of(RunId),
    /// Started by a pool while it got ready: it ends with the pools.
    OfPool,
    /// It shed its mark, or belongs to a study inside a run.
    Unknown,
}

/// The runs.
pub(super) struct Runs {
    shared: Shared,
    place: Place,
    children: ChildList,
    reaper: Reaper,
    copies: Copies,
    pools: Pools,
    waiting: BTreeMap<RunId, Waiting>,
    alive: BTreeMap<RunId, Run>,
    /// Whose program a child is.
    programs: HashMap<i32, RunId>,
    orphans: HashMap<i32, Orphan>,
    ended: BTreeMap<RunId, Ending>,
    save_due: Option<Instant>,
    started: u32,
}

impl Runs {
    /// None yet.
    pub(super) fn new(shared: Shared, place: Place) -> io::Result<Self> {
        Ok(Runs {
            shared,
            place,
            children: ChildList::open()?,
            reaper: Reaper::new()?,
            copies: Copies::new()?,
            pools: Pools::default(),
            waiting: BTreeMap::new(),
            alive: BTreeMap::new(),
            programs: HashMap::new(),
            orphans: HashMap::new(),
            ended: BTreeMap::new(),
            save_due: None,
            started: 0,
        })
    }

    /// Whether nothing lives, and everything that ended is on disk.
    pub(super) fn is_empty(&self) -> bool {
        self.alive.is_empty() && self.waiting.is_empty() && self.save_due.is_none()
    }

    /// When something is to be looked at.
    pub(super) fn due(&self) -> Option<Instant> {
        let late = self.waiting.values().filter_map(|waiting| match waiting.wait {
            Wait::Pool(late) => late,
            Wait::Copies => None,
        });
        self.alive.values().map(|run| run.due).chain(self.save_due).chain(late).min()
    }

    /// What a new client is told of.
    pub(super) fn known(&self) -> Vec<Known> {
        let alive = self.alive.values().map(|run| (run.id, run.owner));
        let waiting = self.waiting.iter().map(|(id, waiting)| (*id, waiting.owner));
        let alive = alive.chain(waiting).map(|(id, owner)| Known { id, alive: true, owned: owner.is_some() });
        let ended = self.ended.iter().map(|(id, ending)| Known {
            id: *id,
            alive: false,
            owned: ending.owner.is_some(),
        });
        alive.chain(ended).collect()
    }

    /// Starts a run, unless `refused` says why not. An order for a run that is known already only claims it: a client that
    /// was cut off cannot know whether its order had arrived.
    pub(super) fn start(
        &mut self,
        order: RunOrder,
        base: Rc<Base>,
        by: ClientId,
        refused: Option<&str>,
    ) -> Vec<RunNews> {
        let id = order.id;
        if self.alive.contains_key(&id) || self.waiting.contains_key(&id) || self.ended.contains_key(&id) {
            return self.claim(id, &order.directory, by);
        }
        if let Some(why) = refused {
            return vec![self.unstarted(order, Some(by), How::Killed, Some(why.to_owned()))];
        }
        let folders = inherit::wanted(&order.inherit);
        if folders.is_empty() {
            return self.launch_when_warm(order, base, Some(by)).into_iter().collect();
        }
        if let Err(why) = self.copies.start(id, folders) {
            let message = format!("cannot copy the folders that it starts from: {why}");
            return vec![self.unstarted(order, Some(by), How::Killed, Some(message))];
        }
        let waiting = Waiting { order, base, owner: Some(by), wait: Wait::Copies, stopped: None };
        self.waiting.insert(id, waiting);
        Vec::new()
    }

    /// What wakes when folders were copied.
    pub(super) fn copied_fd(&self) -> BorrowedFd<'_> {
        self.copies.as_fd()
    }

    /// Starts the runs whose folders were copied.
    pub(super) fn start_copied(&mut self, clients: &mut Clients) {
        for (id, copied) in self.copies.take() {
            let Some(Waiting { order, base, owner, stopped, .. }) = self.waiting.remove(&id) else {
                continue;
            };
            let news = match (stopped, copied) {
                (Some((how, message)), _) => Some(self.unstarted(order, owner, how, message)),
                // Not the configuration's fault.
                (None, Err(message)) => Some(self.unstarted(order, owner, How::Killed, Some(message))),
                (None, Ok(())) => self.launch_when_warm(order, base, owner),
            };
            if let Some((client, news)) = owner.and_then(|owner| clients.all.get_mut(&owner)).zip(news) {
                client.tell(&Reply::News(news));
            }
        }
    }

    /// What wakes when a pool is ready, or gone.
    pub(super) fn pool_fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.pools.fds()
    }

    /// Starts the runs whose pool is ready, or will not be.
    pub(super) fn start_pooled(&mut self, clients: &mut Clients, now: Instant) {
        self.pools.hear();
        let ids: Vec<RunId> = self.waiting.keys().copied().collect();
        for id in ids {
            let Some(waiting) = self.waiting.get(&id) else { continue };
            let Wait::Pool(late) = waiting.wait else { continue };
            if late.is_some_and(|late| now >= late) {
                self.pools.give_up(&waiting.order);
            }
            let state = self.pools.state(&waiting.order, &waiting.base, &self.shared);
            if waiting.stopped.is_none() && state == Some(State::Warming) {
                continue;
            }
            let Some(Waiting { order, base, owner, stopped, .. }) = self.waiting.remove(&id) else {
                continue;
            };
            let news = match stopped {
                Some((how, message)) => self.unstarted(order, owner, how, message),
                None => self.launch(order, &base, owner),
            };
            if let Some(client) = owner.and_then(|owner| clients.all.get_mut(&owner)) {
                client.tell(&Reply::News(news));
            }
        }
    }

    /// Ends the pools, and what they started for themselves: nobody is there who could need them.
    pub(super) fn end_pools(&mut self) {
        if self.pools.end(&mut self.reaper)
            && let Ok(left) = self.children.read()
        {
            signal_tree(&left, Signal::SIGKILL);
        }
    }

    /// Starts a run's program, unless it has a pool that gets ready: then nothing is told of it yet.
    fn launch_when_warm(
        &mut self,
        order: RunOrder,
        base: Rc<Base>,
        owner: Option<ClientId>,
    ) -> Option<RunNews> {
        if self.pools.state(&order, &base, &self.shared) != Some(State::Warming) {
            return Some(self.launch(order, &base, owner));
        }
        let limit = order.timeout.into_iter().chain(order.trial_left).min();
        let wait = Wait::Pool(limit.map(|limit| Instant::now() + limit));
        self.waiting.insert(order.id, Waiting { order, base, owner, wait, stopped: None });
        None
    }

    /// Starts a run's program.
    fn launch(&mut self, order: RunOrder, base: &Base, owner: Option<ClientId>) -> RunNews {
        let id = order.id;
        self.started = self.started.wrapping_add(1);
        let mark = match self.place.mark(self.started) {
            Ok(mark) => mark,
            Err(why) => {
                let message = format!("the study's folder is gone: {why}");
                return self.unstarted(order, owner, How::Killed, Some(message));
            }
        };
        let pool = self.pools.ready(&order, base, &self.shared);
        match start::start(&order, base, &mut self.shared, mark, pool) {
            Ok(running) => {
                let pid = running.pid;
                self.programs.insert(pid, id);
                self.alive.insert(id, Run::new(order, running, mark, owner));
                RunNews::Started { id, pid: pid.unsigned_abs() }
            }
            Err(unstarted) => self.unstarted(order, owner, unstarted.how, Some(unstarted.message)),
        }
    }

    /// The ending of a run whose program was not started.
    fn unstarted(
        &mut self,
        order: RunOrder,
        owner: Option<ClientId>,
        how: How,
        message: Option<String>,
    ) -> RunNews {
        let end = RunEnd { message, ..RunEnd::new(how, 0.0) };
        let ended = RunEnded { run: order.id.run, epoch: order.id.epoch, end, metrics: Default::default() };
        self.keep(ended.clone(), owner, order.directory);
        RunNews::Ended(Box::new(ended))
    }

    /// Asks a run to end.
    pub(super) fn stop(&mut self, id: RunId, how: How, message: Option<String>, at_once: bool, now: Instant) {
        if let Some(waiting) = self.waiting.get_mut(&id) {
            waiting.stopped.get_or_insert((how, message));
            self.copies.cancel(id);
            return;
        }
        let orphans = self.orphans_of(id);
        if let Some(run) = self.alive.get_mut(&id) {
            run.stop(how, message, at_once, &orphans, now);
        }
    }

    /// Asks all runs to end.
    pub(super) fn stop_all(&mut self, why: &str, now: Instant) {
        let ids: Vec<RunId> = self.alive.keys().chain(self.waiting.keys()).copied().collect();
        for id in ids {
            self.stop(id, How::Killed, Some(why.to_owned()), false, now);
        }
    }

    /// A client has put an ending into the log.
    pub(super) fn acknowledge(&mut self, id: RunId) {
        self.ended.remove(&id);
        self.save_due = self.save_due.filter(|_| self.ended.values().any(|ending| !ending.saved));
    }

    /// A client wants a run's news, from its beginning. Whoever claims last has it; the log's epochs keep the others' words
    /// from counting (invariant FIRST ENDING WINS).
    pub(super) fn claim(&mut self, id: RunId, directory: &Path, by: ClientId) -> Vec<RunNews> {
        if let Some(run) = self.alive.get_mut(&id) {
            run.owner = Some(by);
            let reports = read_metrics(&run.directory).into_iter().zip(0..run.reports());
            let started = RunNews::Started { id, pid: run.pid.unsigned_abs() };
            return [started]
                .into_iter()
                .chain(reports.map(|(report, index)| reported(id, index, report)))
                .collect();
        }
        if let Some(waiting) = self.waiting.get_mut(&id) {
            waiting.owner = Some(by);
            return Vec::new();
        }
        if let Some(ending) = self.ended.get_mut(&id) {
            ending.owner = Some(by);
            return told_again(id, &ending.directory, ending.ended.clone());
        }
        told_again(id, directory, ending_on_disk(id, directory))
    }

    /// A client is gone; its runs go on.
    pub(super) fn disown(&mut self, client: ClientId) {
        let alive = self.alive.values_mut().map(|run| &mut run.owner);
        let waiting = self.waiting.values_mut().map(|waiting| &mut waiting.owner);
        let ended = self.ended.values_mut().map(|ending| &mut ending.owner);
        for owner in alive.chain(waiting).chain(ended) {
            *owner = owner.filter(|owner| *owner != client);
        }
    }

    /// Buries the children that ended.
    pub(super) fn reap(&mut self, now: Instant) {
        while let Some(pid) = self.reaper.peek() {
            // An orphan's mark is gone with it.
            let is_known = self.programs.contains_key(&pid) || self.pools.has(pid);
            let orphan_of = if is_known { None } else { self.owner_of(pid) };
            let Some(exit) = self.reaper.reap(pid) else { break };
            self.orphans.remove(&pid);
            self.pools.reaped(pid);
            if let Some(run) = orphan_of.and_then(|id| self.alive.get_mut(&id)) {
                run.account(exit);
            } else if let Some(id) = self.programs.remove(&pid)
                && let Some(run) = self.alive.get_mut(&id)
            {
                run.exited(exit, now);
            }
        }
        // Perhaps that was the last of what a run left behind.
        for run in self.alive.values_mut().filter(|run| run.has_exited()) {
            run.due = now;
        }
    }

    /// Looks after the runs that are due.
    pub(super) fn tend(&mut self, clients: &mut Clients, buffer: &mut [u8], now: Instant) {
        let due: Vec<RunId> = self.alive.values().filter(|run| run.due <= now).map(|run| run.id).collect();
        for id in due {
            // The list of children is read for those only that need it.
            let needed = self.alive.get(&id).is_some_and(|run| run.needs_orphans(now));
            let orphans = if needed { self.orphans_of(id) } else { Vec::new() };
            let Some(run) = self.alive.get_mut(&id) else { continue };
            let mut client = run.owner.and_then(|owner| clients.all.get_mut(&owner));
            let mut tell = |news| {
                if let Some(client) = &mut client {
                    client.tell(&Reply::News(news));
                }
            };
            let next = run.tend(&orphans, buffer, now, |index, report| tell(reported(id, index, report)));
            if next == Next::Wait {
                continue;
            }
            let Some(run) = self.alive.remove(&id) else { continue };
            let directory = run.directory.clone();
            let owner = run.owner;
            let (ended, spares) = run.finish(buffer, |index, report| tell(reported(id, index, report)));
            self.shared.keep(spares.into_iter());
            // On disk before anyone is told.
            self.keep(ended.clone(), owner, directory);
            tell(RunNews::Ended(Box::new(ended)));
        }
        if self.save_due.is_some_and(|due| due <= now) {
            self.save_again(now);
        }
    }

    /// Keeps an ending until it is acknowledged.
    fn keep(&mut self, ended: RunEnded, owner: Option<ClientId>, directory: PathBuf) {
        let id = RunId { run: ended.run, epoch: ended.epoch };
        let saved = save(&ended, &directory);
        if !saved {
            self.save_due.get_or_insert_with(|| Instant::now() + SAVE_AGAIN);
        }
        self.ended.insert(id, Ending { ended, owner, directory, saved });
    }

    fn save_again(&mut self, now: Instant) {
        for ending in self.ended.values_mut().filter(|ending| !ending.saved) {
            ending.saved = save(&ending.ended, &ending.directory);
        }
        let all = self.ended.values().all(|ending| ending.saved);
        self.save_due = (!all).then_some(now + SAVE_AGAIN);
    }

    /// The children that a run left to this process.
    fn orphans_of(&mut self, id: RunId) -> Vec<i32> {
        let Ok(mut children) = self.children.read() else { return Vec::new() };
        children.retain(|pid| {
            let is_known = self.programs.contains_key(pid) || self.pools.has(*pid);
            !is_known && self.owner_of(*pid) == Some(id)
        });
        children
    }

    /// Whose orphan a child is, says its mark; one that shed it, or that belongs to a study inside a run, falls to the last
    /// run that lives.
    fn owner_of(&mut self, pid: i32) -> Option<RunId> {
        let (alive, study) = (&self.alive, self.shared.mark);
        let owner = *self.orphans.entry(pid).or_insert_with(|| match Mark::of(pid) {
            Some(mark) if mark == study => Orphan::OfPool,
            mark => {
                let run = alive.values().find(|run| Some(run.mark) == mark);
                run.map_or(Orphan::Unknown, |run| Orphan::Of(run.id))
            }
        });
        match owner {
            Orphan::Of(run) => Some(run),
            Orphan::OfPool => None,
            Orphan::Unknown => alive.keys().next().copied().filter(|_| alive.len() == 1),
        }
    }
}

fn reported(id: RunId, index: u64, report: Report) -> RunNews {
    RunNews::Reported { id, index, step: report.step, values: report.values }
}

/// What is told of a run that is over, to who may not have heard all of it: rules judge by what it reported.
fn told_again(id: RunId, directory: &Path, ended: RunEnded) -> Vec<RunNews> {
    let is_lost = ended.end.how == How::Lost;
    let reports = if is_lost { Vec::new() } else { read_metrics(directory) };
    let reports = (0..).zip(reports).map(|(index, report)| reported(id, index, report));
    reports.chain([RunNews::Ended(Box::new(ended))]).collect()
}

/// Writes `exit.json`. `false` where that is to be tried again.
fn save(ended: &RunEnded, directory: &Path) -> bool {
    let Ok(mut text) = serde_json::to_vec(ended) else { return true };
    text.push(b'\n');
    match start::write_whole(&directory.join(layout::EXIT), &text) {
        Ok(()) => true,
        Err(why) => {
            tracing::warn!("cannot write {}: {why}", directory.join(layout::EXIT).display());
            // What will not change by waiting is not waited for.
            !matches!(why.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
        }
    }
}

/// The ending of a run that this supervisor never had: as its directory says, or lost.
fn ending_on_disk(id: RunId, directory: &Path) -> RunEnded {
    let file = fs::read(directory.join(layout::EXIT)).ok();
    let told = file.and_then(|text| serde_json::from_slice::<RunEnded>(&text).ok());
    if let Some(ended) = told.filter(|ended| ended.run == id.run && ended.epoch == id.epoch) {
        return ended;
    }
    let message = Some("its supervisor was killed, or never got the order".to_owned());
    let end = RunEnd { message, ..RunEnd::new(How::Lost, 0.0) };
    let ended = RunEnded { run: id.run, epoch: id.epoch, end, metrics: Default::default() };
    save(&ended, directory);
    ended
}
