//! Puts parameters into an order in which what decides about one comes before it; refuses circles.

use std::collections::BTreeSet;

use super::Resolved;
use super::mistakes::Mistakes;
use crate::SpaceError;
use crate::tree::{Condition, Formula, Target};

/// Anything that can depend on something else.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Item {
    Parameter(usize),
    List(usize),
    Constant(usize),
    Tied(usize),
}

/// Notes declarations that depend on themselves; whether there are none.
pub(super) fn is_free_of_cycles(resolved: &Resolved, mistakes: &mut Mistakes) -> bool {
    let parts = &resolved.parts;
    let graph = Graph { resolved };
    let mut state = vec![Seen::New; graph.len()];
    let mut circles = Circles::default();
    let parameters = (0..resolved.parameters.len()).map(Item::Parameter);
    let items = parameters.chain((0..parts.lists.len()).map(Item::List));
    let items = items.chain((0..parts.constants.len()).map(Item::Constant));
    for item in items.chain((0..parts.tied.len()).map(Item::Tied)) {
        graph.visit(item, &mut state, &mut Vec::new(), &mut circles);
    }
    let is_free = circles.errors.is_empty();
    circles.errors.into_iter().for_each(|circle| mistakes.add(circle));
    is_free
}

/// What goes in a circle. Of circles that share something, one is told.
#[derive(Default)]
struct Circles {
    errors: Vec<SpaceError>,
    members: BTreeSet<usize>,
}

#[derive(Clone, Copy, PartialEq)]
enum Seen {
    New,
    Open,
    Done,
}

struct Graph<'a> {
    resolved: &'a Resolved,
}

impl Graph<'_> {
    fn len(&self) -> usize {
        let parts = &self.resolved.parts;
        self.resolved.parameters.len() + parts.lists.len() + parts.constants.len() + parts.tied.len()
    }

    fn number(&self, item: Item) -> usize {
        let (parameters, parts) = (self.resolved.parameters.len(), &self.resolved.parts);
        match item {
            Item::Parameter(i) => i,
            Item::List(k) => parameters + k,
            Item::Constant(k) => parameters + parts.lists.len() + k,
            Item::Tied(k) => parameters + parts.lists.len() + parts.constants.len() + k,
        }
    }

    fn visit(&self, item: Item, state: &mut [Seen], open: &mut Vec<Item>, circles: &mut Circles) {
        match state[self.number(item)] {
            Seen::Done => return,
            Seen::Open => return self.circle(item, open, circles),
            Seen::New => {}
        }
        state[self.number(item)] = Seen::Open;
        open.push(item);
        for next in self.needs(item) {
            self.visit(next, state, open, circles);
        }
        open.pop();
        state[self.number(item)] = Seen::Done;
    }

    fn circle(&self, item: Item, open: &[Item], circles: &mut Circles) {
        let start = open.iter().position(|other| *other == item).unwrap_or(0);
        let members: BTreeSet<usize> = open[start..].iter().map(|i| self.number(*i)).collect();
        if members.is_disjoint(&circles.members) {
            circles.errors.push(self.error(&open[start..]));
        }
        circles.members.extend(members);
    }

    fn error(&self, circle: &[Item]) -> SpaceError {
        let mut names: Vec<String> = circle.iter().map(|i| self.name(*i)).collect();
        names.dedup();
        names.push(names[0].clone());
        let key = match circle.iter().find_map(|i| self.key(*i)) {
            Some(key) => key,
            None => format!("space.{}", names[0]),
        };
        let way: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
        SpaceError::new(key, format!("what is needed goes in a circle: {}", way.join(" needs ")))
            .hint("take one of these names out of its `when`, `expr` or `length`")
    }

    fn name(&self, item: Item) -> String {
        match item {
            Item::Parameter(i) => self.resolved.parameters[i].path.clone(),
            Item::List(k) => self.resolved.parts.lists[k].path.clone(),
            Item::Tied(k) => self.resolved.parts.tied[k].path.clone(),
            Item::Constant(k) => {
                let own = |target: &Target| matches!(target, Target::Constant(other) if *other == k);
                let names = self.resolved.parts.names.iter();
                names
                    .filter(|(_, target)| own(target))
                    .map(|(name, _)| name.clone())
                    .next()
                    .unwrap_or_default()
            }
        }
    }

    fn key(&self, item: Item) -> Option<String> {
        match item {
            Item::Parameter(i) => {
                let when = self.resolved.conditions[i].when.as_ref().map(|when| when.key.clone());
                Some(when.unwrap_or_else(|| self.resolved.keys[i].clone()))
            }
            Item::Tied(k) => Some(self.resolved.parts.tied[k].formula.key.clone()),
            Item::Constant(k) => {
                self.resolved.parts.constants[k].condition.when.as_ref().map(|when| when.key.clone())
            }
            Item::List(_) => None,
        }
    }

    fn needs(&self, item: Item) -> Vec<Item> {
        let parts = &self.resolved.parts;
        let mut needs = Vec::new();
        match item {
            Item::Parameter(i) => of_condition(&self.resolved.conditions[i], &mut needs),
            Item::Constant(k) => of_condition(&parts.constants[k].condition, &mut needs),
            Item::List(k) => {
                of_condition(&parts.lists[k].condition, &mut needs);
                needs.extend(parts.lists[k].length.map(Item::Parameter));
                needs.extend(parts.lists[k].elements.iter().map(|i| Item::Parameter(*i)));
            }
            Item::Tied(k) => {
                of_condition(&parts.tied[k].condition, &mut needs);
                of_formula(&parts.tied[k].formula, &mut needs);
            }
        }
        needs
    }
}

fn of_condition(condition: &Condition, needs: &mut Vec<Item>) {
    needs.extend(condition.option.map(|(choice, _)| Item::Parameter(choice)));
    needs.extend(condition.longer.map(|(length, _)| Item::Parameter(length)));
    if let Some(when) = &condition.when {
        of_formula(when, needs);
    }
}

fn of_formula(formula: &Formula, needs: &mut Vec<Item>) {
    formula.names.iter().for_each(|(_, target)| of_target(target, needs));
}

fn of_target(target: &Target, needs: &mut Vec<Item>) {
    match target {
        Target::Parameter(i) => needs.push(Item::Parameter(*i)),
        Target::Constant(k) => needs.push(Item::Constant(*k)),
        Target::Tied(k) => needs.push(Item::Tied(*k)),
        Target::List(k) => needs.push(Item::List(*k)),
        Target::Chosen(choice, options) => {
            needs.push(Item::Parameter(*choice));
            options.iter().flatten().for_each(|target| of_target(target, needs));
        }
    }
}

/// The same space with deciders first; otherwise the order of the file is kept.
pub(super) fn arrange(resolved: Resolved) -> Resolved {
    let count = resolved.parameters.len();
    let mut placed: Vec<Option<usize>> = vec![None; count];
    let mut order = Vec::with_capacity(count);
    for i in 0..count {
        place(i, &resolved, &mut placed, &mut order);
    }
    let to: Vec<usize> = placed.into_iter().flatten().collect();
    let pick = |i: &usize| (resolved.parameters[*i].clone(), resolved.conditions[*i].moved(&to));
    let (parameters, conditions) = order.iter().map(pick).unzip();
    let keys = order.iter().map(|i| resolved.keys[*i].clone()).collect();
    Resolved { parameters, conditions, parts: resolved.parts.moved(&to), keys }
}

fn place(i: usize, resolved: &Resolved, placed: &mut [Option<usize>], order: &mut Vec<usize>) {
    if placed[i].is_some() {
        return;
    }
    let mut deciders = Vec::new();
    resolved.conditions[i].deciders(&resolved.parts, &mut |decider| deciders.push(decider));
    for decider in deciders {
        place(decider, resolved, placed, order);
    }
    placed[i] = Some(order.len());
    order.push(i);
}
