//! The fold's promises: HISTORY, FIRST ENDING WINS, and what follows from them.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

mod common;

use common::*;
use proptest::prelude::*;
use ravine_study::*;

#[test]
fn of_two_endings_of_one_attempt_the_first_wins() {
    let mut log = Log::minimizing("loss");
    log.push(created(0));
    log.push(run_started(0, 0, 7));
    log.push(run_ended(0, 0, 7, How::Ok));
    let state = log.fold();
    log.push(run_ended(0, 0, 7, How::Lost));
    let run = log.fold().trial(TrialId(0)).unwrap().runs().next().unwrap().how();
    assert_eq!(run, Some(How::Ok));
    assert_eq!(log.fold().compute_seconds(), state.compute_seconds(), "a second ending costs nothing");
}

#[test]
fn an_ending_from_who_does_not_hold_the_attempt_is_ignored() {
    let mut log = Log::minimizing("loss");
    log.push(created(0));
    log.push(run_started(0, 0, 7));
    log.push(run_started(0, 0, 8));
    log.push(run_ended(0, 0, 8, How::Failed));
    let study = log.fold();
    let run = study.trial(TrialId(0)).unwrap().runs().next().unwrap();
    assert_eq!((run.epoch(), run.how()), (7, None));
    assert_eq!(study.counts().running, 1);
}

#[test]
fn an_ending_of_an_earlier_round_does_not_end_a_continued_trial() {
    let mut log = Log::minimizing("loss");
    log.push(created(0));
    log.push(ended(0, 1.0));
    log.push(EventBody::TrialContinued(TrialContinued {
        trial: TrialId(0),
        decision: DecisionId(1),
        level: Level(9),
        memo: None,
        seen: None,
    }));
    assert_eq!(log.fold().best().map(|best| best.number()), None, "a reopened trial is not the best");
    log.push(ended(0, 2.0));
    assert_eq!(log.fold().trial(TrialId(0)).unwrap().state(), State::Queued);
    log.push(EventBody::TrialEnded(TrialEnded { round: 1, ..end(0, 3.0) }));
    let study = log.fold();
    assert_eq!(study.best().unwrap().values(), [Real(3.0)]);
    assert_eq!((study.next_decision(), study.best().unwrap().level()), (DecisionId(2), Some(Level(9))));
}

#[test]
fn a_gap_or_a_repetition_in_the_log_is_an_error_and_changes_nothing() {
    let log = Log::minimizing("loss");
    let mut study = log.fold();
    let before = study.clone();
    for seq in [1, 3] {
        let error = study.apply(&Event { seq, at: 0, body: created(0) }).unwrap_err();
        assert_eq!(error.problem, Problem::Gap { expected: 2 });
    }
    assert_eq!(study, before);
}

#[test]
fn damaged_histories_are_told_apart() {
    let apply = |log: &Log, body| log.fold().apply(&Event { seq: log.0.len() as u64 + 1, at: 0, body });
    let log = Log::minimizing("loss");
    let problem = |body| apply(&log, body).unwrap_err().problem;
    assert_eq!(problem(created(1)), Problem::TrialNumber { found: 1, expected: 0 });
    assert_eq!(problem(ended(4, 1.0)), Problem::UnknownTrial { trial: 4 });
    assert_eq!(problem(log.0[0].body.clone()), Problem::Beginning { kind: "study-created" });
    let error = apply(&Log(Vec::new()), created(0)).unwrap_err();
    insta::assert_snapshot!(error, @"event 1 of the study's history cannot follow: it is a `trial-created`; a history begins with one `study-created`");
}

#[test]
fn a_trial_that_only_asks_and_tells_ends_its_run_with_itself() {
    let mut log = Log::minimizing("loss");
    log.push(created(0));
    log.push_at(1_000, run_started(0, 0, 1));
    log.push_at(4_000, ended(0, 1.0));
    let study = log.fold();
    let run = study.trial(TrialId(0)).unwrap().runs().next().unwrap();
    assert_eq!((run.how(), run.seconds()), (Some(How::Ok), Some(3.0)));
    assert_eq!(run_time(&study), Some(3.0));
    assert_eq!(study.compute_seconds(), 3.0);
}

#[test]
fn a_trials_seconds_are_those_of_its_runs_and_not_of_the_pause_between() {
    let mut log = Log::minimizing("loss");
    log.push(created(0));
    log.push_at(1_000, run_started(0, 0, 1));
    assert_eq!(run_time(&log.fold()), None);
    log.push_at(4_000, run_ended(0, 0, 1, How::Lost));
    log.push_at(90_000, run_started(0, 1, 1));
    log.push_at(92_000, ended(0, 1.0));
    assert_eq!(run_time(&log.fold()), Some(2.0 + 2.0));
}

fn run_time(study: &Study) -> Option<f64> {
    study.trial(TrialId(0)).unwrap().seconds()
}

#[test]
fn active_time_adds_up_over_restarts_and_leaves_out_the_nights_between() {
    let runner = |name: &str| RunnerStarted { runner: name.to_owned(), host: None };
    let mut log = Log::minimizing("loss");
    log.push_at(10_000, EventBody::RunnerStarted(runner("a")));
    log.push_at(15_000, EventBody::RunnerStarted(runner("b")));
    log.push_at(20_000, EventBody::RunnerStopped(RunnerStopped { runner: "a".to_owned(), seen: None }));
    // b was killed at 30 s and found dead a day later.
    log.push_at(
        90_000_000,
        EventBody::RunnerStopped(RunnerStopped { runner: "b".to_owned(), seen: Some(30_000) }),
    );
    log.push_at(91_000_000, EventBody::RunnerStarted(runner("c")));
    assert_eq!(log.fold().active_seconds(91_005_000), 20.0 + 5.0);
}

#[test]
fn a_stopped_study_opens_with_the_next_runner_and_a_paused_one_when_told() {
    let control = |command| EventBody::Control(Control { command, who: None });
    let mut log = Log::minimizing("loss");
    log.push(control(Command::Stop));
    assert_eq!(log.fold().phase(), Phase::Stopped);
    log.push(EventBody::RunnerStarted(RunnerStarted { runner: "a".to_owned(), host: None }));
    assert_eq!(log.fold().phase(), Phase::Open);
    log.push(control(Command::Pause));
    log.push(EventBody::RunnerStarted(RunnerStarted { runner: "b".to_owned(), host: None }));
    assert_eq!(log.fold().phase(), Phase::Paused);
    log.push(control(Command::Resume));
    assert_eq!(log.fold().phase(), Phase::Open);
}

#[test]
fn points_of_the_study_file_are_served_before_enqueued_ones() {
    let entry = |given| EventBody::Enqueued(Enqueued { given, ..Enqueued::default() });
    let mut log = Log::minimizing("loss");
    log.push(entry(false));
    log.push(entry(true));
    let order = |log: &Log| log.fold().enqueued().map(|(number, _)| number).collect::<Vec<_>>();
    assert_eq!(order(&log), [1, 0]);
    let EventBody::TrialCreated(trial) = created(0) else { unreachable!() };
    log.push(EventBody::TrialCreated(TrialCreated {
        entry: Some(1),
        decision: None,
        source: Source::Given,
        ..trial
    }));
    assert_eq!(order(&log), [0]);
}

#[test]
fn a_suggestion_of_another_kind_is_left_out_and_named() {
    let domain = |text: &str| serde_json::from_str::<space::Domain>(text).unwrap();
    let suggest = |trial, name: &str, text: &str| {
        EventBody::Suggested(Suggested {
            trial: TrialId(trial),
            name: name.to_owned(),
            domain: domain(text),
            value: 1.into(),
        })
    };
    let mut log = Log::minimizing("loss");
    log.push(created(0));
    log.push(created(1));
    log.push(suggest(0, "y", r#"{"float":{"low":0.0,"high":1.0}}"#));
    log.push(suggest(1, "y", r#"{"float":{"low":0.5,"high":2.0}}"#));
    log.push(suggest(0, "z", r#"{"int":{"low":1,"high":2}}"#));
    log.push(suggest(1, "z", r#"{"float":{"low":0.0,"high":1.0}}"#));
    let study = log.fold();
    assert_eq!(study.conflict(TrialId(0)), None);
    insta::assert_snapshot!(study.conflict(TrialId(1)).unwrap().message, @"it was an int before and is a float now; a parameter keeps its kind for the whole study");
    let names = |trial: u64| {
        study.trial(TrialId(trial)).unwrap().domains().map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(names(0), ["y", "z"]);
    assert_eq!(names(1), ["y"], "bounds may move");
}

#[test]
fn best_prefers_feasible_trials_then_the_least_violation_then_the_older() {
    let mut log = Log::minimizing("loss");
    for (number, value, violation) in
        [(0, 1.0, 3.0), (1, 2.0, 1.0), (2, 9.0, 0.0), (3, 9.0, -4.0), (4, 0.0, f64::NAN)]
    {
        log.push(created(number));
        let violations = vec![Real(violation)];
        log.push(EventBody::TrialEnded(TrialEnded { violations, ..end(number, value) }));
    }
    let study = log.fold();
    let numbers: Vec<_> = study.best_k(9).iter().map(|trial| trial.number().0).collect();
    assert_eq!(numbers, [2, 3, 1, 0, 4]);
    assert_eq!(study.best().unwrap().number().0, 2);
    let front: Vec<_> = study.pareto().iter().map(|trial| trial.number().0).collect();
    assert_eq!(front, [2, 3], "with one objective: all as good as the best");
}

#[test]
fn limits_say_what_is_used_and_what_is_left() {
    let mut log = Log::minimizing("loss");
    let EventBody::StudyCreated(study) = &mut log.0[0].body else { unreachable!() };
    study.settings.stop = serde_json::from_str(
        r#"{"trials": 3, "compute": "10s", "target": 0.5, "no_improvement": 2, "failures": 2}"#,
    )
    .unwrap();
    log.push(created(0));
    log.push(run_started(0, 0, 1));
    log.push(run_ended(0, 0, 1, How::Ok));
    log.push(ended(0, 1.0));
    let study = log.fold();
    let left: Vec<_> = study.limits(0).iter().map(|limit| (limit.rule.name(), limit.left())).collect();
    assert_eq!(
        left,
        [("trials", 2.0), ("compute", 8.0), ("no_improvement", 2.0), ("failures", 2.0), ("target", 0.5)]
    );
    assert_eq!((study.stopped_by(0), study.trials_left()), (None, Some(2)));
    log.push(created(1));
    log.push(ended(1, 0.5));
    assert_eq!(log.fold().stopped_by(0).unwrap().rule, Rule::Target);
}

/// A study with these stop rules, in JSON.
fn stopping(rules: &str) -> Log {
    let mut log = Log::minimizing("loss");
    let EventBody::StudyCreated(study) = &mut log.0[0].body else { unreachable!() };
    study.settings.stop = serde_json::from_str(rules).unwrap();
    log
}

fn told(log: &mut Log, number: u64, metrics: &[(&str, f64)]) {
    log.push(created(number));
    let metrics = metrics.iter().map(|(name, value)| ((*name).to_owned(), Real(*value))).collect();
    log.push(EventBody::TrialEnded(TrialEnded { metrics, ..end(number, 1.0) }));
}

#[test]
fn a_condition_over_all_complete_trials_ends_the_study_as_soon_as_it_holds() {
    let mut log = stopping(r#"{"when": "max(madd) > 200"}"#);
    let limit = |log: &Log| log.fold().limits(0)[0];
    assert!(!limit(&log).reached, "nothing is measured yet");
    told(&mut log, 0, &[("loss", 1.0)]);
    assert!(!limit(&log).reached && limit(&log).left().is_nan(), "no trial has the metric");
    told(&mut log, 1, &[("madd", 150.0)]);
    told(&mut log, 2, &[("madd", 120.0)]);
    assert_eq!((limit(&log).used, limit(&log).limit, limit(&log).left()), (Real(150.0), Real(200.0), 50.0));
    assert_eq!(log.fold().stopped_by(0), None);
    told(&mut log, 3, &[("madd", 201.0)]);
    let study = log.fold();
    let reached = study.stopped_by(0).unwrap();
    assert_eq!((reached.rule, reached.left()), (Rule::When(0), 0.0));
    assert_eq!(study.condition(0), Some("max(madd) > 200"));
    assert_eq!(Study::restore(&study.snapshot().unwrap()).unwrap(), study);
}

#[test]
fn one_condition_of_several_is_enough_and_an_edited_one_is_looked_at_at_once() {
    let mut log = stopping(r#"{"when": ["sum(a) < 5", "mean(loss) < 0.5 && len(loss) >= 2"]}"#);
    told(&mut log, 0, &[("loss", 0.1)]);
    assert_eq!(log.fold().stopped_by(0), None, "a sum over no trial is not small");
    told(&mut log, 1, &[("loss", 0.2)]);
    assert_eq!(log.fold().stopped_by(0).unwrap().rule, Rule::When(1));
    let mut settings = log.fold().settings().clone();
    settings.stop.when = vec!["min(loss) < 0.05".to_owned(), "max(loss) >= 0.2".to_owned()];
    log.push(EventBody::SettingsChanged(SettingsChanged { settings }));
    assert_eq!(log.fold().stopped_by(0).unwrap().rule, Rule::When(1));
}

#[test]
fn what_is_no_condition_is_refused_with_its_place() {
    let place = |rules: &str| {
        let stop = serde_json::from_str(rules).unwrap();
        let error = Judge::new(&Settings { stop, ..Settings::default() }).unwrap_err();
        (error.place, error.problem)
    };
    assert_eq!(place(r#"{"when": ["max(a) > 1", "max(a)"]}"#).0, "stop.when[1]");
    assert_eq!(place(r#"{"when": "1 < 2"}"#).1, "this condition names no metric");
    assert_eq!(place(r#"{"when": "a > 1"}"#).0, "stop.when[0]");
}

fn failing(log: &mut Log, numbers: std::ops::Range<u64>) {
    for number in numbers {
        log.push(created(number));
        let message = Some(format!("broken {number}"));
        let failed = TrialEnded::new(TrialId(number), Ending::Failed);
        log.push(EventBody::TrialEnded(TrialEnded { message, ..failed }));
    }
}

#[test]
fn a_study_whose_first_ten_trials_fail_ends_though_its_file_says_nothing_of_it() {
    let mut log = stopping(r#"{"trials": 100}"#);
    failing(&mut log, 0..9);
    assert_eq!(log.fold().stopped_by(0), None);
    failing(&mut log, 9..10);
    assert_eq!(log.fold().stopped_by(0).unwrap().rule, Rule::Failures);
    let mut more = stopping(r#"{"trials": 100, "failures": 20}"#);
    failing(&mut more, 0..19);
    assert_eq!(more.fold().stopped_by(0), None, "the file says how many");
}

#[test]
fn once_a_trial_has_succeeded_only_the_files_own_limit_counts_failures() {
    let mut log = stopping(r#"{"trials": 100}"#);
    told(&mut log, 0, &[("loss", 1.0)]);
    failing(&mut log, 1..30);
    assert_eq!(log.fold().stopped_by(0), None);
    let mut late = stopping(r#"{"trials": 100}"#);
    failing(&mut late, 0..5);
    told(&mut late, 5, &[("loss", 1.0)]);
    failing(&mut late, 6..30);
    assert_eq!(late.fold().stopped_by(0), None);
}

#[test]
fn trials_that_wait_to_be_tried_again_count_as_failures_before_new_ones_begin() {
    let mut log = stopping(r#"{"trials": 100}"#);
    assert_eq!(log.fold().room_beside(9, 2), u64::MAX, "few failures are nobody's worry");
    assert_eq!(log.fold().room_beside(10, 2), 0);
    assert_eq!(log.fold().room_beside(10, 16), 6, "as many as run at a time begin in any case");
    failing(&mut log, 0..4);
    assert_eq!(log.fold().room_beside(6, 2), 0);
    told(&mut log, 4, &[("loss", 1.0)]);
    assert_eq!(log.fold().room_beside(50, 2), u64::MAX, "the program works");
    let more = stopping(r#"{"trials": 100, "failures": 20}"#);
    assert_eq!(more.fold().room_beside(15, 2), 5);
}

#[test]
fn the_canonical_export_has_no_times_hosts_or_attempts() {
    let (mut slow, mut fast) = (Log::minimizing("loss"), Log::minimizing("loss"));
    for (log, at, epoch) in [(&mut slow, 5_000, 1), (&mut fast, 9, 4)] {
        log.push_at(at, created(0));
        log.push_at(2 * at, run_started(0, 0, epoch));
        if epoch == 4 {
            log.push(run_ended(0, 0, 4, How::Lost));
            log.push(run_started(0, 1, 4));
        }
        log.push_at(3 * at, ended(0, 1.0));
    }
    assert_eq!(slow.fold().canonical().unwrap(), fast.fold().canonical().unwrap());
    insta::assert_snapshot!(slow.fold().canonical().unwrap(), @r#"
    {"study":"test","seed":1}
    {"trial":0,"decision":0,"source":"sampler","point":{"x":0.5},"state":"complete","values":[1],"metrics":{"loss":1}}
    "#);
}

proptest! {
    #[test]
    fn a_snapshot_and_the_rest_give_the_same_state_as_all_events(script in script(), cut: prop::sample::Index) {
        let log = Log::of_script(&script);
        let cut = cut.index(log.0.len());
        let mut early = Study::new();
        for event in &log.0[..cut] {
            early.apply(event).unwrap();
        }
        let mut late = Study::restore(&early.snapshot().unwrap()).unwrap();
        prop_assert_eq!(&late, &early);
        for event in &log.0[cut..] {
            late.apply(event).unwrap();
        }
        prop_assert_eq!(late, log.fold());
    }

    #[test]
    fn counts_pending_and_best_agree_with_a_look_at_every_trial(script in script()) {
        let study = Log::of_script(&script).fold();
        let of = |state| study.trials().filter(|trial| trial.state() == state).count() as u64;
        let counts = study.counts();
        prop_assert_eq!(counts.queued, of(State::Queued));
        prop_assert_eq!(counts.running, of(State::Running));
        prop_assert_eq!(counts.complete, of(State::Complete));
        prop_assert_eq!(counts.total(), study.len() as u64);
        prop_assert_eq!(study.pending().count() as u64, counts.queued + counts.running);
        let best = study.best_k(1).first().map(|trial| trial.number());
        prop_assert_eq!(study.best().map(|trial| trial.number()), best);
        let line = study.best_so_far();
        prop_assert_eq!(line.len() as u64, counts.complete);
        if let (Some(last), Some(best)) = (line.last(), study.best()) {
            prop_assert_eq!(last.best.values(), best.values());
        }
    }

    #[test]
    fn a_sampler_learns_the_same_at_once_and_one_by_one(script in script(), declared: bool) {
        let mut log = Log::of_script(&script);
        let EventBody::StudyCreated(created) = &mut log.0[0].body else { unreachable!() };
        created.space = declared.then(|| serde_json::json!({}));
        created.settings.cost = Some("loss".to_owned());
        let domain = serde_json::from_str(r#"{"float":{"low":0.0,"high":1.0}}"#).unwrap();
        let space = space::Space::from_domains([("x".to_owned(), domain)]).unwrap();
        let judge = Judge::new(log.fold().settings()).unwrap();
        let (mut study, mut reader, mut steps) = (Study::new(), Reader::default(), Vec::new());
        for event in &log.0 {
            study.apply(event).unwrap();
            prop_assert!(study.observe(&mut reader, &event.body, &judge, &space, &mut steps));
        }
        prop_assert_eq!(format!("{:?}", study.observed(&judge, &space).1), format!("{steps:?}"));
    }

    #[test]
    fn events_survive_their_text(script in script()) {
        for event in &Log::of_script(&script).0 {
            let text = event.body.to_text().unwrap();
            let back = history::decode(event.body.kind(), &text).unwrap();
            prop_assert_eq!(back, history::Decoded::Known(Box::new(event.body.clone())));
        }
    }

    #[test]
    fn a_damaged_snapshot_is_an_error_and_never_a_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = Study::restore(&bytes);
    }
}
