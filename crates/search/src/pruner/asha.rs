//! `asha`, the stopping kind: a trial that comes to a rung goes on if it is among the best 1/η of those that have come
//! there (Li et al. 2020, arXiv:1810.05934, as in Optuna's `SuccessiveHalvingPruner`).

use std::collections::BTreeMap;
use std::sync::Arc;

use super::split::Split;
use super::{AshaOptions, Pruner, Question, Verdict, report};
use crate::{Level, Observed, TrialId};

/// The rule.
///
/// A trial comes to a rung with its first report at or past the rung's level, and counts there with that value from
/// then on, whatever becomes of it. One report may come to several rungs, as long as it would be let on. As long as
/// fewer than η have come, the best one so far is let on. NaN is stopped at the next rung, and does not count there.
/// At the top nothing is compared: who gets there ends by itself.
///
/// What a report came to is settled when it is learned, so that its verdict does not change with what others report
/// later.
#[derive(Clone, Debug)]
pub(crate) struct Asha {
    /// Where trials are compared, the lowest first.
    levels: Arc<[Level]>,
    factor: usize,
    bootstrap: usize,
    /// The values of those that came to each rung, cut after the best 1/η. One table for each repetition: like is
    /// compared with like.
    tables: BTreeMap<u32, Vec<Arc<Split>>>,
    climbs: BTreeMap<(TrialId, u32), Climb>,
}

/// How far a running trial has come.
#[derive(Clone, Debug, Default)]
struct Climb {
    /// The next rung.
    next: u32,
    /// The reports that came to one, and what was made of them.
    judged: Vec<(u64, Verdict)>,
}

/// What a report comes to.
struct Arrival {
    /// The rung after those that it counts in.
    next: u32,
    verdict: Verdict,
}

impl Asha {
    pub(crate) fn new(options: &AshaOptions) -> Self {
        let levels = options.rungs().compared().collect();
        Asha::at(levels, options.reduction_factor, options.bootstrap_count)
    }

    /// With rungs at these levels; η is at least 2.
    pub(crate) fn at(levels: Arc<[Level]>, factor: u64, bootstrap: u64) -> Self {
        let small = |number: u64| usize::try_from(number).unwrap_or(usize::MAX);
        Asha {
            levels,
            factor: small(factor.max(2)),
            bootstrap: small(bootstrap),
            tables: BTreeMap::new(),
            climbs: BTreeMap::new(),
        }
    }

    fn climb(&self, report: &Question) -> Option<&Climb> {
        self.climbs.get(&(report.trial, report.repetition))
    }

    fn next(&self, report: &Question) -> u32 {
        self.climb(report).map_or(0, |climb| climb.next)
    }

    fn reaches(&self, rung: u32, step: u64) -> bool {
        self.levels.get(rung as usize).is_some_and(|level| step >= level.0)
    }

    /// Where a report that is not learned yet would come to; `None` where it comes to no rung.
    fn arrival(&self, report: &Question) -> Option<Arrival> {
        let mut next = self.next(report);
        if !self.reaches(next, report.step) {
            return None;
        }
        if report.value.is_nan() {
            return Some(Arrival { next, verdict: Verdict::Prune });
        }
        let table = self.tables.get(&report.repetition).map_or(&[][..], Vec::as_slice);
        while self.reaches(next, report.step) {
            let rung = table.get(next as usize);
            next += 1;
            if !self.goes_on(rung.map(Arc::as_ref), report.value) {
                return Some(Arrival { next, verdict: Verdict::Prune });
            }
        }
        Some(Arrival { next, verdict: Verdict::Go })
    }

    /// Whether a value that comes to a rung is among the best 1/η there, itself counted.
    fn goes_on(&self, rung: Option<&Split>, value: f64) -> bool {
        let (count, kept) = rung.map_or((1, 0), |rung| (rung.len() + 1, rung.lower()));
        if count <= self.bootstrap {
            return false;
        }
        let bound = if best_of(count, self.factor) > kept {
            rung.and_then(Split::first_of_upper)
        } else {
            rung.and_then(Split::last_of_lower)
        };
        bound.is_none_or(|bound| value <= bound)
    }

    fn take_in(&mut self, report: &Question) {
        let Some(Arrival { next, verdict }) = self.arrival(report) else { return };
        let climb = self.climbs.entry((report.trial, report.repetition)).or_default();
        let from = std::mem::replace(&mut climb.next, next);
        climb.judged.push((report.step, verdict));
        let table = self.tables.entry(report.repetition).or_default();
        table.resize_with(table.len().max(next as usize), Arc::default);
        for rung in table.iter_mut().take(next as usize).skip(from as usize) {
            let best = best_of(rung.len() + 1, self.factor);
            Arc::make_mut(rung).insert(report.value, best);
        }
    }
}

/// How many of so many are let on; of the first few, the best.
fn best_of(count: usize, factor: usize) -> usize {
    (count / factor).max(1)
}

impl Pruner for Asha {
    fn learn(&mut self, events: &[Observed]) {
        for event in events {
            if let Some(report) = report(event) {
                self.take_in(&report);
            } else if let Observed::Ended { trial, .. } = event {
                while let Some((key, _)) = self.climbs.range((*trial, 0)..=(*trial, u32::MAX)).next() {
                    let key = *key;
                    self.climbs.remove(&key);
                }
            }
        }
    }

    fn judge(&self, question: &Question) -> Verdict {
        let judged = self.climb(question).map_or(&[][..], |climb| climb.judged.as_slice());
        match judged.iter().rev().find(|(step, _)| *step == question.step) {
            Some((_, verdict)) => *verdict,
            None => self.arrival(question).map_or(Verdict::Go, |arrival| arrival.verdict),
        }
    }

    /// Reports between rungs do not matter.
    fn acts_on(&self, report: &Question) -> bool {
        self.reaches(self.next(report), report.step)
    }

    fn fork(&self) -> Box<dyn Pruner> {
        Box::new(self.clone())
    }
}
