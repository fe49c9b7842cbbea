//! Which trials a density is made of, and how much each counts: all of a short history; of a long one the newest,
//! and of the older a seeded sample, stratified in time, each weighted to stand for its stratum.
//!
//! The sample is kept as trials come, at a cost that does not grow with the history: when one too many is there,
//! the two neighbouring strata that are smallest together become one, and the trial with the lower hash of
//! (study seed, trial) stays to speak for both. So each trial of a stratum is equally likely to be the one kept, and
//! which one it is depends on the seed alone.

use super::weights::Ramp;
use crate::TrialId;
use crate::maths::hash::mix;

/// How many ended trials are kept.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Limit {
    /// Always kept: the newest by number.
    pub(crate) newest: usize,
    /// All that are kept, the newest counted.
    pub(crate) total: usize,
    /// Seeds the choice of the older ones.
    pub(crate) key: u64,
}

/// A trial in a density.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Member {
    pub(crate) trial: TrialId,
    /// Its place in the columns.
    pub(crate) slot: u32,
    /// How many trials it stands for, itself counted.
    pub(crate) stands_for: u64,
    /// Whether it has ended; running ones are never merged.
    pub(crate) ended: bool,
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
}

impl Members {
    fn find(&self, trial: TrialId) -> Result<usize, usize> {
        self.list.binary_search_by_key(&trial, |m| m.trial)
    }

    /// Adds a member; `false` where the trial is one already.
    pub(crate) fn insert(&mut self, member: Member) -> bool {
        let Err(at) = self.find(member.trial) else { return false };
        self.list.insert(at, member);
        self.stand_for += member.stands_for;
        self.ended += usize::from(member.ended);
        true
    }

    pub(crate) fn remove(&mut self, trial: TrialId) -> Option<Member> {
        let member = self.list.remove(self.find(trial).ok()?);
        self.ended -= usize::from(member.ended);
        self.stand_for -= member.stands_for;
        Some(member)
    }

    /// Notes that a member has ended; `false` where the trial is none.
    pub(crate) fn end(&mut self, trial: TrialId) -> bool {
        let Ok(at) = self.find(trial) else { return false };
        self.ended += usize::from(!std::mem::replace(&mut self.list[at].ended, true));
        true
    }

    /// Takes out one member that is too many, if there is one, and says which one speaks for it now.
    pub(crate) fn thin(&mut self, limit: Limit) -> Option<Thinned> {
        if self.list.len() - self.ended > limit.total {
            // More running than a study can have: the oldest will not come back.
            let oldest = self.list.iter().find(|m| !m.ended)?.trial;
            return self.remove(oldest).map(|gone| Thinned { gone, heir: None });
        }
        if self.ended <= limit.total {
            return None;
        }
        let older = self.ended - limit.newest;
        let ended = || self.list.iter().enumerate().filter(|(_, m)| m.ended).take(older);
        let pairs = ended().zip(ended().skip(1));
        let ((i, left), (j, right)) =
            pairs.min_by_key(|((_, left), (_, right))| left.stands_for + right.stands_for)?;
        let together = left.stands_for + right.stands_for;
        let rank = |m: &Member| mix(limit.key, m.trial.0);
        let (stays, goes) = if rank(left) <= rank(right) { (i, j) } else { (j, i) };
        self.list[stays].stands_for = together;
        self.ended -= 1;
        let heir = Some(self.list[stays]);
        Some(Thinned { gone: self.list.remove(goes), heir })
    }

    /// How many trials all of them stand for.
    pub(crate) fn stand_for(&self) -> u64 {
        self.stand_for
    }

    /// Each member's slot and weight: that of the middle of its stratum on the ramp, times the stratum's size.
    pub(crate) fn weights(&self) -> impl Iterator<Item = (u32, f64)> {
        let ramp = Ramp::new(self.stand_for() as f64);
        let mut before = 0.0;
        self.list.iter().map(move |m| {
            // Signed: one instruction makes a float of it, where an unsigned one takes several.
            let stands_for = m.stands_for as i64 as f64;
            let middle = before + 0.5 * (stands_for - 1.0);
            before += stands_for;
            (m.slot, stands_for * ramp.at(middle))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIMIT: Limit = Limit { newest: 8, total: 16, key: 3 };

    fn history(length: u64, limit: Limit) -> Members {
        let mut members = Members::default();
        for trial in (0..length).map(TrialId) {
            members.insert(Member { trial, slot: 0, stands_for: 1, ended: true });
            while members.thin(limit).is_some() {}
        }
        members
    }

    #[test]
    fn the_newest_are_always_kept_and_the_older_stand_for_all() {
        for length in 1..600 {
            let members = history(length, LIMIT);
            assert_eq!(members.stand_for(), length);
            assert_eq!(members.list.len() as u64, length.min(16));
            let newest: Vec<u64> = members.list.iter().rev().take(8).map(|m| m.trial.0).collect();
            assert!(newest.iter().enumerate().all(|(i, trial)| *trial == length - 1 - i as u64));
            assert!(members.list.iter().rev().take(8).all(|m| m.stands_for == 1));
        }
    }

    #[test]
    fn strata_stay_within_a_small_factor_of_one_another() {
        for length in 100..600 {
            let members = history(length, LIMIT);
            let even = (length - 8) as f64 / 8.0;
            assert!(members.list.iter().all(|m| (m.stands_for as f64) < 3.0 * even + 1.0), "{length}");
        }
    }

    #[test]
    fn each_old_trial_is_equally_likely_to_be_kept() {
        let mut kept = [0; 100];
        for key in 0..4000 {
            for member in history(100, Limit { key, ..LIMIT }).list.iter() {
                kept[member.trial.0 as usize] += member.stands_for;
            }
        }
        // In the mean over the seeds each trial counts once.
        assert!(kept[..92].iter().all(|n| (3000..5200).contains(n)), "{kept:?}");
    }

    #[test]
    fn running_trials_are_never_merged() {
        let mut members = history(40, LIMIT);
        for trial in (40..50).map(TrialId) {
            members.insert(Member { trial, slot: 0, stands_for: 1, ended: false });
            assert_eq!(members.thin(LIMIT), None);
        }
        assert!(members.end(TrialId(45)) && members.thin(LIMIT).is_some());
        assert!((40..50).all(|t| members.remove(TrialId(t)).is_some()));
    }
}
