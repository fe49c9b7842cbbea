//! `[pruner]`: which trials go on.

use std::sync::Arc;

use search::{AshaKind, Duplicates, Instances, PrunerSpec, SamplerSpec, Sense};
use space::{Json, Space};
use study::{Direction, Settings};

use super::Loader;
use crate::stage::Stage;

impl Loader<'_> {
    pub(super) fn pruner(&mut self, table: Option<&Json>) -> Option<PrunerSpec> {
        match serde_json::from_value::<PrunerSpec>(table?.clone()) {
            Ok(spec) => Some(spec),
            Err(error) => {
                let problem = self.option_problem("pruner", "asha", &error.to_string());
                self.problems.push(problem);
                None
            }
        }
    }

    /// The pruner with what it leaves to the study, where it suits the study.
    pub(super) fn settle(
        &mut self,
        mut spec: PrunerSpec,
        stages: &[Stage],
        settings: &Settings,
    ) -> Option<PrunerSpec> {
        // A program that takes its level, or goes on from a checkpoint, can be promoted.
        let told = ["checkpoint_dir", "level"].into_iter().chain(spec.resource());
        let names = told.into_iter().any(|name| stages.iter().any(|stage| stage.names(name)));
        let promotes = names && spec.max_resource().is_some();
        spec.settle_kind(if promotes { AshaKind::Promotion } else { AshaKind::Stopping });
        let repeats = !settings.repeat.is_empty();
        spec.settle_instances(if repeats { Instances::Repetitions } else { Instances::Reports });
        let sense = |direction: Direction| match direction {
            Direction::Minimize => Sense::Minimize,
            Direction::Maximize => Sense::Maximize,
        };
        let senses: Vec<Sense> =
            settings.objectives.iter().map(|objective| sense(objective.direction)).collect();
        // Without an objective, that is what is wrong.
        let senses = if senses.is_empty() { vec![Sense::Minimize] } else { senses };
        match search::build_pruner(&spec, &senses) {
            Ok(_) => Some(spec),
            Err(error) => {
                let problem = self.unsuitable("pruner", error.to_string());
                self.problems.push(problem);
                None
            }
        }
    }

    /// Whether the settled pruner goes with the sampler and the space.
    pub(super) fn accord(
        &mut self,
        spec: Option<&PrunerSpec>,
        sampler: &SamplerSpec,
        space: &Arc<Space>,
        objectives: usize,
    ) {
        let Some(spec) = spec else { return };
        let space = Arc::clone(space);
        let built = search::build_with(sampler, Some(spec), space, objectives.max(1), Duplicates::default());
        if let Err(error) = built {
            let problem = self.unsuitable("pruner", error.to_string());
            self.problems.push(problem);
        }
    }
}
