//! Checks of sizes: spaces that grow, no history and a long one, very many options.

use std::sync::Arc;

use space::{Point, Stream};

use super::Make;
use super::history::lived;
use super::spaces::{grown, infinite, vast};
use super::study::{Study, bowl, complete};
use crate::{DecisionId, Observed, Proposal, TrialId};

/// A study that learns of parameters as it goes has trials that lack the later ones.
pub fn a_space_that_grows_does_no_harm(make: Make<'_>) {
    let [before, after] = grown();
    let Some(first) = lived(make, &before, 16, 20) else { return };
    let Some(mut study) = Study::new(make, &after, 16) else { return };
    for event in &first.events {
        study.learn(widened(event, study.space.parameters().len()));
    }
    for _ in 0..25 {
        let Some(trial) = study.start() else { return };
        let Some(point) = study.points.last() else { return };
        assert!(study.space.validate(point).is_ok(), "{}: {point:?}", study.name);
        let value = study.bowl(trial);
        study.end(trial, complete(value));
    }
}

fn widened(event: &Observed, parameters: usize) -> Observed {
    let mut event = event.clone();
    if let Observed::Created { point, .. } = &mut event {
        let mut wide: Vec<_> = point.iter().map(|value| value.cloned()).collect();
        wide.resize(parameters, None);
        *point = Arc::new(Point::new(wide));
    }
    event
}

/// After one trial, and after 100,000, there is a proposal like any other.
pub fn short_and_long_histories_do(make: Make<'_>) {
    for named in infinite().iter().skip(1).take(1) {
        for trials in [1, 100_000] {
            let Some(mut study) = Study::new(make, named, 17) else { continue };
            let mut stream = Stream::new(17, 0, 0);
            let mut events = Vec::with_capacity(2 * trials);
            for number in 0..trials as u64 {
                let (trial, point) = (TrialId(number), Arc::new(study.space.sample(&mut stream)));
                let value = bowl(&study.space, &point);
                let decision = Some(DecisionId(number));
                events.push(Observed::Created {
                    trial,
                    decision,
                    point,
                    level: None,
                    parent: None,
                    memo: None,
                });
                events.push(Observed::Ended { trial, outcome: complete(value) });
            }
            study.sampler.learn(&events);
            let decided = study.ask_as(trials as u64);
            if let Proposal::New { point, .. } = decided.proposal {
                assert!(study.space.validate(&point).is_ok(), "{}: {point:?}", named.name);
            }
        }
    }
}

/// A choice of a million options is a choice.
pub fn a_million_options_do_no_harm(make: Make<'_>) {
    let named = vast();
    let Some(mut study) = Study::new(make, &named, 18) else { return };
    for _ in 0..25 {
        study.step();
        let valid = study.points.last().is_none_or(|point| study.space.validate(point).is_ok());
        assert!(valid, "{}: {:?}", named.name, study.points.last());
    }
}
