//! Who a process is beyond its pid, which is used again: its start time and the boot it belongs to.

use std::fs;
use std::io;

use serde::{Deserialize, Serialize};

/// A process on this host, told apart from a later one with the same pid.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Identity {
    /// Its pid.
    pub(crate) pid: u32,
    /// When it started, in clock ticks since the boot.
    pub(crate) started: u64,
    /// The kernel's name for this boot.
    pub(crate) boot: String,
}

impl Identity {
    /// This process.
    pub(crate) fn own() -> io::Result<Self> {
        let pid = std::process::id();
        let gone = || io::Error::new(io::ErrorKind::InvalidData, "/proc/self/stat is not as it should be");
        Ok(Identity { pid, started: start_time(pid).ok_or_else(gone)?, boot: boot()? })
    }

    /// Whether it still lives.
    pub(crate) fn is_alive(&self) -> bool {
        boot().is_ok_and(|boot| boot == self.boot) && start_time(self.pid) == Some(self.started)
    }
}

fn boot() -> io::Result<String> {
    Ok(fs::read_to_string("/proc/sys/kernel/random/boot_id")?.trim().to_owned())
}

/// The start time of a process that has not ended; `None` for zombies.
fn start_time(pid: u32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name may hold spaces and parentheses; the last ")" ends it. Field 3 (the state) follows.
    let mut fields = stat.rsplit_once(") ")?.1.split_ascii_whitespace();
    if matches!(fields.next()?, "Z" | "X") {
        return None;
    }
    fields.nth(18)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_lives_and_one_with_another_start_time_does_not() {
        let own = Identity::own().unwrap();
        assert!(own.is_alive());
        assert!(!Identity { started: own.started + 1, ..own.clone() }.is_alive());
        assert!(!Identity { boot: "another".to_owned(), ..own }.is_alive());
    }
}
