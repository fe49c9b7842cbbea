//! Measures the samplers. `README.md` says how to run each measurement and holds what came out.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints its measurements")]

mod problems;
mod pruners;
mod regret;
mod serve;
mod speed;
mod study;
mod transfer;

use problems::fail;

const USAGE: &str =
    "usage: ravine-bench-search quality [seeds] [trials] [options as JSON] [problems] [first seed]
       ravine-bench-search values | speed [trials] | regret [seeds] [problems]
       ravine-bench-search pruners [trials] [steps]
       ravine-bench-search transfer [seeds] [options as JSON]
       ravine-bench-search serve";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let text = |i: usize| arguments.get(i).map(String::as_str);
    let number = |i: usize, default: u64| text(i).and_then(|t| t.parse().ok()).unwrap_or(default);
    match text(0) {
        Some("quality") => study::quality(
            number(5, 0)..number(5, 0) + number(1, 21),
            number(2, 100),
            text(3).unwrap_or(r#"{"name": "tpe"}"#),
            text(4).unwrap_or(""),
        ),
        Some("values") => study::values(),
        Some("speed") => speed::run(number(1, 1_000_000)),
        Some("regret") => regret::run(number(1, 15), text(2).unwrap_or("")),
        Some("pruners") => pruners::run(number(1, 1000), number(2, 100)),
        Some("transfer") => transfer::run(number(1, 20), text(2).unwrap_or(r#"{"name": "auto"}"#)),
        Some("serve") => serve::run(),
        _ => fail(USAGE),
    }
}
