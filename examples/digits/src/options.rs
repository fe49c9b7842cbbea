//! The command line: flags in, checked settings out.

use clap::error::ErrorKind;
use clap::{CommandFactory as _, Parser, ValueEnum};

use crate::network::Activation;
use crate::optimizer::Rule;

/// Trains a small neural network on the UCI handwritten digits.
///
/// Prints one JSON object for each epoch, and one with the test error at the end. Exit codes: 0 trained, 1 the
/// output cannot be written, 2 a flag is wrong, 3 the loss is no longer a number.
#[derive(Debug, Parser)]
#[command(name = "digits-trainer", version)]
pub(crate) struct Options {
    /// Units of each hidden layer, such as 64 or 64,32
    #[arg(long, value_delimiter = ',', default_value = "64,64", value_parser = clap::value_parser!(u16).range(1..=1024))]
    units: Vec<u16>,
    /// What a hidden unit makes of its sum
    #[arg(long, value_enum, default_value = "relu")]
    activation: Activation,
    /// Rule that moves the weights
    #[arg(long, value_enum, default_value = "adam")]
    optimizer: Name,
    /// Learning rate
    #[arg(long, default_value_t = 1e-3, value_parser = positive)]
    lr: f32,
    /// Learning rate over the epochs: constant, or down to 0 along half a cosine
    #[arg(long, value_enum, default_value = "constant")]
    schedule: Schedule,
    /// Memory of sgd's velocity [default: 0.9]
    #[arg(long, value_parser = below_one)]
    momentum: Option<f32>,
    /// Nesterov's form of momentum, for sgd [default: false]
    #[arg(long, num_args = 0..=1, require_equals = true, default_missing_value = "true")]
    nesterov: Option<bool>,
    /// Memory of adam's first moment [default: 0.9]
    #[arg(long, value_parser = below_one)]
    beta1: Option<f32>,
    /// Memory of adam's second moment [default: 0.999]
    #[arg(long, value_parser = below_one)]
    beta2: Option<f32>,
    /// Memory of rmsprop's mean square [default: 0.9]
    #[arg(long, value_parser = below_one)]
    rho: Option<f32>,
    /// Decoupled weight decay: each step multiplies the weights by 1 - lr · decay
    #[arg(long, default_value_t = 0.0, value_parser = not_negative)]
    decay: f32,
    /// Share of hidden units left out in each step
    #[arg(long, default_value_t = 0.0, value_parser = below_one)]
    dropout: f32,
    /// Share of training images shifted by one pixel in a random direction
    #[arg(long, default_value_t = 0.0, value_parser = up_to_one)]
    shift: f32,
    /// Images in one step
    #[arg(long, default_value_t = 32, value_parser = clap::value_parser!(u16).range(1..=1_000))]
    batch: u16,
    /// Passes over the training images
    #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u16).range(1..))]
    epochs: u16,
    /// Networks trained side by side, each validated on its own share of the images
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u8).range(2..=20))]
    folds: u8,
    /// Seed of the initial weights, the order of images, shifts and dropout; never of the split
    #[arg(long, default_value_t = 0)]
    seed: u64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Name {
    Sgd,
    Adam,
    Rmsprop,
}

/// How the learning rate changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Schedule {
    Constant,
    Cosine,
}

/// Everything that decides a training.
#[derive(Debug, Clone)]
pub(crate) struct Settings {
    pub(crate) units: Vec<usize>,
    pub(crate) activation: Activation,
    pub(crate) rule: Rule,
    pub(crate) rate: f32,
    pub(crate) schedule: Schedule,
    pub(crate) decay: f32,
    pub(crate) dropout: f32,
    pub(crate) shift: f32,
    pub(crate) batch: usize,
    pub(crate) epochs: usize,
    pub(crate) folds: usize,
    pub(crate) seed: u64,
}

impl Options {
    /// The settings of this process; a wrong flag ends it with a message and code 2.
    pub(crate) fn read() -> Settings {
        match Self::parse().settings() {
            Ok(settings) => settings,
            Err(message) => Self::command().error(ErrorKind::ArgumentConflict, message).exit(),
        }
    }

    fn settings(self) -> Result<Settings, String> {
        Ok(Settings {
            rule: self.rule()?,
            units: self.units.iter().copied().map(usize::from).collect(),
            activation: self.activation,
            rate: self.lr,
            schedule: self.schedule,
            decay: self.decay,
            dropout: self.dropout,
            shift: self.shift,
            batch: usize::from(self.batch),
            epochs: usize::from(self.epochs),
            folds: usize::from(self.folds),
            seed: self.seed,
        })
    }

    /// A flag of another optimizer is an error: silently without effect, it would look tuned.
    fn rule(&self) -> Result<Rule, String> {
        let owners = [
            ("--momentum", self.momentum.is_some(), Name::Sgd),
            ("--nesterov", self.nesterov.is_some(), Name::Sgd),
            ("--beta1", self.beta1.is_some(), Name::Adam),
            ("--beta2", self.beta2.is_some(), Name::Adam),
            ("--rho", self.rho.is_some(), Name::Rmsprop),
        ];
        if let Some((flag, _, owner)) =
            owners.iter().find(|(_, given, owner)| *given && *owner != self.optimizer)
        {
            let (owner, chosen) = (label(*owner), label(self.optimizer));
            return Err(format!("{flag} is a parameter of {owner}, and the optimizer is {chosen}"));
        }
        Ok(match self.optimizer {
            Name::Sgd => {
                Rule::Sgd { momentum: self.momentum.unwrap_or(0.9), nesterov: self.nesterov.unwrap_or(false) }
            }
            Name::Adam => Rule::Adam { beta1: self.beta1.unwrap_or(0.9), beta2: self.beta2.unwrap_or(0.999) },
            Name::Rmsprop => Rule::Rmsprop { rho: self.rho.unwrap_or(0.9) },
        })
    }
}

fn label(name: Name) -> &'static str {
    match name {
        Name::Sgd => "sgd",
        Name::Adam => "adam",
        Name::Rmsprop => "rmsprop",
    }
}

fn number(text: &str, fits: impl Fn(f32) -> bool, wanted: &str) -> Result<f32, String> {
    text.parse()
        .ok()
        .filter(|value: &f32| value.is_finite() && fits(*value))
        .ok_or(format!("expected {wanted}"))
}

fn positive(text: &str) -> Result<f32, String> {
    number(text, |value| value > 0.0, "a number above 0")
}

fn not_negative(text: &str) -> Result<f32, String> {
    number(text, |value| value >= 0.0, "a number of at least 0")
}

fn below_one(text: &str) -> Result<f32, String> {
    number(text, |value| (0.0..1.0).contains(&value), "a number of at least 0 and below 1")
}

fn up_to_one(text: &str) -> Result<f32, String> {
    number(text, |value| (0.0..=1.0).contains(&value), "a number from 0 to 1")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(flags: &[&str]) -> Result<Settings, String> {
        let words = ["digits-trainer"].iter().chain(flags);
        Options::try_parse_from(words).map_err(|error| error.to_string())?.settings()
    }

    #[test]
    fn the_definition_of_the_flags_holds_together() {
        Options::command().debug_assert();
    }

    #[test]
    fn each_optimizer_takes_its_own_parameters() {
        let rule = |flags: &[&str]| settings(flags).unwrap().rule;
        assert_eq!(rule(&[]), Rule::Adam { beta1: 0.9, beta2: 0.999 });
        assert_eq!(rule(&["--beta1=0.8", "--beta2", "0.99"]), Rule::Adam { beta1: 0.8, beta2: 0.99 });
        assert_eq!(rule(&["--optimizer=rmsprop", "--rho=0.5"]), Rule::Rmsprop { rho: 0.5 });
        for (flag, nesterov) in [("--nesterov=true", true), ("--nesterov=false", false), ("--nesterov", true)]
        {
            let rule = rule(&["--optimizer=sgd", "--momentum=0.3", flag]);
            assert_eq!(rule, Rule::Sgd { momentum: 0.3, nesterov });
        }
    }

    #[test]
    fn a_parameter_of_another_optimizer_is_refused() {
        let error = settings(&["--optimizer=sgd", "--beta1=0.9"]).unwrap_err();
        assert_eq!(error, "--beta1 is a parameter of adam, and the optimizer is sgd");
    }

    #[test]
    fn values_outside_their_range_are_refused() {
        for flag in
            ["--lr=0", "--lr=nan", "--dropout=1", "--shift=1.1", "--units=64,0", "--batch=0", "--epochs=0"]
        {
            assert!(settings(&[flag]).is_err(), "{flag} was taken");
        }
    }

    #[test]
    fn units_are_a_list_of_layers() {
        assert_eq!(settings(&["--units=64,32,16"]).unwrap().units, [64, 32, 16]);
    }
}
