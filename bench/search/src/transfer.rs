//! What an earlier study is worth to the next one: of a problem whose best place lies nearby, and of one that is turned upside
//! down, so that its good region is the worst.

use search::{Earlier, SamplerSpec, TpeOptions};
use serde_json::{Map, Value, json};
use space::{Point, Space};

use crate::problems::{self, Problem, fail};
use crate::study::Study;

/// Trials of the earlier study, and of the next one.
const EARLIER: usize = 60;
const TRIALS: u64 = 80;
/// How far, on each axis of the unit cube, the earlier problem lies from the next one.
const MOVED: f64 = 0.05;
/// After so many trials the best values are compared.
const AT: [u64; 4] = [10, 20, 40, 80];
/// The least value of each problem that has a known one.
const LEAST: [(&str, f64); 5] = [
    ("branin", 0.397_887_357_7),
    ("hartmann6", -3.322_368_011_4),
    ("rosenbrock5", 0.0),
    ("mixed", 0.0),
    ("conditional", 0.1),
];
/// Scores are cut off here: below it all are as good.
const FLOOR: f64 = 1e-2;

/// Prints, for each problem and in all, the regret with an earlier study as a share of that without: the geometric mean over
/// the seeds.
pub(crate) fn run(seeds: u64, spec: &str) {
    let spec: SamplerSpec = serde_json::from_str(spec).unwrap_or_else(|e| fail(&e.to_string()));
    for (label, moved, sign) in [("nearby", MOVED, 1.0), ("upside down", 0.0, -1.0)] {
        let mut all = [0.0; AT.len()];
        for (name, least) in LEAST {
            let mut logs = [0.0; AT.len()];
            for seed in 0..seeds {
                let earlier = earlier(name, moved, sign, 1000 + seed);
                let with = regrets(&[earlier], name, least, &spec, seed);
                let without = regrets(&[], name, least, &spec, seed);
                for (log, (with, without)) in logs.iter_mut().zip(with.into_iter().zip(without)) {
                    *log += (with / without).ln() / seeds as f64;
                }
            }
            print(label, name, &logs);
            all.iter_mut().zip(logs).for_each(|(all, log)| *all += log / LEAST.len() as f64);
        }
        print(label, "all", &all);
    }
}

fn print(earlier: &str, problem: &str, logs: &[f64]) {
    let share = |log: &f64| (1000.0 * log.exp()).round() / 1000.0;
    let shares: Map<String, Value> =
        AT.iter().zip(logs).map(|(at, log)| (at.to_string(), json!(share(log)))).collect();
    println!("{}", json!({"earlier": earlier, "problem": problem, "share": shares}));
}

fn problem(name: &str) -> Problem {
    problems::all()
        .into_iter()
        .find(|problem| problem.name == name)
        .unwrap_or_else(|| fail("no such problem"))
}

/// A study by `tpe` of the problem as it is seen from a little away, or of its opposite.
fn earlier(name: &str, moved: f64, sign: f64, seed: u64) -> Earlier {
    let mut study = Study::new(problem(name), &SamplerSpec::Tpe(TpeOptions::default()), seed);
    let mut tried: Vec<(f64, Map<String, Value>)> = Vec::new();
    for _ in 0..EARLIER {
        let Some(point) = study.ask() else { break };
        let Problem { space, evaluate, .. } = &study.problem;
        let value = sign * evaluate(space, &seen_from(space, &point, moved));
        let Value::Object(map) = problems::json(space, &point) else { fail("a point is no object") };
        study.tell_value(point, value);
        tried.push((value, map));
    }
    tried.sort_by(|a, b| a.0.total_cmp(&b.0));
    let ended = tried.len() as u64;
    Earlier::new(name, tried.into_iter().map(|(_, point)| point).collect(), ended)
}

fn seen_from(space: &Space, point: &Point, moved: f64) -> Point {
    if moved == 0.0 {
        return point.clone();
    }
    let mut units = vec![0.0; space.encoding().width()];
    space.encode(point, &mut units);
    units.iter_mut().for_each(|unit| *unit = (*unit + moved).clamp(0.0, 1.0));
    space.decode(&units)
}

/// (best − least) / (median of 1,001 random points − least) after some numbers of trials.
fn regrets(earlier: &[Earlier], name: &str, least: f64, spec: &SamplerSpec, seed: u64) -> [f64; AT.len()] {
    let typical = typical(&problem(name)) - least;
    let mut study = Study::after(earlier, problem(name), spec, seed);
    let (mut best, mut at) = (f64::INFINITY, [0.0; AT.len()]);
    for trial in 1..=TRIALS {
        best = best.min(study.step());
        if let Some(place) = AT.iter().position(|at| *at == trial) {
            at[place] = ((best - least) / typical).max(FLOOR);
        }
    }
    at
}

fn typical(problem: &Problem) -> f64 {
    let mut stream = space::Stream::new(7, 0, 0);
    let draw = |_| (problem.evaluate)(&problem.space, &problem.space.sample(&mut stream));
    let mut values: Vec<f64> = (0..1001).map(draw).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
