//! What a study may take of this machine: from the study file, the command line, and what there is.

use spec::StudyFile;
use study::RunKey;
use study::schedule::{Capacity, Demand, Schedule};

use crate::open::Options;

/// What there is to share out between the study's runs.
///
/// `parallel` alone says how many run at a time, whatever the machine has; with `cpus` it is a limit beside that one.
pub(crate) fn capacity(file: &StudyFile, options: &Options) -> Capacity {
    let machine = std::thread::available_parallelism().map_or(1, |cpus| cpus.get() as u32);
    let parallel = options.parallel.or(file.executor.parallel);
    let cpus = match (options.parallel, file.executor.cpus) {
        (None, Some(cpus)) => cpus,
        // Said on the command line: the person knows.
        (_, cpus) => cpus.unwrap_or(machine).max(parallel.unwrap_or(1).saturating_mul(widest(file))),
    };
    Capacity { runs: parallel, ..Capacity::cpus(cpus.max(widest(file))) }
}

fn widest(file: &StudyFile) -> u32 {
    file.stages.iter().map(|stage| stage.demand.cpus.min).max().unwrap_or(1).max(1)
}

/// How many runs of a demand there are at a time, for people.
pub(crate) fn slots(capacity: &Capacity, demand: &Demand) -> usize {
    Schedule::<RunKey>::new(capacity.clone()).room(demand).max(1) as usize
}
