//! The schedule: which waiting run starts next, and which cores and gpus it gets. Pure, and the same calls give the
//! same answers.
//!
//! Runs [wait](Schedule::wait) with what they ask for; [`Schedule::place`] gives [leases](Lease) to those that start now;
//! [`Schedule::release`] takes them back. By class, then the widest first, and what fits passes what does not (list
//! scheduling with backfill); who is passed too often gets a reservation, so that nobody starves. `bench/engine` measures
//! how near that comes to the least possible time.
//!
//! ```
//! use ravine_study::schedule::{Capacity, Demand, Request, Schedule};
//!
//! let mut schedule = Schedule::new(Capacity::cpus(4));
//! for id in 0..3 {
//!     schedule.wait(id, &Request { demand: Demand::cpus(2), ..Request::default() })?;
//! }
//! let started = schedule.place(0);
//! assert_eq!(started.len(), 2);
//! assert_eq!(started[0].1.cores, [0, 1]);
//! schedule.release(&started[0].0);
//! assert_eq!(schedule.place(1).len(), 1);
//! # Ok::<(), ravine_study::schedule::Unfit>(())
//! ```

mod capacity;
mod cores;
mod demand;
mod devices;
mod lease;
mod place;
mod pool;
mod queue;
mod reserve;
mod room;

use std::collections::BTreeMap;

pub use capacity::{Capacity, Unfit};
pub use demand::{Cpus, Demand, Gpus, GpusError, Priority, Request, Share, ShareError};
pub use lease::{GpuLease, Lease};
use pool::Pool;
use queue::Queue;
use reserve::Reservation;

use crate::RunKey;

/// How long a run of a kind is expected to take, learned from those that ended: their mean, in general.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// From its start to its end, in milliseconds, at the least width it asks for. What a wider run took is multiplied by
    /// its width and divided by the least.
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
    /// What its end is expected from; nothing is known of restored ones.
    timed: Option<Timed>,
}

#[derive(Clone, Copy, Debug)]
struct Timed {
    /// In milliseconds on the clock of [`Schedule::place`].
    started: u64,
    kind: u32,
    /// The least width it asked for, at least 1.
    least: u32,
}

/// Who waits, who holds what, and who is next.
#[derive(Clone, Debug)]
pub struct Schedule<Id = RunKey> {
    capacity: Capacity,
    pool: Pool,
    queue: Queue<Id>,
    held: BTreeMap<Id, Held>,
    expected: BTreeMap<u32, Expected>,
    reservation: Option<Reservation<Id>>,
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
            reservation: None,
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
        self.expected.insert(kind, expected);
    }

    /// When a run is expected to end. A wider one sooner, in proportion: the best that it can do.
    fn expected_end(&self, held: &Held) -> Option<u64> {
        let Timed { started, kind, least } = held.timed?;
        let run = self.expected.get(&kind)?.run;
        let width = u64::from(held.lease.cpus()).max(1);
        Some(started.saturating_add(run.saturating_mul(least.into()) / width))
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
        self.held.insert(id, Held { lease, timed: None });
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

    /// The run that has the reservation: overtaken so often that nothing may start any more that could keep it waiting.
    pub fn reserved(&self) -> Option<&Id> {
        self.reservation.as_ref().map(|reservation| &reservation.id).filter(|id| self.is_waiting(id))
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
