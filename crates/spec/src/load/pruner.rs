//! `[pruner]`: which trials go on.

use std::sync::Arc;

use search::{AshaKind, Duplicates, Instances, PrunerSpec, SamplerSpec, Sense};
use space::{Json, Space};
use study::{Direction, Settings};

use super::Loader;
use crate::diagnostic::Diagnostic;
use crate::stage::Stage;

impl Loader<'_> {
    pub(super) fn pruner(&mut self, table: Option<&Json>) -> Option<PrunerSpec> {
        self.options("pruner", "asha", table?)
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
        if !names && spec.promotes() {
            let message = "no command names `{level}` or `{checkpoint_dir}`: how far is a trial to run?";
            let problem = Diagnostic::warning(self.at("pruner.name"), message);
            self.problems.push(problem.help("a program that looks at RAVINE_LEVEL by itself is fine"));
        }
        spec.settle_kind(if promotes { AshaKind::Promotion } else { AshaKind::Stopping });
        let repeats = !settings.repeat.is_empty();
        if !repeats && spec.compares_repetitions() {
            let message = "without [[repeat]] there are no repetitions to compare";
            let problem = Diagnostic::error(self.at("pruner.over"), message);
            self.problems.push(problem.help("write `over = \"reports\"`, or leave it out"));
        }
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

    /// The sampler that the study has under the settled pruner. Says where the two do not go together, or not with the space.
    pub(super) fn accord(
        &mut self,
        spec: Option<&PrunerSpec>,
        sampler: SamplerSpec,
        space: &Arc<Space>,
        objectives: usize,
    ) -> SamplerSpec {
        let Some(spec) = spec else { return sampler };
        let space = Arc::clone(space);
        let built = search::build_with(&sampler, Some(spec), space, objectives.max(1), Duplicates::default());
        if let Err(error) = built {
            let problem = self.unsuitable("pruner", error.to_string());
            self.problems.push(problem);
        }
        spec.sampler(&sampler).unwrap_or(sampler)
    }
}
