//! From a sampler's description to the sampler.

use std::sync::Arc;

use space::Space;

use crate::auto::Auto;
use crate::cmaes::{Cmaes, Role};
use crate::command::{Command, Programs};
use crate::distinct::Distinct;
use crate::fixed::Fixed;
use crate::frontier::Frontier;
use crate::gp::Gp;
use crate::grid::Grid;
use crate::pruner::promoted;
use crate::random::{Interspersed, Random};
use crate::sobol::Sobol;
use crate::strategy::Strategy;
use crate::tpe::{Tpe, TpeRules};
use crate::transfer::{Earlier, Transfer};
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
    build_for(spec, space, &Setting { objectives, ..Setting::default() })
}

/// What a study brings along for its sampler, besides its space.
#[derive(Clone, Debug)]
pub struct Setting<'a> {
    /// How many objectives it has, at least 1.
    pub objectives: usize,
    /// What about configurations that were tried before; a grid always skips them.
    pub duplicates: Duplicates,
    /// The rule for who goes on; one that [promotes](PrunerSpec::promotes) works around the sampler.
    pub pruner: Option<&'a PrunerSpec>,
    /// What runs a sampler that is a program; where absent such a sampler can be built, but not asked.
    pub programs: Option<Arc<dyn Programs>>,
    /// Earlier studies, which shape its start.
    pub earlier: &'a [Earlier],
    /// A program's rules for `tpe`, in place of its own.
    pub rules: Option<Arc<TpeRules>>,
    /// Which parameters were seen to be there together, where the space knows no conditions but the program has some: a
    /// number for each parameter, equal for those of a group.
    pub together: Option<Arc<[usize]>>,
}

impl Default for Setting<'_> {
    fn default() -> Self {
        Setting {
            objectives: 1,
            duplicates: Duplicates::default(),
            pruner: None,
            programs: None,
            earlier: &[],
            rules: None,
            together: None,
        }
    }
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
    build_for(spec, space, &Setting { objectives, duplicates, pruner, ..Setting::default() })
}

/// [`build`] for all that a study has.
///
/// # Errors
/// As [`build`].
pub fn build_for(
    spec: &SamplerSpec,
    space: Arc<Space>,
    setting: &Setting<'_>,
) -> Result<Box<dyn Sampler>, SearchError> {
    let Setting { objectives, mut duplicates, pruner, ref programs, earlier, .. } = *setting;
    if matches!(spec, SamplerSpec::Fixed(_)) && !earlier.is_empty() {
        let message = "`fixed` tries exactly its points, so earlier studies have no say in it";
        return Err(SearchError::Unsuitable(message.to_owned()));
    }
    let settled = pruner.map(|pruner| pruner.sampler(spec)).transpose()?;
    let spec = settled.as_ref().unwrap_or(spec);
    let mut strategy: Box<dyn Strategy> = match spec {
        SamplerSpec::Auto(_) => Box::new(Auto::new(&space, setting)?),
        SamplerSpec::Random(_) => Box::new(Random),
        SamplerSpec::Grid(options) => {
            duplicates = Duplicates::Skip;
            Box::new(Grid::new(&space, options.clone())?)
        }
        SamplerSpec::Sobol(options) => Box::new(Sobol::new(&space, options.clone())?),
        SamplerSpec::Gp(options) => Box::new(Gp::new(&space, objectives, options.clone())?),
        SamplerSpec::Tpe(options) => Box::new(Tpe::new(&space, options.clone(), setting)?),
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
        SamplerSpec::Command(options) => {
            Box::new(Command::new(options.clone(), space.clone(), objectives, programs.clone())?)
        }
    };
    let share = pruner.map_or(0.0, PrunerSpec::random_fraction);
    if share > 0.0 {
        strategy = Box::new(Interspersed::new(strategy, share));
    }
    if !earlier.is_empty() {
        strategy = Box::new(Transfer::new(strategy, space.clone(), earlier));
    }
    let sampler: Box<dyn Sampler> = Box::new(Distinct::new(strategy, Arc::clone(&space), duplicates));
    match pruner {
        None => Ok(sampler),
        Some(pruner) => promoted(sampler, pruner, &space, objectives),
    }
}
