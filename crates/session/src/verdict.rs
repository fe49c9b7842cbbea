//! Verdicts: whether a run that reports goes on, by the study's rule.
//!
//! The rule is told what happened as the sampler is. Under a lag each round of a trial is judged by what the turn that began
//! it was decided with, and by what the run itself reported up to the step: by a rule of its own, forked where the turn
//! stands in the order of turns (invariant LAG).

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, MutexGuard, PoisonError};

use indexmap::IndexMap;
use search::{Pruner, PrunerSpec, Question, SearchError, Sense, TrialId};
use space::Space;
use store::Durability;
use study::{
    Direction, EventBody, Foreseen, Judge, Reader, Real, Reported, RunKey, Settings, Stopped, Study, Trial,
    Verdict,
};

use crate::state::State;
use crate::{Claim, Session, SessionError, tell};

/// The rule of a session, and what it has learned; behind a lock that only reports take.
#[derive(Default)]
pub(crate) struct Rules {
    built: Option<Built>,
}

struct Built {
    /// `None` where no rule stops runs.
    rule: Option<Box<dyn Pruner>>,
    /// Rules look at no points.
    no_space: Arc<Space>,
    /// Whether it has learned what had happened when it was built.
    is_fed: bool,
    /// How far the rule has read in the order of turns.
    reader: Reader,
    /// Under a lag, the rules of the rounds that run.
    rounds: BTreeMap<TrialId, OfRound>,
}

/// The rule that judges one round.
struct OfRound {
    round: u32,
    rule: Box<dyn Pruner>,
    /// How many reports of the trial each repetition's share was taught from.
    taught: BTreeMap<u32, usize>,
}

impl fmt::Debug for Rules {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Rules").field("is_built", &self.built.is_some()).finish_non_exhaustive()
    }
}

/// The rule that a study's settings describe; `None` for one that promotes, which works around the sampler.
pub(crate) fn build(spec: &PrunerSpec, settings: &Settings) -> Result<Option<Box<dyn Pruner>>, SearchError> {
    let senses: Vec<Sense> = settings.objectives.iter().map(|objective| sense(objective.direction)).collect();
    search::build_pruner(spec, &senses)
}

fn sense(direction: Direction) -> Sense {
    match direction {
        Direction::Minimize => Sense::Minimize,
        Direction::Maximize => Sense::Maximize,
    }
}

impl Rules {
    fn built(&mut self, study: &Study) -> Result<&mut Built, SessionError> {
        let built = match self.built.take() {
            Some(built) => built,
            None => {
                let settings = study.settings();
                let rule = settings.pruner.as_ref().map(|spec| build(spec, settings)).transpose();
                let named = |source| SessionError::Search { study: study.name().to_owned(), source };
                let rule = rule.map_err(named)?.flatten();
                let no_space = Arc::new(Space::from_domains(IndexMap::new())?);
                let (is_fed, reader) = (false, Reader::default());
                Built { rule, no_space, is_fed, reader, rounds: BTreeMap::new() }
            }
        };
        Ok(self.built.insert(built))
    }
}

impl Built {
    /// What a rule makes of a report; `None` where no rule acts on it.
    fn judge(&mut self, state: &mut State, question: &Question) -> Option<Verdict> {
        let rule = if state.study.lag().is_some() {
            self.catch_up_in_turn(&state.study, &state.judge);
            self.of_round(&state.study, &state.judge, question)?
        } else {
            let rule = self.rule.as_mut()?;
            rule.learn(&state.rule_feed(&self.no_space, !self.is_fed));
            self.is_fed = true;
            rule
        };
        rule.acts_on(question).then(|| rule.judge(question))
    }

    /// After which of a trial's repetitions, which came to these values, the rule ends it: the first, by number, up to which
    /// it is bad enough.
    fn judge_repetitions(&mut self, state: &mut State, trial: TrialId, values: &[f64]) -> Option<Stopped> {
        let rule = if state.study.lag().is_some() {
            self.catch_up_in_turn(&state.study, &state.judge);
            &self.rounds.get(&trial)?.rule
        } else {
            let rule = self.rule.as_mut()?;
            rule.learn(&state.rule_feed(&self.no_space, !self.is_fed));
            self.is_fed = true;
            rule
        };
        let bad = |count: &usize| {
            values.get(..*count).map(|values| rule.judge_repetitions(values)) == Some(Verdict::Prune)
        };
        let compared = (1..=values.len()).find(bad)?;
        Some(Stopped { repetition: (compared - 1) as u32, compared: compared as u64 })
    }

    /// Learns what came since in the order of turns, and forks a rule where a turn begins a round that runs.
    fn catch_up_in_turn(&mut self, study: &Study, judge: &Judge) {
        let Built { rule: Some(rule), no_space, reader, rounds, .. } = self else { return };
        let runs = |trial: TrialId, round: u32| {
            study.trial(trial).is_some_and(|trial| trial.round() == round && !trial.state().is_ended())
        };
        loop {
            let mut observed = Vec::new();
            let begun = study.read_turn(reader, judge, no_space, &mut observed);
            rule.learn(&observed);
            let Some(begun) = begun else { break };
            if runs(begun.trial, begun.round) {
                let of_round = OfRound { round: begun.round, rule: rule.fork(), taught: BTreeMap::new() };
                rounds.insert(begun.trial, of_round);
            }
        }
        rounds.retain(|trial, of_round| runs(*trial, of_round.round));
    }

    /// The rule of the round that a question is about, taught what the same repetition reported before.
    fn of_round(
        &mut self,
        study: &Study,
        judge: &Judge,
        question: &Question,
    ) -> Option<&mut Box<dyn Pruner>> {
        let OfRound { rule, taught, .. } = self.rounds.get_mut(&question.trial)?;
        let from = taught.entry(question.repetition).or_default();
        let (to, observed) = study.reports_of(question.trial, question.repetition, *from, judge);
        *from = to;
        rule.learn(&observed);
        Some(rule)
    }
}

impl Session {
    /// Takes in what a run reports at a step and says whether it goes on. What the study's rule acts on stands in the log
    /// with its verdict; told again, as by a run that was adopted or started anew, it has the same verdict. A run that was
    /// given up goes on here: that it is to end is said elsewhere.
    ///
    /// # Errors
    /// Where there is no such trial, or the store refuses.
    pub fn report_run(
        &self,
        claim: Claim,
        step: u64,
        values: &IndexMap<String, Real>,
    ) -> Result<Verdict, SessionError> {
        let RunKey { trial, repetition, .. } = claim.run;
        let verdict = {
            let mut rules = self.rules();
            let mut state = self.lock();
            let found = tell::find(&state.study, trial)?;
            if !holds(found, claim) {
                return Ok(Verdict::Go);
            }
            if let Some(verdict) = found.verdict(repetition, step) {
                return Ok(verdict);
            }
            let Some(value) = state.judge.first_at_report(values) else { return Ok(Verdict::Go) };
            let question = Question { trial, repetition, step, value };
            rules.built(&state.study)?.judge(&mut state, &question)
        };
        let Some(verdict) = verdict else { return Ok(Verdict::Go) };
        let reported = Reported { trial, repetition, step, values: values.clone(), verdict };
        self.append(vec![EventBody::Reported(reported)], Durability::Committed)?;
        // Of two that judged it at once the first in the log is right.
        let recorded =
            self.with_study(|study| study.trial(trial).and_then(|trial| trial.verdict(repetition, step)));
        Ok(recorded.unwrap_or(verdict))
    }

    /// What a rule that looks at repetitions makes of those that a trial has, the one that is about to be recorded
    /// included.
    ///
    /// # Errors
    /// Where the rule cannot be built.
    pub(crate) fn judge_repetitions(
        &self,
        trial: TrialId,
        foreseen: Option<Foreseen<'_>>,
    ) -> Result<Option<Stopped>, SessionError> {
        let looks =
            |study: &Study| study.settings().pruner.as_ref().is_some_and(PrunerSpec::compares_repetitions);
        if !self.with_study(looks) {
            return Ok(None);
        }
        let mut rules = self.rules();
        let mut state = self.lock();
        let values = state.study.first_repetitions(&state.judge, trial, foreseen);
        if values.is_empty() {
            return Ok(None);
        }
        Ok(rules.built(&state.study)?.judge_repetitions(&mut state, trial, &values))
    }

    fn rules(&self) -> MutexGuard<'_, Rules> {
        self.rules.lock().unwrap_or_else(|poisoned| {
            // Whoever panicked may have left it half taught.
            let mut rules = PoisonError::into_inner(poisoned);
            *rules = Rules::default();
            rules
        })
    }
}

/// Whether an attempt is under way, and its claim's.
fn holds(trial: Trial<'_>, claim: Claim) -> bool {
    trial.run(claim.run).is_some_and(|run| run.epoch() == claim.epoch && run.how().is_none())
}
