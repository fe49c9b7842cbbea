//! What placeholders may name, and what the names are worth in one run.

use indexmap::IndexMap;
use serde_json::Map;
use space::{Found, Json, Point, Space};
use study::Real;

use super::{Template, Values};

/// What ravine itself gives to a run, beside the parameters.
pub(crate) const GIVEN: [&str; 9] =
    ["run_dir", "checkpoint_dir", "artifacts_dir", "seed", "trial", "repetition", "cpus", "gpus", "python"];

/// What ravine gives of an earlier stage, beside its metrics: its folder.
pub(crate) const DIR: &str = "dir";

/// The names that placeholders may use in one stage: the space's, those that ravine gives, axes of repetition, the
/// pruner's level, and results of earlier stages.
#[derive(Clone, Debug)]
pub struct Names<'a> {
    /// The study's space.
    pub space: &'a Space,
    /// The stages before the one that is looked at.
    pub earlier: Vec<&'a str>,
    /// The axes of repetition; none in a stage that runs once.
    pub axes: Vec<&'a str>,
    /// Whether a trial has a level.
    pub level: bool,
    /// What the pruner calls the level.
    pub resource: Option<&'a str>,
}

impl<'a> Names<'a> {
    /// Whether a placeholder's name means something.
    pub fn has(&self, name: &str) -> bool {
        self.plain().any(|known| known == name)
            || split_result(name, self.earlier.iter().copied()).is_some_and(|(_, result)| !result.is_empty())
    }

    /// The name that was probably meant.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        space::nearest(name, self.plain())
    }

    /// All but results of stages, which nobody declares.
    fn plain(&self) -> impl Iterator<Item = &str> {
        let level = self.level.then_some("level");
        self.space.names().chain(GIVEN).chain(self.axes.iter().copied()).chain(self.resource).chain(level)
    }
}

/// The stage and what is asked of it, of a name such as `stage.tune.lr_min`. Names of stages may have dots: of those
/// that fit the longest is meant.
pub(crate) fn split_result<'n, 's>(
    name: &'n str,
    stages: impl Iterator<Item = &'s str>,
) -> Option<(&'s str, &'n str)> {
    let rest = name.strip_prefix("stage.")?;
    let fitting = stages.filter_map(|stage| match rest.strip_prefix(stage)? {
        "" => Some((stage, "")),
        result => Some((stage, result.strip_prefix('.')?)),
    });
    fitting.max_by_key(|(stage, _)| stage.len())
}

/// The values of one run's placeholders.
#[derive(Clone, Debug)]
pub struct RunScope<'a> {
    /// The study's space.
    pub space: &'a Space,
    /// The trial's configuration.
    pub point: &'a Point,
    /// The attempt's directory: `{run_dir}`.
    pub run_dir: String,
    /// `{checkpoint_dir}`.
    pub checkpoint_dir: String,
    /// `{artifacts_dir}`.
    pub artifacts_dir: String,
    /// The program's seed, below 2³¹: `{seed}`.
    pub seed: u32,
    /// The trial's number: `{trial}`.
    pub trial: u64,
    /// The repetition's number over all axes: `{repetition}`.
    pub repetition: u32,
    /// Where the run stands on each axis ([`study::Axis::value`]): `{fold}`. Empty for a stage that runs once.
    pub axes: IndexMap<String, Json>,
    /// How far the trial runs: `{level}`, and under the pruner's name for it. Of a trial that runs to its end the most
    /// that the pruner names.
    pub level: Option<u64>,
    /// The pruner's name for the level: `epochs`.
    pub resource: Option<&'a str>,
    /// How many cpus the run was given: `{cpus}`.
    pub cpus: u32,
    /// How many gpus, or what share of one: `{gpus}`.
    pub gpus: f64,
    /// The Python interpreter, where the file names none: `{python}`.
    pub python: String,
    /// What earlier stages gave: `{stage.<name>.<metric>}` and `{stage.<name>.dir}`.
    pub stages: IndexMap<String, StageResult>,
}

/// What an earlier stage gave to a run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct StageResult {
    /// The directory of the attempt that ended well.
    pub dir: String,
    /// The last value of each metric that it reported, and its `time`, `cpu_time`, `peak_memory`.
    pub metrics: IndexMap<String, Real>,
}

impl RunScope<'_> {
    fn given(&self, name: &str) -> Option<Json> {
        Some(match name {
            "run_dir" => Json::from(self.run_dir.as_str()),
            "checkpoint_dir" => Json::from(self.checkpoint_dir.as_str()),
            "artifacts_dir" => Json::from(self.artifacts_dir.as_str()),
            "seed" => Json::from(self.seed),
            "trial" => Json::from(self.trial),
            "repetition" => Json::from(self.repetition),
            "cpus" => Json::from(self.cpus),
            // A whole number is written as one.
            "gpus" if self.gpus.fract() == 0.0 => Json::from(self.gpus as u32),
            "gpus" => Json::from(self.gpus),
            "python" => Json::from(self.python.as_str()),
            _ => return None,
        })
    }

    fn result(&self, name: &str) -> Option<Json> {
        let (stage, result) = split_result(name, self.stages.keys().map(String::as_str))?;
        let found = self.stages.get(stage)?;
        match result {
            DIR => Some(Json::from(found.dir.as_str())),
            metric => serde_json::to_value(found.metrics.get(metric)?).ok(),
        }
    }
}

impl Values for RunScope<'_> {
    fn value(&self, name: &str) -> Found {
        let level = self.level.filter(|_| self.resource == Some(name)).map(Json::from);
        let found = self.given(name).or_else(|| self.axes.get(name).cloned()).or(level);
        if let Some(value) = found.or_else(|| self.result(name)) {
            return Found::Value(value);
        }
        match (self.space.lookup(self.point, name), self.level) {
            // A parameter may be called `level` where no pruner gives one.
            (Found::Unknown, Some(level)) if name == "level" => Found::Value(Json::from(level)),
            (found, _) => found,
        }
    }
}

/// The setup's values: the study's seed and nothing else.
#[derive(Clone, Copy, Debug)]
pub struct SetupValues {
    /// The study's seed.
    pub seed: u64,
}

impl Values for SetupValues {
    fn value(&self, name: &str) -> Found {
        if name == "seed" { Found::Value(Json::from(self.seed)) } else { Found::Unknown }
    }
}

/// The values of a hook's command.
#[derive(Clone, Copy, Debug)]
pub struct HookValues<'a> {
    /// What happened: `{event}`.
    pub event: &'a str,
    /// The study's name: `{study}`.
    pub study: &'a str,
    /// The number of the trial that it is about: `{trial}`.
    pub trial: Option<u64>,
}

impl Values for HookValues<'_> {
    fn value(&self, name: &str) -> Found {
        match name {
            "event" => Found::Value(Json::from(self.event)),
            "study" => Found::Value(Json::from(self.study)),
            "trial" => self.trial.map_or(Found::Inactive, |trial| Found::Value(Json::from(trial))),
            _ => Found::Unknown,
        }
    }
}

/// The environment variable of a parameter: `optimizer.beta1` is `RAVINE_PARAM_OPTIMIZER_BETA1`.
pub fn variable_name(path: &str) -> String {
    let mut name = "RAVINE_PARAM".to_owned();
    for word in path.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty()) {
        name.push('_');
        name += &word.to_ascii_uppercase();
    }
    name
}

/// The environment variable of an axis of repetition, or of the pruner's resource: `fold` is `RAVINE_FOLD`.
pub fn axis_variable(axis: &str) -> String {
    format!("RAVINE_{}", upper(axis))
}

/// The environment variable of an earlier stage's folder: `train` is `RAVINE_STAGE_TRAIN_DIR`.
pub fn stage_variable(stage: &str) -> String {
    format!("RAVINE_STAGE_{}_DIR", upper(stage))
}

/// A name as part of a variable's.
fn upper(name: &str) -> String {
    name.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' }).collect()
}

/// The variables of a resolved configuration (`config.json`): one for each value, named by its path. A choice whose option
/// holds parameters gives its name and, beside it, those parameters; a list is JSON.
pub fn variables(config: &Json) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if let Json::Object(table) = config {
        walk(table, "", &mut found);
    }
    found
}

fn walk(table: &Map<String, Json>, prefix: &str, into: &mut Vec<(String, String)>) {
    for (key, value) in table {
        let path = format!("{prefix}{key}");
        match value {
            Json::Object(inner) => {
                if let Some(Json::String(name)) = inner.get("name") {
                    into.push((variable_name(&path), name.clone()));
                }
                let rest = inner.iter().filter(|(key, value)| *key != "name" || !value.is_string());
                let rest = rest.map(|(key, value)| (key.clone(), value.clone())).collect();
                walk(&rest, &format!("{path}."), into);
            }
            other => into.push((variable_name(&path), super::format::plain(other))),
        }
    }
}

impl Template {
    /// Whether the text has no placeholders.
    pub fn is_literal(&self) -> bool {
        self.placeholders().next().is_none()
    }
}
