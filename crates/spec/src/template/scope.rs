//! What placeholders may name, and what the names are worth in one run.

use indexmap::IndexMap;
use serde_json::Map;
use space::{Found, Json, Point, Space};
use study::Real;

use super::{Template, Values};

/// What ravine itself gives to a run, beside the parameters.
pub(crate) const GIVEN: [&str; 5] = ["run_dir", "checkpoint_dir", "artifacts_dir", "seed", "trial"];

/// The names that placeholders may use: the space's, those that ravine gives, and results of earlier stages.
#[derive(Clone, Debug)]
pub struct Names<'a> {
    /// The study's space.
    pub space: &'a Space,
    /// The stages before the one that is looked at.
    pub earlier: Vec<&'a str>,
}

impl Names<'_> {
    /// Whether a placeholder's name means something.
    pub fn has(&self, name: &str) -> bool {
        if GIVEN.contains(&name) || self.space.names().any(|known| known == name) {
            return true;
        }
        let result = name.strip_prefix("stage.").and_then(|rest| rest.split_once('.'));
        result.is_some_and(|(stage, metric)| self.earlier.contains(&stage) && !metric.is_empty())
    }

    /// The name that was probably meant.
    pub fn nearest(&self, name: &str) -> Option<&str> {
        space::nearest(name, self.space.names().chain(GIVEN))
    }
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
    /// What earlier stages reported: `{stage.<name>.<metric>}`.
    pub stages: IndexMap<String, IndexMap<String, Real>>,
}

impl Values for RunScope<'_> {
    fn value(&self, name: &str) -> Found {
        match name {
            "run_dir" => return Found::Value(Json::from(self.run_dir.as_str())),
            "checkpoint_dir" => return Found::Value(Json::from(self.checkpoint_dir.as_str())),
            "artifacts_dir" => return Found::Value(Json::from(self.artifacts_dir.as_str())),
            "seed" => return Found::Value(Json::from(self.seed)),
            "trial" => return Found::Value(Json::from(self.trial)),
            _ => {}
        }
        let result = name.strip_prefix("stage.").and_then(|rest| rest.split_once('.'));
        if let Some((stage, metric)) = result
            && let Some(metrics) = self.stages.get(stage)
        {
            let value = metrics.get(metric).and_then(|value| serde_json::to_value(value).ok());
            return value.map_or(Found::Unknown, Found::Value);
        }
        self.space.lookup(self.point, name)
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

/// The environment variable of a parameter: `optimizer.beta1` is `RAVINE_PARAM_OPTIMIZER_BETA1`.
pub fn variable_name(path: &str) -> String {
    let mut name = "RAVINE_PARAM".to_owned();
    for word in path.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').filter(|word| !word.is_empty()) {
        name.push('_');
        name += &word.to_ascii_uppercase();
    }
    name
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
