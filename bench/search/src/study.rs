//! A whole study in memory, and the measurement of quality.

use std::ops::Range;
use std::sync::Arc;

use search::{
    Ask, DecisionId, Earlier, Observed, Outcome, Proposal, Sampler, SamplerSpec, Setting, TrialId, build_for,
};
use serde_json::{Value, json};
use space::{Point, Stream};

use crate::problems::{self, Problem, fail};

/// A study that runs one trial after the other.
pub(crate) struct Study {
    pub(crate) problem: Problem,
    pub(crate) sampler: Box<dyn Sampler>,
    seed: u64,
    trials: u64,
    /// Of the last decision.
    memo: Option<Value>,
}

impl Study {
    pub(crate) fn new(problem: Problem, spec: &SamplerSpec, seed: u64) -> Study {
        Study::after(&[], problem, spec, seed)
    }

    /// One that earlier studies shape.
    pub(crate) fn after(earlier: &[Earlier], problem: Problem, spec: &SamplerSpec, seed: u64) -> Study {
        let setting = Setting { earlier, ..Setting::default() };
        let sampler = build_for(spec, Arc::new(problem.space.clone()), &setting);
        let sampler = sampler.unwrap_or_else(|e| fail(&e.to_string()));
        Study { problem, sampler, seed, trials: 0, memo: None }
    }

    /// Asks, or `None` at the end of a finite space.
    pub(crate) fn ask(&mut self) -> Option<Point> {
        let ask = Ask {
            space: &self.problem.space,
            seed: self.seed,
            decision: DecisionId(self.trials),
            budget: None,
        };
        let decision = self.sampler.propose(&ask).unwrap_or_else(|e| fail(&e.to_string()));
        self.memo = decision.memo;
        match decision.proposal {
            Proposal::New { point, .. } => Some(point),
            _ => None,
        }
    }

    /// Records a trial and its value.
    pub(crate) fn tell(&mut self, point: Point) -> f64 {
        let value = (self.problem.evaluate)(&self.problem.space, &point);
        self.tell_value(point, value);
        value
    }

    /// Records a trial that came to this value.
    pub(crate) fn tell_value(&mut self, point: Point, value: f64) {
        let trial = TrialId(self.trials);
        self.trials += 1;
        let (decision, memo) = (Some(DecisionId(trial.0)), self.memo.take());
        self.sampler.learn(&[
            Observed::Created { trial, decision, point: Arc::new(point), level: None, parent: None, memo },
            Observed::Ended { trial, outcome: Outcome::Complete { values: vec![value], violations: vec![] } },
        ]);
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
