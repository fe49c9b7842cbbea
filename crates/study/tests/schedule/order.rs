//! Who comes first, and how wide.

use std::collections::BTreeMap;

use ravine_study::schedule::{Capacity, Cpus, Demand, Gpus, Priority, Request, Schedule};

use crate::request;

fn started(schedule: &mut Schedule<u64>, now: u64) -> Vec<u64> {
    schedule.place(now).into_iter().map(|(id, _)| id).collect()
}

fn malleable(min: u32, max: u32) -> Request {
    let demand = Demand { cpus: Cpus::between(min, max), ..Demand::default() };
    Request { demand, ..Request::default() }
}

#[test]
fn tuning_comes_before_trials_then_the_widest_then_the_lowest_number() {
    let mut schedule = Schedule::new(Capacity::cpus(8));
    for (id, (cpus, class)) in [(1, 1), (8, 1), (1, 0), (4, 0), (1, 1), (1, 1)].into_iter().enumerate() {
        schedule.wait(id as u64, &request(cpus, class, id as u64)).unwrap();
    }
    assert_eq!(started(&mut schedule, 0), [3, 2, 0, 4, 5]);
}

#[test]
fn groups_of_equal_width_take_turns_by_number() {
    let mut schedule = Schedule::new(Capacity::cpus(3));
    for order in 0..6 {
        let request = Request { kind: order % 2, ..request(1, 0, order.into()) };
        schedule.wait(order.into(), &request).unwrap();
    }
    assert_eq!(started(&mut schedule, 0), [0, 1, 2]);
}

#[test]
fn a_run_that_lacks_a_gpu_lets_others_pass() {
    let mut schedule = Schedule::new(Capacity { gpus: vec![0], ..Capacity::cpus(4) });
    let gpu = |order| {
        let demand = Demand { gpus: Gpus::Whole(1), ..Demand::cpus(1) };
        Request { demand, priority: Priority { class: 0, order }, kind: 0 }
    };
    schedule.wait(0, &gpu(0)).unwrap();
    schedule.wait(1, &gpu(1)).unwrap();
    schedule.wait(2, &request(1, 5, 2)).unwrap();
    assert_eq!(started(&mut schedule, 0), [0, 2]);
}

#[test]
fn named_resources_and_the_number_of_runs_bound_what_starts() {
    let licences = || BTreeMap::from([("licences".to_owned(), 2)]);
    let mut schedule = Schedule::new(Capacity { named: licences(), runs: Some(2), ..Capacity::cpus(9) });
    let demand = Demand { named: licences(), ..Demand::cpus(1) };
    for id in 0..2 {
        schedule.wait(id, &Request { demand: demand.clone(), ..Request::default() }).unwrap();
    }
    for id in 2..5 {
        schedule.wait(id, &request(1, 1, id)).unwrap();
    }
    assert_eq!(started(&mut schedule, 0), [0, 2]);
    schedule.release(&0);
    assert_eq!(started(&mut schedule, 1), [1]);
}

#[test]
fn a_malleable_run_takes_what_nobody_waits_for() {
    let mut schedule = Schedule::new(Capacity::cpus(10));
    schedule.wait(0, &malleable(1, 4)).unwrap();
    schedule.wait(1, &malleable(2, 16)).unwrap();
    let widths: BTreeMap<u64, u32> =
        schedule.place(0).into_iter().map(|(id, lease)| (id, lease.cpus())).collect();
    assert_eq!(widths, BTreeMap::from([(0, 4), (1, 6)]));
}

#[test]
fn a_malleable_run_stays_narrow_while_others_wait_for_cores() {
    let mut schedule = Schedule::new(Capacity::cpus(4));
    schedule.wait(0, &malleable(1, 4)).unwrap();
    schedule.place(0);
    schedule.wait(1, &malleable(1, 4)).unwrap();
    schedule.wait(2, &request(4, 1, 1)).unwrap();
    schedule.release(&0);
    let placed = schedule.place(1);
    assert_eq!((placed[0].0, placed[0].1.cpus()), (1, 1));
}

#[test]
fn runs_that_wait_for_gpus_do_not_keep_malleable_ones_narrow() {
    let mut schedule = Schedule::new(Capacity { gpus: vec![0, 1], ..Capacity::cpus(8) });
    for id in 0..20u64 {
        let demand = Demand { cpus: Cpus::between(1, 8), gpus: Gpus::Whole(1), ..Demand::default() };
        schedule.wait(id, &Request { demand, ..Request::default() }).unwrap();
    }
    let widths: Vec<u32> = schedule.place(0).iter().map(|(_, lease)| lease.cpus()).collect();
    assert_eq!(widths, [4, 4]);
}
