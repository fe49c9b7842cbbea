//! Repetition axes: how often, and over what, a configuration is run, and how the results become one.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use crate::{Real, SettingsError};

/// `[[repeat]]`: one axis of repetition. Axes are nested: the first one listed is the outermost, the last counts
/// fastest and is folded first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Axis {
    /// What it is called: in folders (`fold=2`), as placeholder (`{fold}`) and in the environment (`RAVINE_FOLD`).
    pub name: String,
    /// How many repetitions, numbered from 0; or else `values`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schemars(range(min = 1))]
    pub count: Option<u32>,
    /// One repetition for each of these: texts, numbers or truth values.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Json>,
    /// How much each repetition counts in `mean`, `std` and `sum`, ≥ 0; all the same where absent.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub weights: Vec<Real>,
    /// What becomes of the repetitions' values.
    #[serde(default)]
    pub statistic: Statistic,
    /// The share of the repetitions that the statistic is taken of, the best ones by the first objective, 0 … 1 and
    /// rounded up; all where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keep: Option<Real>,
    /// The metric that `keep` ranks by instead of the first objective; small is good, unless an objective maximises it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<String>,
    /// A repetition whose first objective is above this (as reported) ends the trial as failed, and the rest is skipped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stop_above: Option<Real>,
}

/// What becomes of the values of several repetitions.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Statistic {
    /// Their arithmetic mean.
    #[default]
    Mean,
    /// Their median; of an even number the mean of the two in the middle.
    Median,
    /// The best of them: the smallest, or the largest where an objective maximises the metric.
    Best,
    /// The worst of them.
    Worst,
    /// Their population standard deviation.
    Std,
    /// Their sum.
    Sum,
}

impl Axis {
    /// An axis of `count` numbered repetitions, folded by their mean.
    pub fn counted(name: impl Into<String>, count: u32) -> Self {
        Axis {
            name: name.into(),
            count: Some(count),
            values: Vec::new(),
            weights: Vec::new(),
            statistic: Statistic::Mean,
            keep: None,
            by: None,
            stop_above: None,
        }
    }

    /// How many repetitions it has, as the study file says.
    pub fn len(&self) -> u32 {
        let values = u32::try_from(self.values.len()).unwrap_or(u32::MAX);
        self.count.unwrap_or(values)
    }

    /// Whether it has none, which a study refuses.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// What its `index`-th repetition is called: its value as text, or its number.
    pub fn label(&self, index: u32) -> String {
        match self.values.get(index as usize) {
            Some(Json::String(text)) => text.clone(),
            Some(other) => other.to_string(),
            None => index.to_string(),
        }
    }

    /// What its `index`-th repetition is: its value, or its number.
    pub fn value(&self, index: u32) -> Json {
        self.values.get(index as usize).cloned().unwrap_or_else(|| Json::from(index))
    }

    /// How much its `index`-th repetition counts.
    pub(crate) fn weight(&self, index: u32) -> f64 {
        self.weights.get(index as usize).map_or(1.0, |weight| weight.0)
    }

    /// How many of `found` repetitions the statistic is taken of, at least one.
    pub(crate) fn kept(&self, found: usize) -> usize {
        let Some(keep) = self.keep else { return found };
        // A share such as 0.85 of 20 is 17, and not 18 for a rounding error.
        let share = libm::ceil(keep.0 * found as f64 - 1e-9);
        (share as usize).clamp(1, found.max(1))
    }
}

/// Looks at the axes of a study.
///
/// # Errors
/// The first thing that is wrong, with its key.
pub(crate) fn check(axes: &[Axis]) -> Result<(), SettingsError> {
    for (i, axis) in axes.iter().enumerate() {
        axis.check(i)?;
        if axes[..i].iter().any(|other| other.name == axis.name) {
            return Err(wrong(i, "name", format!("there is an axis `{}` already", axis.name), None));
        }
    }
    let all = axes.iter().map(|axis| u64::from(axis.len())).try_fold(1_u64, u64::checked_mul);
    match all {
        Some(all) if all <= MOST => Ok(()),
        _ => Err(wrong(0, "count", format!("all axes together make more than {MOST} repetitions"), None)),
    }
}

/// More repetitions of one configuration than this are a mistake.
const MOST: u64 = 1_000_000;

impl Axis {
    fn check(&self, i: usize) -> Result<(), SettingsError> {
        if self.name.is_empty() || self.name.contains(['/', '=', '\0']) {
            let hint = "letters, digits, `_` and `-`".to_owned();
            return Err(wrong(i, "name", format!("`{}` cannot be an axis's name", self.name), Some(hint)));
        }
        match (self.count, self.values.is_empty()) {
            (Some(0), _) => return Err(wrong(i, "count", "an axis has at least 1 repetition".into(), None)),
            (None, true) => {
                let hint = Some("write `count = 5`, or `values = [\"a\", \"b\"]`".to_owned());
                return Err(wrong(i, "name", format!("the axis `{}` has no repetitions", self.name), hint));
            }
            (Some(_), false) => {
                let hint = Some("leave one of them out".to_owned());
                return Err(wrong(i, "count", "an axis has a count or values, not both".into(), hint));
            }
            _ => {}
        }
        if self.values.iter().any(|value| value.is_array() || value.is_object() || value.is_null()) {
            return Err(wrong(
                i,
                "values",
                "a repetition's value is a text, a number, true or false".into(),
                None,
            ));
        }
        let labels: Vec<String> = (0..self.values.len() as u32).map(|index| self.label(index)).collect();
        if let Some(twice) = labels.iter().enumerate().find(|(k, label)| labels[..*k].contains(label)) {
            return Err(wrong(i, "values", format!("the value `{}` is there twice", twice.1), None));
        }
        self.check_statistic(i)
    }

    fn check_statistic(&self, i: usize) -> Result<(), SettingsError> {
        let (weights, len) = (self.weights.len(), self.len());
        if weights > 0 && weights as u64 != u64::from(len) {
            let problem = format!("{weights} weights for {len} repetitions");
            return Err(wrong(i, "weights", problem, Some("one for each repetition".to_owned())));
        }
        let bad = |weight: &Real| !(weight.0.is_finite() && weight.0 >= 0.0);
        if self.weights.iter().any(bad) || (weights > 0 && self.weights.iter().all(|weight| weight.0 == 0.0))
        {
            return Err(wrong(i, "weights", "weights are ≥ 0 and not all 0".into(), None));
        }
        if self.keep.is_some_and(|keep| !(keep.0 > 0.0 && keep.0 <= 1.0)) {
            return Err(wrong(i, "keep", "a share lies above 0 and is at most 1".into(), None));
        }
        if self.by.is_some() && self.keep.is_none() {
            return Err(wrong(
                i,
                "by",
                "`by` says what `keep` ranks by, and there is no `keep`".into(),
                None,
            ));
        }
        Ok(())
    }
}

fn wrong(axis: usize, key: &str, problem: String, hint: Option<String>) -> SettingsError {
    SettingsError { place: format!("repeat[{axis}].{key}"), problem, hint, span: None }
}

/// The coordinates of a repetition: its index on each axis, in the axes' order. On the outermost axis it may lie beyond
/// the axis's length, where a sampler asked for more repetitions.
pub fn coordinates(axes: &[Axis], repetition: u32) -> Vec<u32> {
    let mut rest = repetition;
    let mut found: Vec<u32> = Vec::with_capacity(axes.len());
    for axis in axes.iter().skip(1).rev() {
        let len = axis.len().max(1);
        found.push(rest % len);
        rest /= len;
    }
    if !axes.is_empty() {
        found.push(rest);
    }
    found.reverse();
    found
}

/// How many repetitions a trial has, `extra` entries of the outermost axis more than the study file says.
pub fn repetitions(axes: &[Axis], extra: u32) -> u32 {
    let Some((outermost, inner)) = axes.split_first() else { return 1_u32.saturating_add(extra) };
    let inner = inner.iter().map(Axis::len).fold(1, u32::saturating_mul);
    outermost.len().saturating_add(extra).saturating_mul(inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_axis_counts_fastest_and_the_first_may_grow() {
        let axes = [Axis::counted("fold", 3), Axis::counted("replica", 2)];
        let places: Vec<Vec<u32>> = (0..8).map(|index| coordinates(&axes, index)).collect();
        assert_eq!(places[..3], [vec![0, 0], vec![0, 1], vec![1, 0]]);
        assert_eq!(places[7], [3, 1], "the fourth fold was asked for by a sampler");
        assert_eq!((repetitions(&axes, 0), repetitions(&axes, 1)), (6, 8));
        assert_eq!((repetitions(&[], 0), repetitions(&[], 2), coordinates(&[], 0)), (1, 3, vec![]));
    }

    #[test]
    fn a_share_is_rounded_up_and_never_for_a_rounding_error() {
        let axis = Axis { keep: Some(Real(0.85)), ..Axis::counted("replica", 20) };
        assert_eq!((axis.kept(20), axis.kept(10), axis.kept(1)), (17, 9, 1));
    }

    #[test]
    fn what_is_wrong_with_an_axis_is_named_with_its_key() {
        let place = |axis: Axis| check(&[axis]).unwrap_err().place;
        let axis = || Axis::counted("fold", 3);
        assert_eq!(place(Axis { count: Some(0), ..axis() }), "repeat[0].count");
        assert_eq!(place(Axis { count: None, ..axis() }), "repeat[0].name");
        assert_eq!(place(Axis { values: vec!["a".into()], ..axis() }), "repeat[0].count");
        let twice = vec!["a".into(), "a".into()];
        assert_eq!(place(Axis { count: None, values: twice, ..axis() }), "repeat[0].values");
        assert_eq!(place(Axis { weights: vec![Real(1.0)], ..axis() }), "repeat[0].weights");
        assert_eq!(place(Axis { keep: Some(Real(0.0)), ..axis() }), "repeat[0].keep");
        assert_eq!(place(Axis { by: Some("loss".into()), ..axis() }), "repeat[0].by");
        assert_eq!(check(&[axis(), axis()]).unwrap_err().place, "repeat[1].name");
        assert!(check(&[Axis::counted("a", 2000), Axis::counted("b", 2000)]).is_err());
    }
}
