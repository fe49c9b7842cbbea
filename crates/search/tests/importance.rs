//! Importance against Optuna 5.0.0's evaluators (tests/oracles/importance.py), functions whose variance is known, and
//! what must not be claimed.

#![allow(clippy::unwrap_used, reason = "a test")]

use ravine_search::importance::{
    Axis, End, Fanova, FanovaOptions, Hint, HintOptions, PedOptions, Samples, fanova, hints, ped_anova,
};
use serde::Deserialize;
use space::Stream;

#[derive(Deserialize)]
struct Case {
    name: String,
    axes: Vec<Described>,
    columns: Vec<Vec<Option<f64>>>,
    values: Vec<f64>,
    ped: Vec<f64>,
    fanova: Option<Vec<f64>>,
}

#[derive(Deserialize)]
struct Described {
    options: Option<usize>,
    low: Option<f64>,
    high: Option<f64>,
    log: Option<bool>,
    step: Option<f64>,
}

impl Case {
    fn samples(&self) -> Samples {
        let axis = |a: &Described| match a.options {
            Some(count) => Axis::Options(count),
            None => {
                Axis::Line { low: a.low.unwrap(), high: a.high.unwrap(), log: a.log.unwrap(), step: a.step }
            }
        };
        let column = |c: &Vec<Option<f64>>| c.iter().map(|x| x.unwrap_or(f64::NAN)).collect();
        Samples {
            axes: self.axes.iter().map(axis).collect(),
            columns: self.columns.iter().map(column).collect(),
            values: self.values.clone(),
        }
    }
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("data/importance.json")).unwrap()
}

#[test]
fn ped_anova_weighs_as_optuna_does() {
    let options = PedOptions { quantile: 0.1, least: 0, shuffles: 3 };
    for case in cases() {
        let found = ped_anova(&case.samples(), &options).unwrap();
        for (part, expected) in found.parts.iter().zip(&case.ped) {
            let found = part.map_or(0.0, |part| part.divergence);
            let miss = (found - expected).abs();
            assert!(miss <= 1e-9 * expected.max(1e-3), "{}: {found} and not {expected}", case.name);
        }
    }
}

#[test]
fn fanova_shares_as_optuna_does() {
    let mut compared = 0;
    for case in cases() {
        let Some(expected) = &case.fanova else { continue };
        let options = FanovaOptions { fence: false, ..FanovaOptions::for_trials(case.values.len()) };
        let found = fanova(&case.samples(), &options).unwrap();
        eprintln!("{}: {:.3?} beside {expected:.3?}", case.name, found.alone);
        for (found, expected) in found.alone.iter().zip(expected) {
            assert!((found - expected).abs() <= 0.03, "{}: {found} and not {expected}", case.name);
            compared += 1;
        }
    }
    assert!(compared >= 16);
}

/// Trials at random places of the unit cube.
fn drawn(axes: usize, trials: usize, seed: u64, value: impl Fn(&[f64]) -> f64) -> Samples {
    let mut stream = Stream::new(seed, 0, 0);
    let line = Axis::Line { low: 0.0, high: 1.0, log: false, step: None };
    let mut samples = Samples { axes: vec![line; axes], columns: vec![Vec::new(); axes], values: Vec::new() };
    for _ in 0..trials {
        let point: Vec<f64> = (0..axes).map(|_| stream.uniform()).collect();
        samples.values.push(value(&point));
        for (column, x) in samples.columns.iter_mut().zip(point) {
            column.push(x);
        }
    }
    samples
}

fn of(samples: &Samples) -> Fanova {
    fanova(samples, &FanovaOptions::for_trials(samples.len())).unwrap()
}

#[test]
fn known_shares_of_variance_are_found() {
    // With u = x − ½: variances 1/12 for x and y, (1/12)² · 12² for 12uv, all else nothing.
    let samples = drawn(4, 2000, 1, |x| x[0] + x[1] + 12.0_f64.sqrt() * (x[0] - 0.5) * (x[2] - 0.5));
    let found = of(&samples);
    for (axis, expected) in [(0, 1.0 / 3.0), (1, 1.0 / 3.0), (2, 0.0), (3, 0.0)] {
        assert!((found.alone[axis] - expected).abs() < 0.06, "{axis}: {found:?}");
    }
    let first = found.together[0];
    assert!(first.axes == (0, 2) && (first.share - 1.0 / 3.0).abs() < 0.1, "{:?}", found.together);
}

#[test]
fn the_dependence_follows_the_function() {
    let samples = drawn(3, 2000, 2, |x| (x[0] - 0.3) * (x[0] - 0.3) + 0.1 * x[1]);
    let found = of(&samples);
    let along = found.dependence[0].as_ref().unwrap();
    assert!(along.pieces.len() > 30);
    for piece in &along.pieces {
        let x = f64::midpoint(piece.from, piece.to);
        let expected = (x - 0.3) * (x - 0.3) + 0.05;
        assert!((piece.mean - expected).abs() < 0.04, "at {x}: {} and not {expected}", piece.mean);
        assert!(piece.deviation < 0.05);
    }
    assert!((along.pieces[0].from, along.pieces.last().unwrap().to) == (0.0, 1.0));
}

#[test]
fn a_parameter_counts_as_often_as_it_is_there() {
    // Option 0 has a parameter that decides all; the other has none.
    let mut stream = Stream::new(3, 0, 0);
    let mut samples = Samples {
        axes: vec![Axis::Options(2), Axis::Line { low: 0.0, high: 1.0, log: false, step: None }],
        columns: vec![Vec::new(), Vec::new()],
        values: Vec::new(),
    };
    for i in 0..1000 {
        let x = stream.uniform();
        let is_there = i % 2 == 0;
        samples.columns[0].push(if is_there { 0.0 } else { 1.0 });
        samples.columns[1].push(if is_there { x } else { f64::NAN });
        samples.values.push(if is_there { x } else { 0.5 });
    }
    let found = of(&samples);
    // f = ½ + ½(x − ½) ± ½(x − ½): half of it is x alone, half of it both.
    assert!((found.alone[1] - 0.5).abs() < 0.08 && found.alone[0] < 0.03, "{found:?}");
    assert!((found.together[0].share - 0.5).abs() < 0.08, "{found:?}");
}

#[test]
fn gains_are_shares_of_what_the_splits_gained() {
    let samples = drawn(3, 400, 7, |x| 4.0 * x[0] + x[1]);
    let gains = of(&samples).gains;
    assert!((gains.iter().sum::<f64>() - 1.0).abs() < 1e-9, "{gains:?}");
    assert!(gains[0] > 0.8 && gains[0] > gains[1] && gains[1] > gains[2], "{gains:?}");
}

#[test]
fn trees_of_depth_one_split_by_the_parameter_that_decides_alone() {
    let samples = drawn(3, 400, 8, |x| 4.0 * x[0] + x[1]);
    let options = FanovaOptions { depth: 1, ..FanovaOptions::for_trials(samples.len()) };
    let found = fanova(&samples, &options).unwrap();
    assert_eq!(found.gains, [1.0, 0.0, 0.0]);
    let leaves = fanova(&samples, &FanovaOptions { depth: 0, ..options }).unwrap();
    assert_eq!((leaves.gains, leaves.alone), (vec![0.0; 3], vec![0.0; 3]));
}

#[test]
fn the_seed_alone_tells_forests_apart() {
    let samples = drawn(3, 100, 9, |x| x[0] * x[1] + x[2]);
    let of =
        |seed| fanova(&samples, &FanovaOptions { seed, ..FanovaOptions::for_trials(100) }).unwrap().alone;
    assert_eq!(of(1), of(1));
    assert_ne!(of(1), of(2));
}

#[test]
fn crashes_at_a_huge_value_do_not_hide_the_rest() {
    let samples = drawn(2, 500, 4, |x| if x[1] > 0.99 { 1e12 } else { x[0] });
    assert!(of(&samples).alone[0] > 0.5);
}

#[test]
fn what_cannot_be_judged_is_not() {
    let ped = |samples: &Samples| ped_anova(samples, &PedOptions::default());
    for samples in [
        Samples::default(),
        drawn(2, 1, 5, |x| x[0]),
        drawn(2, 50, 5, |_| 1.0),
        drawn(2, 50, 5, |_| f64::INFINITY),
    ] {
        assert_eq!(fanova(&samples, &FanovaOptions::for_trials(samples.len())), None);
        assert_eq!(ped(&samples), None);
    }
    let mut single = drawn(2, 50, 5, |x| x[0]);
    single.axes[1] = Axis::Line { low: 0.5, high: 0.5, log: false, step: None };
    single.columns[1].fill(0.5);
    assert_eq!(ped(&single).unwrap().parts[1], None);
    assert_eq!(of(&single).dependence[1], None);
    for value in [1e300, 1e-300, f64::INFINITY, f64::NEG_INFINITY] {
        let odd = drawn(2, 60, 6, |x| if x[0] < 0.1 { value } else { x[1] });
        ped(&odd);
        fanova(&odd, &FanovaOptions { fence: false, ..FanovaOptions::for_trials(60) });
    }
}

/// How many hints of each kind over some seeds.
fn said(axes: usize, trials: usize, value: impl Fn(&[f64]) -> f64) -> Vec<Hint> {
    (0..20)
        .flat_map(|seed| {
            let samples = drawn(axes, trials, 100 + seed, &value);
            let ped = ped_anova(&samples, &PedOptions::default()).unwrap();
            hints(&samples, &ped, Some(&of(&samples)), &HintOptions::default())
        })
        .collect()
}

#[test]
fn an_end_that_the_best_press_against_is_said_and_no_other() {
    let found = said(3, 200, |x| (1.3 - x[0]) * (1.3 - x[0]) + 0.1 * (x[1] - 0.5) * (x[1] - 0.5));
    let widen = |hint: &&Hint| matches!(hint, Hint::Widen { axis: 0, end: End::High, .. });
    assert!(found.iter().filter(widen).count() >= 15, "{found:?}");
    let wrong = |hint: &&Hint| matches!(hint, Hint::Widen { .. }) && !widen(hint);
    assert_eq!(found.iter().filter(wrong).count(), 0, "{found:?}");
}

#[test]
fn an_optimum_inside_presses_against_nothing() {
    let found = said(3, 200, |x| (x[0] - 0.8) * (x[0] - 0.8) + x[1] * (1.0 - x[1]));
    let widen = |hint: &&Hint| matches!(hint, Hint::Widen { axis: 0, .. });
    assert_eq!(found.iter().filter(widen).count(), 0, "{found:?}");
}

#[test]
fn what_has_no_effect_can_be_fixed_and_nothing_else() {
    let found = said(4, 200, |x| x[0] + 3.0 * (x[1] - 0.5) * (x[1] - 0.5) + 0.5 * x[2]);
    let idle = |hint: &&Hint| matches!(hint, Hint::Fix { axis: 3, .. });
    assert!(found.iter().filter(idle).count() >= 15, "{found:?}");
    let wrong = |hint: &&Hint| matches!(hint, Hint::Fix { .. }) && !idle(hint);
    assert_eq!(found.iter().filter(wrong).count(), 0, "{found:?}");
}

#[test]
fn few_trials_say_nothing() {
    assert_eq!(said(4, 30, |x| x[0]), []);
    assert_eq!(said(12, 50, |x| x[0]), []);
}
