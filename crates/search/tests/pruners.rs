//! The rules judge as Optuna's do (`oracles/pruners.py` records what they decide), and keep what the conformance suite
//! asks.

#![allow(clippy::unwrap_used, reason = "a test")]

use ravine_search::{
    Observed, Outcome, Pruner, PrunerSpec, Question, Sense, TrialId, Verdict, build_pruner, conformance,
};
use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
struct Case {
    rule: PrunerSpec,
    direction: String,
    events: Vec<Vec<Value>>,
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| value.as_str().unwrap().parse().unwrap())
}

fn ended(event: &[Value]) -> Observed {
    let outcome = match event[2].as_str().unwrap() {
        "complete" => Outcome::Complete { values: vec![0.5], violations: vec![] },
        "pruned" => Outcome::Pruned { step: 0, value: None },
        _ => Outcome::Failed,
    };
    Observed::Ended { trial: TrialId(event[1].as_u64().unwrap()), outcome }
}

/// How many verdicts were compared.
fn agrees(case: &Case) -> usize {
    let sense = if case.direction == "maximize" { Sense::Maximize } else { Sense::Minimize };
    let mut rule = build_pruner(&case.rule, &[sense]).unwrap().unwrap();
    let mut compared = 0;
    for (i, event) in case.events.iter().enumerate() {
        if event[0] != "r" {
            rule.learn(&[ended(event)]);
            continue;
        }
        let reported = number(&event[3]);
        let value = if sense == Sense::Maximize { -reported } else { reported };
        let (trial, step) = (TrialId(event[1].as_u64().unwrap()), event[2].as_u64().unwrap());
        let question = Question { trial, repetition: 0, step, value };
        let acts = rule.acts_on(&question);
        let foreseen = rule.judge(&question);
        rule.learn(&[Observed::Reported { trial, repetition: 0, step, values: vec![value] }]);
        let verdict = rule.judge(&question);
        assert_eq!(verdict, foreseen, "asked before it was learned: event {i} of {:?}", case.rule);
        assert!(acts || verdict == Verdict::Go, "event {i} of {:?} does not matter", case.rule);
        if let Some(expected) = event[4].as_u64() {
            assert_eq!(verdict == Verdict::Prune, expected == 1, "event {i} of {:?}: {event:?}", case.rule);
            compared += 1;
        }
    }
    compared
}

fn agrees_with_optuna(name: &str) {
    let cases: Vec<Case> = serde_json::from_str(include_str!("data/pruners.json")).unwrap();
    let compared: usize = cases.iter().filter(|case| case.rule.name() == name).map(agrees).sum();
    assert!(compared > 5000, "only {compared} verdicts were compared");
}

#[test]
fn median_judges_as_optuna_does() {
    agrees_with_optuna("median");
}

#[test]
fn percentile_judges_as_optuna_does() {
    agrees_with_optuna("percentile");
}

#[test]
fn threshold_judges_as_optuna_does() {
    agrees_with_optuna("threshold");
}

#[test]
fn patience_judges_as_optuna_does() {
    agrees_with_optuna("patience");
}

#[test]
fn asha_judges_as_optunas_successive_halving_does() {
    agrees_with_optuna("asha");
}

#[test]
fn every_rule_conforms() {
    for spec in [
        json!({"name": "median"}),
        json!({"name": "median", "n_startup_trials": 2, "n_warmup_steps": 2, "interval_steps": 3}),
        json!({"name": "percentile", "percentile": 40, "n_startup_trials": 1, "n_min_trials": 3}),
        json!({"name": "threshold", "lower": -0.5, "upper": 1.0}),
        json!({"name": "threshold", "upper": 1.0, "n_warmup_steps": 1, "interval_steps": 4}),
        json!({"name": "patience", "patience": 1}),
        json!({"name": "patience", "patience": 2, "min_delta": 0.1, "rule": {"name": "median"}}),
        json!({"name": "patience", "patience": 1, "rule": {"name": "asha", "reduction_factor": 2}}),
        json!({"name": "asha"}),
        json!({"name": "asha", "max_resource": 9, "reduction_factor": 2, "bootstrap_count": 2}),
    ] {
        let spec: PrunerSpec = serde_json::from_value(spec).unwrap();
        conformance::check_pruner(&|| build_pruner(&spec, &[Sense::Minimize]).unwrap().unwrap());
    }
}

fn rule(spec: Value) -> Box<dyn Pruner> {
    build_pruner(&serde_json::from_value(spec).unwrap(), &[Sense::Minimize]).unwrap().unwrap()
}

fn reports(rule: &mut dyn Pruner, trial: u64, repetition: u32, values: &[f64]) -> Vec<Verdict> {
    let judged = |(step, value): (usize, &f64)| {
        let (trial, step) = (TrialId(trial), step as u64);
        rule.learn(&[Observed::Reported { trial, repetition, step, values: vec![*value] }]);
        rule.judge(&Question { trial, repetition, step, value: *value })
    };
    values.iter().enumerate().map(judged).collect()
}

fn complete(rule: &mut dyn Pruner, trial: u64) {
    let outcome = Outcome::Complete { values: vec![0.0], violations: vec![] };
    rule.learn(&[Observed::Ended { trial: TrialId(trial), outcome }]);
}

#[test]
fn repetitions_are_compared_with_the_same_ones_of_others() {
    use Verdict::{Go, Prune};
    let mut median = rule(json!({"name": "median", "n_startup_trials": 1}));
    reports(&mut *median, 0, 0, &[1.0]);
    reports(&mut *median, 0, 1, &[100.0]);
    complete(&mut *median, 0);
    assert_eq!(reports(&mut *median, 1, 0, &[50.0]), [Prune]);
    assert_eq!(reports(&mut *median, 1, 1, &[50.0]), [Go]);
    assert_eq!(reports(&mut *median, 1, 2, &[50.0]), [Go], "nobody had this repetition");
}

#[test]
fn an_infinite_neighbour_does_not_make_the_median_blind() {
    use Verdict::{Go, Prune};
    let mut median = rule(json!({"name": "median", "n_startup_trials": 3}));
    for (trial, value) in [1.0, 2.0, f64::INFINITY].into_iter().enumerate() {
        reports(&mut *median, trial as u64, 0, &[value]);
        complete(&mut *median, trial as u64);
    }
    assert_eq!(reports(&mut *median, 7, 0, &[2.5]), [Prune]);
    assert_eq!(reports(&mut *median, 8, 0, &[2.0]), [Go]);
}

#[test]
fn asha_stops_nobody_at_the_top() {
    let mut asha = rule(json!({"name": "asha", "max_resource": 9}));
    for trial in 0..30 {
        let verdicts = reports(&mut *asha, trial, 0, &[1.0 + trial as f64; 12]);
        let stopped: Vec<usize> = (0..12).filter(|step| verdicts[*step] == Verdict::Prune).collect();
        // The first came alone to each rung; the others go on reporting, which counts at each rung, but not at 9.
        assert_eq!(stopped, if trial == 0 { vec![] } else { vec![1, 3] });
    }
}
