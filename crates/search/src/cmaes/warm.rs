//! A start that earlier results shape (WS-CMA-ES: Nomura, Watanabe, Akimoto, Ozaki, Onishi 2021, arXiv:2012.06932).

/// The share of the earlier results that counts as promising.
pub(crate) const PROMISING: f64 = 0.1;
/// How wide the distribution is around each of them, as a share of the range.
const WIDTH: f64 = 0.1;

/// The normal distribution nearest to the mixture of balls around the promising places: its mean, and its covariance row
/// by row.
pub(crate) fn promising(places: &[&[f64]]) -> (Vec<f64>, Vec<f64>) {
    let n = places.first().map_or(0, |place| place.len());
    let count = places.len() as f64;
    let mean: Vec<f64> = (0..n).map(|i| places.iter().map(|p| p[i]).sum::<f64>() / count).collect();
    let mut covariance = vec![0.0; n * n];
    for i in 0..n {
        for j in 0..n {
            let together: f64 = places.iter().map(|p| (p[i] - mean[i]) * (p[j] - mean[j])).sum();
            covariance[i * n + j] = together / count + if i == j { WIDTH * WIDTH } else { 0.0 };
        }
    }
    (mean, covariance)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use serde_json::{Map, Value, json};
    use space::{Scalar, Space};

    use crate::{Ask, CmaesOptions, DecisionId, Proposal, SamplerSpec, SearchError, build};

    fn space() -> Arc<Space> {
        let declared =
            json!({"x": {"float": [0.0, 10.0]}, "n": {"int": [1, 100]}, "c": {"choice": ["a", "b"]}});
        Arc::new(Space::build(&serde_json::from_value(declared).unwrap(), &[]).unwrap())
    }

    fn table(value: Value) -> Map<String, Value> {
        value.as_object().cloned().unwrap()
    }

    /// The numbers of the first draws.
    fn draws(options: CmaesOptions) -> Result<Vec<(f64, i64)>, SearchError> {
        let space = space();
        let mut sampler = build(&SamplerSpec::Cmaes(options), space.clone(), 1)?;
        let draw = |k: u64| {
            let ask = Ask { space: &space, seed: 3, decision: DecisionId(k), budget: None };
            match sampler.propose(&ask)?.proposal {
                Proposal::New { point, .. } => match (point.get(0), point.get(1)) {
                    (Some(Scalar::Float(x)), Some(Scalar::Int(n))) => Ok((*x, *n)),
                    other => panic!("{other:?}"),
                },
                other => panic!("{other:?}"),
            }
        };
        (0..40).map(draw).collect()
    }

    #[test]
    fn the_search_begins_where_it_is_told_to() {
        let start = table(json!({"x": 9.0, "n": 20}));
        let drawn = draws(CmaesOptions { start, sigma: 0.02, ..CmaesOptions::default() }).unwrap();
        assert!(drawn.iter().all(|(x, n)| (x - 9.0).abs() < 1.0 && (n - 20).abs() < 10), "{drawn:?}");
    }

    #[test]
    fn promising_configurations_make_the_first_distribution() {
        let promising = (0..5).map(|i| table(json!({"x": 2.0 + 0.01 * f64::from(i), "n": 500}))).collect();
        let drawn = draws(CmaesOptions { promising, sigma: 2.0, ..CmaesOptions::default() }).unwrap();
        // What lies beyond a range counts as its end.
        assert!(drawn.iter().all(|(x, n)| (x - 2.0).abs() < 4.0 && *n > 60), "{drawn:?}");
    }

    #[test]
    fn a_parameter_that_is_not_there_is_named() {
        let start = table(json!({"z": 9.0}));
        let error = draws(CmaesOptions { start, ..CmaesOptions::default() }).unwrap_err().to_string();
        assert_eq!(error, "sampler cmaes: start.z: the space has no such parameter");
        let start = table(json!({"x": "far"}));
        let error = draws(CmaesOptions { start, ..CmaesOptions::default() }).unwrap_err().to_string();
        assert_eq!(error, "sampler cmaes: start.x: \"far\" is no value of it");
    }
}
