//! Runs on this machine: the client's side.
//!
//! A [`Local`] speaks with the study's supervisor on this host, starts one where there is none, and starts another where
//! one was killed: then it learns from the runs' directories what ended, and tells of the others that they are lost.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::io::{ErrorKind, Read, Write};
use std::os::fd::AsFd;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use nix::errno::Errno;
use nix::poll::{PollFd, PollFlags, PollTimeout, poll};
use nix::sys::eventfd::{EfdFlags, EventFd};
use study::How;

use crate::connect::{Connection, connect};
use crate::error::LocalError;
use crate::executor::{Executor, ExecutorError};
use crate::news::{Known, RunNews};
use crate::order::{RunId, RunOrder};
use crate::wire::{self, Reply, Request};

/// A run that was ordered or claimed and not acknowledged.
#[derive(Debug, Default)]
struct Open {
    directory: PathBuf,
    /// What was told already, so that a second supervisor's account of it adds only what is new.
    started: bool,
    reports: u64,
    ended: bool,
}

/// The runs of a study on this machine.
pub struct Local {
    study: PathBuf,
    program: Vec<OsString>,
    connection: Connection,
    unsent: Vec<u8>,
    received: Vec<u8>,
    open: BTreeMap<RunId, Open>,
    wake: Arc<EventFd>,
}

/// Ends a wait early, from any thread.
#[derive(Clone)]
pub struct Waker(Arc<EventFd>);

impl Waker {
    /// Ends the wait that is going on, or else the next.
    pub fn wake(&self) {
        // It fails only where it has been woken 2⁶⁴ times already.
        let _ = self.0.write(1);
    }
}

impl Drop for Local {
    /// A supervisor outlives its client by some seconds; a process that lives on longer buries it then.
    fn drop(&mut self) {
        if let Some(child) = self.connection.child.take() {
            std::thread::spawn(move || nix::sys::wait::waitpid(child, None));
        }
    }
}

impl Local {
    /// Meets the supervisor of the study in this folder, which must exist. `program` with the study's folder as one more
    /// argument is a process that calls [`crate::supervise`]; it is started where no supervisor is there.
    pub fn connect(study: &Path, program: Vec<OsString>) -> Result<Self, LocalError> {
        let study = std::path::absolute(study)
            .map_err(|source| LocalError::Folder { folder: study.to_path_buf(), source })?;
        let connection = connect(&study, &program, None)?;
        let flags = EfdFlags::EFD_CLOEXEC | EfdFlags::EFD_NONBLOCK;
        let wake = EventFd::from_flags(flags).map_err(|why| LocalError::Wait(why.into()))?;
        Ok(Local {
            study,
            program,
            connection,
            unsent: Vec::new(),
            received: Vec::new(),
            open: BTreeMap::new(),
            wake: Arc::new(wake),
        })
    }

    /// The pid of the supervisor.
    pub fn supervisor(&self) -> u32 {
        self.connection.pid
    }

    /// Ends a wait early.
    pub fn waker(&self) -> Waker {
        Waker(Arc::clone(&self.wake))
    }

    fn wait_for_news(&mut self, limit: Option<Duration>) -> Result<Vec<RunNews>, LocalError> {
        let deadline = limit.map(|limit| Instant::now() + limit);
        let mut buffer = [0; 64 << 10];
        loop {
            if self.send().is_err() {
                self.meet_again()?;
                continue;
            }
            let woken = self.sleep(deadline)?;
            let lost = self.receive(&mut buffer);
            let news = self.take_news()?;
            if lost {
                self.meet_again()?;
            }
            if woken || !news.is_empty() || deadline.is_some_and(|deadline| Instant::now() >= deadline) {
                return Ok(news);
            }
        }
    }

    /// Waits for something to read, for room to write, or for somebody to wake it (which is what is returned).
    fn sleep(&self, deadline: Option<Instant>) -> Result<bool, LocalError> {
        let unsent = if self.unsent.is_empty() { PollFlags::empty() } else { PollFlags::POLLOUT };
        let mut fds = [
            PollFd::new(self.connection.stream.as_fd(), PollFlags::POLLIN | unsent),
            PollFd::new(self.wake.as_fd(), PollFlags::POLLIN),
        ];
        let timeout = deadline.map_or(PollTimeout::NONE, |deadline| {
            let left = deadline.saturating_duration_since(Instant::now());
            PollTimeout::try_from(left.as_micros().div_ceil(1000)).unwrap_or(PollTimeout::MAX)
        });
        match poll(&mut fds, timeout) {
            Ok(_) | Err(Errno::EINTR) => {}
            Err(why) => return Err(LocalError::Wait(why.into())),
        }
        // Reading it makes it quiet again; an error says that nobody woke it.
        Ok(fds[1].any() == Some(true) && self.wake.read().is_ok())
    }

    fn queue(&mut self, request: &Request) {
        // Our own types serialise, but for paths that are not UTF-8.
        if let Err(why) = wire::put(request, &mut self.unsent) {
            tracing::error!("a request to the supervisor cannot be written: {why}");
        }
    }

    fn send(&mut self) -> std::io::Result<()> {
        let mut sent = 0;
        let outcome = loop {
            if sent == self.unsent.len() {
                break Ok(());
            }
            match (&self.connection.stream).write(&self.unsent[sent..]) {
                Ok(written) => sent += written,
                Err(why) if why.kind() == ErrorKind::Interrupted => {}
                Err(why) if why.kind() == ErrorKind::WouldBlock => break Ok(()),
                Err(why) => break Err(why),
            }
        };
        self.unsent.drain(..sent);
        outcome
    }

    /// Reads what has come; whether the supervisor is gone.
    fn receive(&mut self, buffer: &mut [u8]) -> bool {
        loop {
            match (&self.connection.stream).read(buffer) {
                Ok(0) => return true,
                Ok(read) => self.received.extend_from_slice(&buffer[..read]),
                Err(why) if why.kind() == ErrorKind::Interrupted => {}
                Err(why) => return why.kind() != ErrorKind::WouldBlock,
            }
        }
    }

    fn take_news(&mut self) -> Result<Vec<RunNews>, LocalError> {
        let mut heard = Vec::new();
        wire::take_lines(&mut self.received, |line| match serde_json::from_slice(line) {
            Ok(Reply::News(news)) => heard.push(news),
            Ok(_) => {}
            Err(why) => tracing::error!("the supervisor says what is not understood: {why}"),
        });
        heard.retain(|news| self.is_new(news));
        Ok(heard)
    }

    /// Whether that has not been told.
    fn is_new(&mut self, news: &RunNews) -> bool {
        let Some(open) = self.open.get_mut(&news.id()) else { return false };
        match news {
            RunNews::Started { .. } => !std::mem::replace(&mut open.started, true),
            RunNews::Reported { index, .. } => {
                let new = *index >= open.reports;
                open.reports = open.reports.max(index + 1);
                new
            }
            RunNews::Ended(_) => !std::mem::replace(&mut open.ended, true),
        }
    }

    /// The supervisor is gone: meets another and asks it for what became of the runs.
    fn meet_again(&mut self) -> Result<(), LocalError> {
        self.connection = connect(&self.study, &self.program, self.connection.child)?;
        self.received.clear();
        // Part of it may have been sent; what was ordered and is not known will be told as lost.
        self.unsent.clear();
        let waiting: Vec<_> = self
            .open
            .iter()
            .filter(|(_, open)| !open.ended)
            .map(|(id, open)| (*id, open.directory.clone()))
            .collect();
        for (id, directory) in waiting {
            self.queue(&Request::Claim { id, directory });
        }
        Ok(())
    }
}

/// Orders and the like are queued and sent by the next wait, all at once.
impl Executor for Local {
    fn known(&self) -> &[Known] {
        &self.connection.known
    }

    fn start(&mut self, order: RunOrder) {
        self.open.insert(order.id, Open { directory: order.directory.clone(), ..Open::default() });
        self.queue(&Request::Start(Box::new(order)));
    }

    /// Where its supervisor is gone, the ending is in the directory, or it is lost.
    fn claim(&mut self, id: RunId, directory: PathBuf) {
        self.open.insert(id, Open { directory: directory.clone(), ..Open::default() });
        self.queue(&Request::Claim { id, directory });
    }

    fn stop(&mut self, id: RunId, how: How, message: Option<String>) {
        self.queue(&Request::Stop { id, how, message, at_once: false });
    }

    fn kill(&mut self, id: RunId, how: How, message: Option<String>) {
        self.queue(&Request::Stop { id, how, message, at_once: true });
    }

    fn acknowledge(&mut self, id: RunId) {
        self.open.remove(&id);
        self.queue(&Request::Acknowledge { id });
    }

    /// Where the supervisor was killed, this meets another and goes on. A [`Waker`] ends it early.
    fn wait(&mut self, limit: Option<Duration>) -> Result<Vec<RunNews>, ExecutorError> {
        self.wait_for_news(limit).map_err(ExecutorError::new)
    }
}
