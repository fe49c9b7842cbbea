//! The choice of a method where none is named.
//!
//! The given points come first, then the defaults or the centre, then a few scrambled Sobol points. What follows depends on
//! the space and on how far the study is ([`plan`]):
//!
//! - With few parameters Gaussian processes and CMA-ES take turns, by what each has found lately ([`arms`]); CMA-ES learns
//!   from what the others find as from points that are put into its generations.
//! - With many parameters or trials CMA-ES leads, and each of its generations gets a point or two of a Gaussian process in a
//!   box around the best trial; so it is where many trials run at a time, with generations of half as many.
//! - Where most trials end early, a Gaussian process learns from the furthest step that enough of them came to.
//! - Where options decide more than numbers do TPE takes the place of CMA-ES, however many trials run at a time.
//! - With several objectives Gaussian processes, which fill the front, and TPE, which looks elsewhere too, alternate; with
//!   many of them or many trials it is a genetic algorithm.
//! - With thousands of trials, or hundreds of parameters under conditions, it is TPE.
//!
//! Whose turn a trial was stands in its memo; the method, and why, where it changes (invariant HISTORY).

mod arms;
mod plan;

use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Value, json};
use space::{Point, Space};

use self::arms::{Arm, Arms};
use self::plan::{Character, OBJECTIVES, Plan, Progress, crowded};
use crate::cmaes::{Beginning, Cmaes, Foreign, Role};
use crate::gp::{Gp, View};
use crate::opening;
use crate::random::Random;
use crate::sobol::Sobol;
use crate::standing::Standing;
use crate::strategy::{Draft, Strategy};
use crate::tpe::Tpe;
use crate::{
    Ask, CmaesOptions, GpOptions, Nsga2Options, Nsga3Options, Observed, Outcome, Restarts, SearchError,
    Setting, SobolOptions, TpeOptions, TrialId,
};
use crate::{nsga2, nsga3};

/// The keys in a memo: the method where it changes, why, and whose turn it was.
const METHOD: &str = "auto";
const WHY: &str = "why";
const ARM: &str = "turn";
/// Trials that a model is made of at most, and those that it is fitted to, so that an ask takes tens of milliseconds at most.
const MODELLED: u32 = 250;
const FITTED: usize = 100;
/// The first step size of CMA-ES, which begins at the best of the first trials.
const SIGMA: f64 = 0.15;
/// Points of others that stand beside a generation's own, and turns that a Gaussian process has in each.
const INJECTED: usize = 2;
/// Where many trials run at a time, so many turns have one of a Gaussian process nearby and one anywhere.
const CROWD_TURNS: usize = 8;

/// See the module.
pub(crate) struct Auto {
    character: Character,
    /// `None` where the space has more coordinates than the sequence.
    sobol: Option<Sobol>,
    /// `None` where there are more objectives than it can do.
    gp: Option<Gp>,
    cmaes: Cmaes,
    tpe: Tpe,
    /// For several objectives; NSGA-III for more than the Gaussian processes can do.
    genetic: Option<Box<dyn Strategy>>,
    arms: Arms,
    trials: usize,
    running: BTreeSet<TrialId>,
    /// Whether many run at a time.
    crowded: bool,
    /// Trials with a value, and those that ended before they had one.
    complete: BTreeSet<TrialId>,
    early: BTreeSet<TrialId>,
    /// The method that was named last.
    method: Option<String>,
    /// Trials since the last of a Gaussian process.
    since_model: usize,
}

impl Auto {
    pub(crate) fn new(space: &Arc<Space>, setting: &Setting<'_>) -> Result<Self, SearchError> {
        let objectives = setting.objectives;
        let gp = GpOptions { history: MODELLED, ..GpOptions::default() };
        let cmaes = CmaesOptions {
            sigma: SIGMA,
            restarts: Restarts::Ipop,
            warm_start: false,
            ..CmaesOptions::default()
        };
        let character = Character::of(space, objectives);
        let third = if character.is_of_options() { Arm::Parzen } else { Arm::Evolution };
        let role = Role { foreign: Foreign::Best(INJECTED), beginning: Beginning::Best, ..Role::ALONE };
        Ok(Auto {
            character,
            sobol: Sobol::new(space, SobolOptions::default()).ok(),
            gp: Gp::new(space, objectives, gp).ok().map(|gp| gp.fitted_to(FITTED)),
            cmaes: Cmaes::new(space.clone(), cmaes, role)?,
            tpe: Tpe::new(space, TpeOptions::default(), setting)?,
            genetic: genetic(space, objectives)?,
            arms: Arms::with(third),
            trials: 0,
            running: BTreeSet::new(),
            crowded: false,
            complete: BTreeSet::new(),
            early: BTreeSet::new(),
            method: None,
            since_model: 0,
        })
    }

    /// How many results there are before a model is asked.
    fn opening(&self) -> usize {
        opening::results(self.character.dimension)
    }

    /// One of the first trials: the defaults or the centre, then Sobol's points.
    fn open(
        &mut self,
        ask: &Ask<'_>,
        attempt: u32,
        accept: &dyn Fn(&Point) -> bool,
    ) -> Result<Draft, SearchError> {
        if self.trials == 0 && attempt == 0 {
            let point = opening::point(ask.space);
            if accept(&point) {
                return Ok(Draft::Point(point, None));
            }
        }
        match &mut self.sobol {
            Some(sobol) => sobol.draw(ask, attempt, accept),
            None => Random.draw(ask, attempt, accept),
        }
    }

    /// Whose turn it is.
    fn turn(&self, plan: Plan) -> Arm {
        let due = self.cmaes.population() / INJECTED;
        match plan {
            Plan::Models | Plan::Options => self.arms.next(),
            Plan::Front if self.trials.is_multiple_of(2) => Arm::Parzen,
            Plan::Front => Arm::Global,
            Plan::Crowd => match self.trials % CROWD_TURNS {
                0 => Arm::Near,
                1 => Arm::Global,
                _ => Arm::Evolution,
            },
            _ if self.since_model + 1 >= due => Arm::Near,
            _ => Arm::Evolution,
        }
    }

    /// What the models and CMA-ES propose.
    fn modelled(
        &mut self,
        ask: &Ask<'_>,
        attempt: u32,
        accept: &dyn Fn(&Point) -> bool,
        plan: Plan,
    ) -> Result<Draft, SearchError> {
        if self.complete.len() < self.opening() {
            return self.open(ask, attempt, accept);
        }
        let arm = self.turn(plan);
        let named = |memo: Option<Value>, arm: Arm| Some(with(memo, ARM, arm.name()));
        if let Some(gp) = &self.gp
            && arm.is_model()
            && attempt == 0
            && let Some((point, memo)) = gp.by_model(ask, accept, arm == Arm::Near, View::Outcomes)
        {
            return Ok(Draft::Point(point, named(memo, arm)));
        }
        let (draft, arm) = match plan {
            Plan::Front if arm != Arm::Parzen => return Random.draw(ask, attempt, accept),
            Plan::Options | Plan::Front => (self.tpe.draw(ask, attempt, accept)?, Arm::Parzen),
            _ => {
                let population = (plan == Plan::Crowd).then_some(self.running.len() as u32 / 2);
                (self.cmaes.draw_of(ask, attempt, accept, population)?, Arm::Evolution)
            }
        };
        Ok(match draft {
            Draft::Point(point, memo) => Draft::Point(point, named(memo, arm)),
            other => other,
        })
    }

    /// What a model proposes of the furthest step that enough trials came to, everywhere and nearby by turns.
    fn by_steps(
        &mut self,
        ask: &Ask<'_>,
        attempt: u32,
        accept: &dyn Fn(&Point) -> bool,
    ) -> Result<Draft, SearchError> {
        let near = self.trials % 2 == 1;
        if attempt == 0
            && let Some(gp) = &self.gp
            && let Some(view) = gp.view()
            && let Some((point, memo)) = gp.by_model(ask, accept, near, view)
        {
            return Ok(Draft::Point(point, memo));
        }
        self.open(ask, attempt, accept)
    }

    fn begin(&mut self, trial: TrialId, memo: Option<&Value>) {
        let text = |key| memo.and_then(|m| m.get(key)?.as_str());
        self.trials += 1;
        self.running.insert(trial);
        self.crowded = crowded(self.crowded, self.running.len());
        self.since_model += 1;
        if let Some(method) = text(METHOD) {
            self.method = Some(method.to_owned());
        }
        if let Some(arm) = text(ARM).and_then(Arm::read) {
            self.arms.start(trial, arm);
            if arm.is_model() {
                self.since_model = 0;
            }
        }
    }

    fn end(&mut self, trial: TrialId, outcome: &Outcome) {
        self.running.remove(&trial);
        self.complete.remove(&trial);
        self.early.remove(&trial);
        match outcome {
            Outcome::Complete { .. } => self.complete.insert(trial),
            Outcome::Pruned { .. } => self.early.insert(trial),
            Outcome::Failed => false,
        };
        let value = match Standing::of(outcome) {
            Some(Standing::Feasible(value)) => value,
            _ => f64::INFINITY,
        };
        self.arms.end(trial, value);
    }
}

fn genetic(space: &Space, objectives: usize) -> Result<Option<Box<dyn Strategy>>, SearchError> {
    Ok(match objectives {
        0 | 1 => None,
        2..=OBJECTIVES => Some(Box::new(nsga2::new(space, objectives, &Nsga2Options::default())?)),
        _ => Some(Box::new(nsga3::new(space, objectives, &Nsga3Options::default())?)),
    })
}

/// Which method was chosen with a decision, and why: what the decision's memo tells where it changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Choice<'a> {
    /// From this trial on.
    pub method: &'a str,
    /// Because of this.
    pub why: &'a str,
}

impl<'a> Choice<'a> {
    /// Reads a decision's memo; `None` where it tells of no choice.
    pub fn of(memo: &'a Value) -> Option<Self> {
        Some(Choice { method: memo.get(METHOD)?.as_str()?, why: memo.get(WHY)?.as_str()? })
    }
}

/// A memo with another entry.
fn with(memo: Option<Value>, key: &str, value: &str) -> Value {
    let mut memo = memo.unwrap_or_else(|| json!({}));
    memo[key] = value.into();
    memo
}

impl Strategy for Auto {
    fn learn(&mut self, events: &[Observed]) {
        if let Some(sobol) = &mut self.sobol {
            sobol.learn(events);
        }
        if self.character.is_for_models() {
            if let Some(gp) = &mut self.gp {
                gp.learn(events);
            }
            if self.genetic.is_none() && !self.character.is_of_options() {
                self.cmaes.learn(events);
            }
        }
        self.tpe.learn(events);
        if let Some(genetic) = &mut self.genetic {
            genetic.learn(events);
        }
        for event in events {
            match event {
                Observed::Created { trial, memo, .. } => self.begin(*trial, memo.as_ref()),
                Observed::Ended { trial, outcome } => self.end(*trial, outcome),
                Observed::Continued { trial, .. } | Observed::Repeated { trial, .. } => {
                    self.running.insert(*trial);
                }
                Observed::Repetition { .. } | Observed::Spent { .. } | Observed::Reported { .. } => {}
            }
        }
    }

    fn draw(
        &mut self,
        ask: &Ask<'_>,
        attempt: u32,
        accept: &dyn Fn(&Point) -> bool,
    ) -> Result<Draft, SearchError> {
        let (trials, crowded) = (self.trials, self.crowded);
        let (complete, early) = (self.complete.len(), self.early.len());
        let progress = Progress { trials, crowded, complete, early, budget: ask.budget };
        let (plan, why) = self.character.plan(progress);
        let has_defaults = ask.space.parameters().iter().any(|p| p.default.is_some());
        let draft = match plan {
            _ if trials == 0 && attempt == 0 && has_defaults => self.open(ask, attempt, accept)?,
            Plan::Random => Random.draw(ask, attempt, accept)?,
            Plan::Parzen => self.tpe.draw(ask, attempt, accept)?,
            Plan::Nsga2 | Plan::Nsga3 => match &mut self.genetic {
                Some(genetic) => genetic.draw(ask, attempt, accept)?,
                None => Random.draw(ask, attempt, accept)?,
            },
            Plan::Steps => self.by_steps(ask, attempt, accept)?,
            Plan::Models | Plan::Options | Plan::Evolution | Plan::Crowd | Plan::Front => {
                self.modelled(ask, attempt, accept, plan)?
            }
        };
        Ok(match draft {
            Draft::Point(point, memo) if self.method.as_deref() != Some(plan.name()) => {
                Draft::Point(point, Some(with(Some(with(memo, METHOD, plan.name())), WHY, why)))
            }
            draft => draft,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{DecisionId, Proposal};

    #[test]
    fn a_crowd_has_generations_of_half_as_many_and_a_model_has_two_turns_in_eight() {
        let declared = json!({"x": {"float": [0.0, 1.0]}, "y": {"float": [0.0, 1.0]}});
        let space = Arc::new(Space::build(&serde_json::from_value(declared).unwrap(), &[]).unwrap());
        let mut sampler = crate::build(&crate::SamplerSpec::default(), space.clone(), 1).unwrap();
        let mut memos = Vec::new();
        let mut ended = 0;
        for k in 0..120 {
            let ask = Ask { space: &space, seed: 5, decision: DecisionId(k), budget: Some(1000) };
            let decision = sampler.propose(&ask).unwrap();
            let Proposal::New { point, .. } = decision.proposal else { panic!("{decision:?}") };
            memos.push(decision.memo.clone().unwrap_or_default());
            sampler.learn(&[Observed::Created {
                trial: TrialId(k),
                decision: Some(DecisionId(k)),
                point: Arc::new(point),
                level: None,
                parent: None,
                memo: decision.memo,
            }]);
            // Forty run, and the oldest ends.
            if k >= 40 {
                let outcome = Outcome::Complete { values: vec![ended as f64], violations: vec![] };
                sampler.learn(&[Observed::Ended { trial: TrialId(ended), outcome }]);
                ended += 1;
            }
        }
        let begun = memos.iter().find(|memo| memo.get("cmaes").is_some()).unwrap();
        assert_eq!(begun["cmaes"]["population"], json!(20));
        let turns = |name: &str| memos[80..].iter().filter(|memo| memo[ARM] == name).count();
        assert_eq!([turns("gp"), turns("gp nearby"), turns("cmaes")], [5, 5, 30]);
        // Fifteen of them end together: the method stays.
        for trial in ended..ended + 15 {
            let outcome = Outcome::Complete { values: vec![0.0], violations: vec![] };
            sampler.learn(&[Observed::Ended { trial: TrialId(trial), outcome }]);
        }
        let ask = Ask { space: &space, seed: 5, decision: DecisionId(120), budget: Some(1000) };
        assert_eq!(sampler.propose(&ask).unwrap().memo.unwrap().get(METHOD), None);
    }
}
