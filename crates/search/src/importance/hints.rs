//! What to search next: a range whose end the best trials press against, a parameter that could as well be fixed. Only
//! what enough trials say, and with the numbers that say it.

use super::{Axis, Fanova, Ped, Samples};

/// When something is said.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HintOptions {
    /// Nothing is said of fewer trials with a value than this, or than five for each parameter.
    pub trials: usize,
    /// How much of a range counts as its end.
    pub edge: f64,
    /// The share of the best trials that has to lie there.
    pub pressing: f64,
    /// What a parameter explains at most, alone and together with others, for it to be without effect.
    pub idle: f64,
}

impl Default for HintOptions {
    fn default() -> Self {
        HintOptions { trials: 40, edge: 0.1, pressing: 0.6, idle: 0.015 }
    }
}

/// Which end of a range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// The lower one.
    Low,
    /// The upper one.
    High,
}

/// One thing to do, with what says so.
#[derive(Clone, Debug, PartialEq)]
pub enum Hint {
    /// The best trials lie at an end of the range: it may go on beyond.
    Widen {
        /// The parameter.
        axis: usize,
        /// Which end.
        end: End,
        /// So many of the best trials lie there…
        best_there: usize,
        /// …of so many.
        best: usize,
        /// The share of all trials that lies there.
        all_there: f64,
        /// Where this end of the range begins: a value.
        from: f64,
    },
    /// The parameter makes no difference that could be seen: any value does.
    Fix {
        /// The parameter.
        axis: usize,
        /// What it explains of the variance, alone and together with others.
        explains: f64,
        /// How far the best trials' values are from all trials' values…
        divergence: f64,
        /// …and how far they are by chance.
        chance: f64,
        /// The value of the best trial, if it has one.
        value: Option<f64>,
        /// So many trials say so.
        trials: usize,
    },
}

/// What follows from the analyses of `samples`: ends first, then what can be fixed, in the order of the axes.
pub fn hints(samples: &Samples, ped: &Ped, fanova: Option<&Fanova>, options: &HintOptions) -> Vec<Hint> {
    let finite = samples.values.iter().filter(|value| value.is_finite()).count();
    let varied = ped.parts.iter().flatten().count();
    if finite < options.trials.max(5 * varied) {
        return Vec::new();
    }
    let axes = 0..samples.axes.len();
    let mut found: Vec<Hint> =
        axes.clone().filter_map(|axis| pressing(samples, ped, axis, options)).collect();
    found.extend(axes.filter_map(|axis| idle(samples, ped, fanova?, axis, options)));
    found
}

/// An end is pressed against where most of the best trials lie in the outermost tenth, the parameter is one that surely
/// matters, and those that lie there are better than those next to it.
fn pressing(samples: &Samples, ped: &Ped, axis: usize, options: &HintOptions) -> Option<Hint> {
    let described = &samples.axes[axis];
    let Axis::Line { low, high, .. } = *described else { return None };
    let part = ped.parts[axis].as_ref().filter(|part| part.clear)?;
    debug_assert!(part.divergence >= part.chance);
    let unit = |trial: usize| {
        let value = samples.columns[axis][trial];
        value.is_finite().then(|| described.unit(value))
    };
    let best: Vec<f64> = ped.best.iter().filter_map(|&trial| unit(trial)).collect();
    let all: Vec<f64> = (0..samples.len()).filter_map(unit).collect();
    if best.len() < 5 {
        return None;
    }
    for end in [End::Low, End::High] {
        let depth = |u: f64| if end == End::Low { u } else { 1.0 - u };
        // A grid's outermost value is its end, however long its steps.
        let first = depth(described.unit(if end == End::Low { low } else { high }));
        let edge = options.edge.max(2.0 * first);
        let is_there = |u: &&f64| depth(**u) <= edge;
        let best_there = best.iter().filter(is_there).count();
        let all_there = all.iter().filter(is_there).count() as f64 / all.len() as f64;
        let is_most = best_there as f64 >= options.pressing * best.len() as f64;
        // A range of few values has most trials at some end by chance.
        let is_more = best_there as f64 / best.len() as f64 > all_there;
        if is_most && is_more && edge <= 0.34 && is_better_there(samples, axis, &depth, edge) {
            let from = described.value(if end == End::Low { edge } else { 1.0 - edge });
            return Some(Hint::Widen { axis, end, best_there, best: best.len(), all_there, from });
        }
    }
    None
}

/// Whether the middle value of the trials at the end is better than that of those beside it.
fn is_better_there(samples: &Samples, axis: usize, depth: &impl Fn(f64) -> f64, edge: f64) -> bool {
    let middle = |from: f64, to: f64| {
        let mut values: Vec<f64> = (0..samples.len())
            .filter(|&i| {
                let value = samples.columns[axis][i];
                let depth = depth(samples.axes[axis].unit(value));
                value.is_finite() && samples.values[i].is_finite() && depth > from && depth <= to
            })
            .map(|i| samples.values[i])
            .collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied().filter(|_| values.len() >= 3)
    };
    match (middle(-1.0, edge), middle(edge, 3.0 * edge)) {
        (Some(there), Some(beside)) => there < beside,
        // Nearly nothing beside it: the search has left that for the end.
        (Some(_), None) => true,
        (None, _) => false,
    }
}

/// Whether each option, or each quarter of a range, was tried often enough to tell: where the search hardly went nothing
/// is known.
fn is_covered(samples: &Samples, axis: usize) -> bool {
    const LEAST: usize = 5;
    let described = &samples.axes[axis];
    let parts = match *described {
        Axis::Options(count) => count,
        Axis::Line { low, high, step: Some(step), log: false } => (((high - low) / step) as usize + 1).min(4),
        Axis::Line { .. } => 4,
    };
    let mut counts = vec![0_usize; parts];
    for value in samples.columns[axis].iter().filter(|value| value.is_finite()) {
        let place = (described.unit(*value) * parts as f64) as usize;
        counts[place.min(parts - 1)] += 1;
    }
    counts.iter().all(|count| *count >= LEAST)
}

/// Without effect: neither the forest nor the best trials show one, and the parameter was there often enough.
fn idle(samples: &Samples, ped: &Ped, fanova: &Fanova, axis: usize, options: &HintOptions) -> Option<Hint> {
    let part = ped.parts[axis].as_ref().filter(|part| !part.clear)?;
    fanova.dependence[axis].as_ref()?;
    let active = samples.columns[axis].iter().filter(|value| value.is_finite()).count();
    if active < options.trials || !is_covered(samples, axis) {
        return None;
    }
    let explains = fanova.alone[axis] + fanova.together_of(axis);
    if explains > options.idle {
        return None;
    }
    let best = ped.best.iter().min_by(|&&a, &&b| samples.values[a].total_cmp(&samples.values[b]))?;
    let value = Some(samples.columns[axis][*best]).filter(|value| value.is_finite());
    let (divergence, chance) = (part.divergence, part.chance);
    Some(Hint::Fix { axis, explains, divergence, chance, value, trials: active })
}
