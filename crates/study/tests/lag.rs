//! LAG: what is known to a decision does not depend on the order in which runs end.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

mod common;

use std::collections::VecDeque;

use common::*;
use proptest::prelude::*;
use ravine_study::*;
use search::Observed;
use space::{Space, Stream};

/// What each turn of a made-up study does, and how its round ends: two numbers a turn.
type Script = Vec<(u8, f64)>;

fn turns() -> impl Strategy<Value = Script> {
    prop::collection::vec((any::<u8>(), -5.0..5.0f64), 1..40)
}

/// The history of a script at a lag, whose rounds end at random among those that may be open.
struct History {
    log: Log,
    /// Rounds that run: trial, round, what its turn does, its value.
    open: Vec<(u64, u32, u8, f64)>,
    /// Rounds of each trial, and whether the last is over and known.
    rounds: Vec<u32>,
    settings: Settings,
}

fn settings(lag: u32) -> Settings {
    let stop = StopRules {
        no_improvement: Some(7),
        failures: Some(2),
        resource: Some(40),
        target: Some(Real(-4.9)),
        when: vec!["min(loss) < -4.5".to_owned(), "sum(loss) > 20".to_owned()],
        ..StopRules::default()
    };
    let (objectives, cost) = (vec![Objective::minimize("loss")], Some("loss".to_owned()));
    Settings { objectives, cost, stop, lag: Some(lag), ..Settings::default() }
}

impl History {
    fn new(lag: u32, declared: bool) -> Self {
        let mut log = Log::minimizing("loss");
        let EventBody::StudyCreated(created) = &mut log.0[0].body else { unreachable!() };
        created.settings = settings(lag);
        created.space = declared.then(|| serde_json::json!({}));
        History { log, open: Vec::new(), rounds: Vec::new(), settings: settings(lag) }
    }

    /// A turn: a trial goes on where `what` says so and one is known to be over, else a new one.
    fn make(&mut self, known: &[u64], what: u8, value: f64) {
        let next = self.rounds.len() as u64;
        let again = known.get(usize::from(what) % (known.len() + 3)).copied();
        let decision = DecisionId(1_000 + self.log.fold().turns());
        let trial = again.unwrap_or(next);
        let (memo, seen) = (None, None);
        match again {
            None => {
                self.rounds.push(0);
                self.log.push(created(trial));
            }
            Some(_) => {
                self.rounds[trial as usize] += 1;
                let (trial, level) = (TrialId(trial), Level(u64::from(what)));
                self.log.push(EventBody::TrialContinued(TrialContinued {
                    trial,
                    decision,
                    level,
                    memo,
                    seen,
                }));
            }
        }
        self.open.push((trial, self.rounds[trial as usize], what, value));
    }

    /// Ends one of the open rounds: reports of two repetitions, in any order, then the ending.
    fn end(&mut self, which: usize, chance: &mut Stream) {
        let (trial, round, what, value) = self.open.remove(which);
        let mut reports: Vec<(u32, VecDeque<u64>)> = (0..2).map(|r| (r, (0..3).collect())).collect();
        while reports.iter().any(|(_, steps)| !steps.is_empty()) {
            let (repetition, steps) = &mut reports[chance.below(2) as usize];
            let Some(step) = steps.pop_front() else { continue };
            // A failed trial's second repetition may have come this far or not.
            if what % 5 == 4 && chance.below(2) == 0 {
                continue;
            }
            self.log.push(EventBody::Reported(Reported {
                trial: TrialId(trial),
                repetition: *repetition,
                step,
                values: [("loss".to_owned(), Real(value + step as f64))].into_iter().collect(),
                verdict: Verdict::Go,
            }));
        }
        let state = match what % 5 {
            4 => Ending::Failed,
            3 => Ending::Pruned,
            _ => Ending::Complete,
        };
        self.log.push(EventBody::TrialEnded(TrialEnded { round, state, step: Some(7), ..end(trial, value) }));
    }

    /// The whole script; between two turns rounds end at random, but those that the lag wants do.
    fn run(lag: u32, declared: bool, script: &Script, seed: u64) -> Self {
        let mut history = History::new(lag, declared);
        let mut chance = Stream::new(seed, 0, 0);
        let mut stopped = None;
        for (what, value) in script {
            loop {
                let study = history.log.fold();
                let ready = study.may_decide();
                if ready && (history.open.is_empty() || chance.below(2) == 0) {
                    stopped =
                        stopped.or_else(|| study.stopped_by(0).map(|limit| (study.turns(), limit.rule)));
                    let known: Vec<u64> = study.counting().map(|trial| trial.number().0).collect();
                    history.make(&known, *what, *value);
                    break;
                }
                assert!(!history.open.is_empty(), "it waits for nothing");
                let which = chance.below(history.open.len() as u64) as usize;
                history.end(which, &mut chance);
            }
        }
        while !history.open.is_empty() {
            let which = chance.below(history.open.len() as u64) as usize;
            history.end(which, &mut chance);
        }
        history
    }
}

fn space() -> Space {
    let domain = serde_json::from_str(r#"{"float":{"low":0.0,"high":1.0}}"#).unwrap();
    Space::from_domains([("x".to_owned(), domain)]).unwrap()
}

/// What a sampler learns, and what stops the study after each turn.
fn learned(history: &History) -> (String, Vec<String>) {
    let (space, judge) = (space(), Judge::new(&history.settings).unwrap());
    let (mut study, mut reader, mut observed) = (Study::new(), Reader::default(), Vec::new());
    let mut stops = Vec::new();
    for event in &history.log.0 {
        if event.body.kind().starts_with("trial-c") {
            assert!(study.may_decide());
            stops.push(format!("{:?}", study.limits(0)));
        }
        study.apply(event).unwrap();
        assert!(study.observe(&mut reader, &event.body, &judge, &space, &mut observed));
    }
    // From the state as a whole, from a snapshot, and in turns: the same.
    let whole = format!("{:?}", study.observed(&judge, &space).1);
    assert_eq!(whole, format!("{observed:?}"));
    let restored = Study::restore(&study.snapshot().unwrap()).unwrap();
    assert_eq!(restored, study);
    let (mut reader, mut by_turn) = (Reader::default(), Vec::new());
    while restored.read_turn(&mut reader, &judge, &space, &mut by_turn).is_some() {}
    assert_eq!(whole, format!("{by_turn:?}"));
    (whole, stops)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn whatever_the_order_of_endings_the_same_is_learned_and_the_same_stops(
        script in turns(), lag in 1u32..9, declared: bool, seeds in (any::<u64>(), any::<u64>()),
    ) {
        let (one, other) =
            (History::run(lag, declared, &script, seeds.0), History::run(lag, declared, &script, seeds.1));
        prop_assert_eq!(learned(&one), learned(&other));
        prop_assert_eq!(one.log.fold().canonical().unwrap(), other.log.fold().canonical().unwrap());
    }

    /// With nobody there to hold turns back until the outcomes are known, as when trials are added from outside, the
    /// sequence is the same all the same; it only comes later.
    #[test]
    fn histories_that_keep_to_no_lag_are_still_read_in_one_order(script in script(), lag in 1u32..5) {
        let mut log = Log::of_script(&script);
        let EventBody::StudyCreated(created) = &mut log.0[0].body else { unreachable!() };
        created.settings.lag = Some(lag);
        let settings = created.settings.clone();
        let (space, judge) = (space(), Judge::new(&settings).unwrap());
        let (mut study, mut reader, mut observed) = (Study::new(), Reader::default(), Vec::new());
        for event in &log.0 {
            study.apply(event).unwrap();
            study.observe(&mut reader, &event.body, &judge, &space, &mut observed);
        }
        prop_assert_eq!(format!("{:?}", study.observed(&judge, &space).1), format!("{observed:?}"));
    }
}

#[test]
fn turn_t_knows_the_outcomes_up_to_t_minus_lag_and_no_others() {
    let mut history = History::new(2, true);
    let known = |history: &History| {
        let study = history.log.fold();
        let judge = Judge::new(&history.settings).unwrap();
        let ended = |event: &Observed| match event {
            Observed::Ended { trial, .. } => Some(trial.0),
            _ => None,
        };
        let known: Vec<u64> = study.observed(&judge, &space()).1.iter().filter_map(ended).collect();
        (study.may_decide(), known)
    };
    let mut chance = Stream::new(0, 0, 0);
    history.make(&[], 0, 3.0);
    history.make(&[], 0, 2.0);
    assert_eq!(known(&history), (false, vec![]));
    history.end(1, &mut chance);
    assert_eq!(
        known(&history),
        (false, vec![]),
        "turn 2 needs outcome 0, and outcome 1 is not for it to know"
    );
    history.end(0, &mut chance);
    assert_eq!(known(&history), (true, vec![0]));
    history.make(&[], 0, 1.0);
    assert_eq!(known(&history), (true, vec![0, 1]));
    assert_eq!(history.log.fold().counting().count(), 2);
}

#[test]
fn a_target_that_a_trial_reaches_stops_the_study_lag_minus_one_turns_later() {
    let mut history = History::new(3, true);
    let mut chance = Stream::new(0, 0, 0);
    let stops = |history: &History| history.log.fold().stopped_by(0).map(|limit| limit.rule);
    history.make(&[], 0, -10.0);
    history.end(0, &mut chance);
    for _ in 0..2 {
        assert_eq!(stops(&history), None);
        history.make(&[], 0, 1.0);
    }
    assert_eq!(stops(&history), Some(Rule::Target), "0 + 3 − 1 was the last turn");
}

#[test]
fn a_turn_that_waited_for_more_outcomes_is_read_after_them() {
    let mut history = History::new(8, true);
    let judge = Judge::new(&history.settings).unwrap();
    let mut chance = Stream::new(0, 0, 0);
    for _ in 0..3 {
        history.make(&[], 0, 1.0);
    }
    let (mut reader, mut observed) = history.log.fold().observed(&judge, &space());
    assert_eq!((observed.len(), reader.seen()), (3, None));
    assert!(!history.log.fold().look_ahead(&mut reader, &judge, &space(), &mut observed));
    history.end(0, &mut chance);
    let mut mistaken = reader;
    assert!(history.log.fold().look_ahead(&mut reader, &judge, &space(), &mut observed));
    assert_eq!(reader.seen(), Some(1));
    let EventBody::TrialCreated(made) = created(3) else { unreachable!() };
    history.log.push(EventBody::TrialCreated(TrialCreated { seen: reader.seen(), ..made }));
    let (study, last) = (history.log.fold(), history.log.0.last().unwrap().body.clone());
    assert!(study.observe(&mut reader, &last, &judge, &space(), &mut observed));
    assert_eq!(format!("{:?}", study.observed(&judge, &space()).1), format!("{observed:?}"));
    // Who looked further than the turn was made with has learned too much.
    history.end(0, &mut chance);
    let study = history.log.fold();
    study.look_ahead(&mut mistaken, &judge, &space(), &mut Vec::new());
    study.look_ahead(&mut mistaken, &judge, &space(), &mut Vec::new());
    assert!(!study.observe(&mut mistaken, &last, &judge, &space(), &mut Vec::new()));
}

#[test]
fn an_objective_that_is_an_expression_is_judged_where_a_report_has_all_its_names() {
    let objective = Objective { direction: Direction::Maximize, ..Objective::minimize("acc - 0.5 * gap") };
    let judge = Judge::new(&Settings { objectives: vec![objective], ..Settings::default() }).unwrap();
    let report = |values: &[(&str, f64)]| {
        judge
            .first_at_report(&values.iter().map(|(name, value)| ((*name).to_owned(), Real(*value))).collect())
    };
    assert_eq!(report(&[("acc", 0.75), ("gap", 0.5)]), Some(-0.5), "in the minimised sense");
    assert_eq!(report(&[("acc", 0.75)]), None);
    assert!(report(&[("acc", f64::NAN), ("gap", 0.5)]).unwrap().is_nan());
}
