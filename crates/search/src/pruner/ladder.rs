//! Who stands where on the rungs of successive halving, and who may climb: promotion by `asha` (Li et al. 2020,
//! arXiv:1810.05934, algorithm 2).

use std::collections::{BTreeMap, BTreeSet};

use super::split::Ordered;
use crate::{Level, Outcome, TrialId};

/// What trials of a rung are ranked by: the sum of violations, the value, and the older before the younger.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Rank(Ordered, Ordered, TrialId);

/// Trials that ran to one level.
#[derive(Clone, Debug, Default)]
struct Rung {
    /// The best 1/η.
    best: BTreeSet<Rank>,
    others: BTreeSet<Rank>,
    /// Those of both that did not go on yet.
    waiting: BTreeSet<Rank>,
}

impl Rung {
    fn insert(&mut self, rank: Rank, factor: usize) {
        self.others.insert(rank);
        self.waiting.insert(rank);
        if self.best.last().is_some_and(|last| rank < *last) {
            self.others.remove(&rank);
            self.best.insert(rank);
        }
        self.level(factor);
    }

    fn remove(&mut self, rank: &Rank, factor: usize) {
        self.best.remove(rank);
        self.others.remove(rank);
        self.waiting.remove(rank);
        self.level(factor);
    }

    /// Moves the border to where 1/η are the best.
    fn level(&mut self, factor: usize) {
        let best = (self.best.len() + self.others.len()) / factor;
        while self.best.len() > best
            && let Some(rank) = self.best.pop_last()
        {
            self.others.insert(rank);
        }
        while self.best.len() < best
            && let Some(rank) = self.others.pop_first()
        {
            self.best.insert(rank);
        }
    }

    /// The best that waits, if it is among the best 1/η of the rung.
    fn climber(&self) -> Option<TrialId> {
        let first = self.waiting.first()?;
        self.best.last().filter(|last| first <= *last).map(|_| first.2)
    }
}

/// A trial's place.
#[derive(Clone, Copy, Debug)]
struct Place {
    /// How far it runs, or ran last; `None` is to the end.
    level: Option<Level>,
    running: bool,
    /// The rung that it stands on.
    stands: Option<(usize, Rank)>,
}

/// The rungs and all trials.
#[derive(Clone, Debug)]
pub(crate) struct Ladder {
    levels: Vec<Level>,
    factor: usize,
    /// One for each level below the top.
    rungs: Vec<Rung>,
    trials: BTreeMap<TrialId, Place>,
    running: usize,
}

impl Ladder {
    /// The levels that trials run to, the lowest first and the last the top; `factor` is η, at least 2.
    pub(crate) fn new(levels: Vec<Level>, factor: u64) -> Self {
        let below_top = levels.len().saturating_sub(1);
        Ladder {
            levels,
            factor: usize::try_from(factor.max(2)).unwrap_or(usize::MAX),
            rungs: vec![Rung::default(); below_top],
            trials: BTreeMap::new(),
            running: 0,
        }
    }

    /// Where new trials begin.
    pub(crate) fn first(&self) -> Option<Level> {
        self.levels.first().copied()
    }

    /// Whether any trial runs: then another may be found to be among the best when it ends.
    pub(crate) fn is_busy(&self) -> bool {
        self.running > 0
    }

    /// Who goes on, and how far: the best that waits on the highest rung where one may.
    pub(crate) fn climber(&self) -> Option<(TrialId, Level)> {
        let rungs = self.rungs.iter().enumerate().rev();
        rungs.filter_map(|(k, rung)| Some((rung.climber()?, *self.levels.get(k + 1)?))).next()
    }

    /// The rung of a trial that ran so far: the highest at or below; `None` for the top, and below the first.
    fn rung(&self, level: Option<Level>) -> Option<usize> {
        let level = level?;
        let at_or_below = self.levels.partition_point(|rung| *rung <= level);
        at_or_below.checked_sub(1).filter(|rung| *rung < self.rungs.len())
    }

    /// The level that a trial ran to, or runs to; `None` where that is its end.
    pub(crate) fn level(&self, trial: TrialId) -> Option<Level> {
        self.trials.get(&trial)?.level
    }

    pub(crate) fn began(&mut self, trial: TrialId, level: Option<Level>) {
        let place = Place { level, running: true, stands: None };
        if self.trials.insert(trial, place).is_none_or(|before| !before.running) {
            self.running += 1;
        }
    }

    /// A trial that ended runs again: to a higher level, or more repetitions of the same.
    pub(crate) fn goes_on(&mut self, trial: TrialId, level: Option<Level>) {
        let Some(place) = self.trials.get_mut(&trial) else { return };
        place.level = level.or(place.level);
        if !std::mem::replace(&mut place.running, true) {
            self.running += 1;
        }
        if let Some((rung, rank)) = place.stands
            && let Some(rung) = self.rungs.get_mut(rung)
        {
            rung.waiting.remove(&rank);
        }
    }

    /// A trial ended. Without a usable value it stands nowhere: a rung's best 1/η are of those that have one.
    pub(crate) fn ended(&mut self, trial: TrialId, outcome: &Outcome) {
        let Some(place) = self.trials.get(&trial).copied() else { return };
        let rung = self.rung(place.level);
        if let Some((old, rank)) = place.stands
            && Some(old) == rung
            && let Some(rung) = self.rungs.get_mut(old)
        {
            rung.remove(&rank, self.factor);
        }
        let mut stands = place.stands.filter(|(old, _)| Some(*old) != rung);
        if let (Some(k), Some(rank)) = (rung, rank(trial, outcome))
            && let Some(rung) = self.rungs.get_mut(k)
        {
            rung.insert(rank, self.factor);
            stands = Some((k, rank));
        }
        self.running -= usize::from(place.running);
        self.trials.insert(trial, Place { running: false, stands, ..place });
    }
}

/// What an outcome is ranked by; `None` where it has no value.
pub(crate) fn rank(trial: TrialId, outcome: &Outcome) -> Option<Rank> {
    let (violation, value) = match outcome {
        Outcome::Complete { values, violations } => {
            let amount = |v: &f64| if v.is_nan() { f64::INFINITY } else { v.max(0.0) };
            (violations.iter().map(amount).sum(), *values.first()?)
        }
        Outcome::Pruned { value, .. } => (0.0, (*value)?),
        Outcome::Failed => return None,
    };
    // −0 ranks as 0.
    (!value.is_nan()).then_some(Rank(Ordered(violation + 0.0), Ordered(value + 0.0), trial))
}
