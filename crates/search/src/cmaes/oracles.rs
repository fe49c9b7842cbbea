//! The updates are pycma's and those of the `cmaes` package: see `tests/oracles/pycma.py`.

use serde_json::Value;

use super::chances::Chances;
use super::constants::Constants;
use super::coordinates::{Cells, Choice, Coordinate};
use super::distribution::{Distribution, Sample};
use super::shape::Shape;
use super::{margin, warm};

fn recorded() -> Value {
    serde_json::from_str(include_str!("../../tests/data/cmaes.json")).unwrap()
}

fn numbers(value: &Value) -> Vec<f64> {
    value.as_array().unwrap().iter().map(|x| x.as_f64().unwrap()).collect()
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap()
}

#[track_caller]
fn close(ours: &[f64], theirs: &[f64], what: &str) {
    assert_eq!(ours.len(), theirs.len(), "{what}");
    for (a, b) in ours.iter().zip(theirs) {
        assert!((a - b).abs() <= 1e-9 * b.abs().max(0.1), "{what}: {a} is not {b}");
    }
}

fn matrix(shape: &Shape, n: usize) -> Vec<f64> {
    (0..n * n).map(|k| shape.entry(k / n, k % n)).collect()
}

fn learn(distribution: &mut Distribution, points: &[Vec<f64>], drawn: bool) {
    let samples: Vec<Sample<'_>> = points.iter().map(|at| Sample { at, drawn }).collect();
    distribution.learn(&samples);
}

#[test]
fn constants_are_pycmas() {
    for row in list(&recorded()["constants"]) {
        let (n, population) = (row["n"].as_u64().unwrap() as usize, row["population"].as_u64().unwrap());
        let ours = Constants::new(n, population as usize, false);
        let what = format!("{n} {population}");
        let figures = [ours.mueff, ours.c1, ours.cmu, ours.cc, ours.cs, ours.damping];
        let names = ["mueff", "c1", "cmu", "cc", "cs", "damping"];
        close(&figures, &names.map(|name| row[name].as_f64().unwrap()), &what);
        close(&ours.weights, &numbers(&row["weights"]), &what);
        let ours = Constants::new(n, population as usize, true);
        let names = ["c1_diagonal", "cmu_diagonal", "cc_diagonal"];
        close(&[ours.c1, ours.cmu, ours.cc], &names.map(|name| row[name].as_f64().unwrap()), &what);
    }
}

#[test]
fn each_generation_moves_the_distribution_as_in_pycma() {
    follow(&recorded()["full"], true);
}

#[test]
fn points_from_elsewhere_are_moved_nearer_as_in_pycma() {
    follow(&recorded()["injected"], false);
}

fn follow(run: &Value, drawn: bool) {
    let n = run["n"].as_u64().unwrap() as usize;
    let constants = Constants::new(n, run["population"].as_u64().unwrap() as usize, false);
    let shape = Shape::of_matrix(numbers(&run["start"]["C"]), n);
    let sigma = run["start"]["sigma"].as_f64().unwrap();
    let mut ours = Distribution::new(constants, numbers(&run["start"]["mean"]), sigma, shape, false);
    for (generation, step) in list(&run["steps"]).iter().enumerate() {
        let points: Vec<Vec<f64>> = list(&step["points"]).iter().map(numbers).collect();
        learn(&mut ours, &points, drawn);
        let what = format!("generation {generation}");
        close(&ours.mean, &numbers(&step["mean"]), &what);
        close(&[ours.sigma], &[step["sigma"].as_f64().unwrap()], &what);
        close(&matrix(&ours.shape, n), &numbers(&step["C"]), &what);
    }
}

#[test]
fn learning_rates_adapt_as_in_the_cmaes_package() {
    let run = &recorded()["learning_rate"];
    let n = run["n"].as_u64().unwrap() as usize;
    let constants = Constants::new(n, run["population"].as_u64().unwrap() as usize, false);
    let mut ours = Distribution::new(constants, vec![0.5; n], 0.3, Shape::ball(n, false), true);
    for (generation, step) in list(&run["steps"]).iter().enumerate() {
        let points: Vec<Vec<f64>> = list(&step["points"]).iter().map(numbers).collect();
        learn(&mut ours, &points, true);
        let what = format!("generation {generation}");
        close(&ours.mean, &numbers(&step["mean"]), &what);
        close(&[ours.sigma], &[step["sigma"].as_f64().unwrap()], &what);
        close(&matrix(&ours.shape, n), &numbers(&step["C"]), &what);
    }
}

#[test]
fn the_margin_is_that_of_the_cmaes_package() {
    let run = &recorded()["margin"];
    let counts: Vec<u64> = list(&run["counts"]).iter().map(|c| c.as_u64().unwrap()).collect();
    let n = counts.len();
    let cells = |count: u64| (count > 0).then_some(Cells::Even(count));
    let coordinates: Vec<Coordinate> =
        counts.iter().enumerate().map(|(i, c)| Coordinate { parameter: i, cells: cells(*c) }).collect();
    let constants = Constants::new(n, run["population"].as_u64().unwrap() as usize, false);
    let mut ours = Distribution::new(constants, vec![0.51; n], 0.3, Shape::ball(n, false), false);
    let mut widths = vec![1.0; n];
    for (generation, step) in list(&run["steps"]).iter().enumerate() {
        let points: Vec<Vec<f64>> = list(&step["points"]).iter().map(numbers).collect();
        let what = format!("generation {generation}");
        for (point, seen) in points.iter().zip(list(&step["seen"])) {
            for (i, seen) in numbers(seen).iter().enumerate().filter(|(i, _)| counts[*i] > 0) {
                let wide = ours.mean[i] + (point[i] - ours.mean[i]) * widths[i];
                assert_eq!(Cells::Even(counts[i]).of(wide), (seen * counts[i] as f64) as u64, "{what}");
            }
        }
        learn(&mut ours, &points, true);
        margin::correct(&mut ours, &coordinates, &mut widths);
        close(&ours.mean, &numbers(&step["mean"]), &what);
        close(&[ours.sigma], &[step["sigma"].as_f64().unwrap()], &what);
        close(&widths, &numbers(&step["widths"]), &what);
    }
}

#[test]
fn chances_of_options_are_those_of_the_cmaes_package() {
    let run = &recorded()["chances"];
    let weights = numbers(&run["weights"]);
    let choice = |count: &Value| {
        let count = count.as_u64().unwrap() as usize;
        Choice { parameter: 0, shares: vec![1.0 / count as f64; count] }
    };
    let mut ours = Chances::new(&list(&run["counts"]).iter().map(choice).collect::<Vec<_>>());
    for (generation, step) in list(&run["steps"]).iter().enumerate() {
        let options: Vec<Vec<Option<u32>>> = list(&step["options"])
            .iter()
            .map(|picks| list(picks).iter().map(|o| o.as_u64().map(|o| o as u32)).collect())
            .collect();
        let better: Vec<(f64, &[Option<u32>])> =
            weights.iter().zip(&options).map(|(w, o)| (*w, o.as_slice())).collect();
        ours.learn(&better);
        for (ours, theirs) in ours.shares.iter().zip(list(&step["shares"])) {
            close(ours, &numbers(theirs), &format!("generation {generation}"));
        }
    }
}

#[test]
fn a_warm_start_is_that_of_the_cmaes_package() {
    let run = &recorded()["warm"];
    let points: Vec<Vec<f64>> = list(&run["points"]).iter().map(numbers).collect();
    let count = (points.len() as f64 * warm::PROMISING) as usize;
    let promising: Vec<&[f64]> = points.iter().take(count).map(Vec::as_slice).collect();
    let (mean, covariance) = warm::promising(&promising);
    close(&mean, &numbers(&run["mean"]), "mean");
    close(&covariance, &numbers(&run["covariance"]), "covariance");
}
