//! The whole study as one JSON document.

use serde_json::{Map, Value as Json, json as value};
use space::Space;

use super::{resolved, results};
use crate::summary::best;
use crate::view::{Kind, View};

/// Name, seed, objectives, parameters, the numbers of the best trials, and every trial with the keys of
/// `results.jsonl`; trials that are not finished too. With the declared space the resolved configurations as well.
pub fn json(view: &View, space: Option<&Space>) -> Json {
    let trials = view.rows.iter().map(|row| {
        let config = space.and_then(|space| resolved(space, &view.raw_params(row)));
        Json::Object(results::object(view, row, config))
    });
    let trials: Vec<Json> = trials.collect();
    let objectives: Vec<Json> =
        view.objectives.iter().map(|o| value!({ "name": o.name, "direction": o.direction.word() })).collect();
    let parameters: Map<String, Json> =
        view.columns.iter().map(|c| (c.path.clone(), described(&c.kind))).collect();
    let best: Vec<u64> = best(view).into_iter().map(|i| view.rows[i].number).collect();
    value!({
        "name": view.name,
        "seed": view.seed,
        "sampler": view.sampler,
        "objectives": objectives,
        "constraints": view.constraints,
        "parameters": parameters,
        "best": best,
        "trials": trials,
    })
}

fn described(kind: &Kind) -> Json {
    match kind {
        Kind::Float { low, high, log } => value!({ "float": [low, high], "log": log }),
        Kind::Int { low, high, log } => value!({ "int": [low, high], "log": log }),
        Kind::Choice(labels) => value!({ "choice": labels }),
        Kind::Permutation(labels) => value!({ "permutation": labels }),
    }
}
