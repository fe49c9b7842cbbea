//! What there is to share out, and why a demand can never be met by it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::demand::{Demand, Gpus};

/// What a place has for its runs.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Capacity {
    /// The indices of the processor cores, each once: the numbers that a run is pinned to. Their count is the
    /// number of cpus.
    pub cores: Vec<u32>,
    /// The indices of the gpus, each once: the numbers that a run finds in `CUDA_VISIBLE_DEVICES`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gpus: Vec<u32>,
    /// Main memory in bytes; absent is without limit.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory: Option<u64>,
    /// Other things that are counted, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub named: BTreeMap<String, u64>,
    /// The most runs at a time; absent is as many as the rest allows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<u32>,
}

impl Capacity {
    /// Cores 0 to `cpus` − 1 and nothing else.
    pub fn cpus(cpus: u32) -> Self {
        Capacity { cores: (0..cpus).collect(), ..Capacity::default() }
    }

    /// Whether a demand can be met when nothing else runs.
    ///
    /// # Errors
    ///
    /// [`Unfit`] says which part of it can never be had here.
    pub fn fits(&self, demand: &Demand) -> Result<(), Unfit> {
        let cpus = demand.cpus;
        let have = self.cores.len() as u64;
        if cpus.min == 0 {
            return Err(Unfit::NoCpus);
        }
        if cpus.max < cpus.min {
            return Err(Unfit::Reversed { min: cpus.min, max: cpus.max });
        }
        if u64::from(cpus.min) > have {
            return Err(Unfit::Cpus { want: cpus.min, have });
        }
        self.fits_gpus(demand.gpus)?;
        if let Some(have) = self.memory.filter(|have| demand.memory > *have) {
            return Err(Unfit::Memory { want: demand.memory, have });
        }
        for (name, &want) in demand.named.iter().filter(|(_, want)| **want > 0) {
            match self.named.get(name) {
                None => return Err(Unfit::Unknown { name: name.clone(), want }),
                Some(&have) if want > have => return Err(Unfit::Named { name: name.clone(), want, have }),
                Some(_) => {}
            }
        }
        if self.runs == Some(0) {
            return Err(Unfit::NoRuns);
        }
        Ok(())
    }

    fn fits_gpus(&self, gpus: Gpus) -> Result<(), Unfit> {
        let have = self.gpus.len() as u64;
        let devices = match gpus {
            Gpus::None => 0,
            Gpus::Share(_) => 1,
            Gpus::Whole(count) => u64::from(count),
        };
        if devices > have {
            return Err(Unfit::Gpus { want: gpus.amount(), have });
        }
        Ok(())
    }
}

/// Why a demand can never be met, however long a run waits.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum Unfit {
    /// The least number of cpus is 0.
    #[error("a run takes at least 1 cpu")]
    NoCpus,
    /// The range of cpus is empty.
    #[error("`cpus` has min = {min} above max = {max}")]
    Reversed {
        /// The lower end.
        min: u32,
        /// The upper end.
        max: u32,
    },
    /// Too many cpus.
    #[error("a run takes {want} cpus, and the executor has {have}")]
    Cpus {
        /// Asked for.
        want: u32,
        /// There are.
        have: u64,
    },
    /// Too many gpus.
    #[error("a run takes {want} gpus, and the executor has {have}")]
    Gpus {
        /// Asked for.
        want: f64,
        /// There are.
        have: u64,
    },
    /// Too much memory.
    #[error("a run takes {want} bytes of memory, and the executor has {have}")]
    Memory {
        /// Asked for, in bytes.
        want: u64,
        /// There is, in bytes.
        have: u64,
    },
    /// Too much of a named resource.
    #[error("a run takes {want} of `{name}`, and the executor has {have}")]
    Named {
        /// Which.
        name: String,
        /// Asked for.
        want: u64,
        /// There are.
        have: u64,
    },
    /// A named resource that the executor does not list.
    #[error("a run takes {want} of `{name}`, and the executor has nothing of that name")]
    Unknown {
        /// Which.
        name: String,
        /// Asked for.
        want: u64,
    },
    /// The executor runs nothing at all.
    #[error("the executor has room for 0 runs at a time")]
    NoRuns,
}
