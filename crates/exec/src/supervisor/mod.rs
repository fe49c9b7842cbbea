//! The supervisor: the one process on a host that starts a study's runs, watches them and ends them.
//!
//! One thread, one loop over everything that can happen; folders alone are copied beside it ([`inherit`]). It knows no study, no sampler and no database: only orders and
//! news. It survives the ravine that started it, and leaves when nobody needs it any more.

mod clients;
mod environment;
mod inherit;
mod logs;
mod meter;
pub(crate) mod place;
mod pool;
mod run;
mod runs;
mod start;

use std::fs::File;
use std::io;
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};

use clients::{ClientId, Clients};
use environment::Base;
use place::{Place, Seat};
use runs::Runs;
use start::Shared;

use crate::process::cgroup::Groups;
use crate::process::{self, Signals, Wanted};
use crate::wire::{self, Reply, Request};

/// With no client and no run it stays for so long, for the next command of the same script.
const IDLE: Duration = Duration::from_secs(2);

/// At a start after a supervisor was killed, its runs are given so many times 10 ms to be gone.
const SWEEPS: u32 = 1000;

/// Why there is no supervisor.
#[derive(Debug, thiserror::Error)]
#[error("no supervisor for {}: cannot {what}: {source}", study.display())]
pub struct SuperviseError {
    /// The study's folder.
    study: PathBuf,
    what: &'static str,
    source: io::Error,
}

/// Is the supervisor of the study in this folder, until nobody needs it; returns at once if there is one already. To be
/// called by a process of one thread that does nothing else; all its files but the standard three are closed.
pub fn supervise(study: &Path) -> Result<(), SuperviseError> {
    process::close_inherited();
    let failed = |what| {
        let study = study.to_path_buf();
        move |source: io::Error| SuperviseError { study, what, source }
    };
    let errno = |errno: Errno| io::Error::from(errno);
    let place = Place::of(study).map_err(failed("find its place"))?;
    let Some((seat, before)) = place.take().map_err(failed("take its place"))? else { return Ok(()) };
    let mark = place.mark(0).map_err(failed("find its mark"))?;
    let signals = Signals::catch().map_err(errno).map_err(failed("catch signals"))?;
    process::adopt_orphans().map_err(errno).map_err(failed("become the parent of orphans"))?;
    if before.is_some_and(|before| !before.done) {
        // NO ORPHANS: its end was not its own choice, so nobody ended what it had started.
        let ended = mark.sweep_study(SWEEPS);
        if let Some(groups) = Groups::find(mark.to_string()) {
            groups.sweep();
        }
        tracing::info!(
            "the supervisor before this one was killed; {ended} processes that it left were ended"
        );
    }
    let log = place.log();
    let null = File::open("/dev/null").map_err(failed("open /dev/null"))?;
    let study_name = start::study_name(study);
    let shared = Shared { null, study: study_name, spares: Vec::new(), groups: None, mark };
    let runs = Runs::new(shared, place).map_err(failed("watch its children"))?;
    // After the sweep only: a client that asks for a run of before must hear of it as it is now.
    seat.announce().map_err(failed("write its lock file"))?;
    let mut supervisor = Supervisor {
        seat,
        signals,
        clients: Clients::default(),
        runs,
        buffer: vec![0; 256 << 10],
        idle_since: Instant::now(),
        ending: false,
    };
    supervisor.work().map_err(errno).map_err(failed("wait for what happens"))?;
    if log.metadata().is_ok_and(|data| data.len() == 0) {
        // It had nothing to complain of.
        let _ = std::fs::remove_file(log);
    }
    supervisor.seat.leave().map_err(failed("leave its place"))
}

struct Supervisor {
    seat: Seat,
    signals: Signals,
    clients: Clients,
    runs: Runs,
    buffer: Vec<u8>,
    idle_since: Instant,
    /// Somebody wants it gone.
    ending: bool,
}

/// What ended a wait.
struct Happened {
    signals: bool,
    /// Somebody wants to be let in.
    knocks: bool,
    /// Folders were copied.
    copied: bool,
    /// Who has something to say, or is gone.
    talking: Vec<ClientId>,
}

impl Supervisor {
    fn work(&mut self) -> Result<(), Errno> {
        loop {
            let happened = self.wait()?;
            let now = Instant::now();
            let wanted = if happened.signals { self.signals.take() } else { Wanted::default() };
            if wanted.reap {
                self.runs.reap(now);
            }
            if wanted.end && !self.ending {
                self.ending = true;
                self.runs.stop_all("the supervisor was told to end", now);
            }
            if happened.knocks {
                self.clients.accept(&self.seat.listener);
            }
            for client in happened.talking {
                for request in self.clients.hear(client, &mut self.buffer) {
                    self.answer(client, request, now);
                }
            }
            if happened.copied {
                self.runs.start_copied(&mut self.clients);
            }
            self.runs.start_pooled(&mut self.clients, now);
            self.runs.tend(&mut self.clients, &mut self.buffer, now);
            for gone in self.clients.flush() {
                self.runs.disown(gone);
            }
            if self.is_idle() || (self.ending && self.runs.is_empty()) {
                self.runs.end_pools();
            }
            if self.is_done(now) {
                return Ok(());
            }
        }
    }

    /// Waits until something happens or is due.
    fn wait(&self) -> Result<Happened, Errno> {
        let mut fds = vec![
            PollFd::new(self.signals.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.seat.listener.as_fd(), PollFlags::POLLIN),
            PollFd::new(self.runs.copied_fd(), PollFlags::POLLIN),
        ];
        // Clients follow in the order of their numbers.
        for client in self.clients.all.values() {
            let also = if client.has_unsent() { PollFlags::POLLOUT } else { PollFlags::empty() };
            fds.push(PollFd::new(client.stream.as_fd(), PollFlags::POLLIN | also));
        }
        // These wake and no more.
        fds.extend(self.runs.pool_fds().map(|fd| PollFd::new(fd, PollFlags::POLLIN)));
        match poll(&mut fds, self.patience()) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(why) => return Err(why),
        }
        let talks =
            |fd: &PollFd<'_>| fd.revents().is_some_and(|events| events.intersects(!PollFlags::POLLOUT));
        let talking = self.clients.all.keys().zip(&fds[3..]).filter(|(_, fd)| talks(fd)).map(|(id, _)| *id);
        let [signals, knocks, copied] = [0, 1, 2].map(|at| talks(&fds[at]));
        Ok(Happened { signals, knocks, copied, talking: talking.collect() })
    }

    fn patience(&self) -> PollTimeout {
        let idle = self.is_idle().then(|| self.idle_since + IDLE);
        let Some(due) = self.runs.due().into_iter().chain(idle).min() else { return PollTimeout::NONE };
        let wait = due.saturating_duration_since(Instant::now());
        // Rounded up: waking too early only to wait again is waste.
        PollTimeout::try_from(wait.as_micros().div_ceil(1000)).unwrap_or(PollTimeout::MAX)
    }

    fn is_idle(&self) -> bool {
        self.clients.all.is_empty() && self.runs.is_empty()
    }

    fn is_done(&mut self, now: Instant) -> bool {
        if !self.is_idle() {
            self.idle_since = now;
        }
        (self.ending && self.runs.is_empty()) || (self.is_idle() && now >= self.idle_since + IDLE)
    }

    fn answer(&mut self, from: ClientId, request: Request, now: Instant) {
        let Some(client) = self.clients.all.get_mut(&from) else { return };
        match request {
            Request::Hello { version: wire::VERSION, environment } => {
                client.base = Some(Rc::new(Base::new(environment)));
                client.tell(&Reply::Welcome { pid: std::process::id(), known: self.runs.known() });
            }
            Request::Hello { .. } => {
                client.tell(&Reply::OtherVersion { version: wire::VERSION, pid: std::process::id() });
                client.dismiss();
            }
            Request::Start(order) => {
                // Who does not say hello gets no environment, which its runs will notice.
                let base = client.base.clone().unwrap_or_default();
                let refused = self.ending.then_some("the supervisor was told to end");
                for news in self.runs.start(*order, base, from, refused) {
                    client.tell(&Reply::News(news));
                }
            }
            Request::Stop { id, how, message, at_once } => self.runs.stop(id, how, message, at_once, now),
            Request::Acknowledge { id } => self.runs.acknowledge(id),
            Request::Claim { id, directory } => {
                for news in self.runs.claim(id, &directory, from) {
                    client.tell(&Reply::News(news));
                }
            }
        }
    }
}
