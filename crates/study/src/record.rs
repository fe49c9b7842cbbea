//! What the fold keeps of a trial and of its runs: small, since there may be a million.

use search::{DecisionId, Level, TrialId, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use space::ConfigHash;

use crate::event::{Assignment, How, RunEnded, RunKey, RunStarted, Source};
use crate::json_text;
use crate::names::{Cell, NameId, Names};
use crate::{Digest, Mark, Real};

/// Where a trial stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum State {
    /// It was created (or continued) and nobody runs it yet.
    Queued,
    /// A run of it began.
    Running,
    /// It has its values.
    Complete,
    /// It was stopped early.
    Pruned,
    /// It has no usable value.
    Failed,
}

impl State {
    /// Whether it is over.
    pub fn is_ended(self) -> bool {
        matches!(self, State::Complete | State::Pruned | State::Failed)
    }

    /// The word that tables and the log use.
    pub fn name(self) -> &'static str {
        match self {
            State::Queued => "queued",
            State::Running => "running",
            State::Complete => "complete",
            State::Pruned => "pruned",
            State::Failed => "failed",
        }
    }
}

/// One trial.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Record {
    pub(crate) state: State,
    pub(crate) source: Source,
    pub(crate) round: u32,
    pub(crate) shape: u32,
    pub(crate) cells: Box<[Cell]>,
    pub(crate) hash: Option<ConfigHash>,
    pub(crate) decision: Option<DecisionId>,
    /// The event that created it.
    pub(crate) created_seq: u64,
    /// The event that ended it; 0 until then.
    pub(crate) ended_seq: u64,
    pub(crate) created_at: u64,
    /// 0 until then.
    pub(crate) started_at: u64,
    /// 0 until then.
    pub(crate) ended_at: u64,
    pub(crate) values: Box<[Real]>,
    pub(crate) violations: Box<[Real]>,
    pub(crate) metrics: Box<[(NameId, Real)]>,
    pub(crate) runs: Vec<RunRecord>,
    pub(crate) extra: Option<Box<Extra>>,
}

/// What most trials do not have.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Extra {
    pub(crate) level: Option<Level>,
    pub(crate) parent: Option<TrialId>,
    pub(crate) entry: Option<u64>,
    /// The decisions of its later rounds, after the one that made it.
    pub(crate) rounds: Vec<Round>,
    pub(crate) repeats: u32,
    pub(crate) errors: Vec<Real>,
    pub(crate) step: Option<u64>,
    /// What it cost, where the study says by which metric.
    pub(crate) cost: Option<Real>,
    pub(crate) message: Option<Box<str>>,
    #[serde(with = "json_text")]
    pub(crate) memo: Option<Json>,
    #[serde(with = "json_text")]
    pub(crate) attributes: Assignment,
    /// Values for suggestions to come; given back when the trial ends.
    #[serde(with = "json_text")]
    pub(crate) prepared: Assignment,
    /// Reports that a rule acted on.
    pub(crate) reports: Vec<ReportRecord>,
    /// What each repetition gave, with the round that told of it.
    pub(crate) repetitions: Vec<RepetitionRecord>,
}

/// A report that a rule acted on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct ReportRecord {
    pub(crate) seq: u64,
    pub(crate) round: u32,
    pub(crate) repetition: u32,
    pub(crate) verdict: Verdict,
    pub(crate) step: u64,
    pub(crate) values: Box<[(NameId, Real)]>,
}

/// What one repetition gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RepetitionRecord {
    pub(crate) round: u32,
    pub(crate) repetition: u32,
    pub(crate) values: Box<[Real]>,
}

/// A decision to go on with a trial that had ended.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Round {
    /// The event that began it.
    pub(crate) seq: u64,
    pub(crate) decision: DecisionId,
    pub(crate) level: Option<Level>,
    pub(crate) runs: u32,
    /// How many attempts there were before it.
    pub(crate) attempts: u32,
    #[serde(with = "json_text")]
    pub(crate) memo: Option<Json>,
    /// How the round before had ended.
    pub(crate) before: Past,
}

/// An ending that was followed by another round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Past {
    pub(crate) seq: u64,
    pub(crate) state: State,
    pub(crate) step: Option<u64>,
    pub(crate) values: Box<[Real]>,
    pub(crate) violations: Box<[Real]>,
    pub(crate) cost: Option<Real>,
}

/// One attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct RunRecord {
    pub(crate) stage: u32,
    pub(crate) repetition: u32,
    pub(crate) attempt: u32,
    pub(crate) host: Option<NameId>,
    pub(crate) epoch: u64,
    pub(crate) started_at: u64,
    pub(crate) cpus: f32,
    pub(crate) gpus: f32,
    pub(crate) end: Option<Box<EndRecord>>,
}

/// The end of an attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct EndRecord {
    pub(crate) how: How,
    pub(crate) exit_code: Option<i32>,
    pub(crate) signal: Option<i32>,
    pub(crate) ended_at: u64,
    pub(crate) seconds: Real,
    pub(crate) cpu_seconds: Option<Real>,
    pub(crate) peak_memory: Option<u64>,
    pub(crate) reached: Option<u64>,
    pub(crate) hopeless: bool,
    pub(crate) message: Option<Box<str>>,
    pub(crate) digests: Box<[(NameId, Figures)]>,
}

/// A digest without its curve, in 72 bytes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Figures {
    count: u32,
    first: Mark,
    last: Mark,
    /// NaN where there is none.
    min: Mark,
    max: Mark,
}

const NO_MARK: Mark = Mark { step: 0, value: Real(f64::NAN) };

impl Figures {
    pub(crate) fn of(digest: &Digest) -> Self {
        Figures {
            count: u32::try_from(digest.count).unwrap_or(u32::MAX),
            first: digest.first,
            last: digest.last,
            min: digest.min.unwrap_or(NO_MARK),
            max: digest.max.unwrap_or(NO_MARK),
        }
    }

    pub(crate) fn digest(&self) -> Digest {
        let number = |mark: Mark| (!mark.value.is_nan()).then_some(mark);
        Digest {
            count: u64::from(self.count),
            first: self.first,
            last: self.last,
            min: number(self.min),
            max: number(self.max),
            points: Vec::new(),
        }
    }
}

impl Record {
    pub(crate) fn extra(&mut self) -> &mut Extra {
        self.extra.get_or_insert_default()
    }

    pub(crate) fn run(&self, stage: u32, repetition: u32, attempt: u32) -> Option<usize> {
        self.runs
            .iter()
            .rposition(|run| (run.stage, run.repetition, run.attempt) == (stage, repetition, attempt))
    }

    /// Its ending as it is now.
    pub(crate) fn ending(&self) -> Past {
        Past {
            seq: self.ended_seq,
            state: self.state,
            step: self.extra.as_ref().and_then(|extra| extra.step),
            values: self.values.clone(),
            violations: self.violations.clone(),
            cost: self.extra.as_ref().and_then(|extra| extra.cost),
        }
    }

    /// Ends the runs that are still open with the trial itself: those of programs that ask and tell, which have no
    /// process that is watched.
    pub(crate) fn close_runs(&mut self, at: u64) -> Spent {
        let how = match self.state {
            State::Complete => How::Ok,
            State::Pruned => How::Pruned,
            _ => How::Failed,
        };
        let mut spent = Spent::default();
        for run in self.runs.iter_mut().filter(|run| run.end.is_none()) {
            let seconds = at.saturating_sub(run.started_at) as f64 / 1000.0;
            let of_run = run.close(EndRecord::new(how, at, seconds));
            spent.compute += of_run.compute;
            spent.gpu_time += of_run.gpu_time;
        }
        spent
    }

    /// Gives back the slack of what will not grow any more.
    pub(crate) fn shrink(&mut self) {
        self.runs.shrink_to_fit();
    }
}

impl RunRecord {
    pub(crate) fn key(&self, trial: TrialId) -> RunKey {
        RunKey { trial, stage: self.stage, repetition: self.repetition, attempt: self.attempt }
    }

    pub(crate) fn of(started: &RunStarted, at: u64, names: &mut Names) -> Self {
        RunRecord {
            stage: started.run.stage,
            repetition: started.run.repetition,
            attempt: started.run.attempt,
            host: started.host.as_deref().map(|host| names.intern(host)),
            epoch: started.epoch,
            started_at: at,
            // `as` rounds: nobody counts cpus to seven digits.
            cpus: started.cpus.map_or(1.0, |cpus| cpus.0 as f32),
            gpus: started.gpus.map_or(0.0, |gpus| gpus.0 as f32),
            end: None,
        }
    }
}

/// What a run took, in seconds × cpus and seconds × gpus.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Spent {
    pub(crate) compute: f64,
    pub(crate) gpu_time: f64,
}

impl RunRecord {
    pub(crate) fn close(&mut self, end: EndRecord) -> Spent {
        // NaN and negative times count as none.
        let seconds = end.seconds.0.max(0.0);
        self.end = Some(Box::new(end));
        Spent { compute: seconds * f64::from(self.cpus), gpu_time: seconds * f64::from(self.gpus) }
    }
}

impl EndRecord {
    fn new(how: How, ended_at: u64, seconds: f64) -> Self {
        EndRecord {
            how,
            exit_code: None,
            signal: None,
            ended_at,
            seconds: Real(seconds),
            cpu_seconds: None,
            peak_memory: None,
            reached: None,
            hopeless: false,
            message: None,
            digests: Box::default(),
        }
    }

    pub(crate) fn of(ended: &RunEnded, at: u64, names: &mut Names) -> Self {
        let end = &ended.end;
        EndRecord {
            how: end.how,
            exit_code: end.exit_code,
            signal: end.signal,
            ended_at: at,
            seconds: end.seconds,
            cpu_seconds: end.cpu_seconds,
            peak_memory: end.peak_memory,
            reached: end.reached,
            hopeless: end.hopeless,
            message: end.message.as_deref().map(Into::into),
            digests: ended.metrics.iter().map(|(name, d)| (names.intern(name), Figures::of(d))).collect(),
        }
    }
}
