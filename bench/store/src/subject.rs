//! The study that is measured: ten parameters, 5 float, 2 log, 2 int, 1 choice of 5.

use session::{Asked, Declaration, Definition, Told};
use study::{Objective, Settings, StopRules};

use crate::Done;

pub(crate) fn definition(name: &str, sampler: &str) -> Done<Definition> {
    let mut parameters = serde_json::Map::new();
    for i in 0..5 {
        parameters.insert(format!("f{i}"), serde_json::json!({ "float": [0.0, 1.0] }));
    }
    for i in 0..2 {
        parameters.insert(format!("l{i}"), serde_json::json!({ "float": [1e-5, 1e-1], "log": true }));
        parameters.insert(format!("i{i}"), serde_json::json!({ "int": [1, 100] }));
    }
    parameters.insert("c".to_owned(), serde_json::json!({ "choice": ["a", "b", "c", "d", "e"] }));
    let space =
        Declaration { parameters: serde_json::from_value(parameters.into())?, constraints: Vec::new() };
    let stop = StopRules { trials: Some(100_000_000), ..StopRules::default() };
    let settings = Settings { objectives: vec![Objective::minimize("loss")], stop, ..Settings::default() };
    let sampler = serde_json::from_value(serde_json::json!({ "name": sampler }))?;
    Ok(Definition { space: Some(space), sampler, ..Definition::new(name, 7, settings) })
}

pub(crate) fn told(trial: &Asked) -> Told {
    let number = |name: &str| trial.parameters.get(name).and_then(serde_json::Value::as_f64).unwrap_or(0.0);
    Told::value((0..5).map(|i| (number(&format!("f{i}")) - 0.3).powi(2)).sum())
}
