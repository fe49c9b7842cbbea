//! What it costs to run programs through the supervisor, and how fast their output is searched for reports.
//!
//! `cargo run --release -p ravine-bench-exec` prints ratios measured in one run, in turns, so that a busy machine slows both
//! sides. Nothing is asserted.
#![allow(clippy::print_stdout, reason = "a benchmark prints its figures")]

use std::collections::HashSet;
use std::error::Error;
use std::ffi::OsString;
use std::hint::black_box;
use std::path::Path;
use std::process::Stdio;
use std::time::{Duration, Instant};

use exec::report::{Captures, Splitter, parse};
use exec::{Command, Executor, Layout, Local, RunId, RunNews, RunOrder, layout};
use search::TrialId;
use study::RunKey;

const RUNS: u64 = 2000;
const SLOTS: usize = 2;
const ROUNDS: usize = 7;

fn main() -> Result<(), Box<dyn Error>> {
    let mut args = std::env::args_os().skip(1);
    match args.next() {
        // The supervisor of the runs below is this program again.
        Some(word) if word == "supervise" => {
            let study = args.next().ok_or("supervise what?")?;
            Ok(exec::supervise(Path::new(&study))?)
        }
        _ => {
            overhead()?;
            watching()?;
            reports()
        }
    }
}

/// `/bin/true`, many times, two at a time: `xargs` against orders, news, directories and `exit.json`.
fn overhead() -> Result<(), Box<dyn Error>> {
    let (mut theirs, mut ours) = (Vec::new(), Vec::new());
    let mut cpu = Cpu::default();
    // Kept to the end: removing thousands of files slows down the next round's.
    let mut studies = Vec::new();
    for _ in 0..ROUNDS {
        theirs.push(xargs()?);
        let study = tempfile::tempdir()?;
        let (seconds, used) = ravine(&study)?;
        studies.push(study);
        ours.push(seconds);
        cpu.client += used.client / ROUNDS as f64;
        cpu.supervisor += used.supervisor / ROUNDS as f64;
        cpu.programs += used.programs / ROUNDS as f64;
    }
    let (theirs, ours) = (median(&mut theirs), median(&mut ours));
    println!("{RUNS} runs of /bin/true, {SLOTS} at a time, median of {ROUNDS}:");
    println!("  xargs -P{SLOTS}            {theirs:.3} s");
    println!("  orders and news      {ours:.3} s   {:.2} ×", ours / theirs);
    let Cpu { client, supervisor, programs } = cpu;
    println!(
        "  its cpu time         client {client:.3} s, supervisor {supervisor:.3} s, programs {programs:.3} s"
    );
    Ok(())
}

/// CPU time in seconds.
#[derive(Default)]
struct Cpu {
    client: f64,
    supervisor: f64,
    programs: f64,
}

/// The CPU time of a process and of the children that it has buried.
fn cpu_of(pid: u32) -> Result<(f64, f64), Box<dyn Error>> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat"))?;
    let (_, fields) = stat.rsplit_once(") ").ok_or("not a stat file")?;
    let ticks: Vec<f64> = fields.split(' ').skip(11).take(4).map(str::parse).collect::<Result<_, _>>()?;
    // A tick is 10 ms wherever Linux runs Rust.
    Ok(((ticks[0] + ticks[1]) / 100.0, (ticks[2] + ticks[3]) / 100.0))
}

fn xargs() -> Result<f64, Box<dyn Error>> {
    let line = format!("seq {RUNS} | xargs -P{SLOTS} -n1 /bin/true");
    let start = Instant::now();
    let status = std::process::Command::new("sh").args(["-c", &line]).stdin(Stdio::null()).status()?;
    let seconds = start.elapsed().as_secs_f64();
    if status.success() { Ok(seconds) } else { Err("xargs failed".into()) }
}

fn ravine(study: &tempfile::TempDir) -> Result<(f64, Cpu), Box<dyn Error>> {
    let before = cpu_of(std::process::id())?.0;
    let layout = Layout::new(study.path());
    let supervisor: Vec<OsString> = vec![std::env::current_exe()?.into(), "supervise".into()];
    let start = Instant::now();
    let mut local = Local::connect(study.path(), supervisor)?;
    let order = |trial| {
        let id = RunId { run: RunKey::first(TrialId(trial)), epoch: 1 };
        let directory = layout::attempt(&layout.run(trial, "main", []), 0);
        RunOrder::new(id, directory, Command::Program(vec!["/bin/true".into(), trial.to_string()]))
    };
    let mut next = 0;
    let mut running = HashSet::new();
    while next < RUNS || !running.is_empty() {
        while running.len() < SLOTS && next < RUNS {
            let order = order(next);
            running.insert(order.id);
            local.start(order);
            next += 1;
        }
        for news in local.wait(Some(Duration::from_secs(10)))? {
            if let RunNews::Ended(ended) = &news {
                if ended.end.exit_code != Some(0) {
                    return Err(format!("{ended:?}").into());
                }
                running.remove(&news.id());
                local.acknowledge(news.id());
            }
        }
    }
    let seconds = start.elapsed().as_secs_f64();
    let (supervisor, programs) = cpu_of(local.supervisor())?;
    let client = cpu_of(std::process::id())?.0 - before;
    Ok((seconds, Cpu { client, supervisor, programs }))
}

/// What it costs to look after runs that only run: eight that sleep, each a shell with a child, with and without a memory
/// limit.
fn watching() -> Result<(), Box<dyn Error>> {
    println!("looking after 8 quiet runs, supervisor's cpu time for each run and minute:");
    for (what, memory) in [("without a limit", None), ("with a memory limit", Some(1 << 30))] {
        let study = tempfile::tempdir()?;
        let layout = Layout::new(study.path());
        let supervisor: Vec<OsString> = vec![std::env::current_exe()?.into(), "supervise".into()];
        let mut local = Local::connect(study.path(), supervisor)?;
        for trial in 0..8 {
            let id = RunId { run: RunKey::first(TrialId(trial)), epoch: 1 };
            let directory = layout::attempt(&layout.run(trial, "main", []), 0);
            let mut order = RunOrder::new(id, directory, Command::Shell("sleep 1000; :".into()));
            order.memory = memory;
            local.start(order);
        }
        local.wait(Some(Duration::from_secs(1)))?;
        std::thread::sleep(Duration::from_secs(2));
        let before = cpu_of(local.supervisor())?.0;
        std::thread::sleep(Duration::from_secs(10));
        let used = cpu_of(local.supervisor())?.0 - before;
        println!("  {what:<20} {:.3} s", used / 8.0 * 6.0);
        for trial in 0..8 {
            let id = RunId { run: RunKey::first(TrialId(trial)), epoch: 1 };
            local.kill(id, study::How::Killed, None);
        }
        local.wait(Some(Duration::from_secs(1)))?;
    }
    Ok(())
}

/// How many megabytes of output a second are cut into lines and searched for reports.
fn reports() -> Result<(), Box<dyn Error>> {
    let words = "epoch 12: a line of about eighty bytes, as trainers print them all the time ....\n";
    let report = "{\"step\": 12, \"loss\": 0.123456, \"val_error\": 0.25, \"lr\": 0.001}\n";
    let short = "1\n";
    let mut captures = Captures::new([("error", "test error: ([0-9.]+)"), ("time", r"took (\d+) s")])?;
    println!("output searched for reports, 64 MB in pieces of 256 KiB:");
    for (what, line) in [("plain lines", words), ("very short lines", short), ("reports only", report)] {
        let text = line.repeat((64 << 20) / line.len());
        let speed = |line: &mut dyn FnMut(&[u8])| {
            let start = Instant::now();
            let mut splitter = Splitter::default();
            for piece in text.as_bytes().chunks(256 << 10) {
                splitter.push(piece, &mut *line);
            }
            text.len() as f64 / 1e6 / start.elapsed().as_secs_f64()
        };
        let plain = speed(&mut |line| drop(black_box(parse(line))));
        let captured = speed(&mut |line| drop(black_box(parse(line).or_else(|| captures.find(line)))));
        println!("  {what:<18} {plain:>6.0} MB/s, with two patterns {captured:>6.0} MB/s");
    }
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
