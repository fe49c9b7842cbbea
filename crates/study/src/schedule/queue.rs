//! What waits, by demand: few distinct demands in practice, so that a decision costs by demands and placements,
//! not by waiting runs.

use std::collections::BTreeMap;

use super::demand::{Demand, Priority, Request};
use super::pool::Need;

/// Where a waiting run stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) group: usize,
    order: u64,
    arrival: u64,
    /// How many decisions were made before it came.
    pub(super) round: u64,
}

/// Runs that differ in nothing but their order.
#[derive(Clone, Debug)]
pub(super) struct Group<Id> {
    pub(super) class: u32,
    pub(super) kind: u32,
    demand: Demand,
    pub(super) need: Need,
    /// The largest part of anything that one of them takes, in millionths.
    pub(super) part: u64,
    /// By order, then arrival.
    runs: BTreeMap<(u64, u64), Id>,
    /// By arrival: order and round.
    arrivals: BTreeMap<u64, (u64, u64)>,
    /// How much was started past the run that waits longest, since it is that, in millionths of everything.
    pub(super) overtaken: u64,
}

/// The run of a group that waits longest.
pub(super) struct Oldest<'a, Id> {
    pub(super) id: &'a Id,
    pub(super) arrival: u64,
    pub(super) round: u64,
}

impl<Id> Group<Id> {
    /// The run that comes first: its order, its arrival, and who it is.
    pub(super) fn first(&self) -> Option<(u64, u64, &Id)> {
        self.runs.first_key_value().map(|(&(order, arrival), id)| (order, arrival, id))
    }

    /// The run that waits longest.
    pub(super) fn oldest(&self) -> Option<Oldest<'_, Id>> {
        let (&arrival, &(order, round)) = self.arrivals.first_key_value()?;
        self.runs.get(&(order, arrival)).map(|id| Oldest { id, arrival, round })
    }
}

/// All that waits.
#[derive(Clone, Debug)]
pub(super) struct Queue<Id> {
    /// Free places are filled again, so that indices stay.
    groups: Vec<Option<Group<Id>>>,
    vacant: Vec<usize>,
    /// By class, kind and demand.
    index: BTreeMap<(u32, u32, Demand), usize>,
    places: BTreeMap<Id, Place>,
    arrivals: u64,
    rounds: u64,
}

impl<Id: Clone + Ord> Queue<Id> {
    pub(super) fn new() -> Self {
        Queue {
            groups: Vec::new(),
            vacant: Vec::new(),
            index: BTreeMap::new(),
            places: BTreeMap::new(),
            arrivals: 0,
            rounds: 0,
        }
    }

    pub(super) fn len(&self) -> usize {
        self.places.len()
    }

    pub(super) fn place(&self, id: &Id) -> Option<Place> {
        self.places.get(id).copied()
    }

    pub(super) fn group(&self, group: usize) -> Option<&Group<Id>> {
        self.groups.get(group)?.as_ref()
    }

    pub(super) fn groups(&self) -> impl Iterator<Item = (usize, &Group<Id>)> {
        self.groups.iter().enumerate().filter_map(|(index, group)| Some((index, group.as_ref()?)))
    }

    /// A decision was made: what comes from now on came later.
    pub(super) fn next_round(&mut self) {
        self.rounds += 1;
    }

    /// Counts what was started past the run of a group that waits longest.
    pub(super) fn charge(&mut self, group: usize, part: u64) {
        if let Some(Some(group)) = self.groups.get_mut(group) {
            group.overtaken = group.overtaken.saturating_add(part);
        }
    }

    /// Adds a run that does not wait yet.
    pub(super) fn push(&mut self, id: Id, request: &Request, need: Need, part: u64) {
        let group = self.group_of(request, need, part);
        let place =
            Place { group, order: request.priority.order, arrival: self.arrivals, round: self.rounds };
        self.arrivals += 1;
        if let Some(group) = &mut self.groups[group] {
            group.runs.insert((place.order, place.arrival), id.clone());
            group.arrivals.insert(place.arrival, (place.order, place.round));
        }
        self.places.insert(id, place);
    }

    fn group_of(&mut self, request: &Request, need: Need, part: u64) -> usize {
        let Request { demand, priority: Priority { class, .. }, kind } = request;
        let key = (*class, *kind, demand.clone());
        if let Some(&group) = self.index.get(&key) {
            return group;
        }
        let group = self.vacant.pop().unwrap_or_else(|| {
            self.groups.push(None);
            self.groups.len() - 1
        });
        self.groups[group] = Some(Group {
            class: *class,
            kind: *kind,
            demand: demand.clone(),
            need,
            part,
            runs: BTreeMap::new(),
            arrivals: BTreeMap::new(),
            overtaken: 0,
        });
        self.index.insert(key, group);
        group
    }

    /// Takes a run out.
    pub(super) fn remove(&mut self, id: &Id) -> Option<Place> {
        let place = self.places.remove(id)?;
        let slot = self.groups.get_mut(place.group)?;
        let group = slot.as_mut()?;
        if group.arrivals.first_key_value().is_some_and(|(arrival, _)| *arrival == place.arrival) {
            group.overtaken = 0;
        }
        group.runs.remove(&(place.order, place.arrival));
        group.arrivals.remove(&place.arrival);
        if group.runs.is_empty()
            && let Some(group) = slot.take()
        {
            self.index.remove(&(group.class, group.kind, group.demand));
            self.vacant.push(place.group);
        }
        Some(place)
    }

    /// What waited, in the order of arrival, with what it asked for; nothing waits after.
    pub(super) fn drain(&mut self) -> Vec<(Id, Request)> {
        let queue = std::mem::replace(self, Queue::new());
        let mut waiting: Vec<(u64, Id, Request)> = Vec::with_capacity(queue.len());
        for group in queue.groups.into_iter().flatten() {
            let Group { class, kind, demand, runs, .. } = group;
            for ((order, arrival), id) in runs {
                let request = Request { demand: demand.clone(), priority: Priority { class, order }, kind };
                waiting.push((arrival, id, request));
            }
        }
        waiting.sort_unstable_by_key(|(arrival, ..)| *arrival);
        waiting.into_iter().map(|(_, id, request)| (id, request)).collect()
    }
}
