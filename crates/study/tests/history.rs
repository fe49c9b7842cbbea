//! The stored format: each kind's name and fields are pinned by an example of every event as version 1 wrote it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

use ravine_study::history::{self, Decoded, KINDS};
use ravine_study::{Event, EventBody, Study};

/// Kind and body of one event of each kind, every field present, as a database holds them.
const GOLDEN: &[(&str, &str)] = &[
    (
        "study-created",
        r#"{"name":"digits","seed":7,"settings":{"objectives":[{"metric":"val_error","direction":"minimize","at":"best","noise":"sem"}],"constraints":[{"expr":"latency <= 20"}],"stop":{"trials":200,"time":"2h","compute":"1d16h","gpu_time":"1m30s","resource":1000,"target":0.01,"no_improvement":50,"failures":10},"duplicates":"reuse","lag":8},"space":{"lr":{"float":[0.1,1.0]}},"sampler":{"name":"tpe"},"ravine":"0.1.0"}"#,
    ),
    (
        "settings-changed",
        r#"{"settings":{"objectives":[{"direction":"maximize","at":"last","noise":"auto"}],"stop":{},"duplicates":"skip"}}"#,
    ),
    ("runner-started", r#"{"runner":"r1","host":"lab"}"#),
    ("runner-stopped", r#"{"runner":"r1","seen":1700000000000}"#),
    (
        "enqueued",
        r#"{"point":{"lr":0.5},"result":{"val_error":"inf"},"given":true,"attributes":{"note":"old"}}"#,
    ),
    (
        "trial-created",
        r#"{"number":0,"decision":0,"source":"sampler","point":{"lr":0.1,"opt":"adam","on":true,"order":["b","a"],"n":3},"hash":"000102030405060708090a0b0c0d0e0f","level":3,"parent":0,"memo":{"why":1},"entry":0,"prepared":{"x":1},"attributes":{"a":[1,2]}}"#,
    ),
    ("trial-continued", r#"{"trial":0,"decision":1,"level":9,"memo":{"rung":1}}"#),
    ("trial-repeated", r#"{"trial":0,"decision":2,"runs":5,"memo":{"noisy":true}}"#),
    ("suggested", r#"{"trial":0,"name":"x","domain":{"float":{"low":0.0,"high":1.0}},"value":0.5}"#),
    (
        "run-started",
        r#"{"run":{"trial":0,"stage":1,"repetition":2,"attempt":3},"epoch":4,"host":"lab","cpus":2,"gpus":0.5}"#,
    ),
    (
        "reported",
        r#"{"trial":0,"repetition":2,"step":5,"values":{"val_error":0.25,"x":"nan"},"verdict":"prune"}"#,
    ),
    (
        "run-ended",
        r#"{"run":{"trial":0},"epoch":4,"end":{"how":"timeout","exit_code":1,"signal":15,"message":"too slow","seconds":1.5,"cpu_seconds":1.25,"peak_memory":4096,"reached":81},"metrics":{"val_error":{"count":3,"first":{"step":0,"value":"nan"},"last":{"step":2,"value":0.5},"min":{"step":1,"value":0.25},"max":{"step":2,"value":0.5},"points":[[0,"nan"],[1,0.25],[2,0.5]]}}}"#,
    ),
    (
        "trial-ended",
        r#"{"trial":0,"round":1,"state":"pruned","values":[0.5],"errors":[0.1],"violations":[-1],"metrics":{"val_error":0.5},"step":2,"message":"why"}"#,
    ),
    ("trial-tagged", r#"{"trial":0,"attributes":{"note":null}}"#),
    ("study-tagged", r#"{"attributes":{"note":"x"}}"#),
    ("control", r#"{"command":"pause","who":"me"}"#),
];

fn known(kind: &str, text: &str) -> EventBody {
    match history::decode(kind, text).unwrap() {
        Decoded::Known(body) => *body,
        Decoded::Unknown { kind } => panic!("{kind} is not known"),
    }
}

#[test]
fn every_kind_reads_and_writes_what_version_1_wrote() {
    let kinds: Vec<_> = GOLDEN.iter().map(|(kind, _)| *kind).collect();
    assert_eq!(kinds, KINDS, "each kind has its example, in order");
    for (kind, text) in GOLDEN {
        let body = known(kind, text);
        assert_eq!(body.kind(), *kind);
        assert_eq!(body.to_text().unwrap(), *text);
    }
}

#[test]
fn the_tagged_form_uses_the_same_names() {
    for (kind, text) in GOLDEN {
        let tagged = serde_json::to_string(&known(kind, text)).unwrap();
        assert!(tagged.starts_with(&format!("{{\"kind\":\"{kind}\"")), "{tagged}");
    }
}

#[test]
fn a_kind_of_a_newer_version_is_told_from_a_damaged_event() {
    let newer = history::decode("trial-teleported", "{}").unwrap();
    assert_eq!(newer, Decoded::Unknown { kind: "trial-teleported".to_owned() });
    let error = history::decode("run-ended", r#"{"run":"#).unwrap_err();
    assert!(error.to_string().starts_with("a `run-ended` event is damaged: "), "{error}");
}

#[test]
fn fields_of_a_newer_version_are_passed_over() {
    assert_eq!(
        known("control", r#"{"command":"stop","since":3}"#),
        known("control", r#"{"command":"stop"}"#)
    );
}

#[test]
fn the_fold_gets_the_same_state_from_events_without_their_curves() {
    let (mut whole, mut lean) = (Study::new(), Study::new());
    let order = [0, 5, 9, 11, 12];
    for (i, (kind, text)) in order.iter().map(|i| &GOLDEN[*i]).enumerate() {
        let text = text.replace(r#""stage":1,"repetition":2,"attempt":3"#, r#""stage":0"#);
        let Decoded::Known(body) = history::decode_for_fold(kind, &text).unwrap() else { panic!("{kind}") };
        whole.apply(&Event { seq: i as u64 + 1, at: 1, body: known(kind, &text) }).unwrap();
        lean.apply(&Event { seq: i as u64 + 1, at: 1, body: *body }).unwrap();
    }
    assert_eq!(whole, lean);
    let run = whole.trials().next().unwrap().runs().next().unwrap();
    assert_eq!(run.digests().next().unwrap().1.count, 3);
}
