//! Workers without end whose programs take virtual time only.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use exec::{Executor, ExecutorError, Known, RunId, RunNews, RunOrder};
use space::Stream;
use store::Clock;
use study::{Digest, How, RunEnd, RunEnded};

/// Virtual time, in µs; moved on by the crowd.
#[derive(Debug, Default)]
pub(crate) struct Virtual(AtomicU64);

impl Virtual {
    pub(crate) fn now(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl Clock for Virtual {
    fn now_ms(&self) -> u64 {
        1_790_000_000_000 + self.now() / 1000
    }

    fn steady(&self) -> Duration {
        Duration::from_micros(self.now())
    }
}

/// See the module.
#[derive(Debug)]
pub(crate) struct Crowd {
    clock: Arc<Virtual>,
    mean: f64,
    stream: Stream,
    /// By their ends.
    running: BinaryHeap<Reverse<(u64, RunId, u64)>>,
    /// When the engine was left to think.
    left: Instant,
    /// What all programs took and take, in µs.
    taken: f64,
    last_start: u64,
    /// The ends told since then.
    ends: Vec<u64>,
}

impl Crowd {
    pub(crate) fn new(clock: Arc<Virtual>, mean_seconds: f64) -> Self {
        Crowd {
            clock,
            mean: mean_seconds * 1e6,
            stream: Stream::new(1, 0, 0),
            running: BinaryHeap::new(),
            left: Instant::now(),
            taken: 0.0,
            last_start: 0,
            ends: Vec::new(),
        }
    }

    /// The share of the slots in use until the last run began, and how long all took, in seconds. To be asked when all is
    /// over.
    pub(crate) fn use_of(&self, slots: u64) -> (f64, f64) {
        let later: u64 = self.ends.iter().map(|ends| ends.saturating_sub(self.last_start)).sum();
        let used = self.taken - later as f64;
        (used / (self.last_start as f64 * slots as f64), self.clock.now() as f64 / 1e6)
    }

    fn ended(&mut self, by: u64) -> Vec<RunNews> {
        let mut news = Vec::new();
        while let Some(Reverse((ends, id, took))) = self.running.peek().copied().filter(|next| next.0.0 <= by)
        {
            self.running.pop();
            self.ends.push(ends);
            let end = RunEnd { exit_code: Some(0), ..RunEnd::new(How::Ok, took as f64 / 1e6) };
            let loss = Digest::single(self.stream.uniform());
            let metrics = [("loss".to_owned(), loss)].into_iter().collect();
            news.push(RunNews::Ended(Box::new(RunEnded { run: id.run, epoch: id.epoch, end, metrics })));
        }
        news
    }
}

impl Executor for Crowd {
    fn known(&self) -> &[Known] {
        &[]
    }

    fn start(&mut self, order: RunOrder) {
        // Thinking takes time: a program begins when the engine has come to it.
        let now = self.clock.now() + self.left.elapsed().as_micros() as u64;
        let took = (-(1.0 - self.stream.uniform()).ln() * self.mean) as u64 + 1;
        self.running.push(Reverse((now + took, order.id, took)));
        self.taken += took as f64;
        self.last_start = now;
        // What was told by now had ended by now.
        self.ends.clear();
    }

    fn claim(&mut self, _: RunId, _: PathBuf) {}

    fn stop(&mut self, _: RunId, _: How, _: Option<String>) {}

    fn kill(&mut self, _: RunId, _: How, _: Option<String>) {}

    fn acknowledge(&mut self, _: RunId) {}

    fn wait(&mut self, limit: Option<Duration>) -> Result<Vec<RunNews>, ExecutorError> {
        let mut now = self.clock.now() + self.left.elapsed().as_micros() as u64;
        let limit = limit.map_or(u64::MAX, |limit| limit.as_micros() as u64);
        if let Some(Reverse((ends, ..))) = self.running.peek() {
            now = now.max((*ends).min(now.saturating_add(limit)));
        } else {
            now = now.saturating_add(limit);
        }
        self.clock.0.store(now, Ordering::Relaxed);
        let news = self.ended(now);
        self.left = Instant::now();
        Ok(news)
    }
}
