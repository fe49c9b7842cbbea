//! From a rule's description to the rule.

use space::Space;

use super::asha::Asha;
use super::hyperband::Hyperband;
use super::patience::Patience;
use super::pbt::Pbt;
use super::percentile::Percentile;
use super::promotion::Promotion;
use super::threshold::Threshold;
use super::wilcoxon::Wilcoxon;
use super::{
    AshaKind, AshaOptions, HyperbandOptions, MedianOptions, PatienceOptions, PbtOptions, PercentileOptions,
    Pruner, PrunerSpec, Sense, ThresholdOptions,
};
use crate::{Sampler, SamplerSpec, SearchError, TpeOptions};

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
        PrunerSpec::Wilcoxon(options) => {
            if !(0.0..=1.0).contains(&options.p_threshold) {
                return unsuitable(format!("p_threshold = {} is not between 0 and 1", options.p_threshold));
            }
            Box::new(Wilcoxon::new(options))
        }
        PrunerSpec::Asha(options) => {
            check_asha(options)?;
            if options.kind() == AshaKind::Promotion {
                return Ok(None);
            }
            Box::new(Asha::new(options))
        }
        PrunerSpec::Hyperband(options) => match stopping(options)? {
            Some(rule) => rule,
            None => return Ok(None),
        },
        PrunerSpec::Bohb(options) => {
            let share = options.random_fraction;
            if !(0.0..=1.0).contains(&share) {
                return unsuitable(format!("random_fraction = {share} is not between 0 and 1"));
            }
            match stopping(&options.hyperband())? {
                Some(rule) => rule,
                None => return Ok(None),
            }
        }
        PrunerSpec::Pbt(options) => {
            check_pbt(options)?;
            return Ok(None);
        }
    };
    Ok(Some(rule))
}

/// `hyperband`, where it stops running trials.
fn stopping(options: &HyperbandOptions) -> Result<Option<Box<dyn Pruner>>, SearchError> {
    check_hyperband(options)?;
    let stops = options.kind() == AshaKind::Stopping;
    Ok(stops.then(|| Box::new(Hyperband::new(options)) as Box<dyn Pruner>))
}

impl PrunerSpec {
    /// The sampler that a study under this rule has, where its file names `sampler`: for `bohb` one that learns.
    ///
    /// # Errors
    /// [`SearchError::Unsuitable`] where the two contradict each other.
    pub fn sampler(&self, sampler: &SamplerSpec) -> Result<SamplerSpec, SearchError> {
        match (self, sampler) {
            (PrunerSpec::Bohb(_), SamplerSpec::Auto(_)) => Ok(SamplerSpec::Tpe(TpeOptions::default())),
            (
                PrunerSpec::Bohb(_),
                SamplerSpec::Random(_) | SamplerSpec::Grid(_) | SamplerSpec::Sobol(_) | SamplerSpec::Fixed(_),
            ) => unsuitable(format!(
                "bohb is hyperband with a sampler that learns, and {} does not: name the pruner `hyperband`, or the \
                 sampler `tpe`",
                sampler.name()
            )),
            _ => Ok(sampler.clone()),
        }
    }
}

/// The sampler under the promotion that `spec` describes; as it is where `spec` stops running trials instead.
///
/// # Errors
/// As [`build_pruner`]; or where it names parameters that the space does not have.
pub(crate) fn promoted(
    sampler: Box<dyn Sampler>,
    spec: &PrunerSpec,
    space: &Space,
    objectives: usize,
) -> Result<Box<dyn Sampler>, SearchError> {
    // Promotion compares values in the minimised sense only.
    build_pruner(spec, &vec![Sense::Minimize; objectives])?;
    Ok(match spec {
        PrunerSpec::Asha(options) if spec.promotes() => Box::new(Promotion::asha(sampler, options)),
        PrunerSpec::Hyperband(options) if spec.promotes() => Box::new(Promotion::hyperband(sampler, options)),
        PrunerSpec::Bohb(options) if spec.promotes() => {
            Box::new(Promotion::hyperband(sampler, &options.hyperband()))
        }
        PrunerSpec::Pbt(options) => Box::new(Pbt::new(sampler, space, options)?),
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
        Some(rule) if rule.compares_repetitions() => unsuitable(
            "patience looks at reports, and wilcoxon at repetitions: write `over = \"reports\"` in its rule".to_owned(),
        ),
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

/// Whether the options of `hyperband` go together.
fn check_hyperband(options: &HyperbandOptions) -> Result<(), SearchError> {
    let HyperbandOptions { min_resource, max_resource, reduction_factor, .. } = options;
    at_least("min_resource", *min_resource, 1)?;
    at_least("reduction_factor", *reduction_factor, 2)?;
    if options.brackets().count() > 1 {
        return Ok(());
    }
    unsuitable(format!(
        "max_resource = {max_resource} is less than {reduction_factor} × min_resource = {min_resource}: no trial would be \
         compared with another"
    ))
}

/// Whether the options of `pbt` go together.
fn check_pbt(options: &PbtOptions) -> Result<(), SearchError> {
    at_least("population", u64::from(options.population), 2)?;
    at_least("perturbation_interval", options.perturbation_interval, 1)?;
    let within = |option: &str, value: f64, low: f64, high: f64| {
        if (low..=high).contains(&value) {
            Ok(())
        } else {
            unsuitable(format!("{option} = {value} is not between {low} and {high}"))
        }
    };
    within("quantile_fraction", options.quantile_fraction, 0.0, 0.5)?;
    within("resample_probability", options.resample_probability, 0.0, 1.0)?;
    if options.quantile_fraction == 0.0 {
        return unsuitable("quantile_fraction = 0: no member would take over from another".to_owned());
    }
    let (up, down) = options.perturbation_factors;
    if !(up.is_finite() && down.is_finite() && up > 0.0 && down > 0.0) {
        return unsuitable(format!("perturbation_factors = [{up}, {down}] are not two numbers above 0"));
    }
    let (interval, top) = (options.perturbation_interval, options.max_resource);
    if interval < top {
        return Ok(());
    }
    unsuitable(format!(
        "perturbation_interval = {interval} is not below max_resource = {top}: no member would be compared with another"
    ))
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

    fn pbt(option: &str, value: Value) -> Value {
        json!({"name": "pbt", "perturbation_interval": 1, "max_resource": 9, option: value})
    }

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
            (json!({"name": "wilcoxon", "p_threshold": 1.5}), "p_threshold = 1.5"),
            (json!({"name": "asha", "reduction_factor": 1}), "reduction_factor = 1"),
            (json!({"name": "asha", "min_resource": 0}), "min_resource = 0"),
            (json!({"name": "asha", "min_resource": 9, "max_resource": 9}), "max_resource = 9"),
            (json!({"name": "asha", "kind": "promotion"}), "max_resource"),
            (json!({"name": "hyperband", "max_resource": 2}), "max_resource = 2 is less than 3"),
            (
                json!({"name": "pbt", "perturbation_interval": 9, "max_resource": 9}),
                "perturbation_interval = 9",
            ),
            (pbt("population", json!(1)), "population = 1"),
            (pbt("quantile_fraction", json!(0.6)), "quantile_fraction = 0.6"),
            (pbt("perturbation_factors", json!([1.2, 0.0])), "perturbation_factors = [1.2, 0]"),
            (json!({"name": "bohb", "max_resource": 9, "min_resource": 0}), "min_resource = 0"),
            (json!({"name": "bohb", "max_resource": 9, "random_fraction": 1.5}), "random_fraction = 1.5"),
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
