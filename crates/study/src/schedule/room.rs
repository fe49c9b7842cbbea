//! How many more runs of one kind would fit in what is free.

use super::demand::{Demand, Gpus};
use super::{Free, Schedule};

impl<Id: Clone + Ord> Schedule<Id> {
    /// How many runs of a demand fit in what is free now, each at its least width; who waits is not looked at. 0 for a
    /// demand that never fits.
    pub fn room(&self, demand: &Demand) -> u32 {
        if self.fits(demand).is_err() {
            return 0;
        }
        let free = self.free();
        let runs = u64::from(free.runs.unwrap_or(u32::MAX));
        let cpus = u64::from(free.cpus / demand.cpus.min.max(1));
        let memory = free.memory.and_then(|free| free.checked_div(demand.memory)).unwrap_or(u64::MAX);
        let named = demand.named.iter().filter_map(|(name, want)| free.named.get(name)?.checked_div(*want));
        let all = named.fold(runs.min(cpus).min(memory).min(gpus(&free, demand.gpus)), u64::min);
        u32::try_from(all).unwrap_or(u32::MAX)
    }
}

fn gpus(free: &Free, want: Gpus) -> u64 {
    // Free parts are sums of millionths: what is nearly enough is enough.
    let times = |share: f64| move |(_, free): &(u32, f64)| (free / share + 1e-9) as u64;
    match want {
        Gpus::None | Gpus::Whole(0) => u64::MAX,
        Gpus::Share(share) => free.gpus.iter().map(times(share.as_f64())).sum(),
        Gpus::Whole(count) => free.gpus.iter().map(times(1.0)).sum::<u64>() / u64::from(count),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Capacity, Request};
    use super::*;

    #[test]
    fn room_is_what_could_be_placed_at_once() {
        let capacity = Capacity { gpus: vec![0, 1], memory: Some(10 << 30), ..Capacity::cpus(8) };
        let demands = [
            Demand::cpus(3),
            Demand { gpus: Gpus::from_amount(0.3).unwrap(), ..Demand::cpus(1) },
            Demand { gpus: Gpus::Whole(1), ..Demand::cpus(1) },
            Demand { memory: 3 << 30, ..Demand::cpus(1) },
            Demand { memory: 11 << 30, ..Demand::cpus(1) },
        ];
        for (demand, want) in demands.into_iter().zip([2, 6, 2, 3, 0]) {
            let mut schedule = Schedule::new(capacity.clone());
            assert_eq!(schedule.room(&demand), want, "{demand:?}");
            for id in 0..20 {
                let _ = schedule.wait(id, &Request { demand: demand.clone(), ..Request::default() });
            }
            assert_eq!(schedule.place(0).len(), want as usize);
            assert_eq!(schedule.room(&demand), 0);
        }
    }
}
