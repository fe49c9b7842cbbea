//! What a study may take of this machine: from the study file, the command line, and what there is.

use std::fs;

use spec::StudyFile;
use study::RunKey;
use study::schedule::{Capacity, Demand, Schedule};

use crate::options::Options;

/// What there is to share out between the study's runs.
///
/// `parallel` alone says how many run at a time, whatever the machine has; with `cpus` it is a limit beside that one. Where
/// runs are pinned there are the machine's cores and no others.
pub(crate) fn capacity(file: &StudyFile, options: &Options) -> Capacity {
    of_machine(machine(), file, options)
}

fn of_machine(machine: Capacity, file: &StudyFile, options: &Options) -> Capacity {
    let mut capacity = file.executor.capacity(&machine);
    capacity.runs = options.parallel.or(capacity.runs);
    if file.stages.iter().any(|stage| stage.pin) {
        capacity.cores.retain(|core| machine.cores.contains(core));
        return capacity;
    }
    let widest = file.stages.iter().map(|stage| stage.demand.cpus.min).max().unwrap_or(1).max(1);
    // Said on the command line, or without a word on cpus: the person knows.
    let is_asked = options.parallel.is_some() || file.executor.cpus.is_none();
    if let Some(runs) = capacity.runs.filter(|_| is_asked) {
        widen(&mut capacity.cores, runs.saturating_mul(widest));
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::room;

    fn file(rest: &str) -> StudyFile {
        let text = format!(
            "seed = 1\n[[objective]]\nmetric = \"loss\"\ndirection = \"minimize\"\n[space]\nx = {{ int = [0, 9] }}\n\
             [[stage]]\nname = \"train\"\nrun = [\"true\", \"{{x}}\"]\n{rest}"
        );
        StudyFile::parse("demo.toml", &text, spec::Format::Toml).unwrap()
    }

    /// What is said of a file on a machine with two cores and 2 GiB.
    fn said(rest: &str, parallel: Option<u32>) -> Option<String> {
        let machine = Capacity { memory: Some(2 << 30), ..Capacity::cpus(2) };
        let (file, options) = (file(rest), Options { parallel, ..Options::default() });
        let capacity = of_machine(machine, &file, &options);
        let (_, error) = room::unfit(&file, &capacity).into_iter().next()?;
        Some(format!("{error}; {}", error.hint().unwrap_or_default()))
    }

    #[test]
    fn a_stage_that_could_never_run_is_told_with_what_there_is_and_the_way_out() {
        let cases = [
            (
                "gpus = 1",
                "it takes a gpu, and this machine has none; leave `gpus` of the stage out, or say which",
            ),
            ("gpus = 0.5", "it takes 0.5 of a gpu, and this machine has none"),
            ("memory = \"900GiB\"", "it takes 900GiB of memory, and this machine has 2.0 GiB; ask for less"),
            ("cpus = 40", "it takes 40 cpus, and this machine has 2; ask for fewer, or say `cpus = 40` in"),
            (
                "cpus = 3\npin = true\n[executor]\ncpus = 3",
                "it takes 3 cpus, and this machine has 2; a pinned run",
            ),
        ];
        for (stage, says) in cases {
            let told = said(stage, None).unwrap();
            assert!(told.starts_with("stage `train` could never run here: "), "{told}");
            assert!(told.contains(says), "{told}");
        }
    }

    #[test]
    fn who_says_how_many_run_at_a_time_or_how_many_cores_there_are_is_believed() {
        assert_eq!(said("cpus = 40\n[executor]\ncpus = 40", None), None);
        assert_eq!(said("cpus = 40\n[executor]\nparallel = 1", None), None);
        assert_eq!(said("cpus = 40", Some(1)), None);
        assert_eq!(said("gpus = 1\n[executor]\ngpus = 1", None), None);
    }

    #[test]
    fn pinned_runs_get_the_cores_that_there_are() {
        let (file, machine) = (file("pin = true\n[executor]\ncpus = 8\nparallel = 8"), Capacity::cpus(2));
        assert_eq!(of_machine(machine, &file, &Options::default()).cores, [0, 1]);
    }
}
