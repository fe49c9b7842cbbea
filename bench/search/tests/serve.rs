//! `serve` as the harness speaks to it: a line in, a line out.

#![allow(clippy::unwrap_used, reason = "a test")]

use std::io::{BufRead as _, BufReader, Write as _};
use std::process::{Command, Stdio};

use serde_json::{Value, json};

/// The answers to `requests`, in order.
fn talk(requests: &[Value]) -> Vec<Value> {
    let mut server = Command::new(env!("CARGO_BIN_EXE_ravine-bench-search"))
        .arg("serve")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut input = server.stdin.take().unwrap();
    let mut lines = BufReader::new(server.stdout.take().unwrap()).lines();
    let answers = requests.iter().map(|request| {
        writeln!(input, "{request}").unwrap();
        serde_json::from_str(&lines.next().unwrap().unwrap()).unwrap()
    });
    let answers = answers.collect();
    drop(input);
    assert!(server.wait().unwrap().success());
    answers
}

fn open(more: Value) -> Value {
    let mut request =
        json!({"op": "open", "seed": 1, "sampler": {"name": "random"}, "space": {"x": {"int": [0, 1]}}});
    for (key, value) in more.as_object().unwrap() {
        request[key] = value.clone();
    }
    request
}

#[test]
fn a_study_is_asked_and_told_until_its_space_is_used_up() {
    let tell = |trial: u64, value: f64| json!({"op": "tell", "trial": trial, "values": [value]});
    let ask = json!({"op": "ask"});
    let answers =
        talk(&[open(json!({})), ask.clone(), tell(0, 1.0), ask.clone(), tell(1, f64::from(2)), ask.clone()]);
    assert_eq!(answers[1]["trial"], 0);
    assert_eq!(answers[3]["trial"], 1);
    assert_ne!(answers[1]["point"]["x"], answers[3]["point"]["x"]);
    assert_eq!(answers[5]["exhausted"], true);
    assert!(answers[2]["ns"].is_u64());
}

#[test]
fn a_rule_stops_trials_and_another_promotes_them() {
    let spaced = |pruner: Value| open(json!({"space": {"x": {"float": [0, 1]}}, "pruner": pruner}));
    let report = |trial: u64, value: f64| json!({"op": "report", "trial": trial, "step": 1, "value": value});
    let ask = json!({"op": "ask"});
    let stopping = spaced(json!({"name": "threshold", "upper": 5.0}));
    let answers = talk(&[stopping, ask.clone(), report(0, 4.0), report(0, 6.0)]);
    assert_eq!((&answers[2]["prune"], &answers[3]["prune"]), (&json!(false), &json!(true)));

    let promoting = json!({"name": "asha", "kind": "promotion", "max_resource": 3, "reduction_factor": 3});
    let mut requests = vec![spaced(promoting)];
    for trial in 0..3 {
        requests.push(ask.clone());
        requests.push(json!({"op": "tell", "trial": trial, "values": [trial as f64]}));
    }
    requests.push(ask);
    let answers = talk(&requests);
    assert_eq!(answers[1]["level"], 1);
    let last = answers.last().unwrap();
    assert_eq!((&last["trial"], &last["level"], &last["point"]), (&json!(0), &json!(3), &Value::Null));
}

#[test]
fn what_is_wrong_is_said_and_the_next_request_is_answered() {
    let ask = json!({"op": "ask"});
    let answers =
        talk(&[ask.clone(), json!({"op": "sing"}), open(json!({"seed": -1})), open(json!({})), ask]);
    for answer in &answers[..3] {
        assert!(answer["error"].is_string(), "{answer}");
    }
    assert_eq!(answers[4]["trial"], 0);
}
