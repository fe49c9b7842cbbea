//! What a study has found out about its parameters, as a reader is told it: which matter, alone and with another, how the
//! objective depends on each, and what to search next. The maths is [`search::importance`]'s.

use search::importance::{
    Axis, End, FanovaOptions, Hint, HintOptions, PedOptions, Piece, Samples, fanova, hints, ped_anova,
};
use serde_json::{Value as Json, json};

use crate::format;
use crate::summary::ranked;
use crate::view::{Direction, Kind, Row, State, View};

/// What one parameter weighs.
#[derive(Clone, Debug, PartialEq)]
pub struct Importance {
    /// Which column.
    pub column: usize,
    /// Its part in whether a trial is among the best, 0…1 (PED-ANOVA, less what chance gives); the parts sum to 1, or
    /// are all 0.
    pub share: f64,
    /// Whether it is clearly above what chance gives, and a forest sees it too.
    pub clear: bool,
    /// The share of the objective's variance over the whole space that it explains by itself (fANOVA).
    pub explains: f64,
    /// The standard deviation of that over the forest's trees.
    pub deviation: f64,
}

/// What two parameters explain together beyond each alone.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Pair {
    /// Their columns.
    pub columns: (usize, usize),
    /// The share of the variance, 0…1.
    pub share: f64,
}

/// What is known of one objective, and what it rests on.
#[derive(Clone, Debug, PartialEq)]
pub struct Importances {
    /// One for each column that could be judged, the largest part first.
    pub parts: Vec<Importance>,
    /// How many trials count as the best.
    pub best: usize,
    /// How many trials there are in all.
    pub all: usize,
    /// The strongest interactions, the largest first.
    pub pairs: Vec<Pair>,
    /// For each column how the objective depends on it, over all else: in the objective's own sense.
    pub dependence: Vec<Option<Vec<Piece>>>,
    /// What to search next, each a sentence or two with its numbers.
    pub hints: Vec<String>,
}

/// Why there is no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoImportance {
    /// Not enough complete trials.
    #[error("importance needs at least {LEAST} complete trials; there are {0}")]
    TooFew(usize),
    /// All values are the same, or no parameter varies.
    #[error("all complete trials have the same value, or no parameter varies")]
    Constant,
    /// There are none that could be the better ones.
    #[error("no trial meets the constraints")]
    Infeasible,
}

const LEAST: usize = 12;
/// A parameter that matters explains so much of the variance, alone and together with others.
const SEEN: f64 = 0.01;
/// Interactions below this are noise, and so many are told.
const SMALLEST_PAIR: f64 = 0.01;
const MOST_PAIRS: usize = 6;

/// Judges every numeric and categorical parameter for one objective. Pruned and failed trials are among all and never among
/// the best: what makes a trial fail matters.
pub fn importance(view: &View, objective: usize) -> Result<Importances, NoImportance> {
    let complete = ranked(view, objective).len();
    if complete < LEAST {
        return Err(NoImportance::TooFew(complete));
    }
    if view.rows.iter().filter(|row| row.state == State::Complete).all(Row::is_infeasible) {
        return Err(NoImportance::Infeasible);
    }
    let (samples, columns) = samples(view, objective);
    let finite: Vec<f64> = samples.values.iter().copied().filter(|value| value.is_finite()).collect();
    if finite.len() == samples.len() && finite.iter().all(|value| *value == finite[0]) {
        return Err(NoImportance::Constant);
    }
    let ped = ped_anova(&samples, &PedOptions::default()).ok_or(NoImportance::Constant)?;
    let forest = fanova(&samples, &FanovaOptions::for_trials(samples.len()));
    let mut parts: Vec<Importance> = ped
        .parts
        .iter()
        .enumerate()
        .filter_map(|(axis, part)| {
            let (explains, deviation) =
                forest.as_ref().map_or((0.0, 0.0), |forest| (forest.alone[axis], forest.deviation[axis]));
            let part = part.as_ref()?;
            let together: f64 = forest.iter().map(|forest| forest.together_of(axis)).sum();
            // The best trials of a search lie together, also in parameters that do nothing: the forest has a say too.
            let (share, clear) = (part.share, part.clear && explains + together >= SEEN);
            Some(Importance { column: columns[axis], share, clear, explains, deviation })
        })
        .collect();
    if parts.is_empty() {
        return Err(NoImportance::Constant);
    }
    parts.sort_by(|a, b| b.share.total_cmp(&a.share).then(a.column.cmp(&b.column)));
    let hints = hints(&samples, &ped, forest.as_ref(), &HintOptions::default());
    let hints = hints.iter().map(|hint| said(view, &columns, hint)).collect();
    let pairs = forest.iter().flat_map(|forest| &forest.together).take(MOST_PAIRS);
    let pairs = pairs
        .filter(|pair| pair.share >= SMALLEST_PAIR)
        .map(|pair| Pair { columns: (columns[pair.axes.0], columns[pair.axes.1]), share: pair.share })
        .collect();
    let mut dependence = vec![None; view.columns.len()];
    for (axis, along) in forest.iter().flat_map(|forest| forest.dependence.iter().enumerate()) {
        let own = |piece: &Piece| Piece { mean: direction(view, objective).cost(piece.mean), ..*piece };
        dependence[columns[axis]] = along.as_ref().map(|along| along.pieces.iter().map(own).collect());
    }
    Ok(Importances { parts, best: ped.best.len(), all: ped.all, pairs, dependence, hints })
}

fn direction(view: &View, objective: usize) -> Direction {
    view.objectives.get(objective).map_or(Direction::Minimize, |objective| objective.direction)
}

/// The finished trials as numbers, and the column of each axis.
fn samples(view: &View, objective: usize) -> (Samples, Vec<usize>) {
    let axes: Vec<(usize, Axis)> =
        view.columns.iter().enumerate().filter_map(|(k, column)| Some((k, axis(&column.kind)?))).collect();
    let rows: Vec<_> = view.rows.iter().filter(|row| row.state.is_finished()).collect();
    let sense = direction(view, objective);
    let value = |row: &&Row| match row.value(objective) {
        Some(value) if row.state == State::Complete && row.violation() <= 0.0 => sense.cost(value),
        _ => f64::INFINITY,
    };
    let column = |k: usize| {
        let number = |row: &&Row| row.cells.get(k).and_then(crate::Cell::number).unwrap_or(f64::NAN);
        rows.iter().map(number).collect()
    };
    let samples = Samples {
        columns: axes.iter().map(|(k, _)| column(*k)).collect(),
        values: rows.iter().map(value).collect(),
        axes: axes.iter().map(|(_, axis)| axis.clone()).collect(),
    };
    (samples, axes.into_iter().map(|(k, _)| k).collect())
}

fn axis(kind: &Kind) -> Option<Axis> {
    match *kind {
        Kind::Float { low, high, log } => Some(Axis::Line { low, high, log, step: None }),
        Kind::Int { low, high, log } => {
            Some(Axis::Line { low: low as f64, high: high as f64, log, step: Some(1.0) })
        }
        Kind::Choice(ref labels) => Some(Axis::Options(labels.len())),
        Kind::Permutation(_) => None,
    }
}

/// A hint in words.
fn said(view: &View, columns: &[usize], hint: &Hint) -> String {
    match *hint {
        Hint::Widen { axis, end, best_there, best, all_there, from } => {
            let column = &view.columns[columns[axis]];
            let (side, last, beyond) = match (end, &column.kind) {
                (End::Low, Kind::Float { low, .. }) => ("lower", *low, "below"),
                (End::Low, Kind::Int { low, .. }) => ("lower", *low as f64, "below"),
                (End::High, Kind::Float { high, .. }) => ("upper", *high, "above"),
                (End::High, Kind::Int { high, .. }) => ("upper", *high as f64, "above"),
                // Only numbers have ends.
                (End::Low | End::High, _) => ("", f64::NAN, ""),
            };
            format!(
                "{} of the {} best trials have `{}` {beyond} {}, at the {side} end of its range (of all trials {:.0} %): \
                 let it go beyond {}.",
                best_there,
                best,
                column.path,
                format::number(from),
                all_there * 100.0,
                format::number(last),
            )
        }
        Hint::Fix { axis, explains, value, trials, .. } => {
            let column = &view.columns[columns[axis]];
            let shown = value.map(|value| match &column.kind {
                Kind::Choice(labels) => {
                    labels.get(value as usize).map_or_else(String::new, crate::format::json)
                }
                _ => format::number(value),
            });
            let best = shown.map(|shown| format!(" (the best trial has {shown})")).unwrap_or_default();
            format!(
                "`{}` explains {:.1} % of what {} trials show, and the best ones do not differ in it more than by \
                 chance: fix it{best}.",
                column.path,
                explains * 100.0,
                format::count(trials),
            )
        }
    }
}

impl Importances {
    /// For scripts.
    pub fn json(&self, view: &View) -> Json {
        let path = |column: usize| view.columns[column].path.as_str();
        let parts: Vec<Json> = self
            .parts
            .iter()
            .map(|part| {
                json!({"param": path(part.column), "ped_anova": part.share, "clear": part.clear,
                    "fanova": part.explains, "fanova_std": part.deviation})
            })
            .collect();
        let pairs: Vec<Json> = self
            .pairs
            .iter()
            .map(|pair| json!({"params": [path(pair.columns.0), path(pair.columns.1)], "fanova": pair.share}))
            .collect();
        json!({"best": self.best, "trials": self.all, "params": parts, "interactions": pairs, "hints": self.hints})
    }

    /// In a line: what matters, and how much; `None` where nothing is clear.
    pub fn line(&self, view: &View) -> Option<String> {
        const MOST: usize = 5;
        let clear = self.parts.iter().filter(|part| part.clear && part.share >= 0.005).take(MOST);
        let words: Vec<String> = clear
            .map(|part| format!("{} {:.0} %", view.columns[part.column].path, part.share * 100.0))
            .collect();
        (!words.is_empty()).then(|| words.join(" · "))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Cell;
    use crate::view::{Column, Objective};

    /// A deterministic stand-in for uniform draws.
    fn draw(seed: u64, i: u64) -> f64 {
        let z = (i + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ (seed + 7).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 29)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 32)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn view(n: u64, seed: u64, loss: impl Fn(&[f64]) -> f64) -> View {
        let float =
            |path: &str| Column { path: path.into(), kind: Kind::Float { low: 0.0, high: 1.0, log: false } };
        let choice = Column { path: "kind".into(), kind: Kind::Choice(vec!["a".into(), "b".into()]) };
        let rows = (0..n).map(|i| {
            let x = [draw(seed, 3 * i), draw(seed, 3 * i + 1), (draw(seed, 3 * i + 2) * 2.0).floor()];
            let cells = vec![Cell::Float(x[0]), Cell::Float(x[1]), Cell::Choice(x[2] as u32)];
            Row { values: vec![loss(&x)], ..Row::new(i, State::Complete, cells) }
        });
        View {
            columns: vec![float("x"), float("idle"), choice],
            objectives: vec![Objective { name: "loss".into(), direction: Direction::Minimize }],
            rows: rows.collect(),
            ..View::default()
        }
    }

    #[test]
    fn what_decides_comes_first_and_what_is_idle_is_not_clear() {
        for seed in 0..8 {
            let found = importance(&view(300, seed, |x| (x[0] - 0.3).powi(2) + 0.1 * x[2]), 0).unwrap();
            assert_eq!(found.parts[0].column, 0, "seed {seed}");
            assert!(found.parts[0].clear && found.parts[0].share > 0.5);
        }
    }

    #[test]
    fn without_any_effect_little_is_called_clear() {
        let clear: usize = (0..60)
            .map(|seed| importance(&view(120, seed, |x| (x[0] * 7919.0).fract()), 0).unwrap())
            .map(|found| found.parts.iter().filter(|part| part.column > 0 && part.clear).count())
            .sum();
        assert!(clear <= 12, "{clear} of 120 idle parameters were called clear");
    }

    #[test]
    fn too_few_or_equal_values_are_said_so() {
        assert_eq!(importance(&view(11, 0, |x| x[0]), 0), Err(NoImportance::TooFew(11)));
        assert_eq!(importance(&view(50, 0, |_| 1.0), 0), Err(NoImportance::Constant));
    }
}
