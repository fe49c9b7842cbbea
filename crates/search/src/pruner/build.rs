//! From a rule's description to the rule.

use super::asha::Asha;
use super::patience::Patience;
use super::percentile::Percentile;
use super::promotion::Promotion;
use super::threshold::Threshold;
use super::{
    AshaKind, AshaOptions, MedianOptions, PatienceOptions, PercentileOptions, Pruner, PrunerSpec, Sense,
    ThresholdOptions,
};
use crate::{Sampler, SearchError};

/// The rule that `spec` describes, for a study of these objectives; `None` where it does not stop running trials but
/// [promotes](PrunerSpec::promotes) those that ended.
///
/// # Errors
/// [`SearchError::Unsuitable`] where an option is out of its range, or the study has not exactly one objective.
pub fn build_pruner(spec: &PrunerSpec, objectives: &[Sense]) -> Result<Option<Box<dyn Pruner>>, SearchError> {
    let &[sense] = objectives else {
        return unsuitable(format!(
            "{} compares values of one objective, and the study has {}",
            spec.name(),
            objectives.len()
        ));
    };
    let rule: Box<dyn Pruner> = match spec {
        PrunerSpec::Median(options) => Box::new(Percentile::new(&checked(options.into())?)),
        PrunerSpec::Percentile(options) => Box::new(Percentile::new(&checked(options.clone())?)),
        PrunerSpec::Threshold(options) => {
            check_threshold(options)?;
            Box::new(Threshold::new(options, sense))
        }
        PrunerSpec::Patience(options) => {
            check_patience(options)?;
            let rule = options.rule.as_ref().map(|rule| build_pruner(rule, objectives)).transpose()?;
            Box::new(Patience::new(options, rule.flatten()))
        }
        PrunerSpec::Asha(options) => {
            check_asha(options)?;
            if options.kind() == AshaKind::Promotion {
                return Ok(None);
            }
            Box::new(Asha::new(options))
        }
    };
    Ok(Some(rule))
}

/// The sampler under the promotion that `spec` describes; as it is where `spec` stops running trials instead.
///
/// # Errors
/// As [`build_pruner`].
pub(crate) fn promoted(
    sampler: Box<dyn Sampler>,
    spec: &PrunerSpec,
    objectives: usize,
) -> Result<Box<dyn Sampler>, SearchError> {
    // Promotion compares values in the minimised sense only.
    build_pruner(spec, &vec![Sense::Minimize; objectives])?;
    Ok(match spec {
        PrunerSpec::Asha(options) if spec.promotes() => Box::new(Promotion::new(sampler, options)),
        _ => sampler,
    })
}

impl From<&MedianOptions> for PercentileOptions {
    fn from(options: &MedianOptions) -> Self {
        PercentileOptions {
            percentile: 50.0,
            n_startup_trials: options.n_startup_trials,
            n_warmup_steps: options.n_warmup_steps,
            interval_steps: options.interval_steps,
            n_min_trials: options.n_min_trials,
        }
    }
}

fn checked(options: PercentileOptions) -> Result<PercentileOptions, SearchError> {
    if !(0.0..=100.0).contains(&options.percentile) {
        return unsuitable(format!("percentile = {} is not between 0 and 100", options.percentile));
    }
    at_least("interval_steps", options.interval_steps, 1)?;
    at_least("n_min_trials", options.n_min_trials, 1)?;
    Ok(options)
}

fn check_threshold(options: &ThresholdOptions) -> Result<(), SearchError> {
    at_least("interval_steps", options.interval_steps, 1)?;
    match (options.lower, options.upper) {
        (None, None) => unsuitable("threshold needs a limit: `lower`, `upper`, or both".to_owned()),
        (lower, upper) if lower.is_some_and(f64::is_nan) || upper.is_some_and(f64::is_nan) => {
            unsuitable("a limit of threshold is not a number".to_owned())
        }
        (Some(lower), Some(upper)) if lower > upper => {
            unsuitable(format!("threshold's lower = {lower} is above its upper = {upper}"))
        }
        _ => Ok(()),
    }
}

fn check_patience(options: &PatienceOptions) -> Result<(), SearchError> {
    if !(options.min_delta >= 0.0 && options.min_delta.is_finite()) {
        return unsuitable(format!("min_delta = {} is not a number of at least 0", options.min_delta));
    }
    match options.rule.as_ref() {
        Some(rule) if rule.promotes() => unsuitable(
            "patience can hold back a rule that stops trials; promotion stops none: write `kind = \"stopping\"`"
                .to_owned(),
        ),
        _ => Ok(()),
    }
}

/// Whether the options of `asha` go together.
fn check_asha(options: &AshaOptions) -> Result<(), SearchError> {
    at_least("min_resource", options.min_resource, 1)?;
    at_least("reduction_factor", options.reduction_factor, 2)?;
    if options.max_resource.is_none() && options.kind() == AshaKind::Promotion {
        let message = "promotion needs `max_resource`: how far the best trials run";
        return unsuitable(message.to_owned());
    }
    match (options.max_resource, options.rungs().compared_at(0)) {
        (_, Some(_)) => Ok(()),
        (Some(top), None) => unsuitable(format!(
            "max_resource = {top} is not above the first rung at {} × {}^{}: no trial would be compared with another",
            options.min_resource, options.reduction_factor, options.min_early_stopping_rate
        )),
        (None, None) => unsuitable(format!("the first rung at {} steps is never reached", u64::MAX)),
    }
}

fn at_least(option: &str, value: u64, least: u64) -> Result<(), SearchError> {
    if value >= least { Ok(()) } else { unsuitable(format!("{option} = {value} is below {least}")) }
}

fn unsuitable<T>(message: String) -> Result<T, SearchError> {
    Err(SearchError::Unsuitable(message))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn refused(spec: Value) -> String {
        let spec: PrunerSpec = serde_json::from_value(spec).unwrap();
        build_pruner(&spec, &[Sense::Minimize]).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn options_out_of_range_are_refused_by_name() {
        for (spec, part) in [
            (json!({"name": "percentile", "percentile": 101}), "percentile = 101"),
            (json!({"name": "median", "interval_steps": 0}), "interval_steps = 0"),
            (json!({"name": "median", "n_min_trials": 0}), "n_min_trials = 0"),
            (json!({"name": "threshold"}), "needs a limit"),
            (json!({"name": "threshold", "lower": 2, "upper": 1}), "lower = 2"),
            (json!({"name": "patience", "patience": 1, "min_delta": -1}), "min_delta = -1"),
            (json!({"name": "patience", "patience": 1, "rule": {"name": "threshold"}}), "needs a limit"),
            (json!({"name": "asha", "reduction_factor": 1}), "reduction_factor = 1"),
            (json!({"name": "asha", "min_resource": 0}), "min_resource = 0"),
            (json!({"name": "asha", "min_resource": 9, "max_resource": 9}), "max_resource = 9"),
            (json!({"name": "asha", "kind": "promotion"}), "max_resource"),
        ] {
            let message = refused(spec.clone());
            assert!(message.contains(part), "{spec}: {message}");
        }
    }

    #[test]
    fn patience_cannot_hold_back_promotion() {
        let rule = json!({"name": "asha", "kind": "promotion", "max_resource": 9});
        assert!(refused(json!({"name": "patience", "patience": 1, "rule": rule})).contains("stopping"));
    }

    #[test]
    fn one_objective_is_needed() {
        let spec = PrunerSpec::Median(MedianOptions::default());
        let message = build_pruner(&spec, &[Sense::Minimize; 2]).err().map(|error| error.to_string());
        assert_eq!(message.as_deref(), Some("median compares values of one objective, and the study has 2"));
    }

    #[test]
    fn promotion_is_no_rule_that_stops() {
        let spec = json!({"name": "asha", "kind": "promotion", "max_resource": 9});
        let spec: PrunerSpec = serde_json::from_value(spec).unwrap();
        assert!(build_pruner(&spec, &[Sense::Minimize]).unwrap().is_none());
    }
}
