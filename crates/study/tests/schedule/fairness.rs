//! Nobody waits for ever, whoever comes later, and whatever is expected.

use proptest::prelude::*;
use ravine_study::schedule::{Capacity, Demand, Expected, Gpus, Request, Schedule};

use crate::{request, requests, small};

/// Who presses: what they ask for, and what is expected of their times.
#[derive(Clone, Debug)]
struct Stream {
    request: Request,
    expected: Option<u64>,
    /// How far the clock goes on at each ending; 0 is a clock that stands.
    tick: u64,
}

/// Lets `patient` wait on a busy machine while others keep coming, more than can run; how many of them
/// started before it did.
fn overtakers(capacity: Capacity, patient: &Request, stream: &Stream, pick: &[usize]) -> usize {
    let mut schedule: Schedule<u64> = Schedule::new(capacity);
    if let Some(run) = stream.expected {
        schedule.expect(stream.request.kind, Expected { run, after: 0 });
    }
    let (mut next, mut now, mut started) = (1, 0, 0);
    for turn in 0..10_000 {
        while schedule.waiting() < 10 {
            let mut request = stream.request.clone();
            request.priority.order = next;
            schedule.wait(next, &request).unwrap();
            next += 1;
        }
        if turn == 1 {
            schedule.wait(0, patient).unwrap();
        }
        let placed = schedule.place(now);
        if placed.iter().any(|(id, _)| *id == 0) {
            return started;
        }
        started += if turn > 0 { placed.len() } else { 0 };
        let running: Vec<u64> = schedule.leases().map(|(id, _)| *id).collect();
        schedule.release(&running[pick[turn % pick.len()] % running.len()]);
        now += stream.tick;
    }
    panic!("it starved");
}

fn streams() -> impl Strategy<Value = Stream> {
    (1u32..=3, 0u32..3, prop_oneof![Just(None), (0u64..5_000).prop_map(Some)], 0u64..100)
        .prop_map(|(cpus, class, expected, tick)| Stream { request: request(cpus, class, 0), expected, tick })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn a_wide_run_starts_under_a_stream_of_narrow_ones(
        stream in streams(),
        width in 4u32..=8,
        pick in proptest::collection::vec(0usize..8, 1..20),
    ) {
        // Eight times all there is until it is due, as much again on the strength of expected times, ten that came
        // before it, and what starts in the decision that goes past either bound.
        let bound = 10 + (8 + 1 + 8 + 1) * 8 / stream.request.demand.cpus.min as usize;
        let started = overtakers(Capacity::cpus(8), &request(width, 1, 0), &stream, &pick);
        prop_assert!(started <= bound, "{started} of at most {bound} started before it");
    }

    #[test]
    fn a_narrow_run_starts_under_a_stream_of_wide_ones(
        mut stream in streams(),
        pick in proptest::collection::vec(0usize..8, 1..20),
    ) {
        stream.request.demand.cpus.min += 3;
        stream.request.demand.cpus.max += 3;
        let capacity = Capacity::cpus(2 * stream.request.demand.cpus.min);
        overtakers(capacity, &request(1, 3, 0), &stream, &pick);
    }

    #[test]
    fn a_run_of_the_last_class_starts_though_the_first_never_ends(
        pick in proptest::collection::vec(0usize..8, 1..20),
        width in 1u32..=8,
    ) {
        let stream = Stream { request: request(width, 0, 0), expected: None, tick: 1 };
        overtakers(Capacity::cpus(8), &request(width, 9, 0), &stream, &pick);
    }

    #[test]
    fn every_run_that_waits_is_started_once_however_demands_mix(
        requests in proptest::collection::vec(requests(), 1..200),
        expected in proptest::collection::vec(0u64..1000, 4),
        pick in proptest::collection::vec(0usize..12, 1..20),
    ) {
        let mut schedule: Schedule<usize> = Schedule::new(small());
        for (kind, run) in expected.iter().enumerate().filter(|(_, run)| **run > 200) {
            schedule.expect(kind as u32, Expected { run: *run, after: 0 });
        }
        let mut started = vec![0; requests.len()];
        let mut coming = requests.iter().enumerate();
        for turn in 0.. {
            for (id, request) in coming.by_ref().take(3) {
                schedule.wait(id, request).unwrap();
            }
            for (id, _) in schedule.place(turn as u64 * 10) {
                started[id] += 1;
            }
            let running: Vec<usize> = schedule.leases().map(|(id, _)| *id).collect();
            if running.is_empty() {
                break;
            }
            schedule.release(&running[pick[turn % pick.len()] % running.len()]);
        }
        prop_assert_eq!(started, vec![1; requests.len()]);
    }
}

/// An eight-core machine full of one-core runs of kind 1, and run 0 that waits for all eight and is due.
fn due(expected: &[(u32, u64)]) -> Schedule<u64> {
    let mut schedule = Schedule::new(Capacity::cpus(8));
    for &(kind, run) in expected {
        schedule.expect(kind, Expected { run, after: 0 });
    }
    let narrow = Request { kind: 1, ..request(1, 0, 0) };
    for id in 1..=8 {
        schedule.wait(id, &narrow).unwrap();
    }
    schedule.place(0);
    schedule.wait(0, &request(8, 0, 0)).unwrap();
    for id in 9..1000 {
        schedule.release(&(id - 8));
        if schedule.place(0).is_empty() && schedule.reserved().is_some() {
            break;
        }
        schedule.wait(id, &narrow).unwrap();
        schedule.place(0);
    }
    assert_eq!(schedule.reserved(), Some(&0));
    schedule
}

/// Which of two one-core runs, of kind 2 and of kind 3, start beside the reservation.
fn beside(schedule: &mut Schedule<u64>, now: u64) -> Vec<u64> {
    for kind in [2, 3] {
        schedule.wait(10_000 + u64::from(kind), &Request { kind, ..request(1, 0, 0) }).unwrap();
    }
    schedule.place(now).into_iter().map(|(id, _)| id - 10_000).collect()
}

#[test]
fn with_no_expected_times_nothing_that_the_reservation_lacks_is_given_away() {
    assert!(beside(&mut due(&[]), 0).is_empty());
}

#[test]
fn what_is_expected_to_end_in_time_starts_beside_the_reservation() {
    let times = [(1, 1000), (2, 100), (3, 5000)];
    assert_eq!(beside(&mut due(&times), 0), [2]);
    assert!(beside(&mut due(&times), 950).is_empty(), "100 would end after 1000");
    assert!(beside(&mut due(&times), 2000).is_empty(), "the others are late: nothing is known any more");
}

#[test]
fn what_the_reservation_does_not_need_is_free_to_take() {
    let mut schedule: Schedule<u64> = Schedule::new(Capacity { gpus: vec![0], ..Capacity::cpus(8) });
    let gpu = |gpus: f64, cpus| {
        let gpus = Gpus::from_amount(gpus).unwrap();
        Request { demand: Demand { gpus, ..Demand::cpus(cpus) }, ..Request::default() }
    };
    schedule.wait(1, &gpu(0.25, 1)).unwrap();
    schedule.place(0);
    schedule.wait(0, &gpu(1.0, 2)).unwrap();
    let mut last = 1;
    while schedule.reserved().is_none() {
        schedule.wait(last + 1, &gpu(0.25, 1)).unwrap();
        if !schedule.place(0).is_empty() {
            schedule.release(&last);
            last += 1;
        }
    }
    for id in 20_000..20_010 {
        schedule.wait(id, &request(1, 0, id)).unwrap();
    }
    assert_eq!(schedule.place(0).len(), 5, "eight cores, one is held and two will be needed");
    schedule.release(&last);
    assert_eq!(schedule.place(0)[0].0, 0);
}

#[test]
fn a_withdrawn_reservation_blocks_nobody() {
    let mut schedule = due(&[]);
    schedule.withdraw(&0);
    assert_eq!(schedule.reserved(), None);
    assert_eq!(beside(&mut schedule, 0), [2]);
}
