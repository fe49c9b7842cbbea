//! Pools: a program that got ready once, and of which runs are forks.
//!
//! Such a program ([`RunOrder::pool`]) is started with `RAVINE_POOL=1` and a socket as its standard input, writes a line
//! there when it is ready, and answers each line that it reads (a [`Birth`], which comes with the run's standard files and a
//! gate) with the pid of a grandchild whose parent has ended. The kernel has made that one a child of this process, so that it
//! is measured, reaped and ended as any other (promises ONE SUPERVISOR, NO ORPHANS). It waits at the gate, a pipe, until it
//! wears its mark, and ends where the gate is taken away. What it shares with other runs is what was there before the first:
//! nothing that a run does is seen by a later one.
//!
//! A pool never costs a run anything: where there is none, the run's program is started afresh, and tells what is wrong.

use std::ffi::{CStr, CString};
use std::io::{self, ErrorKind, IoSlice, Read, Write};
use std::os::fd::{AsFd, AsRawFd, BorrowedFd};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use nix::fcntl::OFlag;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::signal::Signal;
use nix::sys::socket::{ControlMessage, MsgFlags, sendmsg};
use nix::unistd::pipe2;
use serde::Serialize;

use super::environment::{self, Base};
use super::start::{Shared, arguments};
use crate::order::RunOrder;
use crate::process::{self, Program, Reaper, signal_tree};

/// Tells a program that it is to be a pool.
const TOLD: &CStr = c"RAVINE_POOL=1";

/// A pool that takes longer to fork is not one that helps; nothing else happens meanwhile.
const MOST_PATIENCE: Duration = Duration::from_secs(5);

/// A pool that is not needed any more may take so long to tidy up.
const FAREWELL: Duration = Duration::from_millis(500);

/// What a forked run is told.
#[derive(Serialize)]
pub(super) struct Birth<'a> {
    /// Its whole environment, as `NAME=value`.
    pub(super) environment: Vec<&'a str>,
    /// Its working directory.
    pub(super) cwd: &'a Path,
}

/// How a pool is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// It gets ready.
    Warming,
    /// It forks runs.
    Ready,
    /// It did not get ready, or cannot fork: there will be none for these runs.
    Unfit,
    /// It was ready and is gone: there will be another.
    Gone,
}

/// The pools of a supervisor, one for each program.
#[derive(Default)]
pub(super) struct Pools(Vec<Pool>);

/// One of them.
pub(super) struct Pool {
    args: Vec<CString>,
    cwd: PathBuf,
    /// What it was started with; a run that is to have another one is no fork of it.
    environment: Vec<CString>,
    /// Until it is reaped.
    pid: Option<i32>,
    state: State,
    /// Whether a run was forked from it.
    has_forked: bool,
    stream: UnixStream,
}

impl Pools {
    /// How the pool is that an order may be forked from; the first order for a program starts one. `None` where the run is to be
    /// started afresh: it wants no pool, or things that its pool was not started with.
    pub(super) fn state(&mut self, order: &RunOrder, base: &Base, shared: &Shared) -> Option<State> {
        self.of(order, base, shared).map(|pool| pool.state)
    }

    /// The pool that an order is to be forked from, if it is ready.
    pub(super) fn ready(&mut self, order: &RunOrder, base: &Base, shared: &Shared) -> Option<&mut Pool> {
        self.of(order, base, shared).filter(|pool| pool.state == State::Ready)
    }

    fn of(&mut self, order: &RunOrder, base: &Base, shared: &Shared) -> Option<&mut Pool> {
        if !order.pool {
            return None;
        }
        let args = arguments(&order.command).ok()?;
        let own = environment::own(order, base, &shared.study).ok()?;
        let environment = environment::lasting(&base.with(&own));
        let cwd = order.cwd.as_ref().unwrap_or(&order.directory);
        let at = match self.0.iter().position(|pool| pool.args == args) {
            Some(at) => at,
            None => {
                let pool = Pool::start(args, cwd, environment.clone(), shared);
                let pool = pool.inspect_err(|why| tracing::warn!("a pool cannot be started: {why}")).ok()?;
                self.0.push(pool);
                self.0.len() - 1
            }
        };
        let pool = &mut self.0[at];
        (pool.cwd == *cwd && pool.environment == environment).then_some(pool)
    }

    /// The pool of an order is not waited for any longer.
    pub(super) fn give_up(&mut self, order: &RunOrder) {
        let Ok(args) = arguments(&order.command) else { return };
        for pool in self.0.iter_mut().filter(|pool| pool.args == args && pool.state == State::Warming) {
            tracing::warn!("{} is not ready in time: each run is started afresh", pool.shown());
            pool.abandon(State::Unfit);
        }
    }

    /// What tells that one that gets ready is, or is gone.
    pub(super) fn fds(&self) -> impl Iterator<Item = BorrowedFd<'_>> {
        self.0.iter().filter(|pool| pool.state == State::Warming).map(|pool| pool.stream.as_fd())
    }

    /// Hears who is ready, and who is gone.
    pub(super) fn hear(&mut self) {
        for pool in self.0.iter_mut().filter(|pool| pool.state == State::Warming) {
            match pool.greeting() {
                None => {}
                Some(true) => pool.state = State::Ready,
                Some(false) => {
                    tracing::warn!("{} cannot be forked: each run is started afresh", pool.shown());
                    pool.abandon(State::Unfit);
                }
            }
        }
    }

    /// Whether this child is one of them.
    pub(super) fn has(&self, pid: i32) -> bool {
        self.0.iter().any(|pool| pool.pid == Some(pid))
    }

    /// A child was reaped. One that was a pool is forgotten, for the next order to start another; where it never got
    /// ready, neither would that.
    pub(super) fn reaped(&mut self, pid: i32) {
        self.0.retain_mut(|pool| {
            if pool.pid != Some(pid) {
                return true;
            }
            pool.pid = None;
            if pool.state == State::Warming {
                // What it started may hold its socket open.
                tracing::warn!("{} cannot be forked: each run is started afresh", pool.shown());
                pool.state = State::Unfit;
            }
            pool.state == State::Unfit
        });
    }

    /// Ends them all: nothing runs, and nobody is there who could order. Returns whether there were any.
    pub(super) fn end(&mut self, reaper: &mut Reaper) -> bool {
        let any = !self.0.is_empty();
        let living = self.0.drain(..).filter_map(|pool| {
            // Who reads the end of its orders ends.
            drop(pool.stream);
            pool.pid
        });
        let mut living: Vec<i32> = living.collect();
        let deadline = Instant::now() + FAREWELL;
        // What hangs in the kernel is left to it.
        while !living.is_empty() && Instant::now() < deadline + FAREWELL {
            if Instant::now() >= deadline {
                signal_tree(&living, Signal::SIGKILL);
            }
            living.retain(|pid| reaper.reap(*pid).is_none());
            if !living.is_empty() {
                std::thread::sleep(Duration::from_millis(2));
            }
        }
        any
    }
}

impl Pool {
    fn start(args: Vec<CString>, cwd: &Path, environment: Vec<CString>, shared: &Shared) -> io::Result<Self> {
        let (stream, theirs) = UnixStream::pair()?;
        stream.set_read_timeout(Some(MOST_PATIENCE))?;
        stream.set_write_timeout(Some(MOST_PATIENCE))?;
        std::env::set_current_dir(cwd)?;
        let all: Vec<&CStr> = environment.iter().map(CString::as_c_str).chain([TOLD]).collect();
        let found = args.first().and_then(|name| process::find(name, environment::get(&all, "PATH")));
        let file = found.ok_or(ErrorKind::NotFound)?;
        // What it says belongs to no run.
        let log = io::stderr();
        let stdio = [theirs.as_fd(), log.as_fd(), log.as_fd()];
        let program = Program { file: file.as_c_str(), args: &args, environment: &all, stdio };
        let pid = shared.mark.worn(|| process::spawn(&program))?.as_raw();
        let (cwd, pid, state) = (cwd.to_path_buf(), Some(pid), State::Warming);
        Ok(Pool { args, cwd, environment, pid, state, has_forked: false, stream })
    }

    /// Forks a run. It begins when `equip` has given it what it is to be born with.
    ///
    /// # Errors
    /// It cannot fork, or `equip` failed. There is no such run then, and no such pool any more.
    pub(super) fn fork(
        &mut self,
        birth: &Birth<'_>,
        stdio: [BorrowedFd<'_>; 3],
        equip: impl FnOnce(i32) -> io::Result<()>,
    ) -> io::Result<i32> {
        let forked = self.forked(birth, stdio, equip);
        if let Err(why) = &forked {
            let is_gone = matches!(
                why.kind(),
                ErrorKind::UnexpectedEof | ErrorKind::BrokenPipe | ErrorKind::ConnectionReset
            );
            // One that dies of its first fork would again.
            self.abandon(if is_gone && self.has_forked { State::Gone } else { State::Unfit });
        }
        self.has_forked |= forked.is_ok();
        forked
    }

    fn forked(
        &self,
        birth: &Birth<'_>,
        stdio: [BorrowedFd<'_>; 3],
        equip: impl FnOnce(i32) -> io::Result<()>,
    ) -> io::Result<i32> {
        let mut line = serde_json::to_vec(birth)?;
        line.push(b'\n');
        let (gate, open) = pipe2(OFlag::O_CLOEXEC)?;
        let files: Vec<i32> = stdio.iter().chain([&gate.as_fd()]).map(AsRawFd::as_raw_fd).collect();
        let with = [ControlMessage::ScmRights(&files)];
        let begin = [IoSlice::new(&line)];
        let sent = sendmsg::<()>(self.stream.as_raw_fd(), &begin, &with, MsgFlags::MSG_NOSIGNAL, None)?;
        (&self.stream).write_all(&line[sent..])?;
        drop(gate);
        let pid = self.answer()?;
        equip(pid)?;
        nix::unistd::write(open, b"\n")?;
        Ok(pid)
    }

    fn answer(&self) -> io::Result<i32> {
        let (mut text, mut buffer) = (Vec::new(), [0; 16]);
        while !text.ends_with(b"\n") {
            match (&self.stream).read(&mut buffer)? {
                0 => return Err(ErrorKind::UnexpectedEof.into()),
                read => text.extend_from_slice(&buffer[..read]),
            }
        }
        let pid = std::str::from_utf8(&text).ok().and_then(|text| text.trim().parse().ok());
        pid.filter(|pid| *pid > 0).ok_or_else(|| io::Error::other("it cannot fork"))
    }

    /// Whether it says that it is ready, or is gone.
    fn greeting(&self) -> Option<bool> {
        let mut fds = [PollFd::new(self.stream.as_fd(), PollFlags::POLLIN)];
        let heard = poll(&mut fds, PollTimeout::ZERO).unwrap_or(0) > 0;
        heard.then(|| matches!((&self.stream).read(&mut [0]), Ok(1)))
    }

    fn abandon(&mut self, state: State) {
        self.state = state;
        signal_tree(&self.pid.into_iter().collect::<Vec<_>>(), Signal::SIGKILL);
    }

    /// Its command, for people.
    fn shown(&self) -> String {
        let words: Vec<_> = self.args.iter().map(|word| word.to_string_lossy()).collect();
        words.join(" ")
    }
}
