//! The better trials and the others, of one objective or several.

use std::sync::Arc;

use space::Point;

use super::fronts::{Fronts, values_of};
use super::parzen::Parzen;
use super::ranking::{Move, Ranked, Ranking};
use super::rules::TpeRules;
use crate::standing::Standing;
use crate::{Outcome, TrialId};

/// Who is among the better ones.
#[derive(Clone, Debug)]
pub(crate) enum Split {
    /// By the value.
    One(Ranking),
    /// By fronts.
    Several(Fronts),
}

impl Split {
    pub(crate) fn new(objectives: usize, rules: Option<Arc<TpeRules>>) -> Self {
        if objectives > 1 { Split::Several(Fronts::new(rules)) } else { Split::One(Ranking::new(rules)) }
    }

    /// The density of the better ones with the weights that they have: of one objective older trials fade, of several a
    /// place on the front does not age.
    pub(crate) fn weighted(&self, density: Parzen) -> Parzen {
        match self {
            Split::One(_) => density,
            Split::Several(_) => density.weighted_evenly(),
        }
    }

    /// Takes in a trial that ended, and says who changed sides.
    pub(crate) fn insert(
        &mut self,
        standing: Standing,
        outcome: &Outcome,
        trial: TrialId,
        point: Arc<Point>,
    ) -> Vec<Move> {
        match self {
            Split::One(ranking) => ranking.insert(standing, trial, point),
            Split::Several(fronts) => {
                let values = match outcome {
                    Outcome::Complete { values, .. } => values_of(&standing, values),
                    Outcome::Pruned { .. } | Outcome::Failed => None,
                };
                fronts.insert(Ranked { standing, trial, point }, values.as_deref())
            }
        }
    }

    /// Takes in how a trial ended again that had stood at `was`, and says who changed sides. Of several objectives the first
    /// ending stands: no rule lets trials go on by more than one.
    pub(crate) fn restate(
        &mut self,
        was: Option<Standing>,
        standing: Option<Standing>,
        trial: TrialId,
        point: Arc<Point>,
    ) -> Vec<Move> {
        match self {
            Split::One(ranking) => ranking.restate(was, standing, trial, point),
            Split::Several(_) => Vec::new(),
        }
    }

    /// A trial that is remembered with where it stands, and may be restated.
    pub(crate) fn find(&self, trial: TrialId) -> Option<&Ranked> {
        match self {
            Split::One(ranking) => ranking.find(trial),
            Split::Several(_) => None,
        }
    }
}
