//! What a decision may know of a study with a `lag` (invariant LAG).
//!
//! A *turn* is a decision of any kind: a trial created, continued or repeated, in the order of the log. Its *outcome* is
//! the ending of the round that it began. With lag L the history is read in one order, whatever the order in which the
//! runs ended: turns 0 … L − 1, outcome 0, turn L, outcome 1, turn L + 1, … So turn t is decided with the outcomes of the
//! turns up to t − L, all of them, and with no other. Only where a sampler had to wait for more, it was decided with more:
//! then the log says with how many ([`TrialCreated::seen`](crate::TrialCreated)).

use std::collections::BTreeSet;

use indexmap::IndexMap;
use search::TrialId;
use serde::{Deserialize, Serialize};
use space::Domain;

use crate::event::How;
use crate::json_text;
use crate::rank::Rank;
use crate::record::{Past, Record, State};
use crate::study::Study;
use crate::trial::Trial;

/// A decision, and the round of a trial that it began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Turn {
    pub(crate) trial: TrialId,
    /// `None` where it began none: the trial was not over.
    pub(crate) round: Option<u32>,
    /// With how many outcomes it was decided at least; more than 0 where that is more than the lag gives.
    pub(crate) seen: u64,
}

/// The next thing in the order of turns.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Step {
    Made(Turn),
    Known(Turn),
}

/// How far the history was read in the order of turns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Prefix {
    /// So many turns.
    pub(crate) made: u64,
    /// So many outcomes.
    pub(crate) known: u64,
}

/// All turns, and what the stop rules go by: the outcomes that the next turn may know, in the order of turns.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Lagged {
    /// At least 1.
    lag: u64,
    turns: Vec<Turn>,
    prefix: Prefix,
    best: Option<Rank>,
    pub(crate) since_best: u64,
    pub(crate) failures_in_a_row: u64,
    pub(crate) failed: u64,
    pub(crate) resource: u64,
    /// What was suggested in these (define-by-run).
    #[serde(with = "json_text")]
    domains: IndexMap<String, Domain>,
}

impl Lagged {
    pub(crate) fn new(lag: u32) -> Self {
        Lagged { lag: u64::from(lag.max(1)), ..Lagged::default() }
    }

    pub(crate) fn push(&mut self, trial: TrialId, round: Option<u32>, seen: Option<u64>) {
        // Nobody can have known of outcomes of turns to come.
        let seen = seen.unwrap_or(0).min(self.turns.len() as u64);
        self.turns.push(Turn { trial, round, seen });
    }

    fn turn(&self, number: u64) -> Option<Turn> {
        self.turns.get(usize::try_from(number).ok()?).copied()
    }

    /// How many outcomes are known to turn `number`.
    fn due(&self, number: u64) -> u64 {
        let by_lag = (number + 1).saturating_sub(self.lag);
        self.turn(number).map_or(by_lag, |turn| by_lag.max(turn.seen))
    }

    /// The step after `prefix`, if it can be taken; `prefix` is then behind it.
    fn step(&self, prefix: &mut Prefix, has_outcome: impl Fn(Turn) -> bool) -> Option<Step> {
        if prefix.known < self.due(prefix.made) {
            return self.look(prefix, has_outcome);
        }
        let turn = self.turn(prefix.made)?;
        prefix.made += 1;
        Some(Step::Made(turn))
    }

    /// One outcome more, whether the next turn may know it or not.
    fn look(&self, prefix: &mut Prefix, has_outcome: impl Fn(Turn) -> bool) -> Option<Step> {
        let turn = self.turn(prefix.known).filter(|turn| has_outcome(*turn))?;
        prefix.known += 1;
        Some(Step::Known(turn))
    }

    /// The trials with a turn whose outcome the next turn may not know.
    fn unknown(&self) -> BTreeSet<TrialId> {
        let from = usize::try_from(self.prefix.known).unwrap_or(usize::MAX);
        self.turns.get(from..).unwrap_or_default().iter().map(|turn| turn.trial).collect()
    }

    /// The best feasible value, in the minimised sense.
    pub(crate) fn best_feasible(&self) -> Option<f64> {
        self.best.filter(|best| best.violation <= 0.0).map(|best| best.value)
    }
}

impl Study {
    /// The study's lag, where it has one: a decision sees the outcomes of all decisions that lie at least so many before
    /// it, and no others (invariant LAG).
    pub fn lag(&self) -> Option<u64> {
        self.lagged.as_ref().map(|lagged| lagged.lag)
    }

    /// Whether all is there that the next turn is decided with: under a lag, the outcomes of the turns that lie so far
    /// back.
    pub fn may_decide(&self) -> bool {
        let ready = |lagged: &Lagged| {
            let Prefix { made, known } = lagged.prefix;
            made == lagged.turns.len() as u64 && known >= lagged.due(made)
        };
        self.lagged.as_deref().is_none_or(ready)
    }

    /// The ended trials that stop rules and the next decision may look at, by number: all, but under a lag those whose
    /// outcome the next turn knows.
    pub fn counting(&self) -> impl Iterator<Item = Trial<'_>> {
        let unknown = self.lagged.as_deref().map(Lagged::unknown).unwrap_or_default();
        self.trials().filter(move |trial| trial.state().is_ended() && !unknown.contains(&trial.number()))
    }

    /// The domains that make the space of the next decision (define-by-run): [`Study::domains`], but under a lag those of
    /// the trials that the next turn knows.
    pub fn known_domains(&self) -> &IndexMap<String, Domain> {
        self.lagged.as_deref().map_or(&self.domains, |lagged| &lagged.domains)
    }

    pub(crate) fn step(&self, prefix: &mut Prefix) -> Option<Step> {
        self.lagged.as_deref()?.step(prefix, |turn| self.has_outcome(turn))
    }

    pub(crate) fn look(&self, prefix: &mut Prefix) -> Option<Step> {
        let lagged = self.lagged.as_deref()?;
        let Prefix { made, known } = *prefix;
        if known < made { lagged.look(prefix, |turn| self.has_outcome(turn)) } else { None }
    }

    /// Whether a turn's round has ended; one that never began has nothing to wait for.
    fn has_outcome(&self, turn: Turn) -> bool {
        let record = usize::try_from(turn.trial.0).ok().and_then(|number| self.records.get(number));
        let ended = |record: &Record, round| record.round > round || record.state.is_ended();
        record.is_some_and(|record| turn.round.is_none_or(|round| ended(record, round)))
    }

    /// How a turn's round ended; `None` while it has not, and where there was none.
    pub(crate) fn ending_of(&self, turn: Turn) -> Option<Past> {
        let record = self.records.get(usize::try_from(turn.trial.0).ok()?)?;
        let rounds = record.extra.as_ref().map_or(&[][..], |extra| &extra.rounds);
        match rounds.get(turn.round? as usize) {
            Some(later) => Some(later.before.clone()),
            None => record.state.is_ended().then(|| record.ending()),
        }
    }

    /// Takes in what the next turn may know since the last event.
    pub(crate) fn advance(&mut self) {
        let Some(mut lagged) = self.lagged.take() else { return };
        let before = lagged.prefix;
        let mut prefix = before;
        while let Some(step) = lagged.step(&mut prefix, |turn| self.has_outcome(turn)) {
            lagged.prefix = prefix;
            match step {
                Step::Made(turn) => self.turn_made(&mut lagged, turn),
                Step::Known(turn) => self.turn_known(&mut lagged, turn),
            }
        }
        self.lagged = Some(lagged);
        if prefix != before && !self.settings.stop.when.is_empty() {
            self.weigh_conditions();
        }
    }

    /// A trial that goes on is not the best any more until it has ended again.
    fn turn_made(&self, lagged: &mut Lagged, turn: Turn) {
        if lagged.best.is_none_or(|best| best.number != turn.trial.0) {
            return;
        }
        let unknown = lagged.unknown();
        let known = self.trials().filter(|trial| !unknown.contains(&trial.number()));
        let ranks = known.filter_map(|trial| self.rank(trial.number(), trial.record));
        lagged.best = ranks.min_by(Rank::order);
    }

    fn turn_known(&self, lagged: &mut Lagged, turn: Turn) {
        let Some(past) = self.ending_of(turn) else { return };
        lagged.failures_in_a_row = if past.state == State::Failed { lagged.failures_in_a_row + 1 } else { 0 };
        lagged.failed += u64::from(past.state == State::Failed);
        lagged.since_best += 1;
        let rank = self.rank_by(turn.trial, past.state, &past.values, &past.violations);
        if let Some(rank) = rank
            && lagged.best.is_none_or(|best| rank.order(&best).is_lt())
        {
            lagged.best = Some(rank);
            lagged.since_best = 0;
        }
        let Some(trial) = self.trial(turn.trial) else { return };
        lagged.resource += turn.round.map_or(0, |round| resource(trial, round, &past));
        if self.space.is_none() {
            for (name, domain) in trial.domains() {
                if !lagged.domains.contains_key(name) {
                    lagged.domains.insert(name.to_owned(), domain.clone());
                }
            }
        }
    }
}

/// The levels or steps that a round's runs reached, as far as that does not depend on time: of those that ended well,
/// and the step at which one was stopped. Of a failed round none: how far others had come by then is chance.
fn resource(trial: Trial<'_>, round: u32, past: &Past) -> u64 {
    let stopped = trial.first_stop(round);
    let counts = |repetition: u32| stopped.is_none_or(|(first, _)| repetition <= first);
    let runs = || trial.runs_of_round(round);
    let well = |how| matches!(how, Some(How::Ok | How::Timeout));
    let ended_well = runs().filter(|run| well(run.how()) && counts(run.key().repetition));
    let reached: u64 = ended_well.filter_map(|run| run.reached()).sum();
    let was_stopped = stopped.is_some() || runs().any(|run| run.how() == Some(How::Pruned));
    match past.state {
        State::Complete => reached,
        State::Pruned if was_stopped => reached + past.step.unwrap_or(0),
        State::Pruned => reached,
        _ => 0,
    }
}
