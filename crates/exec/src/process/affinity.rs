//! Binding a program to cores.

use std::io;

use nix::errno::Errno;
use nix::sched::{CpuSet, sched_getaffinity, sched_setaffinity};
use nix::unistd::Pid;

/// Has `start` start a process that is bound to these cores (none: wherever this process may run). A child inherits it
/// before its exec; this process, of one thread, is bound for that moment.
///
/// # Errors
/// This process may not use one of the cores, or there is none of that number.
pub(crate) fn bound<T>(cores: &[u32], start: impl FnOnce() -> T) -> io::Result<T> {
    if cores.is_empty() {
        return Ok(start());
    }
    let me = Pid::from_raw(0);
    let own = sched_getaffinity(me)?;
    sched_setaffinity(me, &set_of(cores, &own)?)?;
    let started = start();
    // What was this process's own a moment ago.
    restore(me, &own)?;
    Ok(started)
}

/// Binds another process of this user's to these cores (none: it is left as it is).
///
/// # Errors
/// As for [`bound`].
pub(crate) fn bind(pid: i32, cores: &[u32]) -> io::Result<()> {
    if cores.is_empty() {
        return Ok(());
    }
    let wanted = set_of(cores, &sched_getaffinity(Pid::from_raw(0))?)?;
    Ok(sched_setaffinity(Pid::from_raw(pid), &wanted)?)
}

/// A set of cores, which must be among `own`.
fn set_of(cores: &[u32], own: &CpuSet) -> io::Result<CpuSet> {
    let mut wanted = CpuSet::new();
    for &core in cores {
        // The kernel would leave out silently what cannot be had.
        let allowed = own.is_set(core as usize).unwrap_or(false);
        if !allowed {
            let what = format!("core {core} is not among those it may use: {}", shown(own));
            return Err(io::Error::new(io::ErrorKind::InvalidInput, what));
        }
        wanted.set(core as usize)?;
    }
    Ok(wanted)
}

/// The cores that this process may use, by their numbers on the machine; none where the system does not say.
pub fn allowed_cores() -> Vec<u32> {
    let Ok(own) = sched_getaffinity(Pid::from_raw(0)) else { return Vec::new() };
    (0..CpuSet::count()).filter(|&core| own.is_set(core) == Ok(true)).map(|core| core as u32).collect()
}

fn restore(me: Pid, own: &CpuSet) -> Result<(), Errno> {
    sched_setaffinity(me, own)
        .inspect_err(|why| tracing::error!("the supervisor stays bound to cores: {why}"))
}

/// The cores of a set, as in `0-3,8`.
fn shown(set: &CpuSet) -> String {
    let cores: Vec<usize> = (0..CpuSet::count()).filter(|&core| set.is_set(core) == Ok(true)).collect();
    let runs = cores.chunk_by(|a, b| a + 1 == *b);
    let run = |run: &[usize]| match run {
        [first, .., last] => format!("{first}-{last}"),
        one => one.iter().map(usize::to_string).collect(),
    };
    runs.map(run).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_of_cores_is_shown_in_ranges() {
        let mut set = CpuSet::new();
        for core in [0, 1, 2, 5, 8, 9] {
            set.set(core).unwrap();
        }
        assert_eq!(shown(&set), "0-2,5,8-9");
    }

    #[test]
    fn a_core_that_is_not_there_is_refused_and_nothing_changes() {
        let before = sched_getaffinity(Pid::from_raw(0)).unwrap();
        let why = bound(&[5000], || unreachable!()).unwrap_err().to_string();
        assert!(why.starts_with("core 5000 is not among those it may use: "), "{why}");
        assert_eq!(sched_getaffinity(Pid::from_raw(0)).unwrap(), before);
    }

    #[test]
    fn cores_are_bound_for_that_moment_only() {
        let own = sched_getaffinity(Pid::from_raw(0)).unwrap();
        let first = (0..CpuSet::count()).find(|&core| own.is_set(core) == Ok(true)).unwrap();
        let seen = bound(&[first as u32], || sched_getaffinity(Pid::from_raw(0)).unwrap()).unwrap();
        assert_eq!(shown(&seen), first.to_string());
        assert_eq!(sched_getaffinity(Pid::from_raw(0)).unwrap(), own);
    }
}
