//! Seeded mixes of runs: what they ask for, how long they take, and the least time in which they can be done.

use space::Stream;
use study::schedule::{Capacity, Cpus, Demand, Gpus, Share};

/// Runs of one stage: the same demand, times of the same order.
pub(crate) struct Kind {
    pub(crate) demand: Demand,
    pub(crate) class: u32,
    /// Mean and deviation of the logarithm of a run's seconds.
    centre: f64,
    spread: f64,
}

/// One run: its kind, and its milliseconds at the least width it asks for.
pub(crate) struct Work {
    pub(crate) kind: usize,
    pub(crate) millis: u64,
}

/// What is to be done, on which machine.
pub(crate) struct Mix {
    pub(crate) capacity: Capacity,
    pub(crate) kinds: Vec<Kind>,
    /// Each trial's runs, one after the other.
    pub(crate) trials: Vec<Vec<Work>>,
}

/// A family of mixes; each has 16, 32 or 64 cores, 4 to 8 kinds of runs of which one takes 1 core (`Mixed`: 16 kinds),
/// mean times of the kinds from 10 to 300 seconds, and within a kind a deviation of the logarithm from 0.1 to 0.5.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Family {
    /// Any widths up to a quarter of the cores, of 16 kinds.
    Mixed,
    /// As `Mixed`, but few kinds, as the stages of a study.
    Stages,
    /// Two stages: tuning on 2 to a quarter of the cores comes first, then trials of any width up to that.
    Chains,
    /// Widths as in `Mixed`; half of the kinds can use up to eight times as much, and are faster in proportion.
    Malleable,
    /// Gpus, shared and whole, beside cores.
    Gpus,
    /// Any widths up to all cores: bins that no order packs well.
    Wide,
    /// Widths as in `Mixed`, but a few long runs decide: means from 10 to 2,000 seconds, deviations up to 1.
    HeavyTail,
}

impl Family {
    pub(crate) const ALL: [Family; 7] = [
        Family::Mixed,
        Family::Stages,
        Family::Chains,
        Family::Malleable,
        Family::Gpus,
        Family::Wide,
        Family::HeavyTail,
    ];
}

/// Runs in a mix.
pub(crate) const RUNS: usize = 1000;

/// In `Chains`, the kinds before this one tune.
const TUNING: usize = 2;

pub(crate) fn mix(family: Family, seed: u64) -> Mix {
    let mut draw = Stream::new(seed, family as u64 + 1, 0);
    let cpus = [16, 32, 64][draw.below(3) as usize];
    let mut capacity = Capacity::cpus(cpus);
    if family == Family::Gpus {
        capacity.gpus = (0..[4, 8][draw.below(2) as usize]).collect();
    }
    let count = if family == Family::Mixed { 16 } else { 4 + draw.below(5) as usize };
    let devices = capacity.gpus.len() as u32;
    let kinds: Vec<Kind> = (0..count).map(|i| kind(family, i, cpus, devices, &mut draw)).collect();
    let mut trials = Vec::new();
    let mut runs = 0;
    while runs < RUNS {
        let trial = match family {
            Family::Chains if runs + 2 <= RUNS => {
                let first = draw.below(TUNING as u64) as usize;
                let then = TUNING + draw.below((count - TUNING) as u64) as usize;
                vec![work(first, &kinds, &mut draw), work(then, &kinds, &mut draw)]
            }
            _ => vec![work(draw.below(count as u64) as usize, &kinds, &mut draw)],
        };
        runs += trial.len();
        trials.push(trial);
    }
    Mix { capacity, kinds, trials }
}

fn kind(family: Family, i: usize, cpus: u32, devices: u32, draw: &mut Stream) -> Kind {
    let mut up_to = |most: u32| 1 + draw.below(most.max(1).into()) as u32;
    let min = match family {
        Family::Chains if i < TUNING => 1 + up_to(cpus / 4 - 1),
        Family::Chains if i == TUNING => 1,
        _ if i == 0 => 1,
        Family::Wide => up_to(cpus),
        Family::Gpus => up_to(cpus / devices),
        _ => up_to(cpus / 4),
    };
    let max = if family == Family::Malleable && i.is_multiple_of(2) { (8 * min).min(cpus) } else { min };
    let gpus = match (family, i % 4) {
        (Family::Gpus, 1) => Gpus::Whole(1),
        (Family::Gpus, 2) => Gpus::Whole(2),
        (Family::Gpus, 3) => Share::new(f64::from(up_to(2)) / 4.0).map_or(Gpus::None, Gpus::Share),
        _ => Gpus::None,
    };
    let demand = Demand { cpus: Cpus::between(min, max), gpus, ..Demand::default() };
    let class = u32::from(family == Family::Chains && i >= TUNING);
    let (range, spreads) = if family == Family::HeavyTail { (200f64, 0.9) } else { (30f64, 0.4) };
    let centre = 10f64.ln() + draw.uniform() * range.ln();
    Kind { demand, class, centre, spread: 0.1 + spreads * draw.uniform() }
}

fn work(kind: usize, kinds: &[Kind], draw: &mut Stream) -> Work {
    let Kind { centre, spread, .. } = kinds[kind];
    let seconds = (centre + spread * draw.normal()).exp();
    Work { kind, millis: (seconds * 1000.0) as u64 + 1 }
}

impl Mix {
    /// The least milliseconds in which all can be done: no resource is ever more than full, and no trial faster than its
    /// runs one after the other at their widest. Often out of reach: widths that do not add up to the cores are not
    /// seen by it.
    pub(crate) fn bound(&self) -> f64 {
        let runs = || self.trials.iter().flatten();
        let demand = |work: &Work| &self.kinds[work.kind].demand;
        let total = |amount: fn(&Demand) -> f64| {
            runs().map(|work| work.millis as f64 * amount(demand(work))).sum::<f64>()
        };
        let cpus = total(|demand| demand.cpus.min.into()) / self.capacity.cores.len() as f64;
        let gpus = total(|demand| demand.gpus.amount()) / self.capacity.gpus.len().max(1) as f64;
        let length = |work: &Work| {
            let cpus = demand(work).cpus;
            work.millis as f64 * f64::from(cpus.min) / f64::from(cpus.max)
        };
        let longest = self.trials.iter().map(|trial| trial.iter().map(length).sum()).fold(0.0, f64::max);
        cpus.max(gpus).max(longest)
    }
}
