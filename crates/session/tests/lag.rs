//! LAG: same seed, same search, whatever the timing, the number of slots, and who does the work.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

mod common;

use std::sync::Arc;

use common::{definition, memory, open};
use indexmap::IndexMap;
use ravine_session::*;
use serde_json::json;
use space::Stream;
use store::{Durability, Store};
use study::schedule::Lease;
use study::{
    Axis, Course, DigestBuilder, Digests, How, Objective, Real, RunEnd, RunKey, Study, TrialId, Verdict,
};

const LAG: u32 = 8;
const TIMINGS: u64 = 50;
/// How far a trial without a level runs.
const STEPS: u64 = 9;

/// A run of the made-up program.
struct Running {
    claim: Claim,
    /// When its next step is done.
    at: f64,
    /// Its mean time for a step.
    pace: f64,
    step: u64,
    until: u64,
    curves: IndexMap<&'static str, DigestBuilder>,
    /// Steps that it still reports after it was told to stop.
    grace: Option<u64>,
}

/// Slots in which runs go on at random speeds, driven by several sessions of which one is now and then replaced by a new
/// one that knows the log only.
struct World {
    store: Arc<dyn Store>,
    sessions: Vec<Session>,
    slots: usize,
    chance: Stream,
    now: f64,
    running: Vec<Running>,
    born: u64,
    disturbed: bool,
    /// Whether something may start that could not before.
    news: bool,
}

impl World {
    fn new(definition: &Definition, slots: usize, seed: u64, disturbed: bool) -> Self {
        let store = memory();
        let mut sessions = vec![common::create(&store, definition)];
        if disturbed {
            sessions.extend((0..2).map(|number| open(&store, &format!("other {number}"))));
        }
        let chance = Stream::new(seed, 0, 0);
        World {
            store,
            sessions,
            slots,
            chance,
            now: 0.0,
            running: Vec::new(),
            born: 0,
            disturbed,
            news: true,
        }
    }

    fn run(mut self) -> String {
        let mut over = false;
        loop {
            if std::mem::take(&mut self.news) {
                over = self.fill();
            }
            let Some(next) = self.next() else {
                assert!(over, "nothing runs, and the study waits");
                break;
            };
            self.now = self.running[next].at;
            self.advance(next);
            if self.disturbed && self.chance.below(40) == 0 {
                self.born += 1;
                let who = self.chance.below(self.sessions.len() as u64) as usize;
                self.sessions[who] = open(&self.store, &format!("heir {}", self.born));
            }
        }
        let session = self.anybody();
        session.with_study(|study| {
            assert_eq!(study.pending().count(), 0);
            study.canonical().unwrap()
        })
    }

    fn anybody(&mut self) -> &Session {
        let who = self.chance.below(self.sessions.len() as u64) as usize;
        self.sessions[who].refresh().unwrap();
        &self.sessions[who]
    }

    fn next(&self) -> Option<usize> {
        (0..self.running.len()).min_by(|a, b| self.running[*a].at.total_cmp(&self.running[*b].at))
    }

    /// Starts what can start; whether the study is over.
    fn fill(&mut self) -> bool {
        loop {
            let (due, unwanted) = self.courses();
            for run in unwanted {
                let index = self.running.iter().position(|running| running.claim.run == run).unwrap();
                let killed = self.running.swap_remove(index);
                self.end(killed, How::Killed);
            }
            if self.running.len() >= self.slots {
                return false;
            }
            if let Some(run) = due.first() {
                self.start(*run);
                continue;
            }
            match self.anybody().plan(1).unwrap() {
                Answer::Trials(_) => {}
                Answer::Wait => return false,
                Answer::Over(_) => return due.is_empty(),
            }
        }
    }

    fn courses(&mut self) -> (Vec<RunKey>, Vec<RunKey>) {
        let session = self.anybody();
        let pending: Vec<TrialId> =
            session.with_study(|study| study.pending().map(|trial| trial.number()).collect());
        let (mut all_due, mut all_unwanted) = (Vec::new(), Vec::new());
        for trial in pending {
            if let Some(Course::Open { due, unwanted }) =
                session.settle(trial, Durability::Committed).unwrap()
            {
                all_due.extend(due.into_iter().map(|due| due.run));
                all_unwanted.extend(unwanted);
            }
        }
        (all_due, all_unwanted)
    }

    fn start(&mut self, run: RunKey) {
        let session = self.anybody();
        let claim = session.start_runs(&[(run, Lease::default())]).unwrap()[0].unwrap();
        let level = session.with_study(|study| study.trial(run.trial).unwrap().level());
        let pace = self.chance.normal().exp();
        let until = level.map_or(STEPS, |level| level.0);
        let at = self.now + pace;
        self.running.push(Running { claim, at, pace, step: 0, until, curves: IndexMap::new(), grace: None });
    }

    /// One step of a run: a report, and what comes of it.
    fn advance(&mut self, index: usize) {
        let mut run = self.running.swap_remove(index);
        // The machine of a first attempt goes away now and then.
        if self.disturbed && run.claim.run.attempt == 0 && self.chance.below(120) == 0 {
            return self.end(run, How::Lost);
        }
        let key = run.claim.run;
        let values = self.anybody().with_study(|study| program(study, key, run.step));
        let Some(values) = values else { return self.end(run, How::Failed) };
        let loss = &values["loss"];
        run.curves.entry("loss").or_default().push(run.step, *loss);
        let verdict = self.anybody().report_run(run.claim, run.step, &values).unwrap();
        if verdict == Verdict::Prune && run.grace.is_none() {
            self.news = true;
            run.grace = Some(self.chance.below(3));
        }
        run.step += 1;
        match &mut run.grace {
            Some(0) => return self.end(run, How::Pruned),
            Some(grace) => *grace -= 1,
            None => {}
        }
        if run.step >= run.until {
            let how = if run.grace.is_some() { How::Pruned } else { How::Ok };
            return self.end(run, how);
        }
        run.at += run.pace * (0.5 + self.chance.uniform());
        self.running.push(run);
    }

    fn end(&mut self, run: Running, how: How) {
        self.news = true;
        let curves = run.curves.iter().map(|(name, curve)| ((*name).to_owned(), curve.finish().unwrap()));
        let metrics: Digests = curves.collect();
        let end = RunEnd { reached: Some(run.step), ..RunEnd::new(how, run.step as f64) };
        self.anybody().end_run(run.claim, end, metrics, Durability::Synced).unwrap();
    }
}

/// What the program reports at a step; `None` where it crashes. It depends on its parameters and its seed only.
fn program(study: &Study, run: RunKey, step: u64) -> Option<IndexMap<String, Real>> {
    let trial = study.trial(run.trial)?;
    let number = |path: &str| trial.parameter(path).and_then(|value| value.as_f64());
    let (x, n) = (number("x").unwrap_or(0.0), number("n").unwrap_or(1.0));
    if x < -3.0 && step == 3 {
        return None;
    }
    let noise = Stream::new(run.trial.0, u64::from(run.repetition), step).uniform();
    let loss = (x - 1.0).powi(2) + n / 10.0 + 4.0 / (step + 1) as f64 + noise;
    Some([("loss".to_owned(), Real(loss))].into_iter().collect())
}

fn study(sampler: &str, pruner: Option<serde_json::Value>, trials: u64) -> Definition {
    let mut definition = definition(sampler);
    definition.settings.lag = Some(LAG);
    definition.settings.stop.trials = Some(trials);
    definition.settings.pruner = pruner.map(|pruner| serde_json::from_value(pruner).unwrap());
    definition
}

fn repeated(mut definition: Definition, stop_above: f64) -> Definition {
    let axis = json!({"name": "fold", "count": 3, "stop_above": stop_above});
    definition.settings.repeat = vec![serde_json::from_value::<Axis>(axis).unwrap()];
    definition
}

fn small(mut definition: Definition) -> Definition {
    let parameters = serde_json::from_value(json!({"x": {"int": [-2, 3]}, "n": {"int": [1, 3]}})).unwrap();
    definition.space = Some(Declaration { parameters, constraints: Vec::new() });
    definition
}

/// How many of the timings, at 8 slots, give what one slot gives.
fn equal(definition: &Definition) -> u64 {
    let want = World::new(definition, 1, 0, false).run();
    let runs = (1..=TIMINGS).map(|seed| World::new(definition, 8, seed, seed % 2 == 0).run());
    runs.filter(|have| *have == want).count() as u64
}

fn assert_lagged(definition: &Definition) -> String {
    let want = World::new(definition, 1, 0, false).run();
    for seed in 1..=TIMINGS {
        let have = World::new(definition, 8, seed, seed % 2 == 0).run();
        assert!(have == want, "timing {seed}:\n{have}\none slot:\n{want}");
    }
    want
}

#[test]
fn random_search_with_a_target_is_the_same_search() {
    let mut definition = study("random", None, 60);
    definition.settings.stop.target = Some(Real(1.6));
    let export = assert_lagged(&definition);
    assert!((9..60).contains(&export.lines().count()), "the target was reached: {export}");
}

#[test]
fn tpe_under_the_median_rule_is_the_same_search() {
    let export = assert_lagged(&study("tpe", Some(json!({"name": "median"})), 40));
    assert!(export.contains("\"pruned\"") && export.contains("\"failed\""), "{export}");
}

#[test]
fn tpe_under_stopping_asha_is_the_same_search() {
    let asha = json!({"name": "asha", "max_resource": 9, "reduction_factor": 3});
    let export = assert_lagged(&study("tpe", Some(asha), 40));
    assert!(export.contains("\"pruned\""), "{export}");
}

#[test]
fn promotion_by_asha_is_the_same_search() {
    let asha = json!({"name": "asha", "kind": "promotion", "max_resource": 9, "reduction_factor": 3});
    let export = assert_lagged(&study("tpe", Some(asha), 40));
    assert!(export.contains("\"rounds\""), "{export}");
}

#[test]
fn promotion_by_hyperband_is_the_same_search() {
    let hyperband = json!({"name": "hyperband", "kind": "promotion", "max_resource": 9});
    let export = assert_lagged(&study("tpe", Some(hyperband), 40));
    assert!(export.contains("\"rounds\""), "{export}");
}

#[test]
fn population_based_training_is_the_same_search() {
    let pbt = json!({"name": "pbt", "population": 5, "perturbation_interval": 3, "max_resource": 9});
    let export = assert_lagged(&study("random", Some(pbt), 40));
    assert!(export.contains("\"parent\""), "{export}");
}

#[test]
fn wilcoxon_over_repetitions_is_the_same_search() {
    let wilcoxon = json!({"name": "wilcoxon", "over": "repetitions", "p_threshold": 0.3});
    let mut definition = study("random", Some(wilcoxon), 40);
    definition.settings.repeat =
        vec![serde_json::from_value::<Axis>(json!({"name": "fold", "count": 6})).unwrap()];
    let export = assert_lagged(&definition);
    assert!(export.contains("\"pruned\"") && export.contains("\"complete\""), "{export}");
}

#[test]
fn promotion_in_a_space_that_is_used_up_waits_and_ends_the_same_way() {
    let asha = json!({"name": "asha", "kind": "promotion", "max_resource": 9, "reduction_factor": 3});
    let export = assert_lagged(&small(study("random", Some(asha), 1_000)));
    assert_eq!(export.lines().count(), 19, "all 18 points: {export}");
    assert!(export.contains("\"rounds\""), "{export}");
}

#[test]
fn repetitions_that_end_a_trial_are_the_first_by_number() {
    let export = assert_lagged(&repeated(study("tpe", None, 30), 9.0));
    assert!(export.contains("\"failed\"") && export.contains("\"complete\""), "{export}");
}

#[test]
fn repetitions_under_a_rule_and_limits_on_outcomes_are_the_same_search() {
    let mut definition = repeated(study("tpe", Some(json!({"name": "median"})), 60), 14.0);
    definition.settings.stop.no_improvement = Some(25);
    definition.settings.stop.failures = Some(6);
    definition.settings.stop.resource = Some(600);
    let export = assert_lagged(&definition);
    assert!(export.contains("\"pruned\"") && export.contains("\"complete\""), "{export}");
}

#[test]
fn results_that_are_taken_over_are_those_that_the_lag_lets_be_known() {
    let mut definition = small(study("random", None, 40));
    definition.settings.duplicates = study::Duplicates::Reuse;
    assert_lagged(&definition);
}

#[test]
fn a_maximised_expression_is_judged_the_same_way() {
    let mut definition = study("tpe", Some(json!({"name": "median"})), 40);
    definition.settings.objectives = vec![Objective::maximize("2 - loss")];
    let export = assert_lagged(&definition);
    assert!(export.contains("\"pruned\""), "{export}");
}

/// What the lag is for: as events come, hardly any timing gives the search that one slot gives.
#[test]
fn without_a_lag_the_search_depends_on_the_timing() {
    let mut definition = study("tpe", Some(json!({"name": "median"})), 30);
    definition.settings.lag = None;
    let median = equal(&definition);
    let mut definition = study("random", None, 60);
    definition.settings.lag = None;
    definition.settings.stop.target = Some(Real(1.6));
    let target = equal(&definition);
    println!("equal without a lag, of {TIMINGS}: {median} with the median rule, {target} with a target");
    assert!(median < TIMINGS / 2 && target < TIMINGS / 2, "{median}, {target}");
}
