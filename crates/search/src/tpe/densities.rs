//! The estimator's densities against those that Optuna 5.0.0 computes (`bench/search/oracles.py` records them).

use indexmap::IndexMap;
use serde::Deserialize;
use space::{Domain, Point, Scalar, Space};

use super::groups::variables;
use super::members::Fate;
use super::parzen::Parzen;
use crate::{TpeOptions, TrialId};

#[derive(Deserialize)]
struct Case {
    domains: IndexMap<String, Domain>,
    prior_weight: f64,
    magic_clip: bool,
    endpoints: bool,
    history: Vec<Vec<f64>>,
    queries: Vec<Vec<f64>>,
    log_pdf: Vec<f64>,
}

impl Case {
    fn all() -> Vec<Case> {
        serde_json::from_str(include_str!("../../tests/data/densities.json")).unwrap()
    }

    fn space(&self) -> Space {
        Space::from_domains(self.domains.clone()).unwrap()
    }

    fn point(&self, row: &[f64]) -> Point {
        let scalar = |(domain, x): (&Domain, &f64)| match domain {
            Domain::Float(_) => Some(Scalar::Float(*x)),
            Domain::Int(_) => Some(Scalar::Int(*x as i64)),
            Domain::Choice(_) => Some(Scalar::Choice(*x as u32)),
            Domain::Permutation(_) => None,
        };
        Point::new(self.domains.values().zip(row).map(scalar).collect::<Vec<_>>())
    }

    fn estimator(&self) -> Parzen {
        let options = TpeOptions {
            prior_weight: self.prior_weight,
            magic_clip: self.magic_clip,
            endpoints: self.endpoints,
            ..TpeOptions::default()
        };
        let groups = variables(&self.space(), true, None);
        Parzen::new(&groups[0], &options, true, None)
    }

    fn check(&self, estimator: &mut Parzen) {
        for (query, expected) in self.queries.iter().zip(&self.log_pdf) {
            let ours = estimator.log_density(&estimator.places(&self.point(query)).unwrap());
            let names: Vec<&String> = self.domains.keys().collect();
            assert!(
                (ours - expected).abs() <= 1e-9 * expected.abs().max(1.0),
                "{names:?}, {} trials, at {query:?}: {ours}, not {expected}",
                self.history.len()
            );
        }
    }
}

#[test]
fn densities_are_optunas_to_nine_digits() {
    let cases = Case::all();
    assert!(cases.len() > 90);
    for case in cases {
        let mut estimator = case.estimator();
        for (i, row) in case.history.iter().enumerate() {
            estimator.insert(TrialId(i as u64), &case.point(row), Fate::Failed);
        }
        case.check(&mut estimator);
    }
}

#[test]
fn trials_that_came_and_went_leave_no_trace() {
    for case in Case::all().iter().filter(|case| case.history.len() <= 120) {
        let mut estimator = case.estimator();
        // Foreign trials come between, and the own ones backwards.
        for (i, row) in case.history.iter().enumerate().rev() {
            let foreign = &case.queries[i % 8];
            estimator.insert(TrialId(1000 + i as u64), &case.point(foreign), Fate::Failed);
            estimator.insert(TrialId(i as u64), &case.point(row), [Fate::Failed, Fate::Running][i % 2]);
            if i % 3 == 0 {
                estimator.log_density(&estimator.places(&case.point(foreign)).unwrap());
            }
        }
        (0..case.history.len()).for_each(|i| estimator.remove(TrialId(1000 + i as u64)));
        case.check(&mut estimator);
    }
}
