//! What is held and what is free, of everything that is shared out.

use super::capacity::{Capacity, Unfit};
use super::cores::Cores;
use super::demand::{Demand, Gpus};
use super::devices::Devices;
use super::lease::{GpuLease, Lease};

/// A demand with its names looked up, so that asking whether it fits compares numbers only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Need {
    /// The least number of cpus.
    pub(super) cpus: u32,
    /// The most; no more than there are.
    pub(super) most: u32,
    pub(super) gpus: Gpus,
    pub(super) memory: u64,
    /// Where the resource lies in [`Pool::named`], and how much of it.
    pub(super) named: Vec<(usize, u64)>,
}

/// Something counted. What is held may be above what there is: restored leases may say so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Level {
    have: u64,
    held: u128,
}

impl Level {
    fn new(have: u64) -> Self {
        Level { have, held: 0 }
    }

    pub(super) fn free(self) -> u64 {
        // `as` is exact: at most `have`.
        u128::from(self.have).saturating_sub(self.held) as u64
    }

    fn take(&mut self, amount: u64) {
        self.held += u128::from(amount);
    }

    fn give(&mut self, amount: u64) {
        self.held = self.held.saturating_sub(u128::from(amount));
    }

    /// The part that an amount is of all there is, in millionths.
    fn part(self, amount: u64) -> u64 {
        let parts = u128::from(amount) * 1_000_000 / u128::from(self.have.max(1));
        u64::try_from(parts).unwrap_or(u64::MAX)
    }
}

/// What was taken for a run that starts, before its cores have numbers.
#[derive(Clone, Debug)]
pub(super) struct Taken {
    pub(super) width: u32,
    gpus: Vec<GpuLease>,
}

#[derive(Clone, Debug)]
pub(super) struct Pool {
    names: Vec<String>,
    pub(super) cpus: Level,
    pub(super) memory: Option<Level>,
    pub(super) named: Vec<Level>,
    pub(super) runs: Option<Level>,
    pub(super) devices: Devices,
    cores: Cores,
}

impl Pool {
    pub(super) fn new(capacity: &Capacity) -> Self {
        let cores = Cores::new(&capacity.cores);
        Pool {
            names: capacity.named.keys().cloned().collect(),
            cpus: Level::new(cores.count() as u64),
            memory: capacity.memory.map(Level::new),
            named: capacity.named.values().copied().map(Level::new).collect(),
            runs: capacity.runs.map(|runs| Level::new(runs.into())),
            devices: Devices::new(&capacity.gpus),
            cores,
        }
    }

    /// Looks a demand's names up; `capacity` is what the pool was made of.
    pub(super) fn need(&self, capacity: &Capacity, demand: &Demand) -> Result<Need, Unfit> {
        capacity.fits(demand)?;
        let place = |name: &String| self.names.iter().position(|known| known == name);
        let named = demand.named.iter().filter(|(_, amount)| **amount > 0);
        Ok(Need {
            cpus: demand.cpus.min,
            most: demand.cpus.max.min(self.cores.count() as u32),
            gpus: if demand.gpus == Gpus::Whole(0) { Gpus::None } else { demand.gpus },
            memory: demand.memory,
            named: named.filter_map(|(name, &amount)| Some((place(name)?, amount))).collect(),
        })
    }

    pub(super) fn fits(&self, need: &Need) -> bool {
        self.cpus.free() >= need.cpus.into() && self.fits_but_for_cpus(need)
    }

    /// Whether anything at all can start.
    pub(super) fn has_room(&self) -> bool {
        self.cpus.free() > 0 && self.runs.is_none_or(|runs| runs.free() > 0)
    }

    /// Whether cpus are what a need waits for, and nothing else.
    pub(super) fn lacks_only_cpus(&self, need: &Need) -> bool {
        self.cpus.free() < need.cpus.into() && self.fits_but_for_cpus(need)
    }

    fn fits_but_for_cpus(&self, need: &Need) -> bool {
        self.runs.is_none_or(|runs| runs.free() > 0)
            && self.memory.is_none_or(|memory| memory.free() >= need.memory)
            && need.named.iter().all(|&(place, amount)| self.named[place].free() >= amount)
            && self.devices.fits(need.gpus)
    }

    /// The largest part that a need is of anything there is, in millionths (dominant share: Ghodsi et al. 2011).
    pub(super) fn part(&self, need: &Need) -> u64 {
        let devices = self.devices.count().max(1) as f64;
        // `as` is exact enough: below 10⁶ times the number of devices.
        let gpus = (need.gpus.amount() * 1e6 / devices) as u64;
        let named = need.named.iter().map(|&(place, amount)| self.named[place].part(amount));
        let counted = [
            self.cpus.part(need.cpus.into()),
            self.memory.map_or(0, |memory| memory.part(need.memory)),
            self.runs.map_or(0, |runs| runs.part(1)),
            gpus,
        ];
        named.chain(counted).max().unwrap_or(0)
    }

    /// Takes a need at its least width, its cores not yet named. The caller has asked whether it fits.
    pub(super) fn take(&mut self, need: &Need) -> Taken {
        self.cpus.take(need.cpus.into());
        if let Some(memory) = &mut self.memory {
            memory.take(need.memory);
        }
        if let Some(runs) = &mut self.runs {
            runs.take(1);
        }
        for &(place, amount) in &need.named {
            self.named[place].take(amount);
        }
        Taken { width: need.cpus, gpus: self.devices.take(need.gpus) }
    }

    /// Widens what was taken. The caller has asked whether the cpus are free.
    pub(super) fn widen(&mut self, taken: &mut Taken, cpus: u32) {
        self.cpus.take(cpus.into());
        taken.width += cpus;
    }

    /// Names the cores of what was taken.
    pub(super) fn lease(&mut self, need: &Need, taken: Taken) -> Lease {
        Lease {
            cores: self.cores.take(taken.width as usize),
            gpus: taken.gpus,
            memory: need.memory,
            named: need.named.iter().map(|&(place, amount)| (self.names[place].clone(), amount)).collect(),
        }
    }

    /// Holds what a lease names.
    pub(super) fn claim(&mut self, lease: &Lease) {
        self.cores.claim(&lease.cores);
        self.devices.claim(&lease.gpus);
        self.count(lease, Level::take);
    }

    /// Gives back what a lease names.
    pub(super) fn give(&mut self, lease: &Lease) {
        self.cores.give(&lease.cores);
        self.devices.give(&lease.gpus);
        self.count(lease, Level::give);
    }

    fn count(&mut self, lease: &Lease, change: fn(&mut Level, u64)) {
        change(&mut self.cpus, lease.cpus().into());
        if let Some(memory) = &mut self.memory {
            change(memory, lease.memory);
        }
        if let Some(runs) = &mut self.runs {
            change(runs, 1);
        }
        for (name, level) in self.names.iter().zip(&mut self.named) {
            if let Some(&amount) = lease.named.get(name) {
                change(level, amount);
            }
        }
    }
}
