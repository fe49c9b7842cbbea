//! Which rule, with which options: the `[pruner]` table of a study file.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{BohbOptions, HyperbandOptions, Instances, PbtOptions, Rungs, WilcoxonOptions};
use crate::Level;

/// A rule and its options. In a file: a table with `name`, and what the rule of that name understands. Names,
/// meanings and defaults are those of Optuna 5.0.0 where nothing else is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(tag = "name", rename_all = "lowercase")]
pub enum PrunerSpec {
    /// Stops a trial whose best value so far is worse than the median of what complete trials had at the same step
    /// (Golovin et al. 2017, "Google Vizier"). One whose values are all NaN is stopped; NaN of complete trials is passed
    /// over.
    Median(MedianOptions),
    /// Stops a trial whose best value so far is not among the best `percentile` per cent of what complete trials had
    /// at the same step. NaN as for `median`.
    Percentile(PercentileOptions),
    /// Stops a trial that reports a value outside of limits, or NaN.
    Threshold(ThresholdOptions),
    /// Stops a trial that has not improved for a number of reports; around another rule, lets it stop only those. NaN is
    /// passed over; where all of the last reports are NaN, or all before them, the trial goes on.
    Patience(PatienceOptions),
    /// Stops a trial that is significantly worse than the best one on the instances that both have seen, by Wilcoxon's
    /// signed-rank test: for objectives that are a mean over problem instances, seeds or folds.
    Wilcoxon(WilcoxonOptions),
    /// Asynchronous successive halving (Li et al. 2020, "A system for massively parallel hyperparameter tuning",
    /// arXiv:1810.05934): of the trials that come to a rung the best 1/`reduction_factor` go on. A report at step s has
    /// used s of the resource; NaN is stopped at the next rung.
    Asha(AshaOptions),
    /// Successive halving in several brackets side by side, from many short trials to few long ones (Li et al. 2018,
    /// "Hyperband", arXiv:1603.06560), each asynchronous as in `asha`. Trials are in brackets in the order and the
    /// numbers of the paper's table: with `max_resource = 81`, 81, 34, 15, 8 and 5 of every 143.
    Hyperband(HyperbandOptions),
    /// Hyperband whose trials are proposed by a model that learns from all levels (Falkner et al. 2018, "BOHB",
    /// arXiv:1807.01774): `hyperband` with a sampler that learns, and a third of the new trials drawn at random. Where none is
    /// named it is `tpe`.
    Bohb(BohbOptions),
    /// Population based training (Jaderberg et al. 2017, arXiv:1711.09846): members train side by side; after each interval
    /// the worst go on from the checkpoints of the best, with configurations near to theirs. So a trial is one
    /// interval of one member, and its parent is the trial that it goes on from.
    Pbt(PbtOptions),
}

impl PrunerSpec {
    /// All names, in the order in which help lists them.
    pub const NAMES: [&'static str; 9] =
        ["median", "percentile", "threshold", "patience", "wilcoxon", "asha", "hyperband", "bohb", "pbt"];

    /// The rule's name in files and on the command line.
    pub fn name(&self) -> &'static str {
        match self {
            PrunerSpec::Median(_) => "median",
            PrunerSpec::Percentile(_) => "percentile",
            PrunerSpec::Threshold(_) => "threshold",
            PrunerSpec::Patience(_) => "patience",
            PrunerSpec::Wilcoxon(_) => "wilcoxon",
            PrunerSpec::Asha(_) => "asha",
            PrunerSpec::Hyperband(_) => "hyperband",
            PrunerSpec::Bohb(_) => "bohb",
            PrunerSpec::Pbt(_) => "pbt",
        }
    }

    /// Whether it decides which trials go on to a higher level, rather than which running ones are stopped: then it
    /// works around the sampler ([`build_with`](crate::build_with)), and [`build_pruner`](crate::build_pruner) makes
    /// nothing of it.
    pub fn promotes(&self) -> bool {
        matches!(self, PrunerSpec::Pbt(_)) || self.kind() == Some(AshaKind::Promotion)
    }

    /// The options of `hyperband`, where the rule is that or `bohb`.
    pub fn hyperband(&self) -> Option<HyperbandOptions> {
        match self {
            PrunerSpec::Hyperband(options) => Some(options.clone()),
            PrunerSpec::Bohb(options) => Some(options.hyperband()),
            _ => None,
        }
    }

    /// The share of new trials that are drawn at random, whatever the sampler would propose.
    pub(crate) fn random_fraction(&self) -> f64 {
        match self {
            PrunerSpec::Bohb(options) => options.random_fraction,
            _ => 0.0,
        }
    }

    /// How the resource is shared out, for rules that can do it either way.
    pub fn kind(&self) -> Option<AshaKind> {
        match self {
            PrunerSpec::Asha(options) => Some(options.kind()),
            PrunerSpec::Hyperband(HyperbandOptions { kind, .. })
            | PrunerSpec::Bohb(BohbOptions { kind, .. }) => Some(kind.unwrap_or_default()),
            _ => None,
        }
    }

    /// Settles the [kind](Self::kind) of a rule that leaves it to the study.
    pub fn settle_kind(&mut self, settled: AshaKind) {
        match self {
            PrunerSpec::Asha(AshaOptions { kind, .. })
            | PrunerSpec::Hyperband(HyperbandOptions { kind, .. })
            | PrunerSpec::Bohb(BohbOptions { kind, .. }) => {
                kind.get_or_insert(settled);
            }
            _ => {}
        }
    }

    /// Whether it judges trials by what their first repetitions came to
    /// ([`judge_repetitions`](crate::Pruner::judge_repetitions)), and not by their reports.
    pub fn compares_repetitions(&self) -> bool {
        matches!(self, PrunerSpec::Wilcoxon(options) if options.over == Some(Instances::Repetitions))
    }

    /// Settles what a rule leaves open that compares trials over instances.
    pub fn settle_instances(&mut self, settled: Instances) {
        match self {
            PrunerSpec::Wilcoxon(options) => {
                options.over.get_or_insert(settled);
            }
            PrunerSpec::Patience(options) => {
                // It holds back rules that judge reports.
                options.rule.iter_mut().for_each(|rule| rule.settle_instances(Instances::Reports));
            }
            _ => {}
        }
    }

    /// The name of the placeholder by which a program gets its level (`epochs`), where the rule has one.
    pub fn resource(&self) -> Option<&str> {
        match self {
            PrunerSpec::Asha(options) => options.resource.as_deref(),
            PrunerSpec::Hyperband(HyperbandOptions { resource, .. })
            | PrunerSpec::Bohb(BohbOptions { resource, .. }) => resource.as_deref(),
            PrunerSpec::Pbt(options) => options.resource.as_deref(),
            PrunerSpec::Patience(options) => options.rule.as_ref()?.resource(),
            _ => None,
        }
    }

    /// The most resource that a trial may take, where the rule names it: what [`resource`](Self::resource) is for a
    /// trial that runs to its end.
    pub fn max_resource(&self) -> Option<u64> {
        match self {
            PrunerSpec::Asha(options) => options.max_resource,
            PrunerSpec::Hyperband(HyperbandOptions { max_resource, .. })
            | PrunerSpec::Bohb(BohbOptions { max_resource, .. }) => Some(*max_resource),
            PrunerSpec::Pbt(options) => Some(options.max_resource),
            PrunerSpec::Patience(options) => options.rule.as_ref()?.max_resource(),
            _ => None,
        }
    }

    /// How far the first trial runs, where it begins at a [level](crate::Proposal::New) below the top.
    pub fn first_level(&self) -> Option<Level> {
        match self {
            _ if !self.promotes() => None,
            PrunerSpec::Asha(options) => options.rungs().level(0),
            PrunerSpec::Hyperband(_) | PrunerSpec::Bohb(_) => {
                self.hyperband()?.brackets().iter().next()?.levels.first().copied()
            }
            PrunerSpec::Pbt(options) => Some(Level(options.perturbation_interval.min(options.max_resource))),
            _ => None,
        }
    }
}

/// Options of `median`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct MedianOptions {
    /// How many trials must be complete before any is stopped.
    pub n_startup_trials: u64,
    /// No trial is stopped before this step.
    pub n_warmup_steps: u64,
    /// A trial is judged at its first report in each interval of so many steps, counted from `n_warmup_steps`. At
    /// least 1.
    #[schemars(range(min = 1))]
    pub interval_steps: u64,
    /// How many complete trials must have reported at the step. At least 1.
    #[schemars(range(min = 1))]
    pub n_min_trials: u64,
}

impl Default for MedianOptions {
    fn default() -> Self {
        MedianOptions { n_startup_trials: 5, n_warmup_steps: 0, interval_steps: 1, n_min_trials: 1 }
    }
}

/// Options of `percentile`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct PercentileOptions {
    /// How many per cent of the trials are kept, 0 to 100: at 25, those in the best quarter.
    #[schemars(range(min = 0.0, max = 100.0))]
    pub percentile: f64,
    /// How many trials must be complete before any is stopped.
    pub n_startup_trials: u64,
    /// No trial is stopped before this step.
    pub n_warmup_steps: u64,
    /// A trial is judged at its first report in each interval of so many steps, counted from `n_warmup_steps`. At
    /// least 1.
    #[schemars(range(min = 1))]
    pub interval_steps: u64,
    /// How many complete trials must have reported at the step. At least 1.
    #[schemars(range(min = 1))]
    pub n_min_trials: u64,
}

impl Default for PercentileOptions {
    fn default() -> Self {
        PercentileOptions {
            percentile: 25.0,
            n_startup_trials: 5,
            n_warmup_steps: 0,
            interval_steps: 1,
            n_min_trials: 1,
        }
    }
}

/// Options of `threshold`. At least one limit is needed. Limits are of values as reported, whatever the direction.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct ThresholdOptions {
    /// A trial that reports less is stopped.
    pub lower: Option<f64>,
    /// A trial that reports more is stopped.
    pub upper: Option<f64>,
    /// No trial is stopped before this step.
    pub n_warmup_steps: u64,
    /// A trial is judged at its first report in each interval of so many steps, counted from `n_warmup_steps`. At
    /// least 1.
    #[schemars(range(min = 1))]
    pub interval_steps: u64,
}

impl Default for ThresholdOptions {
    fn default() -> Self {
        ThresholdOptions { lower: None, upper: None, n_warmup_steps: 0, interval_steps: 1 }
    }
}

/// Options of `patience`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct PatienceOptions {
    /// A trial goes on while one of its last `patience` + 1 reports is as good as the best before them.
    pub patience: u64,
    /// By how much the last reports may be worse than the best before them. At least 0.
    #[serde(default)]
    #[schemars(range(min = 0.0))]
    pub min_delta: f64,
    /// The rule that then decides; without one the trial is stopped.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rule: Option<Box<PrunerSpec>>,
}

/// Options of `asha`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct AshaOptions {
    /// The name of the placeholder by which the program gets its level, such as `epochs`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resource: Option<String>,
    /// The least that any trial gets, in steps. At least 1.
    #[schemars(range(min = 1))]
    pub min_resource: u64,
    /// The most that a trial gets: the top. `promotion` needs it; `stopping` without it has rungs without end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_resource: Option<u64>,
    /// η: of those that come to a rung one in so many goes on, and the next rung is so many times higher. At least 2.
    /// The default 3 is the paper's (Optuna: 4).
    #[schemars(range(min = 2))]
    pub reduction_factor: u64,
    /// s: the first rung is at `min_resource` × ηˢ.
    pub min_early_stopping_rate: u32,
    /// So many trials that come to a rung are stopped there before any goes on. For `stopping`.
    pub bootstrap_count: u64,
    /// How: absent is the study's to choose, and `stopping` where nobody does.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<AshaKind>,
}

impl Default for AshaOptions {
    fn default() -> Self {
        AshaOptions {
            resource: None,
            min_resource: 1,
            max_resource: None,
            reduction_factor: 3,
            min_early_stopping_rate: 0,
            bootstrap_count: 0,
            kind: None,
        }
    }
}

impl AshaOptions {
    /// The kind, its default where absent.
    pub fn kind(&self) -> AshaKind {
        self.kind.unwrap_or_default()
    }

    /// Its rungs.
    pub fn rungs(&self) -> Rungs {
        Rungs::new(self.min_resource, self.reduction_factor, self.min_early_stopping_rate, self.max_resource)
    }
}

/// How `asha` and `hyperband` share the resource out.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum AshaKind {
    /// Each trial runs on until it comes to a rung among the worse ones, and is stopped there. Needs nothing of the
    /// program but reports.
    #[default]
    Stopping,
    /// Each trial runs to the first rung and ends; the best ones go on from their checkpoints, when they are found to
    /// be the best. Needs a program that takes its level, and does best with one that can go on from a checkpoint.
    /// Failed trials, and points that people gave, are compared with nobody.
    Promotion,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn read(value: Value) -> Result<PrunerSpec, String> {
        serde_json::from_value(value).map_err(|error| error.to_string())
    }

    #[test]
    fn a_name_alone_has_the_documented_defaults() {
        assert_eq!(read(json!({"name": "median"})), Ok(PrunerSpec::Median(MedianOptions::default())));
        assert_eq!(read(json!({"name": "asha"})), Ok(PrunerSpec::Asha(AshaOptions::default())));
        let needed = |name: &str| match name {
            "patience" => json!({"patience": 3}),
            "hyperband" | "bohb" => json!({"max_resource": 81}),
            "pbt" => json!({"max_resource": 50, "perturbation_interval": 5}),
            _ => json!({}),
        };
        for name in PrunerSpec::NAMES {
            let mut spec = needed(name);
            spec["name"] = json!(name);
            assert_eq!(read(spec).map(|spec| spec.name()), Ok(name));
        }
    }

    #[test]
    fn an_option_that_is_not_there_is_an_error_that_lists_those_that_are() {
        let message = read(json!({"name": "median", "warmup": 3})).unwrap_err();
        assert!(message.contains("warmup") && message.contains("n_warmup_steps"), "{message}");
        let message = read(json!({"name": "hyperbandit"})).unwrap_err();
        assert!(message.contains("hyperbandit") && message.contains("asha"), "{message}");
        let message = read(json!({"name": "patience"})).unwrap_err();
        assert!(message.contains("missing field `patience`"), "{message}");
    }

    #[test]
    fn a_spec_survives_its_json() {
        let rule =
            json!({"name": "patience", "patience": 3, "min_delta": 0.5, "rule": {"name": "percentile"}});
        let asha = json!({"name": "asha", "resource": "epochs", "max_resource": 81, "kind": "promotion"});
        for spec in [rule, asha] {
            let spec = read(spec).unwrap();
            assert_eq!(read(serde_json::to_value(&spec).unwrap()), Ok(spec));
        }
    }

    #[test]
    fn promotion_is_known_by_its_kind() {
        assert!(!read(json!({"name": "asha"})).unwrap().promotes());
        assert!(read(json!({"name": "asha", "kind": "promotion"})).unwrap().promotes());
        let mut bohb = read(json!({"name": "bohb", "max_resource": 81})).unwrap();
        assert!(!bohb.promotes());
        bohb.settle_kind(AshaKind::Promotion);
        assert_eq!((bohb.promotes(), bohb.first_level()), (true, Some(Level(1))));
    }
}
