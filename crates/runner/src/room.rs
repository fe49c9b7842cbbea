//! Whether each stage of a study can ever run here: one that never starts would be waited for in silence.

use spec::{ByteSize, Stage, StudyFile};
use study::schedule::{Capacity, Demand, Unfit};

use crate::options::Options;
use crate::{RunnerError, capacity};

/// What a stage asks for and this machine can never give it, for the first such stage.
///
/// # Errors
/// [`RunnerError::Unfit`] says which stage, what it takes, what there is, and the way out.
pub fn check_room(file: &StudyFile, options: &Options) -> Result<(), RunnerError> {
    let capacity = capacity::capacity(file, options);
    unfit(file, &capacity).into_iter().next().map_or(Ok(()), |(_, error)| Err(error))
}

/// The stages that can never run within a capacity, by number, each with what stands in its way.
pub(crate) fn unfit(file: &StudyFile, capacity: &Capacity) -> Vec<(usize, RunnerError)> {
    let stages = file.stages.iter().enumerate();
    stages
        .filter_map(|(number, stage)| {
            let unfit = capacity.fits(&stage.demand).err()?;
            let has = said(file, &unfit);
            let (stage, takes, way) = (stage.name.clone(), takes(&stage.demand, &unfit), way(stage, &unfit));
            Some((number, RunnerError::Unfit { stage, takes, has, way }))
        })
        .collect()
}

/// What of a demand cannot be had.
fn takes(demand: &Demand, unfit: &Unfit) -> String {
    match unfit {
        Unfit::Cpus { want: 1, .. } => "a core".to_owned(),
        Unfit::Cpus { want, .. } => format!("{want} cpus"),
        Unfit::Gpus { .. } => match demand.gpus.amount() {
            amount if amount < 1.0 => format!("{amount} of a gpu"),
            1.0 => "a gpu".to_owned(),
            amount => format!("{amount} gpus"),
        },
        Unfit::Memory { want, .. } => format!("{} of memory", ByteSize(*want)),
        Unfit::Named { name, want, .. } | Unfit::Unknown { name, want } => format!("{want} of `{name}`"),
        Unfit::NoCpus | Unfit::Reversed { .. } | Unfit::NoRuns => unfit.to_string(),
    }
}

/// What there is of it.
fn said(file: &StudyFile, unfit: &Unfit) -> String {
    let executor = &file.executor;
    let (is_told, has) = match unfit {
        Unfit::Cpus { have, .. } => (executor.cpus.map(u64::from) == Some(*have), have.to_string()),
        Unfit::Gpus { have: 0, .. } => (executor.gpus.count().is_some(), "none".to_owned()),
        Unfit::Gpus { have, .. } => (executor.gpus.count().is_some(), have.to_string()),
        // Of the machine's, which is a number of KiB that nobody would recognise.
        Unfit::Memory { have, .. } if executor.memory.is_none() => {
            (false, format!("{:.1} GiB", *have as f64 / f64::from(1 << 30)))
        }
        Unfit::Memory { have, .. } => (true, ByteSize(*have).to_string()),
        Unfit::Named { have, .. } => (true, have.to_string()),
        _ => (true, "none".to_owned()),
    };
    let place = if is_told { "[executor]" } else { "this machine" };
    format!("{place} has {has}")
}

/// What a person can do about it.
fn way(stage: &Stage, unfit: &Unfit) -> String {
    match unfit {
        Unfit::Cpus { .. } if stage.pin => {
            "a pinned run has cores of its own: ask for fewer, or leave `pin` out".to_owned()
        }
        Unfit::Cpus { want, .. } => {
            format!("ask for fewer, or say `cpus = {want}` in [executor] to run it on the cores there are")
        }
        Unfit::Gpus { .. } => {
            "leave `gpus` of the stage out, or say which there are, such as `gpus = [0]` in [executor]"
                .to_owned()
        }
        Unfit::Memory { want, .. } => {
            format!(
                "ask for less, or say `memory = \"{}\"` in [executor] if that much may be used",
                ByteSize(*want)
            )
        }
        _ => "say in [executor] how many there are".to_owned(),
    }
}
