//! Checks of invariant HISTORY: proposals follow from the seed, the decision and what happened, and from nothing else.

use super::Make;
use super::spaces::{Named, few};
use super::study::{Study, complete};
use crate::{Observed, Outcome, TrialId};

/// A study with some trials of every ending, and some running.
pub(crate) fn lived(make: Make<'_>, named: &Named, seed: u64, trials: usize) -> Option<Study> {
    let mut study = Study::new(make, named, seed)?;
    for _ in 0..trials {
        let Some(trial) = study.start() else { break };
        let value = study.bowl(trial);
        match trial.0 % 7 {
            3 => study.end(trial, Outcome::Failed),
            4 => study.end(trial, Outcome::Pruned { step: trial.0 % 5, value: Some(value) }),
            5 => {}
            _ => study.end(trial, complete(value)),
        }
    }
    Some(study)
}

/// The same decision asked for again is the same proposal, in the same sampler and in another one that was told the same.
pub fn asking_twice_gives_the_same(make: Make<'_>) {
    for named in few() {
        let Some(mut study) = lived(make, &named, 7, 30) else { continue };
        let first = study.ask();
        assert_eq!(study.ask(), first, "{}: asked twice", named.name);
        let Some(mut again) = lived(make, &named, 7, 30) else { continue };
        assert_eq!(again.ask(), first, "{}: lived twice", named.name);
    }
}

/// Proposals that nobody acts upon leave no trace.
pub fn a_dropped_ask_changes_nothing(make: Make<'_>) {
    for named in few() {
        let (Some(mut plain), Some(mut asked)) = (lived(make, &named, 8, 0), lived(make, &named, 8, 0))
        else {
            continue;
        };
        for trial in 0..25 {
            (0..trial % 3).for_each(|k| drop(asked.ask_as(1000 + k)));
            plain.step();
            asked.step();
            assert_eq!(plain.points.last(), asked.points.last(), "{}: trial {trial}", named.name);
        }
    }
}

/// A sampler that is told all at once, as after a restart, goes on as one that lived through it.
pub fn learning_in_one_batch_is_learning_one_by_one(make: Make<'_>) {
    for named in few() {
        for trials in [3, 12, 40] {
            let Some(mut live) = lived(make, &named, 9, trials) else { continue };
            let expected = live.ask();
            let Some(mut replayed) = Study::new(make, &named, 9) else { continue };
            replayed.sampler.learn(&live.events);
            assert_eq!(replayed.ask_as(live.points.len() as u64), expected, "{}: replayed", named.name);
            let Some(mut chunked) = Study::new(make, &named, 9) else { continue };
            for chunk in live.events.chunks(7) {
                chunked.sampler.learn(chunk);
                chunked.ask_as(999);
            }
            assert_eq!(chunked.ask_as(live.points.len() as u64), expected, "{}: in chunks", named.name);
        }
    }
}

/// Eight trials at a time, ending in any order, with reports between.
pub fn results_may_be_late_and_out_of_order(make: Make<'_>) {
    for named in few() {
        let Some(mut study) = Study::new(make, &named, 10) else { continue };
        let mut running: Vec<TrialId> = Vec::new();
        for round in 0..40_usize {
            while running.len() < 8 {
                let Some(trial) = study.start() else { break };
                running.push(trial);
            }
            if running.is_empty() {
                break;
            }
            let trial = running.swap_remove((round * 5) % running.len());
            let value = study.bowl(trial);
            let report = Observed::Reported { trial, repetition: 0, step: 1, values: vec![value] };
            study.sampler.learn(&[report]);
            study.end(trial, complete(value));
        }
        let valid = study.points.iter().all(|point| study.space.validate(point).is_ok());
        assert!(valid, "{}: a proposal is not valid", named.name);
        let mut hashes: Vec<_> = study.points.iter().map(|point| study.space.hash(point)).collect();
        hashes.sort();
        hashes.dedup();
        assert_eq!(hashes.len(), study.points.len(), "{}: a running trial was proposed again", named.name);
    }
}
