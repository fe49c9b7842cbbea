//! The database's views give people the numbers that the fold gives ravine.
#![allow(clippy::unwrap_used, reason = "these are tests, their helpers too")]

use proptest::prelude::*;
use ravine_store::{Draft, Durability, Header, Sqlite, Store};
use rusqlite::Connection;
use serde_json::{Value as Json, json};
use study::history::{self, Decoded};
use study::{Event, Study};

/// Steps in the life of three trials: an event each, sensible or not, as processes that race would write them.
fn step() -> impl Strategy<Value = (&'static str, Json)> {
    let trial = 0..3_u64;
    let run = (trial.clone(), 0..2_u32, 0..2_u32, 0..3_u64);
    prop_oneof![
        3 => run.clone().prop_map(|(trial, stage, attempt, epoch)| {
            ("run-started", json!({"run": key(trial, stage, attempt), "epoch": epoch, "host": "here"}))
        }),
        3 => (run, value(), 1..5_u64).prop_map(|((trial, stage, attempt, epoch), value, count)| {
            let mark = |step| json!({"step": step, "value": value});
            let mut digest = json!({"count": count, "first": mark(0), "last": mark(count)});
            if value != "nan" {
                digest["min"] = mark(1);
            }
            let how = ["ok", "failed", "timeout"][(count % 3) as usize];
            let end = json!({"how": how, "seconds": 1.5, "exit_code": 7, "reached": count});
            let metrics = json!({"val_error": digest});
            ("run-ended", json!({"run": key(trial, stage, attempt), "epoch": epoch, "end": end, "metrics": metrics}))
        }),
        2 => (trial.clone(), 0..3_u32, value(), 0..3_usize).prop_map(|(trial, round, value, state)| {
            let state = ["complete", "pruned", "failed"][state];
            let mut ended = json!({"trial": trial, "state": state, "values": [value, 2], "metrics": {"a b": value}});
            if round > 0 {
                ended["round"] = json!(round);
            }
            ("trial-ended", ended)
        }),
        1 => (trial.clone(), 1..9_u64).prop_map(|(trial, level)| {
            ("trial-continued", json!({"trial": trial, "decision": 9, "level": level}))
        }),
        1 => trial.clone().prop_map(|trial| ("trial-repeated", json!({"trial": trial, "decision": 9, "runs": 2}))),
        1 => (trial, 0..2_usize).prop_map(|(trial, name)| {
            let name = ["x", "y"][name];
            let domain = serde_json::to_value(space::Domain::Float(float())).unwrap();
            ("suggested", json!({"trial": trial, "name": name, "domain": domain, "value": 0.25}))
        }),
    ]
}

fn float() -> space::FloatDomain {
    space::FloatDomain::new(0.0, 1.0, false).unwrap()
}

fn key(trial: u64, stage: u32, attempt: u32) -> Json {
    let mut key = json!({"trial": trial});
    if stage > 0 {
        key["stage"] = json!(stage);
    }
    if attempt > 0 {
        key["attempt"] = json!(attempt);
    }
    key
}

fn value() -> impl Strategy<Value = Json> {
    prop_oneof![(-5.0..5.0).prop_map(|x: f64| json!(x)), Just(json!("nan")), Just(json!("inf"))]
}

fn beginning() -> Vec<(&'static str, Json)> {
    let created = json!({"name": "s", "seed": 1, "settings": {"objectives": [
        {"metric": "val_error", "direction": "minimize"}, {"metric": "b", "direction": "maximize"}]}, "ravine": "0"});
    let trial = |number| json!({"number": number, "source": "sampler", "decision": number, "point": {"lr": 0.1, "opt": "adam"}});
    let mut events = vec![("study-created", created)];
    events.extend((0..3).map(|number| ("trial-created", trial(number))));
    events
}

/// The state as the fold has it, in the views' words. Null where there is nothing.
fn folded(study: &Study) -> (Vec<Json>, Vec<Json>, Vec<Json>) {
    let (mut trials, mut runs, mut metrics) = (Vec::new(), Vec::new(), Vec::new());
    for trial in study.trials() {
        let values: Vec<Json> = trial.values().iter().map(|value| value.to_json()).collect();
        let named: serde_json::Map<_, _> =
            trial.metrics().map(|(name, value)| (name.to_owned(), value.to_json())).collect();
        let mut point: Vec<_> = trial.point().into_iter().collect();
        point.sort_by(|a, b| a.0.cmp(&b.0));
        trials.push(json!([
            trial.number().0,
            trial.state().name(),
            trial.round(),
            trial.level().map(|l| l.0),
            point,
            values,
            named,
            trial.started_at(),
            trial.ended_at(),
            trial.runs().count()
        ]));
        for run in trial.runs() {
            let key = run.key();
            let how = run.how().map(|how| serde_json::to_value(how).unwrap());
            runs.push(json!([
                key.trial.0,
                key.stage,
                key.attempt,
                how,
                run.epoch(),
                run.started_at(),
                run.ended_at(),
                run.exit_code(),
                run.reached()
            ]));
            for (name, digest) in run.digests() {
                metrics.push(json!([
                    key.trial.0,
                    key.stage,
                    key.attempt,
                    name,
                    digest.count,
                    digest.first.value,
                    digest.last.value,
                    digest.last.step,
                    digest.min.map(|mark| mark.value)
                ]));
            }
        }
    }
    (trials, runs, metrics)
}

/// The same from the views. A view's JSON columns are given by number.
fn viewed(conn: &Connection, sql: &str, json_columns: &[usize]) -> Vec<Json> {
    let mut statement = conn.prepare(sql).unwrap();
    let columns = statement.column_count();
    let cell = |row: &rusqlite::Row<'_>, column| match row.get_unwrap(column) {
        rusqlite::types::Value::Null => Json::Null,
        rusqlite::types::Value::Integer(n) => json!(n),
        rusqlite::types::Value::Real(x) => study::Real(x).to_json(),
        rusqlite::types::Value::Text(text) if json_columns.contains(&column) => {
            serde_json::from_str(&text).unwrap()
        }
        rusqlite::types::Value::Text(text) => json!(text),
        rusqlite::types::Value::Blob(_) => unreachable!("no view gives one"),
    };
    let rows = statement.query_map([], |row| Ok((0..columns).map(|c| cell(row, c)).collect())).unwrap();
    rows.map(|row| row.unwrap()).collect()
}

/// Whole numbers read alike whether they were written `2` or `2.0`.
fn plain(json: &Json) -> Json {
    match json {
        Json::Number(number) => study::Real(number.as_f64().unwrap()).to_json(),
        Json::Array(items) => items.iter().map(plain).collect(),
        Json::Object(map) => map.iter().map(|(name, value)| (name.clone(), plain(value))).collect(),
        other => other.clone(),
    }
}

fn sorted(rows: Vec<Json>) -> Vec<Json> {
    let mut rows: Vec<Json> = rows.iter().map(plain).collect();
    rows.sort_by_key(Json::to_string);
    rows
}

/// Endings come late, but none comes before its round began.
fn is_of_a_later_round(study: &Study, kind: &str, body: &Json) -> bool {
    let round = body["round"].as_u64().unwrap_or(0);
    let trial = body["trial"].as_u64().and_then(|number| study.trial(study::TrialId(number)));
    kind == "trial-ended" && trial.is_some_and(|trial| round > u64::from(trial.round()))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_views_give_the_folds_numbers(steps in proptest::collection::vec(step(), 0..60)) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("study.db");
        let store = Sqlite::open(&path).unwrap();
        let study_id = store.create_study("s", Header { format: 1, min_reader: 1 }).unwrap().id;
        // A second study in the file must not show in the first one's rows.
        let other = store.create_study("t", Header { format: 1, min_reader: 1 }).unwrap().id;
        let mut study = Study::new();
        for (kind, body) in beginning().into_iter().chain(steps) {
            if is_of_a_later_round(&study, kind, &body) {
                continue;
            }
            let draft = [Draft::new(kind, body.to_string())];
            let place = store.append(study_id, &draft, Durability::Committed).unwrap();
            store.append(other, &draft, Durability::Committed).unwrap();
            let Decoded::Known(body) = history::decode(kind, &draft[0].body).unwrap() else {
                panic!("{kind} is unknown")
            };
            study.apply(&Event { seq: place.first, at: place.at, body: *body }).unwrap();
        }
        let (trials, runs, metrics) = folded(&study);
        let conn = Connection::open(&path).unwrap();
        let seen = viewed(&conn, "SELECT number, state, round, level,
            (SELECT json_group_array(json_array(key, value)) FROM (SELECT * FROM json_each(point) ORDER BY key)),
            \"values\", metrics, started_at, ended_at, attempts FROM trials WHERE study_id = 1", &[4, 5, 6]);
        prop_assert_eq!(sorted(seen), sorted(trials));
        let seen = viewed(&conn, "SELECT trial, stage, attempt, how, epoch, started_at, ended_at, exit_code,
            reached FROM runs WHERE study_id = 1", &[]);
        prop_assert_eq!(sorted(seen), sorted(runs));
        let seen = viewed(&conn, "SELECT trial, stage, attempt, name, count, first, last, last_step, min
            FROM metrics WHERE study_id = 1", &[]);
        prop_assert_eq!(sorted(seen), sorted(metrics));
    }
}
