//! What a study is after and when it ends: objectives, outcome constraints, stop rules.
//!
//! These types are read from the study file as they stand and stored in the log; unknown keys are errors.

use std::borrow::Cow;
use std::fmt;

use schemars::JsonSchema;
use search::{Duplicates, Level, PrunerSpec};
use serde::de::{self, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::{Axis, Duration, Real, TrialEnded};

/// The rules of one study that its history is judged by.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// What is minimised or maximised; several make a Pareto search.
    pub objectives: Vec<Objective>,
    /// What a result must satisfy to count as feasible.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub constraints: Vec<Constraint>,
    /// The metric that says what a trial costs: samplers that can prefer what promises more for less.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cost: Option<String>,
    /// When the study ends.
    pub stop: StopRules,
    /// What happens when a configuration comes up again.
    pub duplicates: Duplicates,
    /// The programs of a trial, in order; empty is one of which nothing is known but that it runs once.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub stages: Vec<StageRules>,
    /// What each configuration is repeated over, the outermost axis first.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub repeat: Vec<Axis>,
    /// Which trials go on, and how long.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pruner: Option<PrunerSpec>,
    /// How many decisions behind the newest one a decision looks (invariant LAG). Absent: it sees all there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lag: Option<u32>,
}

impl Settings {
    /// The stages; `unnamed` where none is described.
    pub(crate) fn stages_or<'a>(&'a self, unnamed: &'a [StageRules]) -> &'a [StageRules] {
        if self.stages.is_empty() { unnamed } else { &self.stages }
    }

    /// What a trial that ends so has cost, where a metric says it and it reported that one.
    pub(crate) fn cost_of(&self, ended: &TrialEnded) -> Option<Real> {
        self.cost.as_ref().and_then(|metric| ended.metrics.get(metric)).copied()
    }

    /// Whether a trial that ran to this level has not run to the end.
    pub(crate) fn is_partial(&self, level: Level) -> bool {
        let promotion = self.pruner.as_ref().filter(|pruner| pruner.promotes());
        promotion.and_then(PrunerSpec::max_resource).is_some_and(|top| level.0 < top)
    }
}

/// What the course of a trial needs to know of one of its programs.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StageRules {
    /// What it is called.
    pub name: String,
    /// Whether it runs once for a trial, and not for every repetition.
    #[serde(default, skip_serializing_if = "is_false")]
    pub once: bool,
    /// How often a run that failed or was lost is tried again.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub retries: u32,
    /// How long the first new try waits; each further one waits twice as long, up to 5 minutes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub backoff: Option<Duration>,
    /// What a run that is ended by its time-out counts as.
    #[serde(default, skip_serializing_if = "OnTimeout::is_fail")]
    pub on_timeout: OnTimeout,
}

impl StageRules {
    /// A stage that runs for every repetition and is not tried again.
    pub fn named(name: impl Into<String>) -> Self {
        let (once, retries, backoff) = (false, 0, None);
        StageRules { name: name.into(), once, retries, backoff, on_timeout: OnTimeout::Fail }
    }
}

/// What a run that is ended by its time-out counts as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnTimeout {
    /// It failed.
    #[default]
    Fail,
    /// What it reported so far counts, as for solvers that improve until they are ended.
    Keep,
}

impl OnTimeout {
    fn is_fail(&self) -> bool {
        *self == OnTimeout::Fail
    }
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_zero(value: &u32) -> bool {
    *value == 0
}

/// One thing to make small or large.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Objective {
    /// The name of a reported metric, or an expression over such names. May be absent when the program reports
    /// exactly one metric.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub metric: Option<String>,
    /// Whether small or large is good.
    pub direction: Direction,
    /// Which of the reported values counts.
    #[serde(default)]
    pub at: At,
    /// How much the value of one configuration varies from run to run.
    #[serde(default)]
    pub noise: Noise,
}

impl Objective {
    /// Minimises a metric's last value.
    pub fn minimize(metric: impl Into<String>) -> Self {
        Objective {
            metric: Some(metric.into()),
            direction: Direction::Minimize,
            at: At::Last,
            noise: Noise::Auto,
        }
    }

    /// Maximises a metric's last value.
    pub fn maximize(metric: impl Into<String>) -> Self {
        Objective { direction: Direction::Maximize, ..Objective::minimize(metric) }
    }

    /// How messages call it: its metric, or `objective` where none is named.
    pub fn title(&self) -> &str {
        self.metric.as_deref().unwrap_or("objective")
    }
}

/// Whether small or large is good.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Direction {
    /// Small is good.
    Minimize,
    /// Large is good.
    Maximize,
}

impl Direction {
    /// A value in the minimised sense, as samplers see it; the same call turns it back.
    pub fn minimized(self, value: f64) -> f64 {
        match self {
            Direction::Minimize => value,
            Direction::Maximize => -value,
        }
    }

    /// Whether `a` is strictly better than `b`; NaN never is.
    pub fn better(self, a: f64, b: f64) -> bool {
        self.minimized(a) < self.minimized(b)
    }

    /// The word a study file uses.
    pub fn name(self) -> &'static str {
        match self {
            Direction::Minimize => "minimize",
            Direction::Maximize => "maximize",
        }
    }
}

/// Which of the values that a run reported for a metric counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum At {
    /// The last one.
    #[default]
    Last,
    /// The best one by the objective's direction. Needs the name of a metric, not an expression.
    Best,
}

/// How much an objective's value varies when one configuration is run again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub enum Noise {
    /// Estimated by samplers that can.
    #[default]
    Auto,
    /// Not at all.
    None,
    /// The program reports its standard error as this metric.
    Metric(String),
}

impl Serialize for Noise {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(match self {
            Noise::Auto => "auto",
            Noise::None => "none",
            Noise::Metric(name) => name,
        })
    }
}

impl<'de> Deserialize<'de> for Noise {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(match String::deserialize(deserializer)?.as_str() {
            "auto" => Noise::Auto,
            "none" => Noise::None,
            name => Noise::Metric(name.to_owned()),
        })
    }
}

impl JsonSchema for Noise {
    fn schema_name() -> Cow<'static, str> {
        "Noise".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "description": "auto, none, or the name of a metric that holds the standard error",
            "type": "string",
            "default": "auto"
        })
    }
}

/// An outcome constraint: a result is feasible when it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Constraint {
    /// An expression over reported metrics. `a <= b` has the violation a − b, one for each part joined by `&&`;
    /// anything else has 0 when it holds and 1 when it does not.
    pub expr: String,
}

/// When a study ends: whichever limit is reached first.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct StopRules {
    /// Trials started, pruned and failed ones included, those of earlier starts too.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trials: Option<u64>,
    /// Time while some runner was active, restarts added up; not calendar time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<Duration>,
    /// The sum over runs of time × cpus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub compute: Option<Duration>,
    /// The sum over runs of time × gpus.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gpu_time: Option<Duration>,
    /// The sum over runs of the level or step that each reached.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<u64>,
    /// A feasible trial at least this good ends the study. One objective only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target: Option<Real>,
    /// So many trials in a row that ended without a new best.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub no_improvement: Option<u64>,
    /// So many failed trials in a row: the program is broken. Where absent, 10 while no trial that ran has succeeded.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub failures: Option<u64>,
    /// Conditions over what complete trials measured, one of which is enough: `max(madd) > 2e8`. A name stands for the
    /// list of its metric's values over all complete trials; where none has it, the condition does not hold.
    #[serde(skip_serializing_if = "Vec::is_empty", deserialize_with = "one_or_several")]
    #[schemars(schema_with = "texts")]
    pub when: Vec<String>,
}

/// One text, or a list of them.
fn one_or_several<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    struct Seen;
    impl<'de> Visitor<'de> for Seen {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a condition such as \"max(madd) > 2e8\", or a list of them")
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<String>, E> {
            Ok(vec![text.to_owned()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
            let mut texts = Vec::new();
            while let Some(text) = list.next_element()? {
                texts.push(text);
            }
            Ok(texts)
        }
    }
    deserializer.deserialize_any(Seen)
}

fn texts(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
    schemars::json_schema!({
        "anyOf": [{ "type": "string" }, { "type": "array", "items": { "type": "string" } }]
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_misspelt_key_is_an_error() {
        assert!(serde_json::from_str::<StopRules>(r#"{"trails": 3}"#).is_err());
        assert!(serde_json::from_str::<Objective>(r#"{"metric": "a", "goal": "minimize"}"#).is_err());
    }

    #[test]
    fn what_is_absent_gets_the_documented_meaning() {
        let objective: Objective = serde_json::from_str(r#"{"direction": "maximize"}"#).unwrap();
        assert_eq!(
            (objective.at, objective.noise.clone(), objective.title()),
            (At::Last, Noise::Auto, "objective")
        );
        let settings = Settings { objectives: vec![objective], ..Settings::default() };
        let text = serde_json::to_string(&settings).unwrap();
        assert_eq!(serde_json::from_str::<Settings>(&text).unwrap(), settings);
    }

    #[test]
    fn nan_is_never_better() {
        assert!(!Direction::Maximize.better(f64::NAN, 0.0));
        assert!(Direction::Maximize.better(1.0, 0.0) && Direction::Minimize.better(0.0, 1.0));
    }
}
