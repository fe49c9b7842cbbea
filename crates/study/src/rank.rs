//! Which trials are best: one objective by value, several by Pareto dominance; feasible ones first.

use std::cmp::Ordering;

use search::TrialId;
use serde::{Deserialize, Serialize};

use crate::Real;
use crate::record::{Record, State};
use crate::study::Study;
use crate::trial::{Trial, total_violation};

/// What a trial is ranked by: first how much it breaks the outcome constraints, then its values in the minimised
/// sense, then its age.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Rank {
    pub(crate) violation: f64,
    pub(crate) value: f64,
    pub(crate) number: u64,
}

impl Rank {
    pub(crate) fn order(&self, other: &Rank) -> Ordering {
        let by_value = self.violation.total_cmp(&other.violation).then(self.value.total_cmp(&other.value));
        by_value.then(self.number.cmp(&other.number))
    }

    fn better(&self, other: &Rank) -> bool {
        (self.violation, self.value) < (other.violation, other.value)
    }
}

/// One step of the best-so-far line.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BestSoFar<'a> {
    /// The trial that ended.
    pub trial: Trial<'a>,
    /// The best trial among those that had ended by then.
    pub best: Trial<'a>,
}

impl PartialEq for Trial<'_> {
    /// Whether both are the same trial in the same state.
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number && self.record == other.record
    }
}

impl Study {
    /// The best complete trial of a study with one objective: feasible ones first, then the one that breaks the
    /// outcome constraints least; the older of equals. `None` before any is complete, and for several objectives
    /// (see [`Study::pareto`]).
    pub fn best(&self) -> Option<Trial<'_>> {
        self.trial(self.best?)
    }

    /// Whether a trial is better than another, as [`best`](Study::best) sees it; a complete one is better than one that is
    /// not. False for several objectives.
    pub fn outranks(&self, trial: TrialId, other: TrialId) -> bool {
        let Some(rank) = self.rank_of(trial) else { return false };
        self.rank_of(other).is_none_or(|other| rank.order(&other).is_lt())
    }

    /// The `k` best complete trials of a study with one objective, best first.
    pub fn best_k(&self, k: usize) -> Vec<Trial<'_>> {
        let mut ranked: Vec<(Rank, Trial<'_>)> = self
            .trials()
            .filter_map(|trial| Some((self.rank(trial.number(), trial.record)?, trial)))
            .collect();
        ranked.sort_unstable_by(|a, b| a.0.order(&b.0));
        ranked.into_iter().take(k).map(|(_, trial)| trial).collect()
    }

    /// The best-so-far line of a study with one objective: one entry for each complete trial, in the order of
    /// their endings.
    pub fn best_so_far(&self) -> Vec<BestSoFar<'_>> {
        let complete =
            self.trials().filter_map(|trial| Some((trial, self.rank(trial.number(), trial.record)?)));
        let mut line: Vec<_> = complete.collect();
        line.sort_by_key(|(trial, _)| (trial.record.ended_at, trial.number()));
        let mut best: Option<(Trial<'_>, Rank)> = None;
        let mut steps = Vec::with_capacity(line.len());
        for (trial, rank) in line {
            if best.as_ref().is_none_or(|(_, known)| rank.better(known)) {
                best = Some((trial, rank));
            }
            steps.extend(best.as_ref().map(|(best, _)| BestSoFar { trial, best: *best }));
        }
        steps
    }

    /// The complete trials that no other dominates, by number. Feasible ones only, unless none is; then those that
    /// break the outcome constraints least. With one objective: all trials as good as the best.
    pub fn pareto(&self) -> Vec<Trial<'_>> {
        let complete: Vec<_> = self.trials().filter(|trial| trial.state() == State::Complete).collect();
        let least = complete.iter().map(|trial| trial.total_violation()).fold(f64::INFINITY, f64::min);
        let directions = self.directions();
        let mut front: Vec<(Trial<'_>, Vec<f64>)> = Vec::new();
        let mut candidates: Vec<(Trial<'_>, Vec<f64>)> = complete
            .into_iter()
            .filter(|trial| trial.total_violation() <= least)
            .map(|trial| {
                let values = trial.values().iter().zip(&directions).map(|(v, d)| d.minimized(v.0));
                (trial, values.collect())
            })
            .collect();
        // In lexicographic order a trial can only be dominated by an earlier one, so the front is never revised.
        candidates.sort_by(|a, b| a.1.partial_cmp(&b.1).unwrap_or(Ordering::Equal));
        for candidate in candidates {
            if !front.iter().any(|(_, values)| dominates(values, &candidate.1)) {
                front.push(candidate);
            }
        }
        let mut trials: Vec<_> = front.into_iter().map(|(trial, _)| trial).collect();
        trials.sort_by_key(|trial| trial.number());
        trials
    }

    pub(crate) fn rank(&self, number: TrialId, record: &Record) -> Option<Rank> {
        self.rank_by(number, record.state, &record.values, &record.violations)
    }

    pub(crate) fn rank_by(
        &self,
        number: TrialId,
        state: State,
        values: &[Real],
        violations: &[Real],
    ) -> Option<Rank> {
        let [objective] = self.settings.objectives.as_slice() else { return None };
        let [value] = *values else { return None };
        (state == State::Complete).then(|| Rank {
            violation: total_violation(violations),
            value: objective.direction.minimized(value.0),
            number: number.0,
        })
    }

    fn rank_of(&self, number: TrialId) -> Option<Rank> {
        self.rank(number, self.trial(number)?.record)
    }

    pub(crate) fn beats_best(&self, number: TrialId) -> bool {
        self.rank_of(number).is_some() && self.best.is_none_or(|best| self.outranks(number, best))
    }

    /// Over all trials; for when the best one is reopened.
    pub(crate) fn best_of_all(&self) -> Option<TrialId> {
        let ranks = self.trials().filter_map(|trial| self.rank(trial.number(), trial.record));
        ranks.min_by(Rank::order).map(|rank| TrialId(rank.number))
    }
}

fn dominates(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(a, b)| a <= b) && a.iter().zip(b).any(|(a, b)| a < b)
}
