//! `pbt`: population based training (Jaderberg et al. 2017, arXiv:1711.09846), asynchronous, as Ray Tune does it.

mod explore;
mod options;
mod population;

use std::sync::Arc;

use serde_json::{Value, json};
use space::{Point, Space};

use self::explore::explored;
use self::population::{Population, Turn};
use super::promotion::told_outcome;
use crate::{
    Ask, Decision, Level, Observed, Outcome, Proposal, Purpose, Sampler, SearchError, Spent, TrialId,
};

pub use options::PbtOptions;

/// How often a point is drawn for a member that begins anew, before space constraints are given up on.
const DRAWS: u32 = 1_000;

/// A sampler around another one, which draws the first configurations of the population.
///
/// A member is a chain of trials: each runs for one interval from the checkpoint of another trial, its *parent*, which
/// has ended and will not run again; so what is copied never changes meanwhile, whoever runs at the time. At the end of
/// an interval a member goes on from its own last trial, or, if its score is among the worst, from that of one of the
/// best (exploit) and with that one's configuration changed (explore). Nobody waits for others: scores are compared as
/// they are, each member's last.
///
/// One that fails takes over from one of the best as well. Points that people gave have no level, run to the end and are
/// no members.
///
/// All that it knows follows from what it was told (invariant HISTORY): after which trial a trial came stands in its memo.
pub(crate) struct Pbt {
    inner: Box<dyn Sampler>,
    options: PbtOptions,
    may_change: Vec<bool>,
    population: Population,
}

impl Pbt {
    /// # Errors
    /// [`SearchError::Unsuitable`] where a parameter that is to be mutated is not in the space.
    pub(crate) fn new(
        inner: Box<dyn Sampler>,
        space: &Space,
        options: &PbtOptions,
    ) -> Result<Self, SearchError> {
        let mut may_change = vec![options.mutate.is_none(); space.parameters().len()];
        for path in options.mutate.iter().flatten() {
            match space.index(path).and_then(|i| may_change.get_mut(i)) {
                Some(may) => *may = true,
                None => {
                    let paths = space.parameters().iter().map(|parameter| parameter.path.as_str());
                    let hint = space::nearest(path, paths);
                    let hint = hint.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
                    let message = format!("pbt: mutate names `{path}`, which is no parameter{hint}");
                    return Err(SearchError::Unsuitable(message));
                }
            }
        }
        Ok(Pbt { inner, options: options.clone(), may_change, population: Population::default() })
    }

    fn top(&self) -> Level {
        Level(self.options.max_resource)
    }

    /// The end of the interval that begins at `level`.
    fn next(&self, level: u64) -> Level {
        Level(level.saturating_add(self.options.perturbation_interval)).min(self.top())
    }

    fn take_in(&mut self, event: &Observed) {
        match event {
            Observed::Created { trial, point, level: Some(level), memo, .. } => {
                self.population.began(*trial, *level, point.clone(), after(memo.as_ref()));
            }
            Observed::Continued { trial, .. } | Observed::Repeated { trial, .. } => {
                self.population.runs_again(*trial);
            }
            Observed::Ended { trial, outcome } => self.population.ended(*trial, outcome),
            Observed::Created { .. }
            | Observed::Reported { .. }
            | Observed::Repetition { .. }
            | Observed::Spent { .. } => {}
        }
    }

    /// The outcome as the sampler inside is told of it: a trial that has not come to the end was stopped there.
    fn told(&self, trial: TrialId, outcome: &Outcome) -> Outcome {
        told_outcome(self.population.level(trial), Some(self.top()), outcome)
    }

    /// The trial that goes on after `member`, from the checkpoint of `parent`.
    fn successor(&self, member: TrialId, parent: Option<TrialId>, level: Level, point: Point) -> Decision {
        let proposal = Proposal::New { point, level: Some(level), parent };
        Decision { proposal, memo: Some(json!({ "pbt": { "after": member.0 } })) }
    }

    fn take_over(
        &mut self,
        ask: &Ask<'_>,
        member: TrialId,
        from: &[population::Scored],
    ) -> Result<Decision, SearchError> {
        let mut stream = ask.stream(Purpose::Propose);
        // As many as there are members: an index of theirs.
        let which = stream.below(from.len().max(1) as u64) as usize;
        let Some(donor) = from.get(which) else {
            let point = self.anew(ask)?;
            return Ok(self.successor(member, None, self.next(0), point));
        };
        let point = explored(ask.space, &donor.point, &self.may_change, &self.options, &mut stream);
        Ok(self.successor(member, Some(donor.trial), self.next(donor.level.0), point))
    }

    /// A configuration to begin anew with: the sampler's, or where it has none left a draw.
    fn anew(&mut self, ask: &Ask<'_>) -> Result<Point, SearchError> {
        if let Proposal::New { point, .. } = self.inner.propose(ask)?.proposal {
            return Ok(point);
        }
        for draw in 0..DRAWS {
            let point = ask.space.sample(&mut ask.stream(Purpose::Retry(draw)));
            if ask.space.allows(&point) {
                return Ok(point);
            }
        }
        Err(SearchError::Infeasible { tries: u64::from(DRAWS) })
    }
}

/// After which trial a trial comes, by its memo.
fn after(memo: Option<&Value>) -> Option<TrialId> {
    memo?.get("pbt")?.get("after")?.as_u64().map(TrialId)
}

impl Sampler for Pbt {
    fn learn(&mut self, events: &[Observed]) {
        let mut told = Vec::with_capacity(events.len());
        for event in events {
            self.take_in(event);
            told.push(match event {
                Observed::Ended { trial, outcome } => {
                    Observed::Ended { trial: *trial, outcome: self.told(*trial, outcome) }
                }
                other => other.clone(),
            });
        }
        self.inner.learn(&told);
    }

    fn propose(&mut self, ask: &Ask<'_>) -> Result<Decision, SearchError> {
        if self.population.len() < self.options.population as usize {
            let Decision { proposal, memo } = self.inner.propose(ask)?;
            match proposal {
                Proposal::New { point, parent, .. } => {
                    let proposal = Proposal::New { point, level: Some(self.next(0)), parent };
                    return Ok(Decision { proposal, memo });
                }
                // A small space makes a small population.
                Proposal::Exhausted(_) => {}
                other => return Ok(Decision { proposal: other, memo }),
            }
        }
        let burn_in = Level(self.options.burn_in_period);
        match self.population.turn(burn_in, self.top(), self.options.quantile_fraction) {
            Some(Turn::GoOn(own)) => {
                let level = self.next(own.level.0);
                Ok(self.successor(own.trial, Some(own.trial), level, Arc::unwrap_or_clone(own.point)))
            }
            Some(Turn::TakeOver { member, from }) => self.take_over(ask, member, &from),
            // Who runs now goes on later.
            None if self.population.is_busy() => Ok(Proposal::Wait.into()),
            None => Ok(Proposal::Exhausted(Spent::Population).into()),
        }
    }
}
