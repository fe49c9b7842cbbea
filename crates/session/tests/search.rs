//! HISTORY: the same search, however it came about.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

mod common;

use std::sync::Arc;

use common::*;
use proptest::prelude::*;
use ravine_session::*;
use store::Store;
use study::{Objective, Study};

const SAMPLERS: [&str; 3] = ["random", "sobol", "tpe"];

fn run(session: &Session, trials: usize) {
    for _ in 0..trials {
        let trial = session.ask().unwrap().trial().unwrap();
        session.tell(trial.number, told(&trial)).unwrap();
    }
}

fn undisturbed(sampler: &str, trials: usize) -> String {
    let session = create(&memory(), &definition(sampler));
    run(&session, trials);
    table(&session)
}

#[test]
fn another_session_that_takes_over_goes_on_with_the_same_search() {
    for sampler in SAMPLERS {
        let store = memory();
        run(&create(&store, &definition(sampler)), 13);
        let heir = open(&store, "heir");
        run(&heir, 12);
        assert_eq!(table(&heir), undisturbed(sampler, 25), "{sampler}");
    }
}

#[test]
fn sessions_that_take_turns_make_the_same_search_as_one() {
    for sampler in SAMPLERS {
        let store = memory();
        let sessions = [create(&store, &definition(sampler)), open(&store, "second")];
        for turn in 0..25 {
            run(&sessions[turn % 2], 1);
        }
        sessions[1].refresh().unwrap();
        assert_eq!(table(&sessions[1]), undisturbed(sampler, 25), "{sampler}");
    }
}

#[test]
fn a_decision_that_never_reached_the_store_changes_nothing_later() {
    for sampler in SAMPLERS {
        let store = memory();
        let first = create(&store, &definition(sampler));
        run(&first, 12);
        // Another session decides behind its back: what it proposes next is refused by the store, and made anew.
        let second = open(&store, "second");
        run(&second, 1);
        run(&first, 12);
        assert_eq!(table(&first), undisturbed(sampler, 25), "{sampler}");
    }
}

#[test]
fn telling_and_asking_at_once_makes_the_same_search() {
    for sampler in SAMPLERS {
        let session = create(&memory(), &definition(sampler));
        let mut trial = session.ask().unwrap().trial().unwrap();
        for _ in 0..24 {
            trial = session.tell_and_ask(trial.number, told(&trial)).unwrap().trial().unwrap();
        }
        session.tell(trial.number, told(&trial)).unwrap();
        assert_eq!(table(&session), undisturbed(sampler, 25), "{sampler}");
    }
}

#[test]
fn telling_and_asking_at_once_is_one_commit() {
    let session = create(&memory(), &definition("random"));
    let trial = session.ask().unwrap().trial().unwrap();
    let before = session.with_study(Study::seq);
    session.tell_and_ask(trial.number, told(&trial)).unwrap();
    let times: Vec<u64> =
        session.store().read(session.id(), before, 9).unwrap().iter().map(|record| record.at).collect();
    assert_eq!(times.len(), 3, "an ending, a trial, its run");
    assert!(times.iter().all(|at| *at == times[0]));
}

#[test]
fn asking_for_many_at_once_gives_what_asking_one_by_one_gives() {
    for sampler in SAMPLERS {
        let (one, many) = (create(&memory(), &definition(sampler)), create(&memory(), &definition(sampler)));
        run(&one, 12);
        run(&many, 12);
        let single: Vec<_> = (0..5).map(|_| one.ask().unwrap().trial().unwrap()).collect();
        let batch = many.ask_many(5).unwrap().trials();
        let parameters =
            |trials: &[Asked]| trials.iter().map(|trial| trial.parameters.clone()).collect::<Vec<_>>();
        assert_eq!(parameters(&single), parameters(&batch), "{sampler}");
    }
}

#[test]
fn a_study_opened_from_a_snapshot_goes_on_with_the_same_search() {
    for sampler in SAMPLERS {
        let store = memory();
        let first = create(&store, &definition(sampler));
        run(&first, 13);
        first.snapshot().unwrap();
        run(&first, 4);
        let second = open(&store, "second");
        run(&second, 8);
        assert_eq!(table(&second), undisturbed(sampler, 25), "{sampler}");
    }
}

#[test]
fn a_maximised_objective_reaches_the_sampler_turned_round() {
    let mut definition = definition("tpe");
    definition.settings.objectives = vec![Objective::maximize("loss")];
    let session = create(&memory(), &definition);
    for _ in 0..60 {
        let trial = session.ask().unwrap().trial().unwrap();
        session.tell(trial.number, Told::value(-loss(&trial))).unwrap();
    }
    assert_eq!(table(&session).lines().count(), 61);
    let minimised = create(&memory(), &common::definition("tpe"));
    run(&minimised, 60);
    let points =
        |session: &Session| session.with_study(|study| study.trials().map(|t| t.point()).collect::<Vec<_>>());
    assert_eq!(points(&session), points(&minimised));
    let best = |session: &Session| session.with_study(|study| study.best().unwrap().number());
    assert_eq!(best(&session), best(&minimised));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Sessions come and go, tell and ask in every manner; at one trial at a time it is always the same search.
    #[test]
    fn the_search_does_not_depend_on_who_makes_it(script in prop::collection::vec((0u8..5, 0usize..3), 20)) {
        let store: Arc<dyn Store> = memory();
        let mut sessions = [create(&store, &definition("tpe")), open(&store, "b"), open(&store, "c")];
        let mut open_trial: Option<Asked> = None;
        for (step, (what, who)) in script.into_iter().enumerate() {
            let session = &sessions[who];
            session.refresh().unwrap();
            open_trial = match (open_trial.take(), what) {
                (None, _) => session.ask().unwrap().trial(),
                (Some(trial), 0 | 1) => session.tell_and_ask(trial.number, told(&trial)).unwrap().trial(),
                (Some(trial), 2) => {
                    sessions[who] = open(&store, &format!("{who}-{step}"));
                    Some(trial)
                }
                (Some(trial), _) => {
                    session.tell(trial.number, told(&trial)).unwrap();
                    None
                }
            };
        }
        sessions[0].refresh().unwrap();
        let want = undisturbed("tpe", 20);
        let have = table(&sessions[0]);
        let points = |text: &str| text.lines().map(|line| line.split("\"state\"").next().unwrap().to_owned()).collect::<Vec<_>>();
        let (have, want) = (points(&have), points(&want));
        prop_assert_eq!(&have[..], &want[..have.len()]);
    }
}
