//! The kernels of one estimator on options without an order: the trial's own option, smoothed towards the shares
//! that the options have before anything is known (Aitchison and Aitken 1976, with Optuna's amount of smoothing).

use space::Stream;

use super::axis::Options;
use super::line_column::PRIOR;

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct OptionColumn {
    options: Options,
    /// By slot; the prior's entry means nothing.
    pub(crate) option: Vec<u32>,
    /// What the smoothing weighs against the trial's own option, which weighs 1.
    smoothing: f64,
    /// ln of a kernel's share for an option that is not its own, by option.
    other: Vec<f64>,
    /// Likewise for its own.
    own: Vec<f64>,
    /// ln of the shares before anything is known.
    prior: Vec<f64>,
}

impl OptionColumn {
    pub(crate) fn new(options: Options) -> Self {
        let count = options.shares.len();
        OptionColumn {
            prior: options.shares.iter().map(|share| libm::log(*share)).collect(),
            options,
            option: vec![0],
            smoothing: f64::NAN,
            other: vec![0.0; count],
            own: vec![0.0; count],
        }
    }

    pub(crate) fn insert(&mut self, slot: u32, option: u32) {
        if slot as usize == self.option.len() {
            self.option.push(option);
        }
        self.option[slot as usize] = option;
    }

    /// Sets the smoothing for so many kernels, the prior counted.
    pub(crate) fn set_smoothing(&mut self, prior_weight: f64, kernels: f64) {
        let smoothing = prior_weight * self.options.shares.len() as f64 / kernels;
        if smoothing.to_bits() == self.smoothing.to_bits() {
            return;
        }
        self.smoothing = smoothing;
        for (option, share) in self.options.shares.iter().enumerate() {
            self.other[option] = libm::log(smoothing * share / (1.0 + smoothing));
            self.own[option] = libm::log((1.0 + smoothing * share) / (1.0 + smoothing));
        }
    }

    /// (ln of a kernel's share where `option` is its own, and where it is not).
    pub(crate) fn logs(&self, option: u32) -> (f64, f64) {
        (self.own[option as usize], self.other[option as usize])
    }

    /// Adds each kernel's log to those of its other dimensions.
    pub(crate) fn add_logs(&self, option: u32, logs: &mut [f64]) {
        let (own, other) = self.logs(option);
        for (log, kernel) in logs.iter_mut().zip(&self.option) {
            *log += if *kernel == option { own } else { other };
        }
    }

    /// ln of the prior's share for `option`.
    pub(crate) fn log_prior(&self, option: u32) -> f64 {
        self.prior[option as usize]
    }

    /// An option drawn from the kernel of `slot`.
    pub(crate) fn draw(&self, slot: u32, stream: &mut Stream) -> u32 {
        let keep = slot != PRIOR && stream.uniform() * (1.0 + self.smoothing) < 1.0;
        if keep { self.option[slot as usize] } else { stream.weighted(&self.options.shares) as u32 }
    }
}
