//! The tree-structured Parzen estimator.
//!
//! Trials are split into the better tenth and the rest; a density is estimated for each side, candidates are drawn
//! from the better one's, and the candidate with the greatest ratio of the two is proposed (Bergstra, Bardenet,
//! Bengio, Kégl 2011). Components and their defaults are those of Optuna 5.0.0, which Watanabe 2023
//! (arXiv:2304.11127) describes; where nothing else is said the densities are equal to its to 10⁻⁹.
//!
//! Parameters that are active under the same condition form a group with densities of its own, made of the trials
//! in which they are active: that is how the tree of a conditional space is searched. Where the conditions are a program's own,
//! the groups are what was seen to be there together ([`Setting::together`]).
//!
//! With several objectives the better ones are the first fronts, and those of the next that cover most of the objective
//! space (Ozaki, Tanigaki, Watanabe, Nomura, Onishi 2022). Trials that break outcome constraints are behind all that keep
//! them, in the order of how much they do.
//!
//! Trials of all levels teach the same densities. One that goes on to a higher level counts with the lower one's result
//! until it ends again, and then with the higher one's.
//!
//! All is incremental: learning one more trial and proposing take a time that does not grow with the history.

mod axis;
mod candidates;
mod cell_masses;
#[cfg(test)]
mod densities;
mod fronts;
mod groups;
mod line_column;
mod members;
mod nearby;
mod option_column;
mod order_column;
mod parzen;
mod ranking;
mod rules;
mod screen;
mod split;
mod touched;
mod weights;

use std::collections::BTreeMap;
use std::sync::Arc;

use space::{Point, Scalar, Space, Stream};

use self::axis::Axis;
use self::candidates::Candidates;
use self::groups::Variable;
use self::members::{Fate, Limit};
use self::parzen::Parzen;
use self::ranking::Move;
pub use self::rules::TpeRules;
use self::split::Split;
use crate::standing::Standing;
use crate::strategy::{Draft, Strategy, stream};
use crate::{Ask, Observed, Outcome, Purpose, SearchError, Setting, TpeOptions, TrialId};

/// More candidates would not find a better one, and take all the memory there is.
const MOST_CANDIDATES: u32 = 100_000;

/// The densities of the parameters that are active together.
#[derive(Clone, Debug)]
struct Group {
    better: Parzen,
    worse: Parzen,
}

/// A trial that has not ended yet.
#[derive(Clone, Debug)]
struct Running {
    point: Arc<Point>,
    /// Whether it runs to a level, from which it may go on.
    has_level: bool,
}

/// A trial that has ended.
#[derive(Clone, Debug)]
struct EndedOnce {
    point: Arc<Point>,
    /// Where it stands.
    standing: Option<Standing>,
    /// Whether it runs again.
    runs: bool,
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Tpe {
    options: TpeOptions,
    variables: Vec<Vec<Variable>>,
    /// Empty until the first decision tells the study's seed, which the choice of old trials hangs on.
    groups: Vec<Group>,
    /// What was learned before that.
    backlog: Vec<Observed>,
    running: BTreeMap<TrialId, Running>,
    /// Those that ended and may go on, and so may end again.
    ended_once: BTreeMap<TrialId, EndedOnce>,
    split: Split,
    rules: Option<Arc<TpeRules>>,
    ended: u64,
}

impl Tpe {
    pub(crate) fn new(
        space: &Space,
        options: TpeOptions,
        setting: &Setting<'_>,
    ) -> Result<Self, SearchError> {
        let (objectives, rules) = (setting.objectives, setting.rules.clone());
        let wrong = |what: &str| Err(SearchError::Unsuitable(format!("sampler tpe: {what}")));
        if options.n_ei_candidates == Some(0) {
            return wrong("n_ei_candidates is 0; at least 1 candidate is needed");
        }
        if options.n_ei_candidates.is_some_and(|candidates| candidates > MOST_CANDIDATES) {
            return wrong(&format!("n_ei_candidates is above {MOST_CANDIDATES}"));
        }
        if !(options.prior_weight >= 0.0 && options.prior_weight.is_finite()) {
            return wrong("prior_weight is not a number ≥ 0");
        }
        if options.history == 1 {
            return wrong("history is 1; use at least 2, or 0 for all trials");
        }
        Ok(Tpe {
            variables: groups::variables(
                space,
                options.multivariate.unwrap_or(objectives == 1),
                setting.together.as_deref(),
            ),
            options,
            groups: Vec::new(),
            backlog: Vec::new(),
            running: BTreeMap::new(),
            ended_once: BTreeMap::new(),
            split: Split::new(objectives, rules.clone()),
            rules,
            ended: 0,
        })
    }

    /// Makes the densities once the seed is known, and catches up with what was learned before.
    fn start(&mut self, ask: &Ask<'_>) {
        if !self.groups.is_empty() || self.variables.is_empty() {
            return;
        }
        let total = self.options.history as usize;
        let limit = (total > 0).then(|| {
            let key = ask.stream(Purpose::History).next_u64();
            Limit { newest: total.div_ceil(3), total, key }
        });
        let group = |variables: &Vec<Variable>| Group {
            better: self.split.weighted(self.density(variables, true, None)),
            worse: self.density(variables, false, limit),
        };
        self.groups = self.variables.iter().map(group).collect();
        for event in std::mem::take(&mut self.backlog) {
            self.take_in(&event);
        }
    }

    fn density(&self, variables: &[Variable], better: bool, limit: Option<Limit>) -> Parzen {
        Parzen::new(variables, &self.options, better, limit).with_rules(self.rules.clone())
    }

    fn take_in(&mut self, event: &Observed) {
        match event {
            Observed::Created { trial, point, level, .. } => {
                if self.options.constant_liar {
                    self.groups.iter_mut().for_each(|g| g.worse.insert(*trial, point, Fate::Running));
                }
                let running = Running { point: point.clone(), has_level: level.is_some() };
                self.running.insert(*trial, running);
            }
            Observed::Ended { trial, outcome } => self.ended(*trial, outcome),
            Observed::Continued { trial, .. } | Observed::Repeated { trial, .. } => self.goes_on(*trial),
            Observed::Repetition { .. } | Observed::Reported { .. } | Observed::Spent { .. } => {}
        }
    }

    fn ended(&mut self, trial: TrialId, outcome: &Outcome) {
        let standing = Standing::of(outcome);
        if let Some(Running { point, has_level }) = self.running.remove(&trial) {
            if has_level {
                let ended = EndedOnce { point: point.clone(), standing, runs: false };
                self.ended_once.insert(trial, ended);
            }
            self.end(trial, point, standing, outcome);
        } else if let Some(ended) = self.ended_once.get_mut(&trial)
            && std::mem::replace(&mut ended.runs, false)
        {
            let (point, was) = (ended.point.clone(), std::mem::replace(&mut ended.standing, standing));
            self.end_again(trial, point, was, standing);
        }
    }

    /// A trial that ended runs again. It counts with what it came to, as long as that is all there is. Of those without
    /// a level only the best are remembered.
    fn goes_on(&mut self, trial: TrialId) {
        if let Some(ended) = self.ended_once.get_mut(&trial) {
            ended.runs = true;
        } else if let Some(ranked) = self.split.find(trial) {
            let (point, standing) = (ranked.point.clone(), Some(ranked.standing));
            self.ended_once.insert(trial, EndedOnce { point, standing, runs: true });
        }
    }

    fn end(&mut self, trial: TrialId, point: Arc<Point>, standing: Option<Standing>, outcome: &Outcome) {
        self.ended += 1;
        let fate = standing.map_or(Fate::Failed, Fate::Ranked);
        for group in &mut self.groups {
            if !group.worse.end(trial, fate) {
                group.worse.insert(trial, &point, fate);
            }
        }
        if let Some(standing) = standing {
            let moves = self.split.insert(standing, outcome, trial, point);
            self.follow(moves);
        }
    }

    fn end_again(
        &mut self,
        trial: TrialId,
        point: Arc<Point>,
        was: Option<Standing>,
        standing: Option<Standing>,
    ) {
        let fate = standing.map_or(Fate::Failed, Fate::Ranked);
        self.groups.iter_mut().for_each(|group| group.worse.restate(trial, fate));
        let moves = self.split.restate(was, standing, trial, point);
        self.follow(moves);
    }

    /// Moves trials to the sides that they are on now.
    fn follow(&mut self, moves: Vec<Move>) {
        for change in &moves {
            for Group { better, worse } in &mut self.groups {
                match change {
                    Move::Promoted(ranked) => {
                        worse.remove(ranked.trial);
                        better.insert(ranked.trial, &ranked.point, Fate::Ranked(ranked.standing));
                    }
                    Move::Demoted { trial, point, standing } => {
                        better.remove(*trial);
                        worse.insert(*trial, point, standing.map_or(Fate::Failed, Fate::Ranked));
                    }
                }
            }
        }
    }
}

impl Strategy for Tpe {
    fn learn(&mut self, events: &[Observed]) {
        if self.variables.is_empty() {
            return;
        }
        if self.groups.is_empty() {
            self.backlog.extend(events.iter().filter(|e| !matches!(e, Observed::Reported { .. })).cloned());
            return;
        }
        events.iter().for_each(|event| self.take_in(event));
    }

    fn draw(
        &mut self,
        ask: &Ask<'_>,
        attempt: u32,
        accept: &dyn Fn(&Point) -> bool,
    ) -> Result<Draft, SearchError> {
        self.start(ask);
        let mut stream = stream(ask, attempt);
        let startup = self.ended < u64::from(self.options.n_startup_trials);
        let mut candidates: Vec<Candidates> = if startup {
            Vec::new()
        } else {
            let counts: Vec<u32> = self.variables.iter().map(|group| self.candidates_of(group)).collect();
            let groups = self.groups.iter_mut().zip(counts);
            groups.map(|(group, count)| Candidates::draw(group, count, &mut stream)).collect()
        };
        // Of the values that the model proposes one set for each group, put together by rank.
        let count = candidates.iter().map(Candidates::len).min().unwrap_or(1);
        for _ in 0..count {
            let mut proposed: Vec<Option<Scalar>> = vec![None; ask.space.parameters().len()];
            if startup {
                self.believed_values(&mut stream).for_each(|(i, value)| proposed[i] = Some(value));
            }
            for (group, candidates) in self.groups.iter_mut().zip(&mut candidates) {
                let values = candidates.next(group).into_iter().flatten();
                values.for_each(|(i, value)| proposed[i] = Some(value));
            }
            let point = ask.space.complete(|i, _| match proposed[i].take() {
                Some(value) => value,
                None => ask.space.parameters()[i].domain.sample(&mut stream),
            });
            if accept(&point) {
                return Ok(Draft::Point(point, None));
            }
        }
        Ok(Draft::Refused)
    }
}

impl Tpe {
    /// How many candidates are drawn for the variables of a group. On numbers more of them find better values; where
    /// there are options, what is found more often is the same combination once more (`bench/search`).
    fn candidates_of(&self, variables: &[Variable]) -> u32 {
        let numbers = variables.len() > 1 && variables.iter().all(|v| matches!(v.axis, Axis::Line(_)));
        self.options.n_ei_candidates.unwrap_or(if numbers { 48 } else { 24 })
    }

    /// Before enough is known: a draw where a person has said where good values lie, nothing elsewhere.
    fn believed_values(&self, stream: &mut Stream) -> impl Iterator<Item = (usize, Scalar)> {
        self.variables.iter().flatten().filter_map(|v| v.draw_believed(stream))
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn parameters_are_modelled_together_for_one_objective_and_alone_for_several_where_nothing_is_said() {
        let declared = json!({"a": {"float": [0.0, 1.0]}, "b": {"float": [-1.0, 1.0]}});
        let space = Space::build(&serde_json::from_value(declared).unwrap(), &[]).unwrap();
        let groups = |objectives, multivariate| {
            let options = TpeOptions { multivariate, ..TpeOptions::default() };
            let setting = Setting { objectives, ..Setting::default() };
            Tpe::new(&space, options, &setting).unwrap().variables.len()
        };
        assert_eq!((groups(1, None), groups(2, None)), (1, 2));
        assert_eq!((groups(1, Some(false)), groups(2, Some(true))), (2, 1));
    }
}
