//! How a member's configuration changes when it takes over from another.

use space::{Domain, Point, Scalar, Space, Stream};

use super::PbtOptions;

/// How often a configuration is changed anew that breaks the space constraints.
const TRIES: u32 = 100;

/// A configuration near to `point`: each value that may change is drawn anew or perturbed; what only now becomes active
/// is drawn. Where none is found that keeps the space constraints it is `point` itself.
pub(crate) fn explored(
    space: &Space,
    point: &Point,
    may_change: &[bool],
    options: &PbtOptions,
    stream: &mut Stream,
) -> Point {
    for _ in 0..TRIES {
        let changed = space.complete(|i, _| {
            let domain = &space.parameters()[i].domain;
            match point.get(i) {
                None => domain.sample(stream),
                Some(value) if !may_change.get(i).is_some_and(|may| *may) => value.clone(),
                Some(_) if stream.uniform() < options.resample_probability => domain.sample(stream),
                Some(value) => perturbed(domain, value, options.perturbation_factors, stream),
            }
        });
        if space.allows(&changed) {
            return changed;
        }
    }
    point.clone()
}

fn perturbed(domain: &Domain, value: &Scalar, factors: (f64, f64), stream: &mut Stream) -> Scalar {
    let is_up = stream.uniform() < 0.5;
    let factor = if is_up { factors.0 } else { factors.1 };
    match (domain, value) {
        (Domain::Float(domain), Scalar::Float(value)) => Scalar::Float(match domain.grid_len() {
            None => domain.clamp(value * factor),
            Some(len) => {
                domain.nth(moved(domain.nearest(*value), domain.nearest(value * factor), factor, *value, len))
            }
        }),
        (Domain::Int(domain), Scalar::Int(value)) => {
            let from = *value as f64;
            let to = domain.nearest(from * factor);
            Scalar::Int(domain.nth(moved(domain.nearest(from), to, factor, from, domain.grid_len())))
        }
        (Domain::Choice(domain), Scalar::Choice(option)) if domain.ordered() => {
            let last = u32::try_from(domain.len()).unwrap_or(u32::MAX).saturating_sub(1);
            Scalar::Choice(if is_up { (option + 1).min(last) } else { option.saturating_sub(1) })
        }
        _ => value.clone(),
    }
}

/// The place on a grid: at least one further where the factor leads, so that it changes, unless that is the end.
fn moved(from: u64, to: u64, factor: f64, value: f64, len: u64) -> u64 {
    if to != from || factor == 1.0 || value == 0.0 {
        return to;
    }
    // A negative number that grows by its size goes down.
    if (factor > 1.0) == (value > 0.0) {
        (from + 1).min(len.saturating_sub(1))
    } else {
        from.saturating_sub(1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn options(resample_probability: f64) -> PbtOptions {
        let spec = json!({"perturbation_interval": 1, "max_resource": 9, "resample_probability": resample_probability});
        serde_json::from_value(spec).unwrap()
    }

    fn space() -> Space {
        let domains = [
            ("lr", json!({"float": {"low": 1e-5, "high": 0.1, "log": true}})),
            ("step", json!({"float": {"low": 0.0, "high": 1.0, "step": 0.1}})),
            ("units", json!({"int": {"low": 1, "high": 64}})),
            ("batch", json!({"choice": {"labels": [16, 32, 64], "ordered": true}})),
        ];
        let read = |(name, json): (&str, serde_json::Value)| {
            (name.to_owned(), serde_json::from_value(json).unwrap())
        };
        Space::from_domains(domains.map(read)).unwrap()
    }

    proptest! {
        #[test]
        fn what_may_not_change_stays_and_what_may_is_valid(seed in 0..1000u64, resample in 0.0..1.0f64) {
            let space = space();
            let mut stream = Stream::new(seed, 0, 0);
            let point = space.sample(&mut stream);
            let may = [true, true, false, true];
            let changed = explored(&space, &point, &may, &options(resample), &mut stream);
            prop_assert!(space.validate(&changed).is_ok());
            prop_assert_eq!(changed.get(2), point.get(2));
        }

        #[test]
        fn numbers_are_multiplied_by_one_of_the_factors(seed in 0..1000u64) {
            let space = space();
            let mut stream = Stream::new(seed, 0, 0);
            let point = space.sample(&mut stream);
            let changed = explored(&space, &point, &[true; 4], &options(0.0), &mut stream);
            let number = |point: &Point, i: usize| point.get(i).and_then(Scalar::number).unwrap();
            let ratio = number(&changed, 0) / number(&point, 0);
            let at_end = [1e-5, 0.1].contains(&number(&changed, 0));
            prop_assert!(at_end || (ratio - 1.2).abs() < 1e-9 || (ratio - 0.8).abs() < 1e-9, "{}", ratio);
            let (from, to) = (number(&point, 2), number(&changed, 2));
            prop_assert!(from != to || from == 1.0 || from == 64.0, "{} stays", from);
        }
    }
}
