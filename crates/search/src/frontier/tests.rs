//! What the frontier promises, beside a hull by brute force.

use serde_json::json;

use super::*;
use crate::{Decision, DecisionId, Duplicates, Proposal, Sampler, SamplerSpec, build_with};

fn cells() -> Arc<Space> {
    let declared = json!({
        "cells": {"int": [3, 8]}, "reductions": {"int": [1, 3]}, "nodes": {"int": [1, 6]},
        "op": {"choice": ["conv", "pool"], "length": "nodes"}});
    let constraints = ["cells >= 2 * reductions + 1"];
    Arc::new(Space::build(&serde_json::from_value(declared).unwrap(), &constraints).unwrap())
}

fn petridish() -> SamplerSpec {
    let spec = json!({"name": "frontier", "grow": ["nodes"],
        "seeds": {"reductions": [1, 2, 3], "cells": [3, 5, 7], "nodes": [1, 2]}});
    serde_json::from_value(spec).unwrap()
}

struct Study {
    space: Arc<Space>,
    sampler: Box<dyn Sampler>,
    events: Vec<Observed>,
    decisions: u64,
}

impl Study {
    fn new(spec: &SamplerSpec) -> Self {
        let space = cells();
        let sampler = build_with(spec, None, space.clone(), 2, Duplicates::Skip).unwrap();
        Study { space, sampler, events: Vec::new(), decisions: 0 }
    }

    fn ask(&mut self) -> Decision {
        let decision = DecisionId(self.decisions);
        let ask = Ask { space: &self.space, seed: 4, decision, budget: None };
        self.sampler.propose(&ask).unwrap()
    }

    fn learn(&mut self, event: Observed) {
        self.sampler.learn(std::slice::from_ref(&event));
        self.events.push(event);
    }

    /// The new trial with its point and parent.
    fn start(&mut self) -> (TrialId, Point, Option<TrialId>) {
        let Decision { proposal: Proposal::New { point, level, parent }, memo } = self.ask() else {
            panic!("nothing new after {} trials", self.decisions);
        };
        let trial = TrialId(self.decisions);
        let decision = Some(DecisionId(self.decisions));
        self.decisions += 1;
        self.learn(Observed::Created {
            trial,
            decision,
            point: Arc::new(point.clone()),
            level,
            parent,
            memo,
        });
        (trial, point, parent)
    }

    fn int(&self, point: &Point, path: &str) -> i64 {
        match point.get(self.space.index(path).unwrap()) {
            Some(Scalar::Int(n)) => *n,
            other => panic!("{path}: {other:?}"),
        }
    }

    fn end(&mut self, trial: TrialId, point: &Point) {
        let size = self.int(point, "cells") * self.int(point, "nodes");
        let values =
            vec![size as f64, 1.0 / (1.0 + size as f64) + 0.01 * self.int(point, "reductions") as f64];
        self.learn(Observed::Ended { trial, outcome: Outcome::Complete { values, violations: vec![] } });
    }
}

#[test]
fn seeds_are_the_grid_that_keeps_the_constraints_and_then_children_grow() {
    let mut study = Study::new(&petridish());
    let mut points = Vec::new();
    for _ in 0..12 {
        let (trial, point, parent) = study.start();
        assert_eq!(parent, None);
        points.push((trial, point));
    }
    // 3 reductions × 3 cells × 2 nodes, less 6 that break the constraint.
    assert_eq!(study.ask().proposal, Proposal::Wait, "nobody can be a parent before a trial ended");
    for (trial, point) in points.clone() {
        study.end(trial, &point);
    }
    for _ in 0..40 {
        let (trial, point, parent) = study.start();
        let parent = parent.expect("a child has a parent");
        let (_, old) = &points[parent.0 as usize];
        assert_eq!(study.int(&point, "nodes"), study.int(old, "nodes") + 1);
        for path in ["cells", "reductions"] {
            assert_eq!(study.int(&point, path), study.int(old, path));
        }
        assert_eq!(study.space.validate(&point), Ok(()));
        points.push((trial, point.clone()));
        study.end(trial, &point);
    }
}

#[test]
fn a_study_that_goes_on_is_as_one_that_never_stopped() {
    let mut study = Study::new(&petridish());
    let mut running = Vec::new();
    for round in 0..60 {
        if running.len() == 12 {
            let (trial, point): (TrialId, Point) = running.swap_remove((round * 5) % 12);
            study.end(trial, &point);
        }
        let (trial, point, _) = study.start();
        running.push((trial, point));
        let mut resumed = Study::new(&petridish());
        resumed.sampler.learn(&study.events);
        resumed.decisions = study.decisions;
        assert_eq!(resumed.ask(), study.ask());
    }
}

#[test]
fn what_cannot_be_is_said() {
    let refused = |objectives: usize, spec: Value| {
        let spec: SamplerSpec = serde_json::from_value(spec).unwrap();
        match build_with(&spec, None, cells(), objectives, Duplicates::Skip) {
            Err(SearchError::Unsuitable(message)) => message,
            _ => panic!("it was taken"),
        }
    };
    use serde_json::Value;
    assert!(refused(1, json!({"name": "frontier"})).contains("two objectives"));
    assert!(refused(2, json!({"name": "frontier", "grow": ["depth"]})).contains("depth"));
    assert!(refused(2, json!({"name": "frontier", "seeds": {"nodes": [9]}})).contains("seeds.nodes"));
    assert!(refused(2, json!({"name": "frontier", "cost": 3})).contains("cost is 3"));
}
