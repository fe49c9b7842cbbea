//! How the value of one parameter is varied.

use space::{Domain, Scalar, Stream};

use super::{orders, polynomial};

/// How near children are to their parents: Deb's distribution index of crossover.
const CROSSOVER_ETA: f64 = 15.0;

/// Whether there is anything to vary.
pub(crate) fn is_variable(domain: &Domain) -> bool {
    match domain {
        Domain::Float(d) => d.low() < d.high() && d.grid_len() != Some(1),
        Domain::Int(d) => d.grid_len() > 1,
        Domain::Choice(d) => d.weights().iter().filter(|weight| **weight > 0.0).count() > 1,
        Domain::Permutation(d) => d.len() > 1,
    }
}

/// A child's value from its parents'. Options without an order are taken from either.
pub(crate) fn cross(domain: &Domain, a: &Scalar, b: &Scalar, stream: &mut Stream) -> Scalar {
    if let (Scalar::Order(a), Scalar::Order(b)) = (a, b) {
        return Scalar::Order(orders::cross(a, b, stream));
    }
    if !is_line(domain) || a == b {
        return if stream.uniform() < 0.5 { a.clone() } else { b.clone() };
    }
    let (c, d) = polynomial::cross(unit(domain, a), unit(domain, b), CROSSOVER_ETA, stream.uniform());
    let swapped = stream.uniform() < 0.5;
    domain.from_unit(&[if swapped { c } else { d }])
}

/// Another value near `value`, where there is one: on a grid at least the next, of options any other, by weight.
pub(crate) fn mutate(domain: &Domain, value: &Scalar, eta: f64, stream: &mut Stream) -> Scalar {
    match (domain, value) {
        (Domain::Permutation(_), Scalar::Order(order)) => Scalar::Order(orders::mutate(order, stream)),
        _ if is_line(domain) => {
            let moved = polynomial::mutate(unit(domain, value), eta, stream.uniform());
            let moved = domain.from_unit(&[moved]);
            if moved == *value { neighbour(domain, value, stream) } else { moved }
        }
        (Domain::Choice(d), Scalar::Choice(option)) => {
            let mut weights = d.weights().to_vec();
            weights[*option as usize] = 0.0;
            Scalar::Choice(stream.weighted(&weights) as u32)
        }
        _ => value.clone(),
    }
}

/// Numbers, and options that have an order.
fn is_line(domain: &Domain) -> bool {
    match domain {
        Domain::Float(_) | Domain::Int(_) => true,
        Domain::Choice(d) => d.ordered() && d.len() > 2,
        Domain::Permutation(_) => false,
    }
}

fn unit(domain: &Domain, value: &Scalar) -> f64 {
    let mut unit = [0.5];
    domain.to_unit(value, &mut unit);
    unit[0]
}

/// The next value up or down.
fn neighbour(domain: &Domain, value: &Scalar, stream: &mut Stream) -> Scalar {
    let up = stream.uniform() < 0.5;
    stepped(domain, value, up).or_else(|| stepped(domain, value, !up)).unwrap_or_else(|| value.clone())
}

/// The next value of a grid, or of ordered options, above or below; `None` at the end, and on a continuum.
pub(crate) fn stepped(domain: &Domain, value: &Scalar, up: bool) -> Option<Scalar> {
    let beside = |k: u64, count: u64| {
        if up { k.checked_add(1).filter(|next| *next < count) } else { k.checked_sub(1) }
    };
    match (domain, value) {
        (Domain::Float(d), Scalar::Float(x)) => {
            beside(d.nearest(*x), d.grid_len()?).map(|k| Scalar::Float(d.nth(k)))
        }
        (Domain::Int(d), Scalar::Int(n)) => {
            beside(d.nearest(*n as f64), d.grid_len()).map(|k| Scalar::Int(d.nth(k)))
        }
        (Domain::Choice(d), Scalar::Choice(option)) => {
            beside(u64::from(*option), d.len() as u64).map(|k| Scalar::Choice(k as u32))
        }
        _ => None,
    }
}
