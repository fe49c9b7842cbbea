//! Ten thousand workers and a million runs by one engine, in virtual time: how well its slots are used, what an event costs,
//! how much memory it takes. Programs, machine and disk cost nothing here; the time that the engine thinks does pass.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a program that prints its measurements")]

mod crowd;
mod desk;
mod ledger;

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use crowd::{Crowd, Virtual};
use desk::NoDesk;
use ledger::Ledger;
use runner::{Engine, Rules, StageRule};
use session::{Definition, Options, Session};
use study::schedule::Capacity;
use study::{Objective, Settings};

const USAGE: &str = "usage: ravine-bench-scale [slots] [trials] [mean seconds of a run] [sqlite file]";

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |i: usize, default: u64| {
        arguments.get(i).map_or(Ok(default), |text| text.parse::<u64>().map_err(|_| USAGE))
    };
    let done = (|| {
        let (slots, trials, seconds) = (number(0, 10_000)?, number(1, 1_000_000)?, number(2, 60)?);
        measure(slots, trials, seconds, arguments.get(3).map(String::as_str))
    })();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn measure(slots: u64, trials: u64, seconds: u64, database: Option<&str>) -> Result<(), Box<dyn Error>> {
    let mut settings = Settings { objectives: vec![Objective::minimize("loss")], ..Settings::default() };
    settings.stop.trials = Some(trials);
    let mut definition = Definition::new("scale", 1, settings);
    let parameters = r#"{ "x": { "float": [-5.0, 5.0] }, "lr": { "float": [1e-5, 1.0], "log": true },
        "width": { "int": [1, 64] }, "rule": { "choice": ["sgd", "adam"] } }"#;
    let parameters = serde_json::from_str(parameters)?;
    definition.space = Some(session::Declaration { parameters, constraints: Vec::new() });
    definition.sampler = serde_json::from_str(r#"{ "name": "random" }"#)?;

    let clock = Arc::new(Virtual::default());
    let store: Arc<dyn store::Store> = match database {
        None => Arc::new(Ledger::new(Arc::clone(&clock))),
        Some(path) => Arc::new(store::Sqlite::open(path)?),
    };
    let mut options = Options::named("scale");
    options.clock = Arc::clone(&clock) as Arc<dyn store::Clock>;
    let session = Session::create(store, &definition, options)?;
    let crowd = Crowd::new(clock, seconds as f64);
    let before = cpu_seconds();
    let capacity = Capacity { cores: (0..u32::try_from(slots)?).collect(), ..Capacity::default() };
    let rules = Rules { capacity, stages: vec![StageRule::default()], runs: 1, trial_time: None };
    let mut engine = Engine::begin(session, crowd, NoDesk, rules)?;
    let finish = engine.run()?;
    let cpu = cpu_seconds() - before;
    let (count, events) = engine.session().with_study(|study| (study.counts().ended(), study.seq()));
    let (used, lasted) = engine.executor().use_of(slots);
    println!("{finish:?}: {count} trials on {slots} slots, {lasted:.0} s of virtual time, {events} events");
    println!("slots used while there was work: {:.2} %", 100.0 * used);
    println!(
        "CPU: {cpu:.1} s, {:.2} µs an event, {:.1} µs a run",
        1e6 * cpu / events as f64,
        1e6 * cpu / count as f64
    );
    println!("peak resident memory: {:.0} MiB", peak_mib());
    Ok(())
}

/// The time this process has spent on a core.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split_whitespace().next().and_then(|ns| ns.parse::<f64>().ok()).map_or(0.0, |ns| ns / 1e9)
}

fn peak_mib() -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = text.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    line.and_then(|line| line.split_whitespace().next()?.parse::<f64>().ok()).map_or(0.0, |kib| kib / 1024.0)
}
