//! Who is in the population, how far each has come, and who is to take over from whom.

use std::collections::BTreeMap;
use std::sync::Arc;

use space::Point;

use super::super::ladder::{Rank, rank};
use crate::{Level, Outcome, TrialId};

/// A trial that gave a score, and left a checkpoint.
#[derive(Clone, Debug)]
pub(crate) struct Scored {
    pub(crate) trial: TrialId,
    pub(crate) level: Level,
    pub(crate) point: Arc<Point>,
    rank: Rank,
}

/// One member: a chain of trials, each of which goes on from the checkpoint of the one before, or of another member's.
#[derive(Clone, Debug)]
struct Member {
    /// Its newest trial.
    head: TrialId,
    level: Level,
    point: Arc<Point>,
    runs: bool,
    /// By its last trial that ended; none where that failed.
    scored: Option<Scored>,
}

/// The members, in the order in which they came.
#[derive(Clone, Debug, Default)]
pub(crate) struct Population {
    members: Vec<Member>,
    /// Which member's newest trial it is.
    of: BTreeMap<TrialId, usize>,
}

/// A member whose turn it is.
#[derive(Clone, Debug)]
pub(crate) enum Turn {
    /// It goes on.
    GoOn(Scored),
    /// It takes over from one of these.
    TakeOver {
        /// Its newest trial.
        member: TrialId,
        /// The best ones that may be taken over from. Empty where nobody may: it begins anew.
        from: Vec<Scored>,
    },
}

impl Population {
    pub(crate) fn len(&self) -> usize {
        self.members.len()
    }

    /// A trial begins that is the first of a new member, or goes on where `after` ended.
    pub(crate) fn began(&mut self, trial: TrialId, level: Level, point: Arc<Point>, after: Option<TrialId>) {
        match after.and_then(|after| self.of.remove(&after)) {
            Some(place) => {
                if let Some(member) = self.members.get_mut(place) {
                    (member.head, member.level, member.point, member.runs) = (trial, level, point, true);
                    self.of.insert(trial, place);
                }
            }
            None => {
                self.of.insert(trial, self.members.len());
                self.members.push(Member { head: trial, level, point, runs: true, scored: None });
            }
        }
    }

    /// A trial runs again that had ended.
    pub(crate) fn runs_again(&mut self, trial: TrialId) {
        if let Some(member) = self.of.get(&trial).and_then(|place| self.members.get_mut(*place)) {
            member.runs = true;
        }
    }

    pub(crate) fn ended(&mut self, trial: TrialId, outcome: &Outcome) {
        let Some(member) = self.of.get(&trial).and_then(|place| self.members.get_mut(*place)) else { return };
        member.runs = false;
        let scored = |rank| Scored { trial, level: member.level, point: member.point.clone(), rank };
        member.scored = rank(trial, outcome).map(scored);
    }

    /// How far a trial runs that is a member's newest.
    pub(crate) fn level(&self, trial: TrialId) -> Option<Level> {
        self.members.get(*self.of.get(&trial)?).map(|member| member.level)
    }

    /// Whether any member runs.
    pub(crate) fn is_busy(&self) -> bool {
        self.members.iter().any(|member| member.runs)
    }

    /// Whose turn it is: of the members that wait the one that has come least far, so that with fewer slots than members
    /// all keep up with each other; of these the oldest trial. `None` where all run, or are at the end.
    pub(crate) fn turn(&self, burn_in: Level, top: Level, quantile: f64) -> Option<Turn> {
        let mut order: Vec<&Scored> =
            self.members.iter().filter_map(|member| member.scored.as_ref()).collect();
        order.sort_unstable_by_key(|scored| scored.rank);
        // As Ray has it: at least one, and never the same member in both.
        let share = (libm::ceil(order.len() as f64 * quantile) as usize).min(order.len() / 2);
        let best = |share: usize| {
            let givers = order.iter().take(share).filter(|scored| scored.level < top);
            givers.map(|scored| (*scored).clone()).collect::<Vec<Scored>>()
        };
        // One that failed when all others had come to the end is given up.
        let may_begin = order.is_empty() || !best(share.max(1)).is_empty();
        let waits = |member: &&Member| {
            !member.runs && if member.scored.is_some() { member.level < top } else { may_begin }
        };
        let come = |member: &Member| if member.scored.is_some() { member.level.0 } else { 0 };
        let member = self.members.iter().filter(waits).min_by_key(|member| (come(member), member.head))?;
        let Some(scored) = &member.scored else {
            // One that failed takes over from the best, however few there are.
            return Some(Turn::TakeOver { member: member.head, from: best(share.max(1)) });
        };
        let is_among_worst = order.iter().rev().take(share).any(|worst| worst.trial == scored.trial);
        let from: Vec<Scored> =
            if is_among_worst && member.level >= burn_in { best(share) } else { Vec::new() };
        Some(if from.is_empty() {
            Turn::GoOn(scored.clone())
        } else {
            Turn::TakeOver { member: member.head, from }
        })
    }
}
