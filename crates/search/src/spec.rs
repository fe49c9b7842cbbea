//! Which sampler, with which options: the `[sampler]` table of a study file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use crate::{
    CmaesOptions, CommandOptions, EvolutionOptions, FrontierOptions, GpOptions, Nsga2Options, Nsga3Options,
};

/// A sampler and its options. In a file: a table with `name`, and what the sampler of that name understands.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "lowercase")]
pub enum SamplerSpec {
    /// Chooses for you, by the space and by how far the study is: Gaussian processes and CMA-ES by turns, CMA-ES, TPE, or
    /// every configuration of a space of at most 100. What it chose, and why, stands in the trials' memos.
    Auto(AutoOptions),
    /// Each trial drawn anew, by the ranges and weights of the space.
    Random(RandomOptions),
    /// Every configuration of a finite space, once.
    Grid(GridOptions),
    /// Evenly spread points: Sobol's sequence, Owen-scrambled by the study's seed.
    Sobol(SobolOptions),
    /// Tree-structured Parzen estimator (Bergstra et al. 2011; Watanabe 2023, arXiv:2304.11127): learns where
    /// good trials lie.
    Tpe(TpeOptions),
    /// Gaussian-process Bayesian optimisation: fewest trials, where each is worth milliseconds of thought.
    Gp(GpOptions),
    /// CMA-ES (Hansen 2016, arXiv:1604.00772) with margin for whole numbers: a normal distribution that moves and turns
    /// towards better trials. For numbers, and many trials.
    Cmaes(CmaesOptions),
    /// The genetic algorithm NSGA-II (Deb et al. 2002), steady: for one objective or several, constraints, and long
    /// searches of any space.
    Nsga2(Nsga2Options),
    /// NSGA-III (Deb and Jain 2014): for three objectives and more.
    Nsga3(Nsga3Options),
    /// Regularised evolution (Real et al. 2019, arXiv:1802.01548): for architectures, choices and conditions.
    Evolution(EvolutionOptions),
    /// Growth of a frontier of cost and error, as Petridish searches architectures (Hu et al. 2019): children of good
    /// trials, each with one parameter a step greater.
    Frontier(FrontierOptions),
    /// Exactly the given configurations, in order.
    Fixed(FixedOptions),
    /// A program of your own, asked and told in JSON lines.
    Command(CommandOptions),
}

impl Default for SamplerSpec {
    fn default() -> Self {
        SamplerSpec::Auto(AutoOptions {})
    }
}

impl SamplerSpec {
    /// The sampler's name in files and on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            SamplerSpec::Auto(_) => "auto",
            SamplerSpec::Random(_) => "random",
            SamplerSpec::Grid(_) => "grid",
            SamplerSpec::Sobol(_) => "sobol",
            SamplerSpec::Tpe(_) => "tpe",
            SamplerSpec::Gp(_) => "gp",
            SamplerSpec::Cmaes(_) => "cmaes",
            SamplerSpec::Nsga2(_) => "nsga2",
            SamplerSpec::Nsga3(_) => "nsga3",
            SamplerSpec::Evolution(_) => "evolution",
            SamplerSpec::Frontier(_) => "frontier",
            SamplerSpec::Fixed(_) => "fixed",
            SamplerSpec::Command(_) => "command",
        }
    }

    /// All names, in the order in which help lists them.
    pub const NAMES: [&'static str; 13] = [
        "auto",
        "random",
        "grid",
        "sobol",
        "tpe",
        "gp",
        "cmaes",
        "nsga2",
        "nsga3",
        "evolution",
        "frontier",
        "fixed",
        "command",
    ];
}

/// `auto` has no options.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AutoOptions {}

/// `random` has no options.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct RandomOptions {}

/// Options of `grid`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct GridOptions {
    /// Whether the configurations come in an order drawn by the study's seed, so that a search stopped early has
    /// seen all regions. Otherwise the last parameter turns fastest.
    pub shuffle: bool,
}

impl Default for GridOptions {
    fn default() -> Self {
        GridOptions { shuffle: true }
    }
}

/// Options of `sobol`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct SobolOptions {
    /// Whether the points are scrambled by the study's seed. Unscrambled, every study of a space has the same
    /// points, and the first is the lower corner.
    pub scramble: bool,
}

impl Default for SobolOptions {
    fn default() -> Self {
        SobolOptions { scramble: true }
    }
}

/// Options of `fixed`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct FixedOptions {
    /// The configurations, each a table from parameter path to value, complete.
    pub points: Vec<Map<String, Value>>,
}

/// Options of `tpe`. The defaults are those of Optuna 5.0.0 where nothing else is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct TpeOptions {
    /// Whether parameters are modelled together (all that are active under one condition), or each alone. Where absent
    /// together for one objective, and each alone for several.
    pub multivariate: Option<bool>,
    /// How many ended trials come before the model is asked; until then points are random.
    pub n_startup_trials: u32,
    /// How many candidates are drawn from the better trials' density; the best one is proposed. From 1 to 100,000. Where
    /// absent 48 for numbers that are modelled together and 24, as in Optuna, for all else.
    pub n_ei_candidates: Option<u32>,
    /// The weight of the prior kernel, which covers each range, relative to one trial's. At least 0.
    pub prior_weight: f64,
    /// Whether bandwidths are at least the range divided by min(100, kernels + 1).
    pub magic_clip: bool,
    /// Whether the outermost trials' bandwidths reach to the ends of the range.
    pub endpoints: bool,
    /// Whether running trials count among the worse ones, so that parallel proposals keep apart.
    pub constant_liar: bool,
    /// How many trials the worse ones' density is made of at most: a third the newest, the rest a seeded sample
    /// of the others, stratified by standing and weighted to stand for all. At least 2; 0 keeps all, and asks then take
    /// time in proportion to the trials.
    pub history: u32,
}

impl Default for TpeOptions {
    fn default() -> Self {
        TpeOptions {
            multivariate: None,
            n_startup_trials: 10,
            n_ei_candidates: None,
            prior_weight: 1.0,
            magic_clip: true,
            endpoints: false,
            constant_liar: true,
            history: 1536,
        }
    }
}

/// What to do about a configuration that was tried before.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Duplicates {
    /// Propose another. A finite space is exhausted when every configuration was tried.
    #[default]
    Skip,
    /// Propose it and evaluate it again: for objectives with noise.
    Repeat,
    /// Propose it; the study copies the earlier trial's result without running anything.
    Reuse,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(value: Value) -> Result<SamplerSpec, String> {
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    #[test]
    fn a_name_alone_has_the_documented_defaults() {
        assert_eq!(read(json!({"name": "tpe"})), Ok(SamplerSpec::Tpe(TpeOptions::default())));
        for name in SamplerSpec::NAMES.iter().filter(|name| !["fixed", "command"].contains(name)) {
            assert_eq!(read(json!({"name": name})).unwrap().name(), *name);
        }
    }

    #[test]
    fn an_option_that_is_not_there_is_an_error_that_lists_those_that_are() {
        let message = read(json!({"name": "tpe", "n_candidates": 3})).unwrap_err();
        assert!(message.contains("n_candidates") && message.contains("n_ei_candidates"), "{message}");
        let message = read(json!({"name": "random", "seed": 3})).unwrap_err();
        assert!(message.contains("seed"), "{message}");
        let message = read(json!({"name": "gpp"})).unwrap_err();
        assert!(message.contains("gpp") && message.contains("random"), "{message}");
    }

    #[test]
    fn a_spec_survives_its_json() {
        let spec = SamplerSpec::Tpe(TpeOptions { history: 0, ..TpeOptions::default() });
        assert_eq!(read(serde_json::to_value(&spec).unwrap()), Ok(spec));
    }
}
