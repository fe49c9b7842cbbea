//! Whatever is called in whatever order.

use std::collections::BTreeMap;

use proptest::prelude::*;
use ravine_study::schedule::{Capacity, Expected, GpuLease, Lease, Request, Schedule, Share, Unfit};

use crate::{check, fits, request, requests, small};

#[derive(Clone, Debug)]
enum Call {
    Wait(u32, Request),
    Withdraw(u32),
    Place(u64),
    /// The lease that is nth of those held.
    Release(usize),
    Expect(u32, u64),
}

fn calls() -> impl Strategy<Value = Vec<Call>> {
    let call = prop_oneof![
        4 => (0u32..60, requests()).prop_map(|(id, request)| Call::Wait(id, request)),
        1 => (0u32..60).prop_map(Call::Withdraw),
        3 => (0u64..100).prop_map(Call::Place),
        3 => (0usize..12).prop_map(Call::Release),
        1 => (0u32..4, 0u64..100).prop_map(|(kind, run)| Call::Expect(kind, run)),
    ];
    proptest::collection::vec(call, 1..100)
}

/// A schedule with what was asked of it.
struct World {
    schedule: Schedule<u32>,
    asked: BTreeMap<u32, Request>,
    now: u64,
}

impl World {
    fn new() -> Self {
        World { schedule: Schedule::new(small()), asked: BTreeMap::new(), now: 0 }
    }

    /// Makes one call; what was placed.
    fn make(&mut self, call: &Call) -> Vec<(u32, Lease)> {
        match call {
            Call::Wait(id, request) => {
                if self.schedule.lease(id).is_none() {
                    self.asked.insert(*id, request.clone());
                }
                self.schedule.wait(*id, request).unwrap();
            }
            Call::Withdraw(id) => {
                self.schedule.withdraw(id);
            }
            Call::Place(later) => {
                self.now += later;
                return self.schedule.place(self.now);
            }
            Call::Release(nth) => {
                let id = self.schedule.leases().nth(*nth).map(|(id, _)| *id);
                if let Some(id) = id {
                    self.schedule.release(&id);
                }
            }
            Call::Expect(kind, run) => self.schedule.expect(*kind, Expected { run: *run, after: 0 }),
        }
        Vec::new()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 100, ..ProptestConfig::default() })]

    #[test]
    fn no_more_is_leased_than_there_is_and_nothing_twice(calls in calls()) {
        let mut world = World::new();
        for call in &calls {
            world.make(call);
            check(&world.schedule);
        }
    }

    #[test]
    fn a_lease_is_what_was_asked_for(calls in calls()) {
        let mut world = World::new();
        for call in &calls {
            for (id, lease) in world.make(call) {
                let demand = &world.asked[&id].demand;
                prop_assert!((demand.cpus.min..=demand.cpus.max).contains(&lease.cpus()));
                prop_assert_eq!(lease.gpu_amount(), demand.gpus.amount());
                prop_assert_eq!(lease.memory, demand.memory);
                prop_assert_eq!(&lease.named, &demand.named);
                prop_assert!(lease.cores.is_sorted());
                prop_assert_eq!(world.schedule.lease(&id), Some(&lease));
                prop_assert!(!world.schedule.is_waiting(&id));
            }
        }
    }

    #[test]
    fn what_is_released_is_all_that_was_taken(calls in calls()) {
        let mut world = World::new();
        for call in &calls {
            world.make(call);
        }
        let held: Vec<u32> = world.schedule.leases().map(|(id, _)| *id).collect();
        for id in held {
            prop_assert!(world.schedule.release(&id).is_some());
            prop_assert!(world.schedule.release(&id).is_none());
        }
        prop_assert_eq!(world.schedule.free(), Schedule::<u32>::new(small()).free());
    }

    #[test]
    fn nothing_that_fits_is_left_waiting_unless_for_the_reservation(calls in calls()) {
        let mut world = World::new();
        for call in &calls {
            world.make(call);
            let schedule = &world.schedule;
            if matches!(call, Call::Place(_)) && schedule.reserved().is_none() {
                let free = schedule.free();
                for (id, request) in world.asked.iter().filter(|(id, _)| schedule.is_waiting(id)) {
                    prop_assert!(!fits(&free, &request.demand), "{id} fits {free:?}");
                }
            }
        }
    }

    #[test]
    fn the_same_calls_give_the_same_answers(calls in calls()) {
        let (mut first, mut second) = (World::new(), World::new());
        for call in &calls {
            prop_assert_eq!(first.make(call), second.make(call));
        }
    }

    #[test]
    fn adopted_leases_are_held_as_if_given_here(calls in calls()) {
        let mut before = World::new();
        for call in &calls {
            before.make(call);
        }
        let mut after = World::new();
        for (id, lease) in before.schedule.leases() {
            after.schedule.restore(*id, lease.clone());
        }
        prop_assert_eq!(after.schedule.free(), before.schedule.free());
        for id in 100..120 {
            after.make(&Call::Wait(id, request(1, 0, 0)));
        }
        after.make(&Call::Place(0));
        check(&after.schedule);
    }
}

#[test]
fn a_withdrawn_run_never_starts() {
    let mut schedule = Schedule::new(Capacity::cpus(2));
    for id in 0..3 {
        schedule.wait(id, &request(1, 0, id)).unwrap();
    }
    assert!(schedule.withdraw(&0) && !schedule.withdraw(&0) && !schedule.withdraw(&7));
    let started: Vec<u64> = schedule.place(0).into_iter().map(|(id, _)| id).collect();
    assert_eq!(started, [1, 2]);
    assert_eq!(schedule.waiting(), 0);
}

#[test]
fn a_lease_from_a_larger_machine_is_counted_until_it_ends() {
    let mut schedule = Schedule::new(Capacity::cpus(4));
    let lease = Lease {
        cores: vec![2, 3, 8, 9, 10],
        gpus: vec![GpuLease { index: 7, share: Share::WHOLE }],
        ..Lease::default()
    };
    schedule.restore("old", lease.clone());
    schedule.wait("new", &request(1, 0, 0)).unwrap();
    assert!(schedule.place(0).is_empty(), "five of four cpus are held");
    assert_eq!(schedule.release(&"old"), Some(lease));
    assert_eq!(schedule.place(1).len(), 1);
    assert_eq!(schedule.free().cpus, 3);
}

#[test]
fn a_demand_that_never_fits_is_refused_with_the_reason() {
    let mut schedule = Schedule::new(small());
    let mut wide = request(9, 0, 0);
    let error = schedule.wait(1, &wide).unwrap_err();
    assert_eq!(error, Unfit::Cpus { want: 9, have: 8 });
    assert_eq!(error.to_string(), "a run takes 9 cpus, and the executor has 8");
    assert_eq!(schedule.waiting(), 0);
    wide.demand.cpus.min = 1;
    wide.demand.named = BTreeMap::from([("tokens".to_owned(), 1)]);
    let message = schedule.wait(1, &wide).unwrap_err().to_string();
    assert_eq!(message, "a run takes 1 of `tokens`, and the executor has nothing of that name");
}

#[test]
fn after_a_change_of_capacity_leases_stay_and_what_cannot_start_is_named() {
    let mut schedule = Schedule::new(Capacity::cpus(8));
    schedule.wait(0, &request(4, 0, 0)).unwrap();
    schedule.place(0);
    schedule.wait(1, &request(6, 0, 1)).unwrap();
    schedule.wait(2, &request(2, 0, 2)).unwrap();
    let unfit = schedule.resize(Capacity::cpus(5));
    assert_eq!(unfit, [(1, Unfit::Cpus { want: 6, have: 5 })]);
    assert_eq!(schedule.free().cpus, 1);
    assert!(schedule.place(1).is_empty());
    schedule.release(&0);
    assert_eq!(schedule.place(2).len(), 1);
}
