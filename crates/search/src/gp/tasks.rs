//! What is modelled: each objective, each constraint, and what trials cost.

use std::sync::Arc;

use space::Space;

use super::choice::{Transforms, Ways, choose};
use super::design::Design;
use super::fit::Fit;
use super::history::{History, Told, keep};
use super::layout::{Layout, Row};
use super::model::Model;
use super::values::{self, Prepared};
use crate::{Outcome, TrialId};

/// So many trials say nothing yet of what others would cost.
const FEW_COSTS: usize = 3;

/// What a task is for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Role {
    Objective,
    /// Where its limit lies among the transformed values.
    Constraint(f64),
    /// ln of the cost: one unit of the transformed values is so many of it.
    Cost(f64),
}

/// One thing to model.
pub(crate) struct Task {
    design: Design,
    values: Prepared,
    /// As they were told.
    raw: Vec<f64>,
    /// How good the trials are, where some are chosen; less is better.
    standing: Vec<f64>,
    noise_weights: Vec<f64>,
    /// The noise's variance in units of the prepared values, as repetitions show it.
    variance: Option<f64>,
    transforms: Transforms,
    pub(crate) role: Role,
    trials: Vec<TrialId>,
}

impl Task {
    /// The fit to at most `most` rows.
    pub(crate) fn fit(
        &self,
        layout: &Layout,
        before: Option<&Fit>,
        warp: bool,
        most: usize,
        key: u64,
    ) -> Fit {
        let ways = Ways { transforms: self.transforms, warp };
        let rows = keep(&self.standing, &self.trials, most, key);
        if rows.len() == self.raw.len() {
            return choose(
                layout,
                &self.design,
                &self.values,
                (&self.noise_weights, self.variance),
                before,
                ways,
            );
        }
        let few: Vec<Row> = rows.iter().map(|i| self.design.rows[*i].clone()).collect();
        let raw: Vec<f64> = rows.iter().map(|i| self.raw[*i]).collect();
        let weights: Vec<f64> = rows.iter().map(|i| self.noise_weights[*i]).collect();
        let design = Design::of(layout, &few);
        choose(layout, &design, &Prepared::new(&raw), (&weights, self.variance), before, ways)
    }

    pub(crate) fn model(&self, layout: &Arc<Layout>, fit: &Fit, pending: &[Row]) -> Option<Model> {
        let values = self.values.transformed(fit.transform);
        Model::new(layout, &self.design, &values, &self.noise_weights, fit, pending)
    }
}

/// The objectives with all trials, then each constraint with those that say how it was kept, then the cost with those whose
/// cost is known, where it differs.
pub(crate) fn tasks(
    layout: &Layout,
    space: &Space,
    known: &[Told<'_>],
    standing: &[f64],
    history: &History,
    objectives: usize,
) -> Vec<Task> {
    let rows: Vec<Row> = known.iter().map(|told| layout.row(space, told.point)).collect();
    let weight = |told: &Told<'_>| 1.0 / told.repetitions as f64;
    let objective = |k: usize| {
        let raw = objective(known, k);
        let values = Prepared::new(&raw);
        Task {
            design: Design::of(layout, &rows),
            variance: history.repetition_variance(k).map(|variance| values.in_units(variance)),
            values,
            standing: if objectives == 1 { raw.clone() } else { standing.to_vec() },
            raw,
            noise_weights: known.iter().map(weight).collect(),
            // A bend would change what a front's volume means.
            transforms: if objectives == 1 { Transforms::Any } else { Transforms::Standard },
            role: Role::Objective,
            trials: known.iter().map(|told| told.trial).collect(),
        }
    };
    // Of a task that not all trials say something of: those that do.
    let partly = |told: &[usize], raw: Vec<f64>, values, role| Task {
        design: Design::of(layout, told.iter().map(|i| &rows[*i])),
        variance: None,
        values,
        standing: raw.clone(),
        raw,
        noise_weights: told.iter().map(|i| weight(&known[*i])).collect(),
        transforms: Transforms::Standard,
        role,
        trials: told.iter().map(|i| known[*i].trial).collect(),
    };
    let constraint = |c: usize| {
        let said = known.iter().enumerate().filter_map(|(i, told)| Some((i, told.violation(c)?)));
        let (told, raw): (Vec<usize>, Vec<f64>) = said.unzip();
        let (values, limit) = values::around_zero(&raw);
        partly(&told, raw, values, Role::Constraint(limit))
    };
    let cost = || {
        let said = known.iter().enumerate().filter_map(|(i, told)| Some((i, told.log_cost?)));
        let (told, raw): (Vec<usize>, Vec<f64>) = said.unzip();
        if raw.len() < FEW_COSTS || raw.iter().all(|cost| *cost == raw[0]) {
            return None;
        }
        let (values, spread) = values::logarithms(&raw);
        Some(partly(&told, raw, values, Role::Cost(spread)))
    };
    let constraints = known.iter().map(Told::constraints).max().unwrap_or(0);
    (0..objectives).map(objective).chain((0..constraints).map(constraint)).chain(cost()).collect()
}

/// An objective's values: what failed is the worst, what was pruned is no better than the median of what is complete.
fn objective(known: &[Told<'_>], k: usize) -> Vec<f64> {
    let mut complete: Vec<f64> = known.iter().filter_map(|told| told.value(k)).collect();
    complete.sort_by(f64::total_cmp);
    let median = complete.get(complete.len() / 2).copied().unwrap_or(0.0);
    let value = |told: &Told<'_>| match &*told.outcome {
        Outcome::Complete { values, .. } => values.get(k).copied().unwrap_or(f64::INFINITY),
        Outcome::Pruned { value: Some(value), .. } if !value.is_nan() && k == 0 => value.max(median),
        Outcome::Pruned { .. } => median,
        Outcome::Failed => f64::INFINITY,
    };
    known.iter().map(value).collect()
}
