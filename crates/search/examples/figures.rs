//! The figures that the documents give of importance and transfer.
//!
//!     cargo run --release -p ravine-search --example figures -- importance
//!     cargo run --release -p ravine-search --example figures -- transfer

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "it measures, and prints"
)]

use std::sync::Arc;
use std::time::Instant;

use ravine_search::importance::{
    Axis, FanovaOptions, HintOptions, PedOptions, Samples, fanova, hints, ped_anova,
};
use ravine_search::{
    Ask, DecisionId, Earlier, Observed, Outcome, Proposal, SamplerSpec, Setting, TrialId, build_for,
};
use serde_json::json;
use space::{Space, Stream};

fn main() {
    match std::env::args().nth(1).as_deref() {
        Some("importance") => importance(),
        Some("transfer") => transfer(),
        _ => println!("say which: importance, or transfer"),
    }
}

/// How long the analyses take, one thread.
fn importance() {
    for (trials, axes) in [(100, 10), (1_000, 10), (10_000, 20), (10_000, 100)] {
        let mut stream = Stream::new(1, 0, 0);
        let line = Axis::Line { low: 0.0, high: 1.0, log: false, step: None };
        let columns: Vec<Vec<f64>> =
            (0..axes).map(|_| (0..trials).map(|_| stream.uniform()).collect()).collect();
        let value =
            |i: usize| columns.iter().enumerate().map(|(k, c)| (c[i] - 0.4).powi(2) / (k + 1) as f64).sum();
        let samples = Samples { axes: vec![line; axes], values: (0..trials).map(value).collect(), columns };
        let began = Instant::now();
        let ped = ped_anova(&samples, &PedOptions::default()).unwrap();
        let after_ped = began.elapsed();
        let forest = fanova(&samples, &FanovaOptions::for_trials(samples.len())).unwrap();
        let after_forest = began.elapsed();
        let found = hints(&samples, &ped, Some(&forest), &HintOptions::default()).len();
        println!(
            "{trials} trials, {axes} parameters: PED-ANOVA {:.3} s, fANOVA {:.3} s, {found} hints",
            after_ped.as_secs_f64(),
            (after_forest - after_ped).as_secs_f64()
        );
    }
}

/// Where the best lies in each parameter, and how far a related task's best lies from it.
const BEST: [f64; 4] = [0.3, 0.75, 0.6, 0.2];
const SEEDS: u64 = 31;
const TRIALS: u64 = 60;

/// A curved bowl of four numbers and an option.
fn bowl(x: &[f64], option: u32, shift: f64) -> f64 {
    let away: Vec<f64> = x.iter().zip(BEST).map(|(x, best)| x - (best + shift)).collect();
    let bent: f64 = away.windows(2).map(|pair| (pair[1] - pair[0] * pair[0]).powi(2)).sum();
    away[0] * away[0] + bent + 0.1 * f64::from(option.abs_diff(2))
}

fn space() -> Arc<Space> {
    let declared = json!({
        "a": {"float": [0.0, 1.0]}, "b": {"float": [0.0, 1.0]}, "c": {"float": [0.0, 1.0]},
        "d": {"float": [0.0, 1.0]}, "o": {"choice": ["p", "q", "r", "s"]}});
    Arc::new(Space::build(&serde_json::from_value(declared).unwrap(), &[]).unwrap())
}

/// The best value after each trial, and the trials by value.
fn searched(
    sampler: &str,
    seed: u64,
    earlier: &[Earlier],
    value: &dyn Fn(&[f64], u32) -> f64,
) -> (Vec<f64>, Vec<(f64, space::Point)>) {
    let space = space();
    let spec: SamplerSpec = serde_json::from_value(json!({"name": sampler})).unwrap();
    let setting = Setting { earlier, ..Setting::default() };
    let mut sampler = build_for(&spec, space.clone(), &setting).unwrap();
    let (mut best, mut line, mut all) = (f64::INFINITY, Vec::new(), Vec::new());
    for number in 0..TRIALS {
        let ask = Ask { space: &space, seed, decision: DecisionId(number), budget: Some(TRIALS) };
        let decided = sampler.propose(&ask).unwrap();
        let Proposal::New { point, level, parent } = decided.proposal else { break };
        let x: Vec<f64> = (0..4).map(|i| point.get(i).unwrap().number().unwrap()).collect();
        let found = value(&x, point.get(4).unwrap().option().unwrap());
        best = best.min(found);
        line.push(best);
        all.push((found, point.clone()));
        let (trial, decision) = (TrialId(number), Some(ask.decision));
        let point = Arc::new(point);
        let outcome = Outcome::Complete { values: vec![found], violations: vec![] };
        sampler.learn(&[
            Observed::Created { trial, decision, point, level, parent, memo: decided.memo },
            Observed::Ended { trial, outcome },
        ]);
    }
    (line, all)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// The median of the best values with and without earlier studies of several kinds, and how many trials later or sooner the
/// search is where it is without.
fn transfer() {
    println!(
        "sampler | earlier study | best of 5 | 10 | 20 | 40 | 60 | trials to the level of {} without",
        TRIALS / 2
    );
    for sampler in ["random", "tpe", "gp"] {
        let space = space();
        let study = |seed: u64, value: &dyn Fn(&[f64], u32) -> f64| {
            let (_, mut all) = searched("tpe", 1000 + seed, &[], value);
            all.sort_by(|a, b| a.0.total_cmp(&b.0));
            let points = all.iter().map(|(_, point)| space.to_json(point)).collect();
            Earlier::new("earlier", points, TRIALS)
        };
        type Kind<'a> = (&'a str, Option<&'a dyn Fn(&[f64], u32) -> f64>);
        let kinds: [Kind<'_>; 6] = [
            ("none", None),
            ("the same task", Some(&|x, o| bowl(x, o, 0.0))),
            ("its best 0.1 away in each", Some(&|x, o| bowl(x, o, 0.1))),
            ("its best 0.2 away in each", Some(&|x, o| bowl(x, o, 0.2))),
            (
                "unrelated: another bowl",
                Some(&|x, o| x.iter().map(|x| (x - 0.5).abs()).sum::<f64>() + f64::from(o)),
            ),
            ("misleading: its worst is our best", Some(&|x, o| -bowl(x, o, 0.0))),
        ];
        let mut levels = Vec::new();
        for (name, earlier) in kinds {
            let lines: Vec<Vec<f64>> = (0..SEEDS)
                .map(|seed| {
                    let earlier: Vec<Earlier> = earlier.iter().map(|value| study(seed, value)).collect();
                    searched(sampler, seed, &earlier, &|x, o| bowl(x, o, 0.0)).0
                })
                .collect();
            let at = |trial: u64| median(lines.iter().map(|line| line[trial as usize - 1]).collect());
            if levels.is_empty() {
                levels = lines.iter().map(|line| line[TRIALS as usize / 2 - 1]).collect();
            }
            let reach = |line: &Vec<f64>, level: f64| {
                line.iter()
                    .position(|value| *value <= level)
                    .map_or(TRIALS as f64 + 1.0, |place| place as f64 + 1.0)
            };
            let common = median(levels.clone());
            let reached = median(lines.iter().map(|line| reach(line, common)).collect());
            println!(
                "{sampler} | {name} | {:.4} | {:.4} | {:.4} | {:.4} | {:.4} | {reached}",
                at(5),
                at(10),
                at(20),
                at(40),
                at(60)
            );
        }
    }
}
