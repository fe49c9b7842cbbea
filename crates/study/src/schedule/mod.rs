//! The schedule: which waiting run starts next, and which cores and gpus it gets. Pure, and the same calls give the
//! same answers.

mod capacity;
mod cores;
mod demand;
mod devices;
mod lease;
mod pool;
mod queue;

use std::collections::BTreeMap;

pub use capacity::{Capacity, Unfit};
pub use demand::{Cpus, Demand, Gpus, GpusError, Priority, Request, Share, ShareError};
pub use lease::{GpuLease, Lease};
use pool::{Need, Pool};
use queue::{Group, Queue};

use crate::RunKey;

/// How long a run of a kind is expected to take, learned from those that ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// From its start to its end, in milliseconds, at the least width it asks for.
    pub run: u64,
    /// What its trial has to do after it, in milliseconds: the later stages, one after the other.
    pub after: u64,
}

/// What is free, for people.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Free {
    /// Cores.
    pub cpus: u32,
    /// Each gpu's index and what is free of it, 0 to 1.
    pub gpus: Vec<(u32, f64)>,
    /// Memory in bytes; absent when there is no limit.
    pub memory: Option<u64>,
    /// Named resources.
    pub named: BTreeMap<String, u64>,
    /// Runs that may be added, whatever they take; absent when there is no limit.
    pub runs: Option<u32>,
}

/// What a run that holds a lease is to the schedule.
#[derive(Clone, Debug)]
struct Held {
    lease: Lease,
}

/// Who waits, who holds what, and who is next.
#[derive(Clone, Debug)]
pub struct Schedule<Id = RunKey> {
    capacity: Capacity,
    pool: Pool,
    queue: Queue<Id>,
    held: BTreeMap<Id, Held>,
    expected: BTreeMap<u32, Expected>,
}

impl<Id: Clone + Ord> Schedule<Id> {
    /// Nobody waits and everything is free.
    pub fn new(capacity: Capacity) -> Self {
        Schedule {
            pool: Pool::new(&capacity),
            capacity,
            queue: Queue::new(),
            held: BTreeMap::new(),
            expected: BTreeMap::new(),
        }
    }

    /// What there is to share out.
    pub fn capacity(&self) -> &Capacity {
        &self.capacity
    }

    /// Adds a run to those that wait. One that waits already waits with the new request, as if it had just come;
    /// one that holds a lease keeps it, and nothing changes.
    ///
    /// # Errors
    ///
    /// [`Unfit`] when it could never start here; it does not wait then.
    pub fn wait(&mut self, id: Id, request: &Request) -> Result<(), Unfit> {
        if self.held.contains_key(&id) {
            return Ok(());
        }
        let need = self.pool.need(&self.capacity, &request.demand)?;
        self.withdraw(&id);
        let part = self.pool.part(&need);
        self.queue.push(id, request, need, part);
        Ok(())
    }

    /// Takes a run out of those that wait; whether it waited.
    pub fn withdraw(&mut self, id: &Id) -> bool {
        self.queue.remove(id).is_some()
    }

    /// Says how long runs of a kind are expected to take. Without it runs are packed by width alone.
    pub fn expect(&mut self, kind: u32, expected: Expected) {
        if self.expected.insert(kind, expected) != Some(expected) {
            self.queue.rerank();
        }
    }

    /// The runs that start now, with what each holds until [`Schedule::release`]. `now` is in milliseconds of any
    /// clock that does not go back; only [`Expected`] times are compared with it.
    pub fn place(&mut self, _now: u64) -> Vec<(Id, Lease)> {
        let mut placed = Vec::new();
        for index in self.queue.ranked(|group| (group.class, std::cmp::Reverse(group.part))) {
            while let Some((id, need)) = self.startable(index) {
                self.queue.remove(&id);
                let lease = self.pool.take(&need, need.cpus);
                self.held.insert(id.clone(), Held { lease: lease.clone() });
                placed.push((id, lease));
            }
        }
        placed
    }

    fn startable(&self, index: usize) -> Option<(Id, Need)> {
        let group: &Group<Id> = self.queue.group(index)?;
        self.pool.fits(&group.need).then(|| group.head().map(|id| (id, group.need.clone()))).flatten()
    }

    /// Ends a run's lease; what it held is free. `None` when it held nothing.
    pub fn release(&mut self, id: &Id) -> Option<Lease> {
        let held = self.held.remove(id)?;
        self.pool.give(&held.lease);
        Some(held.lease)
    }

    /// Counts a lease that was given before: of a run that outlived its runner and was adopted. What it names is held,
    /// also where it is more than there is. The run waits no longer; an earlier lease of its is released.
    pub fn restore(&mut self, id: Id, lease: Lease) {
        self.withdraw(&id);
        self.release(&id);
        self.pool.claim(&lease);
        self.held.insert(id, Held { lease });
    }

    /// Whether a demand can ever be met here.
    ///
    /// # Errors
    ///
    /// [`Unfit`] says why not.
    pub fn fits(&self, demand: &Demand) -> Result<(), Unfit> {
        self.capacity.fits(demand)
    }

    /// What is free now.
    pub fn free(&self) -> Free {
        let pool = &self.pool;
        Free {
            cpus: pool.cpus.free() as u32,
            gpus: pool.devices.free(),
            memory: pool.memory.map(|memory| memory.free()),
            named: self
                .capacity
                .named
                .keys()
                .cloned()
                .zip(pool.named.iter().map(|level| level.free()))
                .collect(),
            runs: pool.runs.map(|runs| runs.free() as u32),
        }
    }

    /// What a run holds.
    pub fn lease(&self, id: &Id) -> Option<&Lease> {
        self.held.get(id).map(|held| &held.lease)
    }

    /// Who holds what.
    pub fn leases(&self) -> impl Iterator<Item = (&Id, &Lease)> {
        self.held.iter().map(|(id, held)| (id, &held.lease))
    }

    /// How many wait.
    pub fn waiting(&self) -> usize {
        self.queue.len()
    }

    /// Whether a run waits.
    pub fn is_waiting(&self, id: &Id) -> bool {
        self.queue.place(id).is_some()
    }

    /// Shares out something else from now on. Leases stay; the runs that could never start any more are taken out and
    /// returned, each with the reason.
    pub fn resize(&mut self, capacity: Capacity) -> Vec<(Id, Unfit)> {
        self.pool = Pool::new(&capacity);
        self.capacity = capacity;
        for held in self.held.values() {
            self.pool.claim(&held.lease);
        }
        let mut unfit = Vec::new();
        for (id, request) in self.queue.drain() {
            if let Err(reason) = self.wait(id.clone(), &request) {
                unfit.push((id, reason));
            }
        }
        unfit
    }
}
