//! Every sampler of the crate keeps what the conformance suite asks.

#![allow(clippy::unwrap_used, reason = "a test")]

use ravine_search::{SamplerSpec, build, conformance};
use serde_json::json;

fn check(spec: serde_json::Value) {
    let spec: SamplerSpec = serde_json::from_value(spec).unwrap();
    conformance::check_all(&|space| build(&spec, space, 1));
}

#[test]
fn random_conforms() {
    check(json!({"name": "random"}));
}

#[test]
fn grid_conforms() {
    check(json!({"name": "grid"}));
    check(json!({"name": "grid", "shuffle": false}));
}

#[test]
fn sobol_conforms() {
    check(json!({"name": "sobol"}));
    check(json!({"name": "sobol", "scramble": false}));
}

#[test]
fn multivariate_tpe_conforms() {
    check(json!({"name": "tpe"}));
}

#[test]
fn univariate_tpe_conforms() {
    check(json!({"name": "tpe", "multivariate": false}));
}

#[test]
fn tpe_with_a_short_memory_conforms() {
    check(json!({"name": "tpe", "history": 8}));
}

#[test]
fn gp_conforms() {
    check(json!({"name": "gp"}));
}

#[test]
fn gp_in_a_trust_region_conforms() {
    check(json!({"name": "gp", "trust_region": true, "history": 20}));
}

#[test]
fn gp_learns_better_than_random() {
    let spec: SamplerSpec = serde_json::from_value(json!({"name": "gp"})).unwrap();
    conformance::learns_better_than_random(&|space| build(&spec, space, 1));
}

#[test]
fn auto_conforms() {
    check(json!({"name": "auto"}));
}

#[test]
fn tpe_learns_better_than_random() {
    for spec in [json!({"name": "tpe"}), json!({"name": "tpe", "multivariate": false})] {
        let spec: SamplerSpec = serde_json::from_value(spec).unwrap();
        conformance::learns_better_than_random(&|space| build(&spec, space, 1));
    }
}
