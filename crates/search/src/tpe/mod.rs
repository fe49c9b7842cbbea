//! The tree-structured Parzen estimator.
//!
//! Trials are split into the better tenth and the rest; a density is estimated for each side, candidates are drawn
//! from the better one's, and the candidate with the greatest ratio of the two is proposed (Bergstra, Bardenet,
//! Bengio, Kégl 2011). Components and their defaults are those of Optuna 5.0.0, which Watanabe 2023
//! (arXiv:2304.11127) describes; where nothing else is said the densities are equal to its to 10⁻⁹.
//!
//! Parameters that are active under the same condition form a group with densities of its own, made of the trials
//! in which they are active: that is how the tree of a conditional space is searched.
//!
//! All is incremental: learning one more trial and proposing take a time that does not grow with the history.

mod axis;
mod cell_masses;
#[cfg(test)]
mod densities;
mod groups;
mod line_column;
mod members;
mod option_column;
mod order_column;
mod parzen;
mod ranking;
mod screen;
mod weights;

use std::collections::BTreeMap;
use std::sync::Arc;

use space::{Point, Scalar, Space, Stream};

use self::axis::Place;
use self::groups::Variable;
use self::members::Limit;
use self::parzen::Parzen;
use self::ranking::{Move, Ranking, Standing};
use crate::strategy::{Draft, Strategy, stream};
use crate::{Ask, Observed, Outcome, Purpose, SearchError, TpeOptions, TrialId};

/// The densities of the parameters that are active together.
#[derive(Clone, Debug)]
struct Group {
    better: Parzen,
    worse: Parzen,
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Tpe {
    options: TpeOptions,
    variables: Vec<Vec<Variable>>,
    /// Empty until the first decision tells the study's seed, which the choice of old trials hangs on.
    groups: Vec<Group>,
    /// What was learned before that.
    backlog: Vec<Observed>,
    running: BTreeMap<TrialId, Arc<Point>>,
    ranking: Ranking,
    ended: u64,
}

impl Tpe {
    pub(crate) fn new(space: &Space, options: TpeOptions) -> Result<Self, SearchError> {
        let wrong = |what: &str| Err(SearchError::Unsuitable(format!("sampler tpe: {what}")));
        if options.n_ei_candidates == 0 {
            return wrong("n_ei_candidates is 0; at least 1 candidate is needed");
        }
        if !(options.prior_weight >= 0.0 && options.prior_weight.is_finite()) {
            return wrong("prior_weight is not a number ≥ 0");
        }
        if options.history == 1 {
            return wrong("history is 1; use at least 2, or 0 for all trials");
        }
        Ok(Tpe {
            variables: groups::variables(space, options.multivariate),
            options,
            groups: Vec::new(),
            backlog: Vec::new(),
            running: BTreeMap::new(),
            ranking: Ranking::default(),
            ended: 0,
        })
    }

    /// Makes the densities once the seed is known, and catches up with what was learned before.
    fn start(&mut self, ask: &Ask<'_>) {
        if !self.groups.is_empty() || self.variables.is_empty() {
            return;
        }
        let total = self.options.history as usize;
        let limit = (total > 0).then(|| {
            let key = ask.stream(Purpose::History).next_u64();
            Limit { newest: total.div_ceil(2), total, key }
        });
        let group = |variables: &Vec<Variable>| Group {
            better: Parzen::new(variables, &self.options, true, None),
            worse: Parzen::new(variables, &self.options, false, limit),
        };
        self.groups = self.variables.iter().map(group).collect();
        for event in std::mem::take(&mut self.backlog) {
            self.take_in(&event);
        }
    }

    fn take_in(&mut self, event: &Observed) {
        match event {
            Observed::Created { trial, point, .. } => {
                if self.options.constant_liar {
                    self.groups.iter_mut().for_each(|g| g.worse.insert(*trial, point, false));
                }
                self.running.insert(*trial, point.clone());
            }
            Observed::Ended { trial, outcome } => {
                if let Some(point) = self.running.remove(trial) {
                    self.end(*trial, point, outcome);
                }
            }
            Observed::Reported { .. } => {}
        }
    }

    fn end(&mut self, trial: TrialId, point: Arc<Point>, outcome: &Outcome) {
        self.ended += 1;
        for group in &mut self.groups {
            if !group.worse.end(trial) {
                group.worse.insert(trial, &point, true);
            }
        }
        let Some(standing) = Standing::of(outcome) else { return };
        for change in self.ranking.insert(standing, trial, point) {
            for Group { better, worse } in &mut self.groups {
                let (from, to, trial, point) = match &change {
                    Move::Promoted(trial, point) => (&mut *worse, &mut *better, *trial, point),
                    Move::Demoted(trial, point) => (better, worse, *trial, point),
                };
                from.remove(trial);
                to.insert(trial, point, true);
            }
        }
    }

    /// Candidates of each group, the best first.
    fn candidates(&mut self, stream: &mut Stream) -> Vec<Vec<Vec<(usize, Scalar)>>> {
        let count = self.options.n_ei_candidates;
        self.groups
            .iter_mut()
            .map(|group| {
                let mut scored: Vec<(f64, Vec<(usize, Scalar)>)> =
                    (0..count).map(|_| group.candidate(stream)).collect();
                // Stable: of equals the first drawn.
                scored.sort_by(|a, b| b.0.total_cmp(&a.0));
                scored.into_iter().map(|(_, values)| values).collect()
            })
            .collect()
    }
}

impl Group {
    /// Draws one candidate: the logarithm of its ratio of densities, and its values by parameter.
    fn candidate(&mut self, stream: &mut Stream) -> (f64, Vec<(usize, Scalar)>) {
        let (places, values): (Vec<Place>, Vec<(usize, Scalar)>) =
            self.better.draw(stream).into_iter().unzip();
        let score = self.better.log_density(&places) - self.worse.log_density(&places);
        (if score.is_nan() { f64::NEG_INFINITY } else { score }, values)
    }
}

impl Strategy for Tpe {
    fn learn(&mut self, events: &[Observed]) {
        if self.variables.is_empty() {
            return;
        }
        if self.groups.is_empty() {
            self.backlog.extend(events.iter().filter(|e| !matches!(e, Observed::Reported { .. })).cloned());
            return;
        }
        events.iter().for_each(|event| self.take_in(event));
    }

    fn draw(
        &mut self,
        ask: &Ask<'_>,
        attempt: u32,
        accept: &dyn Fn(&Point) -> bool,
    ) -> Result<Draft, SearchError> {
        self.start(ask);
        let mut stream = stream(ask, attempt);
        let startup = self.ended < u64::from(self.options.n_startup_trials);
        // The values that the model proposes, best first: one for each group, put together by rank.
        let (candidates, count) = if startup {
            (self.believed_values(&mut stream), 1)
        } else {
            (self.candidates(&mut stream), self.options.n_ei_candidates as usize)
        };
        for rank in 0..count {
            let mut proposed: Vec<Option<Scalar>> = vec![None; ask.space.parameters().len()];
            for (i, value) in candidates.iter().filter_map(|group| group.get(rank)).flatten() {
                proposed[*i] = Some(value.clone());
            }
            let point = ask.space.complete(|i, _| match proposed[i].take() {
                Some(value) => value,
                None => ask.space.parameters()[i].domain.sample(&mut stream),
            });
            if accept(&point) {
                return Ok(Draft::Point(point, None));
            }
        }
        Ok(Draft::Refused)
    }
}

impl Tpe {
    /// Before enough is known: a draw where a person has said where good values lie, nothing elsewhere.
    fn believed_values(&self, stream: &mut Stream) -> Vec<Vec<Vec<(usize, Scalar)>>> {
        self.variables
            .iter()
            .flatten()
            .filter_map(|v| v.draw_believed(stream))
            .map(|v| vec![vec![v]])
            .collect()
    }
}
