//! Checks of samplers for several objectives, which are made for two here.

use super::Make;
use super::spaces::{Named, few, learnable};
use super::study::Study;
use crate::pareto::hypervolume;
use crate::{Nsga2Options, Outcome, RandomOptions, SamplerSpec, TrialId, build};

/// All that holds for every sampler of two objectives. [`covers_more_than_random`] is apart: it holds for those that learn.
pub fn check_several(make: Make<'_>) {
    odd_values_do_no_harm(make);
    telling_all_at_once_gives_the_same(make);
    units_of_objectives_do_not_matter(make);
}

/// Two bowls, the second one about another centre.
fn values(study: &Study, trial: TrialId) -> Vec<f64> {
    vec![study.bowl(trial), study.valley(trial)]
}

fn feasible(values: Vec<f64>) -> Outcome {
    Outcome::Complete { values, violations: vec![] }
}

/// Proposals stay valid whatever comes back: one value for all, objectives that say nothing, infinities, failures, trials
/// that break constraints.
pub fn odd_values_do_no_harm(make: Make<'_>) {
    type Ending = dyn Fn(TrialId, Vec<f64>) -> Outcome;
    let outcomes: [(&str, &Ending); 8] = [
        ("all equal", &|_, _| feasible(vec![1.0, 1.0])),
        ("one objective equal", &|_, v| feasible(vec![v[0], 3.0])),
        ("the same objective twice", &|_, v| feasible(vec![v[0], v[0]])),
        ("+inf", &|_, _| feasible(vec![f64::INFINITY; 2])),
        ("one infinite now and then", &|t, v| {
            feasible(if t.0 % 3 == 0 { vec![f64::NEG_INFINITY, f64::INFINITY] } else { v })
        }),
        ("huge", &|t, v| feasible(if t.0 % 2 == 0 { vec![1e300, v[1]] } else { vec![v[0], -1e300] })),
        ("mostly failed", &|t, v| if t.0 % 5 == 0 { feasible(v) } else { Outcome::Failed }),
        ("infeasible", &|t, v| Outcome::Complete {
            values: v,
            violations: vec![20.0 - t.0 as f64, f64::NAN],
        }),
    ];
    for named in few() {
        for (what, outcome) in &outcomes {
            let Some(mut study) = Study::new(make, &named, 21) else { continue };
            for _ in 0..30 {
                let Some(trial) = study.start() else { break };
                let Some(point) = study.points.last() else { break };
                assert!(study.space.validate(point).is_ok(), "{}, {what}: {point:?}", study.name);
                let values = values(&study, trial);
                study.end(trial, outcome(trial, values));
            }
        }
    }
}

/// A sampler that is told all at once, as after a restart, goes on as one that lived through it, trials that ended out of
/// order and broken constraints among it.
pub fn telling_all_at_once_gives_the_same(make: Make<'_>) {
    for named in few() {
        for rounds in [5, 20, 60] {
            let Some(mut live) = Study::new(make, &named, 22) else { continue };
            let mut running = Vec::new();
            for round in 0..rounds {
                running.extend(live.start());
                if running.len() > 4 {
                    let trial = running.swap_remove(round % 4);
                    let values = values(&live, trial);
                    let violations = vec![values[0] - 0.3];
                    live.end(trial, Outcome::Complete { values, violations });
                }
            }
            let expected = live.ask();
            let Some(mut replayed) = Study::new(make, &named, 22) else { continue };
            replayed.sampler.learn(&live.events);
            assert_eq!(replayed.ask_as(live.points.len() as u64), expected, "{}: {rounds}", named.name);
        }
    }
}

/// Objectives in other units, a power of two apart each, are searched as they are.
pub fn units_of_objectives_do_not_matter(make: Make<'_>) {
    for named in few() {
        let (Some(mut plain), Some(mut scaled)) =
            (Study::new(make, &named, 23), Study::new(make, &named, 23))
        else {
            continue;
        };
        for _ in 0..40 {
            let (Some(a), Some(b)) = (plain.start(), scaled.start()) else { break };
            assert_eq!(plain.points.last(), scaled.points.last(), "{}: {a:?}", named.name);
            let values = values(&plain, a);
            scaled.end(b, feasible(vec![4.0 * values[0], 0.5 * values[1]]));
            plain.end(a, feasible(values));
        }
    }
}

/// Over 11 seeds of 80 trials, of what random search leaves uncovered in the median a sampler leaves 0.8 at most; all that
/// there is to cover is what `nsga2` finds in 8,000 trials. For samplers that learn.
pub fn covers_more_than_random(make: Make<'_>) {
    let random = |space| build(&SamplerSpec::Random(RandomOptions {}), space, 2);
    let thorough = Nsga2Options { population: 200, ..Nsga2Options::default() };
    let thorough = |space| build(&SamplerSpec::Nsga2(thorough.clone()), space, 2);
    // Of options alone the two objectives say the same, so that all points are on the front.
    for named in learnable().into_iter().filter(|named| named.name != "options") {
        let covered = |make: Make<'_>| {
            let mut covered: Vec<f64> = (0..11).filter_map(|seed| volume(make, &named, seed, 80)).collect();
            covered.sort_by(f64::total_cmp);
            covered.get(5).copied()
        };
        let (Some(own), Some(random), Some(all)) =
            (covered(make), covered(&random), volume(&thorough, &named, 1, 8_000))
        else {
            continue;
        };
        let name = named.name;
        assert!(all - own <= 0.8 * (all - random), "{name}: {own} of {all}, random search covers {random}");
    }
}

fn volume(make: Make<'_>, named: &Named, seed: u64, trials: usize) -> Option<f64> {
    let mut study = Study::new(make, named, seed)?;
    let mut found = Vec::new();
    for _ in 0..trials {
        let trial = study.start()?;
        // A bowl against how far one is from its other side.
        let values = vec![study.valley(trial), study.mirrored(trial)];
        found.push(values.clone());
        study.end(trial, feasible(values));
    }
    Some(hypervolume(&found, &[1.0, 1.0]))
}
