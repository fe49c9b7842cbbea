//! Promotion: a sampler around another one, which decides at each turn whether an ended trial goes on to the next
//! level, and lets the other propose a new trial otherwise.

use std::collections::BTreeMap;

use super::ladder::Ladder;
use super::{AshaOptions, Brackets, HyperbandOptions};
use crate::{Ask, Decision, Level, Observed, Outcome, Proposal, Sampler, SearchError, TrialId};

/// `asha` and `hyperband`, the promotion kind (Li et al. 2020, arXiv:1810.05934, algorithm 2; the brackets of Li et al.
/// 2018, arXiv:1603.06560). No trial waits for another: whenever a slot is free, the best trial that waits among the best
/// 1/η of the highest rung possible goes on, and where none does, a new trial begins at the first level of its bracket.
///
/// The sampler inside learns of each level's results: a trial below the top as one that was pruned there, and again
/// each time it ends. Failed trials stand on no rung, so that the best 1/η are of trials that have values; one that
/// fails after it went on has used up its promotion. Points that people gave, which have no level, run to the end and
/// are compared with nobody.
///
/// All that it knows follows from what it was told (invariant HISTORY): who went on stands in
/// [`Observed::Continued`], whoever decided it, and a trial's bracket is the one that begins where it began.
pub(crate) struct Promotion {
    inner: Box<dyn Sampler>,
    /// How far trials run to their end.
    top: Option<Level>,
    /// Which bracket a new trial is in; there is one for `asha`.
    brackets: Option<Brackets>,
    ladders: Vec<Ladder>,
    /// Which bracket each trial is in.
    bracket_of: BTreeMap<TrialId, usize>,
    /// How many trials began at a level.
    began: u64,
}

impl Promotion {
    pub(crate) fn asha(inner: Box<dyn Sampler>, options: &AshaOptions) -> Self {
        let levels: Vec<Level> = options.rungs().levels().collect();
        Promotion::new(
            inner,
            None,
            vec![Ladder::new(levels, options.reduction_factor)],
            options.rungs().top(),
        )
    }

    pub(crate) fn hyperband(inner: Box<dyn Sampler>, options: &HyperbandOptions) -> Self {
        let brackets = options.brackets();
        let ladders =
            brackets.iter().map(|bracket| Ladder::new(bracket.levels.clone(), options.reduction_factor));
        let ladders = ladders.collect();
        Promotion::new(inner, Some(brackets), ladders, Some(Level(options.max_resource)))
    }

    fn new(
        inner: Box<dyn Sampler>,
        brackets: Option<Brackets>,
        ladders: Vec<Ladder>,
        top: Option<Level>,
    ) -> Self {
        Promotion { inner, top, brackets, ladders, bracket_of: BTreeMap::new(), began: 0 }
    }

    fn ladder(&mut self, trial: TrialId) -> Option<&mut Ladder> {
        self.ladders.get_mut(*self.bracket_of.get(&trial)?)
    }

    /// Where a trial's bracket is to be told by its first level.
    fn enter(&mut self, trial: TrialId, level: Option<Level>) {
        let known = level.zip(self.brackets.as_ref()).and_then(|(level, brackets)| brackets.of_level(level));
        self.bracket_of.insert(trial, known.unwrap_or(0));
        self.began += u64::from(level.is_some());
    }

    fn take_in(&mut self, event: &Observed) {
        match event {
            Observed::Created { trial, level, .. } => {
                self.enter(*trial, *level);
                self.ladder(*trial).into_iter().for_each(|ladder| ladder.began(*trial, *level));
            }
            Observed::Continued { trial, level, .. } => {
                self.ladder(*trial).into_iter().for_each(|ladder| ladder.goes_on(*trial, Some(*level)));
            }
            Observed::Repeated { trial, .. } => {
                self.ladder(*trial).into_iter().for_each(|ladder| ladder.goes_on(*trial, None));
            }
            Observed::Ended { trial, outcome } => {
                self.ladder(*trial).into_iter().for_each(|ladder| ladder.ended(*trial, outcome));
            }
            Observed::Reported { .. } | Observed::Repetition { .. } | Observed::Spent { .. } => {}
        }
    }

    /// The event as the sampler inside is told of it.
    fn told(&mut self, event: &Observed) -> Observed {
        match event {
            Observed::Ended { trial, outcome } => {
                let level = self.ladder(*trial).and_then(|ladder| ladder.level(*trial));
                Observed::Ended { trial: *trial, outcome: told_outcome(level, self.top, outcome) }
            }
            other => other.clone(),
        }
    }

    /// Who goes on, and how far: of all brackets the one that comes furthest.
    fn climber(&self) -> Option<(TrialId, Level)> {
        let climbers = self.ladders.iter().filter_map(Ladder::climber);
        climbers.max_by_key(|(trial, level)| (*level, std::cmp::Reverse(*trial)))
    }

    /// Where the next new trial begins.
    fn first_level(&self) -> Option<Level> {
        let bracket = self.brackets.as_ref().map_or(0, |brackets| brackets.of(self.began));
        self.ladders.get(bracket)?.first()
    }
}

/// What a sampler is told of a trial that ran to `level`, where trials run to `top`: that it was pruned there, unless that
/// was its end.
pub(super) fn told_outcome(level: Option<Level>, top: Option<Level>, outcome: &Outcome) -> Outcome {
    match (level.filter(|level| top.is_some_and(|top| *level < top)), outcome) {
        (Some(level), Outcome::Complete { values, .. }) => {
            Outcome::Pruned { step: level.0, value: values.first().copied() }
        }
        (Some(level), Outcome::Pruned { value, .. }) => Outcome::Pruned { step: level.0, value: *value },
        _ => outcome.clone(),
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
        if let Some((trial, level)) = self.climber() {
            return Ok(Proposal::Continue { trial, level }.into());
        }
        let Decision { proposal, memo } = self.inner.propose(ask)?;
        let proposal = match proposal {
            Proposal::New { point, level, parent } => {
                Proposal::New { point, level: level.or(self.first_level()), parent }
            }
            // Who runs now may yet be among the best.
            Proposal::Exhausted(_) if self.ladders.iter().any(Ladder::is_busy) => Proposal::Wait,
            other => other,
        };
        Ok(Decision { proposal, memo })
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::DecisionId;

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
        let mut promotion = Promotion::asha(Box::new(Spy(told.clone())), &options);
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
