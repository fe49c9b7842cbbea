//! What a session does with points, results, limits and commands.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

mod common;

use common::{create, definition, memory, open, table, told};
use indexmap::IndexMap;
use ravine_session::*;
use spec::Change;
use store::{Draft, Durability};
use study::{Assignment, Command, Constraint, Duplicates, Enqueued, Real, Rule, Source, State, TrialId};

fn point(json: &str) -> Assignment {
    serde_json::from_str(json).unwrap()
}

fn entry(json: &str) -> Enqueued {
    Enqueued { point: point(json), ..Enqueued::default() }
}

#[test]
fn the_defaults_and_the_files_points_come_first_then_enqueued_ones() {
    let mut definition = definition("random");
    let parameters = &mut definition.space.as_mut().unwrap().parameters;
    parameters.insert("z".to_owned(), serde_json::from_str(r#"{"float": [0, 9], "default": 3}"#).unwrap());
    definition.points.push(entry(r#"{"x": 2.5}"#));
    let session = create(&memory(), &definition);
    session.enqueue(entry(r#"{"x": -1.5, "optimizer": 0}"#)).unwrap_err();
    session.enqueue(entry(r#"{"x": -1.5}"#)).unwrap();
    let trials = session.ask_many(4).unwrap().trials();
    let x: Vec<_> = trials.iter().map(|trial| trial.parameters["x"].as_f64().unwrap()).collect();
    assert_eq!(trials[0].parameters["z"], 3.0);
    assert_eq!(
        (x[1], trials[1].parameters["z"].as_f64()),
        (2.5, Some(3.0)),
        "what is open takes its default"
    );
    assert_eq!(x[2], -1.5);
    let sources = session.with_study(|study| study.trials().map(|trial| trial.source()).collect::<Vec<_>>());
    assert_eq!(sources, [Source::Given, Source::Given, Source::Enqueued, Source::Sampler]);
}

#[test]
fn a_point_with_a_known_result_is_told_and_not_run() {
    let session = create(&memory(), &definition("random"));
    let result = [("loss".to_owned(), Real(0.25))].into_iter().collect();
    session.enqueue(Enqueued { result: Some(result), ..entry(r#"{"x": 1.0}"#) }).unwrap();
    let asked = session.ask().unwrap().trial().unwrap();
    assert_eq!(asked.number, TrialId(1));
    session.with_study(|study| assert_eq!(study.best().unwrap().values(), [Real(0.25)]));
}

#[test]
fn trials_made_elsewhere_are_added_whole_or_not_at_all() {
    let store = memory();
    let (session, other) = (create(&store, &definition("tpe")), open(&store, "other"));
    other.ask().unwrap();
    let parameters = point(
        r#"{"x": 1, "y": 0.5, "lr": 0.01, "n": 2, "opt": "sgd", "opt.sgd.momentum": 0.5, "flag": true}"#,
    );
    let added = Added { parameters, told: Told::value(0.125), attributes: Assignment::new() };
    assert_eq!(session.add_trials(vec![added.clone(), added.clone()]).unwrap(), [TrialId(1), TrialId(2)]);
    let strange = Added { parameters: point(r#"{"x": 1}"#), ..added.clone() };
    session.add_trials(vec![added, strange]).unwrap_err();
    session.with_study(|study| {
        assert_eq!((study.len(), study.best().unwrap().source()), (3, Source::User));
        assert_eq!(study.next_decision().0, 1);
    });
    assert!(other.ask().unwrap().trial().is_some());
}

#[test]
fn a_misspelt_point_is_refused_with_the_nearest_name() {
    let mut definition = definition("random");
    definition.points.push(entry(r#"{"flagg": true}"#));
    let error = Session::create(memory(), &definition, Options::named("a")).unwrap_err();
    assert!(error.to_string().contains("did you mean `flag`"), "{error}");
}

#[test]
fn a_study_is_over_when_a_limit_is_reached_and_its_open_trials_can_be_told() {
    let mut definition = definition("random");
    definition.settings.stop.trials = Some(3);
    let session = create(&memory(), &definition);
    let trials = session.ask_many(10).unwrap().trials();
    assert_eq!(trials.len(), 3);
    let Answer::Over(Over::Limit(limit)) = session.ask().unwrap() else { panic!("a fourth trial") };
    assert_eq!(limit.rule, Rule::Trials);
    session.tell(trials[0].number, told(&trials[0])).unwrap();
    assert!(matches!(session.tell_and_ask(trials[1].number, told(&trials[1])).unwrap(), Answer::Over(_)));
    session.with_study(|study| assert_eq!(study.counts().complete, 2));
    let mut settings = session.with_study(|study| study.settings().clone());
    settings.stop.trials = Some(4);
    session.change_settings(settings).unwrap();
    assert!(session.ask().unwrap().trial().is_some(), "a budget may be raised");
}

#[test]
fn a_target_that_a_told_trial_reaches_ends_the_study_at_once() {
    let mut definition = definition("random");
    definition.settings.stop.target = Some(Real(0.5));
    let session = create(&memory(), &definition);
    let trial = session.ask().unwrap().trial().unwrap();
    let Answer::Over(Over::Limit(limit)) = session.tell_and_ask(trial.number, Told::value(0.1)).unwrap()
    else {
        panic!("another trial")
    };
    assert_eq!((limit.rule, limit.left()), (Rule::Target, 0.0));
}

#[test]
fn pause_and_stop_reach_every_session_with_its_next_question() {
    let store = memory();
    let (first, second) = (create(&store, &definition("random")), open(&store, "second"));
    second.ask().unwrap();
    first.control(Command::Pause, Some("me".to_owned())).unwrap();
    assert_eq!(second.ask().unwrap(), Answer::Over(Over::Paused));
    first.control(Command::Resume, None).unwrap();
    assert!(second.ask().unwrap().trial().is_some());
    first.control(Command::Stop, None).unwrap();
    assert_eq!(second.ask().unwrap(), Answer::Over(Over::Stopped));
}

#[test]
fn what_is_told_twice_too_much_or_of_nothing_is_an_error() {
    let session = create(&memory(), &definition("random"));
    let trial = session.ask().unwrap().trial().unwrap().number;
    let message = |told: Result<(), SessionError>| told.unwrap_err().to_string();
    insta::assert_snapshot!(message(session.tell(trial, Told::Values(vec![Real(1.0), Real(2.0)]))), @"trial 0 was told 2 values, and the study has 1 objectives");
    session.tell(trial, Told::value(1.0)).unwrap();
    insta::assert_snapshot!(message(session.tell(trial, Told::value(2.0))), @"trial 0 is complete already; its first ending counts");
    insta::assert_snapshot!(message(session.tell(TrialId(9), Told::value(2.0))), @"there is no trial 9; study `test` has 1");
}

#[test]
fn nan_and_missing_metrics_fail_the_trial_and_not_the_search() {
    let session = create(&memory(), &definition("tpe"));
    let tell = |told: Told| {
        let trial = session.ask().unwrap().trial().unwrap().number;
        session.tell(trial, told).unwrap();
        session.with_study(|study| {
            let trial = study.trial(trial).unwrap();
            (trial.state(), trial.message().unwrap_or_default().to_owned())
        })
    };
    assert_eq!(tell(Told::value(f64::NAN)), (State::Failed, "`loss` is not a number (nan)".to_owned()));
    let (state, message) = tell(Told::Metrics(IndexMap::from([("los".to_owned(), Real(1.0))])));
    assert_eq!(state, State::Failed);
    assert!(message.ends_with("did you mean `los`?"), "{message}");
    assert_eq!(tell(Told::value(f64::INFINITY)).0, State::Complete);
    assert_eq!(tell(Told::Failed("out of memory".to_owned())), (State::Failed, "out of memory".to_owned()));
    assert!(session.ask().unwrap().trial().is_some());
}

#[test]
fn reports_become_the_runs_digest_and_the_trials_value() {
    let session = create(&memory(), &definition("random"));
    let trial = session.ask().unwrap().trial().unwrap().number;
    for step in 0..100 {
        let value = Real(1.0 / (step + 1) as f64);
        session.report(trial, step, [("loss".to_owned(), value)]).unwrap();
    }
    session.tell(trial, Told::Reported).unwrap();
    session.with_study(|study| {
        let trial = study.trial(trial).unwrap();
        assert_eq!(trial.values(), [Real(0.01)]);
        let run = trial.runs().next().unwrap();
        let (name, digest) = run.digests().next().unwrap();
        assert_eq!((name, digest.count, run.reached()), ("loss", 100, Some(99)));
    });
}

#[test]
fn constraints_need_metrics_and_choose_the_best() {
    let mut definition = definition("random");
    definition.settings.constraints = vec![Constraint { expr: "latency <= 20".to_owned() }];
    let session = create(&memory(), &definition);
    for (loss, latency) in [(1.0, 30.0), (2.0, 10.0)] {
        let trial = session.ask().unwrap().trial().unwrap().number;
        assert!(matches!(session.tell(trial, Told::value(loss)), Err(SessionError::MetricsWanted { .. })));
        let metrics =
            [("loss", loss), ("latency", latency)].map(|(name, value)| (name.to_owned(), Real(value)));
        session.tell(trial, Told::Metrics(IndexMap::from(metrics))).unwrap();
    }
    session.with_study(|study| assert_eq!(study.best().unwrap().number(), TrialId(1)));
}

#[test]
fn a_configuration_that_comes_again_takes_its_earlier_result_where_the_study_says_so() {
    let mut definition = definition("random");
    definition.settings.duplicates = Duplicates::Reuse;
    let parameters = serde_json::from_str(r#"{"x": {"int": [1, 2]}}"#).unwrap();
    definition.space = Some(Declaration { parameters, constraints: Vec::new() });
    definition.settings.stop.trials = Some(30);
    let session = create(&memory(), &definition);
    let mut ran = 0;
    while let Some(trial) = session.ask().unwrap().trial() {
        ran += 1;
        session.tell(trial.number, Told::value(trial.parameters["x"].as_f64().unwrap())).unwrap();
    }
    let counts = session.with_study(study::Study::counts);
    assert_eq!((ran, counts.complete), (2, 30));
}

#[test]
fn an_incompatible_domain_is_refused_in_every_session() {
    let domain = |json: &str| serde_json::from_str::<space::Domain>(json).unwrap();
    let (float, int) =
        (domain(r#"{"float":{"low":0.0,"high":1.0}}"#), domain(r#"{"int":{"low":0,"high":1}}"#));
    let store = memory();
    let free = Definition { space: None, ..definition("random") };
    let (first, second) = (create(&store, &free), open(&store, "second"));
    let trials = [&first, &second].map(|session| session.ask().unwrap().trial().unwrap().number);
    let x = first.suggest(trials[0], "x", &float).unwrap();
    assert_eq!(first.suggest(trials[0], "x", &float).unwrap(), x, "asking again gives the same");
    first.suggest(trials[0], "x", &int).unwrap_err();
    first.flush_suggestions().unwrap();
    let error = second.suggest(trials[1], "x", &int).unwrap_err();
    insta::assert_snapshot!(error, @"parameter `x`: it was a float before and is an int now; a parameter keeps its kind for the whole study");
    // Both at once: the log has one order, and who comes second is told.
    first.suggest(trials[0], "y", &float).unwrap();
    second.suggest(trials[1], "y", &int).unwrap();
    first.flush_suggestions().unwrap();
    assert!(matches!(second.flush_suggestions(), Err(SessionError::Incompatible { .. })));
}

#[test]
fn a_program_that_suggests_as_it_goes_is_learned_from() {
    let domain: space::Domain = serde_json::from_str(r#"{"float":{"low":-5.0,"high":5.0}}"#).unwrap();
    let store = memory();
    let free = Definition { space: None, ..definition("tpe") };
    let run = |session: &Session, trials: usize| {
        for _ in 0..trials {
            let trial = session.ask().unwrap().trial().unwrap().number;
            let x = session.suggest(trial, "x", &domain).unwrap().as_f64().unwrap();
            let y =
                if x > 0.0 { session.suggest(trial, "y", &domain).unwrap().as_f64().unwrap() } else { 9.0 };
            session.tell(trial, Told::value((x - 1.0).powi(2) + y * y)).unwrap();
        }
    };
    let session = create(&store, &free);
    run(&session, 40);
    let heir = open(&store, "heir");
    run(&heir, 10);
    let other = create(&memory(), &free);
    run(&other, 50);
    assert_eq!(table(&heir), table(&other), "another session goes on with the same search");
    session.refresh().unwrap();
    assert!(session.with_study(|study| study.best().unwrap().values()[0].0) < 5.0);
}

#[test]
fn an_enqueued_value_is_what_a_program_is_suggested() {
    let domain: space::Domain = serde_json::from_str(r#"{"float":{"low":-5.0,"high":5.0}}"#).unwrap();
    let session = create(&memory(), &Definition { space: None, ..definition("random") });
    session.enqueue(entry(r#"{"x": 1.25}"#)).unwrap();
    let trial = session.ask().unwrap().trial().unwrap().number;
    assert_eq!(session.suggest(trial, "x", &domain).unwrap(), 1.25);
}

#[test]
fn events_of_a_newer_version_stop_decisions_but_not_endings() {
    let store = memory();
    let session = create(&store, &definition("random"));
    let trial = session.ask().unwrap().trial().unwrap();
    store.append(session.id(), &[Draft::new("trial-teleported", "{}")], Durability::Committed).unwrap();
    let error = session.ask().unwrap_err();
    insta::assert_snapshot!(error, @"study `test` holds `trial-teleported` events, which a later version of ravine wrote and this one does not know; update ravine to go on with it");
    session.tell(trial.number, told(&trial)).unwrap();
    let kinds: Vec<_> =
        store.read(session.id(), 0, 99).unwrap().into_iter().map(|record| record.kind).collect();
    assert_eq!(kinds.last().unwrap(), "trial-ended");
}

#[test]
fn a_changed_definition_says_what_applies_and_what_does_not() {
    let store = memory();
    let session = create(&store, &definition("random"));
    let mut changed = definition("random");
    assert_eq!(session.with_study(|study| changed.difference(study).unwrap()), Difference::default());
    changed.settings.stop.trials = Some(9);
    changed.settings.objectives[0].direction = study::Direction::Maximize;
    let difference = session.with_study(|study| changed.difference(study).unwrap());
    let shown = |changes: &[Change]| changes.iter().map(Change::to_string).collect::<Vec<_>>();
    assert_eq!(shown(&difference.applied), ["stop.trials: 9 is new"]);
    assert_eq!(shown(&difference.refused), ["objective[0].direction: \"minimize\" is now \"maximize\""]);
}

#[test]
fn a_creation_that_was_cut_short_is_finished_by_the_next() {
    let store = memory();
    let header = store::Header { format: 1, min_reader: 1 };
    store.create_study("test", header).unwrap();
    assert!(Session::open(store.clone(), "test", Options::named("a")).is_err());
    Session::open_or_create(store.clone(), &definition("random"), Options::named("b")).unwrap();
    Session::open_or_create(store, &definition("random"), Options::named("c")).unwrap();
}

#[test]
fn runs_of_a_dead_session_are_found_and_given_up() {
    let store = memory();
    let first = create(&store, &definition("random"));
    let trial = first.ask().unwrap().trial().unwrap();
    let second = open(&store, "second");
    assert_eq!(second.lost_runs().unwrap(), []);
    // Its lease is given back without a farewell, as if it had expired.
    let lease = store.holder(first.id(), "runner/first").unwrap().unwrap();
    store.release(&lease).unwrap();
    let lost = second.lost_runs().unwrap();
    assert_eq!(lost, [trial.run.unwrap().run]);
    second.give_up(lost[0], study::RunEnd::new(study::How::Lost, 0.0)).unwrap();
    let state = second.with_study(|study| study.trial(trial.number).unwrap().state());
    assert_eq!(state, State::Queued);
    let Some(study::Course::Open { due, .. }) = second.course(trial.number) else { panic!("it is over") };
    assert_eq!(due.iter().map(|due| due.run.attempt).collect::<Vec<_>>(), [1]);
}
