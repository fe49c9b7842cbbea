//! Promotion by `asha` and `hyperband`: each turn is the one that the paper's algorithm takes, and follows from the
//! history alone.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use proptest::prelude::*;
use ravine_search::*;
use serde_json::json;
use space::Space;

fn spec(factor: u64, top: u64) -> PrunerSpec {
    let spec = json!({"name": "asha", "kind": "promotion", "max_resource": top, "reduction_factor": factor});
    serde_json::from_value(spec).unwrap()
}

fn hyperband(factor: u64, top: u64) -> PrunerSpec {
    let spec =
        json!({"name": "hyperband", "kind": "promotion", "max_resource": top, "reduction_factor": factor});
    serde_json::from_value(spec).unwrap()
}

fn line() -> Arc<Space> {
    let domain = serde_json::from_value(json!({"float": {"low": 0.0, "high": 1.0}})).unwrap();
    Arc::new(Space::from_domains([("x".to_owned(), domain)]).unwrap())
}

fn five() -> Arc<Space> {
    let domain = serde_json::from_value(json!({"int": {"low": 1, "high": 5}})).unwrap();
    Arc::new(Space::from_domains([("x".to_owned(), domain)]).unwrap())
}

/// A study under promotion, and all that happened in it.
struct World {
    space: Arc<Space>,
    sampler: Box<dyn Sampler>,
    events: Vec<Observed>,
    running: Vec<TrialId>,
    levels: BTreeMap<TrialId, Level>,
    decisions: u64,
    seed: u64,
}

impl World {
    fn new(space: Arc<Space>, pruner: &PrunerSpec, sampler: &str) -> Self {
        let sampler: SamplerSpec = serde_json::from_value(json!({"name": sampler})).unwrap();
        let sampler = build_with(&sampler, Some(pruner), space.clone(), 1, Duplicates::Skip).unwrap();
        let (events, running, levels) = (vec![], vec![], BTreeMap::new());
        World { space, sampler, events, running, levels, decisions: 0, seed: 1 }
    }

    fn ask(&mut self) -> Proposal {
        let ask =
            Ask { space: &self.space, seed: self.seed, decision: DecisionId(self.decisions), budget: None };
        self.sampler.propose(&ask).unwrap().proposal
    }

    fn turn(&mut self) -> Proposal {
        let proposal = self.ask();
        let decision = DecisionId(self.decisions);
        let event = match proposal.clone() {
            Proposal::New { point, level, parent } => {
                let trial = TrialId(self.levels.len() as u64);
                self.levels.insert(trial, level.unwrap());
                self.running.push(trial);
                let (decision, point) = (Some(decision), Arc::new(point));
                Observed::Created { trial, decision, point, level, parent, memo: None }
            }
            Proposal::Continue { trial, level } => {
                assert!(self.levels.insert(trial, level) < Some(level), "it goes up");
                assert!(!self.running.contains(&trial), "it does not run");
                self.running.push(trial);
                Observed::Continued { trial, decision, level, memo: None }
            }
            _ => return proposal,
        };
        self.decisions += 1;
        self.learn(event);
        proposal
    }

    fn end(&mut self, which: usize, outcome: Outcome) {
        let trial = self.running.remove(which % self.running.len());
        self.learn(Observed::Ended { trial, outcome });
    }

    fn learn(&mut self, event: Observed) {
        self.sampler.learn(std::slice::from_ref(&event));
        self.events.push(event);
    }

    /// Who goes on next of all brackets: whoever comes furthest, and of these the oldest.
    fn choice_of_all(&self, brackets: &Brackets, factor: usize) -> Option<(TrialId, Level)> {
        let choices = brackets.iter().filter_map(|bracket| self.papers_choice(&bracket.levels, factor));
        choices.min_by_key(|(trial, level)| (std::cmp::Reverse(*level), *trial))
    }

    /// Who goes on next by the paper's `get_job`, worked out anew from the whole history of those that began at the first
    /// level.
    fn papers_choice(&self, levels: &[Level], factor: usize) -> Option<(TrialId, Level)> {
        let mut at: BTreeMap<TrialId, Level> = BTreeMap::new();
        let mut results: BTreeMap<Level, Vec<(f64, TrialId)>> = BTreeMap::new();
        let mut promoted: BTreeSet<(Level, TrialId)> = BTreeSet::new();
        for event in &self.events {
            match event {
                Observed::Created { trial, level: Some(level), .. } if *level == levels[0] => {
                    at.insert(*trial, *level);
                }
                Observed::Continued { trial, level, .. } if at.contains_key(trial) => {
                    promoted.insert((at[trial], *trial));
                    at.insert(*trial, *level);
                }
                Observed::Ended { trial, outcome } if at.contains_key(trial) => {
                    let value = match outcome {
                        Outcome::Complete { values, .. } => values[0],
                        Outcome::Pruned { value: Some(value), .. } => *value,
                        _ => continue,
                    };
                    results.entry(at[trial]).or_default().push((value, *trial));
                }
                _ => {}
            }
        }
        for pair in levels.windows(2).rev() {
            let mut rung = results.remove(&pair[0]).unwrap_or_default();
            rung.sort_by(|a, b| a.partial_cmp(b).unwrap());
            let best = rung.len() / factor;
            let mut candidates = rung.into_iter().take(best);
            if let Some((_, trial)) = candidates.find(|(_, trial)| !promoted.contains(&(pair[0], *trial))) {
                return Some((trial, pair[1]));
            }
        }
        None
    }
}

fn outcome(what: u8, value: i32) -> Outcome {
    let value = f64::from(value);
    match what % 5 {
        0 => Outcome::Failed,
        1 => Outcome::Pruned { step: 0, value: (what < 200).then_some(value) },
        _ => Outcome::Complete { values: vec![value], violations: vec![] },
    }
}

proptest! {
    #[test]
    fn each_turn_is_the_papers(
        script in prop::collection::vec((0..2u8, any::<u8>(), 0..20i32), 1..160), factor in 2..4u64
    ) {
        let pruner = spec(factor, 30);
        let PrunerSpec::Asha(options) = &pruner else { unreachable!() };
        let mut world = World::new(line(), &pruner, "random");
        for (what, which, value) in script {
            if what == 1 && !world.running.is_empty() {
                world.end(which as usize, outcome(which, value));
                continue;
            }
            let levels: Vec<Level> = options.rungs().levels().collect();
            let expected = world.papers_choice(&levels, factor as usize);
            match (world.turn(), expected) {
                (Proposal::Continue { trial, level }, expected) => prop_assert_eq!(expected, Some((trial, level))),
                (Proposal::New { level, .. }, expected) => {
                    prop_assert_eq!((level, expected), (Some(Level(1)), None));
                }
                (other, _) => prop_assert!(false, "{:?}", other),
            }
        }
    }

    #[test]
    fn each_turn_in_brackets_is_the_papers(
        script in prop::collection::vec((0..2u8, any::<u8>(), 0..20i32), 1..240), factor in 2..4u64
    ) {
        let pruner = hyperband(factor, 30);
        let PrunerSpec::Hyperband(options) = &pruner else { unreachable!() };
        let mut world = World::new(line(), &pruner, "random");
        let brackets = options.brackets();
        for (what, which, value) in script {
            if what == 1 && !world.running.is_empty() {
                world.end(which as usize, outcome(which, value));
                continue;
            }
            let expected = world.choice_of_all(&brackets, factor as usize);
            let bracket = brackets.of(world.levels.len() as u64);
            match (world.turn(), expected) {
                (Proposal::Continue { trial, level }, expected) => prop_assert_eq!(expected, Some((trial, level))),
                (Proposal::New { level, .. }, expected) => {
                    prop_assert_eq!(expected, None);
                    prop_assert_eq!(brackets.of_level(level.unwrap()), Some(bracket));
                }
                (other, _) => prop_assert!(false, "{:?}", other),
            }
        }
    }

    #[test]
    fn asking_twice_dropping_and_replaying_change_nothing(
        script in prop::collection::vec((0..2u8, any::<u8>(), 0..20i32), 1..60), sampler in 0..4usize
    ) {
        let pruner = if sampler < 2 { spec(2, 9) } else { hyperband(2, 9) };
        let sampler = ["random", "tpe"][sampler % 2];
        let mut world = World::new(line(), &pruner, sampler);
        for (what, which, value) in script {
            if what == 1 && !world.running.is_empty() {
                world.end(which as usize, outcome(which, value));
            } else {
                let first = world.ask();
                world.decisions += 1000;
                world.ask();
                world.decisions -= 1000;
                prop_assert_eq!(world.turn(), first);
            }
        }
        let mut replayed = World::new(line(), &pruner, sampler);
        replayed.sampler.learn(&world.events);
        replayed.decisions = world.decisions;
        prop_assert_eq!(replayed.ask(), world.ask());
    }
}

#[test]
fn one_slot_fills_the_rungs_as_the_paper_says() {
    let mut world = World::new(line(), &spec(3, 81), "random");
    for turn in 0..3000_i32 {
        world.turn();
        world.end(0, outcome(2, turn * 7919 % 3001));
    }
    let at_least = |level: u64| world.levels.values().filter(|reached| reached.0 >= level).count() as f64;
    for (lower, upper) in [(1, 3), (3, 9), (9, 27), (27, 81)] {
        let share = at_least(upper) / at_least(lower);
        assert!((0.3..0.5).contains(&share), "{share} of those at {lower} came to {upper}");
    }
}

#[test]
fn brackets_begin_in_the_proportions_of_the_papers_table() {
    let mut world = World::new(line(), &hyperband(3, 81), "random");
    let mut begun = BTreeMap::new();
    while begun.values().sum::<u64>() < 1430 {
        if let Proposal::New { level, .. } = world.turn() {
            *begun.entry(level.unwrap().0).or_insert(0) += 1;
        }
        let value = world.decisions as i32 * 7919 % 3001;
        world.end(0, outcome(2, value));
    }
    assert_eq!(begun, BTreeMap::from([(1, 810), (3, 340), (9, 150), (27, 80), (81, 50)]));
}

#[test]
fn bohb_is_hyperband_with_a_sampler_that_learns() {
    let bohb = |share| -> PrunerSpec {
        let spec = json!({"name": "bohb", "kind": "promotion", "max_resource": 9, "random_fraction": share});
        serde_json::from_value(spec).unwrap()
    };
    let points = |mut world: World| {
        let step = |world: &mut World| {
            let proposal = world.turn();
            let value = world.decisions as i32 * 7919 % 3001;
            world.end(0, outcome(2, value));
            proposal
        };
        (0..60).map(|_| step(&mut world)).collect::<Vec<_>>()
    };
    let unnamed = points(World::new(line(), &bohb(0.0), "auto"));
    assert_eq!(unnamed, points(World::new(line(), &hyperband(3, 9), "tpe")));
    let random = SamplerSpec::Random(RandomOptions {});
    let refused =
        build_with(&random, Some(&bohb(0.0)), line(), 1, Duplicates::Skip).err().unwrap().to_string();
    assert!(refused.contains("random does not"), "{refused}");
}

#[test]
fn a_third_of_the_new_trials_of_bohb_are_those_of_random_search() {
    let bohb: PrunerSpec =
        serde_json::from_value(json!({"name": "bohb", "kind": "promotion", "max_resource": 9})).unwrap();
    let mut world = World::new(line(), &bohb, "tpe");
    let random = SamplerSpec::Random(RandomOptions {});
    let mut random = build_with(&random, None, line(), 1, Duplicates::Repeat).unwrap();
    let (mut same, mut new) = (0, 0);
    for turn in 0..600 {
        let decision = DecisionId(world.decisions);
        let proposal = world.turn();
        if let Proposal::New { point, .. } = proposal {
            let ask = Ask { space: &line(), seed: 1, decision, budget: None };
            let drawn = random.propose(&ask).unwrap().proposal;
            // The first ones are random ones anyway.
            if turn >= 30 {
                new += 1;
                same += u32::from(matches!(drawn, Proposal::New { point: drawn, .. } if drawn == point));
            }
        }
        let value = world.decisions as i32 * 7919 % 3001;
        world.end(0, outcome(2, value));
    }
    let share = f64::from(same) / f64::from(new);
    assert!((share - 1.0 / 3.0).abs() < 0.08, "{same} of {new}");
}

#[test]
fn a_used_up_space_ends_when_nobody_can_climb_any_more() {
    let mut world = World::new(five(), &spec(2, 4), "grid");
    (0..5).for_each(|_| drop(world.turn()));
    assert_eq!(world.turn(), Proposal::Wait, "who runs may yet climb");
    while world.turn() != Proposal::Exhausted(Spent::Space) {
        let value = world.running[0].0 as i32;
        world.end(0, outcome(2, value));
    }
    let levels: Vec<u64> = world.levels.values().map(|level| level.0).collect();
    assert_eq!(levels, [4, 2, 1, 1, 1]);
}

#[test]
fn failures_stand_on_no_rung_and_leave_the_others_their_chances() {
    let mut world = World::new(line(), &spec(2, 4), "random");
    (0..8).for_each(|_| drop(world.turn()));
    for trial in 0..8 {
        let at = world.running.iter().position(|running| *running == TrialId(trial)).unwrap();
        world.end(at, if trial < 4 { Outcome::Failed } else { outcome(2, trial as i32) });
    }
    let (first, second) = (world.turn(), world.turn());
    assert_eq!(first, Proposal::Continue { trial: TrialId(4), level: Level(2) });
    assert_eq!(second, Proposal::Continue { trial: TrialId(5), level: Level(2) });
    assert!(matches!(world.turn(), Proposal::New { .. }), "the best half of four has gone on");
    let four = world.running.iter().position(|running| *running == TrialId(4)).unwrap();
    world.end(four, Outcome::Failed);
    assert!(matches!(world.turn(), Proposal::New { .. }), "who fails up there is not sent again");
}

#[test]
fn more_repetitions_give_a_trial_a_new_place_on_its_rung() {
    let mut world = World::new(line(), &spec(2, 4), "random");
    (0..2).for_each(|_| drop(world.turn()));
    let (trial, decision) = (TrialId(1), DecisionId(9));
    world.end(1, outcome(2, 5));
    world.learn(Observed::Repeated { trial, decision, runs: 3, memo: None });
    world.running.push(trial);
    world.end(0, outcome(2, 7));
    assert!(matches!(world.ask(), Proposal::New { .. }), "it runs, so that it cannot go on");
    world.end(0, outcome(2, 9));
    assert_eq!(world.turn(), Proposal::Continue { trial: TrialId(0), level: Level(2) });
}

#[test]
fn infeasible_trials_rank_behind_feasible_ones() {
    let mut world = World::new(line(), &spec(2, 4), "random");
    (0..2).for_each(|_| drop(world.turn()));
    world.end(0, Outcome::Complete { values: vec![1.0], violations: vec![0.5, -1.0] });
    world.end(0, Outcome::Complete { values: vec![2.0], violations: vec![-0.5, -1.0] });
    assert_eq!(world.turn(), Proposal::Continue { trial: TrialId(1), level: Level(2) });
}

#[test]
fn a_rule_that_stops_leaves_the_sampler_as_it_is() {
    let spec: PrunerSpec = serde_json::from_value(json!({"name": "median"})).unwrap();
    let mut sampler = build_with(&SamplerSpec::default(), Some(&spec), line(), 1, Duplicates::Skip).unwrap();
    let ask = Ask { space: &line(), seed: 1, decision: DecisionId(0), budget: None };
    assert!(matches!(sampler.propose(&ask).unwrap().proposal, Proposal::New { level: None, .. }));
    let refused = build_with(&SamplerSpec::default(), Some(&spec), line(), 2, Duplicates::Skip);
    assert!(matches!(refused.err(), Some(SearchError::Unsuitable(_))));
}

/// What a configuration comes to at a level: early ones say nothing but flatter high values of x a little; at the top the
/// best is at 0.2.
fn misleading(x: f64, level: Level, turn: u64) -> f64 {
    let noise = (turn.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 11) as f64 / (1_u64 << 53) as f64;
    if level < Level(9) { noise - 0.3 * x } else { (x - 0.2).powi(2) }
}

/// Half of a sampler's later proposals where lower levels mislead.
fn late_median(sampler: &str, seed: u64) -> f64 {
    let mut world = World { seed, ..World::new(line(), &spec(3, 9), sampler) };
    let mut points: Vec<f64> = Vec::new();
    while points.len() < 400 {
        if let Proposal::New { point, .. } = world.turn() {
            points.push(point.get(0).and_then(space::Scalar::number).unwrap());
        }
        let trial = world.running[0];
        let value = misleading(points[trial.0 as usize], world.levels[&trial], world.decisions);
        world.end(0, Outcome::Complete { values: vec![value], violations: vec![] });
    }
    let mut late = points.split_off(200);
    late.sort_by(f64::total_cmp);
    late[late.len() / 2]
}

#[test]
fn samplers_learn_what_the_higher_levels_say() {
    for sampler in ["tpe", "auto"] {
        let mut medians: Vec<f64> = (1..8).map(|seed| late_median(sampler, seed)).collect();
        medians.sort_by(f64::total_cmp);
        assert!((medians[3] - 0.2).abs() < 0.1, "{sampler}: half of the later trials are below {medians:?}");
    }
}
