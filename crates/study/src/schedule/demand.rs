//! What a run asks for: cpus, gpus, memory, named resources, and its place in the order.

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Serialize};

/// How many cpus a run takes: at least `min`, up to `max`. Equal ends are a fixed width; others make the run
/// malleable: the schedule chooses its width when it starts, and the width stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Cpus {
    /// The least it can work with, from 1.
    pub min: u32,
    /// The most it can use, from `min`.
    pub max: u32,
}

impl Cpus {
    /// A fixed width.
    pub const fn exactly(cpus: u32) -> Self {
        Cpus { min: cpus, max: cpus }
    }

    /// A malleable width.
    pub const fn between(min: u32, max: u32) -> Self {
        Cpus { min, max }
    }
}

impl Default for Cpus {
    fn default() -> Self {
        Cpus::exactly(1)
    }
}

/// A part of one device, in millionths: exact, so that what is released is what was leased.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Share(u32);

/// A number that is no share of a device.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
#[error("{0} is not a share of a gpu; write a number above 0, at most 1")]
pub struct ShareError(f64);

impl TryFrom<f64> for Share {
    type Error = ShareError;

    fn try_from(share: f64) -> Result<Self, ShareError> {
        Share::new(share).ok_or(ShareError(share))
    }
}

impl From<Share> for f64 {
    fn from(share: Share) -> f64 {
        share.as_f64()
    }
}

impl Share {
    /// All of a device.
    pub const WHOLE: Share = Share(1_000_000);

    /// From a number in (0, 1], rounded down to the millionth, so that three times 1/3 fit on a device. `None` for
    /// anything else, and for what would round to nothing.
    pub fn new(share: f64) -> Option<Self> {
        // `as` is exact: whole and at most a million. A hair is added so that 0.07 is 70,000 and not one less.
        let parts = (share * 1e6 + 1e-6).floor();
        (share <= 1.0 && parts >= 1.0).then_some(Share(parts as u32))
    }

    /// In millionths of a device, 1 to 1,000,000.
    pub const fn millionths(self) -> u32 {
        self.0
    }

    /// As a number in (0, 1].
    pub fn as_f64(self) -> f64 {
        f64::from(self.0) / 1e6
    }
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.as_f64().fmt(f)
    }
}

/// How much of the gpus a run takes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Gpus {
    /// None.
    #[default]
    None,
    /// A part of one device, which it shares with others.
    Share(Share),
    /// Whole devices, which it has for itself. At least 1; a count of 0 is read as [`Gpus::None`].
    Whole(u32),
}

/// An amount of gpus that cannot be leased.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum GpusError {
    /// Above one device and not whole: a run would own a part of a device it does not have for itself.
    #[error(
        "a run takes a share of one gpu, or whole gpus, and {0} is neither; write {low} or {high}",
        low = .0.floor(),
        high = .0.ceil()
    )]
    NotWhole(f64),
    /// Negative, NaN, infinite, or too small a share to count.
    #[error("{0} is not an amount of gpus; write 0, a share such as 0.5, or a whole number")]
    NotAnAmount(f64),
}

impl Gpus {
    /// From the number in a study file: 0, a share below 1, or a whole number.
    ///
    /// # Errors
    ///
    /// [`GpusError`] for 1.5 and its like, and for what is no amount.
    pub fn from_amount(amount: f64) -> Result<Self, GpusError> {
        if amount == 0.0 {
            return Ok(Gpus::None);
        }
        if !(0.0..=f64::from(u32::MAX)).contains(&amount) {
            return Err(GpusError::NotAnAmount(amount));
        }
        if amount < 1.0 {
            return Share::new(amount).map(Gpus::Share).ok_or(GpusError::NotAnAmount(amount));
        }
        if amount.fract() == 0.0 {
            // `as` is exact: whole and within range.
            return Ok(Gpus::Whole(amount as u32));
        }
        Err(GpusError::NotWhole(amount))
    }

    /// As the number in a study file.
    pub fn amount(self) -> f64 {
        match self {
            Gpus::None => 0.0,
            Gpus::Share(share) => share.as_f64(),
            Gpus::Whole(count) => f64::from(count),
        }
    }
}

/// What a run must hold before it starts.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Demand {
    /// Processor cores; one when nothing is said.
    #[serde(default)]
    pub cpus: Cpus,
    /// Gpus; none when nothing is said.
    #[serde(default)]
    pub gpus: Gpus,
    /// Main memory in bytes; 0 asks for none to be set aside.
    #[serde(default)]
    pub memory: u64,
    /// Other things that are counted, by name: `licences = 2`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub named: BTreeMap<String, u64>,
}

impl Demand {
    /// A number of cpus and nothing else.
    pub fn cpus(cpus: u32) -> Self {
        Demand { cpus: Cpus::exactly(cpus), ..Demand::default() }
    }
}

/// A run's place in the order. Smaller comes first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Priority {
    /// Compared first: tuning before trials. Few distinct values.
    pub class: u32,
    /// Compared between runs of one class with the same demand and kind: the number of the trial, in general.
    pub order: u64,
}

/// What waits: a demand, a priority, and the kind of work.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Request {
    /// What it must hold.
    pub demand: Demand,
    /// Its place in the order.
    pub priority: Priority,
    /// Runs of a kind take about the same time; the stage's number, in general. See
    /// [`Schedule::expect`](super::Schedule::expect).
    pub kind: u32,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_and_a_half_gpus_are_refused_with_what_would_be_right() {
        let message = Gpus::from_amount(1.5).unwrap_err().to_string();
        assert_eq!(
            message,
            "a run takes a share of one gpu, or whole gpus, and 1.5 is neither; write 1 or 2"
        );
        for amount in [-1.0, f64::NAN, f64::INFINITY, 1e-9] {
            assert!(matches!(Gpus::from_amount(amount), Err(GpusError::NotAnAmount(_))), "{amount}");
        }
    }

    #[test]
    fn shares_and_whole_gpus_keep_their_amount() {
        for amount in [0.0, 0.07, 0.25, 0.29, 0.5, 0.57, 1.0, 4.0] {
            assert_eq!(Gpus::from_amount(amount).unwrap().amount(), amount);
        }
        assert_eq!(Gpus::from_amount(1.0).unwrap(), Gpus::Whole(1));
    }

    #[test]
    fn three_thirds_of_a_gpu_are_no_more_than_one() {
        let third = Share::new(1.0 / 3.0).unwrap().millionths();
        assert!(3 * third <= Share::WHOLE.millionths());
    }
}
