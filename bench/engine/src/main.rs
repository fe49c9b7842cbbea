//! Measures the schedule: makespan against its lower bound, and the time of a decision. `README.md` says how, and
//! holds what came out.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints its measurements")]

mod decision;
mod mixes;
mod simulate;
mod waiting;

use std::process::ExitCode;

use mixes::{Family, Mix, RUNS};
use simulate::Rule;
use study::schedule::Unfit;

const USAGE: &str =
    "usage: ravine-bench-engine makespan [seeds] [ahead]   makespan / lower bound of seeded mixes, at most
                                                      `ahead` trials known at a time (all)
       ravine-bench-engine decision                   the time of one decision
       ravine-bench-engine waiting                    slot time that `lag` leaves idle";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize| arguments.get(i).and_then(|text| text.parse::<u64>().ok());
    let done = match arguments.first().map(String::as_str) {
        Some("makespan") => {
            makespan(number(1).unwrap_or(100).max(1), number(2).map_or(usize::MAX, |ahead| ahead as usize))
        }
        Some("decision") => decision::print(),
        Some("waiting") => {
            waiting::print();
            Ok(())
        }
        _ => {
            eprintln!("{USAGE}");
            return ExitCode::FAILURE;
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

/// Prints mean and maximum of makespan / lower bound for each family and rule.
fn makespan(seeds: u64, ahead: usize) -> Result<(), Unfit> {
    println!("makespan / lower bound, {seeds} mixes of {RUNS} runs each: mean, max\n");
    print!("{:12}", "");
    for rule in Rule::ALL {
        print!("{:>18}", format!("{rule:?}"));
    }
    println!("{:>10}", "≤ 1.05");
    for family in Family::ALL {
        let mixes: Vec<Mix> = (0..seeds).map(|seed| mixes::mix(family, seed)).collect();
        print!("{:12}", format!("{family:?}"));
        let mut good = 0;
        for rule in Rule::ALL {
            let ratios = mixes
                .iter()
                .map(|mix| Ok(simulate::makespan(mix, rule, ahead)? as f64 / mix.bound()))
                .collect::<Result<Vec<f64>, Unfit>>()?;
            let mean = ratios.iter().sum::<f64>() / ratios.len() as f64;
            let max = ratios.iter().copied().fold(0.0, f64::max);
            print!("{:>18}", format!("{mean:.3} {max:.3}"));
            if rule == Rule::Means {
                good = ratios.iter().filter(|ratio| **ratio <= 1.05).count();
            }
        }
        println!("{:>10}", format!("{good}/{seeds}"));
    }
    Ok(())
}
