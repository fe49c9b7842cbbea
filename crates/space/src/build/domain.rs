//! From one parameter's table to its domain, default and belief.

use crate::declaration::{Kind, OptionDeclaration, Table};
use crate::domain::{ChoiceDomain, ChoiceOption, FloatDomain, IntDomain, PermutationDomain, repeated};
use crate::error::DomainError;
use crate::{Anchor, Belief, Domain, Json, Scalar, SpaceError};

/// The domain of the searched kind `kind`, whose table stands at key path `at`.
pub(super) fn domain_of(table: &Table, kind: &Kind<'_>, at: &str) -> Result<Domain, SpaceError> {
    let domain = match kind {
        Kind::Float(bounds) => float(table, *bounds).map(Domain::Float),
        Kind::Int(bounds) => int(table, *bounds).map(Domain::Int),
        Kind::Choice(options) => choice(table, options, at)?.map(Domain::Choice),
        Kind::Bool => boolean(table).map(Domain::Choice),
        Kind::Permutation(items) => PermutationDomain::new(items.to_vec()).map(Domain::Permutation),
        Kind::Expr { .. } | Kind::Value(_) => {
            return Err(SpaceError::new(at, format!("`{}` is not searched", kind.key())));
        }
    };
    domain.map_err(|error| error.at(at))
}

fn float(table: &Table, [low, high]: [f64; 2]) -> Result<FloatDomain, DomainError> {
    let log = table.log.unwrap_or(false);
    match (table.step, table.points) {
        (Some(_), Some(_)) => Err(DomainError::new("points", "`step` and `points` exclude each other")),
        (None, Some(count)) => FloatDomain::with_points(low, high, count, log),
        (None, None) => FloatDomain::new(low, high, log),
        (Some(step), None) => {
            let anchor = table.anchor.unwrap_or_default();
            let domain = FloatDomain::with_step(low, high, step, anchor, log)?;
            fits(anchor, step, (domain.low(), domain.high()), high)?;
            Ok(domain)
        }
    }
}

fn int(table: &Table, [low, high]: [i64; 2]) -> Result<IntDomain, DomainError> {
    let log = table.log.unwrap_or(false);
    match (table.step, table.points) {
        (Some(_), Some(_)) => Err(DomainError::new("points", "`step` and `points` exclude each other")),
        (None, Some(count)) => IntDomain::with_points(low, high, count, log),
        (None, None) => IntDomain::new(low, high, log),
        (Some(step), None) => {
            if !(step >= 1.0 && step.fract() == 0.0 && step <= 9e15) {
                let message = format!("the step {step} of an int is not a whole number above 0");
                return Err(DomainError::new("step", message));
            }
            let anchor = table.anchor.unwrap_or_default();
            let domain = IntDomain::with_step(low, high, step as i64, anchor, log)?;
            fits(anchor, step, (domain.low() as f64, domain.high() as f64), high as f64)?;
            Ok(domain)
        }
    }
}

/// Both ends of a range are among its values; a step that jumps over the upper one is a slip.
fn fits(anchor: Anchor, step: f64, (first, last): (f64, f64), high: f64) -> Result<(), DomainError> {
    // Bounds that a program computed miss the grid by rounding.
    if anchor == Anchor::Zero || (last - high).abs() <= 1e-9 * step {
        return Ok(());
    }
    let message = format!("steps of {step} from {first} do not reach {high}");
    let next = FloatDomain::with_step(first, last + step, step, Anchor::Low, false).map(|d| d.high());
    let next = next.unwrap_or(last + step);
    Err(DomainError::new("step", message).hint(format!("end the range at {last} or {next}")))
}

fn boolean(table: &Table) -> Result<ChoiceDomain, DomainError> {
    let Some(weights) = &table.weights else { return Ok(ChoiceDomain::boolean()) };
    let options = vec![ChoiceOption::literal(false), ChoiceOption::literal(true)];
    weighted(options, Some(weights), false)
}

fn choice(
    table: &Table,
    declared: &[OptionDeclaration],
    at: &str,
) -> Result<Result<ChoiceDomain, DomainError>, SpaceError> {
    let one = |(i, declaration)| option(declaration, &format!("{at}.choice[{i}]"));
    let options: Vec<ChoiceOption> = declared.iter().enumerate().map(one).collect::<Result<_, _>>()?;
    if let Some((j, i)) = repeated(&options) {
        let message = format!("the option {} is there already, as choice[{j}]", options[i].label);
        let error = SpaceError::new(format!("{at}.choice[{i}]"), message);
        return Err(error.hint("give each option a `name` of its own"));
    }
    Ok(weighted(options, table.weights.as_deref(), table.ordered.unwrap_or(false)))
}

fn option(declaration: &OptionDeclaration, at: &str) -> Result<ChoiceOption, SpaceError> {
    let (name, value) = match declaration {
        OptionDeclaration::Literal(value) => (None, value),
        OptionDeclaration::Table(table) => match (&table.name, &table.value) {
            (_, Some(_)) if !table.parameters.is_empty() => {
                let error = SpaceError::new(at, "an option has a `value` or parameters of its own, not both");
                return Err(error.hint("put what is constant beside the parameters, as `key = constant`"));
            }
            (Some(name), None) => return Ok(ChoiceOption::literal(name.as_str())),
            (None, None) => {
                let error = SpaceError::new(at, "an option that is a table needs a name");
                return Err(error.hint("write { name = \"…\", … }, or { value = { … } } for a literal table"));
            }
            (name, Some(value)) => (name.as_deref(), value),
        },
    };
    let label = match name {
        Some(name) => Json::from(name),
        None if value.is_array() || value.is_object() => Json::from(value.to_string()),
        None => value.clone(),
    };
    Ok(ChoiceOption { label, value: value.clone(), weight: 1.0 })
}

fn weighted(
    mut options: Vec<ChoiceOption>,
    weights: Option<&[f64]>,
    ordered: bool,
) -> Result<ChoiceDomain, DomainError> {
    if let Some(weights) = weights {
        if weights.len() != options.len() {
            let message = format!("there are {} weights for {} options", weights.len(), options.len());
            return Err(DomainError::new("weights", message).hint("give one weight for each option"));
        }
        for (option, weight) in options.iter_mut().zip(weights) {
            option.weight = *weight;
        }
    }
    ChoiceDomain::new(options, ordered)
}

/// The default of the parameter, or of element `element` of a list.
pub(super) fn default_of(
    table: &Table,
    domain: &Domain,
    element: Option<usize>,
    at: &str,
) -> Result<Option<Scalar>, SpaceError> {
    let default = match (&table.default, element) {
        // A list of a list's elements; the items of a permutation are a list themselves.
        (Some(Json::Array(values)), Some(i))
            if nested(values) || !matches!(domain, Domain::Permutation(_)) =>
        {
            values.get(i)
        }
        (default, _) => default.as_ref(),
    };
    default.map(|json| value_of(domain, json, at, "default")).transpose()
}

fn nested(values: &[Json]) -> bool {
    values.first().is_some_and(Json::is_array)
}

/// The belief about the parameter.
pub(super) fn prior_of(table: &Table, domain: &Domain, at: &str) -> Result<Option<Belief>, SpaceError> {
    let Some(prior) = &table.prior else { return Ok(None) };
    let at = value_of(domain, &prior.at, at, "prior.at")?;
    Ok(Some(Belief { at, confidence: prior.confidence }))
}

fn value_of(domain: &Domain, json: &Json, at: &str, key: &str) -> Result<Scalar, SpaceError> {
    domain.from_json(json).map_err(|message| SpaceError::new(format!("{at}.{key}"), message))
}
