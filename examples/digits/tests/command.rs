//! What the program promises to whoever starts it: lines, determinism, exit codes, messages.

#![allow(clippy::unwrap_used, reason = "the helpers below are tests too, though not marked as such")]

use std::process::{Command, Output};

fn trainer(flags: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_digits-trainer")).args(flags).output().unwrap()
}

fn stdout(output: &Output) -> String {
    String::from_utf8(output.stdout.clone()).unwrap()
}

fn stderr(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

/// The number behind `name` in the last line that has it.
fn last(output: &Output, name: &str) -> f64 {
    let key = format!("\"{name}\": ");
    let text = stdout(output);
    let line = text.lines().rfind(|line| line.contains(&key)).unwrap();
    let value = line.split(&key).nth(1).unwrap().split([',', '}']).next().unwrap();
    value.parse().unwrap()
}

#[test]
fn the_defaults_learn_the_digits() {
    let output = trainer(&[]);
    assert!(output.status.success());
    assert!(last(&output, "val_error") < 0.05, "{}", stdout(&output));
    assert!(last(&output, "test_error") < 0.05, "{}", stdout(&output));
}

#[test]
fn every_optimizer_and_every_regularisation_learns() {
    for flags in [
        ["--optimizer=sgd", "--lr=0.05", "--momentum=0.9", "--nesterov=true"],
        ["--optimizer=rmsprop", "--lr=0.002", "--rho=0.95", "--schedule=cosine"],
        ["--units=48,32", "--activation=tanh", "--lr=0.003", "--shift=0.2"],
        ["--dropout=0.1", "--decay=0.01", "--lr=0.003", "--batch=16"],
    ] {
        let output = trainer(&flags);
        assert!(last(&output, "val_error") < 0.08, "{flags:?}: {}", stdout(&output));
    }
}

#[test]
fn each_epoch_is_a_line_and_the_test_error_comes_last() {
    let output = trainer(&["--epochs=3"]);
    let text = stdout(&output);
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 4);
    for (at, line) in lines[..3].iter().enumerate() {
        assert!(line.starts_with(&format!("{{\"epoch\": {}, \"train_loss\": ", at + 1)), "{line}");
        assert!(!line.contains("test_"), "{line}");
    }
    assert!(lines[3].starts_with("{\"test_loss\": "), "{}", lines[3]);
    assert_eq!(last(&output, "parameters"), 8_970.0);
}

#[test]
fn a_seed_names_a_training() {
    let flags = ["--epochs=5", "--dropout=0.2", "--shift=0.3", "--units=20,10", "--seed=4"];
    let output = stdout(&trainer(&flags));
    assert_eq!(output, stdout(&trainer(&flags)));
    assert_ne!(output, stdout(&trainer(&["--epochs=5", "--dropout=0.2", "--shift=0.3", "--units=20,10"])));
}

#[test]
fn a_divergence_prints_nan_and_ends_with_code_3() {
    let output = trainer(&["--optimizer=sgd", "--lr=1e30"]);
    assert_eq!(output.status.code(), Some(3));
    assert!(stdout(&output).lines().last().unwrap().contains("\"val_loss\": NaN"), "{}", stdout(&output));
    assert!(!stdout(&output).contains("test_error"));
    assert!(stderr(&output).contains("the loss is not a number in epoch 1"), "{}", stderr(&output));
}

#[test]
fn a_wrong_flag_is_told_with_what_would_be_right() {
    for (flag, hint) in [
        ("--momentum=0.9", "--momentum is a parameter of sgd, and the optimizer is adam"),
        ("--dropot=0.1", "'--dropout'"),
        ("--dropout=1", "expected a number of at least 0 and below 1"),
        ("--optimizer=adma", "'adam'"),
        ("--units=64,x", "invalid"),
    ] {
        let output = trainer(&[flag]);
        assert_eq!(output.status.code(), Some(2), "{flag}");
        assert!(stderr(&output).contains(hint), "{flag}: {}", stderr(&output));
    }
}
