//! Made-up studies that look like real ones.

use indexmap::IndexMap;
use report::{Cell, Column, Direction, Kind, Objective, Row, State, View};

/// A small deterministic source of numbers in 0…1.
pub(crate) struct Draw(u64);

impl Draw {
    pub(crate) fn new(seed: u64) -> Self {
        Draw(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1)
    }

    pub(crate) fn uniform(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }

    fn normal(&mut self) -> f64 {
        (0..12).map(|_| self.uniform()).sum::<f64>() - 6.0
    }
}

fn float(path: &str, low: f64, high: f64, log: bool) -> Column {
    Column { path: path.into(), kind: Kind::Float { low, high, log } }
}

fn int(path: &str, low: i64, high: i64, log: bool) -> Column {
    Column { path: path.into(), kind: Kind::Int { low, high, log } }
}

fn columns() -> Vec<Column> {
    vec![
        float("lr", 1e-5, 0.1, true),
        float("dropout", 0.0, 0.5, false),
        float("decay", 1e-6, 1e-2, true),
        int("layers", 1, 4, false),
        int("units[0]", 16, 256, true),
        int("units[1]", 16, 256, true),
        Column { path: "batch".into(), kind: Kind::Choice([16, 32, 64, 128].map(Into::into).to_vec()) },
        Column {
            path: "optimizer".into(),
            kind: Kind::Choice(["sgd", "adam", "rmsprop"].map(Into::into).to_vec()),
        },
        float("optimizer.sgd.momentum", 0.0, 0.99, false),
        float("optimizer.adam.beta1", 0.8, 0.999, false),
    ]
}

/// A search by `n` trials that closes in on the optimum, with pruned and failed trials among them, on four slots.
pub(crate) fn digits(n: u64) -> View {
    let mut draw = Draw::new(7);
    let mut clock = [1_795_288_466_120_u64; 4];
    let rows = (0..n).map(|number| {
        let slot = (0..4).min_by_key(|&s| clock[s]).unwrap();
        let row = digits_row(number, n, &mut draw, clock[slot]);
        clock[slot] = row.end.unwrap() + 40 + (draw.uniform() * 300.0) as u64;
        row
    });
    View {
        name: "digits-mlp".into(),
        seed: Some(7),
        sampler: Some("tpe".into()),
        folder: Some("runs/digits-mlp".into()),
        rerun: Some("ravine rerun digits-mlp 173".into()),
        objectives: vec![Objective { name: "val_error".into(), direction: Direction::Minimize }],
        columns: columns(),
        rows: rows.collect(),
        ..View::default()
    }
}

fn digits_row(number: u64, n: u64, draw: &mut Draw, start: u64) -> Row {
    let focus = (number as f64 / n.min(400) as f64).min(0.9);
    let mut near = |low: f64, high: f64, at: f64| {
        let wide = low + draw.uniform() * (high - low);
        let close = (at + draw.normal() * 0.1 * (high - low)).clamp(low, high);
        if draw.uniform() < focus { close } else { wide }
    };
    let (lr, dropout, decay) = (near(-5.0, -1.0, -2.4), near(0.0, 0.5, 0.15), near(-6.0, -2.0, -4.5));
    let (layers, units) = (
        near(0.5, 4.49, 2.0).round(),
        [near(4.0, 8.0, 7.2).exp2().round(), near(4.0, 8.0, 6.0).exp2().round()],
    );
    let (batch, optimizer) = (near(-0.49, 3.49, 1.0).round(), near(-0.49, 2.49, 1.0).round());
    let (momentum, beta1) = (near(0.0, 0.99, 0.9), near(0.8, 0.999, 0.92));
    let tuned = if optimizer == 0.0 { (momentum - 0.9).abs() * 0.04 } else { 0.0 };
    let loss = 0.012
        + 0.11 * ((lr + 2.4 + if optimizer == 0.0 { -0.8 } else { 0.0 }) / 1.6).powi(2)
        + 0.08 * (dropout - 0.15).powi(2)
        + 0.002 * (layers - 2.0).powi(2)
        + 0.004 * batch
        + 0.01 * (optimizer - 1.0).abs()
        + tuned
        + 0.01 * (8.0 - units[0].log2());
    let value = loss * (0.15 * draw.normal()).exp();
    let inactive = |active: bool, cell: Cell| if active { cell } else { Cell::Inactive };
    let cells = vec![
        Cell::Float(10f64.powf(lr)),
        Cell::Float((dropout * 10.0).round() / 10.0),
        Cell::Float(10f64.powf(decay)),
        Cell::Int(layers as i64),
        Cell::Int(units[0] as i64),
        inactive(layers >= 2.0, Cell::Int(units[1] as i64)),
        Cell::Choice(batch as u32),
        Cell::Choice(optimizer as u32),
        inactive(optimizer == 0.0, Cell::Float(momentum)),
        inactive(optimizer == 1.0, Cell::Float(beta1)),
    ];
    let fate = draw.uniform();
    let state = match fate {
        f if lr > -1.35 && f < 0.4 || f < 0.012 => State::Failed,
        _ if value > 0.17 && number > 12 => State::Pruned,
        _ => State::Complete,
    };
    let seconds = (6.0 + 2.0 * layers + units[0] / 40.0 + 8.0 * draw.uniform())
        * if state == State::Complete { 1.0 } else { 0.35 };
    let mut row = Row::new(number, state, cells);
    if state != State::Failed {
        row.values = vec![value];
        row.metrics = IndexMap::from([("train_error".to_owned(), value * 0.7), ("epochs".to_owned(), 20.0)]);
    } else {
        row.message = Some("exit code 1: loss is nan".into());
    }
    row.start = Some(start);
    row.end = Some(start + (seconds * 1000.0) as u64);
    row.ended = row.end;
    row.seconds = Some(seconds);
    row
}

/// A search for speed and size at once, with a constraint on the time.
pub(crate) fn compression(n: u64) -> View {
    let mut draw = Draw::new(3);
    let columns = vec![
        int("level", 1, 19, false),
        int("window_log", 10, 27, false),
        int("chain_log", 6, 24, false),
        Column {
            path: "strategy".into(),
            kind: Kind::Choice(
                ["fast", "dfast", "greedy", "lazy", "lazy2", "btlazy2", "btopt", "btultra"]
                    .map(Into::into)
                    .to_vec(),
            ),
        },
        Column { path: "long".into(), kind: Kind::Choice(vec![false.into(), true.into()]) },
    ];
    let rows = (0..n).map(|number| {
        let level = 1 + (draw.uniform() * 19.0) as i64;
        let window = 10 + (draw.uniform() * 18.0) as i64;
        let strategy = (draw.uniform() * 8.0) as u32;
        let effort = level as f64 / 19.0 + f64::from(strategy) / 16.0;
        let ratio = 2.0 + 1.6 * (1.0 - (-1.8 * effort).exp()) + 0.02 * window as f64 + 0.05 * draw.normal();
        let seconds = 0.05 * (3.2 * effort).exp() * (1.0 + 0.3 * draw.uniform());
        let cells = vec![
            Cell::Int(level),
            Cell::Int(window),
            Cell::Int(6 + (draw.uniform() * 19.0) as i64),
            Cell::Choice(strategy),
            Cell::Choice(u32::from(draw.uniform() < 0.5)),
        ];
        let mut row = Row::new(number, State::Complete, cells);
        row.values = vec![ratio, seconds];
        row.violations = vec![seconds - 3.0];
        row.start = Some(1_795_288_466_120 + number * 700);
        row.end = Some(1_795_288_466_120 + number * 700 + (seconds * 1000.0) as u64);
        row.ended = row.end;
        row
    });
    View {
        name: "zstd on enwik8".into(),
        seed: Some(11),
        sampler: Some("nsga2".into()),
        objectives: vec![
            Objective { name: "ratio".into(), direction: Direction::Maximize },
            Objective { name: "seconds".into(), direction: Direction::Minimize },
        ],
        constraints: vec!["seconds <= 3".into()],
        columns,
        rows: rows.collect(),
        ..View::default()
    }
}

/// Names and values as unkind as they come.
pub(crate) fn hostile() -> View {
    let name = "</script><script>alert('x')</script> \"&amp;\" <b>日本語 😀\u{0}\u{1b}[31m";
    let long = "a.very.long.path.".repeat(12) + "end";
    let columns = vec![
        Column {
            path: name.into(),
            kind: Kind::Choice(vec!["<i>".into(), name.into(), "=1+1".into(), "a,b\n\"c\"".into()]),
        },
        float(&long, -1.0, 1.0, false),
        float("same", 2.0, 2.0, false),
        Column { path: "order".into(), kind: Kind::Permutation(vec!["a".into(), "b<".into()]) },
    ];
    let values = [1.0, f64::NAN, f64::INFINITY, f64::NEG_INFINITY, -1e300, 1e300, 0.0, -0.0, 5e-324];
    let rows = values.iter().enumerate().map(|(i, &value)| {
        let cells = vec![
            Cell::Choice(i as u32 % 4),
            Cell::Float(value.clamp(-1.0, 1.0)),
            Cell::Float(2.0),
            Cell::Order(Box::new([1, 0])),
        ];
        let mut row = Row::new(i as u64, State::Complete, cells);
        row.values = vec![value];
        row.message = Some(name.into());
        row
    });
    View {
        name: name.into(),
        objectives: vec![Objective { name: name.into(), direction: Direction::Maximize }],
        columns,
        rows: rows.collect(),
        rerun: Some(format!("ravine rerun '{name}'")),
        folder: Some(name.into()),
        ..View::default()
    }
}

/// Studies at the edges: nothing, one trial, none finished, all failed, one value over and over.
pub(crate) fn edges() -> Vec<(&'static str, View)> {
    let cut = |n: usize| View { rows: digits(40).rows.into_iter().take(n).collect(), ..digits(0) };
    let each = |n: usize, change: &dyn Fn(&mut Row)| {
        let mut view = cut(n);
        view.rows.iter_mut().for_each(change);
        view
    };
    let running = |row: &mut Row| {
        row.state = State::Running;
        row.values.clear();
        row.end = None;
        row.ended = None;
    };
    let failed = |row: &mut Row| {
        row.state = State::Failed;
        row.values.clear();
        row.message = Some("exit code 127: python: not found".into());
    };
    let constant = |row: &mut Row| {
        row.state = State::Complete;
        row.values = vec![0.25];
    };
    let queued = |row: &mut Row| *row = Row::new(row.number, State::Queued, std::mem::take(&mut row.cells));
    vec![
        ("empty", cut(0)),
        ("bare", View::default()),
        ("one", cut(1)),
        ("running", each(3, &running)),
        ("queued", each(3, &queued)),
        ("failed", each(30, &failed)),
        ("constant", each(30, &constant)),
        ("hostile", hostile()),
    ]
}
