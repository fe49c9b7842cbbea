//! What placeholders may name, stage by stage.

use search::PrunerSpec;
use space::{Space, nearest};
use study::Axis;

use crate::template::{Names, split_result};

/// What all stages of a study see.
pub(super) struct Surroundings<'a> {
    pub(super) space: Option<&'a Space>,
    pub(super) axes: &'a [Axis],
    pub(super) pruner: Option<&'a PrunerSpec>,
    /// The names of all stages, in order.
    pub(super) stages: Vec<String>,
    /// Whether something that gives names could not be read, so that an unknown name is no mistake of its own.
    pub(super) unsure: bool,
}

/// What placeholders may name: in a stage much, where the space could be read; elsewhere little.
pub(super) struct Scope<'a> {
    pub(super) names: Option<Names<'a>>,
    surroundings: Option<&'a Surroundings<'a>>,
    /// Elsewhere than in a stage: all names there are.
    few: &'static [&'static str],
}

impl<'a> Scope<'a> {
    /// Of a command that is none of a trial's: there are these names and no others.
    pub(super) fn of_few(few: &'static [&'static str]) -> Scope<'a> {
        Scope { names: None, surroundings: None, few }
    }

    /// Of the `index`-th stage.
    pub(super) fn of_stage(surroundings: &'a Surroundings<'a>, index: usize, once: bool) -> Scope<'a> {
        let axes = if once { &[] } else { surroundings.axes };
        let top = surroundings.pruner.and_then(PrunerSpec::max_resource);
        let names = surroundings.space.map(|space| Names {
            space,
            earlier: surroundings.stages.iter().take(index).map(String::as_str).collect(),
            axes: axes.iter().map(|axis| axis.name.as_str()).collect(),
            level: top.is_some(),
            resource: top.and(surroundings.pruner).and_then(PrunerSpec::resource),
        });
        Scope { names, surroundings: Some(surroundings), few: &[] }
    }

    /// Whether a name means something, as far as that is known.
    pub(super) fn has(&self, name: &str) -> bool {
        match (&self.names, self.surroundings) {
            (Some(names), Some(surroundings)) => surroundings.unsure || names.has(name),
            (_, surroundings) => surroundings.is_some() || self.few.contains(&name),
        }
    }

    /// Why a name means nothing, and what would be right.
    pub(super) fn problem(&self, name: &str) -> (String, String) {
        let nothing = format!("the placeholder `{{{name}}}` names nothing");
        let (Some(surroundings), Some(names)) = (self.surroundings, &self.names) else {
            let few: Vec<String> = self.few.iter().map(|name| format!("`{{{name}}}`")).collect();
            return (
                nothing,
                format!("here there is only {}; write `{{{{` for a literal brace", few.join(", ")),
            );
        };
        if let Some(known) = surroundings.special(name) {
            return known;
        }
        if let Some(nearest) = names.nearest(name) {
            return (nothing, format!("did you mean `{{{nearest}}}`?"));
        }
        let help = "it is neither a parameter nor one of `run_dir`, `checkpoint_dir`, `artifacts_dir`, `seed`, `trial`, \
                    `repetition`, `cpus`, `gpus`, `python`; write `{{` for a literal brace";
        (nothing, help.to_owned())
    }
}

impl Surroundings<'_> {
    /// What to say of a name that means something, but not here.
    fn special(&self, name: &str) -> Option<(String, String)> {
        if self.axes.iter().any(|axis| axis.name == name) {
            let problem = format!("`{{{name}}}` has no value in a stage that runs once");
            return Some((problem, "leave `once` out, or the placeholder".to_owned()));
        }
        if self.pruner.and_then(PrunerSpec::resource) == Some(name) {
            let problem = format!("`{{{name}}}` has no value: the pruner has no `max_resource`");
            return Some((problem, "add `max_resource = 81` to [pruner], for example".to_owned()));
        }
        if name == "level" {
            let problem = "`{level}` has no value: no pruner gives one".to_owned();
            let help = "add [pruner] with `name = \"asha\"` and `max_resource = 81`, for example";
            return Some((problem, help.to_owned()));
        }
        let rest = name.strip_prefix("stage.")?;
        let stages = self.stages.iter().map(String::as_str);
        if let Some((stage, result)) = split_result(name, stages.clone()) {
            let problem = match result {
                "" => format!("`{{{name}}}` names no result of the stage `{stage}`"),
                _ => format!("the stage `{stage}` has not run by then"),
            };
            let help = format!(
                "a later stage may name `{{stage.{stage}.METRIC}}`, a metric that it reported, and \
                 `{{stage.{stage}.dir}}`, its folder"
            );
            return Some((problem, help));
        }
        let meant = rest.split('.').next().unwrap_or(rest);
        let help = match nearest(meant, stages.clone()) {
            Some(nearest) => format!("did you mean `{nearest}`?"),
            None => format!("the stages are {}", list(stages)),
        };
        Some((format!("there is no stage `{meant}`"), help))
    }
}

fn list<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}
