//! What hangs on what: conditions, names, and the shape of the configuration that a program gets.
//!
//! All of it refers to parameters by their place in the space. It is made while the parameters stand in the order of
//! the file, and `moved` gives the same thing for the order in which deciders come first.

use std::sync::Arc;

use indexmap::IndexMap;

use crate::expr::{Env, Expr, Lookup};
use crate::{Json, Point, Scalar, Space};

/// What must hold for something to be active: all of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Condition {
    /// This choice has taken this option.
    pub(crate) option: Option<(usize, u32)>,
    /// The length that this parameter gives is more than so many.
    pub(crate) longer: Option<(usize, i64)>,
    /// This holds.
    pub(crate) when: Option<Arc<Formula>>,
}

impl Condition {
    pub(crate) fn is_always(&self) -> bool {
        self.option.is_none() && self.longer.is_none() && self.when.is_none()
    }

    pub(crate) fn holds(&self, space: &Space, point: &Point) -> bool {
        self.option.is_none_or(
            |(choice, option)| matches!(point.get(choice), Some(Scalar::Choice(c)) if *c == option),
        ) && self.longer.is_none_or(|(i, than)| length(space, point, i).is_some_and(|n| n > than))
            && self.when.as_ref().is_none_or(|when| when.satisfied(space, point))
    }

    /// Calls `f` with each parameter that decides about it.
    pub(crate) fn deciders(&self, parts: &Parts, f: &mut dyn FnMut(usize)) {
        if let Some((choice, _)) = self.option {
            f(choice);
        }
        if let Some((length, _)) = self.longer {
            f(length);
        }
        if let Some(when) = &self.when {
            when.deciders(parts, f);
        }
    }

    pub(crate) fn moved(&self, to: &[usize]) -> Condition {
        Condition {
            option: self.option.map(|(choice, option)| (to[choice], option)),
            longer: self.longer.map(|(length, than)| (to[length], than)),
            when: self.when.as_ref().map(|when| Arc::new(when.moved(to))),
        }
    }
}

/// The length that parameter `i`, an int or a choice of ints, gives; `None` where it is inactive.
pub(crate) fn length(space: &Space, point: &Point, i: usize) -> Option<i64> {
    match (point.get(i)?, &space.parameters()[i].domain) {
        (Scalar::Int(n), _) => Some(*n),
        (Scalar::Choice(k), crate::Domain::Choice(d)) => d.options().get(*k as usize)?.value.as_i64(),
        _ => None,
    }
}

/// An expression with what its names stand for.
#[derive(Clone, Debug)]
pub(crate) struct Formula {
    /// Where it stands in the study file.
    pub(crate) key: String,
    pub(crate) expr: Expr,
    pub(crate) names: Vec<(String, Target)>,
}

impl Formula {
    /// Whether it holds; not where it needs something inactive, nor where it cannot be computed.
    pub(crate) fn satisfied(&self, space: &Space, point: &Point) -> bool {
        self.expr.satisfied(&Seen { names: &self.names, space, point }).unwrap_or(false)
    }

    /// Whether it permits; also where it needs something inactive, but not where it cannot be computed.
    pub(crate) fn allows(&self, space: &Space, point: &Point) -> bool {
        self.expr.allows(&Seen { names: &self.names, space, point }).unwrap_or(false)
    }

    pub(crate) fn deciders(&self, parts: &Parts, f: &mut dyn FnMut(usize)) {
        self.names.iter().for_each(|(_, target)| target.parameters(parts, f));
    }

    pub(crate) fn moved(&self, to: &[usize]) -> Formula {
        let names = self.names.iter().map(|(name, target)| (name.clone(), target.moved(to))).collect();
        Formula { key: self.key.clone(), expr: self.expr.clone(), names }
    }
}

/// What an expression's names are worth at one point.
pub(crate) struct Seen<'a> {
    pub(crate) names: &'a [(String, Target)],
    pub(crate) space: &'a Space,
    pub(crate) point: &'a Point,
}

impl Env for Seen<'_> {
    fn get(&self, name: &str) -> Lookup {
        match self.names.iter().find(|(own, _)| own == name) {
            Some((_, target)) => self.space.value_of(target, self.point),
            None => Lookup::Unknown,
        }
    }
}

/// What a name stands for.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    /// A searched value.
    Parameter(usize),
    /// The constant with this number.
    Constant(usize),
    /// The tied value with this number.
    Tied(usize),
    /// The list with this number.
    List(usize),
    /// What the name stands for under the option that the choice has taken; one for each option.
    Chosen(usize, Arc<[Option<Target>]>),
}

impl Target {
    /// Calls `f` with each parameter that its value depends on.
    pub(crate) fn parameters(&self, parts: &Parts, f: &mut dyn FnMut(usize)) {
        match self {
            Target::Parameter(i) => f(*i),
            Target::Constant(k) => parts.constants[*k].condition.deciders(parts, f),
            Target::Tied(k) => {
                parts.tied[*k].condition.deciders(parts, f);
                parts.tied[*k].formula.deciders(parts, f);
            }
            Target::List(k) => {
                parts.lists[*k].condition.deciders(parts, f);
                if let Some(length) = parts.lists[*k].length {
                    f(length);
                }
                parts.lists[*k].elements.iter().for_each(|i| f(*i));
            }
            Target::Chosen(choice, options) => {
                f(*choice);
                options.iter().flatten().for_each(|target| target.parameters(parts, f));
            }
        }
    }

    pub(crate) fn moved(&self, to: &[usize]) -> Target {
        match self {
            Target::Parameter(i) => Target::Parameter(to[*i]),
            Target::Chosen(choice, options) => {
                Target::Chosen(to[*choice], options.iter().map(|o| o.as_ref().map(|t| t.moved(to))).collect())
            }
            Target::Constant(_) | Target::Tied(_) | Target::List(_) => self.clone(),
        }
    }
}

/// What a space holds besides parameters.
#[derive(Clone, Debug, Default)]
pub(crate) struct Parts {
    /// The entries of the configuration, in the order of the file.
    pub(crate) root: Vec<(String, Node)>,
    /// Every name that expressions and placeholders may use.
    pub(crate) names: IndexMap<String, Target>,
    pub(crate) lists: Vec<List>,
    pub(crate) constants: Vec<Constant>,
    pub(crate) tied: Vec<Tied>,
    pub(crate) constraints: Vec<Formula>,
}

impl Parts {
    pub(crate) fn moved(&self, to: &[usize]) -> Parts {
        Parts {
            root: self.root.iter().map(|(key, node)| (key.clone(), node.moved(to))).collect(),
            names: self.names.iter().map(|(name, target)| (name.clone(), target.moved(to))).collect(),
            lists: self.lists.iter().map(|list| list.moved(to)).collect(),
            constants: self.constants.iter().map(|constant| constant.moved(to)).collect(),
            tied: self.tied.iter().map(|tied| tied.moved(to)).collect(),
            constraints: self.constraints.iter().map(|formula| formula.moved(to)).collect(),
        }
    }
}

/// A list of parameters.
#[derive(Clone, Debug)]
pub(crate) struct List {
    pub(crate) path: String,
    /// When the list is there at all.
    pub(crate) condition: Condition,
    /// The parameter that says how long it is; all elements count where there is none.
    pub(crate) length: Option<usize>,
    pub(crate) elements: Vec<usize>,
    /// The elements as the program gets them.
    pub(crate) nodes: Vec<Node>,
}

impl List {
    /// How many elements there are at `point`; `None` where the list is not there.
    pub(crate) fn len_at(&self, space: &Space, point: &Point) -> Option<usize> {
        if !self.condition.holds(space, point) {
            return None;
        }
        let most = self.elements.len();
        match self.length {
            None => Some(most),
            Some(i) => length(space, point, i).map(|n| usize::try_from(n).map_or(0, |n| n.min(most))),
        }
    }

    pub(crate) fn moved(&self, to: &[usize]) -> List {
        List {
            path: self.path.clone(),
            condition: self.condition.moved(to),
            length: self.length.map(|i| to[i]),
            elements: self.elements.iter().map(|i| to[*i]).collect(),
            nodes: self.nodes.iter().map(|node| node.moved(to)).collect(),
        }
    }
}

/// A value that is not searched.
#[derive(Clone, Debug)]
pub(crate) struct Constant {
    pub(crate) value: Json,
    pub(crate) condition: Condition,
}

impl Constant {
    pub(crate) fn moved(&self, to: &[usize]) -> Constant {
        Constant { value: self.value.clone(), condition: self.condition.moved(to) }
    }
}

/// A value computed from others.
#[derive(Clone, Debug)]
pub(crate) struct Tied {
    pub(crate) path: String,
    pub(crate) condition: Condition,
    pub(crate) formula: Formula,
    /// Whether the value is rounded to a whole number.
    pub(crate) int: bool,
}

impl Tied {
    pub(crate) fn moved(&self, to: &[usize]) -> Tied {
        Tied {
            path: self.path.clone(),
            condition: self.condition.moved(to),
            formula: self.formula.moved(to),
            int: self.int,
        }
    }
}

/// A part of the configuration that a program gets.
#[derive(Clone, Debug)]
pub(crate) enum Node {
    /// The constant with this number.
    Constant(usize),
    /// A searched value.
    Parameter(usize),
    /// The tied value with this number.
    Tied(usize),
    /// The list with this number.
    List(usize),
    /// A choice whose options hold things of their own; `None` for an option that stands for a value.
    Choice(usize, Vec<Option<Vec<(String, Node)>>>),
}

impl Node {
    pub(crate) fn moved(&self, to: &[usize]) -> Node {
        match self {
            Node::Parameter(i) => Node::Parameter(to[*i]),
            Node::Constant(_) | Node::Tied(_) | Node::List(_) => self.clone(),
            Node::Choice(i, options) => {
                let entries = |entries: &Vec<(String, Node)>| {
                    entries.iter().map(|(key, node)| (key.clone(), node.moved(to))).collect()
                };
                Node::Choice(to[*i], options.iter().map(|option| option.as_ref().map(entries)).collect())
            }
        }
    }
}
