//! A study in memory, for the checks.

use std::sync::Arc;

use space::{NEUTRAL, Point, Scalar, Space};

use super::Make;
use super::spaces::Named;
use crate::{Ask, Decision, DecisionId, Observed, Outcome, Proposal, Sampler, SearchError, Spent, TrialId};

/// A sampler, a space, and all that happened.
pub(crate) struct Study {
    pub(crate) name: &'static str,
    pub(crate) space: Arc<Space>,
    pub(crate) sampler: Box<dyn Sampler>,
    pub(crate) events: Vec<Observed>,
    pub(crate) points: Vec<Arc<Point>>,
    seed: u64,
}

impl Study {
    /// `None` where the sampler cannot work in the space.
    pub(crate) fn new(make: Make<'_>, named: &Named, seed: u64) -> Option<Study> {
        let sampler = match make(named.space.clone()) {
            Ok(sampler) => sampler,
            Err(SearchError::Unsuitable(_)) => return None,
            Err(error) => unreachable!("{}: making the sampler ended with: {error}", named.name),
        };
        let space = named.space.clone();
        Some(Study { name: named.name, space, sampler, events: Vec::new(), points: Vec::new(), seed })
    }

    /// What the sampler proposes next.
    pub(crate) fn ask(&mut self) -> Decision {
        self.ask_as(self.points.len() as u64)
    }

    /// What it proposes for another decision.
    pub(crate) fn ask_as(&mut self, decision: u64) -> Decision {
        let ask = Ask { space: &self.space, seed: self.seed, decision: DecisionId(decision), budget: None };
        let decided = self.sampler.propose(&ask);
        assert!(decided.is_ok(), "{}: {decided:?} after {} trials", self.name, self.points.len());
        decided.unwrap_or(Proposal::Exhausted(Spent::Space).into())
    }

    /// Starts what is proposed; its trial, or `None` at the end.
    pub(crate) fn start(&mut self) -> Option<TrialId> {
        let decided = self.ask();
        self.start_with(decided)
    }

    pub(crate) fn start_with(&mut self, decided: Decision) -> Option<TrialId> {
        let Proposal::New { point, level, parent } = decided.proposal else { return None };
        let trial = TrialId(self.points.len() as u64);
        let point = Arc::new(point);
        self.points.push(point.clone());
        let decision = Some(DecisionId(trial.0));
        self.learn(Observed::Created { trial, decision, point, level, parent, memo: decided.memo });
        Some(trial)
    }

    pub(crate) fn end(&mut self, trial: TrialId, outcome: Outcome) {
        self.learn(Observed::Ended { trial, outcome });
    }

    /// Starts and ends a trial with the value of [`bowl`]; `None` at the end.
    pub(crate) fn step(&mut self) -> Option<f64> {
        self.step_on(Study::bowl)
    }

    /// Likewise with another objective.
    pub(crate) fn step_on(&mut self, objective: impl Fn(&Study, TrialId) -> f64) -> Option<f64> {
        let trial = self.start()?;
        let value = objective(self, trial);
        self.end(trial, complete(value));
        Some(value)
    }

    pub(crate) fn bowl(&self, trial: TrialId) -> f64 {
        bowl(&self.space, &self.points[trial.0 as usize])
    }

    /// The sum of the trial's coordinates in the unit cube.
    pub(crate) fn height(&self, trial: TrialId) -> f64 {
        units(&self.space, &self.points[trial.0 as usize]).iter().sum()
    }

    /// As [`bowl`](Self::bowl), but options cost more the later they stand, and inactive parameters nothing: 0 can be
    /// reached, or nearly.
    pub(crate) fn valley(&self, trial: TrialId) -> f64 {
        self.cost(trial, 0.1, centre)
    }

    /// As [`valley`](Self::valley) about the centre's mirror image, and options cost less the later they stand.
    pub(crate) fn mirrored(&self, trial: TrialId) -> f64 {
        0.5 + self.cost(trial, -0.1, |coordinate| 1.0 - centre(coordinate))
    }

    fn cost(&self, trial: TrialId, option_cost: f64, centre: impl Fn(usize) -> f64) -> f64 {
        let point = &self.points[trial.0 as usize];
        let units = units(&self.space, point);
        let cost = |(i, value): (usize, Option<&Scalar>)| match value {
            None => 0.0,
            Some(Scalar::Choice(option)) => option_cost * f64::from(*option),
            Some(_) => {
                let own = self.space.encoding().coordinates(i);
                own.map(|j| (units[j] - centre(j)) * (units[j] - centre(j))).sum()
            }
        };
        point.iter().enumerate().map(cost).sum()
    }

    pub(crate) fn learn(&mut self, event: Observed) {
        self.sampler.learn(std::slice::from_ref(&event));
        self.events.push(event);
    }
}

pub(crate) fn complete(value: f64) -> Outcome {
    Outcome::Complete { values: vec![value], violations: vec![] }
}

/// A bowl in the unit cube, its centre off the middle; inactive parameters count as if they were well off.
pub(crate) fn bowl(space: &Space, point: &Point) -> f64 {
    units(space, point).iter().enumerate().map(|(i, u)| (u - centre(i)) * (u - centre(i))).sum()
}

fn centre(coordinate: usize) -> f64 {
    0.2 + 0.6 * ((coordinate * 7 + 3) % 10) as f64 / 10.0
}

fn units(space: &Space, point: &Point) -> Vec<f64> {
    let mut units = vec![NEUTRAL; space.encoding().width()];
    space.encode(point, &mut units);
    units
}
