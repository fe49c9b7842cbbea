//! What waits, by demand: few distinct demands in practice, so that a decision costs by demands and placements,
//! not by waiting runs.

use std::collections::BTreeMap;

use super::demand::{Demand, Request};
use super::pool::Need;

/// Where a waiting run stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    pub(super) group: usize,
    order: u64,
    pub(super) arrival: u64,
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
    /// By arrival: the order.
    arrivals: BTreeMap<u64, u64>,
    /// How much was started past the run that arrived first, since it is the first, in millionths of everything.
    pub(super) overtaken: u64,
}

impl<Id: Clone> Group<Id> {
    /// The arrival of the run that waits longest.
    pub(super) fn oldest(&self) -> Option<u64> {
        self.arrivals.first_key_value().map(|(&arrival, _)| arrival)
    }

    /// The run that comes first in order.
    pub(super) fn head(&self) -> Option<Id> {
        self.runs.first_key_value().map(|(_, id)| id.clone())
    }
}

/// All that waits.
#[derive(Clone, Debug)]
pub(super) struct Queue<Id> {
    groups: Vec<Option<Group<Id>>>,
    by_demand: BTreeMap<(u32, u32, Demand), usize>,
    places: BTreeMap<Id, Place>,
    arrivals: u64,
    /// The groups in the order of their heads; stale when `None`.
    ranked: Option<Vec<usize>>,
}

impl<Id: Clone + Ord> Queue<Id> {
    pub(super) fn new() -> Self {
        Queue {
            groups: Vec::new(),
            by_demand: BTreeMap::new(),
            places: BTreeMap::new(),
            arrivals: 0,
            ranked: None,
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

    pub(super) fn group_mut(&mut self, group: usize) -> Option<&mut Group<Id>> {
        self.groups.get_mut(group)?.as_mut()
    }

    /// Adds a run that does not wait yet.
    pub(super) fn push(&mut self, id: Id, request: &Request, need: Need, part: u64) {
        let group = self.group_of(request, need, part);
        let place = Place { group, order: request.priority.order, arrival: self.arrivals };
        self.arrivals += 1;
        if let Some(group) = self.group_mut(group) {
            group.runs.insert((place.order, place.arrival), id.clone());
            group.arrivals.insert(place.arrival, place.order);
        }
        self.places.insert(id, place);
    }

    fn group_of(&mut self, request: &Request, need: Need, part: u64) -> usize {
        let key = (request.priority.class, request.kind, request.demand.clone());
        if let Some(&group) = self.by_demand.get(&key) {
            return group;
        }
        let group = self.groups.iter().position(Option::is_none).unwrap_or(self.groups.len());
        if group == self.groups.len() {
            self.groups.push(None);
        }
        self.groups[group] = Some(Group {
            class: request.priority.class,
            kind: request.kind,
            demand: request.demand.clone(),
            need,
            part,
            runs: BTreeMap::new(),
            arrivals: BTreeMap::new(),
            overtaken: 0,
        });
        self.by_demand.insert(key, group);
        self.ranked = None;
        group
    }

    /// Takes a run out.
    pub(super) fn remove(&mut self, id: &Id) -> Option<Place> {
        let place = self.places.remove(id)?;
        let group = self.group_mut(place.group)?;
        if group.oldest() == Some(place.arrival) {
            group.overtaken = 0;
        }
        group.runs.remove(&(place.order, place.arrival));
        group.arrivals.remove(&place.arrival);
        if group.runs.is_empty() {
            let key = (group.class, group.kind, group.demand.clone());
            self.by_demand.remove(&key);
            self.groups[place.group] = None;
            self.ranked = None;
        }
        Some(place)
    }

    /// The order of the groups must be found anew.
    pub(super) fn rerank(&mut self) {
        self.ranked = None;
    }

    /// The groups by a key of theirs, kept until a group comes or goes or [`Queue::rerank`] is called.
    pub(super) fn ranked<Key: Ord>(&mut self, key: impl Fn(&Group<Id>) -> Key) -> Vec<usize> {
        if let Some(ranked) = &self.ranked {
            return ranked.clone();
        }
        let mut keyed: Vec<(Key, u64, usize)> = self
            .groups
            .iter()
            .enumerate()
            .filter_map(|(i, group)| group.as_ref().map(|group| (key(group), group.oldest().unwrap_or(0), i)))
            .collect();
        keyed.sort();
        let ranked: Vec<usize> = keyed.into_iter().map(|(_, _, group)| group).collect();
        self.ranked = Some(ranked.clone());
        ranked
    }

    /// What waited, in the order of arrival, with what it asked for; the queue is empty after.
    pub(super) fn drain(&mut self) -> Vec<(Id, Request)> {
        let mut waiting: Vec<(u64, Id, Request)> = Vec::with_capacity(self.len());
        for group in self.groups.drain(..).flatten() {
            for (&(order, arrival), id) in &group.runs {
                let priority = super::Priority { class: group.class, order };
                let request = Request { demand: group.demand.clone(), priority, kind: group.kind };
                waiting.push((arrival, id.clone(), request));
            }
        }
        waiting.sort_by_key(|(arrival, ..)| *arrival);
        *self = Queue::new();
        waiting.into_iter().map(|(_, id, request)| (id, request)).collect()
    }
}
