//! What the simulated programs do: a pure function of the world's seed, the trial and its point.

use space::Stream;
use study::{Digest, DigestBuilder, Digests, How, Real, RunEnd, RunKey};

use crate::shape::Shape;
use crate::time::{Instant, SECOND};

/// The program of a study.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    pub(crate) seed: u64,
    /// A run's mean time, in µs.
    pub(crate) mean: Instant,
    /// How many trials fail, of a hundred.
    pub(crate) failing: u64,
    pub(crate) shape: Shape,
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
    /// The stage and the repetition in which a trial fails, however often it is tried.
    pub(crate) fn fails(&self, trial: u64) -> Option<(u32, u32)> {
        let mut stream = Stream::new(self.seed, 2, trial);
        (stream.below(100) < self.failing).then(|| {
            let stage = stream.below(self.shape.stages.len().max(1) as u64) as u32;
            let repetition = stream.below(u64::from(self.shape.repetitions)) as u32;
            (stage, if self.shape.is_once(stage) { 0 } else { repetition })
        })
    }

    /// What a repetition of a trial at `x` comes to at a level, whichever attempt finds out.
    pub(crate) fn value(&self, x: f64, repetition: u32, level: Option<u64>) -> f64 {
        (x - 1.0) * (x - 1.0) + 0.5 * f64::from(repetition) + level.map_or(0.0, |level| 4.0 / level as f64)
    }

    /// One attempt.
    pub(crate) fn course(&self, run: RunKey, x: f64, level: Option<u64>) -> Course {
        let place = u64::from(run.stage) << 40 | u64::from(run.repetition) << 32;
        let mut stream = Stream::new(self.seed, 3, place + run.trial.0 * 64 + u64::from(run.attempt));
        let long = if stream.below(20) == 0 { 8.0 } else { 1.0 };
        let time = 1_000 + (-(1.0 - stream.uniform()).ln() * self.mean as f64 * long) as Instant;
        let fails = self.fails(run.trial.0) == Some((run.stage, run.repetition));
        let value = (!fails).then(|| self.value(x, run.repetition, level));
        let is_last = run.stage == self.shape.last_stage();
        let mut reports = Vec::new();
        let mut digest = DigestBuilder::default();
        if let Some(value) = value {
            let count = match self.shape.rule {
                None => stream.below(4),
                // Where somebody judges by what it says, that does not depend on the attempt.
                Some(_) => Stream::new(self.seed, 6, place + run.trial.0).below(4),
            };
            for step in 0..count {
                let seen = value + (count - step) as f64;
                reports.push((time * (step + 1) / (count + 2), step, seen));
                digest.push(step, Real(seen));
            }
            digest.push(count, Real(value));
            reports.push((time * (count + 1) / (count + 2), count, value));
        }
        if !is_last {
            reports.clear();
        }
        let name = if is_last { "loss".to_owned() } else { format!("m{}", run.stage) };
        let how = if value.is_some() { How::Ok } else { How::Failed };
        let mut end = RunEnd::new(how, time as f64 / SECOND as f64);
        end.exit_code = Some(i32::from(value.is_none()));
        end.reached = level.filter(|_| value.is_some());
        let metrics = digest.finish().map(|digest: Digest| (name, digest)).into_iter().collect();
        Course { time, reports, end, metrics }
    }
}
