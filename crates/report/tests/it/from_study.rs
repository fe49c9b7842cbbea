//! From a study's log to rows.

use report::export::{Fold, jsonl};
use report::{Cell, Kind, State, View};
use serde_json::{Value as Json, json};
use space::Space;
use study::{Event, EventBody, Study};

/// Folds event bodies, one second apart.
fn fold(bodies: &[Json]) -> Study {
    let mut study = Study::new();
    for (k, body) in bodies.iter().enumerate() {
        let body: EventBody = serde_json::from_value(body.clone()).unwrap_or_else(|e| panic!("{body}: {e}"));
        let at = 1_795_288_466_120 + 1000 * k as u64;
        study.apply(&Event { seq: k as u64 + 1, at, body }).unwrap();
    }
    study
}

fn created(space: Option<Json>) -> Json {
    let settings = json!({ "objectives": [{ "metric": "loss", "direction": "minimize" }] });
    let mut body = json!({ "kind": "study-created", "name": "s", "seed": 7, "settings": settings,
        "sampler": { "name": "tpe" }, "ravine": "0.1.0" });
    if let Some(space) = space {
        body["space"] = space;
    }
    body
}

fn trial(number: u64, point: Json) -> Json {
    json!({ "kind": "trial-created", "number": number, "source": "sampler", "decision": number, "point": point })
}

fn run(number: u64) -> Json {
    json!({ "trial": number, "stage": 0, "repetition": 0, "attempt": 0 })
}

fn started(number: u64) -> Json {
    json!({ "kind": "run-started", "run": run(number), "epoch": 1 })
}

fn ended(number: u64, loss: f64) -> [Json; 2] {
    [
        json!({ "kind": "run-ended", "run": run(number), "epoch": 1, "end": { "how": "ok", "seconds": 2.5 }, "metrics": {} }),
        json!({ "kind": "trial-ended", "trial": number, "round": 0, "state": "complete", "values": [loss], "metrics": { "loss": loss } }),
    ]
}

fn domains() -> Vec<(String, space::Domain)> {
    use space::{ChoiceDomain, ChoiceOption, Domain, FloatDomain};
    let options = ["sgd", "adam"].map(ChoiceOption::literal).to_vec();
    vec![
        ("lr".to_owned(), Domain::Float(FloatDomain::new(1e-5, 0.1, true).unwrap())),
        ("optimizer".to_owned(), Domain::Choice(ChoiceDomain::new(options, false).unwrap())),
    ]
}

#[test]
fn a_declared_study_becomes_rows_with_typed_cells() {
    let [first, second] = ended(0, 0.25);
    let study = fold(&[
        created(Some(json!({}))),
        trial(0, json!({ "lr": 0.01, "optimizer": "adam" })),
        trial(1, json!({ "lr": 1e-5 })),
        started(0),
        first,
        second,
    ]);
    let space = Space::from_domains(domains()).unwrap();
    let view = View::new(&study, Some(&space));
    assert_eq!(view.sampler.as_deref(), Some("tpe"));
    assert_eq!(view.columns[0].kind, Kind::Float { low: 1e-5, high: 0.1, log: true });
    assert_eq!(view.rows[0].cells, [Cell::Float(0.01), Cell::Choice(1)]);
    assert_eq!(view.rows[1].cells, [Cell::Float(1e-5), Cell::Inactive]);
    assert_eq!((view.rows[0].state, view.rows[1].state), (State::Complete, State::Queued));
    assert_eq!(view.rows[0].values, [0.25]);
    assert_eq!(view.rows[0].took(), Some(2.5));
}

#[test]
fn a_fold_and_its_view_export_the_same_bytes() {
    let [first, second] = ended(0, 0.25);
    let study = fold(&[created(Some(json!({}))), trial(0, json!({ "lr": 0.01 })), started(0), first, second]);
    let fold = Fold::new(&study, None);
    assert_eq!(jsonl(&fold), jsonl(&View::new(&study, None)));
}

#[test]
fn records_hold_what_was_sampled_and_what_the_program_got() {
    let [first, second] = ended(0, 0.25);
    let point = json!({ "lr": 0.01, "optimizer": "adam" });
    let study = fold(&[created(Some(json!({}))), trial(0, point.clone()), started(0), first, second]);
    let space = Space::from_domains(domains()).unwrap();
    let line: Json = serde_json::from_str(&jsonl(&Fold::new(&study, Some(&space)))).unwrap();
    assert_eq!(line["params"], point);
    assert_eq!(line["config"], point);
    assert_eq!(line["values"], json!({ "loss": 0.25 }));
    assert_eq!(report::export::json(&View::new(&study, Some(&space)), Some(&space))["trials"][0], line);
}

#[test]
fn without_a_space_the_columns_are_what_trials_have() {
    let [first, second] = ended(0, 0.25);
    let study = fold(&[
        created(None),
        trial(0, json!({ "lr": 0.5, "kind": "a" })),
        trial(1, json!({ "lr": 3.5, "kind": "b" })),
        started(0),
        first,
        second,
    ]);
    let view = View::new(&study, None);
    assert_eq!(view.columns[0].kind, Kind::Float { low: 0.5, high: 3.5, log: false });
    assert_eq!(view.columns[1].kind, Kind::Choice(vec!["a".into(), "b".into()]));
    assert_eq!(view.shown(&view.rows[1], 1), "b");
}
