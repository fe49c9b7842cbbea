//! Studies to ask and tell.

#![allow(unreachable_pub, dead_code, reason = "shared by test binaries, none of which uses all of it")]
#![allow(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::sync::Arc;

use ravine_session::{Asked, Declaration, Definition, Options, Session, Told};
use store::{Memory, Store};
use study::{Objective, Settings};

/// Ten parameters of every kind that one commit must carry.
pub fn space() -> Declaration {
    let parameters = serde_json::from_str(
        r#"{
            "x": { "float": [-5.0, 5.0] },
            "y": { "float": [0.0, 1.0] },
            "lr": { "float": [1e-5, 1e-1], "log": true },
            "n": { "int": [1, 8] },
            "opt": { "choice": [
                { "name": "sgd", "momentum": { "float": [0.0, 0.99] } },
                { "name": "adam", "beta1": { "float": [0.8, 0.999] } } ] },
            "flag": { "bool": true }
        }"#,
    )
    .unwrap();
    Declaration { parameters, constraints: Vec::new() }
}

pub fn definition(sampler: &str) -> Definition {
    let settings = Settings { objectives: vec![Objective::minimize("loss")], ..Settings::default() };
    let sampler = serde_json::from_str(&format!("{{\"name\":\"{sampler}\"}}")).unwrap();
    Definition { space: Some(space()), sampler, ..Definition::new("test", 7, settings) }
}

pub fn memory() -> Arc<dyn Store> {
    Arc::new(Memory::new())
}

pub fn create(store: &Arc<dyn Store>, definition: &Definition) -> Session {
    Session::create(Arc::clone(store), definition, Options::named("first")).unwrap()
}

pub fn open(store: &Arc<dyn Store>, name: &str) -> Session {
    Session::open(Arc::clone(store), "test", Options::named(name)).unwrap()
}

/// A function of the parameters that samplers can learn from.
pub fn loss(trial: &Asked) -> f64 {
    let number = |name: &str| trial.parameters.get(name).and_then(serde_json::Value::as_f64).unwrap_or(0.0);
    (number("x") - 1.0).powi(2) + number("y") + number("n") / 10.0
}

pub fn told(trial: &Asked) -> Told {
    Told::value(loss(trial))
}

/// What the sampler chose, trial by trial.
pub fn table(session: &Session) -> String {
    session.with_study(|study| study.canonical().unwrap())
}
