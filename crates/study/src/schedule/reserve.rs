//! The one reservation, and what may start beside it.
//!
//! A run that others were started past, again and again, gets the reservation: from then on nothing starts that could
//! keep it waiting (EASY backfill: Lifka 1995). With expected times, the moment at which enough will be free is
//! known, and what ends before it, or takes only what is left over then, may start. Without them nothing
//! is known of when anything ends; then a run may start only if it takes nothing that the reservation still lacks.
//!
//! Nobody starves: a run overtaken by [`PATIENCE`] of everything becomes due; those due that came before it are
//! finitely many, each is served once, and while one is served only a bounded amount starts that could delay it.

use super::demand::Gpus;
use super::pool::{Need, Pool};
use super::queue::Group;
use super::{Lease, Schedule};

/// How much may be started past a run before it is given the reservation: eight times all there is, in millionths of it.
/// Less leaves more cores idle while they are gathered for wide runs; more lets wide runs wait longer.
pub(super) const PATIENCE: u64 = 8_000_000;

/// Who is next, whatever comes.
#[derive(Clone, Debug)]
pub(super) struct Reservation<Id> {
    pub(super) id: Id,
    /// When it was expected to start, as the reservation was made. From then on nothing starts on the strength of an
    /// expected time, so that expectations that prove wrong cost a bounded wait.
    pub(super) deadline: Option<u64>,
    /// How much more may be started past it on the strength of expected times, in millionths of everything: the bound
    /// that holds under a clock that stands still.
    pub(super) allowance: u64,
}

/// What may start while the reservation waits.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    /// What is expected to end by then may start.
    until: Option<u64>,
    cpus: u64,
    memory: u64,
    named: Vec<u64>,
    runs: u64,
    gpus: bool,
}

impl Guard {
    /// What is left in `pool` beside `need`. Where the need itself does not fit, nothing is left of what it lacks.
    fn beside(need: &Need, pool: &Pool, until: Option<u64>) -> Self {
        let mut named: Vec<u64> = pool.named.iter().map(|level| level.free()).collect();
        for &(place, amount) in &need.named {
            named[place] = named[place].saturating_sub(amount);
        }
        Guard {
            until,
            cpus: pool.cpus.free().saturating_sub(need.cpus.into()),
            memory: pool.memory.map_or(u64::MAX, |memory| memory.free().saturating_sub(need.memory)),
            named,
            runs: pool.runs.map_or(u64::MAX, |runs| runs.free().saturating_sub(1)),
            // Best fit settles which devices a run gets; whether the reservation can do without them is not
            // worth finding out.
            gpus: need.gpus == Gpus::None,
        }
    }

    /// Whether a run may start now that is expected to end at `ends` and takes `part` of everything. What it takes is
    /// counted.
    pub(super) fn admits<Id>(
        &mut self,
        need: &Need,
        ends: Option<u64>,
        part: u64,
        reservation: &mut Reservation<Id>,
    ) -> bool {
        let in_time = self.until.zip(ends).is_some_and(|(until, ends)| ends <= until);
        if in_time && reservation.allowance > 0 {
            reservation.allowance = reservation.allowance.saturating_sub(part);
            return true;
        }
        let room = self.cpus >= need.cpus.into()
            && self.memory >= need.memory
            && self.runs > 0
            && (self.gpus || need.gpus == Gpus::None)
            && need.named.iter().all(|&(place, amount)| self.named[place] >= amount);
        if room {
            self.cpus -= u64::from(need.cpus);
            self.memory -= need.memory;
            self.runs -= 1;
            for &(place, amount) in &need.named {
                self.named[place] -= amount;
            }
        }
        room
    }
}

impl<Id: Clone + Ord> Schedule<Id> {
    /// The run that waits longest among those overtaken too much.
    pub(super) fn due(&self) -> Option<Id> {
        let due = self.queue.groups().filter(|(_, group)| group.overtaken > PATIENCE);
        let oldest = due.filter_map(|(_, group)| group.oldest()).min_by_key(|oldest| oldest.arrival)?;
        Some(oldest.id.clone())
    }

    /// The reservation for a run that waits.
    pub(super) fn reserve(&self, id: Id, now: u64) -> Option<Reservation<Id>> {
        let group = self.queue.group(self.queue.place(&id)?.group)?;
        let deadline = self.expected_start(&group.need, now).map(|(start, _)| start);
        Some(Reservation { id, deadline, allowance: PATIENCE })
    }

    /// The group of the run that has the reservation.
    pub(super) fn reserved_group(&self) -> Option<&Group<Id>> {
        self.queue.group(self.queue.place(&self.reservation.as_ref()?.id)?.group)
    }

    /// What may start beside the reservation; `None` without one: everything.
    pub(super) fn guard(&self, now: u64) -> Option<Guard> {
        let need = &self.reserved_group()?.need;
        let deadline = self.reservation.as_ref()?.deadline.filter(|deadline| now < *deadline);
        let expected = deadline.and_then(|deadline| Some((deadline, self.expected_start(need, now)?)));
        Some(match expected {
            Some((deadline, (start, pool))) => Guard::beside(need, &pool, Some(start.min(deadline))),
            None => Guard::beside(need, &self.pool, None),
        })
    }

    /// When enough is expected to be free for a need, and what is free then. `None` when that is not known.
    pub(super) fn expected_start(&self, need: &Need, now: u64) -> Option<(u64, Pool)> {
        let mut ends: Vec<(u64, &Lease)> =
            self.held.values().filter_map(|held| Some((self.expected_end(held)?, &held.lease))).collect();
        ends.sort_by_key(|(end, _)| *end);
        let mut pool = self.pool.clone();
        for (end, lease) in ends {
            pool.give(lease);
            if pool.fits(need) {
                return Some((end.max(now), pool));
            }
        }
        None
    }
}
