//! Signals as something to poll for, so that one loop sees everything.

use std::os::fd::{AsFd, BorrowedFd};

use nix::errno::Errno;
use nix::sys::signal::{SigSet, Signal};
use nix::sys::signalfd::{SfdFlags, SignalFd};

/// What the signals that arrived ask for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Wanted {
    /// Children ended.
    pub(crate) reap: bool,
    /// This process is to end.
    pub(crate) end: bool,
}

/// SIGCHLD and the requests to end, held back from their usual effect.
pub(crate) struct Signals(SignalFd);

impl Signals {
    /// Blocks them for this thread, which must be the only one.
    pub(crate) fn catch() -> Result<Self, Errno> {
        let mut set = SigSet::empty();
        // SIGINT and SIGHUP come from terminals, to which the supervisor does not belong; sent all the same, they mean
        // "end" as SIGTERM does.
        for signal in [Signal::SIGCHLD, Signal::SIGTERM, Signal::SIGINT, Signal::SIGHUP] {
            set.add(signal);
        }
        set.thread_block()?;
        SignalFd::with_flags(&set, SfdFlags::SFD_CLOEXEC | SfdFlags::SFD_NONBLOCK).map(Signals)
    }

    /// Takes what has arrived.
    pub(crate) fn take(&self) -> Wanted {
        let mut wanted = Wanted::default();
        while let Ok(Some(info)) = self.0.read_signal() {
            if info.ssi_signo == Signal::SIGCHLD as u32 {
                wanted.reap = true;
            } else {
                wanted.end = true;
            }
        }
        wanted
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.0.as_fd()
    }
}
