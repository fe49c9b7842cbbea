//! Bayesian optimisation with Gaussian processes.
//!
//! A process is fitted to what is known ([`fit`], [`kernel`]) after a transform that makes the values look normal
//! ([`values`]); the point where it promises most ([`acquisition`]) is searched for ([`suggest`]). The parts are the best known
//! ones, each named with its source where it stands; the whole follows BoTorch's and HEBO's practice.
//!
//! **History** (invariant HISTORY). Hyper-parameters are fitted at certain numbers of ended trials ([`choice::next_fit`]) and
//! go into the memo of the trial that was decided with them; replay reads them. All else is computed anew in each ask,
//! in an order that does not depend on how the history was told, from at most [`GpOptions::history`] trials.
//!
//! The parts are also what `auto` is made of: [`Layout`], [`Design`] and [`Prepared`] say what is known, [`choose`] fits,
//! [`Model`] predicts, [`Goal`] scores and [`suggest`] searches, everywhere or in a [`Region`].

mod acquisition;
mod choice;
mod design;
mod fit;
mod goal;
mod history;
mod kernel;
mod layout;
mod model;
mod options;
mod suggest;
mod trust_region;
mod values;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;
use space::{Point, Space};

pub(crate) use self::choice::{MOST_ROWS, Transforms, choose, next_fit};
pub(crate) use self::design::Design;
pub(crate) use self::fit::Fit;
pub(crate) use self::goal::{Aim, Beliefs, Goal};
use self::history::{History, Told, keep};
pub(crate) use self::layout::{Layout, Row};
pub(crate) use self::model::Model;
pub use self::options::GpOptions;
pub(crate) use self::suggest::{Region, Search, suggest};
pub(crate) use self::trust_region::TrustRegion;
pub(crate) use self::values::Prepared;
use crate::sobol::directions::{MOST_DIMENSIONS, Sequence};
use crate::sobol::scramble::Scramble;
use crate::strategy::{Draft, Strategy, stream};
use crate::{Ask, Observed, Outcome, Purpose, SearchError};

/// The key in a memo under which the fit of a decision stands.
const MEMO: &str = "gp";
/// Pending trials that a model is told of at most.
const MOST_PENDING: usize = 200;

/// What a memo holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Fitted {
    /// To how many trials.
    trials: usize,
    /// Of the objective, then of each constraint.
    fits: Vec<Fit>,
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Gp {
    options: GpOptions,
    layout: Arc<Layout>,
    sequence: Option<Sequence>,
    history: History,
}

impl Gp {
    pub(crate) fn new(space: &Space, options: GpOptions) -> Result<Self, SearchError> {
        let wrong = |what: &str| Err(SearchError::Unsuitable(format!("sampler gp: {what}")));
        if options.history < 20 {
            return wrong("history is below 20; a model of so few trials knows nothing");
        }
        if options.n_startup_trials == Some(0) {
            return wrong("n_startup_trials is 0; at least 1 trial comes before the model");
        }
        let layout = Layout::new(space);
        let sequence = (layout.width <= MOST_DIMENSIONS).then(|| Sequence::new(layout.width)).transpose()?;
        Ok(Gp { options, layout: Arc::new(layout), sequence, history: History::default() })
    }

    fn startup(&self) -> usize {
        let usual = (self.layout.dimensions() + 2).clamp(5, 12);
        self.options.n_startup_trials.map_or(usual, |n| n as usize)
    }

    /// A point of the first trials: the defaults where the space has some, else the centre; then Sobol's sequence, scrambled.
    fn first_points(&self, ask: &Ask<'_>, attempt: u32, accept: &dyn Fn(&Point) -> bool) -> Draft {
        let created = self.history.trials.len() as u32;
        let Some(sequence) = &self.sequence else {
            let point = ask.space.sample(&mut stream(ask, attempt));
            return if accept(&point) { Draft::Point(point, None) } else { Draft::Refused };
        };
        if created == 0 && attempt == 0 {
            let centre = vec![0.5; self.layout.width];
            let own = ask.space.decode(&centre);
            let parameters = ask.space.parameters();
            let point = ask.space.complete(|i, _| {
                let known = parameters[i].default.clone().or_else(|| own.get(i).cloned());
                known.unwrap_or_else(|| parameters[i].domain.nth(&0u32.into()))
            });
            if accept(&point) {
                return Draft::Point(point, None);
            }
        }
        let scramble = Scramble::new(ask.stream(Purpose::Study).next_u64());
        let words = sequence.point(created.wrapping_add(attempt)).enumerate();
        let units: Vec<f64> = words.map(|(d, word)| scramble.apply(d, word)).collect();
        let point = ask.space.decode(&units);
        if accept(&point) { Draft::Point(point, None) } else { Draft::Refused }
    }

    /// What the models are made of: the trials that count, thinned where they are many.
    fn known(&self, ask: &Ask<'_>) -> Vec<Told<'_>> {
        let all: Vec<Told<'_>> = self.history.told().collect();
        let standing: Vec<f64> = all
            .iter()
            .map(|told| match told.outcome {
                Outcome::Complete { values, violations } => {
                    let violation: f64 = violations.iter().filter(|v| **v > 0.0).sum();
                    if violation > 0.0 {
                        f64::INFINITY
                    } else {
                        values.first().copied().unwrap_or(f64::INFINITY)
                    }
                }
                Outcome::Pruned { .. } | Outcome::Failed => f64::INFINITY,
            })
            .collect();
        let trials: Vec<_> = all.iter().map(|told| told.trial).collect();
        let key = ask.stream(Purpose::History).next_u64();
        let kept = keep(&standing, &trials, self.options.history as usize, key);
        kept.into_iter().map(|i| all[i].clone()).collect()
    }

    /// The fits that this decision works with, and whether they are new.
    fn fitted(&self, ask: &Ask<'_>, tasks: &[Task]) -> (Fitted, bool) {
        let last: Option<Fitted> =
            self.history.memo.as_ref().and_then(|memo| serde_json::from_value(memo.clone()).ok());
        let trials = self.history.ended;
        if let Some(last) = &last
            && trials < next_fit(last.trials)
            && last.fits.len() == tasks.len()
        {
            return (last.clone(), false);
        }
        let key = ask.stream(Purpose::History).next_u64();
        let fit = |(k, task): (usize, &Task)| {
            let before = last.as_ref().and_then(|last| last.fits.get(k));
            task.fit(&self.layout, before, key)
        };
        (Fitted { trials, fits: tasks.iter().enumerate().map(fit).collect() }, true)
    }

    fn by_model(
        &self,
        ask: &Ask<'_>,
        accept: &dyn Fn(&Point) -> bool,
    ) -> Option<(Point, Option<serde_json::Value>)> {
        let known = self.known(ask);
        let tasks = tasks(&self.layout, ask.space, &known, &self.history);
        let (fitted, new) = self.fitted(ask, &tasks);
        let row = |point: &Arc<Point>| self.layout.row(ask.space, point);
        let pending: Vec<Row> = self.history.running(MOST_PENDING).into_iter().map(row).collect();
        let mut parts = Vec::new();
        for (k, (task, fit)) in tasks.iter().zip(&fitted.fits).enumerate() {
            let model = task.model(&self.layout, fit, &pending)?;
            parts.push((model, Aim::Below(if k == 0 { 0.0 } else { task.limit })));
        }
        // The incumbent: the best mean that is predicted for a trial that keeps the constraints, or for a pending one.
        let means = parts[0].0.means_at_design();
        let mut order: Vec<usize> = (0..known.len()).filter(|i| known[*i].is_feasible()).collect();
        let feasible = !order.is_empty();
        if !feasible {
            order = (0..known.len()).collect();
        }
        order.sort_by(|i, j| means[*i].total_cmp(&means[*j]).then(i.cmp(j)));
        let best = means[order[0]];
        let best = means[known.len()..].iter().copied().fold(best, f64::min);
        let seeds: Vec<Vec<f64>> = order.iter().take(5).map(|i| self.encode(ask, known[*i].point)).collect();
        parts[0].1 = Aim::Improve(best);
        let scales = parts[0].0.lengths();
        if !feasible && parts.len() > 1 {
            parts.remove(0);
        }
        let region = self.region(&known, &seeds[0], &scales);
        let beliefs = Beliefs::new(ask.space, &self.layout, self.history.ended);
        let goal = Goal { parts, beliefs };
        let search = Search {
            space: ask.space,
            layout: &self.layout,
            sequence: self.sequence.as_ref(),
            goal: &goal,
            seeds: &seeds,
            region: region.as_ref(),
        };
        let (point, _) = suggest(&search, &mut ask.stream(Purpose::Propose), accept)?;
        Some((point, new.then(|| json!({ MEMO: fitted }))))
    }

    fn encode(&self, ask: &Ask<'_>, point: &Point) -> Vec<f64> {
        let mut units = vec![0.0; self.layout.width];
        ask.space.encode(point, &mut units);
        units
    }

    fn region(&self, known: &[Told<'_>], centre: &[f64], scales: &[f64]) -> Option<Region> {
        if !self.options.trust_region {
            return None;
        }
        let value = |told: &Told<'_>| {
            let feasible = if told.is_feasible() { told.value(0) } else { None };
            feasible.filter(|v| v.is_finite()).unwrap_or(f64::INFINITY)
        };
        let mut sorted: Vec<f64> = known.iter().map(value).filter(|v| v.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let scale = sorted.first().map_or(1.0, |best| sorted[sorted.len() / 2] - best);
        let mut trust = TrustRegion::new(self.layout.dimensions());
        known.iter().skip(self.startup()).for_each(|told| trust.learn(value(told), scale));
        Some(trust.region(&self.layout, centre, scales))
    }
}

impl Strategy for Gp {
    fn learn(&mut self, events: &[Observed]) {
        self.history.learn(events, MEMO);
    }

    fn draw(
        &mut self,
        ask: &Ask<'_>,
        attempt: u32,
        accept: &dyn Fn(&Point) -> bool,
    ) -> Result<Draft, SearchError> {
        if self.history.complete < self.startup() || self.layout.variables.is_empty() {
            return Ok(self.first_points(ask, attempt, accept));
        }
        if attempt == 0
            && let Some((point, memo)) = self.by_model(ask, accept)
        {
            return Ok(Draft::Point(point, memo));
        }
        let point = ask.space.sample(&mut stream(ask, attempt));
        Ok(if accept(&point) { Draft::Point(point, None) } else { Draft::Refused })
    }
}

/// One thing to model: the objective, or a constraint.
struct Task {
    design: Design,
    /// Which of the known trials its rows are, and how they stand, for a choice among them.
    values: Prepared,
    raw: Vec<f64>,
    noise_weights: Vec<f64>,
    transforms: Transforms,
    /// Where a constraint's limit lies among the transformed values.
    limit: f64,
    trials: Vec<crate::TrialId>,
}

impl Task {
    fn fit(&self, layout: &Layout, before: Option<&Fit>, key: u64) -> Fit {
        let rows = keep(&self.raw, &self.trials, MOST_ROWS, key);
        if rows.len() == self.raw.len() {
            return choose(layout, &self.design, &self.values, &self.noise_weights, before, self.transforms);
        }
        let few: Vec<Row> = rows.iter().map(|i| self.design.row(*i)).collect();
        let raw: Vec<f64> = rows.iter().map(|i| self.raw[*i]).collect();
        let weights: Vec<f64> = rows.iter().map(|i| self.noise_weights[*i]).collect();
        let design = Design::of(layout, &few);
        choose(layout, &design, &Prepared::new(&raw), &weights, before, self.transforms)
    }

    fn model(&self, layout: &Arc<Layout>, fit: &Fit, pending: &[Row]) -> Option<Model> {
        let values = self.values.transformed(fit.transform);
        Model::new(layout, &self.design, &values, &self.noise_weights, fit, pending)
    }
}

/// What is modelled: the objective with all trials, then each constraint with those that say how it was kept.
fn tasks(layout: &Layout, space: &Space, known: &[Told<'_>], history: &History) -> Vec<Task> {
    let _ = history;
    let rows: Vec<Row> = known.iter().map(|told| layout.row(space, told.point)).collect();
    let constraints = known.iter().map(|told| match told.outcome {
        Outcome::Complete { violations, .. } => violations.len(),
        _ => 0,
    });
    let constraints = constraints.max().unwrap_or(0);
    let raw = objective(known);
    let mut tasks = vec![Task {
        design: Design::of(layout, &rows),
        values: Prepared::new(&raw),
        raw,
        noise_weights: known.iter().map(|told| 1.0 / told.repetitions as f64).collect(),
        transforms: Transforms::Any,
        limit: 0.0,
        trials: known.iter().map(|told| told.trial).collect(),
    }];
    for c in 0..constraints {
        let told: Vec<usize> = (0..known.len()).filter(|i| known[*i].violation(c).is_some()).collect();
        let raw: Vec<f64> = told.iter().filter_map(|i| known[*i].violation(c)).collect();
        let (bent, limit) = values::around_zero(&raw);
        tasks.push(Task {
            design: Design::of(layout, told.iter().map(|i| &rows[*i])),
            values: bent,
            raw,
            noise_weights: told.iter().map(|i| 1.0 / known[*i].repetitions as f64).collect(),
            transforms: Transforms::Standard,
            limit,
            trials: told.iter().map(|i| known[*i].trial).collect(),
        });
    }
    tasks
}

/// The objective's values: what failed is the worst, what was pruned is no better than the median of what is complete.
fn objective(known: &[Told<'_>]) -> Vec<f64> {
    let mut complete: Vec<f64> = known.iter().filter_map(|told| told.value(0)).collect();
    complete.sort_by(f64::total_cmp);
    let median = complete.get(complete.len() / 2).copied().unwrap_or(0.0);
    let value = |told: &Told<'_>| match told.outcome {
        Outcome::Complete { values, .. } => values.first().copied().unwrap_or(f64::INFINITY),
        Outcome::Pruned { value: Some(value), .. } if !value.is_nan() => value.max(median),
        Outcome::Pruned { .. } => median,
        Outcome::Failed => f64::INFINITY,
    };
    known.iter().map(value).collect()
}
