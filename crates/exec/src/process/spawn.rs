//! Starting a program in a session of its own.

use std::ffi::{CStr, CString};
use std::os::fd::{AsRawFd, BorrowedFd};

use nix::errno::Errno;
use nix::spawn::{PosixSpawnAttr, PosixSpawnFileActions, PosixSpawnFlags, posix_spawn};
use nix::sys::signal::{SigSet, Signal};
use nix::unistd::Pid;

/// A program and what it inherits; the working directory is the caller's.
pub(crate) struct Program<'a> {
    /// Its file.
    pub(crate) file: &'a CStr,
    /// Its arguments, its name first.
    pub(crate) args: &'a [CString],
    /// Its whole environment.
    pub(crate) environment: &'a [&'a CStr],
    /// Standard input, output and error.
    pub(crate) stdio: [BorrowedFd<'a>; 3],
}

/// Starts it as the leader of a new session, with no signal blocked.
///
/// `posix_spawn` and not `std::process::Command`: it is the one safe way to a new session (`Command` would need
/// `pre_exec`), and as it shares memory until the exec it costs the same however large the supervisor is.
pub(crate) fn spawn(program: &Program<'_>) -> Result<Pid, Errno> {
    let mut attributes = PosixSpawnAttr::init()?;
    // Not among nix's names; in glibc since 2.26 and in musl, with this value.
    let new_session = PosixSpawnFlags::from_bits_retain(nix::libc::POSIX_SPAWN_SETSID.into());
    let flags =
        PosixSpawnFlags::POSIX_SPAWN_SETSIGDEF | PosixSpawnFlags::POSIX_SPAWN_SETSIGMASK | new_session;
    attributes.set_flags(flags)?;
    attributes.set_sigmask(&SigSet::empty())?;
    // Rust's runtime ignores SIGPIPE, which a program would inherit: `yes | head` would not end.
    let mut default = SigSet::empty();
    default.add(Signal::SIGPIPE);
    attributes.set_sigdefault(&default)?;
    let mut actions = PosixSpawnFileActions::init()?;
    for (target, fd) in program.stdio.iter().enumerate() {
        actions.add_dup2(fd.as_raw_fd(), target as i32)?;
    }
    posix_spawn(program.file, &actions, &attributes, program.args, program.environment)
}
