//! Names that mean two things: one of them would silently win.

use std::collections::HashMap;
use std::ops::Range;

use space::Space;

use super::Loader;
use super::scope::Surroundings;
use crate::diagnostic::Diagnostic;
use crate::template::{GIVEN, axis_variable, variable_name};

/// Variables that ravine sets for other ends than axes of repetition.
const VARIABLES: [&str; 15] = [
    "STUDY",
    "TRIAL",
    "SEED",
    "RUN",
    "RUN_DIR",
    "CONFIG",
    "REPORT",
    "CHECKPOINT_DIR",
    "ARTIFACTS_DIR",
    "REPETITION",
    "LEVEL",
    "CPUS",
    "GPUS",
    "GPU_SHARE",
    "STAGE",
];

impl Loader<'_> {
    pub(super) fn clashes(&mut self, surroundings: &Surroundings<'_>) {
        if let Some(space) = surroundings.space {
            self.parameter_clashes(space, surroundings);
        }
        self.axis_clashes(surroundings);
        self.resource_clash(surroundings);
    }

    fn parameter_clashes(&mut self, space: &Space, surroundings: &Surroundings<'_>) {
        let level =
            |name: &str| name == "level" && surroundings.pruner.is_some_and(|p| p.max_resource().is_some());
        let mut variables: HashMap<String, &str> = HashMap::new();
        for name in space.names().filter(|name| !name.contains('[')) {
            let top = name.split('.').next().unwrap_or(name);
            if name == top && (GIVEN.contains(&name) || name == "stage" || level(name)) {
                let at = self.at(&format!("space.{name}"));
                self.given(name, at, "the parameter");
            }
            let variable = variable_name(name);
            match variables.get(&variable) {
                Some(other) => {
                    let message =
                        format!("`{name}` and `{other}` have the same environment variable {variable}");
                    let at = self.at(&format!("space.{top}"));
                    self.problems.push(Diagnostic::error(at, message).help("rename one of the two"));
                }
                None => {
                    variables.insert(variable, name);
                }
            }
        }
    }

    fn axis_clashes(&mut self, surroundings: &Surroundings<'_>) {
        for (i, axis) in surroundings.axes.iter().enumerate() {
            let (name, at) = (axis.name.as_str(), self.at(&format!("repeat[{i}].name")));
            let odd = |c: char| !(c.is_alphanumeric() || c == '_' || c == '-');
            if name.contains(odd) && !name.contains(['/', '=', '\0']) {
                let message = format!("`{name}` cannot be an axis's name: a placeholder could not name it");
                self.problems.push(Diagnostic::error(at, message).help("letters, digits, `_` and `-`"));
                continue;
            }
            let variable = axis_variable(name);
            let word = variable.trim_start_matches("RAVINE_");
            let taken = VARIABLES.contains(&word) || word.starts_with("PARAM_") || word.starts_with("STAGE_");
            if GIVEN.contains(&name) || name == "level" || taken {
                self.given(name, at, "the axis");
            } else if surroundings.space.is_some_and(|space| space.names().any(|known| known == name)) {
                self.twice(name, at, "a parameter", &format!("space.{name}"));
            } else if let Some(k) = surroundings.stages.iter().position(|stage| stage == name) {
                self.twice(name, at, "a stage", &format!("stage[{k}].name"));
            } else if let Some(k) = surroundings.axes[..i]
                .iter()
                .position(|other| axis_variable(&other.name) == variable && other.name != name)
            {
                let other = &surroundings.axes[k].name;
                let message = format!("`{name}` and `{other}` have the same environment variable {variable}");
                self.problems.push(Diagnostic::error(at, message).help("rename one of the two"));
            }
        }
    }

    fn resource_clash(&mut self, surroundings: &Surroundings<'_>) {
        let Some(name) = surroundings.pruner.and_then(|pruner| pruner.resource()) else { return };
        let rule = self.root.get("pruner").and_then(|pruner| pruner.node.get("rule"));
        let inner = rule.is_some_and(|rule| rule.node.get("resource").is_some());
        let path = if inner { "pruner.rule.resource" } else { "pruner.resource" };
        let at = self.at(path);
        let odd = |c: char| !(c.is_alphanumeric() || c == '_' || c == '-');
        if name.is_empty() || name.contains(odd) {
            let message = format!("`{name}` cannot be the resource's name: a placeholder could not name it");
            self.problems.push(Diagnostic::error(at, message).help("letters, digits, `_` and `-`"));
        } else if GIVEN.contains(&name) || name == "stage" {
            self.given(name, at, "the resource");
        } else if surroundings.space.is_some_and(|space| space.names().any(|known| known == name)) {
            self.twice(name, at, "a parameter", &format!("space.{name}"));
        } else if let Some(k) = surroundings.axes.iter().position(|axis| axis.name == name) {
            self.twice(name, at, "an axis", &format!("repeat[{k}].name"));
        } else if let Some(k) = surroundings.stages.iter().position(|stage| stage == name) {
            self.twice(name, at, "a stage", &format!("stage[{k}].name"));
        }
    }

    fn given(&mut self, name: &str, at: Range<usize>, what: &str) {
        let message = format!("`{name}` is a name that ravine itself gives to placeholders");
        self.problems.push(Diagnostic::error(at, message).help(format!("call {what} something else")));
    }

    fn twice(&mut self, name: &str, at: Range<usize>, what: &str, other: &str) {
        let found = self.root.find(other);
        let also = found.key.filter(|_| what == "a parameter").cloned().unwrap_or_else(|| found.span());
        let problem = Diagnostic::error(at, format!("there is {what} `{name}` already"));
        self.problems.push(problem.also(also).help("call one of the two something else"));
    }
}
