//! Programs as samplers: the one among the examples keeps what every sampler keeps, and what goes wrong is told.
#![allow(clippy::unwrap_used, reason = "a test says so where it cannot go on")]

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use ravine_exec::Interlocutors;
use search::{Broken, CommandOptions, Dialogue, Programs, SamplerSpec, Setting, build_for, conformance};

/// A folder with what runs programs in it.
struct Place {
    folder: tempfile::TempDir,
    programs: Interlocutors,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let programs = Interlocutors::new(folder.path(), folder.path().join("sampler.log"));
        Place { folder, programs }
    }

    fn start(&self, script: &str) -> Box<dyn Dialogue> {
        self.programs.start(&["sh".to_owned(), "-c".to_owned(), script.to_owned()]).unwrap()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }
}

const SOON: Duration = Duration::from_secs(20);

fn lines(count: usize) -> Vec<String> {
    (0..count).map(|i| format!("line {i}")).collect()
}

#[test]
fn the_example_keeps_what_every_sampler_keeps() {
    let place = Place::new();
    let sampler = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/sampler/sampler.py");
    let run = vec!["python3".to_owned(), sampler.to_string_lossy().into_owned()];
    let spec = SamplerSpec::Command(CommandOptions::new(run));
    let setting = Setting { programs: Some(Arc::new(place.programs.clone())), ..Setting::default() };
    conformance::check_all(&|space| build_for(&spec, space, &setting));
}

#[test]
fn all_lines_arrive_and_one_comes_back() {
    let place = Place::new();
    let mut talk = place.start("while read a && read b && read c; do echo \"$a, $b, $c\"; done");
    assert_eq!(talk.exchange(&lines(3), SOON).unwrap(), "line 0, line 1, line 2");
    assert_eq!(talk.exchange(&lines(3), SOON).unwrap(), "line 0, line 1, line 2");
}

#[test]
fn a_history_larger_than_any_pipe_is_read_whole() {
    let place = Place::new();
    let mut talk = place.start("head -n 300000 | wc -l");
    assert_eq!(talk.exchange(&lines(300_000), SOON).unwrap().trim(), "300000");
}

#[test]
fn one_that_does_not_read_is_silent_and_in_time() {
    let place = Place::new();
    let mut talk = place.start("sleep 1000");
    let began = Instant::now();
    assert_eq!(talk.exchange(&lines(300_000), Duration::from_millis(100)), Err(Broken::Silent));
    assert!(began.elapsed() < SOON);
}

#[test]
fn one_that_ends_is_told_with_its_last_words() {
    let place = Place::new();
    let mut talk = place.start("echo 'no model' >&2; exit 3");
    let Err(Broken::Ended(how)) = talk.exchange(&lines(1), SOON) else { unreachable!("it ended") };
    assert!(how.starts_with("ended with exit code 3") && how.contains("no model"), "{how}");
    let mut talk = place.start("kill -KILL $$");
    let Err(Broken::Ended(how)) = talk.exchange(&lines(1), SOON) else { unreachable!("it ended") };
    assert!(how.contains("SIGKILL") && !how.contains("no model"), "{how}");
}

#[test]
fn what_was_said_unasked_is_no_answer() {
    let place = Place::new();
    let mut talk = place.start("while read a; do echo one; echo two; done");
    assert_eq!(talk.exchange(&lines(1), SOON).unwrap(), "one");
    let began = Instant::now();
    while talk.exchange(&[], Duration::from_millis(10)) == Err(Broken::Silent) && began.elapsed() < SOON {}
    let mut talk = place.start("printf 'caf\\351\\n'; sleep 1000");
    let garbled = talk.exchange(&lines(1), SOON);
    assert!(matches!(garbled, Err(Broken::Garbled(_))), "{garbled:?}");
}

#[test]
fn it_ends_with_all_that_it_started() {
    let place = Place::new();
    let mut talk = place.start("sleep 1000 & echo $! > child; read asked; echo ready; wait");
    assert_eq!(talk.exchange(&lines(1), SOON).unwrap(), "ready");
    let child = std::fs::read_to_string(place.file("child")).unwrap();
    let status = PathBuf::from(format!("/proc/{}/stat", child.trim()));
    assert!(status.exists());
    drop(talk);
    let began = Instant::now();
    // A zombie until whoever takes in orphans reaps it.
    let is_alive = || std::fs::read_to_string(&status).is_ok_and(|stat| !stat.contains(") Z "));
    while is_alive() {
        assert!(began.elapsed() < SOON, "the child lives on");
        std::thread::sleep(Duration::from_millis(5));
    }
}
