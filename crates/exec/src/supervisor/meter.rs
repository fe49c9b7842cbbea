//! What a run uses: its CPU time, the most memory it held, and whether that is more than it may.
//!
//! CPU time is exact for all that is reaped in the end, which is everything that was waited for by somebody; looks at the
//! living add those that nobody ever waits for. Memory is exact for one process (the kernel keeps its highest size) up
//! to the last look; a tree's is what looks have seen.

use std::time::{Duration, Instant};

use crate::process::cgroup::Group;
use crate::process::{Exit, Share, Usage, high_water};

/// Short runs are looked at soon; with a limit then ever so often, else less and less.
const FIRST: Duration = Duration::from_millis(20);
const LIMITED: Duration = Duration::from_millis(100);
const LATER: Duration = Duration::from_millis(500);

/// A look that took so long is not repeated before so many times that long: looking costs no more than 5 %.
const DUTY: u32 = 20;

/// A run's meter.
#[derive(Debug)]
pub(super) struct Meter {
    limit: Option<u64>,
    group: Option<Group>,
    started: Instant,
    due: Instant,
    /// CPU time of what was reaped, in seconds.
    reaped: f64,
    /// The most that was seen, with the living.
    cpu: f64,
    peak: Option<u64>,
    /// Of one that must have a peak though it ends before the first look: what it was no larger than.
    at_most: Option<u64>,
    /// When shared pages may be looked at again.
    fair_due: Instant,
    /// How much of the sums, resident and held, counts shared pages more than once.
    twice: (u64, u64),
}

impl Meter {
    /// Of a run that starts now, with its limit in bytes, and its control group if it has one.
    pub(super) fn new(limit: Option<u64>, group: Option<Group>, now: Instant) -> Self {
        Meter {
            limit,
            group,
            started: now,
            due: now + FIRST,
            reaped: 0.0,
            cpu: 0.0,
            peak: None,
            at_most: None,
            fair_due: now,
            twice: (0, 0),
        }
    }

    /// When it is to be looked at.
    pub(super) fn due(&self) -> Instant {
        self.due
    }

    /// One of its processes was reaped.
    pub(super) fn reaped(&mut self, exit: Exit) {
        self.reaped += exit.cpu;
        self.peak = self.peak.max(exit.memory);
        self.at_most = self.at_most.map(|most| most.max(exit.memory_at_most));
    }

    /// Looks at a program that was just started and whose peak somebody judges by: it may be over before the first look.
    pub(super) fn look_early(&mut self, pid: i32) {
        self.at_most = Some(0);
        self.peak = self.peak.max(high_water(pid));
    }

    /// Looks at its living processes, given the topmost. What is to be told to a person where it holds more than it may.
    pub(super) fn look(&mut self, direct: &[i32], now: Instant) -> Option<String> {
        let start = Instant::now();
        let usage = Usage::of(direct);
        self.cpu = self.cpu.max(self.reaped + usage.cpu);
        let (resident, held) = self.fair(&usage, start);
        if resident > 0 {
            self.peak = self.peak.max(Some(resident.max(usage.high)));
        }
        let pause = match self.limit {
            Some(_) => LIMITED.min((now - self.started).max(FIRST)),
            None => ((now - self.started) / 2).clamp(FIRST, LATER),
        };
        self.due = now + pause.max(start.elapsed() * DUTY);
        self.limit.filter(|&limit| held > limit).map(|limit| over(held, limit))
    }

    /// The resident size of all, and what of it is held, with shared pages counted once: the workers of a data loader have
    /// the data of their parent, and would seem to hold it many times. Looked at only where it would matter.
    fn fair(&mut self, usage: &Usage, now: Instant) -> (u64, u64) {
        let sums = usage.sums();
        let is_over = |held| self.limit.is_some_and(|limit| held > limit);
        if usage.shares.len() < 2 || !(Some(sums.0) > self.peak || is_over(sums.1)) {
            return sums;
        }
        // However dear a look is, nobody is ended by a guess.
        if now >= self.fair_due || is_over(self.guess(usage).1) {
            let fair = usage.fair_sums();
            self.twice = (sums.0.saturating_sub(fair.0), sums.1.saturating_sub(fair.1));
            self.fair_due = Instant::now() + now.elapsed() * DUTY;
        }
        self.guess(usage)
    }

    /// The same by the last look: what grew since is taken for its own; what is left of it is no less than the largest.
    fn guess(&self, usage: &Usage) -> (u64, u64) {
        let (resident, held) = usage.sums();
        let largest = |size: fn(&Share) -> u64| usage.shares.iter().map(size).max().unwrap_or(0);
        (
            resident.saturating_sub(self.twice.0).max(largest(|share| share.resident)),
            held.saturating_sub(self.twice.1).max(largest(|share| share.held)),
        )
    }

    /// Ends all of the run that is in its control group, if it has one.
    pub(super) fn kill(&self) {
        if let Some(group) = &self.group {
            group.kill();
        }
    }

    /// What is to be told where the kernel ended it for want of memory.
    pub(super) fn ended_by_kernel(&self) -> Option<String> {
        let limit = self.limit?;
        // It was at its limit, whatever was seen of it.
        let over = |group: &Group| group.is_over().then(|| over(self.peak.unwrap_or(0).max(limit), limit));
        self.group.as_ref().and_then(over)
    }

    /// CPU time of all of it, in seconds.
    pub(super) fn cpu(&self) -> f64 {
        let told = self.group.as_ref().and_then(Group::cpu).unwrap_or(0.0);
        self.cpu.max(self.reaped).max(told)
    }

    /// The most memory it held, in bytes, if it was ever seen. Of one that ended before it was, and must have a peak, what
    /// no program of this supervisor was larger than so far.
    pub(super) fn peak(&self) -> Option<u64> {
        self.peak.or(self.at_most)
    }
}

fn over(used: u64, limit: u64) -> String {
    format!("used {} of memory, the limit is {}", bytes(used), bytes(limit))
}

/// A number of bytes as people say it.
fn bytes(bytes: u64) -> String {
    let units = [(1_u64 << 40, "TiB"), (1 << 30, "GiB"), (1 << 20, "MiB"), (1 << 10, "KiB")];
    let (unit, name) = units.into_iter().find(|(unit, _)| bytes >= *unit).unwrap_or((1, "bytes"));
    let number = bytes as f64 / unit as f64;
    if number < 100.0 && !bytes.is_multiple_of(unit) {
        format!("{number:.1} {name}")
    } else {
        format!("{number:.0} {name}")
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead, BufReader};
    use std::os::unix::process::CommandExt;
    use std::process::{Command, Stdio};

    use super::*;

    #[test]
    fn numbers_of_bytes_are_said_in_the_unit_that_fits() {
        let said = [512, 4 << 30, 5_476_083_302, 200_000_000, 1 << 40].map(bytes);
        assert_eq!(said, ["512 bytes", "4 GiB", "5.1 GiB", "191 MiB", "1 TiB"]);
        assert_eq!(over(5_476_083_302, 4 << 30), "used 5.1 GiB of memory, the limit is 4 GiB");
    }

    #[test]
    fn what_the_reaped_used_adds_up_and_what_was_seen_is_not_forgotten() {
        let now = Instant::now();
        let mut meter = Meter::new(None, None, now);
        let exit =
            Exit { pid: 1, code: Some(0), signal: None, cpu: 1.5, memory: Some(1000), memory_at_most: 1000 };
        meter.reaped(exit);
        meter.reaped(Exit { memory: None, ..exit });
        assert_eq!((meter.cpu(), meter.peak()), (3.0, Some(1000)));
    }

    #[test]
    fn one_that_must_have_a_peak_has_one_though_it_was_never_seen() {
        let exit = Exit { pid: 1, code: Some(0), signal: None, cpu: 0.0, memory: None, memory_at_most: 5000 };
        let mut meter = Meter::new(None, None, Instant::now());
        meter.reaped(exit);
        assert_eq!(meter.peak(), None, "nobody asked");
        let mut meter = Meter::new(None, None, Instant::now());
        meter.look_early(i32::MAX);
        meter.reaped(exit);
        assert_eq!(meter.peak(), Some(5000));
        meter.look_early(std::process::id() as i32);
        assert_ne!(meter.peak(), Some(5000), "what was seen goes before");
    }

    #[test]
    fn a_process_over_its_limit_is_told_and_one_below_is_not() {
        let me = [std::process::id() as i32];
        let now = Instant::now();
        assert_eq!(Meter::new(Some(1 << 40), None, now).look(&me, now), None);
        let told = Meter::new(Some(4096), None, now).look(&me, now).unwrap();
        assert!(told.starts_with("used ") && told.ends_with(" of memory, the limit is 4 KiB"), "{told}");
    }

    #[test]
    fn nobody_is_ended_for_pages_that_are_shared_however_long_ago_they_were_looked_at() {
        let script = "import os, sys, time\nheld = bytearray(os.urandom(1 << 20) * 60)\nfor _ in range(3):\n    \
                      if os.fork() == 0: time.sleep(60)\nprint('ready', flush=True); time.sleep(60)";
        let mut program = Command::new("python3");
        let mut program =
            program.args(["-c", script]).process_group(0).stdout(Stdio::piped()).spawn().unwrap();
        BufReader::new(program.stdout.take().unwrap()).read_line(&mut String::new()).unwrap();
        let now = Instant::now();
        let mut meter = Meter::new(Some(150 << 20), None, now);
        meter.fair_due = now + Duration::from_secs(3600);
        let pid = program.id() as i32;
        let told = meter.look(&[pid], now);
        let sums = Usage::of(&[pid]).sums();
        let _ = nix::sys::signal::killpg(nix::unistd::Pid::from_raw(pid), nix::sys::signal::Signal::SIGKILL);
        let _ = program.wait();
        assert!(sums.1 > 200 << 20, "four that hold 60 MiB each by the sum: {sums:?}");
        assert_eq!(told, None);
    }
}
