//! What is searched: cheap functions with known answers. `peers.py` has the same in Python; `--values` of either
//! prints them at fixed points, to compare.

use serde_json::{Value, json};
use space::{ChoiceDomain, ChoiceOption, Domain, FloatDomain, IntDomain, Point, Scalar, Space};

/// A function over a space.
pub(crate) struct Problem {
    pub(crate) name: &'static str,
    pub(crate) space: Space,
    pub(crate) evaluate: fn(&Space, &Point) -> f64,
}

pub(crate) fn all() -> Vec<Problem> {
    vec![branin(), hartmann6(), rosenbrock5(), mixed(), categorical(), conditional()]
}

pub(crate) fn float(low: f64, high: f64) -> Domain {
    domain(FloatDomain::new(low, high, false).map(Domain::Float))
}

pub(crate) fn log_float(low: f64, high: f64) -> Domain {
    domain(FloatDomain::new(low, high, true).map(Domain::Float))
}

pub(crate) fn int(low: i64, high: i64) -> Domain {
    domain(IntDomain::new(low, high, false).map(Domain::Int))
}

pub(crate) fn choice(count: usize) -> Domain {
    let options = (0..count).map(|i| ChoiceOption::literal(format!("o{i}"))).collect();
    domain(ChoiceDomain::new(options, false).map(Domain::Choice))
}

fn domain<E: std::fmt::Display>(made: Result<Domain, E>) -> Domain {
    made.unwrap_or_else(|error| fail(&error.to_string()))
}

/// Ends the program: a benchmark's own tables are wrong.
pub(crate) fn fail(message: &str) -> ! {
    eprintln!("{message}");
    std::process::exit(1)
}

fn problem(
    name: &'static str,
    domains: Vec<(String, Domain)>,
    evaluate: fn(&Space, &Point) -> f64,
) -> Problem {
    let space = Space::from_domains(domains).unwrap_or_else(|error| fail(&error.to_string()));
    Problem { name, space, evaluate }
}

fn cube(dimensions: usize, low: f64, high: f64) -> Vec<(String, Domain)> {
    (0..dimensions).map(|i| (format!("x{i}"), float(low, high))).collect()
}

/// The numbers of a point; an option counts as its index, an inactive parameter is left out.
fn numbers(point: &Point) -> Vec<f64> {
    let number = |s: &Scalar| s.number().or(s.option().map(f64::from));
    point.iter().flatten().filter_map(number).collect()
}

fn branin() -> Problem {
    let domains = vec![("x0".to_owned(), float(-5.0, 10.0)), ("x1".to_owned(), float(0.0, 15.0))];
    problem("branin", domains, |_, point| {
        let x = numbers(point);
        let pi = std::f64::consts::PI;
        let a = x[1] - 5.1 / (4.0 * pi * pi) * x[0] * x[0] + 5.0 / pi * x[0] - 6.0;
        a * a + 10.0 * (1.0 - 1.0 / (8.0 * pi)) * x[0].cos() + 10.0
    })
}

fn hartmann6() -> Problem {
    const ALPHA: [f64; 4] = [1.0, 1.2, 3.0, 3.2];
    const A: [[f64; 6]; 4] = [
        [10.0, 3.0, 17.0, 3.5, 1.7, 8.0],
        [0.05, 10.0, 17.0, 0.1, 8.0, 14.0],
        [3.0, 3.5, 1.7, 10.0, 17.0, 8.0],
        [17.0, 8.0, 0.05, 10.0, 0.1, 14.0],
    ];
    const P: [[f64; 6]; 4] = [
        [0.1312, 0.1696, 0.5569, 0.0124, 0.8283, 0.5886],
        [0.2329, 0.4135, 0.8307, 0.3736, 0.1004, 0.9991],
        [0.2348, 0.1451, 0.3522, 0.2883, 0.3047, 0.6650],
        [0.4047, 0.8828, 0.8732, 0.5743, 0.1091, 0.0381],
    ];
    problem("hartmann6", cube(6, 0.0, 1.0), |_, point| {
        let x = numbers(point);
        let hill = |i: usize| {
            let sum: f64 = (0..6).map(|j| A[i][j] * (x[j] - P[i][j]) * (x[j] - P[i][j])).sum();
            ALPHA[i] * (-sum).exp()
        };
        -(0..4).map(hill).sum::<f64>()
    })
}

fn rosenbrock5() -> Problem {
    problem("rosenbrock5", cube(5, -5.0, 10.0), |_, point| {
        let x = numbers(point);
        x.windows(2)
            .map(|w| {
                let valley = w[1] - w[0] * w[0];
                100.0 * valley * valley + (1.0 - w[0]) * (1.0 - w[0])
            })
            .sum()
    })
}

/// Ten parameters of the kinds that a training run has: five floats, two logarithmic, two ints, a choice that moves
/// the best place of the others.
pub(crate) fn mixed() -> Problem {
    let mut domains = cube(5, 0.0, 1.0);
    domains.push(("l0".to_owned(), log_float(1e-5, 1e-1)));
    domains.push(("l1".to_owned(), log_float(1e-6, 1e-2)));
    domains.push(("i0".to_owned(), int(1, 32)));
    domains.push(("i1".to_owned(), int(0, 100)));
    domains.push(("c0".to_owned(), choice(5)));
    problem("mixed", domains, |_, point| {
        let x = numbers(point);
        let option = x[9];
        let floats: f64 = x[..5].iter().enumerate().map(|(i, x)| (x - 0.15 * i as f64 - 0.1).powi(2)).sum();
        let rate = (x[5].log10() + 3.0 - 0.3 * option).powi(2) / 4.0;
        let decay = (x[6].log10() + 4.0).powi(2) / 8.0;
        let ints = ((x[7] - 20.0) / 32.0).powi(2) + ((x[8] - 35.0) / 100.0).powi(2);
        floats + rate + decay + ints + [0.3, 0.1, 0.0, 0.2, 0.5][option as usize]
    })
}

/// Six choices of four to eight options, some of which matter only together, and two floats.
fn categorical() -> Problem {
    let sizes = [4, 4, 6, 6, 8, 8];
    let mut domains: Vec<(String, Domain)> =
        sizes.iter().enumerate().map(|(i, n)| (format!("c{i}"), choice(*n))).collect();
    domains.extend(cube(2, 0.0, 1.0));
    problem("categorical", domains, |_, point| {
        let x = numbers(point);
        // A fixed, unordered quality for each option, and pairs that are good only together.
        let quality = |i: usize| (((x[i] * 7.0 + i as f64 * 3.0 + 2.0) * 5.0) % 11.0) / 11.0;
        let pair = |i: usize, j: usize| (((x[i] * 5.0 + x[j] * 3.0 + 1.0) * 7.0) % 13.0) / 13.0;
        let choices: f64 = (0..6).map(quality).sum();
        let pairs = pair(0, 1) + pair(2, 3) + pair(4, 5);
        choices + pairs + (x[6] - 0.3).powi(2) * 4.0 + (x[7] - 0.1 - 0.1 * x[4]).powi(2) * 4.0
    })
}

/// Two shared parameters and a tree: four methods with parameters of their own, one of which has a choice inside.
fn conditional() -> Problem {
    let declared = json!({
        "s": {"float": [0.0, 1.0]},
        "t": {"float": [1e-5, 1e-1], "log": true},
        "method": {"choice": [
            {"name": "a", "x": {"float": [0.0, 1.0]}, "y": {"float": [1e-4, 1.0], "log": true}},
            {"name": "b", "x": {"float": [0.0, 1.0]}, "y": {"float": [0.0, 1.0]}, "n": {"int": [0, 50]},
             "mode": {"choice": ["u", {"name": "v", "x": {"float": [0.0, 1.0]}}]}},
            "c",
            {"name": "d", "x": {"float": [-5.0, 5.0]}},
        ]},
    });
    let declarations = serde_json::from_value(declared).unwrap_or_else(|e| fail(&e.to_string()));
    let space = Space::build(&declarations, &[]).unwrap_or_else(|e| fail(&e.to_string()));
    Problem {
        name: "conditional",
        space,
        evaluate: |space, point| {
            let x = |path: &str| {
                let value = space.index(path).and_then(|i| point.get(i));
                value.and_then(|v| v.number().or(v.option().map(f64::from))).unwrap_or(f64::NAN)
            };
            let shared = 2.0 * (x("s") - 0.4).powi(2) + (x("t").log10() + 3.0).powi(2) / 2.0;
            let own = match x("method") as u32 {
                0 => 0.5 + 4.0 * (x("method.a.x") - 0.2).powi(2) + (x("method.a.y").log10() + 2.0).powi(2),
                1 => {
                    let (bx, by, n) = (x("method.b.x"), x("method.b.y"), x("method.b.n"));
                    let mode = match x("method.b.mode") as u32 {
                        0 => 0.2,
                        _ => (x("method.b.mode.v.x") - 0.5).powi(2),
                    };
                    let valley = 4.0 * (bx - 0.7).powi(2) + 4.0 * (by - bx).powi(2);
                    0.1 + valley + ((n - 13.0) / 25.0).powi(2) + mode
                }
                2 => 0.8,
                _ => 0.3 + (x("method.d.x") - 1.0).powi(2) / 4.0,
            };
            shared + own
        },
    }
}

/// A point's values as records have them.
pub(crate) fn json(space: &Space, point: &Point) -> Value {
    let entry = |(i, value): (usize, Option<&Scalar>)| {
        let parameter = &space.parameters()[i];
        value.map(|v| (parameter.path.clone(), parameter.domain.to_json(v)))
    };
    Value::Object(point.iter().enumerate().filter_map(entry).collect())
}
