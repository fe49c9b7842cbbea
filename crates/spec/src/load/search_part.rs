//! What to search and how: the space, the points to start with, the sampler.

use std::sync::Arc;

use search::SamplerSpec;
use space::{Json, Space, SpaceError};

use super::Loader;
use crate::de;
use crate::diagnostic::Diagnostic;
use crate::file::{File, PointForm};
use crate::study_file::{Declaration, GivenPoint};
use crate::template::{GIVEN, variable_name};
use crate::tree::{Node, Tree};

impl Loader<'_> {
    pub(super) fn space(&mut self, file: &File) -> Option<(Arc<Space>, Declaration)> {
        if self.is_broken("space") {
            return None;
        }
        if file.space.is_empty() {
            let help = "for example `lr = { float = [1e-5, 1e-1], log = true }`";
            let problem = match self.root.get("space") {
                Some(entry) => Diagnostic::error(entry.key.clone(), "[space] names no parameter"),
                None => Diagnostic::whole("the file has no [space]: what can be tried?"),
            };
            self.problems.push(problem.help(help));
            return None;
        }
        let constraints = file.space_constraint.iter().map(|constraint| constraint.expr.clone()).collect();
        let declaration = Declaration { parameters: file.space.clone(), constraints };
        match declaration.build() {
            Ok(space) => {
                self.clashes(&space);
                Some((Arc::new(space), declaration))
            }
            Err(errors) => {
                // What could not be read was told; it stands as a table that says nothing.
                let told = |error: &SpaceError| self.is_broken(&error.path);
                let errors: Vec<_> = errors.into_iter().filter(|error| !told(error)).collect();
                for error in errors {
                    let span = self.inside(&error.path, error.span.as_ref());
                    self.problems.push(Diagnostic::error(span, error.message).maybe_help(error.hint));
                }
                None
            }
        }
    }

    /// A name that means two things would silently mean one of them.
    fn clashes(&mut self, space: &Space) {
        let mut variables: Vec<(String, &str)> = Vec::new();
        for name in space.names().filter(|name| !name.contains('[')) {
            let top = name.split('.').next().unwrap_or(name);
            if name == top && (GIVEN.contains(&name) || name == "stage") {
                let message = format!("`{name}` is a name that ravine itself gives to placeholders");
                let at = self.at(&format!("space.{name}"));
                self.problems.push(Diagnostic::error(at, message).help("call the parameter something else"));
            }
            let variable = variable_name(name);
            match variables.iter().find(|(other, _)| *other == variable) {
                Some((_, other)) => {
                    let message =
                        format!("`{name}` and `{other}` have the same environment variable {variable}");
                    let at = self.at(&format!("space.{top}"));
                    self.problems.push(Diagnostic::error(at, message).help("rename one of the two"));
                }
                None => variables.push((variable, name)),
            }
        }
    }

    pub(super) fn points(&mut self, points: Vec<PointForm>, space: &Space) -> Vec<GivenPoint> {
        for (i, point) in points.iter().enumerate() {
            if let Err(error) = space.partial(&point.params) {
                let path = format!("point[{i}].params.{}", error.path);
                // What names nothing is underlined itself, not its value.
                let key = self
                    .root
                    .find(&path)
                    .key
                    .filter(|_| !space.names().any(|name| name == error.path))
                    .cloned();
                let span = key.unwrap_or_else(|| self.at(&path));
                self.problems.push(Diagnostic::error(span, error.message).maybe_help(error.hint));
            }
            if point.result.as_ref().is_some_and(|result| result.is_empty()) {
                let at = self.at(&format!("point[{i}].result"));
                self.problems.push(Diagnostic::error(at, "this result names no metric"));
            }
        }
        points.into_iter().map(|PointForm { params, result }| GivenPoint { params, result }).collect()
    }

    pub(super) fn sampler(
        &mut self,
        table: Option<&Json>,
        space: &Arc<Space>,
        objectives: usize,
    ) -> Option<SamplerSpec> {
        let Some(table) = table else { return Some(SamplerSpec::default()) };
        let spec = match serde_json::from_value::<SamplerSpec>(table.clone()) {
            Ok(spec) => spec,
            Err(error) => {
                let problem = self.sampler_problem(&error.to_string());
                self.problems.push(problem);
                return None;
            }
        };
        if let Err(error) = search::build(&spec, Arc::clone(space), objectives.max(1)) {
            self.problems.push(Diagnostic::error(self.at("sampler.name"), error.to_string()));
            return None;
        }
        Some(spec)
    }

    /// The sampler's options are read by way of JSON (which of them exist depends on the name), so that the place of a
    /// mistake is found by the name in serde's message.
    fn sampler_problem(&self, message: &str) -> Diagnostic {
        let quoted: Vec<&str> = message.split('`').skip(1).step_by(2).collect();
        let sampler = self.root.get("sampler");
        let Some(table) = sampler.and_then(|entry| entry.node.table()) else {
            let at = self.at("sampler");
            return Diagnostic::error(at, "this is not a table")
                .help("write [sampler] and below it `name = \"tpe\"`");
        };
        let (first, known) =
            quoted.split_first().map_or((&"", [].as_slice()), |(first, known)| (first, known));
        let help = Some(de::suggestion(first, known)).filter(|_| !known.is_empty());
        if message.starts_with("unknown field")
            && let Some(entry) = table.get(*first)
        {
            let name = table.get("name").and_then(|entry| entry.node.text()).unwrap_or("this sampler");
            return Diagnostic::error(
                entry.key.clone(),
                format!("the sampler `{name}` has no option `{first}`"),
            )
            .maybe_help(help);
        }
        if message.starts_with("unknown variant") {
            return Diagnostic::error(self.at("sampler.name"), format!("there is no sampler `{first}`"))
                .maybe_help(help);
        }
        if message.starts_with("missing field") {
            return Diagnostic::error(self.at("sampler"), "the sampler's name is missing")
                .help("write `name = \"auto\"`");
        }
        let culprit = table.values().find(|entry| mentions(message, &entry.node));
        let at = culprit.map_or_else(|| self.at("sampler"), |entry| entry.node.span.clone());
        let types = message.strip_prefix("invalid type: ").and_then(|types| types.split_once(", expected "));
        match types {
            Some((found, wanted)) => {
                Diagnostic::error(at, format!("this is {found}, not {}", de::wanted(wanted)))
            }
            None => Diagnostic::error(at, message.to_owned()),
        }
    }
}

/// Whether serde's message is about this value: it shows it.
fn mentions(message: &str, node: &Node) -> bool {
    let shown = match &node.value {
        Tree::Str(text) => format!("string {text:?}"),
        Tree::Int(value) => format!("integer `{value}`"),
        Tree::Float(value) => format!("floating point `{value}`"),
        Tree::Bool(value) => format!("boolean `{value}`"),
        Tree::List(_) => "sequence".to_owned(),
        Tree::Table(_) => "map".to_owned(),
        Tree::Null => "null".to_owned(),
    };
    message.contains(&shown)
}
