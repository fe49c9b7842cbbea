//! Every sampler of the crate keeps what the conformance suite asks.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use ravine_search::{Earlier, SamplerSpec, Setting, build, build_for, conformance};
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
fn cmaes_conforms() {
    check(json!({"name": "cmaes"}));
}

#[test]
fn cmaes_with_other_options_conforms() {
    check(
        json!({"name": "cmaes", "covariance": "diagonal", "restarts": "ipop", "population": 5, "sigma": 0.1}),
    );
    check(json!({"name": "cmaes", "adapt_learning_rate": true, "restarts": "none", "warm_start": false}));
}

#[test]
fn auto_conforms() {
    check(json!({"name": "auto"}));
}

#[test]
fn tpe_learns_better_than_random() {
    check_progress(json!({"name": "tpe"}));
    check_progress(json!({"name": "tpe", "multivariate": false}));
}

#[test]
fn auto_learns_better_than_random() {
    check_progress(json!({"name": "auto"}));
}

#[test]
fn cmaes_learns_better_than_random() {
    check_progress(json!({"name": "cmaes"}));
}

fn check_progress(spec: serde_json::Value) {
    let spec: SamplerSpec = serde_json::from_value(spec).unwrap();
    conformance::learns_better_than_random(&|space| build(&spec, space, 1));
}

#[test]
fn nsga2_conforms() {
    check(json!({"name": "nsga2"}));
    check(json!({"name": "nsga2", "population": 6, "n_startup_trials": 4}));
}

#[test]
fn nsga3_conforms() {
    check(json!({"name": "nsga3"}));
    check(json!({"name": "nsga3", "population": 6, "n_startup_trials": 4}));
}

#[test]
fn evolution_conforms() {
    check(json!({"name": "evolution"}));
    check(json!({"name": "evolution", "population": 8, "sample": 3}));
}

#[test]
fn genetic_samplers_learn_better_than_random() {
    for spec in [
        json!({"name": "nsga2", "population": 12, "n_startup_trials": 8}),
        json!({"name": "evolution", "population": 12, "sample": 6, "n_startup_trials": 8}),
    ] {
        let spec: SamplerSpec = serde_json::from_value(spec).unwrap();
        conformance::learns_better_than_random(&|space| build(&spec, space, 1));
    }
}

fn check_several(spec: serde_json::Value) {
    let spec: SamplerSpec = serde_json::from_value(spec).unwrap();
    conformance::check_several(&|space| build(&spec, space, 2));
}

#[test]
fn samplers_that_do_not_look_at_values_conform_with_several_objectives() {
    for name in ["random", "grid", "sobol", "auto"] {
        check_several(json!({ "name": name }));
    }
}

#[test]
fn samplers_that_learn_conform_with_several_objectives() {
    check_several(json!({"name": "tpe"}));
    check_several(json!({"name": "tpe", "multivariate": true}));
    check_several(json!({"name": "nsga2", "population": 12, "n_startup_trials": 6}));
    check_several(json!({"name": "nsga3", "population": 12, "n_startup_trials": 6}));
    check_several(json!({"name": "evolution", "population": 12, "sample": 4}));
}

fn check_cover(spec: serde_json::Value) {
    let spec: SamplerSpec = serde_json::from_value(spec).unwrap();
    conformance::covers_more_than_random(&|space| build(&spec, space, 2));
}

#[test]
fn samplers_that_learn_cover_more_than_random() {
    check_cover(json!({"name": "tpe"}));
    check_cover(json!({"name": "nsga2", "population": 16, "n_startup_trials": 10}));
    check_cover(json!({"name": "nsga3", "population": 16, "n_startup_trials": 10}));
    check_cover(json!({"name": "evolution", "population": 16, "sample": 6, "n_startup_trials": 10}));
}

#[test]
fn gp_covers_more_than_random() {
    check_cover(json!({"name": "gp"}));
}

#[test]
fn auto_covers_more_than_random() {
    check_cover(json!({"name": "auto"}));
}

#[test]
fn a_start_from_earlier_studies_conforms() {
    for name in ["random", "tpe", "grid"] {
        let spec: SamplerSpec = serde_json::from_value(json!({ "name": name })).unwrap();
        conformance::check_all(&|space: Arc<space::Space>| {
            let study = |seed| {
                let mut stream = space::Stream::new(seed, 0, 0);
                let points = (0..12).map(|_| space.to_json(&space.sample(&mut stream))).collect();
                Earlier::new("earlier", points, 40)
            };
            let earlier = [study(1), study(2)];
            build_for(&spec, space.clone(), &Setting { earlier: &earlier, ..Setting::default() })
        });
    }
}
