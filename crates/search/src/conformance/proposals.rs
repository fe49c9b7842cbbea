//! Checks of single proposals: validity, reach, robustness, progress.

use super::Make;
use super::spaces::{counted, ends, finite, infinite, learnable, narrow};
use super::study::{Study, complete};
use space::Scalar;

use crate::{Outcome, RandomOptions, SamplerSpec, TrialId, build};

const TRIALS: usize = 40;

/// How a trial ends, given its value.
type Ending = dyn Fn(TrialId, f64) -> Outcome;

/// Every proposal is in the domains, leaves inactive parameters out, and keeps the space constraints.
pub fn proposals_are_valid(make: Make<'_>) {
    for named in infinite().iter().chain(&finite()) {
        let Some(mut study) = Study::new(make, named, 1) else { continue };
        while study.points.len() < TRIALS && study.step().is_some() {
            let Some(point) = study.points.last() else { continue };
            let valid = study.space.validate(point);
            assert!(valid.is_ok(), "{}: {point:?}: {valid:?}", study.name);
            assert!(study.space.allows(point), "{}: {point:?} breaks a constraint", study.name);
        }
    }
}

/// Ints, steps, points and ordered options are proposed at both ends, exactly, where that is where the objective leads.
pub fn both_ends_are_reached(make: Make<'_>) {
    let named = ends();
    for upwards in [false, true] {
        let Some(mut study) = Study::new(make, &named, 2) else { return };
        while study.points.len() < 200 {
            let Some(trial) = study.start() else { return };
            let height = study.height(trial);
            study.end(trial, complete(if upwards { -height } else { height }));
        }
        for (i, parameter) in named.space.parameters().iter().enumerate().skip(1) {
            let Some(count) = parameter.domain.count() else { continue };
            let end = parameter.domain.nth(&if upwards { count - 1u32 } else { 0u32.into() });
            let reached = study.points.iter().any(|point| point.get(i) == Some(&end));
            assert!(reached, "{} never was {end:?} in {} trials", parameter.path, study.points.len());
        }
    }
}

/// Each value of a small integer is proposed where it is the best one.
pub fn every_small_integer_is_reached(make: Make<'_>) {
    let named = counted();
    for best in 3..=7 {
        let Some(mut study) = Study::new(make, &named, 12) else { return };
        let value = |study: &Study, trial: TrialId| match study.points[trial.0 as usize].get(1) {
            Some(Scalar::Int(k)) => (k - best).abs() as f64 + 0.1 * study.bowl(trial),
            _ => f64::INFINITY,
        };
        let found = (0..40).filter_map(|_| study.step_on(value)).any(|value| value < 1.0);
        assert!(found, "the integer {best} of 3 to 7 was not proposed in 40 trials");
    }
}

/// Where one point in 10,000 keeps the space constraints, trials go on, all of them kept.
pub fn narrow_constraints_are_kept(make: Make<'_>) {
    let named = narrow();
    let Some(mut study) = Study::new(make, &named, 13) else { return };
    for trial in 0..30 {
        if study.step().is_none() {
            return;
        }
        let Some(point) = study.points.last() else { return };
        assert!(study.space.allows(point), "{}: trial {trial} breaks a constraint: {point:?}", named.name);
    }
}

/// Whatever comes back, proposals go on: equal values, failures only, infinities, huge values, an outlier, trials
/// pruned without a value, violated constraints.
pub fn odd_results_do_no_harm(make: Make<'_>) {
    let outcomes: [(&str, &Ending); 9] = [
        ("equal", &|_, _| complete(1.0)),
        ("failed", &|_, _| Outcome::Failed),
        ("mostly failed", &|t, x| if t.0 % 5 == 0 { complete(x) } else { Outcome::Failed }),
        ("+inf", &|_, _| complete(f64::INFINITY)),
        ("-inf now and then", &|t, x| complete(if t.0 % 3 == 0 { f64::NEG_INFINITY } else { x })),
        ("huge", &|t, x| complete(if t.0 % 2 == 0 { 1e300 } else { -1e300 } * x)),
        ("an outlier", &|t, x| complete(if t.0 == 4 { -1e300 } else { x })),
        ("pruned", &|t, x| Outcome::Pruned { step: t.0 % 4, value: (t.0 % 3 == 0).then_some(x) }),
        ("infeasible", &|t, x| Outcome::Complete {
            values: vec![x],
            violations: vec![0.5 - x, t.0 as f64 - 20.0],
        }),
    ];
    for named in infinite().iter().take(4) {
        for (what, outcome) in &outcomes {
            let Some(mut study) = Study::new(make, named, 3) else { continue };
            for _ in 0..25 {
                let Some(trial) = study.start() else { break };
                let Some(point) = study.points.last() else { break };
                assert!(study.space.validate(point).is_ok(), "{}, {what}: {point:?}", study.name);
                let value = study.bowl(trial);
                study.end(trial, outcome(trial, value));
            }
        }
    }
}

/// Over 20 seeds of 60 trials the median of the best values is at most 0.6 of that of random search. For samplers that
/// learn.
pub fn learns_better_than_random(make: Make<'_>) {
    let random = |space| build(&SamplerSpec::Random(RandomOptions {}), space, 1);
    for named in learnable() {
        let median = |make: Make<'_>| {
            let best = |seed| {
                let mut study = Study::new(make, &named, seed)?;
                (0..60).filter_map(|_| study.step_on(Study::valley)).reduce(f64::min)
            };
            let mut bests: Vec<f64> = (0..20).filter_map(best).collect();
            bests.sort_by(f64::total_cmp);
            bests.get(bests.len() / 2).copied()
        };
        let (Some(ours), Some(theirs)) = (median(make), median(&random)) else { continue };
        // Options cost tenths, whose sums are rounded.
        assert!(
            ours <= 0.6 * theirs + 1e-9,
            "{}: {ours} is not well below {theirs} of random search",
            named.name
        );
    }
}
