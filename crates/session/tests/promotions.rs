//! What becomes of trials that a rule promotes from level to level.

#![allow(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod common;

use common::{create, definition, memory};
use ravine_session::*;
use study::{Level, Rule};

/// Nine trials of which each third is to go on to level 3, and the best of those to 9.
fn climbing(lag: Option<u32>) -> Definition {
    let mut definition = definition("random");
    let pruner = r#"{"name": "asha", "kind": "promotion", "min_resource": 1, "max_resource": 9, "reduction_factor": 3}"#;
    definition.settings.pruner = Some(serde_json::from_str(pruner).unwrap());
    definition.settings.stop.trials = Some(9);
    definition.settings.lag = lag;
    definition
}

/// Asks and tells to the end, and says to which levels the trials came, the highest first.
fn levels(lag: Option<u32>) -> Vec<u64> {
    let session = create(&memory(), &climbing(lag));
    let over = loop {
        match session.ask().unwrap() {
            Answer::Trials(asked) => {
                // The later the better, so that the last ones are worth a promotion.
                let value = -(asked[0].number.0 as f64);
                session.tell(asked[0].number, Told::value(value)).unwrap();
            }
            other => break other,
        }
    };
    assert!(matches!(over, Answer::Over(Over::Limit(limit)) if limit.rule == Rule::Trials), "{over:?}");
    let mut levels: Vec<u64> = session
        .with_study(|study| study.trials().filter_map(|trial| trial.level()).map(|Level(l)| l).collect());
    levels.sort_unstable_by(|a, b| b.cmp(a));
    levels
}

#[test]
fn the_last_trials_that_a_limit_allows_still_climb() {
    // The first to be promoted of a rung is the best so far, and not in the end: more than a third may go on.
    let promptly = levels(None);
    assert_eq!(promptly.len(), 9);
    assert!(promptly[0] == 9 && promptly[2] >= 3, "{promptly:?}");
    let lagged = levels(Some(3));
    assert!(lagged.len() == 9 && lagged[0] == 9 && lagged[2] >= 3, "{lagged:?}");
}

#[test]
fn another_limit_ends_a_study_with_its_promotions() {
    let mut definition = climbing(None);
    definition.settings.stop.target = Some(study::Real(0.0));
    let session = create(&memory(), &definition);
    for _ in 0..3 {
        let asked = session.ask().unwrap().trial().unwrap();
        session.tell(asked.number, Told::value(1.0)).unwrap();
    }
    let asked = session.ask().unwrap().trial().unwrap();
    assert_eq!(asked.level, Some(Level(3)), "one of three goes on");
    session.tell(asked.number, Told::value(-1.0)).unwrap();
    assert!(matches!(session.ask().unwrap(), Answer::Over(Over::Limit(limit)) if limit.rule == Rule::Target));
}
