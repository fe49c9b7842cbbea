//! Models where most trials end early.
//!
//! Two ways to predict what a trial would come to at its end compete. One model is made of the trials that came there alone
//! (as in Falkner, Klein, Hutter 2018, "BOHB", section 3.2, of the furthest step). The other is made of all that trials came
//! to on their way ([`seen`]), with how far they had come as one number more (as Kandasamy, Dasarathy, Schneider, Póczos
//! 2017, arXiv:1703.06240, have fidelities), so that what early values tell of the end, and where, is learned. Which one is
//! asked is decided at each fit by how well each tells the order of the ends, each trial's from the other trials: curves that
//! cross do not mislead for long.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::{Value, json};
use space::Point;

use super::fit::{Fit, left_out};
use super::history::{Told, View, keep};
use super::layout::{Layout, Row};
use super::marks::{Seen, seen};
use super::tasks::{Task, tasks};
use super::{Fitted, Gp, MEMO, MOST_PENDING, Modelled, next_fit};
use crate::{Ask, Purpose, TrialId};

impl Gp {
    /// What the better model proposes, in a box around the best trial where `near`, else anywhere; and what the memo of the
    /// decision must hold. `None` where too few trials have come to anything.
    pub(crate) fn by_steps(
        &self,
        ask: &Ask<'_>,
        accept: &dyn Fn(&Point) -> bool,
        near: bool,
    ) -> Option<(Point, Option<Value>)> {
        let known: Vec<Told<'_>> = self.history.told(View::Way).collect();
        if known.len() < self.startup() {
            return None;
        }
        let layout = &self.stepped;
        let ends = self.known(ask, View::Ends);
        let (tasks, fitted, new) = self.better(ask, &ends);
        let row = |point: &Arc<Point>| layout.row(ask.space, point);
        let pending: Vec<Row> = self.history.running(View::Ends, MOST_PENDING).into_iter().map(row).collect();
        let models: Option<Vec<_>> =
            tasks.iter().zip(&fitted.fits).map(|(task, fit)| task.model(layout, fit, &pending)).collect();
        let models = models?;
        let known = if fitted.view == View::Ends { ends.clone() } else { known };
        let rows: Vec<Row> = known.iter().map(|told| row(told.point)).chain(pending).collect();
        let means = vec![models[0].means(&rows)];
        let modelled = Modelled { layout, models, tasks: &tasks, known: &known, means, course: &ends };
        let point = self.promising(ask, accept, modelled, near)?;
        Some((point, new.then(|| json!({ MEMO: fitted }))))
    }

    /// What the model that is asked is made of, its fits, and whether these are new.
    fn better(&self, ask: &Ask<'_>, ends: &[Told<'_>]) -> (Vec<Task>, Fitted, bool) {
        let (layout, trials) = (&self.stepped, self.history.ended);
        let last = self.last(layout);
        let are_ends_enough = ends.len() >= self.startup();
        let holds =
            |last: &&Fitted| trials < next_fit(last.trials) && (are_ends_enough || last.view == View::Way);
        if let Some(last) = last.as_ref().filter(holds) {
            let tasks = self.tasks_of(ask, last.view, ends);
            if tasks.len() == last.fits.len() {
                return (tasks, last.clone(), false);
            }
        }
        let key = ask.stream(Purpose::History).next_u64();
        let fit = |view: View| {
            let tasks = self.tasks_of(ask, view, ends);
            let before = |k: usize| last.as_ref().filter(|last| last.view == view)?.fits.get(k);
            let fit = |(k, task): (usize, &Task)| {
                task.fit(layout, before(k), self.options.warp, self.fitted_to, key)
            };
            let fits = tasks.iter().enumerate().map(fit).collect();
            (tasks, Fitted { trials, view, fits }, true)
        };
        let way = fit(View::Way);
        if !are_ends_enough {
            return way;
        }
        let alone = fit(View::Ends);
        let order = |(tasks, fitted, _): &(Vec<Task>, Fitted, bool)| {
            order_told(layout, &tasks[0], &fitted.fits[0], ends)
        };
        if order(&alone) > order(&way) { alone } else { way }
    }

    /// The objective as a view has it; constraints and costs as the trials have them that came to their end.
    fn tasks_of(&self, ask: &Ask<'_>, view: View, ends: &[Told<'_>]) -> Vec<Task> {
        let layout = &self.stepped;
        let mut tasks = tasks(layout, ask.space, ends, &self.standing(ends), &self.history, 1);
        if view == View::Way {
            tasks[0] = self.on_the_way(ask);
        }
        tasks
    }

    /// The objective of all trials, at each mark that they came to. Where there are many values, those are kept first that
    /// trials came furthest with.
    fn on_the_way(&self, ask: &Ask<'_>) -> Task {
        let mut seen = seen(&self.history);
        seen.sort_by_key(|seen| seen.trial);
        let trials: Vec<TrialId> = seen.iter().map(|seen| seen.trial).collect();
        let standing: Vec<f64> = seen.iter().map(precedence).collect();
        let key = ask.stream(Purpose::History).next_u64();
        let kept = keep(&standing, &trials, self.options.history as usize, key);
        let kept: Vec<Seen> = kept.into_iter().map(|i| seen[i]).collect();
        let row = |seen: &Seen| {
            self.stepped.row_on_the_way(ask.space, &self.history.trials[&seen.trial].point, seen.share)
        };
        let rows: Vec<Row> = kept.iter().map(row).collect();
        Task::on_the_way(&self.stepped, &rows, &kept, kept.iter().map(precedence).collect())
    }
}

/// Which values are kept first: the furthest, and of these the best.
fn precedence(seen: &Seen) -> f64 {
    const FURTHER: f64 = 100.0;
    seen.value - FURTHER * seen.share
}

/// How well a fit tells the order of the ends, each from the other trials: Kendall's τ, −1 to 1.
fn order_told(layout: &Layout, task: &Task, fit: &Fit, ends: &[Told<'_>]) -> Option<f64> {
    let came_to: BTreeMap<TrialId, f64> =
        ends.iter().filter_map(|told| Some((told.trial, told.value(0)?))).collect();
    let pairs = task.with_fit(layout, fit, |sample, trials| {
        let predicted = left_out(sample, &fit.theta, trials)?;
        let at_end = |row: &Row| row.numbers.last().is_none_or(|share| *share >= 1.0);
        let values = sample.design.rows.iter().zip(trials).zip(predicted);
        let ends = values.filter(|((row, _), _)| at_end(row));
        let pairs = ends.filter_map(|((_, trial), predicted)| Some((predicted, *came_to.get(trial)?)));
        Some(pairs.collect::<Vec<_>>())
    });
    kendall(&pairs?)
}

fn kendall(pairs: &[(f64, f64)]) -> Option<f64> {
    let mut sum = 0.0;
    for (i, a) in pairs.iter().enumerate() {
        let product = |b: &(f64, f64)| (a.0 - b.0) * (a.1 - b.1);
        sum += pairs[..i].iter().map(product).filter(|p| *p != 0.0).map(f64::signum).sum::<f64>();
    }
    let count = pairs.len() * pairs.len().saturating_sub(1) / 2;
    (count > 0).then(|| sum / count as f64)
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use space::{Scalar, Space, Stream};

    use super::*;
    use crate::{DecisionId, GpOptions, Observed, Outcome};

    /// What trials come to: least at .7 of each of two parameters.
    fn end(x: &[f64]) -> f64 {
        x.iter().map(|x| (x - 0.7) * (x - 0.7)).sum()
    }

    /// After forty trials that have reported at steps 1 and 3, of which so many have come to their end at 9: what is proposed, and
    /// of which view.
    fn proposed(ends: u64, early: fn(f64) -> f64) -> (Vec<f64>, String) {
        let declared = json!({"x": {"float": [0.0, 1.0]}, "y": {"float": [0.0, 1.0]}});
        let space = Space::build(&serde_json::from_value(declared).unwrap(), &[]).unwrap();
        let mut gp = Gp::new(&space, 1, GpOptions::default()).unwrap();
        let mut stream = Stream::new(3, 0, 0);
        let place = |point: &Point| -> Vec<f64> {
            let number = |i| match point.get(i) {
                Some(Scalar::Float(x)) => *x,
                other => panic!("{other:?}"),
            };
            (0..2).map(number).collect()
        };
        for k in 0..40 {
            let (trial, point) = (TrialId(k), Arc::new(space.sample(&mut stream)));
            let value = end(&place(&point));
            let (decision, level, parent, memo) = (None, None, None, None);
            let reported =
                |step, value| Observed::Reported { trial, repetition: 0, step, values: vec![value] };
            let outcome = match k {
                k if k < ends => Outcome::Complete { values: vec![value], violations: vec![] },
                _ => Outcome::Pruned { step: 3, value: Some(early(value)) },
            };
            gp.history.learn(
                &[
                    Observed::Created { trial, decision, point, level, parent, memo },
                    reported(1, 5.0 + 2.0 * early(value)),
                    reported(3, early(value)),
                ],
                MEMO,
            );
            if k < ends {
                gp.history.learn(&[reported(9, value)], MEMO);
            }
            gp.history.learn(&[Observed::Ended { trial, outcome }], MEMO);
        }
        let ask = Ask { space: &space, seed: 5, decision: DecisionId(40), budget: None };
        let (point, memo) = gp.by_results(&ask, &|_| true, false).unwrap();
        (place(&point), memo.unwrap()[MEMO]["view"].as_str().unwrap().to_owned())
    }

    fn is_near_the_best(x: &[f64]) -> bool {
        end(x) < 0.02
    }

    #[test]
    fn what_trials_came_to_on_their_way_leads_where_it_tells_of_their_end() {
        for ends in [0, 3, 12] {
            let (x, view) = proposed(ends, |end| end + 0.1);
            assert!(is_near_the_best(&x) && view == "way", "{ends} ends: {x:?} by {view}");
        }
    }

    #[test]
    fn what_trials_came_to_on_their_way_may_be_upside_down() {
        let (x, _) = proposed(12, |end| 1.0 - end);
        assert!(is_near_the_best(&x), "{x:?}");
    }

    #[test]
    fn where_early_values_say_nothing_the_ends_alone_lead() {
        let (x, view) = proposed(12, |end| 10.0 * (7919.0 * end).fract());
        assert!(is_near_the_best(&x) && view == "ends", "{x:?} by {view}");
    }

    #[test]
    fn an_order_is_told_as_well_as_pairs_have_the_same_sign() {
        assert_eq!(kendall(&[(1.0, 2.0), (2.0, 4.0), (3.0, 3.0)]), Some(1.0 / 3.0));
        assert_eq!(kendall(&[(1.0, 2.0), (1.0, 4.0)]), Some(0.0));
        assert_eq!(kendall(&[(1.0, 2.0)]), None);
    }
}
