//! How much memory a finished trial takes: at most 1 KB with ten parameters, since there may be a million.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

mod common;

use common::*;
use peak_alloc::PeakAlloc;
use ravine_study::*;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

fn trial(number: u64) -> EventBody {
    let mut point = Assignment::new();
    for i in 0..5 {
        point.insert(format!("float{i}"), (number as f64 / 7.0 + f64::from(i)).into());
        point.insert(format!("int{i}"), (number as i64 + i64::from(i)).into());
    }
    point.insert("int4".to_owned(), ["sgd", "adam", "rmsprop"][(number % 3) as usize].into());
    let created = TrialCreated::sampled(TrialId(number), DecisionId(number), point);
    let hash = format!("{number:032x}").parse().ok();
    EventBody::TrialCreated(TrialCreated { hash, ..created })
}

#[test]
fn a_finished_trial_of_ten_parameters_takes_at_most_one_kilobyte() {
    const TRIALS: u64 = 20_000;
    let mut study = Log::minimizing("loss").fold();
    let before = ALLOCATED.current_usage();
    let mut seq = study.seq();
    for number in 0..TRIALS {
        let life =
            [trial(number), run_started(number, 0, 1), run_ended(number, 0, 1, How::Ok), ended(number, 1.0)];
        for body in life {
            seq += 1;
            study.apply(&Event { seq, at: seq, body }).unwrap();
        }
    }
    let per_trial = (ALLOCATED.current_usage() - before) as f64 / TRIALS as f64;
    println!("{per_trial:.0} bytes a finished trial");
    assert!(per_trial <= 1024.0, "{per_trial:.0} bytes");
    let bytes = study.snapshot().unwrap().len() as f64 / TRIALS as f64;
    println!("{bytes:.0} bytes a trial in a snapshot");
    let before = ALLOCATED.current_usage();
    let restored = Study::restore(&study.snapshot().unwrap()).unwrap();
    let per_trial = (ALLOCATED.current_usage() - before) as f64 / TRIALS as f64;
    assert!(restored.len() as u64 == TRIALS && per_trial <= 1024.0, "{per_trial:.0} bytes when restored");
}
