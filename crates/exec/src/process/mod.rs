//! All that depends on the operating system: starting a program, finding and ending everything it started.
//!
//! Three facts of Linux carry the invariant NO ORPHANS:
//! - The supervisor is a *subreaper*: a process whose parent ends becomes the supervisor's child, before the
//!   parent's own end is told. So when a run's program has ended, whatever it left behind has an ancestor among the
//!   supervisor's direct children, and one read of the kernel's list of children shows whether there is any.
//! - A direct child keeps its pid until the supervisor reaps it: signalling it can never hit a stranger. Deeper
//!   descendants are signalled through a pidfd whose mark was checked after it was opened.
//! - The [`mark`]: a resource limit without meaning to the kernel, inherited over fork, `setsid` and exec, and not
//!   touched by clearing the environment. It says whose run an orphan belongs to, also after the supervisor died.

mod affinity;
pub(crate) mod cgroup;
mod children;
pub(crate) mod identity;
pub(crate) mod mark;
mod resolve;
mod signals;
mod spawn;
mod tree;
mod usage;

pub use affinity::allowed_cores;
pub(crate) use affinity::{bind, bound};
pub use cgroup::{MemoryControl, memory_control};
pub(crate) use children::{ChildList, Exit, Reaper};
pub(crate) use resolve::{explain, find};
pub(crate) use signals::{Signals, Wanted};
pub(crate) use spawn::{Program, spawn};
pub(crate) use tree::signal_tree;
pub(crate) use usage::{Share, Usage, high_water};

use nix::errno::Errno;

/// Makes this process the parent of every orphan below it.
pub(crate) fn adopt_orphans() -> Result<(), Errno> {
    nix::sys::prctl::set_child_subreaper(true)
}

/// Closes every file but the standard three: a pipe that a parent left open, and that would be held as long as this process
/// lives, keeps its reader waiting. To be called before anything is opened.
pub(crate) fn close_inherited() {
    let entries = std::fs::read_dir("/proc/self/fd").into_iter().flatten().flatten();
    let open: Vec<i32> = entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).collect();
    for fd in open.into_iter().filter(|fd| *fd > 2) {
        // One of them was the listing itself, which is closed.
        let _ = nix::unistd::close(fd);
    }
}
