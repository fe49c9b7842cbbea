//! The supervisor's direct children: who there is, and who ended at what cost.

use std::fs::File;
use std::io;
use std::os::unix::fs::FileExt;

use nix::errno::Errno;
use nix::sys::resource::{UsageWho, getrusage};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;

/// The kernel's list of this process's children; needs a process of one thread.
pub(crate) struct ChildList(File);

impl ChildList {
    /// Opens the list.
    pub(crate) fn open() -> io::Result<Self> {
        let me = std::process::id();
        File::open(format!("/proc/{me}/task/{me}/children")).map(ChildList)
    }

    /// All children by pid, those that ended and were not reaped included.
    ///
    /// The kernel warns that such a list may miss siblings of a child that is reaped meanwhile; only this thread reaps.
    pub(crate) fn read(&self) -> io::Result<Vec<i32>> {
        let mut text = Vec::new();
        let mut chunk = [0; 4096];
        loop {
            let read = self.0.read_at(&mut chunk, text.len() as u64)?;
            if read == 0 {
                break;
            }
            text.extend_from_slice(&chunk[..read]);
        }
        Ok(pids(&text))
    }
}

/// The numbers in a list of pids.
pub(super) fn pids(text: &[u8]) -> Vec<i32> {
    let words = text.split(u8::is_ascii_whitespace).filter_map(|word| std::str::from_utf8(word).ok());
    words.filter_map(|word| word.parse().ok()).collect()
}

/// How a child ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Exit {
    /// Its pid.
    pub(crate) pid: i32,
    /// Its exit code, if it exited.
    pub(crate) code: Option<i32>,
    /// The signal that ended it, if one did.
    pub(crate) signal: Option<i32>,
    /// CPU time of it and of the descendants it waited for, in seconds.
    pub(crate) cpu: f64,
    /// Its largest resident size in bytes, where it can be told.
    pub(crate) memory: Option<u64>,
    /// What that was no larger than, in bytes.
    pub(crate) memory_at_most: u64,
}

/// Reaps children one by one, and tells what each used.
///
/// There is no safe `wait4`. But what a reaped child used is the growth of the sum over all reaped children, as they
/// are reaped one at a time; its largest size shows where it is the largest so far.
pub(crate) struct Reaper {
    cpu: f64,
    memory: u64,
}

impl Reaper {
    /// A reaper that has reaped nothing.
    pub(crate) fn new() -> Result<Self, Errno> {
        let (cpu, memory) = used()?;
        // The first moments of a child, before its exec, share the supervisor's memory and count its size.
        let own = getrusage(UsageWho::RUSAGE_SELF)?.max_rss().unsigned_abs() * 1024;
        Ok(Reaper { cpu, memory: memory.max(2 * own) })
    }

    /// A child that has ended and is not reaped: `/proc` still tells whose it was.
    pub(crate) fn peek(&self) -> Option<i32> {
        let flags = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        loop {
            match waitid(Id::All, flags) {
                Err(Errno::EINTR) => {}
                other => return other.ok()?.pid().map(Pid::as_raw),
            }
        }
    }

    /// Reaps a child that has ended.
    pub(crate) fn reap(&mut self, pid: i32) -> Option<Exit> {
        let (pid, code, signal) = loop {
            match waitpid(Pid::from_raw(pid), Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::Exited(pid, code)) => break (pid, Some(code), None),
                Ok(WaitStatus::Signaled(pid, signal, _)) => break (pid, None, Some(signal as i32)),
                Ok(WaitStatus::StillAlive) => return None,
                Ok(_) | Err(Errno::EINTR) => {}
                Err(_) => return None,
            }
        };
        let (cpu, memory) = used().unwrap_or((self.cpu, self.memory));
        let exit = Exit {
            pid: pid.as_raw(),
            code,
            signal,
            cpu: (cpu - self.cpu).max(0.0),
            memory: (memory > self.memory).then_some(memory),
            memory_at_most: memory,
        };
        (self.cpu, self.memory) = (cpu, memory.max(self.memory));
        Some(exit)
    }
}

fn used() -> Result<(f64, u64), Errno> {
    let usage = getrusage(UsageWho::RUSAGE_CHILDREN)?;
    let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 * 1e-6;
    let memory = usage.max_rss().unsigned_abs() * 1024;
    Ok((seconds(usage.user_time()) + seconds(usage.system_time()), memory))
}
