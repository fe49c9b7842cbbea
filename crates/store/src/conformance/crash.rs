//! `kill -9` at random moments, with two processes that append at once (invariant NOTHING LOST).
//!
//! The test that calls [`loses_nothing`] starts children by a command of its own; a child opens the same store
//! and calls [`append_until_killed`].

use std::collections::BTreeMap;
use std::io::{self, BufRead, BufReader, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

use super::{HEADER, Pauses, author_and_number, drafts};
use crate::{Durability, Store};

/// The study that the children append to.
const STUDY: &str = "crash";
/// What a line of a child's that acknowledges an append starts with.
const MARK: &str = "kept ";
/// How many events a child appends at once.
const BATCH: u64 = 3;

/// The child's part: appends events as `author`, synced, and says so after each, until it is killed or a
/// minute is over.
pub fn append_until_killed(store: &dyn Store, author: u64) -> Result<(), Box<dyn std::error::Error>> {
    let study = store.open_study(STUDY)?.id;
    let start = Instant::now();
    let mut n = 0;
    while start.elapsed() < Duration::from_secs(60) {
        store.append(study, &drafts(author, n..n + BATCH), Durability::Synced)?;
        n += BATCH;
        let mut out = io::stdout().lock();
        writeln!(out, "{MARK}{n}")?;
        out.flush()?;
    }
    Ok(())
}

/// Starts two children at a time, each with a number that must reach [`append_until_killed`], and kills them at
/// random moments. Of what they acknowledged nothing may be lost, and nothing may be there twice.
pub fn loses_nothing(open: &dyn Fn() -> Arc<dyn Store>, child: &dyn Fn(u64) -> Command, rounds: u64) {
    open().create_study(STUDY, HEADER).unwrap();
    let mut pauses = Pauses(rounds);
    let mut kept = BTreeMap::new();
    for round in 0..rounds {
        let authors = [2 * round, 2 * round + 1];
        let children = authors.map(|author| Running::start(child(author)));
        std::thread::sleep(pauses.up_to(Duration::from_millis(60)));
        for (author, child) in authors.into_iter().zip(children) {
            kept.insert(author, child.kill());
        }
        check(&open(), &kept);
    }
    assert!(kept.values().all(|n| *n > 0), "each child got to append something");
}

fn check(store: &Arc<dyn Store>, kept: &BTreeMap<u64, u64>) {
    let study = store.open_study(STUDY).unwrap().id;
    let mut found: BTreeMap<u64, u64> = BTreeMap::new();
    for record in store.read(study, 0, usize::MAX).unwrap() {
        let (author, n) = author_and_number(&record.body);
        let next = found.entry(author).or_default();
        assert_eq!(n, *next, "an event of process {author} is lost, doubled, or out of order");
        *next += 1;
    }
    for (author, kept) in kept {
        let found = found.get(author).copied().unwrap_or(0);
        assert!(found >= *kept, "process {author} was told that {kept} events are kept; {found} are there");
        assert!(found <= kept + BATCH, "process {author} has more than one unacknowledged append");
        assert_eq!(found % BATCH, 0, "half an append of process {author} is there");
    }
}

/// A child that has begun to append.
struct Running {
    child: Child,
    lines: io::Lines<BufReader<ChildStdout>>,
    kept: u64,
}

impl Running {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut running = Self { child, lines, kept: 0 };
        running.kept = running.acknowledged().unwrap_or(0);
        running
    }

    /// The next acknowledgement; other output, a test harness's for instance, is passed over.
    fn acknowledged(&mut self) -> Option<u64> {
        self.lines.by_ref().find_map(|line| line.ok()?.strip_prefix(MARK)?.parse().ok())
    }

    fn kill(mut self) -> u64 {
        self.child.kill().unwrap();
        while let Some(n) = self.acknowledged() {
            self.kept = n;
        }
        self.child.wait().unwrap();
        self.kept
    }
}
