//! Everything one run reports, gathered while it runs.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};

use indexmap::IndexMap;
use study::{DigestBuilder, Digests};

use super::texts::Texts;
use super::{Captures, Progress, Report, Splitter, Steps, parse};
use crate::layout;

/// A `metrics.jsonl` beyond this many bytes is not continued; digests are.
const MAX_METRICS: u64 = 256 << 20;

/// At most so much of a file is read before others have their turn.
const TURN: usize = 16 << 20;

/// Follows a run's output and inbox, writes `metrics.jsonl`, keeps digests.
pub(crate) struct Collector {
    directory: PathBuf,
    stdout: Tail,
    stderr: Tail,
    inbox: Option<(File, Tail)>,
    /// Lines of the inbox that were no reports.
    strange: u64,
    captures: Captures,
    texts: Texts,
    metrics: Option<File>,
    metrics_size: u64,
    /// Why `metrics.jsonl` lacks reports, if it does.
    trouble: Option<String>,
    digests: IndexMap<String, DigestBuilder>,
    reports: u64,
    reached: Option<u64>,
    steps: Steps,
}

/// What a run reported.
pub(crate) struct Collected {
    /// The metrics in short.
    pub(crate) metrics: Digests,
    /// Wanted metrics that came as text only.
    pub(crate) texts: IndexMap<String, String>,
    /// The highest step.
    pub(crate) reached: Option<u64>,
    /// What went wrong.
    pub(crate) trouble: Option<String>,
}

impl Collector {
    /// For a run in this directory, of a study that judges by the metrics `wanted`.
    pub(crate) fn new(directory: PathBuf, captures: Captures, steps: Steps, wanted: Vec<String>) -> Self {
        Collector {
            directory,
            stdout: Tail::default(),
            stderr: Tail::default(),
            inbox: None,
            strange: 0,
            captures,
            texts: Texts::new(wanted),
            metrics: None,
            metrics_size: 0,
            trouble: None,
            digests: IndexMap::new(),
            reports: 0,
            reached: None,
            steps,
        }
    }

    /// Reads what is new in the logs (standard output and error) and the inbox, and calls `told` with each report and its index. Returns whether there is more to read at
    /// once. With `last`, unfinished lines count.
    pub(crate) fn collect(
        &mut self,
        logs: [&File; 2],
        buffer: &mut [u8],
        last: bool,
        mut told: impl FnMut(u64, Report),
    ) -> bool {
        let mut found = Vec::new();
        let (captures, texts) = (&mut self.captures, &mut self.texts);
        let mut more = self.stdout.read(logs[0], buffer, last, |line| {
            let report = parse(line).or_else(|| captures.find(line));
            texts.look(line, report.as_ref());
            found.extend(report);
        });
        // Without patterns nobody needs standard error read.
        if !captures.is_empty() {
            more |= self.stderr.read(logs[1], buffer, last, |line| found.extend(captures.find(line)));
        }
        if self.inbox.is_none() {
            let opened = File::open(self.directory.join(layout::INBOX));
            self.inbox = opened.ok().map(|file| (file, Tail::default()));
        }
        if let Some((file, inbox)) = &mut self.inbox {
            let strange = &mut self.strange;
            inbox.restart_if_cut(file);
            let texts = &mut self.texts;
            more |= inbox.read(file, buffer, last, |line| {
                let report = parse(line);
                texts.look(line, report.as_ref());
                match report {
                    Some(report) => found.push(report),
                    None => *strange += 1,
                }
            });
        }
        if !found.is_empty() {
            self.write(&found);
        }
        for report in found {
            let index = self.reports;
            self.reports += 1;
            if self.steps.take(report.step) {
                self.digest(index, &report);
            }
            told(index, report);
        }
        more
    }

    /// How far it has come, where there is a limit on its steps.
    pub(crate) fn progress(&self) -> Progress {
        self.steps.progress()
    }

    /// How many reports there were.
    pub(crate) fn reports(&self) -> u64 {
        self.reports
    }

    /// How far standard output was read: what lies before may go.
    pub(crate) fn stdout_read(&self) -> u64 {
        self.stdout.offset
    }

    /// How far standard error was read, if it is read at all.
    pub(crate) fn stderr_read(&self) -> Option<u64> {
        (!self.captures.is_empty()).then_some(self.stderr.offset)
    }

    /// A log was cut to this size: what comes follows there.
    pub(crate) fn stdout_cut(&mut self, size: u64) {
        self.stdout.offset = size;
    }

    /// As [`Collector::stdout_cut`].
    pub(crate) fn stderr_cut(&mut self, size: u64) {
        self.stderr.offset = size;
    }

    /// All of it in short, of the reports that count. To be called after the last collection; the inbox goes, unless it
    /// holds lines that were not understood.
    pub(crate) fn finish(self) -> Collected {
        let mut trouble = self.trouble;
        if self.inbox.is_some() {
            if self.strange == 0 {
                let _ = fs::remove_file(self.directory.join(layout::INBOX));
            } else if trouble.is_none() {
                let lines = self.strange;
                trouble = Some(format!(
                    "{lines} lines of {} are no reports, which are JSON objects with numbers, one a line",
                    layout::INBOX
                ));
            }
        }
        let digests = self.digests.into_iter().filter_map(|(name, digest)| Some((name, digest.finish()?)));
        let metrics: Digests = digests.collect();
        let texts = self.texts.finish(|name| metrics.contains_key(name));
        Collected { metrics, texts, reached: self.reached, trouble }
    }

    fn digest(&mut self, index: u64, report: &Report) {
        self.reached = self.reached.max(report.step);
        for (name, value) in &report.values {
            // Borrowed first: most names are there already.
            if let Some(digest) = self.digests.get_mut(name) {
                digest.push(report.step.unwrap_or(index), *value);
            } else {
                let mut digest = DigestBuilder::default();
                digest.push(report.step.unwrap_or(index), *value);
                self.digests.insert(name.clone(), digest);
            }
        }
    }

    fn write(&mut self, reports: &[Report]) {
        if self.trouble.is_some() {
            return;
        }
        let mut text = Vec::with_capacity(reports.len() * 48);
        for report in reports {
            line(report, &mut text);
        }
        if self.metrics_size + text.len() as u64 > MAX_METRICS {
            let name = layout::METRICS;
            self.trouble =
                Some(format!("{name} ends before {} MiB; the figures count all reports", MAX_METRICS >> 20));
            return;
        }
        match self.append(&text) {
            Ok(()) => self.metrics_size += text.len() as u64,
            Err(why) => {
                let file = self.directory.join(layout::METRICS);
                self.trouble = Some(format!("reports could not be written to {}: {why}", file.display()));
            }
        }
    }

    fn append(&mut self, text: &[u8]) -> io::Result<()> {
        let file = match &mut self.metrics {
            Some(file) => file,
            none => {
                let path = self.directory.join(layout::METRICS);
                none.insert(OpenOptions::new().append(true).create(true).open(path)?)
            }
        };
        file.write_all(text)
    }
}

/// A report as a line of `metrics.jsonl`.
fn line(report: &Report, into: &mut Vec<u8>) {
    into.push(b'{');
    if let Some(step) = report.step {
        into.extend_from_slice(format!("\"step\":{step},").as_bytes());
    }
    for (name, value) in &report.values {
        // Text and numbers always serialise, and a vector takes all.
        let _ = serde_json::to_writer(&mut *into, name);
        into.push(b':');
        let _ = serde_json::to_writer(&mut *into, value);
        into.push(b',');
    }
    into.pop();
    into.extend_from_slice(b"}\n");
}

/// The reports in a `metrics.jsonl`, to its last whole line.
pub(crate) fn read_metrics(directory: &Path) -> Vec<Report> {
    let Ok(bytes) = fs::read(directory.join(layout::METRICS)) else { return Vec::new() };
    let mut reports = Vec::new();
    Splitter::default().push(&bytes, |line| reports.extend(parse(line)));
    reports
}

/// How far a growing file was read.
#[derive(Default)]
struct Tail {
    offset: u64,
    splitter: Splitter,
}

impl Tail {
    fn read(&mut self, file: &File, buffer: &mut [u8], last: bool, mut line: impl FnMut(&[u8])) -> bool {
        let mut turn = 0;
        // An error of reading is as good as nothing new: the program's end is told all the same.
        while let Ok(read @ 1..) = file.read_at(buffer, self.offset) {
            self.splitter.push(&buffer[..read], &mut line);
            self.offset += read as u64;
            turn += read;
            if read < buffer.len() {
                break;
            }
            if turn >= TURN && !last {
                return true;
            }
        }
        if last {
            self.splitter.finish(line);
        }
        false
    }

    /// A program may write its file anew.
    fn restart_if_cut(&mut self, file: &File) {
        if file.metadata().is_ok_and(|data| data.size() < self.offset) {
            self.offset = 0;
            self.splitter = Splitter::default();
        }
    }
}
