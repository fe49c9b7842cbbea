//! Lays the tree of declarations out: one parameter for each element of a list and each option's own parameter.

use std::sync::Arc;

use super::domain::{default_of, domain_of, prior_of};
use super::mistakes::Mistakes;
use crate::declaration::{Declaration, Declarations, Kind, LengthKey, OptionDeclaration, Table};
use crate::tree::{Node, Target};
use crate::{Domain, Json, Parameter, SpaceError, nearest};

/// The longest list.
const MOST_ELEMENTS: u64 = 1024;

/// The most parameters, lists laid out: lists of options with lists multiply.
const MOST_PARAMETERS: usize = 20_000;
/// Each choice around doubles the names of a parameter, by which it is found with the option's name and without.
const MOST_NESTED: usize = 16;

/// Names and what they stand for.
pub(super) type Names = Vec<(String, Target)>;

/// The space with its parameters known, but nothing of its expressions.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) parameters: Vec<Parameter>,
    /// For each parameter: its condition, and where it is declared.
    pub(super) gates: Vec<(Gate, String)>,
    pub(super) root: Vec<(String, Node)>,
    pub(super) names: Names,
    pub(super) lists: Vec<DraftList>,
    pub(super) constants: Vec<(Json, Gate)>,
    pub(super) tied: Vec<DraftTied>,
    /// Of declarations that are wrong themselves; read only for what is wrong with them too.
    pub(super) spare: Vec<Gate>,
    pub(super) mistakes: Mistakes,
}

/// A condition whose names are not yet looked up.
#[derive(Clone, Default)]
pub(super) struct Gate {
    pub(super) option: Option<(usize, u32)>,
    pub(super) longer: Option<(String, i64)>,
    pub(super) when: Option<Arc<Source>>,
}

/// An expression's text, the key where it stands, and the prefixes under which its names are looked for, innermost
/// first.
pub(super) struct Source {
    pub(super) text: String,
    pub(super) key: String,
    pub(super) scopes: Vec<String>,
}

pub(super) struct DraftList {
    pub(super) path: String,
    pub(super) gate: Gate,
    pub(super) length: Option<String>,
    pub(super) elements: Vec<usize>,
    pub(super) nodes: Vec<Node>,
}

pub(super) struct DraftTied {
    pub(super) path: String,
    pub(super) gate: Gate,
    pub(super) source: Source,
    pub(super) int: bool,
}

/// Where in the tree an entry stands.
struct Scope<'a> {
    /// Of the table around: `space`, `space.optimizer.choice[1]`.
    key: String,
    /// What is put before a name: nothing, `optimizer.adam.`; outermost first, each with the names declared there.
    levels: Vec<(String, &'a Declarations)>,
    /// The option around.
    option: Option<(usize, u32)>,
}

impl Scope<'_> {
    fn prefix(&self) -> &str {
        self.levels.last().map_or("", |(prefix, _)| prefix)
    }

    fn source(&self, text: &str, key: String) -> Source {
        let scopes = self.levels.iter().rev().map(|(prefix, _)| prefix.clone()).collect();
        Source { text: text.to_owned(), key, scopes }
    }

    fn gate(&self, table: &Table, key: &str) -> Gate {
        let when = table.when.as_ref().map(|text| Arc::new(self.source(text, format!("{key}.when"))));
        Gate { option: self.option, longer: None, when }
    }
}

/// One parameter to add: its table and all that is known of it.
struct Single<'a> {
    table: &'a Table,
    kind: Kind<'a>,
    domain: &'a Domain,
    /// Where the table stands.
    key: &'a str,
    /// `lr`, `units[0]`.
    name: String,
    gate: Gate,
    element: Option<usize>,
}

impl Draft {
    /// Whatever is wrong is among its mistakes; the rest is laid out as if it were not there.
    pub(super) fn of(declarations: &Declarations) -> Draft {
        let mut draft = Draft::default();
        let scope =
            Scope { key: "space".to_owned(), levels: vec![(String::new(), declarations)], option: None };
        (draft.root, draft.names) = draft.entries(&scope, declarations);
        draft
    }

    fn entries<'a>(
        &mut self,
        scope: &Scope<'a>,
        declarations: &'a Declarations,
    ) -> (Vec<(String, Node)>, Names) {
        let (mut nodes, mut names) = (Vec::new(), Names::new());
        for (name, declaration) in declarations {
            // Of a space that is too large, one line says so.
            if self.is_full() && !self.mistakes.is_empty() {
                self.mistakes.lose(name);
                continue;
            }
            let key = format!("{}.{name}", scope.key);
            match check_name(name, &key).and_then(|()| self.entry(scope, name, declaration, &key)) {
                Ok((node, more)) => {
                    nodes.push((name.clone(), node));
                    names.extend(more);
                }
                Err(error) => {
                    self.mistakes.add(error);
                    self.mistakes.lose(name);
                    self.look_into(scope, name, declaration, &key);
                }
            }
        }
        (nodes, names)
    }

    fn is_full(&self) -> bool {
        self.parameters.len() == MOST_PARAMETERS
    }

    /// Notes what else is wrong in a declaration that cannot be used.
    fn look_into<'a>(&mut self, scope: &Scope<'a>, name: &str, declaration: &'a Declaration, key: &str) {
        let Declaration::Table(table) = declaration else { return };
        self.spare.push(scope.gate(table, key));
        for (k, option) in table.choice.iter().flatten().enumerate() {
            if let Some((label, inner)) = held(option) {
                let mut levels = scope.levels.clone();
                levels.push((format!("{}{name}.{label}.", scope.prefix()), inner));
                let scope = Scope { key: format!("{key}.choice[{k}]"), levels, option: scope.option };
                self.entries(&scope, inner);
                // A name in it is no more known from outside than the choice's own.
                inner.keys().for_each(|name| self.mistakes.lose(name));
            }
        }
    }

    fn entry<'a>(
        &mut self,
        scope: &Scope<'a>,
        name: &str,
        declaration: &'a Declaration,
        key: &str,
    ) -> Result<(Node, Names), SpaceError> {
        let table = match declaration {
            Declaration::Constant(value) => {
                return Ok(self.constant(name, value, &Gate { option: scope.option, ..Gate::default() }));
            }
            Declaration::Table(table) => table,
        };
        let gate = scope.gate(table, key);
        match table.kind(key)? {
            Kind::Value(value) => Ok(self.constant(name, value, &gate)),
            Kind::Expr { source, int } => {
                let source = scope.source(source, format!("{key}.expr"));
                let path = format!("{}{name}", scope.prefix());
                self.tied.push(DraftTied { path, gate, source, int });
                let number = self.tied.len() - 1;
                Ok((Node::Tied(number), vec![(name.to_owned(), Target::Tied(number))]))
            }
            kind => {
                let domain = domain_of(table, &kind, key)?;
                let name = name.to_owned();
                match &table.length {
                    Some(length) => self.list(
                        scope,
                        length,
                        Single { table, kind, domain: &domain, key, name, gate, element: None },
                    ),
                    None => {
                        let single = Single { table, kind, domain: &domain, key, name, gate, element: None };
                        self.single(scope, single).map(|(_, node, names)| (node, names))
                    }
                }
            }
        }
    }

    /// A constant, with names for the members of a table.
    fn constant(&mut self, name: &str, value: &Json, gate: &Gate) -> (Node, Names) {
        self.constants.push((value.clone(), gate.clone()));
        let number = self.constants.len() - 1;
        let mut names = vec![(name.to_owned(), Target::Constant(number))];
        for (member, value) in value.as_object().into_iter().flatten() {
            names.extend(self.constant(&format!("{name}.{member}"), value, gate).1);
        }
        (Node::Constant(number), names)
    }

    fn list(
        &mut self,
        scope: &Scope<'_>,
        length: &LengthKey,
        list: Single<'_>,
    ) -> Result<(Node, Names), SpaceError> {
        let key = format!("{}.length", list.key);
        let length = self.length(scope, length, &key).and_then(|length| match length {
            Some((_, most)) if most > MOST_ELEMENTS => {
                let message = format!("a list of up to {most} elements is too long");
                Err(SpaceError::new(&key, message).hint(format!("at most {MOST_ELEMENTS} are possible")))
            }
            length => Ok(length),
        });
        let length = self.mistakes.keep(length).flatten();
        let is_known = length.is_some();
        // One element shows what is wrong with all.
        let (length, most) = length.unwrap_or((None, 1));
        if !is_known {
            self.mistakes.lose(&list.name);
        }
        if let (Some(Json::Array(defaults)), false) =
            (&list.table.default, matches!(list.kind, Kind::Permutation(_)))
            && defaults.len() as u64 > most
            && is_known
        {
            let message = format!("there are {} defaults for at most {most} elements", defaults.len());
            return Err(SpaceError::new(format!("{}.default", list.key), message));
        }
        let (mut elements, mut nodes, mut names) = (Vec::new(), Vec::new(), Names::new());
        for i in 0..most as usize {
            let longer = length.as_ref().map(|length| (length.clone(), i as i64));
            let single = Single {
                name: format!("{}[{i}]", list.name),
                gate: Gate { longer, ..list.gate.clone() },
                element: Some(i),
                ..list
            };
            let (index, node, more) = self.single(scope, single)?;
            elements.push(index);
            nodes.push(node);
            names.extend(more);
        }
        let path = format!("{}{}", scope.prefix(), list.name);
        self.lists.push(DraftList { path, gate: list.gate, length, elements, nodes });
        let number = self.lists.len() - 1;
        names.push((list.name, Target::List(number)));
        Ok((Node::List(number), names))
    }

    /// The full name of the int that says how long a list is, if it is not fixed, and its greatest value; nothing
    /// where that int is declared wrongly, which is said there.
    fn length(
        &self,
        scope: &Scope<'_>,
        length: &LengthKey,
        key: &str,
    ) -> Result<Option<(Option<String>, u64)>, SpaceError> {
        let name = match length {
            LengthKey::Fixed(count) => return Ok(Some((None, u64::from(*count)))),
            LengthKey::Name(name) => name,
        };
        let found =
            scope.levels.iter().rev().find_map(|(prefix, names)| names.get(name).map(|d| (prefix, d)));
        let Some((prefix, declaration)) = found else {
            let known = scope.levels.iter().rev().flat_map(|(_, names)| names.keys().map(String::as_str));
            return Err(unknown(key, name, known));
        };
        let wrong = |what: &str| {
            let error = SpaceError::new(key, format!("`{name}` {what}, so it cannot say how long a list is"));
            error.hint("name an int parameter that is never below 0")
        };
        let table = match declaration {
            Declaration::Constant(value) => match value.as_u64() {
                Some(count) => return Ok(Some((None, count))),
                None => return Err(wrong("is no whole number ≥ 0")),
            },
            Declaration::Table(table) => table,
        };
        if table.length.is_some() {
            return Err(wrong("is a list itself"));
        }
        let Ok(kind) = table.kind(name) else { return Ok(None) };
        let domain = match kind {
            Kind::Int(_) | Kind::Choice(_) => domain_of(table, &kind, name),
            _ => return Err(wrong(&format!("is declared by `{}`", kind.key()))),
        };
        let Ok(domain) = domain else { return Ok(None) };
        let most = match &domain {
            Domain::Int(d) => u64::try_from(d.low()).ok().and(u64::try_from(d.high()).ok()),
            Domain::Choice(d) => d
                .options()
                .iter()
                .map(|o| o.value.as_u64())
                .collect::<Option<Vec<_>>>()
                .map(|all| all.into_iter().max().unwrap_or(0)),
            Domain::Float(_) | Domain::Permutation(_) => None,
        };
        let most = most.ok_or_else(|| wrong("can be something else than a whole number ≥ 0"))?;
        Ok(Some((Some(format!("{prefix}{name}")), most)))
    }

    fn single(&mut self, scope: &Scope<'_>, single: Single<'_>) -> Result<(usize, Node, Names), SpaceError> {
        let Single { table, kind, domain, key, name, gate, element } = single;
        if self.is_full() {
            let message =
                format!("with all lists laid out, there are more than {MOST_PARAMETERS} parameters");
            return Err(SpaceError::new(key, message).hint("make the lists shorter"));
        }
        let path = format!("{}{name}", scope.prefix());
        let default = self.mistakes.keep(default_of(table, domain, element, key)).flatten();
        let prior = self.mistakes.keep(prior_of(table, domain, key)).flatten();
        self.parameters.push(Parameter { path: path.clone(), domain: domain.clone(), default, prior });
        self.gates.push((gate, key.to_owned()));
        let index = self.parameters.len() - 1;
        let mut names = vec![(name.clone(), Target::Parameter(index))];
        let (Kind::Choice(declared), Domain::Choice(choice)) = (kind, domain) else {
            return Ok((index, Node::Parameter(index), names));
        };
        let holders: Vec<&str> = declared.iter().filter_map(held).map(|(name, _)| name).collect();
        if scope.levels.len() > MOST_NESTED && !holders.is_empty() {
            let error =
                SpaceError::new(key, format!("choices lie more than {MOST_NESTED} deep inside each other"));
            return Err(
                error.hint("a parameter may be there under a condition without lying inside: `when = \"…\"`")
            );
        }
        let mut options = Vec::new();
        let mut inner = Vec::new();
        for (k, (option, declaration)) in choice.options().iter().zip(declared).enumerate() {
            let gate = (index, k as u32);
            let key = format!("{key}.choice[{k}]");
            let label = option.label.as_str().filter(|_| !is_text_of_value(declaration)).unwrap_or_default();
            if let Some((label, declarations)) = held(declaration) {
                self.mistakes.keep(check_name(label, &format!("{key}.name")));
                self.mistakes.keep(check_clash(declarations, &holders, &key));
                let mut levels = scope.levels.clone();
                levels.push((format!("{path}.{label}."), declarations));
                let scope = Scope { key, levels, option: Some(gate) };
                let (nodes, names) = self.entries(&scope, declarations);
                options.push(Some(nodes));
                inner.push((label, names));
            } else {
                let members = option.value.as_object();
                let gate = Gate { option: Some(gate), ..Gate::default() };
                let names =
                    members.into_iter().flatten().flat_map(|(k, v)| self.constant(k, v, &gate).1).collect();
                options.push((option.value == option.label).then(Vec::new));
                inner.push((label, names));
            }
        }
        names.extend(names_within(&name, index, &inner));
        let node = if holders.is_empty() { Node::Parameter(index) } else { Node::Choice(index, options) };
        Ok((index, node, names))
    }
}

/// The full names (`optimizer.adam.beta1`) and the short ones (`optimizer.beta1`) of what a choice's options hold.
fn names_within(choice: &str, index: usize, options: &[(&str, Names)]) -> Names {
    let mut names = Names::new();
    let mut short: indexmap::IndexMap<&str, Vec<Option<Target>>> = indexmap::IndexMap::new();
    for (k, (label, inner)) in options.iter().enumerate() {
        for (name, target) in inner {
            if !label.is_empty() {
                names.push((format!("{choice}.{label}.{name}"), target.clone()));
            }
            short.entry(name).or_insert_with(|| vec![None; options.len()])[k] = Some(target.clone());
        }
    }
    names.extend(
        short
            .into_iter()
            .map(|(name, targets)| (format!("{choice}.{name}"), Target::Chosen(index, targets.into()))),
    );
    names
}

/// The name and the parameters of an option that holds any.
fn held(option: &OptionDeclaration) -> Option<(&str, &Declarations)> {
    match option {
        OptionDeclaration::Table(table) if !table.parameters.is_empty() => {
            table.name.as_deref().map(|name| (name, &table.parameters))
        }
        _ => None,
    }
}

/// Whether the option's label is only the text of its value.
fn is_text_of_value(option: &OptionDeclaration) -> bool {
    match option {
        OptionDeclaration::Literal(value) => !value.is_string(),
        OptionDeclaration::Table(table) => table.name.is_none(),
    }
}

/// `{optimizer.adam}` would mean two things where an option holds a parameter of the name of an option.
fn check_clash(declarations: &Declarations, options: &[&str], key: &str) -> Result<(), SpaceError> {
    match declarations.keys().find(|name| options.contains(&name.as_str())) {
        None => Ok(()),
        Some(name) => {
            let error =
                SpaceError::new(format!("{key}.{name}"), format!("`{name}` is the name of an option too"));
            Err(error.hint("rename one of the two"))
        }
    }
}

/// Names are put into paths, placeholders and expressions.
fn check_name(name: &str, key: &str) -> Result<(), SpaceError> {
    let stray = |c: char| c.is_whitespace() || c.is_control() || ".[]{}()|:,=\"'`".contains(c);
    if name.is_empty() {
        return Err(SpaceError::new(key, "a name is empty"));
    }
    match name.chars().find(|c| stray(*c)) {
        None => Ok(()),
        Some(c) => {
            let error = SpaceError::new(key, format!("the name `{name}` contains {c:?}"));
            Err(error.hint("use letters, digits, `_` and `-`"))
        }
    }
}

/// A name that is nowhere, with the nearest one that is.
pub(super) fn unknown<'a>(key: &str, name: &str, known: impl IntoIterator<Item = &'a str>) -> SpaceError {
    let error = SpaceError::new(key, format!("there is no parameter `{name}`"));
    match nearest(name, known) {
        Some(near) => error.hint(format!("did you mean `{near}`?")),
        None => error,
    }
}
