//! What follows from the rows: counts, the best trial, the Pareto front, the best so far, the time used.

use std::cmp::Ordering;

use search::pareto;

use crate::view::{Direction, Row, State, View};

/// How many trials are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All trials.
    pub all: usize,
    /// With values.
    pub complete: usize,
    /// Stopped early.
    pub pruned: usize,
    /// Without usable values.
    pub failed: usize,
    /// On their way.
    pub running: usize,
    /// Not yet started.
    pub queued: usize,
}

impl Counts {
    /// Counts the rows of a study.
    pub fn new(view: &View) -> Self {
        let mut counts = Counts { all: view.rows.len(), ..Counts::default() };
        for row in &view.rows {
            match row.state {
                State::Queued => counts.queued += 1,
                State::Running => counts.running += 1,
                State::Complete => counts.complete += 1,
                State::Pruned => counts.pruned += 1,
                State::Failed => counts.failed += 1,
            }
        }
        counts
    }

    /// The number in one state.
    pub fn of(&self, state: State) -> usize {
        match state {
            State::Queued => self.queued,
            State::Running => self.running,
            State::Complete => self.complete,
            State::Pruned => self.pruned,
            State::Failed => self.failed,
        }
    }

    /// Those that are over.
    pub fn finished(&self) -> usize {
        self.complete + self.pruned + self.failed
    }
}

/// When a study was at work, in milliseconds of Unix time, and how long its trials took together.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Span {
    /// The first start.
    pub first: u64,
    /// The last start or end.
    pub last: u64,
    /// Σ of the trials' seconds.
    pub busy: f64,
}

impl Span {
    /// The span of a study's trials; `None` where none started.
    pub fn new(view: &View) -> Option<Self> {
        let first = view.rows.iter().filter_map(|row| row.start).min()?;
        let last = view.rows.iter().flat_map(|row| [row.start, row.end]).flatten().max()?;
        let busy = view.rows.iter().filter_map(Row::took).sum();
        Some(Span { first, last, busy })
    }

    /// Seconds from the first start to the last end.
    pub fn seconds(&self) -> f64 {
        self.last.saturating_sub(self.first) as f64 / 1000.0
    }
}

/// The rows that count for an objective, best first: complete, with a finite value, feasible before infeasible
/// (then by violation), ties by number.
pub fn ranked(view: &View, objective: usize) -> Vec<usize> {
    let direction = direction(view, objective);
    let mut ranks: Vec<(f64, f64, usize)> = view
        .rows
        .iter()
        .enumerate()
        .filter(|(_, row)| row.state == State::Complete)
        .filter_map(|(i, row)| Some((row.violation(), direction.cost(row.value(objective)?), i)))
        .collect();
    ranks.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)).then(a.2.cmp(&b.2)));
    ranks.into_iter().map(|(_, _, i)| i).collect()
}

/// The way of an objective; minimise where there is none of that index.
pub fn direction(view: &View, objective: usize) -> Direction {
    view.objectives.get(objective).map_or(Direction::Minimize, |o| o.direction)
}

/// The best rows: the best one of a study with one objective, the Pareto front of one with several, in the order
/// of the first objective.
pub fn best(view: &View) -> Vec<usize> {
    match view.objectives.len() {
        0 | 1 => ranked(view, 0).into_iter().take(1).collect(),
        _ => front(view),
    }
}

/// The complete rows that no other one dominates, in the order of the first objective; of equal ones the first. Feasible ones
/// only, unless none is: then those that break the constraints least.
pub fn front(view: &View) -> Vec<usize> {
    let complete = |i: &usize| view.rows[*i].state == State::Complete;
    let least =
        (0..view.rows.len()).filter(complete).map(|i| view.rows[i].violation()).fold(f64::INFINITY, f64::min);
    let usable = (0..view.rows.len()).filter(|i| complete(i) && view.rows[*i].violation() <= least);
    let all: Vec<(Vec<f64>, usize)> = usable.filter_map(|i| Some((costs(view, i)?, i))).collect();
    let values: Vec<&[f64]> = all.iter().map(|(costs, _)| costs.as_slice()).collect();
    let mut kept: Vec<&(Vec<f64>, usize)> = pareto::non_dominated(&values).iter().map(|&k| &all[k]).collect();
    kept.sort_by(|a, b| a.0.partial_cmp(&b.0).unwrap_or(Ordering::Equal).then(a.1.cmp(&b.1)));
    kept.dedup_by(|later, first| later.0 == first.0);
    kept.into_iter().map(|(_, i)| *i).collect()
}

/// A row's values in the minimised sense; `None` where one is missing or not finite.
pub fn costs(view: &View, row: usize) -> Option<Vec<f64>> {
    let row = &view.rows[row];
    (0..view.objectives.len()).map(|k| Some(direction(view, k).cost(row.value(k)?))).collect()
}

/// The row at the knee of the front: beyond it a little more of one objective costs much of another. `None` where the
/// front has no bend.
pub fn knee(view: &View) -> Option<usize> {
    let front = front(view);
    let values: Vec<Vec<f64>> = front.iter().filter_map(|&i| costs(view, i)).collect();
    pareto::knee(&values).map(|k| front[k])
}

/// How much of the objective space feasible trials dominated, each time it became more: `(row, hypervolume)` in the order of
/// trials. As a share of the box between the best values and a tenth of the front's range beyond its worst. Empty unless
/// there are 2 to 4 objectives and a front with a range in each.
pub fn hypervolumes(view: &View) -> Vec<(usize, f64)> {
    let objectives = view.objectives.len();
    let values: Vec<Vec<f64>> = front(view).into_iter().filter_map(|i| costs(view, i)).collect();
    let over = |k: usize, start: f64, better: fn(f64, f64) -> f64| {
        values.iter().map(|values| values[k]).fold(start, better)
    };
    let best: Vec<f64> = (0..objectives).map(|k| over(k, f64::INFINITY, f64::min)).collect();
    let worst: Vec<f64> = (0..objectives).map(|k| over(k, f64::NEG_INFINITY, f64::max)).collect();
    let flat =
        best.iter().zip(&worst).any(|(best, worst)| worst - best <= 0.0 || !(worst - best).is_finite());
    if !(2..=4).contains(&objectives) || values.is_empty() || flat {
        return Vec::new();
    }
    let share = |values: Vec<f64>| -> Vec<f64> {
        (0..objectives).map(|k| (values[k] - best[k]) / (worst[k] - best[k])).collect()
    };
    let (mut known, mut steps) = (pareto::Front::new(), Vec::new());
    for (i, row) in view.rows.iter().enumerate() {
        let usable = row.state == State::Complete && row.violation() == 0.0;
        let Some(values) = costs(view, i).filter(|_| usable).map(share) else { continue };
        if values.iter().all(|value| *value < 1.1) && known.insert(&values, i) {
            let points: Vec<&[f64]> = known.iter().map(|(values, _)| values).collect();
            let volume = pareto::hypervolume(&points, &vec![1.1; objectives]);
            steps.push((i, volume / 1.1_f64.powi(objectives as i32)));
        }
    }
    steps
}

/// The improvements in the order of trials: `(row, value)` each time a feasible complete trial beats all before.
pub fn improvements(view: &View, objective: usize) -> Vec<(usize, f64)> {
    let direction = direction(view, objective);
    let mut steps: Vec<(usize, f64)> = Vec::new();
    for (i, row) in view.rows.iter().enumerate() {
        let usable = row.state == State::Complete && row.violation() == 0.0;
        let Some(value) = row.value(objective).filter(|_| usable) else { continue };
        if steps.last().is_none_or(|&(_, best)| direction.cost(value) < direction.cost(best)) {
            steps.push((i, value));
        }
    }
    steps
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::view::Objective;
    use proptest::prelude::*;

    fn view(directions: &[Direction], values: &[Vec<f64>]) -> View {
        let objectives =
            directions.iter().map(|&direction| Objective { name: "y".into(), direction }).collect();
        let row = |(n, values): (usize, &Vec<f64>)| Row {
            values: values.clone(),
            ..Row::new(n as u64, State::Complete, vec![])
        };
        View { objectives, rows: values.iter().enumerate().map(row).collect(), ..View::default() }
    }

    #[test]
    fn a_feasible_trial_is_better_than_any_infeasible_one() {
        let mut view = view(&[Direction::Minimize], &[vec![0.1], vec![5.0], vec![f64::NAN]]);
        view.rows[0].violations = vec![0.5];
        assert_eq!(ranked(&view, 0), [1, 0]);
        assert_eq!(improvements(&view, 0), [(1, 5.0)]);
    }

    #[test]
    fn the_best_so_far_follows_the_direction() {
        let view = view(&[Direction::Maximize], &[vec![1.0], vec![0.5], vec![2.0], vec![2.0]]);
        assert_eq!(improvements(&view, 0), [(0, 1.0), (2, 2.0)]);
    }

    proptest! {
        #[test]
        fn the_front_is_what_nothing_dominates(values in prop::collection::vec(prop::collection::vec(0..6i32, 3), 0..40)) {
            let values: Vec<Vec<f64>> = values.into_iter().map(|v| v.into_iter().map(f64::from).collect()).collect();
            let view = view(&[Direction::Minimize, Direction::Maximize, Direction::Minimize], &values);
            let signs = [1.0, -1.0, 1.0];
            let no_worse = |a: &[f64], b: &[f64]| (0..3).all(|k| a[k] * signs[k] <= b[k] * signs[k]);
            let mut expected: Vec<usize> = (0..values.len())
                .filter(|&i| (0..values.len()).all(|j| j == i || !no_worse(&values[j], &values[i])
                    || (values[j] == values[i] && i < j)))
                .collect();
            let mut found = front(&view);
            expected.sort_unstable();
            found.sort_unstable();
            prop_assert_eq!(found, expected);
        }
    }
}
