//! `ravine export --canonical`: what of a study must be the same wherever and however it ran (invariant LAG):
//! decisions, points, outcomes; no times, hosts, paths, attempts, and no messages, which may hold any of these.

use serde::Serialize;
use serde_json::Value as Json;

use crate::event::{Assignment, Source};
use crate::{Real, State, Study, Trial};

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
    state: State,
    values: &'a [Real],
    #[serde(skip_serializing_if = "<[Real]>::is_empty")]
    violations: &'a [Real],
    metrics: serde_json::Map<String, Json>,
    #[serde(skip_serializing_if = "serde_json::Map::is_empty")]
    attributes: serde_json::Map<String, Json>,
}

impl<'a> Line<'a> {
    fn of(trial: Trial<'a>) -> Self {
        // Attributes and metrics are sorted: they may arrive in any order.
        let mut metrics: Vec<_> = trial.metrics().collect();
        metrics.sort_by_key(|(name, _)| *name);
        let mut attributes: Vec<_> = trial.attributes().collect();
        attributes.sort_by_key(|(name, _)| *name);
        Line {
            trial: trial.number().0,
            decision: trial.decision().map(|decision| decision.0),
            source: trial.source(),
            level: trial.level().map(|level| level.0),
            parent: trial.parent().map(|parent| parent.0),
            point: trial.point(),
            state: trial.state(),
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
            text.push_str(&serde_json::to_string(&Line::of(trial))?);
            text.push('\n');
        }
        Ok(text)
    }
}
