//! What a study may take of this machine: from the study file, the command line, and what there is.

use std::fs;

use spec::StudyFile;
use study::RunKey;
use study::schedule::{Capacity, Demand, Schedule};

use crate::options::Options;

/// What there is to share out between the study's runs.
///
/// `parallel` alone says how many run at a time, whatever the machine has; with `cpus` it is a limit beside that one.
pub(crate) fn capacity(file: &StudyFile, options: &Options) -> Capacity {
    let machine = machine();
    let mut capacity = file.executor.capacity(&machine);
    capacity.runs = options.parallel.or(capacity.runs);
    let widest = file.stages.iter().map(|stage| stage.demand.cpus.min).max().unwrap_or(1).max(1);
    // Said on the command line, or without a word on cpus: the person knows.
    let is_asked = options.parallel.is_some() || file.executor.cpus.is_none();
    let asked = if is_asked { capacity.runs.unwrap_or(1).saturating_mul(widest) } else { widest };
    widen(&mut capacity.cores, asked);
    capacity
}

/// Adds cores that the machine does not have: more runs then share what there is.
fn widen(cores: &mut Vec<u32>, count: u32) {
    let mut next = cores.iter().max().map_or(0, |last| last + 1);
    while (cores.len() as u64) < u64::from(count) {
        cores.push(next);
        next += 1;
    }
}

/// How many runs of a demand there are at a time, for people.
pub(crate) fn slots(capacity: &Capacity, demand: &Demand) -> usize {
    Schedule::<RunKey>::new(capacity.clone()).room(demand).max(1) as usize
}

/// What this machine has.
fn machine() -> Capacity {
    let mut cores = exec::allowed_cores();
    if cores.is_empty() {
        let count = std::thread::available_parallelism().map_or(1, |cpus| cpus.get() as u32);
        cores = (0..count).collect();
    }
    Capacity { cores, gpus: gpus(), memory: memory(), ..Capacity::default() }
}

/// The machine's memory in bytes.
fn memory() -> Option<u64> {
    let text = fs::read_to_string("/proc/meminfo").ok()?;
    let line = text.lines().find_map(|line| line.strip_prefix("MemTotal:"))?;
    let kib: u64 = line.trim().trim_end_matches("kB").trim().parse().ok()?;
    kib.checked_mul(1024)
}

/// The machine's gpus, by number: those that the environment shows, else those that a driver has nodes for.
fn gpus() -> Vec<u32> {
    for name in ["CUDA_VISIBLE_DEVICES", "HIP_VISIBLE_DEVICES"] {
        if let Ok(shown) = std::env::var(name) {
            let numbers = shown.split(',').map(|number| number.trim().parse().ok());
            return numbers.collect::<Option<Vec<u32>>>().unwrap_or_default();
        }
    }
    let entries = fs::read_dir("/proc/driver/nvidia/gpus").map_or(0, |entries| entries.flatten().count());
    (0..entries as u32).collect()
}
