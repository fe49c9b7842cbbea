//! The sampler of a session, and what it has learned: built at the first decision, fed by the log, thrown away when
//! what it learned did not come to pass.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use search::{
    Duplicates, Earlier, Observed, Programs, PrunerSpec, Sampler, SamplerSpec, SearchError, Setting,
};
use space::Space;

use crate::SessionError;
use crate::state::State;

/// The decider's own things; behind a lock that only deciders take.
#[derive(Debug, Default)]
pub(crate) struct Brain {
    built: Option<Built>,
    /// How long the last two proposals took.
    took: [Duration; 2],
    /// So many decisions are made one by one, since others came between.
    pub(crate) cautious: u32,
    /// How many they were the last time.
    penalty: u32,
}

/// A sampler and the space that it works in.
pub(crate) struct Built {
    pub(crate) space: Arc<Space>,
    pub(crate) sampler: Box<dyn Sampler>,
}

impl fmt::Debug for Built {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Built").field("space", &self.space).finish_non_exhaustive()
    }
}

/// What the sampler must learn before it proposes, taken from the state in one moment.
#[derive(Debug)]
pub(crate) struct Lesson {
    space: Arc<Space>,
    observed: Vec<Observed>,
    /// Where a sampler must be built first.
    wanted: Option<Wanted>,
}

/// The sampler to build.
#[derive(Debug)]
struct Wanted {
    sampler: SamplerSpec,
    pruner: Option<PrunerSpec>,
    objectives: usize,
    duplicates: Duplicates,
    earlier: Vec<Earlier>,
}

impl Default for Wanted {
    fn default() -> Self {
        let (sampler, duplicates) = (SamplerSpec::default(), Duplicates::default());
        Wanted { sampler, pruner: None, objectives: 1, duplicates, earlier: Vec::new() }
    }
}

impl Wanted {
    fn build(
        &self,
        space: &Arc<Space>,
        programs: Option<&Arc<dyn Programs>>,
    ) -> Result<Box<dyn Sampler>, SearchError> {
        let (objectives, duplicates, pruner) = (self.objectives, self.duplicates, self.pruner.as_ref());
        let setting = Setting {
            objectives,
            duplicates,
            pruner,
            programs: programs.cloned(),
            earlier: &self.earlier,
            ..Setting::default()
        };
        search::build_for(&self.sampler, Arc::clone(space), &setting)
    }
}

impl Brain {
    /// How long a proposal takes: the shorter of the last two, as one may have had to wait for a processor.
    pub(crate) fn takes(&self) -> Duration {
        self.took[0].min(self.took[1])
    }

    /// A proposal took so long.
    pub(crate) fn took(&mut self, time: Duration) {
        self.took = [self.took[1], time];
    }

    /// What is to be learned. Cheap, but for a sampler that has to be built: then it is the whole history.
    pub(crate) fn lesson(&self, state: &mut State) -> Result<Lesson, SessionError> {
        if let Some(built) = &self.built
            && is_current(&built.space, state)
            && let Some(observed) = state.take_feed()
        {
            return Ok(Lesson { space: Arc::clone(&built.space), observed, wanted: None });
        }
        let space = match &state.space {
            Some(space) => Arc::clone(space),
            // Define-by-run: the union of what was suggested.
            None => Arc::new(Space::from_domains(state.study.known_domains().clone())?),
        };
        let sampler = match state.study.sampler() {
            None => SamplerSpec::default(),
            Some(json) => serde::Deserialize::deserialize(json).map_err(|source| {
                SessionError::Declaration { study: state.study.name().to_owned(), what: "sampler", source }
            })?,
        };
        let settings = state.study.settings();
        let objectives = settings.objectives.len();
        // A program may suggest more than what is known so far: the union of its parameters is never used up.
        let duplicates = if state.space.is_some() { settings.duplicates } else { Duplicates::Repeat };
        let earlier = crate::definition::earlier(&state.study)?;
        let wanted = Wanted { sampler, pruner: settings.pruner.clone(), objectives, duplicates, earlier };
        let observed = state.start_feed(&space);
        Ok(Lesson { space, observed, wanted: Some(wanted) })
    }

    /// Learns it; takes as long as the sampler does, with no lock on the state.
    pub(crate) fn learn(
        &mut self,
        lesson: Lesson,
        study: &str,
        programs: Option<&Arc<dyn Programs>>,
    ) -> Result<&mut Built, SessionError> {
        let Lesson { space, observed, wanted } = lesson;
        let mut built = match (wanted, self.built.take()) {
            (None, Some(built)) => built,
            (wanted, _) => {
                let sampler = wanted.unwrap_or_default().build(&space, programs);
                let sampler =
                    sampler.map_err(|source| SessionError::Search { study: study.to_owned(), source })?;
                Built { space, sampler }
            }
        };
        built.sampler.learn(&observed);
        Ok(self.built.insert(built))
    }

    /// Others came between: what was learned in advance is not what happened. The sampler is built anew from the
    /// history, and the next decisions are made without learning in advance.
    pub(crate) fn forget(&mut self, state: &mut State) {
        const MOST: u32 = 4096;
        self.built = None;
        state.stop_feed();
        self.penalty = (2 * self.penalty).clamp(16, MOST);
        self.cautious = self.penalty;
    }
}

/// In define-by-run studies the space grows with the suggestions.
fn is_current(space: &Arc<Space>, state: &State) -> bool {
    match &state.space {
        Some(declared) => Arc::ptr_eq(declared, space),
        None => space.parameters().len() == state.study.known_domains().len(),
    }
}
