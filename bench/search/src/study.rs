//! A whole study in memory, and the measurement of quality.

use std::ops::Range;
use std::sync::Arc;

use search::{Ask, DecisionId, Observed, Outcome, Proposal, Sampler, SamplerSpec, TrialId, build};
use serde_json::json;
use space::{Point, Stream};

use crate::problems::{self, Problem, fail};

/// A study that runs one trial after the other.
pub(crate) struct Study {
    pub(crate) problem: Problem,
    pub(crate) sampler: Box<dyn Sampler>,
    seed: u64,
    trials: u64,
}

impl Study {
    pub(crate) fn new(problem: Problem, spec: &SamplerSpec, seed: u64) -> Study {
        let sampler = build(spec, Arc::new(problem.space.clone()), 1);
        Study { problem, sampler: sampler.unwrap_or_else(|e| fail(&e.to_string())), seed, trials: 0 }
    }

    /// Asks, or `None` at the end of a finite space.
    pub(crate) fn ask(&mut self) -> Option<Point> {
        let ask = Ask {
            space: &self.problem.space,
            seed: self.seed,
            decision: DecisionId(self.trials),
            budget: None,
        };
        match self.sampler.propose(&ask).unwrap_or_else(|e| fail(&e.to_string())).proposal {
            Proposal::New { point, .. } => Some(point),
            _ => None,
        }
    }

    /// Records a trial and its value.
    pub(crate) fn tell(&mut self, point: Point) -> f64 {
        let value = (self.problem.evaluate)(&self.problem.space, &point);
        let trial = TrialId(self.trials);
        self.trials += 1;
        let decision = Some(DecisionId(trial.0));
        self.sampler.learn(&[
            Observed::Created {
                trial,
                decision,
                point: Arc::new(point),
                level: None,
                parent: None,
                memo: None,
            },
            Observed::Ended { trial, outcome: Outcome::Complete { values: vec![value], violations: vec![] } },
        ]);
        value
    }

    /// One more trial.
    pub(crate) fn step(&mut self) -> f64 {
        self.ask().map_or(f64::INFINITY, |point| self.tell(point))
    }
}

/// Prints one line for each problem and seed: the best value after each tenth of the trials.
pub(crate) fn quality(seeds: Range<u64>, trials: u64, spec: &str, only: &str) {
    let spec: SamplerSpec = serde_json::from_str(spec).unwrap_or_else(|e| fail(&e.to_string()));
    for problem in problems::all().into_iter().filter(|p| p.name.contains(only)) {
        let name = problem.name;
        for seed in seeds.clone() {
            let fresh = Problem { space: problem.space.clone(), ..problem };
            let mut study = Study::new(fresh, &spec, seed);
            let mut best = f64::INFINITY;
            for _ in 0..trials {
                best = best.min(study.step());
            }
            println!(
                "{}",
                json!({"problem": name, "peer": "ravine", "seed": seed, "trials": trials, "best": best})
            );
        }
    }
}

/// Prints each problem's value at a few points.
pub(crate) fn values() {
    for problem in problems::all() {
        let mut stream = Stream::new(1, 0, 0);
        for _ in 0..5 {
            let point = problem.space.sample(&mut stream);
            let value = (problem.evaluate)(&problem.space, &point);
            let values = problems::json(&problem.space, &point);
            println!("{}", json!({"problem": problem.name, "point": values, "value": value}));
        }
    }
}
