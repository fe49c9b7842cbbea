//! One run at a time: what it gets, says, leaves, and how it ends.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test says so where it cannot go on")]

mod common;

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::{Duration, Instant};

use common::{Study, id};
use ravine_exec::{Command, Executor, RunNews};
use serde_json::json;
use study::{How, Real, RunEnded};

#[test]
fn a_run_that_says_nothing_leaves_only_its_ending() {
    let mut study = Study::new();
    let order = study.order(0, Command::Program(vec!["true".into()]));
    let (ended, news) = study.run(order);
    assert_eq!((ended.end.how, ended.end.exit_code), (How::Ok, Some(0)));
    assert!(matches!(news[..], [RunNews::Started { pid, .. }] if pid > 0));
    assert_eq!(study.names(0), ["exit.json"]);
    let told: RunEnded = serde_json::from_str(&study.read(0, "exit.json")).unwrap();
    assert_eq!(told, ended);
}

#[test]
fn a_run_gets_its_arguments_unsplit_its_files_and_its_environment() {
    let mut study = Study::new();
    let script = "printf '%s|' \"$@\"; echo; echo $LR $OMP_NUM_THREADS $PYTHONUNBUFFERED; cat card/run.yml $RAVINE_CONFIG";
    let words = ["sh", "-c", script, "sh", "two words", "", "$HOME *"];
    let mut order = study.order(0, Command::Program(words.map(String::from).to_vec()));
    order.environment = vec![("LR".into(), "0.1".into())];
    order.cpus = 3;
    order.config = Some(json!({"lr": 0.1, "b": [1, 2]}));
    order.files = vec![("card/run.yml".into(), "lr: 0.1\n".into())];
    order.folders = vec![study.directory(0).parent().unwrap().join("checkpoint")];
    let (ended, _) = study.run(order);
    assert_eq!(ended.end.how, How::Ok);
    let config = study.read(0, "config.json");
    assert_eq!(serde_json::from_str::<serde_json::Value>(&config).unwrap(), json!({"lr": 0.1, "b": [1, 2]}));
    assert_eq!(study.read(0, "stdout.log"), format!("two words||$HOME *|\n0.1 3 1\nlr: 0.1\n{config}"));
    assert!(study.directory(0).join("../checkpoint").is_dir());
}

#[test]
fn output_goes_to_files_input_is_empty_and_the_session_is_its_own() {
    let mut study = Study::new();
    let script = "cat; echo err >&2; ps -o sid= -p $$ | tr -d ' '; echo $$; pwd; ls -l /proc/self/fd | wc -l";
    let order = study.shell(0, script);
    study.run(order);
    let out = study.read(0, "stdout.log");
    let lines: Vec<_> = out.lines().collect();
    assert_eq!(lines[0], lines[1]);
    assert_eq!(Path::new(lines[2]), study.directory(0).canonicalize().unwrap());
    // Three streams, the listing's own handle on the folder, and the line "total".
    assert_eq!(lines[3], "5");
    assert_eq!(study.read(0, "stderr.log"), "err\n");
}

#[test]
fn exit_codes_and_signals_are_told_with_the_last_words() {
    let mut study = Study::new();
    let order = study.shell(0, "echo first >&2; echo 'the reason' >&2; exit 3");
    let (ended, _) = study.run(order);
    assert_eq!((ended.end.how, ended.end.exit_code), (How::Failed, Some(3)));
    assert_eq!(ended.end.message.as_deref(), Some("exit code 3: the reason"));
    let order = study.shell(1, "kill -SEGV $$");
    let (ended, _) = study.run(order);
    assert_eq!((ended.end.how, ended.end.signal), (How::Failed, Some(11)));
    assert_eq!(ended.end.message.as_deref(), Some("ended by SIGSEGV"));
    let mut order = study.shell(2, "exit 10");
    order.ok = vec![0, 10];
    assert_eq!(study.run(order).0.end.how, How::Ok);
}

#[test]
fn all_three_ways_of_reporting_end_in_one_file_in_one_order() {
    let mut study = Study::new();
    let script = r#"
        echo '{"step": 0, "loss": NaN, "note": "x"}'; echo 'plain words'; printf '50%%\r100%%\r{"step": 1, "loss": 2.5}\n'
        sleep 0.2; echo 'test error: 0.25' >&2
        sleep 0.2; echo '{"step": 2, "loss": 1}' >> $RAVINE_REPORT
        sleep 0.2; printf '{"step": 3, "loss": 0.5}'"#;
    let mut order = study.shell(0, script);
    order.capture = vec![("error".into(), "test error: ([0-9.]+)".into())];
    let (ended, news) = study.run(order);
    let want = "{\"step\":0,\"loss\":\"nan\"}\n{\"step\":1,\"loss\":2.5}\n{\"error\":0.25}\n{\"step\":2,\"loss\":1}\n{\"step\":3,\"loss\":0.5}\n";
    assert_eq!(study.read(0, "metrics.jsonl"), want);
    let told: Vec<_> = news
        .iter()
        .filter_map(|news| match news {
            RunNews::Reported { index, step, .. } => Some((*index, *step)),
            _ => None,
        })
        .collect();
    assert_eq!(told, [(0, Some(0)), (1, Some(1)), (2, None), (3, Some(2)), (4, Some(3))]);
    assert_eq!(ended.metrics["loss"].last.value, Real(0.5));
    assert_eq!(
        (ended.metrics["loss"].count, ended.metrics["error"].count, ended.end.reached),
        (4, 1, Some(3))
    );
    assert_eq!(study.names(0), ["exit.json", "metrics.jsonl", "stderr.log", "stdout.log"]);
}

#[test]
fn a_report_is_told_while_the_run_goes_on() {
    let mut study = Study::new();
    let order = study.shell(0, r#"echo '{"loss": 1}'; exec sleep 1000"#);
    study.local.start(order);
    study.until(|news| matches!(news, RunNews::Reported { .. }));
    study.local.stop(id(0), How::Pruned, Some("worse than the median".into()));
    let (ended, _) = study.until_ended(id(0));
    assert_eq!((ended.end.how, ended.end.signal), (How::Pruned, Some(15)));
    assert_eq!(ended.end.message.as_deref(), Some("worse than the median"));
}

#[test]
fn a_run_that_takes_too_long_is_ended() {
    let mut study = Study::new();
    let mut order = study.shell(0, "trap '' TERM; while :; do sleep 0.01; done");
    (order.timeout, order.grace) = (Some(Duration::from_millis(200)), Duration::from_millis(100));
    let start = Instant::now();
    let (ended, _) = study.run(order);
    assert!(start.elapsed() >= Duration::from_millis(300));
    assert_eq!((ended.end.how, ended.end.signal), (How::Timeout, Some(9)));
    assert_eq!(ended.end.message.as_deref(), Some("ended at its time limit of 200ms"));
}

#[test]
fn wall_time_cpu_time_and_memory_are_told() {
    let mut study = Study::new();
    let order = study.shell(0, "x=$(head -c 60000000 /dev/zero | tr '\\0' x); sleep 0.4; : $x");
    let (ended, _) = study.run(order);
    let end = ended.end;
    assert!(end.seconds.0 >= 0.4 && end.cpu_seconds.unwrap().0 > 0.0, "{end:?}");
    assert!(end.peak_memory.unwrap() >= 60_000_000, "{end:?}");
}

fn failure(study: &mut Study, order: ravine_exec::RunOrder) -> String {
    let (ended, news) = study.run(order);
    assert_eq!((ended.end.how, ended.end.exit_code), (How::Failed, None));
    assert!(news.is_empty(), "{news:?}");
    ended.end.message.unwrap()
}

#[test]
fn a_program_that_cannot_start_fails_its_run_with_a_reason() {
    let mut study = Study::new();
    let program = |path: &str| Command::Program(vec![path.to_owned()]);
    let order = study.order(0, program("no-such-program"));
    let why = failure(&mut study, order);
    assert!(why.starts_with("the program `no-such-program` is in no folder of PATH\nPATH is /"), "{why}");
    let order = study.order(1, program("./missing"));
    let why = failure(&mut study, order);
    assert!(
        why.starts_with("the program `./missing` is not there: ") && why.contains("/main/0/./missing"),
        "{why}"
    );
    let file = study.path().join("script");
    fs::write(&file, "echo hello").unwrap();
    let order = study.order(2, program(file.to_str().unwrap()));
    let why = failure(&mut study, order);
    assert!(why.contains("is not executable") && why.contains("chmod +x"), "{why}");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o755)).unwrap();
    let order = study.order(3, program(file.to_str().unwrap()));
    let why = failure(&mut study, order);
    assert!(why.contains("`#!` line"), "{why}");
    let mut order = study.order(4, program("true"));
    order.cwd = Some("/no/such/folder".into());
    let why = failure(&mut study, order);
    assert!(why.starts_with("cannot enter the working directory /no/such/folder: "), "{why}");
    let order = study.order(5, Command::Program(Vec::new()));
    assert!(failure(&mut study, order).contains("empty"));
    // The others are untouched, and an attempt that failed left no empty files.
    let order = study.order(6, program("true"));
    assert_eq!(study.run(order).0.end.how, How::Ok);
    assert_eq!(study.names(0), ["exit.json"]);
}

#[test]
fn a_directory_that_cannot_be_made_is_not_the_configurations_fault() {
    let mut study = Study::new();
    fs::write(study.path().join("file"), "").unwrap();
    let mut order = study.shell(0, "true");
    order.directory = study.path().join("file/0");
    let (ended, _) = study.run(order);
    assert_eq!(ended.end.how, How::Killed);
    let why = ended.end.message.unwrap();
    assert!(why.starts_with("cannot make the run's directory "), "{why}");
}

#[test]
fn a_full_disk_fails_the_run_and_not_the_supervisor() {
    let mut study = Study::new();
    // The one file system that is always full.
    let mut order = study.shell(0, "true");
    order.files = vec![("/dev/full/x".into(), "y".into())];
    let why = failure(&mut study, order);
    assert!(why.starts_with("cannot write /dev/full/x: "), "{why}");
    let order = study.shell(1, "echo lost > /dev/full");
    assert_eq!(study.run(order).0.end.how, How::Failed);
}

#[test]
fn a_directory_of_an_attempt_that_nobody_knows_is_moved_aside() {
    let mut study = Study::new();
    fs::create_dir_all(study.directory(0)).unwrap();
    fs::write(study.directory(0).join("precious"), "x").unwrap();
    let order = study.shell(0, "true");
    study.run(order);
    assert_eq!(study.names(0), ["exit.json"]);
    assert!(study.directory(0).with_file_name("0~1").join("precious").is_file());
}

#[test]
fn a_program_that_prints_without_end_does_not_fill_the_disk() {
    let mut study = Study::new();
    let script = "echo first; yes 'some words that fill the disk' | head -c 300000000; echo '{\"done\": 1}'; echo last";
    let mut order = study.shell(0, script);
    order.log_limit = 1 << 20;
    let (ended, _) = study.run(order);
    assert_eq!(ended.metrics["done"].count, 1);
    let log = study.read(0, "stdout.log");
    assert!(log.len() < (1 << 20) + 200, "{}", log.len());
    assert!(log.starts_with("first\n") && log.ends_with("last\n") && log.contains("bytes dropped here"));
}
