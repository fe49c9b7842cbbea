//! The mark that every process of a run carries, whatever it does to its environment or session.
//!
//! `RLIMIT_LOCKS` has had no effect since Linux 2.4.25, yet the kernel still keeps a value per process, hands it on
//! over fork and exec, and shows it in `/proc/<pid>/limits` to everybody. The supervisor sets its own soft limit to the
//! run's mark before it starts the run. A process loses it only by setting that very limit.

use std::fmt;
use std::fs;
use std::os::fd::OwnedFd;

use nix::sys::resource::{RLIM_INFINITY, Resource, getrlimit, setrlimit};
use rustix::process::{PidfdFlags, Signal, pidfd_open, pidfd_send_signal};

/// How many low bits number the runs of a study; the rest names the study.
const RUN_BITS: u32 = 20;

/// The mark of one run of one study on this host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Mark(u64);

impl Mark {
    /// The mark for a study (any hash of what it is) and a run's number, which may wrap.
    pub(crate) fn new(study: u64, run: u32) -> Self {
        let run = u64::from(run) & ((1 << RUN_BITS) - 1);
        // The top bit stays clear: all ones means "no limit", which every unmarked process has.
        Mark((((study << RUN_BITS) | run) & (u64::MAX >> 1)) | 1 << 62)
    }

    /// Whether both belong to one study.
    pub(crate) fn same_study(self, other: Mark) -> bool {
        self.0 >> RUN_BITS == other.0 >> RUN_BITS
    }

    /// Has `start` start a process that carries it. This process keeps its own mark, if it has one: it may itself be
    /// part of a run of another study.
    pub(crate) fn worn<T>(self, start: impl FnOnce() -> T) -> T {
        let Ok((own, hard)) = getrlimit(Resource::RLIMIT_LOCKS) else { return start() };
        // Where a hard limit forbids it, the run goes unmarked: its tree is still found from its children down.
        let marked = setrlimit(Resource::RLIMIT_LOCKS, self.0, hard).is_ok();
        let started = start();
        if marked {
            let _ = setrlimit(Resource::RLIMIT_LOCKS, own, hard);
        }
        started
    }

    /// Has a process of this user's carry it.
    pub(crate) fn put_on(self, pid: i32) -> std::io::Result<()> {
        let process = rustix::process::Pid::from_raw(pid);
        let (_, hard) = getrlimit(Resource::RLIMIT_LOCKS)?;
        let limit = rustix::process::Rlimit {
            current: Some(self.0),
            maximum: (hard != RLIM_INFINITY).then_some(hard),
        };
        rustix::process::prlimit(process, rustix::process::Resource::Locks, limit)?;
        Ok(())
    }

    /// The mark of a process; `None` where it has none or is gone.
    pub(crate) fn of(pid: i32) -> Option<Mark> {
        let limits = fs::read_to_string(format!("/proc/{pid}/limits")).ok()?;
        let line = limits.lines().find_map(|line| line.strip_prefix("Max file locks"))?;
        let soft: u64 = line.split_ascii_whitespace().next()?.parse().ok()?;
        (soft >> 62 == 1).then_some(Mark(soft))
    }

    /// Ends every process with a mark of this study, and waits until they are gone or `passes` × 10 ms are over.
    /// Called when the supervisor that should have ended them is dead. Returns how many were found.
    pub(crate) fn sweep_study(self, passes: u32) -> usize {
        let mut found = std::collections::BTreeSet::new();
        for _ in 0..passes {
            let mut alive = false;
            for pid in all_pids() {
                if !Mark::of(pid).is_some_and(|mark| mark.same_study(self)) || is_zombie(pid) {
                    continue;
                }
                if let Some(handle) = hold(pid, |mark| mark.same_study(self)) {
                    alive = true;
                    found.insert(pid);
                    // It may have ended by itself just now, which is as good.
                    let _ = pidfd_send_signal(&handle, Signal::KILL);
                }
            }
            if !alive {
                break;
            }
            std::thread::sleep(std::time::Duration::from_millis(10));
        }
        found.len()
    }
}

/// As control groups of the study are called.
impl fmt::Display for Mark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ravine-{:x}", self.0)
    }
}

/// A handle on a process that surely carries a mark that fits: the mark is read after the handle is open, so that a
/// pid that was used again in between is seen or the handle is dead.
fn hold(pid: i32, fits: impl Fn(Mark) -> bool) -> Option<OwnedFd> {
    let handle = pidfd_open(rustix::process::Pid::from_raw(pid)?, PidfdFlags::empty()).ok()?;
    Mark::of(pid).is_some_and(fits).then_some(handle)
}

fn all_pids() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// A zombie is gone but for its parent's asking; it keeps its limits until then.
fn is_zombie(pid: i32) -> bool {
    let Ok(stat) = fs::read_to_string(format!("/proc/{pid}/stat")) else { return true };
    stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with(['Z', 'X']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_one_study_differ_by_run_and_share_the_study() {
        let (a, b, other) = (Mark::new(7, 1), Mark::new(7, 2), Mark::new(8, 1));
        assert_ne!(a, b);
        assert!(a.same_study(b));
        assert!(!a.same_study(other));
        assert_ne!(Mark::new(u64::MAX, u32::MAX).0, u64::MAX);
    }

    #[test]
    fn an_ordinary_process_has_no_mark() {
        assert_eq!(Mark::of(std::process::id() as i32), None);
    }
}
