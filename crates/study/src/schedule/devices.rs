//! How much of each gpu is held.

use super::demand::{Gpus, Share};
use super::lease::GpuLease;

const WHOLE: u64 = Share::WHOLE.millionths() as u64;

/// Numbered devices and how much of each is held, in millionths; above a whole only by restored leases.
#[derive(Clone, Debug)]
pub(super) struct Devices {
    indices: Vec<u32>,
    held: Vec<u64>,
    empty: usize,
}

impl Devices {
    pub(super) fn new(indices: &[u32]) -> Self {
        let mut indices = indices.to_vec();
        indices.sort_unstable();
        indices.dedup();
        let count = indices.len();
        Devices { indices, held: vec![0; count], empty: count }
    }

    pub(super) fn count(&self) -> usize {
        self.indices.len()
    }

    pub(super) fn fits(&self, gpus: Gpus) -> bool {
        match gpus {
            Gpus::None => true,
            Gpus::Share(share) => self.best(share).is_some(),
            Gpus::Whole(count) => count as usize <= self.empty,
        }
    }

    /// Takes what is asked for: a share from the fullest device with room (best fit), so that shares lie on few
    /// devices and whole ones stay empty; whole devices from the lowest empty ones.
    pub(super) fn take(&mut self, gpus: Gpus) -> Vec<GpuLease> {
        let places: Vec<(usize, Share)> = match gpus {
            Gpus::None => Vec::new(),
            Gpus::Share(share) => self.best(share).map(|place| (place, share)).into_iter().collect(),
            Gpus::Whole(count) => (0..self.count())
                .filter(|&place| self.held[place] == 0)
                .take(count as usize)
                .map(|place| (place, Share::WHOLE))
                .collect(),
        };
        let lease =
            places.iter().map(|&(place, share)| GpuLease { index: self.indices[place], share }).collect();
        for (place, share) in places {
            self.hold(place, share);
        }
        lease
    }

    /// The fullest device with room for a share; the lowest of equals.
    fn best(&self, share: Share) -> Option<usize> {
        let share = u64::from(share.millionths());
        (0..self.count())
            .filter(|&place| self.held[place] + share <= WHOLE)
            .max_by_key(|&place| (self.held[place], std::cmp::Reverse(place)))
    }

    pub(super) fn claim(&mut self, leases: &[GpuLease]) {
        for lease in leases {
            if let Ok(place) = self.indices.binary_search(&lease.index) {
                self.hold(place, lease.share);
            }
        }
    }

    pub(super) fn give(&mut self, leases: &[GpuLease]) {
        for lease in leases {
            if let Ok(place) = self.indices.binary_search(&lease.index) {
                let held = &mut self.held[place];
                *held = held.saturating_sub(u64::from(lease.share.millionths()));
                self.empty += usize::from(*held == 0);
            }
        }
    }

    fn hold(&mut self, place: usize, share: Share) {
        self.empty -= usize::from(self.held[place] == 0);
        self.held[place] += u64::from(share.millionths());
    }

    /// Each device with what is free of it, 0 to 1.
    pub(super) fn free(&self) -> Vec<(u32, f64)> {
        let free = |held: &u64| WHOLE.saturating_sub(*held) as f64 / WHOLE as f64;
        self.indices.iter().copied().zip(self.held.iter().map(free)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(share: f64) -> Gpus {
        Gpus::from_amount(share).unwrap()
    }

    #[test]
    fn shares_lie_on_as_few_devices_as_possible() {
        let mut devices = Devices::new(&[0, 1, 2]);
        let first = devices.take(share(0.5));
        devices.take(share(0.3));
        assert_eq!(devices.take(share(0.4))[0].index, 1);
        assert_eq!(devices.take(share(0.2))[0].index, 0);
        assert_eq!(devices.take(share(1.0))[0].index, 2);
        devices.give(&first);
        assert_eq!(devices.free(), [(0, 0.5), (1, 0.6), (2, 0.0)]);
    }

    #[test]
    fn a_whole_gpu_needs_an_empty_device() {
        let mut devices = Devices::new(&[3, 5]);
        let lease = devices.take(share(0.1));
        assert!(!devices.fits(Gpus::Whole(2)));
        assert_eq!(devices.take(Gpus::Whole(1))[0].index, 5);
        devices.give(&lease);
        assert!(devices.fits(Gpus::Whole(1)));
    }
}
