//! Samplers that know what trials cost spend less until they are there.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use ravine_search::{
    Ask, Decision, DecisionId, Observed, Outcome, Proposal, Sampler, SamplerSpec, TrialId, build,
};
use serde_json::json;
use space::{Point, Space};

/// A rugged function of four numbers. The first says what a trial costs, from 1 to 100; there is a best one that is cheap, and
/// one that is dear.
struct Problem {
    space: Arc<Space>,
}

impl Problem {
    fn new() -> Self {
        let declarations = json!({
            "size": {"float": [0.0, 1.0]}, "x": {"float": [0.0, 1.0]}, "y": {"float": [0.0, 1.0]},
            "z": {"float": [0.0, 1.0]}});
        let space = Space::build(&serde_json::from_value(declarations).unwrap(), &[]).unwrap();
        Problem { space: Arc::new(space) }
    }

    fn units(&self, point: &Point) -> Vec<f64> {
        let mut units = vec![0.0; 4];
        self.space.encode(point, &mut units);
        units
    }

    fn value(&self, point: &Point) -> f64 {
        let units = self.units(point);
        let size = (units[0] - 0.15).abs().min((units[0] - 0.85).abs());
        let others = units[1..].iter().zip([0.2, 0.7, 0.55]).map(|(u, best)| u - best);
        others.chain([size]).map(|d| d * d + 0.02 * (1.0 - libm::cos(20.0 * d))).sum()
    }

    fn cost(&self, point: &Point) -> f64 {
        libm::exp(4.6 * self.units(point)[0])
    }

    /// What is learned of a trial that was decided so; its cost too where `thrifty`.
    fn observed(&self, number: u64, decision: Decision, thrifty: bool) -> (Vec<Observed>, f64, f64) {
        let Proposal::New { point, level, parent } = decision.proposal else { unreachable!("a continuum") };
        let (value, cost, trial) = (self.value(&point), self.cost(&point), TrialId(number));
        let decided = Some(DecisionId(number));
        let created = Observed::Created {
            trial,
            decision: decided,
            point: Arc::new(point),
            level,
            parent,
            memo: decision.memo,
        };
        let spent = thrifty.then_some(Observed::Spent { trial, cost });
        let outcome = Outcome::Complete { values: vec![value], violations: vec![] };
        let events = std::iter::once(created).chain(spent).chain([Observed::Ended { trial, outcome }]);
        (events.collect(), value, cost)
    }

    fn sampler(&self) -> Box<dyn Sampler> {
        let spec: SamplerSpec = serde_json::from_value(json!({"name": "gp"})).unwrap();
        build(&spec, self.space.clone(), 1).unwrap()
    }

    fn ask(&self, sampler: &mut dyn Sampler, seed: u64, number: u64) -> Decision {
        let decision = DecisionId(number);
        sampler.propose(&Ask { space: &self.space, seed, decision, budget: Some(80) }).unwrap()
    }

    /// What all trials cost up to the first one below the target.
    fn spent(&self, seed: u64, thrifty: bool) -> f64 {
        let mut sampler = self.sampler();
        let mut spent = 0.0;
        for number in 0..80 {
            let decision = self.ask(&mut *sampler, seed, number);
            let (events, value, cost) = self.observed(number, decision, thrifty);
            sampler.learn(&events);
            spent += cost;
            if value < 0.02 {
                break;
            }
        }
        spent
    }
}

#[test]
fn gp_that_is_told_costs_spends_less_until_it_reaches_a_target() {
    let problem = Problem::new();
    let ratio = |seed| problem.spent(seed, true) / problem.spent(seed, false);
    let mut ratios: Vec<f64> = (0..9).map(ratio).collect();
    ratios.sort_by(f64::total_cmp);
    println!("{ratios:?}");
    assert!(ratios[4] < 0.8, "spent with costs, of what is spent without: {ratios:?}");
}

#[test]
fn costs_that_are_told_at_once_or_one_by_one_give_the_same_search() {
    let problem = Problem::new();
    let mut live = problem.sampler();
    let mut all = Vec::new();
    for number in 0..20 {
        let decision = problem.ask(&mut *live, 3, number);
        let (events, ..) = problem.observed(number, decision, true);
        events.iter().for_each(|event| live.learn(std::slice::from_ref(event)));
        all.extend(events);
    }
    let mut replayed = problem.sampler();
    replayed.learn(&all);
    assert_eq!(problem.ask(&mut *live, 3, 20), problem.ask(&mut *replayed, 3, 20));
}

#[test]
fn costs_that_say_nothing_do_no_harm() {
    let problem = Problem::new();
    for odd in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e300, 5.0] {
        let mut sampler = problem.sampler();
        for number in 0..14 {
            let decision = problem.ask(&mut *sampler, 4, number);
            let (mut events, ..) = problem.observed(number, decision, true);
            for event in &mut events {
                if let Observed::Spent { cost, .. } = event
                    && (number % 2 == 0 || odd == 5.0)
                {
                    *cost = odd;
                }
            }
            sampler.learn(&events);
        }
    }
}
