//! What a process tree holds and has used, from `/proc`.

use std::fs;

use super::tree::family;

/// One process.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Share {
    /// Its pid.
    pub(crate) pid: i32,
    /// Its resident size, in bytes.
    pub(crate) resident: u64,
    /// What of it the kernel cannot take back: no pages of files, which it reads again where they are needed.
    pub(crate) held: u64,
}

/// A tree at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Usage {
    /// Its living processes.
    pub(crate) shares: Vec<Share>,
    /// The largest resident size that one of them ever had, in bytes.
    pub(crate) high: u64,
    /// CPU time of the living, and of those that they waited for, in seconds.
    pub(crate) cpu: f64,
}

impl Usage {
    /// Of the given processes and everything below them.
    pub(crate) fn of(direct: &[i32]) -> Self {
        let tick = ticks_per_second();
        let mut usage = Usage::default();
        for pid in family(direct) {
            let Some((share, high)) = memory(pid) else { continue };
            usage.shares.push(share);
            usage.high = usage.high.max(high);
            usage.cpu += cpu_ticks(pid).map_or(0.0, |ticks| ticks as f64 / tick);
        }
        usage
    }

    /// The sum of the resident sizes, and of what is held. What processes share counts for each of them.
    pub(crate) fn sums(&self) -> (u64, u64) {
        sums(self.shares.iter().copied())
    }

    /// As [`Usage::sums`], but what processes share is divided among them. The kernel walks their page tables for it, which
    /// takes milliseconds for each GiB.
    pub(crate) fn fair_sums(&self) -> (u64, u64) {
        // One that ended meanwhile, or may not be looked into, counts as it was.
        sums(self.shares.iter().map(|share| fair(share.pid).unwrap_or(*share)))
    }
}

/// The largest resident size that a living process ever had, in bytes.
pub(crate) fn high_water(pid: i32) -> Option<u64> {
    memory(pid).map(|(_, high)| high)
}

fn sums(shares: impl Iterator<Item = Share>) -> (u64, u64) {
    shares.fold((0, 0), |(resident, held), share| (resident + share.resident, held + share.held))
}

/// What a process holds now, and the most it ever held since its exec. `None` for one that has ended.
fn memory(pid: i32) -> Option<(Share, u64)> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let resident = field(&status, "VmRSS:")?;
    let held = field(&status, "RssAnon:").zip(field(&status, "RssShmem:"));
    let share = Share { pid, resident, held: held.map_or(resident, |(anon, shmem)| anon + shmem) };
    Some((share, field(&status, "VmHWM:")?))
}

/// Proportional sizes: a page of n processes counts 1/n for each.
fn fair(pid: i32) -> Option<Share> {
    let rollup = fs::read_to_string(format!("/proc/{pid}/smaps_rollup")).ok()?;
    let resident = field(&rollup, "Pss:")?;
    let held = field(&rollup, "Pss_Anon:").zip(field(&rollup, "Pss_Shmem:"));
    Some(Share { pid, resident, held: held.map_or(resident, |(anon, shmem)| anon + shmem) })
}

/// The value of a line like `VmRSS:  1234 kB`, in bytes.
fn field(text: &str, name: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib * 1024)
}

/// User and system time of a process and of the children that it waited for.
fn cpu_ticks(pid: i32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // Fields 14 to 17; the state, after the name's ")", is the third.
    let fields = stat.rsplit_once(") ")?.1.split_ascii_whitespace();
    fields.skip(11).take(4).map(|ticks| ticks.parse::<u64>().ok()).sum()
}

fn ticks_per_second() -> f64 {
    let told = nix::unistd::sysconf(nix::unistd::SysconfVar::CLK_TCK).ok().flatten();
    told.map_or(100.0, |ticks| ticks as f64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_process_holds_memory_and_has_used_time() {
        let me = std::process::id() as i32;
        let ballast = vec![1_u8; 32 << 20];
        let usage = Usage::of(&[me]);
        let (resident, held) = usage.sums();
        assert!(held >= 32 << 20 && resident >= held && usage.high >= resident / 2, "{usage:?}");
        let (fair, _) = usage.fair_sums();
        assert!(fair >= 32 << 20 && fair <= resident + (8 << 20), "{fair} of {resident}");
        assert_eq!(ballast[1 << 20], 1);
    }

    #[test]
    fn a_process_that_is_gone_counts_nothing() {
        assert_eq!(Usage::of(&[i32::MAX]), Usage::default());
    }
}
