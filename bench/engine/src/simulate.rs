//! A machine in virtual time, driven by the schedule or by a plain queue.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use study::schedule::{Expected, Lease, Priority, Request, Schedule, Unfit};

use crate::mixes::Mix;

/// Who decides.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Rule {
    /// First come, first served: nothing passes the head of the queue.
    Fifo,
    /// First come, first served, but whatever fits passes what does not: wide runs may starve.
    FirstFit,
    /// The schedule, which knows nothing of times.
    Untold,
    /// The schedule, told the mean time of each kind's ended runs, as an engine can.
    Means,
    /// The schedule, told each run's time: an oracle that no engine has, for comparison.
    Oracle,
}

impl Rule {
    pub(crate) const ALL: [Rule; 5] = [Rule::Fifo, Rule::FirstFit, Rule::Untold, Rule::Means, Rule::Oracle];
}

/// A trial's number, and the stage within it.
type Id = (usize, usize);

/// What is known of a kind's times from those that ended.
#[derive(Clone, Copy, Default)]
struct Times {
    count: u64,
    total: u64,
}

struct World<'a> {
    mix: &'a Mix,
    rule: Rule,
    schedule: Schedule<Id>,
    /// What waits, where not the schedule decides.
    queue: VecDeque<Id>,
    running: BTreeSet<(u64, Id)>,
    times: Vec<Times>,
    /// Which kinds follow which, with how often.
    follows: BTreeMap<usize, BTreeMap<usize, u64>>,
    now: u64,
}

/// The milliseconds until the last run ends. At most `ahead` trials are known at a time: each that ends makes room for the
/// next.
///
/// # Errors
///
/// When a mix asks for what its machine does not have.
pub(crate) fn makespan(mix: &Mix, rule: Rule, ahead: usize) -> Result<u64, Unfit> {
    let mut world = World {
        mix,
        rule,
        schedule: Schedule::new(mix.capacity.clone()),
        queue: VecDeque::new(),
        running: BTreeSet::new(),
        times: vec![Times::default(); mix.kinds.len()],
        follows: BTreeMap::new(),
        now: 0,
    };
    let mut unknown = 0..mix.trials.len();
    for trial in unknown.by_ref().take(ahead) {
        world.wait((trial, 0))?;
    }
    loop {
        world.start()?;
        let Some((ends, (trial, stage))) = world.running.pop_first() else { return Ok(world.now) };
        world.now = ends;
        world.end((trial, stage));
        if stage + 1 < mix.trials[trial].len() {
            world.wait((trial, stage + 1))?;
        } else if let Some(trial) = unknown.next() {
            world.wait((trial, 0))?;
        }
    }
}

impl World<'_> {
    fn kind(&self, (trial, stage): Id) -> usize {
        self.mix.trials[trial][stage].kind
    }

    fn request(&self, id: Id) -> Request {
        let kind = self.kind(id);
        let known = &self.mix.kinds[kind];
        let priority = Priority { class: known.class, order: id.0 as u64 };
        // The oracle tells a time for each run, so each is of a kind of its own.
        let kind = if self.rule == Rule::Oracle { 2 * id.0 + id.1 } else { kind };
        Request { demand: known.demand.clone(), priority, kind: kind as u32 }
    }

    fn wait(&mut self, id: Id) -> Result<(), Unfit> {
        if matches!(self.rule, Rule::Fifo | Rule::FirstFit) {
            self.queue.push_back(id);
            return Ok(());
        }
        let request = self.request(id);
        if self.rule == Rule::Oracle {
            let trial = &self.mix.trials[id.0];
            let after = trial[id.1 + 1..].iter().map(|work| work.millis).sum();
            self.schedule.expect(request.kind, Expected { run: trial[id.1].millis, after });
        }
        self.schedule.wait(id, &request)
    }

    fn start(&mut self) -> Result<(), Unfit> {
        match self.rule {
            Rule::Fifo => self.start_queued(1),
            Rule::FirstFit => self.start_queued(usize::MAX),
            _ => {
                for (id, lease) in self.schedule.place(self.now) {
                    self.run(id, &lease);
                }
                Ok(())
            }
        }
    }

    /// Starts what fits among the first `reach` of the queue, each at its least width. The schedule only counts.
    fn start_queued(&mut self, reach: usize) -> Result<(), Unfit> {
        let mut refused: BTreeSet<usize> = BTreeSet::new();
        let mut at = 0;
        while at < self.queue.len().min(reach) {
            let id = self.queue[at];
            let kind = self.kind(id);
            if !refused.contains(&kind) {
                let mut request = self.request(id);
                request.demand.cpus.max = request.demand.cpus.min;
                self.schedule.wait(id, &request)?;
                if let Some((id, lease)) = self.schedule.place(self.now).pop() {
                    self.run(id, &lease);
                    self.queue.remove(at);
                    continue;
                }
                self.schedule.withdraw(&id);
                refused.insert(kind);
            }
            at += 1;
        }
        Ok(())
    }

    fn run(&mut self, id: Id, lease: &Lease) {
        let work = &self.mix.trials[id.0][id.1];
        let least = u64::from(self.mix.kinds[work.kind].demand.cpus.min);
        let takes = (work.millis * least).div_ceil(u64::from(lease.cpus()));
        self.running.insert((self.now + takes, id));
    }

    fn end(&mut self, id: Id) {
        self.schedule.release(&id);
        let kind = self.kind(id);
        self.times[kind].count += 1;
        self.times[kind].total += self.mix.trials[id.0][id.1].millis;
        if let Some(before) = id.1.checked_sub(1) {
            let before = self.kind((id.0, before));
            *self.follows.entry(before).or_default().entry(kind).or_default() += 1;
        }
        if self.rule == Rule::Means {
            for kind in 0..self.times.len() {
                if let Some(run) = self.mean(kind) {
                    let after = self.mean_after(kind);
                    self.schedule.expect(kind as u32, Expected { run, after });
                }
            }
        }
    }

    fn mean(&self, kind: usize) -> Option<u64> {
        let Times { count, total } = self.times[kind];
        total.checked_div(count)
    }

    /// The mean time of what followed a kind's runs.
    fn mean_after(&self, kind: usize) -> u64 {
        let Some(follows) = self.follows.get(&kind) else { return 0 };
        let total: u64 = follows.iter().map(|(kind, count)| count * self.mean(*kind).unwrap_or(0)).sum();
        total / follows.values().sum::<u64>().max(1)
    }
}
