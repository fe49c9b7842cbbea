//! What the schedule promises: never more than there is, everything given back, nobody starves.
#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests")]

mod fairness;
mod order;
mod safety;

use std::collections::BTreeMap;

use proptest::prelude::*;
use ravine_study::schedule::{Capacity, Cpus, Demand, Free, Gpus, Lease, Priority, Request, Schedule, Share};

const GIB: u64 = 1 << 30;

/// A request for a number of cpus in a class.
fn request(cpus: u32, class: u32, order: u64) -> Request {
    Request { demand: Demand::cpus(cpus), priority: Priority { class, order }, kind: 0 }
}

fn small() -> Capacity {
    Capacity {
        gpus: vec![0, 2, 3],
        memory: Some(16 * GIB),
        named: BTreeMap::from([("licences".to_owned(), 2)]),
        runs: Some(12),
        ..Capacity::cpus(8)
    }
}

/// Any demand that `small` can meet.
fn demands() -> impl Strategy<Value = Demand> {
    let gpus = prop_oneof![
        4 => Just(Gpus::None),
        2 => (1u32..=99).prop_map(|share| Gpus::Share(Share::new(f64::from(share) / 100.0).unwrap())),
        1 => (1u32..=3).prop_map(Gpus::Whole),
    ];
    (1u32..=8, 0u32..=4, gpus, 0u64..=16, 0u64..=2).prop_map(|(min, more, gpus, gib, licences)| Demand {
        cpus: Cpus::between(min, min + more),
        gpus,
        memory: gib * GIB,
        named: if licences > 0 {
            BTreeMap::from([("licences".to_owned(), licences)])
        } else {
            BTreeMap::new()
        },
    })
}

fn requests() -> impl Strategy<Value = Request> {
    (demands(), 0u32..3, 0u64..50, 0u32..4).prop_map(|(demand, class, order, kind)| Request {
        demand,
        priority: Priority { class, order },
        kind,
    })
}

/// Panics where more is leased than there is, or anything twice.
fn check<Id: Clone + Ord>(schedule: &Schedule<Id>) {
    let capacity = schedule.capacity();
    let leases: Vec<&Lease> = schedule.leases().map(|(_, lease)| lease).collect();
    let mut cores: Vec<u32> = leases.iter().flat_map(|lease| lease.cores.clone()).collect();
    let count = cores.len();
    cores.sort_unstable();
    cores.dedup();
    assert_eq!(cores.len(), count, "a core is leased twice");
    assert!(cores.iter().all(|core| capacity.cores.contains(core)));
    for device in &capacity.gpus {
        let shares: Vec<Share> = leases
            .iter()
            .flat_map(|lease| &lease.gpus)
            .filter(|gpu| gpu.index == *device)
            .map(|gpu| gpu.share)
            .collect();
        assert!(shares.iter().map(|share| share.millionths()).sum::<u32>() <= 1_000_000);
    }
    assert!(leases.iter().flat_map(|lease| &lease.gpus).all(|gpu| capacity.gpus.contains(&gpu.index)));
    if let Some(memory) = capacity.memory {
        assert!(leases.iter().map(|lease| lease.memory).sum::<u64>() <= memory);
    }
    for (name, have) in &capacity.named {
        assert!(leases.iter().filter_map(|lease| lease.named.get(name)).sum::<u64>() <= *have);
    }
    assert!(capacity.runs.is_none_or(|runs| leases.len() <= runs as usize));
    assert_eq!(schedule.free().cpus as usize, capacity.cores.len() - count);
}

/// Whether a demand fits what is free, counted from outside.
fn fits(free: &Free, demand: &Demand) -> bool {
    let gpus = match demand.gpus {
        Gpus::None => true,
        Gpus::Share(share) => free.gpus.iter().any(|(_, part)| *part + 1e-9 >= share.as_f64()),
        Gpus::Whole(count) => {
            free.gpus.iter().filter(|(_, part)| *part + 1e-9 >= 1.0).count() >= count as usize
        }
    };
    gpus && free.cpus >= demand.cpus.min
        && free.memory.is_none_or(|memory| memory >= demand.memory)
        && free.runs.is_none_or(|runs| runs > 0)
        && demand.named.iter().all(|(name, amount)| free.named[name] >= *amount)
}
