//! `ravine export --canonical`: what of a study must be the same wherever and however it ran (invariant LAG):
//! decisions, points, outcomes; no times, hosts, paths, attempts, and no messages, which may hold any of these. Metrics
//! that tell what a stage took are left out; what a trial that was stopped early is worth is what it was at its step.

use serde::Serialize;
use serde_json::Value as Json;

use crate::event::{Assignment, Source};
use crate::record::Round;
use crate::{Real, StageRules, State, Study, Trial};

#[derive(Serialize)]
struct Head<'a> {
    study: &'a str,
    seed: u64,
}

#[derive(Serialize)]
struct Line<'a> {
    trial: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    decision: Option<u64>,
    source: Source,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<u64>,
    point: Assignment,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    rounds: Vec<Later>,
    state: State,
    #[serde(skip_serializing_if = "Option::is_none")]
    step: Option<u64>,
    values: &'a [Real],
    #[serde(skip_serializing_if = "<[Real]>::is_empty")]
    violations: &'a [Real],
    metrics: serde_json::Map<String, Json>,
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    attributes: serde_json::Map<String, Json>,
}

/// A decision to go on with a trial.
#[derive(Serialize)]
struct Later {
    decision: u64,
    #[serde(skip_serializing_if = "Option::is_none")]
    level: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    runs: Option<u32>,
}

impl Later {
    fn of(round: &Round) -> Self {
        let (level, runs) = (round.level.map(|level| level.0), (round.runs > 0).then_some(round.runs));
        Later { decision: round.decision.0, level, runs }
    }
}

/// What a stage's resources are called among the metrics.
const TOOK: [&str; 3] = ["time", "cpu_time", "peak_memory"];

impl<'a> Line<'a> {
    fn of(trial: Trial<'a>, stages: &[StageRules]) -> Self {
        let tells_what_it_took = |name: &str| {
            let (stage, took) = name.rsplit_once('.').unwrap_or_default();
            let stage = ["mean_", "std_"].iter().find_map(|of| stage.strip_prefix(of)).unwrap_or(stage);
            let known = stages.iter().any(|rules| rules.name == stage);
            TOOK.contains(&took) && (known || stages.is_empty() && stage == "run")
        };
        // Attributes and metrics are sorted: they may arrive in any order.
        let mut metrics: Vec<_> = trial.metrics().filter(|(name, _)| !tells_what_it_took(name)).collect();
        metrics.sort_by_key(|(name, _)| *name);
        let mut attributes: Vec<_> = trial.attributes().collect();
        attributes.sort_by_key(|(name, _)| *name);
        Line {
            trial: trial.number().0,
            decision: trial.decision().map(|decision| decision.0),
            source: trial.source(),
            level: trial.first_level().map(|level| level.0),
            parent: trial.parent().map(|parent| parent.0),
            point: trial.point(),
            rounds: trial.rounds().iter().map(Later::of).collect(),
            state: trial.state(),
            step: trial.pruned_at(),
            values: trial.values(),
            violations: trial.violations(),
            metrics: metrics.into_iter().map(|(name, value)| (name.to_owned(), value.to_json())).collect(),
            attributes: attributes
                .into_iter()
                .map(|(name, value)| (name.to_owned(), value.clone()))
                .collect(),
        }
    }
}

impl Study {
    /// The canonical export: a line of JSON for the study, then one for each trial in the order of decisions.
    pub fn canonical(&self) -> Result<String, serde_json::Error> {
        let mut text = serde_json::to_string(&Head { study: &self.name, seed: self.seed })?;
        text.push('\n');
        for trial in self.trials() {
            text.push_str(&serde_json::to_string(&Line::of(trial, &self.settings.stages))?);
            text.push('\n');
        }
        Ok(text)
    }
}
