//! The decision: who starts now.
//!
//! The reservation first, if it fits. Then the waiting runs in their order, each that fits (list scheduling: Graham
//! 1969), by groups of equal demand: where one does not fit none of its group does, and the next group is asked
//! (backfill). What starts past a run that comes before it, or came earlier, is counted; past a bound that run
//! gets the reservation. Last, cores that nothing waits for go to the malleable among those that start.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use super::pool::{Need, Taken};
use super::queue::{Group, Place};
use super::{Held, Lease, Schedule, Timed};

/// The order between groups, smallest first: class, then the widest, then the longest way to go. The widest first since
/// narrow runs fill what is left beside them, and nothing but waiting makes room for a wide one later; the
/// longest first since it is what remains alone at the end (Graham 1969, "LPT").
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rank {
    class: u32,
    part: Reverse<u64>,
    way: Reverse<u64>,
}

/// A run that starts now.
struct Start<Id> {
    id: Id,
    need: Need,
    taken: Taken,
    place: Place,
    rank: Rank,
    kind: u32,
}

impl<Id: Clone + Ord> Schedule<Id> {
    /// The runs that start now, with what each holds until [`Schedule::release`]; add all that waits before. `now` is
    /// in milliseconds of any clock that does not go back; only [`Expected`](super::Expected) times are
    /// compared with it.
    ///
    /// The time it takes grows with the number of distinct demands and of runs that start, not with those that wait.
    pub fn place(&mut self, now: u64) -> Vec<(Id, Lease)> {
        let mut starts = Vec::new();
        self.serve(now, &mut starts);
        self.pack(now, &mut starts);
        self.charge(&starts);
        self.queue.next_round();
        self.grow(&mut starts);
        starts.into_iter().map(|start| self.lease_out(start, now)).collect()
    }

    fn rank(&self, group: &Group<Id>) -> Rank {
        let way =
            self.expected.get(&group.kind).map_or(0, |expected| expected.run.saturating_add(expected.after));
        Rank { class: group.class, part: Reverse(group.part), way: Reverse(way) }
    }

    /// Starts the run that has the reservation if it fits; then those that are due one after the other, until one does
    /// not fit: that one has the reservation now.
    fn serve(&mut self, now: u64, starts: &mut Vec<Start<Id>>) {
        let held = self.reservation.take().filter(|reservation| self.is_waiting(&reservation.id));
        if let Some(reservation) = held {
            if !self.fits_now(&reservation.id) {
                self.reservation = Some(reservation);
                return;
            }
            starts.extend(self.start(&reservation.id));
        }
        while let Some(id) = self.due() {
            if !self.fits_now(&id) {
                self.reservation = self.reserve(id, now);
                return;
            }
            starts.extend(self.start(&id));
        }
    }

    fn fits_now(&self, id: &Id) -> bool {
        let group = self.queue.place(id).and_then(|place| self.queue.group(place.group));
        group.is_some_and(|group| self.pool.fits(&group.need))
    }

    /// Starts what fits, in order, beside the reservation.
    fn pack(&mut self, now: u64, starts: &mut Vec<Start<Id>>) {
        let mut guard = self.guard(now);
        let first = |group: &Group<Id>| group.first().map(|(order, arrival, _)| (order, arrival));
        let mut next: BinaryHeap<_> = self
            .queue
            .groups()
            .filter_map(|(index, group)| Some(Reverse((self.rank(group), first(group)?, index))))
            .collect();
        while let Some(Reverse((rank, _, index))) = next.pop() {
            if !self.pool.has_room() {
                return;
            }
            let Some(group) = self.queue.group(index) else { continue };
            let Some((_, _, id)) = group.first().filter(|_| self.pool.fits(&group.need)) else { continue };
            if let Some((guard, reservation)) = guard.as_mut().zip(self.reservation.as_mut()) {
                let ends = self.expected.get(&group.kind).map(|expected| now.saturating_add(expected.run));
                if !guard.admits(&group.need, ends, group.part, reservation) {
                    continue;
                }
            }
            let id = id.clone();
            starts.extend(self.start(&id));
            next.extend(self.queue.group(index).and_then(first).map(|first| Reverse((rank, first, index))));
        }
    }

    fn start(&mut self, id: &Id) -> Option<Start<Id>> {
        let place = self.queue.place(id)?;
        let group = self.queue.group(place.group)?;
        let (need, rank, kind) = (group.need.clone(), self.rank(group), group.kind);
        self.queue.remove(id);
        Some(Start { id: id.clone(), taken: self.pool.take(&need), need, place, rank, kind })
    }

    /// Counts for each group what starts past the one of it that waits longest: what comes after it in order, or came
    /// in a later round, whichever is more. (Counting by rounds, since runs that came together are
    /// overtaken only by order.)
    fn charge(&mut self, starts: &[Start<Id>]) {
        if starts.is_empty() {
            return;
        }
        let parts = |start: &Start<Id>| start.rank.part.0;
        let after = Tail::new(starts.iter().map(|start| (start.rank, parts(start))));
        let later = Tail::new(starts.iter().map(|start| (start.place.round, parts(start))));
        let charges: Vec<(usize, u64)> = self
            .queue
            .groups()
            .filter_map(|(index, group)| {
                Some((index, after.above(&self.rank(group)).max(later.above(&group.oldest()?.round))))
            })
            .collect();
        for (index, charge) in charges {
            self.queue.charge(index, charge);
        }
    }

    /// Widens malleable runs among those that start by cores that nothing waits for, the narrowest first.
    fn grow(&mut self, starts: &mut [Start<Id>]) {
        let mut growing: Vec<&mut Start<Id>> =
            starts.iter_mut().filter(|start| start.taken.width < start.need.most).collect();
        let mut spare = if growing.is_empty() { 0 } else { self.spare() };
        while spare > 0 && !growing.is_empty() {
            let narrowest = growing.iter().map(|start| start.taken.width).min().unwrap_or(0);
            for start in growing.iter_mut().filter(|start| start.taken.width == narrowest) {
                if spare > 0 {
                    self.pool.widen(&mut start.taken, 1);
                    spare -= 1;
                }
            }
            growing.retain(|start| start.taken.width < start.need.most);
        }
    }

    /// The free cores that nothing waits for: none where a run lacks nothing but cores, and never those that the
    /// reservation will take.
    fn spare(&self) -> u64 {
        if self.queue.groups().any(|(_, group)| self.pool.lacks_only_cpus(&group.need)) {
            return 0;
        }
        let reserved = self.reserved_group().map_or(0, |group| group.need.cpus.into());
        self.pool.cpus.free().saturating_sub(reserved)
    }

    fn lease_out(&mut self, start: Start<Id>, now: u64) -> (Id, Lease) {
        let lease = self.pool.lease(&start.need, start.taken);
        let timed = Timed { started: now, kind: start.kind, least: start.need.cpus };
        self.held.insert(start.id.clone(), Held { lease: lease.clone(), timed: Some(timed) });
        (start.id, lease)
    }
}

/// Amounts by key, summed from each key to the end.
struct Tail<Key>(Vec<(Key, u64)>);

impl<Key: Ord + Copy> Tail<Key> {
    fn new(amounts: impl Iterator<Item = (Key, u64)>) -> Self {
        let mut amounts: Vec<(Key, u64)> = amounts.collect();
        amounts.sort_unstable();
        let mut sum = 0u64;
        for (_, amount) in amounts.iter_mut().rev() {
            sum = sum.saturating_add(*amount);
            *amount = sum;
        }
        Tail(amounts)
    }

    /// The sum of what lies above a key.
    fn above(&self, key: &Key) -> u64 {
        let first = self.0.partition_point(|(known, _)| known <= key);
        self.0.get(first).map_or(0, |(_, sum)| *sum)
    }
}
