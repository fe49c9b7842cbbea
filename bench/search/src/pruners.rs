//! How long a report takes, in CPU time: learned by a rule and judged by it, the endings of trials included; and a turn of
//! those that promote.

use std::sync::Arc;

use search::{
    Ask, Decision, DecisionId, Duplicates, Observed, Outcome, Proposal, Pruner, PrunerSpec, Question,
    RandomOptions, SamplerSpec, Sense, TrialId, Verdict, build_pruner, build_with,
};
use serde_json::json;
use space::{Space, Stream};

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
        ("wilcoxon", json!({"name": "wilcoxon"})),
        ("asha", json!({"name": "asha"})),
        ("hyperband", json!({"name": "hyperband", "max_resource": 81})),
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
    promoted(10 * trials);
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

/// How long a turn of promotion takes, in CPU time: a trial's end, what follows, and that it follows.
fn promoted(turns: u64) {
    for (label, rule) in [
        ("asha", json!({"name": "asha", "kind": "promotion", "max_resource": 81})),
        ("hyperband", json!({"name": "hyperband", "kind": "promotion", "max_resource": 81})),
        ("pbt", json!({"name": "pbt", "population": 100, "perturbation_interval": 1, "max_resource": turns})),
    ] {
        let spec: PrunerSpec = serde_json::from_value(rule).unwrap_or_else(|error| fail(&error.to_string()));
        let domain = serde_json::from_value(json!({"float": {"low": 0.0, "high": 1.0}}));
        let domain = domain.unwrap_or_else(|_| fail("no domain"));
        let space = Space::from_domains([("x".to_owned(), domain)]).unwrap_or_else(|_| fail("no space"));
        let space = Arc::new(space);
        let random = SamplerSpec::Random(RandomOptions {});
        let made = build_with(&random, Some(&spec), Arc::clone(&space), 1, Duplicates::Repeat);
        let mut sampler = made.unwrap_or_else(|error| fail(&error.to_string()));
        let mut stream = Stream::new(1, 0, 0);
        let (mut trials, mut continued) = (0, 0);
        let start = cpu_nanoseconds();
        for turn in 0..turns {
            let decision = DecisionId(turn);
            let ask = Ask { space: &space, seed: 1, decision, budget: None };
            let Ok(Decision { proposal, memo }) = sampler.propose(&ask) else { fail("no proposal") };
            let (trial, event) = match proposal {
                Proposal::New { point, level, parent } => {
                    let (trial, decision, point) = (TrialId(trials), Some(decision), Arc::new(point));
                    trials += 1;
                    (trial, Observed::Created { trial, decision, point, level, parent, memo })
                }
                Proposal::Continue { trial, level } => {
                    continued += 1;
                    (trial, Observed::Continued { trial, decision, level, memo })
                }
                _ => fail("neither a new trial nor one that goes on"),
            };
            let values = vec![value(&mut stream, trial, turn)];
            let outcome = Outcome::Complete { values, violations: vec![] };
            sampler.learn(&[event, Observed::Ended { trial, outcome }]);
        }
        let per_turn = (cpu_nanoseconds() - start) as f64 / turns as f64 / 1000.0;
        let line = json!({"peer": "ravine", "rule": label, "how": "promotion", "turns": turns,
            "turn_us": (per_turn * 1000.0).round() / 1000.0, "continued": continued});
        println!("{line}");
    }
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
