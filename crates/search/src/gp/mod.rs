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
mod tasks;
mod trust_region;
mod values;
mod volume;
mod warp;

use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::json;
use space::{Point, Space};

#[allow(unused_imports, reason = "parts that `auto` is made of")]
pub(crate) use self::choice::{MOST_ROWS, Transforms, Ways, choose, next_fit};
#[allow(unused_imports, reason = "parts that `auto` is made of")]
pub(crate) use self::design::Design;
pub(crate) use self::fit::Fit;
pub(crate) use self::goal::{Aim, Beliefs, Goal};
pub(crate) use self::history::View;
use self::history::{History, Told, keep};
pub(crate) use self::layout::{Layout, Row};
pub(crate) use self::model::Model;
pub use self::options::GpOptions;
pub(crate) use self::suggest::{Region, Search, suggest};
use self::tasks::{Role, Task, tasks};
pub(crate) use self::trust_region::TrustRegion;
#[allow(unused_imports, reason = "parts that `auto` is made of")]
pub(crate) use self::values::Prepared;
use self::volume::{Beyond, Gains};
use crate::opening;
use crate::pareto::{crowding, ranks};
use crate::sobol::directions::{MOST_DIMENSIONS, Sequence};
use crate::sobol::scramble::Scramble;
use crate::strategy::{Draft, Strategy, stream};
use crate::{Ask, Observed, Purpose, SearchError};

/// The key in a memo under which the fit of a decision stands.
const MEMO: &str = "gp";
/// Pending trials that a model is told of at most.
const MOST_PENDING: usize = 200;

/// With several objectives one trial in so many is looked for far from the front's ends too.
const WIDE: usize = 8;
/// Cells of what a front leaves open are too many beyond.
const MOST_OBJECTIVES: usize = 4;

/// What a memo holds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Fitted {
    /// To how many trials.
    trials: usize,
    /// And to which of their values.
    #[serde(default = "outcomes", skip_serializing_if = "is_outcomes")]
    view: View,
    /// Of the objectives, then of the constraints, then of the cost.
    fits: Vec<Fit>,
}

fn outcomes() -> View {
    View::Outcomes
}

fn is_outcomes(view: &View) -> bool {
    *view == View::Outcomes
}

/// See the module.
#[derive(Clone, Debug)]
pub(crate) struct Gp {
    options: GpOptions,
    layout: Arc<Layout>,
    sequence: Option<Sequence>,
    objectives: usize,
    /// Fits are made to at most so many trials.
    fitted_to: usize,
    history: History,
}

impl Gp {
    pub(crate) fn new(space: &Space, objectives: usize, options: GpOptions) -> Result<Self, SearchError> {
        let wrong = |what: &str| Err(SearchError::Unsuitable(format!("sampler gp: {what}")));
        if options.history < 20 {
            return wrong("history is below 20; a model of so few trials knows nothing");
        }
        if options.n_startup_trials == Some(0) {
            return wrong("n_startup_trials is 0; at least 1 trial comes before the model");
        }
        if objectives > MOST_OBJECTIVES {
            let message =
                format!("is for at most {MOST_OBJECTIVES} objectives, and the study has {objectives}");
            return wrong(&message);
        }
        let layout = Layout::new(space);
        let sequence = (layout.width <= MOST_DIMENSIONS).then(|| Sequence::new(layout.width)).transpose()?;
        let (layout, history) = (Arc::new(layout), History::default());
        Ok(Gp { options, layout, sequence, objectives, fitted_to: MOST_ROWS, history })
    }

    /// Fits to fewer trials: most of the time of an ask that fits goes there.
    pub(crate) fn fitted_to(self, most: usize) -> Self {
        Gp { fitted_to: most, ..self }
    }

    /// What a model can be made of now; `None` before there are results enough.
    pub(crate) fn view(&self) -> Option<View> {
        self.history.view(self.startup())
    }

    fn startup(&self) -> usize {
        let usual = || opening::results(self.layout.dimensions());
        self.options.n_startup_trials.map_or_else(usual, |n| n as usize)
    }

    /// A point of the first trials: [`opening::point`], then Sobol's sequence, scrambled.
    fn first_points(&self, ask: &Ask<'_>, attempt: u32, accept: &dyn Fn(&Point) -> bool) -> Draft {
        let created = self.history.trials.len() as u32;
        let Some(sequence) = &self.sequence else {
            let point = ask.space.sample(&mut stream(ask, attempt));
            return if accept(&point) { Draft::Point(point, None) } else { Draft::Refused };
        };
        if created == 0 && attempt == 0 {
            let point = opening::point(ask.space);
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
    fn known(&self, ask: &Ask<'_>, view: View) -> Vec<Told<'_>> {
        let all: Vec<Told<'_>> = self.history.told(view).collect();
        if all.len() <= self.options.history as usize {
            return all;
        }
        let standing = self.standing(&all);
        let trials: Vec<_> = all.iter().map(|told| told.trial).collect();
        let key = ask.stream(Purpose::History).next_u64();
        let kept = keep(&standing, &trials, self.options.history as usize, key);
        kept.into_iter().map(|i| all[i].clone()).collect()
    }

    /// How good each trial is, less is better: its value, or its rank where there are several objectives.
    fn standing(&self, all: &[Told<'_>]) -> Vec<f64> {
        let feasible = |told: &Told<'_>, k| if told.is_feasible() { told.value(k) } else { None };
        let value = |told: &Told<'_>, k| feasible(told, k).filter(|v| !v.is_nan()).unwrap_or(f64::INFINITY);
        if self.objectives == 1 {
            return all.iter().map(|told| value(told, 0)).collect();
        }
        let points: Vec<Vec<f64>> =
            all.iter().map(|told| (0..self.objectives).map(|k| value(told, k)).collect()).collect();
        ranks(&points).into_iter().map(f64::from).collect()
    }

    /// The fits that this decision works with, and whether they are new.
    fn fitted(&self, ask: &Ask<'_>, tasks: &[Task], view: View) -> (Fitted, bool) {
        let read = |memo: &serde_json::Value| serde_json::from_value(memo.clone()).ok();
        let last = self.history.memo.as_ref().and_then(read);
        let last = last.filter(|last: &Fitted| last.fits.iter().all(|fit| fit.is_of(&self.layout)));
        let trials = self.history.ended;
        if let Some(last) = &last
            && trials < next_fit(last.trials)
            && last.view == view
            && last.fits.len() == tasks.len()
        {
            return (last.clone(), false);
        }
        let key = ask.stream(Purpose::History).next_u64();
        let fit = |(k, task): (usize, &Task)| {
            let before = last.as_ref().and_then(|last| last.fits.get(k));
            task.fit(&self.layout, before, self.options.warp, self.fitted_to, key)
        };
        (Fitted { trials, view, fits: tasks.iter().enumerate().map(fit).collect() }, true)
    }

    /// What the models of a view propose, in a box around the best trial where `near`, else anywhere; and what the memo of the
    /// decision must hold. Asked only once there are results.
    pub(crate) fn by_model(
        &self,
        ask: &Ask<'_>,
        accept: &dyn Fn(&Point) -> bool,
        near: bool,
        view: View,
    ) -> Option<(Point, Option<serde_json::Value>)> {
        let known = self.known(ask, view);
        let standing = self.standing(&known);
        let tasks = tasks(&self.layout, ask.space, &known, &standing, &self.history, self.objectives);
        let (fitted, new) = self.fitted(ask, &tasks, view);
        let row = |point: &Arc<Point>| self.layout.row(ask.space, point);
        let pending: Vec<Row> = self.history.running(view, MOST_PENDING).into_iter().map(row).collect();
        let models = tasks.iter().zip(&fitted.fits);
        let models: Option<Vec<Model>> =
            models.map(|(task, fit)| task.model(&self.layout, fit, &pending)).collect();
        let mut models = models?;
        let bounds = models.split_off(self.objectives);
        let scales = models[0].lengths();
        let parts = bounds.into_iter().zip(&tasks[self.objectives..]);
        let aim = |role: Role| match role {
            Role::Objective => None,
            Role::Constraint(limit) => Some(Aim::Below(limit)),
            Role::Cost(spread) => Some(Aim::Low(self.thrift(ask) * spread)),
        };
        let parts = parts.filter_map(|(model, task)| Some((model, aim(task.role)?))).collect();
        let beliefs = Beliefs::new(ask.space, &self.layout, self.history.ended);
        let mut goal = Goal { parts, beliefs, front: None };
        let order = self.aim(&mut goal, models, &known);
        let seeds: Vec<Vec<f64>> = order.iter().take(5).map(|i| self.encode(ask, known[*i].point)).collect();
        let region = near.then(|| self.region(&known, &seeds[0], &scales));
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

    /// Adds what the objectives are to reach: where no trial keeps the constraints yet, nothing; the known trials, those first
    /// near which it is worth looking.
    fn aim(&self, goal: &mut Goal, mut models: Vec<Model>, known: &[Told<'_>]) -> Vec<usize> {
        let mut order: Vec<usize> = (0..known.len()).filter(|i| known[*i].is_feasible()).collect();
        if order.is_empty() {
            // By the least violation, as it was told.
            let violation = |i: &usize| known[*i].total_violation();
            order = (0..known.len()).collect();
            order.sort_by(|i, j| violation(i).total_cmp(&violation(j)).then(i.cmp(j)));
            if goal.parts.is_empty() {
                goal.parts.push((models.swap_remove(0), Aim::Improve(0.0)));
            }
            return order;
        }
        let pending = known.len()..models[0].means_at_design().len();
        if models.len() == 1 {
            // The incumbent is the best mean that is predicted for a trial, or for a pending one.
            let model = models.swap_remove(0);
            let means = model.means_at_design();
            order.sort_by(|i, j| means[*i].total_cmp(&means[*j]).then(i.cmp(j)));
            let best = pending.map(|i| means[i]).fold(means[order[0]], f64::min);
            goal.parts.push((model, Aim::Improve(best)));
            return order;
        }
        let place = |i: usize| -> Vec<f64> { models.iter().map(|m| m.means_at_design()[i]).collect() };
        let places: Vec<Vec<f64>> = order.iter().map(|i| place(*i)).collect();
        let alone = crowding(&places);
        let rank = ranks(&places);
        let mut by_rank: Vec<usize> = (0..order.len()).collect();
        by_rank.sort_by(|i, j| rank[*i].cmp(&rank[*j]).then(alone[*j].total_cmp(&alone[*i])).then(i.cmp(j)));
        let all: Vec<Vec<f64>> = places.into_iter().chain(pending.map(place)).collect();
        let beyond = if self.history.trials.len() % WIDE == 1 { Beyond::All } else { Beyond::Front };
        goal.front = Some((models, Gains::new(&all, beyond)));
        by_rank.into_iter().map(|i| order[i]).collect()
    }

    /// How much a cheap trial is preferred: the exponent α of the cost by which the improvement is divided. It cools from 1 to 0
    /// as the budget is used up (Lee, Perrone, Archambeau, Seeger 2020, arXiv:2003.10870), so that the best is found in the
    /// end even where it is dear; without a budget it is 1 (Snoek, Larochelle, Adams 2012).
    fn thrift(&self, ask: &Ask<'_>) -> f64 {
        let used = |budget: u64| self.history.trials.len() as f64 / budget.max(1) as f64;
        ask.budget.map_or(1.0, |budget| (1.0 - used(budget)).max(0.0))
    }

    fn encode(&self, ask: &Ask<'_>, point: &Point) -> Vec<f64> {
        let mut units = vec![0.0; self.layout.width];
        ask.space.encode(point, &mut units);
        units
    }

    fn region(&self, known: &[Told<'_>], centre: &[f64], scales: &[f64]) -> Region {
        let value = |told: &Told<'_>| {
            let feasible = if told.is_feasible() { told.value(0) } else { None };
            feasible.filter(|v| v.is_finite()).unwrap_or(f64::INFINITY)
        };
        let mut sorted: Vec<f64> = known.iter().map(value).filter(|v| v.is_finite()).collect();
        sorted.sort_by(f64::total_cmp);
        let scale = sorted.first().map_or(1.0, |best| sorted[sorted.len() / 2] - best);
        let mut trust = TrustRegion::new(self.layout.dimensions());
        known.iter().skip(self.startup()).for_each(|told| trust.learn(value(told), scale));
        trust.region(&self.layout, centre, scales)
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
        let Some(view) = self.view().filter(|_| !self.layout.variables.is_empty()) else {
            return Ok(self.first_points(ask, attempt, accept));
        };
        if attempt == 0
            && let Some((point, memo)) = self.by_model(ask, accept, self.options.trust_region, view)
        {
            return Ok(Draft::Point(point, memo));
        }
        let point = ask.space.sample(&mut stream(ask, attempt));
        Ok(if accept(&point) { Draft::Point(point, None) } else { Draft::Refused })
    }
}
