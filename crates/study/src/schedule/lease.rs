//! What a run holds from its start to its end.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::demand::Share;

/// One device, and how much of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct GpuLease {
    /// The device's index, as in [`Capacity::gpus`](super::Capacity::gpus).
    pub index: u32,
    /// How much of it; [`Share::WHOLE`] when the run has it for itself.
    pub share: Share,
}

/// What a run holds, by index where things have one. Nobody else holds the same core or the same part of a device.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lease {
    /// The cores, ascending; as many as the run has cpus.
    pub cores: Vec<u32>,
    /// The devices, by ascending index.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub gpus: Vec<GpuLease>,
    /// Main memory in bytes.
    #[serde(default)]
    pub memory: u64,
    /// Other things that are counted, by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub named: BTreeMap<String, u64>,
}

impl Lease {
    /// How many cpus: the run's width.
    pub fn cpus(&self) -> u32 {
        self.cores.len() as u32
    }

    /// How many gpus, shares added up.
    pub fn gpu_amount(&self) -> f64 {
        self.gpus.iter().map(|gpu| u64::from(gpu.share.millionths())).sum::<u64>() as f64 / 1e6
    }
}
