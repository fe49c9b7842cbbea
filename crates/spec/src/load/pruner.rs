//! `[pruner]`: which trials go on.

use search::{AshaKind, PrunerSpec, Sense};
use space::Json;
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
        let resource = spec.resource().map(str::to_owned);
        if let PrunerSpec::Asha(options) = &mut spec
            && options.kind.is_none()
        {
            // A program that takes its level, or goes on from a checkpoint, can be promoted.
            let told = ["checkpoint_dir", "level"].into_iter().chain(resource.as_deref());
            let names = told.into_iter().any(|name| stages.iter().any(|stage| stage.names(name)));
            let promotes = names && options.max_resource.is_some();
            options.kind = Some(if promotes { AshaKind::Promotion } else { AshaKind::Stopping });
        }
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
}
