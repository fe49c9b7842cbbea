//! Population based training: who takes over from whom, and that it follows from the history alone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use ravine_search::*;
use serde_json::{Value, json};
use space::{Point, Scalar, Space};

fn spec(options: Value) -> PrunerSpec {
    let mut spec = json!({"name": "pbt", "perturbation_interval": 2, "max_resource": 10});
    spec.as_object_mut().unwrap().extend(options.as_object().unwrap().clone());
    serde_json::from_value(spec).unwrap()
}

fn plane() -> Arc<Space> {
    let domain = || serde_json::from_value(json!({"float": {"low": 0.0, "high": 1.0}})).unwrap();
    Arc::new(Space::from_domains([("h0".to_owned(), domain()), ("h1".to_owned(), domain())]).unwrap())
}

/// What is known of a trial.
#[derive(Clone, Debug)]
struct Known {
    point: Point,
    level: Level,
    parent: Option<TrialId>,
    memo: Option<Value>,
    ended: bool,
}

/// A study of a population, and all that happened in it.
struct World {
    space: Arc<Space>,
    sampler: Box<dyn Sampler>,
    events: Vec<Observed>,
    trials: BTreeMap<TrialId, Known>,
    decisions: u64,
}

impl World {
    fn new(pruner: &PrunerSpec) -> Self {
        let space = plane();
        let sampler = build_with(
            &SamplerSpec::Random(RandomOptions {}),
            Some(pruner),
            space.clone(),
            1,
            Duplicates::Skip,
        );
        World { space, sampler: sampler.unwrap(), events: vec![], trials: BTreeMap::new(), decisions: 0 }
    }

    fn ask(&mut self) -> Decision {
        let ask = Ask { space: &self.space, seed: 1, decision: DecisionId(self.decisions), budget: None };
        self.sampler.propose(&ask).unwrap()
    }

    /// The trial that begins, if one does.
    fn turn(&mut self) -> Option<TrialId> {
        let Decision { proposal, memo } = self.ask();
        let Proposal::New { point, level, parent } = proposal else { return None };
        let (trial, decision) = (TrialId(self.trials.len() as u64), Some(DecisionId(self.decisions)));
        let known =
            Known { point: point.clone(), level: level.unwrap(), parent, memo: memo.clone(), ended: false };
        self.trials.insert(trial, known);
        self.decisions += 1;
        self.learn(Observed::Created { trial, decision, point: Arc::new(point), level, parent, memo });
        Some(trial)
    }

    fn begin(&mut self, count: usize) {
        for _ in 0..count {
            assert!(self.turn().is_some(), "a trial begins");
        }
    }

    fn running(&self) -> Vec<TrialId> {
        self.trials.iter().filter(|(_, known)| !known.ended).map(|(trial, _)| *trial).collect()
    }

    fn end(&mut self, trial: TrialId, value: Option<f64>) {
        self.trials.get_mut(&trial).unwrap().ended = true;
        let outcome = match value {
            Some(value) => Outcome::Complete { values: vec![value], violations: vec![] },
            None => Outcome::Failed,
        };
        self.learn(Observed::Ended { trial, outcome });
    }

    fn learn(&mut self, event: Observed) {
        self.sampler.learn(std::slice::from_ref(&event));
        self.events.push(event);
    }

    /// After which trial a trial comes.
    fn after(&self, trial: TrialId) -> Option<TrialId> {
        self.trials[&trial].memo.as_ref()?.get("pbt")?.get("after")?.as_u64().map(TrialId)
    }
}

#[test]
fn the_worst_quarter_takes_over_from_the_best_quarter() {
    let mut world = World::new(&spec(json!({"population": 8})));
    let first: Vec<TrialId> = (0..8).map(|_| world.turn().unwrap()).collect();
    assert_eq!(world.turn(), None, "the population is complete and all run");
    for trial in &first {
        world.end(*trial, Some(trial.0 as f64));
    }
    let next: Vec<TrialId> = (0..8).map(|_| world.turn().unwrap()).collect();
    for (trial, before) in next.iter().zip(&first) {
        let known = &world.trials[trial];
        assert_eq!((known.level, world.after(*trial)), (Level(4), Some(*before)));
        if before.0 < 6 {
            assert_eq!(
                (known.parent, &known.point),
                (Some(*before), &world.trials[before].point),
                "it goes on"
            );
        } else {
            assert!(known.parent.is_some_and(|parent| parent.0 < 2), "{known:?}");
            assert_ne!(known.point, world.trials[&known.parent.unwrap()].point, "it explores");
        }
    }
}

#[test]
fn who_ends_first_does_not_wait_for_the_others() {
    let mut world = World::new(&spec(json!({"population": 4})));
    world.begin(4);
    world.end(TrialId(2), Some(5.0));
    let next = world.turn().unwrap();
    assert_eq!((world.after(next), world.trials[&next].parent), (Some(TrialId(2)), Some(TrialId(2))));
    world.end(TrialId(0), Some(7.0));
    let next = world.turn().unwrap();
    assert_eq!(world.trials[&next].parent, Some(TrialId(2)), "of two the worse takes over from the better");
    assert_eq!(world.trials[&next].level, Level(4), "from where that one's checkpoint is");
}

#[test]
fn with_fewer_slots_than_members_all_keep_up() {
    let mut world = World::new(&spec(json!({"population": 5})));
    for turn in 0..25 {
        let trial = world.turn().unwrap();
        assert_eq!(world.trials[&trial].level, Level(2 * (turn / 5 + 1)));
        world.end(trial, Some(1.0));
    }
    assert_eq!(world.ask().proposal, Proposal::Exhausted(Spent::Population), "all are at the end");
}

#[test]
fn only_the_named_parameters_change() {
    let pruner = spec(json!({"population": 2, "mutate": ["h1"], "resample_probability": 0.0}));
    let mut world = World::new(&pruner);
    world.begin(2);
    world.end(TrialId(0), Some(1.0));
    world.end(TrialId(1), Some(2.0));
    let taken: Vec<TrialId> = (0..2).map(|_| world.turn().unwrap()).collect();
    let (point, from) = (&world.trials[&taken[1]].point, &world.trials[&TrialId(0)].point);
    assert_eq!(point.get(0), from.get(0));
    let number = |point: &Point| point.get(1).and_then(Scalar::number).unwrap();
    let ratio = number(point) / number(from);
    assert!((ratio - 0.8).abs() < 1e-9 || (ratio - 1.2).abs() < 1e-9 || number(point) == 1.0, "{ratio}");
    let wrong = spec(json!({"mutate": ["h2"]}));
    let message =
        build_with(&SamplerSpec::default(), Some(&wrong), plane(), 1, Duplicates::Skip).err().unwrap();
    assert!(message.to_string().contains("`h2`"), "{message}");
}

#[test]
fn in_burn_in_nobody_takes_over() {
    let mut world = World::new(&spec(json!({"population": 4, "burn_in_period": 6})));
    while let Some(trial) = world.turn() {
        let (parent, level) = (world.trials[&trial].parent, world.trials[&trial].level);
        if level <= Level(6) {
            assert_eq!(parent, world.after(trial));
        }
        world.end(trial, Some((trial.0 % 4) as f64));
    }
    let others = world.trials.iter().filter(|(trial, known)| known.parent != world.after(**trial)).count();
    assert!(others > 0, "later some do");
}

#[test]
fn a_member_that_fails_takes_over_from_the_best() {
    let mut world = World::new(&spec(json!({"population": 4})));
    world.begin(4);
    world.end(TrialId(3), None);
    let anew = world.turn().unwrap();
    assert_eq!(
        (world.trials[&anew].parent, world.trials[&anew].level),
        (None, Level(2)),
        "nobody has a score"
    );
    (0..3).for_each(|trial| world.end(TrialId(trial), Some(trial as f64)));
    world.end(anew, None);
    let next = world.turn().unwrap();
    assert_eq!((world.after(next), world.trials[&next].parent), (Some(anew), Some(TrialId(0))));
}

/// As the toy of the paper (section 3.3): two numbers are trained by the gradient of a surrogate that the hyper-parameters
/// weigh, and both have to come to 0 for the best, 1.2.
#[test]
fn a_population_solves_the_papers_toy() {
    let pruner = spec(json!({"population": 2, "max_resource": 60, "resample_probability": 0.5}));
    let mut world = World::new(&pruner);
    let mut checkpoints: BTreeMap<TrialId, [f64; 2]> = BTreeMap::new();
    let mut best = f64::NEG_INFINITY;
    while let Some(trial) = world.turn() {
        let known = world.trials[&trial].clone();
        let mut theta = known.parent.map_or([0.9, 0.9], |parent| checkpoints[&parent]);
        for _ in 0..2 {
            for (i, theta) in theta.iter_mut().enumerate() {
                // Most weights nearly switch one of the two off.
                let h = known.point.get(i).and_then(Scalar::number).unwrap().powi(4);
                *theta -= 0.02 * 2.0 * h * *theta * 5.0;
            }
        }
        checkpoints.insert(trial, theta);
        let quality = 1.2 - theta[0].powi(2) - theta[1].powi(2);
        best = best.max(quality);
        world.end(trial, Some(-quality));
    }
    assert!(best > 1.1, "{best}");
}

proptest! {
    #[test]
    fn checkpoints_are_copied_only_from_trials_at_rest(
        script in prop::collection::vec((0..3u8, any::<u8>(), 0..30i32), 1..200)
    ) {
        let mut world = World::new(&spec(json!({"population": 5})));
        let mut followed = BTreeSet::new();
        for (what, which, value) in script {
            let running = world.running();
            if what > 0 && !running.is_empty() {
                let trial = running[which as usize % running.len()];
                world.end(trial, (which % 7 > 0).then_some(f64::from(value)));
                continue;
            }
            let asked = world.ask();
            world.decisions += 1000;
            world.ask();
            world.decisions -= 1000;
            prop_assert_eq!(world.ask(), asked, "asking twice and dropping change nothing");
            let Some(trial) = world.turn() else {
                prop_assert!(!running.is_empty() || world.trials.len() > 5, "somebody runs, or all are at the end");
                continue;
            };
            let known = &world.trials[&trial];
            if let Some(parent) = known.parent {
                prop_assert!(world.trials[&parent].ended);
                prop_assert_eq!(known.level, Level((world.trials[&parent].level.0 + 2).min(10)));
            }
            if let Some(after) = world.after(trial) {
                prop_assert!(world.trials[&after].ended && followed.insert(after), "one trial comes after each");
            }
        }
        let members = world.trials.len() - followed.len();
        prop_assert!(members <= 5, "{} members", members);
        let mut replayed = World::new(&spec(json!({"population": 5})));
        replayed.sampler.learn(&world.events);
        replayed.decisions = world.decisions;
        prop_assert_eq!(replayed.ask(), world.ask());
    }
}
