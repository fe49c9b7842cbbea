//! The rules judge as Optuna's do (`oracles/pruners.py` records what they decide), and keep what the conformance suite
//! asks.

#![allow(clippy::unwrap_used, reason = "a test")]

use ravine_search::{
    Brackets, Observed, Outcome, Pruner, PrunerSpec, Question, Sense, TrialId, Verdict, build_pruner,
    conformance,
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

fn ended(event: &[Value], sense: Sense) -> Observed {
    let outcome = match event[2].as_str().unwrap() {
        "complete" => {
            let value = event.get(3).map_or(0.5, number);
            let value = if sense == Sense::Maximize { -value } else { value };
            Outcome::Complete { values: vec![value], violations: vec![] }
        }
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
            rule.learn(&[ended(event, sense)]);
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
    assert!(compared > 4000, "only {compared} verdicts were compared");
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
fn wilcoxon_judges_as_optuna_does() {
    agrees_with_optuna("wilcoxon");
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
        json!({"name": "wilcoxon", "p_threshold": 0.3}),
        json!({"name": "wilcoxon", "n_startup_steps": 5, "over": "repetitions"}),
        json!({"name": "patience", "patience": 1, "rule": {"name": "wilcoxon"}}),
        json!({"name": "asha"}),
        json!({"name": "asha", "max_resource": 9, "reduction_factor": 2, "bootstrap_count": 2}),
        json!({"name": "hyperband", "max_resource": 9}),
        json!({"name": "bohb", "max_resource": 12, "reduction_factor": 2}),
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
    ended_with(rule, trial, 0.0);
}

fn ended_with(rule: &mut dyn Pruner, trial: u64, value: f64) {
    let outcome = Outcome::Complete { values: vec![value], violations: vec![] };
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

#[test]
fn in_each_bracket_of_hyperband_trials_are_judged_as_by_asha_among_themselves() {
    let mut hyperband = rule(json!({"name": "hyperband", "max_resource": 9}));
    let brackets = Brackets::new(1, 9, 3);
    let mut alone: Vec<Box<dyn Pruner>> = brackets
        .iter()
        .map(|bracket| {
            rule_or_none(bracket.levels[0].0)
                .unwrap_or_else(|| rule(json!({"name": "threshold", "upper": 1e9})))
        })
        .collect();
    for trial in 0..200 {
        let values: Vec<f64> = (0..12).map(|step| f64::from((trial as u32 * 7919 + step) % 101)).collect();
        let expected = reports(&mut *alone[brackets.of(trial)], trial, 0, &values);
        assert_eq!(reports(&mut *hyperband, trial, 0, &values), expected, "trial {trial}");
    }
}

/// Asha from this level to 9; `None` where it has no rung.
fn rule_or_none(first: u64) -> Option<Box<dyn Pruner>> {
    (first < 9).then(|| rule(json!({"name": "asha", "min_resource": first, "max_resource": 9})))
}

fn repetition(rule: &mut dyn Pruner, trial: u64, values: &[f64], value: f64) {
    let trial = TrialId(trial);
    for (repetition, value) in (0..).zip(values) {
        rule.learn(&[Observed::Repetition { trial, repetition, values: vec![*value] }]);
    }
    rule.learn(&[Observed::Ended {
        trial,
        outcome: Outcome::Complete { values: vec![value], violations: vec![] },
    }]);
}

#[test]
fn wilcoxon_over_repetitions_stops_a_trial_that_is_worse_on_each_of_them() {
    use Verdict::{Go, Prune};
    let mut wilcoxon = rule(json!({"name": "wilcoxon", "over": "repetitions"}));
    assert_eq!(wilcoxon.judge_repetitions(&[9.0; 5]), Go, "nobody to compare with");
    repetition(&mut *wilcoxon, 0, &[1.0, 2.0, 3.0, 4.0, 5.0], 3.0);
    repetition(&mut *wilcoxon, 1, &[9.0; 5], 9.0);
    assert_eq!(wilcoxon.judge_repetitions(&[1.5, 2.4, 3.3]), Go, "p = 1/8");
    assert_eq!(wilcoxon.judge_repetitions(&[1.5, 2.4, 3.3, 4.2]), Prune, "p = 1/16");
    assert_eq!(wilcoxon.judge_repetitions(&[1.5, 2.4, 3.3, 3.1]), Go);
    assert_eq!(wilcoxon.judge_repetitions(&[1.5, 2.4, 3.3, f64::INFINITY]), Go);
    let mut fork = wilcoxon.fork();
    repetition(&mut *fork, 2, &[9.0, 9.0, 9.0, 9.0, -99.0], -12.6);
    assert_eq!(fork.judge_repetitions(&[1.5, 2.4, 3.3, 4.2]), Go);
    assert_eq!(wilcoxon.judge_repetitions(&[1.5, 2.4, 3.3, 4.2]), Prune);
}

#[test]
fn wilcoxon_compares_all_of_a_running_trial_with_a_best_one_that_ended_meanwhile() {
    use Verdict::{Go, Prune};
    let mut wilcoxon = rule(json!({"name": "wilcoxon"}));
    reports(&mut *wilcoxon, 0, 0, &[5.0, 6.0, 7.0, 8.0, 9.0]);
    ended_with(&mut *wilcoxon, 0, 7.0);
    assert_eq!(reports(&mut *wilcoxon, 1, 0, &[3.0, 4.1, 5.2, 6.3]), [Go; 4], "better than the best");
    reports(&mut *wilcoxon, 2, 0, &[1.0, 2.0, 3.0, 4.0, 5.0]);
    ended_with(&mut *wilcoxon, 2, 3.0);
    let last = Question { trial: TrialId(1), repetition: 0, step: 3, value: 6.3 };
    assert_eq!(wilcoxon.judge(&last), Prune, "without a report since: p = 1/16");
    wilcoxon.learn(&[Observed::Reported { trial: TrialId(1), repetition: 0, step: 4, values: vec![4.4] }]);
    assert_eq!(wilcoxon.judge(&Question { step: 4, value: 4.4, ..last }), Prune, "p = 1/16");
    assert_eq!(wilcoxon.judge(&Question { step: 2, value: 5.2, ..last }), Go, "only three of them: p = 1/8");
}
