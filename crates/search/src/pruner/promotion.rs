//! Promotion: a sampler around another one, which decides at each turn whether an ended trial goes on to the next
//! level, and lets the other propose a new trial otherwise.

use super::AshaOptions;
use super::ladder::Ladder;
use crate::{Ask, Decision, Observed, Outcome, Proposal, Sampler, SearchError, TrialId};

/// `asha`, the promotion kind (Li et al. 2020, arXiv:1810.05934, algorithm 2). No trial waits for another: whenever a
/// slot is free, the best trial that waits among the best 1/η of the highest rung possible goes on, and where none
/// does, a new trial begins at the first level.
///
/// The sampler inside learns of each level's results: a trial below the top as one that was pruned there, and again
/// each time it ends. Failed trials stand on no rung, so that the best 1/η are of trials that have values; one that
/// fails after it went on has used up its promotion. Points that people gave, which have no level, run to the end and
/// are compared with nobody.
///
/// All that it knows follows from what it was told (invariant HISTORY): who went on stands in
/// [`Observed::Continued`], whoever decided it.
pub(crate) struct Promotion {
    inner: Box<dyn Sampler>,
    ladder: Ladder,
}

impl Promotion {
    pub(crate) fn new(inner: Box<dyn Sampler>, options: &AshaOptions) -> Self {
        Promotion { inner, ladder: Ladder::new(options.rungs(), options.reduction_factor) }
    }

    fn take_in(&mut self, event: &Observed) {
        match event {
            Observed::Created { trial, level, .. } => self.ladder.began(*trial, *level),
            Observed::Continued { trial, level, .. } => self.ladder.goes_on(*trial, Some(*level)),
            Observed::Repeated { trial, .. } => self.ladder.goes_on(*trial, None),
            Observed::Ended { trial, outcome } => self.ladder.ended(*trial, outcome),
            Observed::Reported { .. } | Observed::Repetition { .. } => {}
        }
    }

    /// The event as the sampler inside is told of it.
    fn told(&self, event: &Observed) -> Observed {
        match event {
            Observed::Ended { trial, outcome } => {
                Observed::Ended { trial: *trial, outcome: self.told_outcome(*trial, outcome) }
            }
            other => other.clone(),
        }
    }

    fn told_outcome(&self, trial: TrialId, outcome: &Outcome) -> Outcome {
        match (self.ladder.unfinished(trial), outcome) {
            (Some(level), Outcome::Complete { values, .. }) => {
                Outcome::Pruned { step: level.0, value: values.first().copied() }
            }
            (Some(level), Outcome::Pruned { value, .. }) => Outcome::Pruned { step: level.0, value: *value },
            _ => outcome.clone(),
        }
    }
}

impl Sampler for Promotion {
    fn learn(&mut self, events: &[Observed]) {
        let mut told = Vec::with_capacity(events.len());
        for event in events {
            self.take_in(event);
            told.push(self.told(event));
        }
        self.inner.learn(&told);
    }

    fn propose(&mut self, ask: &Ask<'_>) -> Result<Decision, SearchError> {
        if let Some((trial, level)) = self.ladder.climber() {
            return Ok(Proposal::Continue { trial, level }.into());
        }
        let Decision { proposal, memo } = self.inner.propose(ask)?;
        let proposal = match proposal {
            Proposal::New { point, level, parent } => {
                Proposal::New { point, level: level.or(self.ladder.first()), parent }
            }
            // Who runs now may yet be among the best.
            Proposal::Exhausted if self.ladder.is_busy() => Proposal::Wait,
            other => other,
        };
        Ok(Decision { proposal, memo })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::{DecisionId, Level};

    /// Remembers what it was told.
    struct Spy(Arc<Mutex<Vec<Observed>>>);

    impl Sampler for Spy {
        fn learn(&mut self, events: &[Observed]) {
            self.0.lock().unwrap().extend_from_slice(events);
        }

        fn propose(&mut self, _ask: &Ask<'_>) -> Result<Decision, SearchError> {
            Ok(Proposal::Wait.into())
        }
    }

    #[test]
    fn the_sampler_inside_learns_of_every_level() {
        let told = Arc::new(Mutex::new(Vec::new()));
        let options = AshaOptions { max_resource: Some(9), ..AshaOptions::default() };
        let mut promotion = Promotion::new(Box::new(Spy(told.clone())), &options);
        let trial = TrialId(0);
        let complete = |value| {
            let outcome = Outcome::Complete { values: vec![value], violations: vec![] };
            Observed::Ended { trial, outcome }
        };
        let on =
            |level| Observed::Continued { trial, decision: DecisionId(1), level: Level(level), memo: None };
        let point = Arc::new(space::Point::empty(0));
        let (decision, level) = (Some(DecisionId(0)), Some(Level(1)));
        let created = Observed::Created { trial, decision, point, level, parent: None, memo: None };
        let stopped = Observed::Ended { trial, outcome: Outcome::Pruned { step: 2, value: Some(2.0) } };
        promotion.learn(&[created, complete(3.0), on(3), stopped, on(9), complete(1.0)]);
        let outcomes: Vec<Outcome> = told
            .lock()
            .unwrap()
            .iter()
            .filter_map(|event| match event {
                Observed::Ended { outcome, .. } => Some(outcome.clone()),
                _ => None,
            })
            .collect();
        assert_eq!(
            outcomes,
            [
                Outcome::Pruned { step: 1, value: Some(3.0) },
                Outcome::Pruned { step: 3, value: Some(2.0) },
                Outcome::Complete { values: vec![1.0], violations: vec![] },
            ]
        );
        assert_eq!(told.lock().unwrap().len(), 6);
    }
}
