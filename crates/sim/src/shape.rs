//! What the trials of a world are made of: stages, repetitions, what each run takes, and the rule that stops or promotes.

use runner::{Rules, StageRule};
use study::schedule::{Capacity, Demand};
use study::{Axis, Duration, Real, Settings, StageRules};

use crate::chance::Chance;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Shape {
    /// None is the one stage that a study has where nothing is said.
    pub(crate) stages: Vec<Stage>,
    /// How often each trial is repeated.
    pub(crate) repetitions: u32,
    /// A repetition that is worth more ends its trial.
    pub(crate) stop_above: Option<f64>,
    pub(crate) rule: Option<Rule>,
}

/// One stage.
#[derive(Clone, Debug)]
pub(crate) struct Stage {
    pub(crate) once: bool,
    pub(crate) cpus: u32,
    pub(crate) retries: u32,
}

/// What stops or promotes trials.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    Median,
    Asha,
}

impl Rule {
    /// Its table in a study file.
    fn table(self) -> serde_json::Value {
        match self {
            Rule::Median => serde_json::json!({ "name": "median", "n_startup_trials": 2 }),
            Rule::Asha => serde_json::json!({
                "name": "asha", "kind": "promotion", "min_resource": 1, "max_resource": 9, "reduction_factor": 3
            }),
        }
    }
}

impl Shape {
    /// One stage, once.
    pub(crate) fn plain() -> Self {
        Shape { repetitions: 1, ..Shape::default() }
    }

    /// Several stages and repetitions, of which none takes more than there is.
    pub(crate) fn draw(chance: &Chance, slots: usize) -> Self {
        let count = chance.between(1, 4);
        let mut stages = Vec::new();
        for number in 0..count {
            stages.push(Stage {
                once: number == 0 && count > 1 && chance.happens(0.4),
                cpus: chance.between(1, 4).min(slots as u64) as u32,
                retries: chance.below(2) as u32,
            });
        }
        let repetitions = chance.between(1, 5) as u32;
        let stops = repetitions > 1 && chance.happens(0.4);
        let rule = [None, Some(Rule::Median), Some(Rule::Asha)][chance.below(3) as usize];
        Shape { stages, repetitions, stop_above: stops.then_some(12.0), rule }
    }

    /// The most that one of its runs takes.
    pub(crate) fn widest(&self) -> usize {
        self.stages.iter().map(|stage| stage.cpus as usize).max().unwrap_or(1)
    }

    /// The last stage, which tells the loss.
    pub(crate) fn last_stage(&self) -> u32 {
        (self.stages.len() as u32).saturating_sub(1)
    }

    pub(crate) fn is_once(&self, stage: u32) -> bool {
        self.stages.get(stage as usize).is_some_and(|stage| stage.once)
    }

    pub(crate) fn retries(&self, stage: u32) -> u32 {
        self.stages.get(stage as usize).map_or(0, |stage| stage.retries)
    }

    /// Puts it into a study's settings.
    pub(crate) fn settle(&self, settings: &mut Settings) -> Result<(), serde_json::Error> {
        let rules = |(number, stage): (usize, &Stage)| StageRules {
            once: stage.once,
            retries: stage.retries,
            backoff: Some(Duration::from_millis(100)),
            ..StageRules::named(format!("s{number}"))
        };
        settings.stages = self.stages.iter().enumerate().map(rules).collect();
        if self.repetitions > 1 {
            let stop_above = self.stop_above.map(Real);
            settings.repeat = vec![Axis { stop_above, ..Axis::counted("fold", self.repetitions) }];
        }
        settings.pruner = self.rule.map(|rule| serde_json::from_value(rule.table())).transpose()?;
        Ok(())
    }

    /// What a runner with so many slots must know of it.
    pub(crate) fn rules(&self, slots: usize) -> Rules {
        let rule = |stage: &Stage| StageRule { demand: Demand::cpus(stage.cpus), class: 0 };
        let stages = match &self.stages[..] {
            [] => vec![StageRule::default()],
            stages => stages.iter().map(rule).collect(),
        };
        let runs = if self.is_once(0) { 1 } else { self.repetitions };
        Rules { capacity: Capacity::cpus(slots as u32), stages, runs, trial_time: None }
    }
}
