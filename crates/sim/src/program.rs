//! What the simulated programs do: a pure function of the world's seed, the trial and its point.

use space::Stream;
use study::{Digest, DigestBuilder, Digests, How, Real, RunEnd, RunKey};

use crate::time::{Instant, SECOND};

/// The program of a study.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) seed: u64,
    /// A run's mean time, in µs.
    pub(crate) mean: Instant,
    /// How many trials fail, of a hundred.
    pub(crate) failing: u64,
}

/// How one attempt goes if nobody ends it.
#[derive(Clone, Debug)]
pub(crate) struct Course {
    pub(crate) time: Instant,
    /// When it reports, which step, and what.
    pub(crate) reports: Vec<(Instant, u64, f64)>,
    pub(crate) end: RunEnd,
    pub(crate) metrics: Digests,
}

impl Program {
    /// What a trial at `x` is worth, whichever attempt finds out; `None` where it fails.
    pub(crate) fn value(&self, trial: u64, x: f64) -> Option<f64> {
        let fails = Stream::new(self.seed, 2, trial).below(100) < self.failing;
        (!fails).then_some((x - 1.0) * (x - 1.0))
    }

    /// One attempt.
    pub(crate) fn course(&self, run: RunKey, x: f64) -> Course {
        let mut stream = Stream::new(self.seed, 3, run.trial.0 * 64 + u64::from(run.attempt));
        let long = if stream.below(20) == 0 { 8.0 } else { 1.0 };
        let time = 1_000 + (-(1.0 - stream.uniform()).ln() * self.mean as f64 * long) as Instant;
        let value = self.value(run.trial.0, x);
        let mut reports = Vec::new();
        let mut digest = DigestBuilder::default();
        if let Some(value) = value {
            let count = stream.below(4);
            for step in 0..count {
                let seen = value + (count - step) as f64;
                reports.push((time * (step + 1) / (count + 2), step, seen));
                digest.push(step, Real(seen));
            }
            digest.push(count, Real(value));
            reports.push((time * (count + 1) / (count + 2), count, value));
        }
        let how = if value.is_some() { How::Ok } else { How::Failed };
        let mut end = RunEnd::new(how, time as f64 / SECOND as f64);
        end.exit_code = Some(i32::from(value.is_none()));
        let metrics = digest.finish().map(|digest: Digest| ("loss".to_owned(), digest)).into_iter().collect();
        Course { time, reports, end, metrics }
    }
}
