//! How many configurations a space has, and the numbering of them.
//!
//! A space is taken apart: parameters that do not decide about one another multiply; one that decides about others
//! branches over its values, which leaves smaller, again independent parts. The result is a small tree of counts
//! ([`Plan`]) along which any index finds its point, whatever the size.

use num_bigint::BigUint;

use crate::{Point, Space};

/// The number of configurations of a space.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Size {
    /// Exactly so many, all of them keeping the space constraints.
    Finite(BigUint),
    /// No more than so many: how many keep the constraints is not counted beyond a million, and conditions that hang on
    /// hundreds of thousands of values are not followed.
    AtMost(BigUint),
    /// Some active parameter is a continuum.
    Infinite,
}

/// Up to so many configurations are tried one by one against the space constraints.
const MOST_TRIED: u32 = 1_000_000;

/// How many steps the taking apart may cost: well below a second, and some tens of megabytes at worst.
const MOST_STEPS: u64 = 300_000;

/// The numbering of a finite space, or of a part of one.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Plan {
    count: BigUint,
    shape: Shape,
}

#[derive(Clone, Debug, PartialEq)]
enum Shape {
    /// A parameter that decides about no other.
    Leaf(usize),
    /// Independent parts; the last varies fastest.
    Product(Vec<Plan>),
    /// A parameter that decides about others.
    Branch(usize, Vec<Group>),
}

/// Neighbouring values of a branch that leave the same choices.
#[derive(Clone, Debug, PartialEq)]
struct Group {
    /// The index of the first value.
    first: u64,
    values: u64,
    /// The number of points before the group.
    before: BigUint,
    rest: Plan,
}

/// Why a space has no plan.
enum Stop {
    Infinite,
    TooManySteps,
}

impl Plan {
    /// `None` where the space is infinite or too entangled.
    pub(crate) fn of(space: &Space) -> Option<Plan> {
        let count = space.parameters().len();
        let mut deciders = vec![Vec::new(); count];
        for (i, list) in deciders.iter_mut().enumerate() {
            space.condition(i).deciders(space.parts(), &mut |decider| list.push(decider));
            list.sort_unstable();
            list.dedup();
        }
        let mut work = Work { space, deciders, point: Point::empty(count), steps: 0 };
        work.part(&(0..count).collect::<Vec<_>>()).ok()
    }

    pub(crate) fn count(&self) -> &BigUint {
        &self.count
    }

    /// The point with this index, which is less than the count.
    pub(crate) fn point(&self, space: &Space, index: &BigUint) -> Point {
        let mut point = Point::empty(space.parameters().len());
        self.fill(space, index.clone(), &mut point);
        point
    }

    fn fill(&self, space: &Space, index: BigUint, point: &mut Point) {
        match &self.shape {
            Shape::Leaf(i) => point.set(*i, Some(space.parameters()[*i].domain.nth(&index))),
            Shape::Product(parts) => {
                let mut rest = index;
                for part in parts.iter().rev() {
                    let own = &rest % &part.count;
                    rest /= &part.count;
                    part.fill(space, own, point);
                }
            }
            Shape::Branch(i, groups) => {
                let Some(group) = groups[..groups.partition_point(|g| g.before <= index)].last() else {
                    return;
                };
                let within = index - &group.before;
                let value = &within / &group.rest.count + group.first;
                point.set(*i, Some(space.parameters()[*i].domain.nth(&value)));
                group.rest.fill(space, within % &group.rest.count, point);
            }
        }
    }
}

struct Work<'a> {
    space: &'a Space,
    /// For each parameter the earlier ones that decide about its activity.
    deciders: Vec<Vec<usize>>,
    /// The values of the branches above.
    point: Point,
    steps: u64,
}

impl Work<'_> {
    /// The plan of the parameters `open`, in ascending order, given those in `point`.
    fn part(&mut self, open: &[usize]) -> Result<Plan, Stop> {
        let mut parts = Vec::new();
        for component in self.components(open) {
            self.steps += 1;
            if self.steps > MOST_STEPS {
                return Err(Stop::TooManySteps);
            }
            let (first, rest) = (component[0], &component[1..]);
            // All that decides about the first has a value already: it would come before it otherwise.
            if !self.space.is_active(first, &self.point) {
                match self.part(rest)? {
                    Plan { shape: Shape::Product(more), .. } => parts.extend(more),
                    plan => parts.push(plan),
                }
                continue;
            }
            let count = self.space.parameters()[first].domain.count().ok_or(Stop::Infinite)?;
            let plan = if rest.is_empty() {
                Plan { count, shape: Shape::Leaf(first) }
            } else {
                self.branch(first, count, rest)?
            };
            parts.push(plan);
        }
        Ok(match parts.len() {
            1 => parts.remove(0),
            _ => Plan { count: parts.iter().map(|part| &part.count).product(), shape: Shape::Product(parts) },
        })
    }

    fn branch(&mut self, first: usize, count: BigUint, rest: &[usize]) -> Result<Plan, Stop> {
        let values = u64::try_from(&count).ok().filter(|n| *n <= MOST_STEPS).ok_or(Stop::TooManySteps)?;
        let space = self.space;
        let domain = &space.parameters()[first].domain;
        let mut groups: Vec<Group> = Vec::new();
        let mut before = BigUint::ZERO;
        for value in 0..values {
            self.steps += 1;
            self.point.set(first, Some(domain.nth(&value.into())));
            let plan = self.part(rest);
            self.point.set(first, None);
            let plan = plan?;
            let count = plan.count.clone();
            match groups.last_mut() {
                Some(group) if group.rest == plan => group.values += 1,
                _ => groups.push(Group { first: value, values: 1, before: before.clone(), rest: plan }),
            }
            before += count;
        }
        Ok(Plan { count: before, shape: Shape::Branch(first, groups) })
    }

    /// Splits `open` into sets that do not decide about one another; each in ascending order.
    fn components(&self, open: &[usize]) -> Vec<Vec<usize>> {
        let mut group: Vec<usize> = (0..open.len()).collect();
        fn root(group: &mut [usize], mut at: usize) -> usize {
            while group[at] != at {
                group[at] = group[group[at]];
                at = group[at];
            }
            at
        }
        for (k, i) in open.iter().enumerate() {
            for decider in &self.deciders[*i] {
                if let Ok(j) = open.binary_search(decider) {
                    let (a, b) = (root(&mut group, j), root(&mut group, k));
                    // The smaller place is the root, so that components come in the order of their first members.
                    group[a.max(b)] = a.min(b);
                }
            }
        }
        let mut components: Vec<Vec<usize>> = vec![Vec::new(); open.len()];
        for (k, i) in open.iter().enumerate() {
            components[root(&mut group, k)].push(*i);
        }
        components.retain(|component| !component.is_empty());
        components
    }
}

impl Space {
    pub(crate) fn count(&self) -> Size {
        let Some(plan) = self.plan() else {
            let counts = self.parameters().iter().map(|parameter| parameter.domain.count());
            return counts.product::<Option<BigUint>>().map_or(Size::Infinite, Size::AtMost);
        };
        if !self.is_constrained() {
            return Size::Finite(plan.count.clone());
        }
        if plan.count > BigUint::from(MOST_TRIED) {
            return Size::AtMost(plan.count.clone());
        }
        Size::Finite(self.enumerate().count().into())
    }

    /// How many indices [`nth`](Self::nth) knows: all configurations, whether or not they keep the space constraints.
    /// `None` where the space is infinite or too entangled to be numbered.
    pub fn numbered(&self) -> Option<&BigUint> {
        self.plan().map(Plan::count)
    }

    /// The configuration with this number, counted from 0; the last parameters vary fastest. It may break the space
    /// constraints. `None` past the end, and where the space is not numbered.
    pub fn nth(&self, index: &BigUint) -> Option<Point> {
        let plan = self.plan().filter(|plan| index < &plan.count)?;
        Some(plan.point(self, index))
    }
}
