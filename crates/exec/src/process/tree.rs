//! A run's whole process tree: finding it, signalling it.

use std::fs;
use std::os::fd::OwnedFd;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use rustix::process::{PidfdFlags, pidfd_open, pidfd_send_signal};

use super::children::pids;

/// Signals the given children of this process, which it has not reaped, and everything below them. Parents first, so
/// that a shell does not start its next command meanwhile.
pub(crate) fn signal_tree(direct: &[i32], signal: Signal) {
    let mut deeper = Vec::new();
    for &pid in direct {
        descend(pid, &mut deeper);
        // An error means that it is a zombie already, which is what was wanted.
        let _ = kill(Pid::from_raw(pid), signal);
    }
    let Some(signal) = rustix::process::Signal::from_named_raw(signal as i32) else { return };
    for below in deeper {
        if let Some(handle) = below.hold() {
            let _ = pidfd_send_signal(&handle, signal);
        }
    }
}

/// The given processes and everything below them.
pub(super) fn family(direct: &[i32]) -> Vec<i32> {
    let mut deeper = Vec::new();
    for &pid in direct {
        descend(pid, &mut deeper);
    }
    direct.iter().copied().chain(deeper.into_iter().map(|below| below.pid)).collect()
}

/// A process that was seen as another's child.
struct Below {
    pid: i32,
    parent: i32,
}

impl Below {
    /// A handle on it, unless its pid has gone to a stranger: its parent is read after the handle is open. Whoever
    /// lost its parent meanwhile is this process's child now.
    fn hold(&self) -> Option<OwnedFd> {
        let handle = pidfd_open(rustix::process::Pid::from_raw(self.pid)?, PidfdFlags::empty()).ok()?;
        let parent = parent_of(self.pid)?;
        (parent == self.parent || parent == std::process::id() as i32).then_some(handle)
    }
}

/// Appends all descendants of a process, parents before children.
fn descend(pid: i32, into: &mut Vec<Below>) {
    let mut next = into.len();
    append_children(pid, into);
    while let Some(below) = into.get(next) {
        append_children(below.pid, into);
        next += 1;
    }
}

fn append_children(parent: i32, into: &mut Vec<Below>) {
    let Ok(threads) = fs::read_dir(format!("/proc/{parent}/task")) else { return };
    for thread in threads.flatten() {
        if let Ok(text) = fs::read(thread.path().join("children")) {
            into.extend(pids(&text).into_iter().map(|pid| Below { pid, parent }));
        }
    }
}

fn parent_of(pid: i32) -> Option<i32> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.split_ascii_whitespace().nth(1)?.parse().ok()
}
