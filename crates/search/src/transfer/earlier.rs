//! What is kept of an earlier study: its best trials by their rank, since its values mean nothing elsewhere.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use space::{Domain, Scalar, Space};

/// At most so many trials are kept of a study.
const KEPT: usize = 50;
/// The share of a study's trials that is its good region…
const GOOD: f64 = 0.2;
/// …of which at least so many count, where there are so many.
const LEAST: usize = 5;

/// An earlier study.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Earlier {
    /// Where it was found, as the study file says.
    pub from: String,
    /// How many of its trials had ended.
    pub trials: u64,
    /// Its good ones, the best first.
    pub good: Vec<Good>,
}

/// One of its good trials.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Good {
    /// Its rank among all that had ended, 0 (best) … 1.
    pub quantile: f64,
    /// Its parameters, by path.
    pub point: Map<String, Value>,
}

impl Earlier {
    /// Of a study's trials with a result, the best first, and how many had ended in all, failed and pruned ones included.
    pub fn new(from: impl Into<String>, ranked: Vec<Map<String, Value>>, ended: u64) -> Self {
        let ended = ended.max(ranked.len() as u64);
        let good = ((GOOD * ended as f64) as usize).clamp(LEAST, KEPT);
        let trial = |(rank, point)| Good { quantile: (rank as f64 + 0.5) / ended as f64, point };
        let good = ranked.into_iter().take(good).enumerate().map(trial).collect();
        Earlier { from: from.into(), trials: ended, good }
    }

    /// A study that is named only: what is known of it stands in the log.
    pub fn named(from: impl Into<String>) -> Self {
        Earlier { from: from.into(), ..Earlier::default() }
    }

    /// How many of the space's parameters it has, with values that they can take.
    pub fn common(&self, space: &Space) -> usize {
        let points = self.points(space);
        (0..space.parameters().len()).filter(|i| points.iter().any(|point| point[*i].is_some())).count()
    }

    /// Its good trials in another space: what that does not have, or cannot take, is left out.
    pub(super) fn points(&self, space: &Space) -> Vec<Vec<Option<Scalar>>> {
        let value = |good: &Good, parameter: &space::Parameter| {
            good.point.get(&parameter.path).and_then(|json| nearest(&parameter.domain, json))
        };
        let point = |good: &Good| space.parameters().iter().map(|parameter| value(good, parameter)).collect();
        self.good.iter().map(point).collect()
    }
}

/// The value, or of a number the nearest that the domain has; never a number for an option or the reverse.
pub(crate) fn nearest(domain: &Domain, json: &Value) -> Option<Scalar> {
    if let Ok(value) = domain.from_json(json) {
        return Some(value);
    }
    let number = json.as_f64().filter(|x| x.is_finite())?;
    match domain {
        Domain::Float(d) => Some(Scalar::Float(d.clamp(number))),
        Domain::Int(d) => Some(Scalar::Int(d.clamp(number))),
        Domain::Choice(_) | Domain::Permutation(_) => None,
    }
}
