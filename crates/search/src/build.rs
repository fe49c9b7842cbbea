//! From a sampler's description to the sampler.

use std::sync::Arc;

use space::Space;

use crate::auto::Auto;
use crate::cmaes::{Cmaes, Role};
use crate::distinct::Distinct;
use crate::fixed::Fixed;
use crate::frontier::Frontier;
use crate::gp::Gp;
use crate::grid::Grid;
use crate::pruner::promoted;
use crate::random::Random;
use crate::sobol::Sobol;
use crate::strategy::Strategy;
use crate::tpe::Tpe;
use crate::{Duplicates, PrunerSpec, Sampler, SamplerSpec, SearchError};
use crate::{evolution, nsga2, nsga3};

/// The sampler that `spec` describes, for a study of `space` with so many objectives, which never proposes what
/// was tried before ([`Duplicates::Skip`]).
///
/// # Errors
/// [`SearchError::Unsuitable`] where the sampler cannot work in this space, or an option is out of its range.
pub fn build(
    spec: &SamplerSpec,
    space: Arc<Space>,
    objectives: usize,
) -> Result<Box<dyn Sampler>, SearchError> {
    build_with(spec, None, space, objectives, Duplicates::default())
}

/// [`build`] with another policy for configurations that were tried before (a grid always skips them), and under the
/// promotion of `pruner`, where it is one that [promotes](PrunerSpec::promotes).
///
/// # Errors
/// As [`build`].
pub fn build_with(
    spec: &SamplerSpec,
    pruner: Option<&PrunerSpec>,
    space: Arc<Space>,
    objectives: usize,
    duplicates: Duplicates,
) -> Result<Box<dyn Sampler>, SearchError> {
    let mut duplicates = duplicates;
    let settled = pruner.map(|pruner| pruner.sampler(spec)).transpose()?;
    let spec = settled.as_ref().unwrap_or(spec);
    let strategy: Box<dyn Strategy> = match spec {
        SamplerSpec::Auto(_) => Box::new(Auto::new(&space, objectives)?),
        SamplerSpec::Random(_) => Box::new(Random),
        SamplerSpec::Grid(options) => {
            duplicates = Duplicates::Skip;
            Box::new(Grid::new(&space, options.clone())?)
        }
        SamplerSpec::Sobol(options) => Box::new(Sobol::new(&space, options.clone())?),
        SamplerSpec::Gp(options) => Box::new(Gp::new(&space, objectives, options.clone())?),
        SamplerSpec::Tpe(options) => Box::new(Tpe::new(&space, objectives, options.clone())?),
        SamplerSpec::Cmaes(_) if objectives > 1 => {
            let message = format!("cmaes searches for one objective, and the study has {objectives}");
            return Err(SearchError::Unsuitable(message));
        }
        SamplerSpec::Cmaes(options) => Box::new(Cmaes::new(space.clone(), options.clone(), Role::ALONE)?),
        SamplerSpec::Nsga2(options) => Box::new(nsga2::new(&space, objectives, options)?),
        SamplerSpec::Nsga3(options) => Box::new(nsga3::new(&space, objectives, options)?),
        SamplerSpec::Evolution(options) => Box::new(evolution::new(&space, objectives, options)?),
        SamplerSpec::Frontier(options) => Box::new(Frontier::new(&space, objectives, options)?),
        SamplerSpec::Fixed(options) => Box::new(Fixed::new(&space, &options.points)?),
    };
    let sampler: Box<dyn Sampler> = Box::new(Distinct::new(strategy, Arc::clone(&space), duplicates));
    match pruner {
        None => Ok(sampler),
        Some(pruner) => promoted(sampler, pruner, &space, objectives),
    }
}
