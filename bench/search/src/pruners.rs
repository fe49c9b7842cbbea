//! How long a report takes, in CPU time: learned by a rule and judged by it, the endings of trials included.

use search::{Observed, Outcome, Pruner, PrunerSpec, Question, Sense, TrialId, Verdict, build_pruner};
use serde_json::json;
use space::Stream;

use crate::problems::fail;
use crate::speed::cpu_nanoseconds;

/// So many trials run at a time.
const SLOTS: usize = 8;

pub(crate) fn run(trials: u64, steps: u64) {
    for (label, rule) in [
        ("median", json!({"name": "median"})),
        ("percentile", json!({"name": "percentile"})),
        ("threshold", json!({"name": "threshold", "upper": 9.0})),
        ("patience", json!({"name": "patience", "patience": 10, "rule": {"name": "median"}})),
        ("asha", json!({"name": "asha"})),
    ] {
        let spec: PrunerSpec = serde_json::from_value(rule).unwrap_or_else(|error| fail(&error.to_string()));
        let make = || match build_pruner(&spec, &[Sense::Minimize]) {
            Ok(Some(rule)) => rule,
            _ => fail("not a rule that stops trials"),
        };
        // Trials that are told to stop go on all the same, so that each rule has the same work.
        for (how, lagged) in [("at once", false), ("lagged", true)] {
            let start = cpu_nanoseconds();
            let (reports, stops) =
                if lagged { forked(make(), trials, steps) } else { shared(make(), trials, steps) };
            let per_report = (cpu_nanoseconds() - start) as f64 / reports as f64 / 1000.0;
            let line = json!({"peer": "ravine", "rule": label, "how": how, "trials": trials, "steps": steps,
                "report_us": (per_report * 1000.0).round() / 1000.0, "stops": stops});
            println!("{line}");
        }
    }
}

fn value(stream: &mut Stream, trial: TrialId, step: u64) -> f64 {
    let level = (trial.0.wrapping_mul(7919) % 1009) as f64 / 1009.0;
    level + 1.0 / (step + 1) as f64 + 0.05 * stream.uniform()
}

fn reported(question: &Question) -> Observed {
    let Question { trial, repetition, step, value } = *question;
    Observed::Reported { trial, repetition, step, values: vec![value] }
}

fn ended(trial: TrialId) -> Observed {
    Observed::Ended { trial, outcome: Outcome::Complete { values: vec![0.0], violations: vec![] } }
}

/// One rule for all trials, which learns of each report at once.
fn shared(mut rule: Box<dyn Pruner>, trials: u64, steps: u64) -> (u64, u64) {
    let mut stream = Stream::new(1, 0, 0);
    let (mut reports, mut stops) = (0, 0);
    for block in (0..trials).step_by(SLOTS) {
        for step in 0..steps {
            for trial in (block..trials.min(block + SLOTS as u64)).map(TrialId) {
                let value = value(&mut stream, trial, step);
                let question = Question { trial, repetition: 0, step, value };
                reports += 1;
                if rule.acts_on(&question) {
                    rule.learn(&[reported(&question)]);
                    stops += u64::from(rule.judge(&question) == Verdict::Prune);
                }
            }
        }
        (block..trials.min(block + SLOTS as u64)).for_each(|trial| rule.learn(&[ended(TrialId(trial))]));
    }
    (reports, stops)
}

/// A fork for each trial, as invariant LAG needs it; what it reported is learned by the others when it has ended.
fn forked(mut rule: Box<dyn Pruner>, trials: u64, steps: u64) -> (u64, u64) {
    let mut stream = Stream::new(1, 0, 0);
    let (mut reports, mut stops) = (0, 0);
    for block in (0..trials).step_by(SLOTS) {
        let trials: Vec<TrialId> = (block..trials.min(block + SLOTS as u64)).map(TrialId).collect();
        let mut own: Vec<_> = trials.iter().map(|trial| (*trial, rule.fork(), Vec::new())).collect();
        for step in 0..steps {
            for (trial, rule, kept) in &mut own {
                let value = value(&mut stream, *trial, step);
                let question = Question { trial: *trial, repetition: 0, step, value };
                reports += 1;
                if rule.acts_on(&question) {
                    let report = reported(&question);
                    rule.learn(std::slice::from_ref(&report));
                    stops += u64::from(rule.judge(&question) == Verdict::Prune);
                    kept.push(report);
                }
            }
        }
        for (trial, _, mut kept) in own {
            kept.push(ended(trial));
            rule.learn(&kept);
        }
    }
    (reports, stops)
}
