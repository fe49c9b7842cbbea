//! Which trials a density is made of, and how much each counts: all of a short history; of a long one the newest, and of
//! the others a seeded sample, stratified by standing, each weighted to stand for its stratum.
//!
//! Strata are single trials among the best and grow in proportion to the rank, so that where candidates come from the
//! density is that of the whole history, and away from there it blurs without a seam. The sample is kept as trials
//! come, at a cost that does not grow with the history: when one too many is there, the two neighbouring strata that
//! are smallest together, for their rank, become one, and the trial with the lower hash of (study seed, trial) stays to
//! speak for both. So each trial of a stratum is equally likely to be the one kept, and which one it is depends on the
//! seed alone.

use std::cmp::Ordering;
use std::sync::Arc;

use super::rules::{TpeRules, Weights};
use super::weights::Ramp;
use crate::TrialId;
use crate::maths::hash::mix;
use crate::standing::Standing;

/// How many ended trials are kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limit {
    /// Always kept: the newest by number.
    pub(crate) newest: usize,
    /// All that are kept, the newest counted.
    pub(crate) total: usize,
    /// Seeds the choice of the others.
    pub(crate) key: u64,
}

/// How far a trial has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Fate {
    Running,
    /// Ended without a standing.
    Failed,
    Ranked(Standing),
}

impl Fate {
    fn has_ended(self) -> bool {
        self != Fate::Running
    }

    /// Which of two that ended is better; one without a standing is behind all that have one.
    fn order(self, other: Self) -> Ordering {
        match (self, other) {
            (Fate::Ranked(a), Fate::Ranked(b)) => a.partial_cmp(&b).unwrap_or(Ordering::Equal),
            (Fate::Ranked(_), _) => Ordering::Less,
            (_, Fate::Ranked(_)) => Ordering::Greater,
            _ => Ordering::Equal,
        }
    }
}

/// A trial in a density.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Member {
    pub(crate) trial: TrialId,
    /// Its place in the columns.
    pub(crate) slot: u32,
    /// How many trials it stands for, itself counted.
    pub(crate) stands_for: u64,
    /// Running ones are never merged.
    pub(crate) fate: Fate,
}

impl Member {
    /// One that stands for itself.
    pub(crate) fn new(trial: TrialId, slot: u32, fate: Fate) -> Self {
        Member { trial, slot, stands_for: 1, fate }
    }
}

/// A member that went.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Thinned {
    pub(crate) gone: Member,
    /// The member that stands for it from now on.
    pub(crate) heir: Option<Member>,
}

/// The members, in the order of their numbers.
#[derive(Clone, Debug, Default)]
pub(crate) struct Members {
    list: Vec<Member>,
    ended: usize,
    stand_for: u64,
    /// Those that ended, best first; none where all are kept.
    by_standing: Vec<Standee>,
    limited: bool,
    /// Whether older ones count as much as newer ones.
    pub(crate) even: bool,
    /// What a program says of how much each counts.
    pub(crate) rules: Option<Arc<TpeRules>>,
}

/// What merging needs to know of a member.
#[derive(Clone, Copy, Debug)]
struct Standee {
    trial: TrialId,
    fate: Fate,
    stands_for: u64,
}

impl Standee {
    fn order(&self, other: &Standee) -> Ordering {
        self.fate.order(other.fate).then(self.trial.cmp(&other.trial))
    }
}

impl Members {
    pub(crate) fn new(limit: Option<Limit>) -> Self {
        Members { limited: limit.is_some(), ..Members::default() }
    }

    fn find(&self, trial: TrialId) -> Result<usize, usize> {
        self.list.binary_search_by_key(&trial, |m| m.trial)
    }

    /// Adds a member; `false` where the trial is one already.
    pub(crate) fn insert(&mut self, member: Member) -> bool {
        let Err(at) = self.find(member.trial) else { return false };
        self.list.insert(at, member);
        self.stand_for += member.stands_for;
        self.ended += usize::from(member.fate.has_ended());
        self.stand(&member);
        true
    }

    pub(crate) fn remove(&mut self, trial: TrialId) -> Option<Member> {
        let member = self.list.remove(self.find(trial).ok()?);
        self.ended -= usize::from(member.fate.has_ended());
        self.stand_for -= member.stands_for;
        if let Some(at) = self.place(&member) {
            self.by_standing.remove(at);
        }
        Some(member)
    }

    /// Notes how a running member has ended; `false` where the trial is none.
    pub(crate) fn end(&mut self, trial: TrialId, fate: Fate) -> bool {
        let Ok(at) = self.find(trial) else { return false };
        if !self.list[at].fate.has_ended() && fate.has_ended() {
            self.list[at].fate = fate;
            self.ended += 1;
            let member = self.list[at];
            self.stand(&member);
        }
        true
    }

    /// Notes how a member that had ended has ended again; `false` where the trial is none. One that speaks for others
    /// stays where these stand.
    pub(crate) fn restate(&mut self, trial: TrialId, fate: Fate) -> bool {
        let Ok(at) = self.find(trial) else { return false };
        let member = self.list[at];
        if !member.fate.has_ended() {
            return self.end(trial, fate);
        }
        if member.stands_for == 1 && fate.has_ended() {
            if let Some(at) = self.place(&member) {
                self.by_standing.remove(at);
            }
            self.list[at].fate = fate;
            self.stand(&Member { fate, ..member });
        }
        true
    }

    /// Puts a member that has ended where it stands.
    fn stand(&mut self, member: &Member) {
        if self.limited && member.fate.has_ended() {
            let standee = Standee { trial: member.trial, fate: member.fate, stands_for: member.stands_for };
            let at = self.by_standing.partition_point(|other| other.order(&standee).is_lt());
            self.by_standing.insert(at, standee);
        }
    }

    /// Where a member stands, if it does.
    fn place(&self, member: &Member) -> Option<usize> {
        let standee = Standee { trial: member.trial, fate: member.fate, stands_for: member.stands_for };
        self.by_standing.binary_search_by(|other| other.order(&standee)).ok()
    }

    /// Takes out one member that is too many, if there is one, and says which one speaks for it now.
    pub(crate) fn thin(&mut self, limit: Limit) -> Option<Thinned> {
        if self.list.len() - self.ended > limit.total {
            // More running than a study can have: the oldest will not come back.
            let oldest = self.list.iter().find(|m| !m.fate.has_ended())?.trial;
            return self.remove(oldest).map(|gone| Thinned { gone, heir: None });
        }
        if self.ended <= limit.total {
            return None;
        }
        let (stays, goes) = self.merger(limit)?;
        let together = self.by_standing[stays].stands_for + self.by_standing[goes].stands_for;
        self.by_standing[stays].stands_for = together;
        let (stays, goes) = (self.by_standing[stays].trial, self.by_standing.remove(goes).trial);
        let gone = self.list.remove(self.find(goes).ok()?);
        self.ended -= 1;
        let at = self.find(stays).ok()?;
        self.list[at].stands_for = together;
        Some(Thinned { gone, heir: Some(self.list[at]) })
    }

    /// The neighbours by standing that are best merged, newest ones left out: the one that stays, the one that goes.
    fn merger(&self, limit: Limit) -> Option<(usize, usize)> {
        let ended = self.list.iter().filter(|m| m.fate.has_ended());
        let oldest_new = ended.rev().nth(limit.newest.saturating_sub(1))?.trial;
        // The size of a pair as a share of the rank in its middle, as a fraction: the least of them.
        let (mut size, mut rank) = (f64::INFINITY, 1.0);
        let (mut pair, mut before) = (None, 0.0);
        let mut last: Option<(usize, f64)> = None;
        for (j, standee) in self.by_standing.iter().enumerate() {
            if standee.trial >= oldest_new {
                continue;
            }
            // Signed: one instruction makes a float of it, where an unsigned one takes several.
            let right = standee.stands_for as i64 as f64;
            if let Some((i, left)) = last {
                let (together, middle) = (left + right, before + 0.5 * (left + right));
                if together * rank < size * middle {
                    (size, rank, pair) = (together, middle, Some((i, j)));
                }
                before += left;
            }
            last = Some((j, right));
        }
        let (i, j) = pair?;
        let hash = |at: usize| mix(limit.key, self.by_standing[at].trial.0);
        Some(if hash(i) <= hash(j) { (i, j) } else { (j, i) })
    }

    /// How many trials all of them stand for.
    pub(crate) fn stand_for(&self) -> u64 {
        self.stand_for
    }

    /// How much a program says that trials count.
    pub(crate) fn own_weights(&self) -> Weights {
        match &self.rules {
            Some(rules) if !self.even => rules.weights(self.stand_for()),
            _ => Weights::Usual,
        }
    }

    /// Each member's slot and weight: that of the middle of its stratum on the ramp, or in a program's `own`, times the
    /// stratum's size.
    pub(crate) fn weights(&self, own: Weights) -> impl Iterator<Item = (u32, f64)> {
        let ramp = Ramp::new(self.stand_for() as f64);
        let mut before = 0.0;
        self.list.iter().map(move |m| {
            // Signed: one instruction makes a float of it, where an unsigned one takes several.
            let stands_for = m.stands_for as i64 as f64;
            let middle = before + 0.5 * (stands_for - 1.0);
            before += stands_for;
            (m.slot, if self.even { stands_for } else { stands_for * own.at(ramp, middle) })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit { newest: 8, total: 40, key: 3 };

    /// Trials in the order of their numbers, whose values are a shuffle.
    fn value(trial: TrialId) -> f64 {
        mix(9, trial.0) as f64
    }

    fn history(length: u64, limit: Limit) -> Members {
        let mut members = Members::new(Some(limit));
        for trial in (0..length).map(TrialId) {
            let fate =
                if trial.0 % 10 == 7 { Fate::Failed } else { Fate::Ranked(Standing::Feasible(value(trial))) };
            members.insert(Member::new(trial, 0, fate));
            while members.thin(limit).is_some() {}
        }
        members
    }

    #[test]
    fn the_newest_are_always_kept_and_the_older_stand_for_all() {
        for length in 1..600 {
            let members = history(length, LIMIT);
            assert_eq!(members.stand_for(), length);
            assert_eq!(members.list.len() as u64, length.min(40));
            let newest: Vec<u64> = members.list.iter().rev().take(8).map(|m| m.trial.0).collect();
            assert!(newest.iter().enumerate().all(|(i, trial)| *trial == length - 1 - i as u64));
            assert!(members.list.iter().rev().take(8).all(|m| m.stands_for == 1));
        }
    }

    #[test]
    fn the_best_stand_for_themselves_and_strata_grow_with_the_rank() {
        for length in 100..600 {
            let members = history(length, LIMIT);
            let mut rank = 0;
            for member in members.by_standing.iter().filter(|m| m.trial.0 < length - 8) {
                let share = member.stands_for as f64 / (rank as f64 + 0.5 * member.stands_for as f64);
                assert!(member.stands_for == 1 || share < 0.7, "{length} {rank} {member:?}");
                rank += member.stands_for;
            }
        }
    }

    #[test]
    fn each_old_trial_is_equally_likely_to_be_kept() {
        let mut kept = [0; 200];
        for key in 0..4000 {
            for member in history(200, Limit { key, ..LIMIT }).list.iter() {
                kept[member.trial.0 as usize] += member.stands_for;
            }
        }
        // In the mean over the seeds each trial counts once.
        assert!(kept[..192].iter().all(|n| (3000..5200).contains(n)), "{kept:?}");
    }

    #[test]
    fn running_trials_are_never_merged() {
        let mut members = history(60, LIMIT);
        for trial in (60..70).map(TrialId) {
            members.insert(Member::new(trial, 0, Fate::Running));
            assert_eq!(members.thin(LIMIT), None);
        }
        assert!(members.end(TrialId(65), Fate::Failed) && members.thin(LIMIT).is_some());
        assert!((60..70).all(|t| members.remove(TrialId(t)).is_some()));
    }

    #[test]
    fn one_that_ends_again_moves_to_where_it_stands_now() {
        let mut members = history(40, LIMIT);
        let best = Standing::Feasible(-1.0);
        assert!(members.restate(TrialId(11), Fate::Ranked(best)));
        assert_eq!(members.by_standing[0].trial, TrialId(11));
        assert!(members.restate(TrialId(11), Fate::Failed));
        assert_eq!(members.by_standing.last().map(|last| last.fate), Some(Fate::Failed));
        assert_eq!((members.ended, members.by_standing.len(), members.stand_for()), (40, 40, 40));
        assert!(!members.restate(TrialId(99), Fate::Failed));
        assert!(members.remove(TrialId(11)).is_some() && members.by_standing.len() == 39);
    }

    #[test]
    fn one_that_goes_leaves_no_trace() {
        let mut members = history(60, LIMIT);
        while let Some(first) = members.list.first().map(|m| m.trial) {
            assert!(members.remove(first).is_some());
        }
        assert_eq!((members.stand_for(), members.ended, members.by_standing.len()), (0, 0, 0));
    }
}
