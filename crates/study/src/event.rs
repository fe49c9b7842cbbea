//! What is written down: the events of a study, append-only.
//!
//! The `kind` names and the fields are a stored format. A kind never changes meaning: a change is a new kind, and
//! [`crate::history`] lifts old ones. New fields are optional and absent where they say nothing.

use indexmap::IndexMap;
use search::{DecisionId, Level, TrialId, Verdict};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use space::{ConfigHash, Domain};

use crate::schedule::Lease;
use crate::{Digests, Real, Settings};

/// A point as the log keeps it: the path of each active parameter and its sampled value or label.
pub type Assignment = serde_json::Map<String, Json>;

/// An event in its place in a study's history.
#[derive(Clone, Debug, PartialEq)]
pub struct Event {
    /// Its place, from 1, without gaps (invariant ORDER).
    pub seq: u64,
    /// When it was written: milliseconds since 1970 by the store's clock.
    pub at: u64,
    /// What happened.
    pub body: EventBody,
}

/// What happened. In JSON, `kind` names the variant.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
#[allow(
    clippy::large_enum_variant,
    reason = "the large one, a study's beginning, is there once, and few are held at a time"
)]
pub enum EventBody {
    /// A study began; always the first event.
    StudyCreated(StudyCreated),
    /// Its rules were edited: budgets, never the space or the objectives.
    SettingsChanged(SettingsChanged),
    /// A process began to drive the study. The event's place in the log is the epoch of the runs that it starts.
    RunnerStarted(RunnerStarted),
    /// It ended, or was found dead.
    RunnerStopped(RunnerStopped),
    /// A person or a program asked for a point to be tried, or told a known result.
    Enqueued(Enqueued),
    /// A trial came to be.
    TrialCreated(TrialCreated),
    /// A trial that had ended goes on to a higher level, from its checkpoint.
    TrialContinued(TrialContinued),
    /// A trial that had ended gets more repetitions.
    TrialRepeated(TrialRepeated),
    /// A program asked for a parameter's value (define-by-run).
    Suggested(Suggested),
    /// An attempt of a run began.
    RunStarted(RunStarted),
    /// A running trial reported values, and a rule acted on them.
    Reported(Reported),
    /// An attempt of a run ended.
    RunEnded(RunEnded),
    /// A trial is over.
    TrialEnded(TrialEnded),
    /// Somebody noted something on a trial.
    TrialTagged(TrialTagged),
    /// Somebody noted something on the study.
    StudyTagged(StudyTagged),
    /// Somebody told the study to stop, pause or go on.
    Control(Control),
}

/// See [`EventBody::StudyCreated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StudyCreated {
    /// The study's name.
    pub name: String,
    /// All its randomness follows from it; 0…2⁶³−1.
    pub seed: u64,
    /// Objectives, constraints, stop rules.
    pub settings: Settings,
    /// The declared space as in the study file; absent in define-by-run studies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub space: Option<Json>,
    /// The sampler as in the study file.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sampler: Option<Json>,
    /// What is known of the earlier studies that shape its start; absent where there are none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub earlier: Option<Json>,
    /// Which version of ravine wrote it.
    pub ravine: String,
}

impl StudyCreated {
    /// A define-by-run study of this version.
    pub fn new(name: impl Into<String>, seed: u64, settings: Settings) -> Self {
        let ravine = env!("CARGO_PKG_VERSION").to_owned();
        StudyCreated { name: name.into(), seed, settings, space: None, sampler: None, earlier: None, ravine }
    }
}

/// See [`EventBody::SettingsChanged`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SettingsChanged {
    /// The rules from now on, whole.
    pub settings: Settings,
}

/// See [`EventBody::RunnerStarted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunnerStarted {
    /// Its name, unique in the study.
    pub runner: String,
    /// Where it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
}

/// See [`EventBody::RunnerStopped`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunnerStopped {
    /// Its name.
    pub runner: String,
    /// When it was last known alive (ms since 1970), where another found it dead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<u64>,
}

/// See [`EventBody::Enqueued`]. Entries are numbered from 0 in the order of their events.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Enqueued {
    /// What to try; may leave parameters open, which the sampler or the defaults fill.
    pub point: Assignment,
    /// A known result, told instead of run: metrics by name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<IndexMap<String, Real>>,
    /// Whether it came with the study file (`[[point]]`, defaults) and not from outside.
    #[serde(default, skip_serializing_if = "is_false")]
    pub given: bool,
    /// Noted on the trial that comes of it.
    #[serde(default, skip_serializing_if = "Assignment::is_empty")]
    pub attributes: Assignment,
}

/// Where a trial's point came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Source {
    /// A sampler's decision.
    Sampler,
    /// Enqueued while the study was under way.
    Enqueued,
    /// The study file: `[[point]]` or the defaults.
    Given,
    /// The program itself: a trial that was added with its values.
    User,
}

/// See [`EventBody::TrialCreated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialCreated {
    /// Its number: the next one, from 0.
    pub number: TrialId,
    /// The decision that made it; absent for points that no sampler chose.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub decision: Option<DecisionId>,
    /// Where its point came from.
    pub source: Source,
    /// Its point; grows by [`Suggested`] events in define-by-run studies.
    pub point: Assignment,
    /// The canonical hash of its configuration, where the space is declared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hash: Option<ConfigHash>,
    /// How far it runs; absent is to the end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub level: Option<Level>,
    /// The trial whose artifacts and checkpoint it starts from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<TrialId>,
    /// What the sampler must remember about having chosen it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<Json>,
    /// With how many outcomes it was decided, where the sampler waited for more than the study's lag gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<u64>,
    /// The number of the enqueued entry that it serves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<u64>,
    /// Values that its suggestions take, where they fit the domain (define-by-run).
    #[serde(default, skip_serializing_if = "Assignment::is_empty")]
    pub prepared: Assignment,
    /// Notes.
    #[serde(default, skip_serializing_if = "Assignment::is_empty")]
    pub attributes: Assignment,
}

impl TrialCreated {
    /// A trial of a sampler's decision, run to the end.
    pub fn sampled(number: TrialId, decision: DecisionId, point: Assignment) -> Self {
        TrialCreated {
            number,
            decision: Some(decision),
            source: Source::Sampler,
            point,
            hash: None,
            level: None,
            parent: None,
            memo: None,
            seen: None,
            entry: None,
            prepared: Assignment::new(),
            attributes: Assignment::new(),
        }
    }
}

/// See [`EventBody::TrialContinued`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialContinued {
    /// Which trial.
    pub trial: TrialId,
    /// The decision.
    pub decision: DecisionId,
    /// How far it runs now.
    pub level: Level,
    /// What the sampler must remember.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<Json>,
    /// With how many outcomes it was decided, where the sampler waited for more than the study's lag gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<u64>,
}

/// See [`EventBody::TrialRepeated`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialRepeated {
    /// Which trial.
    pub trial: TrialId,
    /// The decision.
    pub decision: DecisionId,
    /// How many more runs.
    pub runs: u32,
    /// What the sampler must remember.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memo: Option<Json>,
    /// With how many outcomes it was decided, where the sampler waited for more than the study's lag gives.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<u64>,
}

/// See [`EventBody::Suggested`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Suggested {
    /// Which trial.
    pub trial: TrialId,
    /// The parameter's name.
    pub name: String,
    /// What it could have been.
    pub domain: Domain,
    /// What it is.
    pub value: Json,
}

/// One attempt of one run of one trial. Attempts count every start (first, retry, promotion, requeue) and are
/// never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct RunKey {
    /// Which trial.
    pub trial: TrialId,
    /// Which stage, from 0 in the study file's order.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub stage: u32,
    /// Which repetition, from 0, over all repeat axes, the last axis counting fastest.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repetition: u32,
    /// Which attempt, from 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub attempt: u32,
}

impl RunKey {
    /// The first attempt of a trial's only run.
    pub fn first(trial: TrialId) -> Self {
        RunKey { trial, stage: 0, repetition: 0, attempt: 0 }
    }
}

/// See [`EventBody::RunStarted`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunStarted {
    /// Which attempt.
    pub run: RunKey,
    /// The fencing number of who started it (invariant FIRST ENDING WINS).
    pub epoch: u64,
    /// Where it runs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub host: Option<String>,
    /// How many cpus it holds; absent is 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpus: Option<Real>,
    /// How many gpus it holds; absent is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub gpus: Option<Real>,
    /// What it holds, by index: whoever takes the run over counts it as held.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lease: Option<Box<Lease>>,
}

/// See [`EventBody::Reported`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reported {
    /// Which trial.
    pub trial: TrialId,
    /// Which of its repetitions, from 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub repetition: u32,
    /// Its step, as the program counts.
    pub step: u64,
    /// Metrics by name.
    pub values: IndexMap<String, Real>,
    /// What a rule made of it.
    pub verdict: Verdict,
}

/// How an attempt ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum How {
    /// With a successful exit code.
    Ok,
    /// With another exit code, by a signal, or it could not be started.
    Failed,
    /// Stopped at its time limit.
    Timeout,
    /// Ended by a person, or with the study.
    Killed,
    /// Its machine or supervisor went away.
    Lost,
    /// Stopped early by a rule.
    Pruned,
}

/// A limit of its order that ended a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunLimit {
    /// It held more memory than it may: [`How::Failed`]. Run again, it needs more, or fails again.
    Memory,
    /// It reported the last step that counts and was stopped: [`How::Ok`].
    Step,
}

/// The end of an attempt.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunEnd {
    /// How it ended.
    pub how: How,
    /// The program's exit code, if it exited.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub exit_code: Option<i32>,
    /// The signal that ended it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub signal: Option<i32>,
    /// What a person should know: the error, the last lines of its output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// Wall time, in seconds.
    #[serde(default)]
    pub seconds: Real,
    /// CPU time of its whole process tree, in seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_seconds: Option<Real>,
    /// The largest resident size of its tree, in bytes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub peak_memory: Option<u64>,
    /// The level or the highest step that it reached.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reached: Option<u64>,
    /// Metrics that the study judges by and that came as text only, with the beginning of the first text.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub texts: IndexMap<String, String>,
    /// The limit that ended it, if one of these did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub limit: Option<RunLimit>,
    /// Another try would end no better: its order is at fault, or its trial is out of time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hopeless: bool,
}

impl RunEnd {
    /// An end of which only the manner and the wall time are known.
    pub fn new(how: How, seconds: f64) -> Self {
        RunEnd {
            how,
            exit_code: None,
            signal: None,
            message: None,
            seconds: Real(seconds),
            cpu_seconds: None,
            peak_memory: None,
            reached: None,
            texts: IndexMap::new(),
            limit: None,
            hopeless: false,
        }
    }
}

/// See [`EventBody::RunEnded`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunEnded {
    /// Which attempt.
    pub run: RunKey,
    /// The epoch of its start; an ending with another one is ignored (invariant FIRST ENDING WINS).
    pub epoch: u64,
    /// How.
    pub end: RunEnd,
    /// What it reported.
    #[serde(default, skip_serializing_if = "Digests::is_empty")]
    pub metrics: Digests,
}

/// How a trial ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ending {
    /// It has its values.
    Complete,
    /// It was stopped early.
    Pruned,
    /// It has no usable value.
    Failed,
}

/// See [`EventBody::TrialEnded`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialEnded {
    /// Which trial.
    pub trial: TrialId,
    /// How often it had been continued or repeated before; an ending of another round is ignored.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub round: u32,
    /// How.
    pub state: Ending,
    /// One value per objective, as reported (not the minimised sense); empty when failed, and when pruned before
    /// there were any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub values: Vec<Real>,
    /// The standard errors of the values, where known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Real>,
    /// One per part of the outcome constraints; ≤ 0 is feasible.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub violations: Vec<Real>,
    /// The trial's metrics, folded over stages and repetitions.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub metrics: IndexMap<String, Real>,
    /// What each repetition gave that no earlier round told of; empty where there is but one.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub repetitions: Vec<RepetitionEnded>,
    /// Where it was stopped, if pruned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u64>,
    /// Why it failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
}

impl TrialEnded {
    /// The end of a trial's first round, of which only the manner is known.
    pub fn new(trial: TrialId, state: Ending) -> Self {
        TrialEnded {
            trial,
            round: 0,
            state,
            values: Vec::new(),
            errors: Vec::new(),
            violations: Vec::new(),
            metrics: IndexMap::new(),
            repetitions: Vec::new(),
            step: None,
            message: None,
        }
    }

    /// The end of a trial with these values, one per objective.
    pub fn complete(trial: TrialId, values: impl IntoIterator<Item = f64>) -> Self {
        let values = values.into_iter().map(Real).collect();
        TrialEnded { values, ..TrialEnded::new(trial, Ending::Complete) }
    }
}

/// What one repetition of a trial gave by itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RepetitionEnded {
    /// Which one.
    pub repetition: u32,
    /// One value per objective, as reported.
    pub values: Vec<Real>,
}

/// See [`EventBody::TrialTagged`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrialTagged {
    /// Which trial.
    pub trial: TrialId,
    /// Notes by name; null takes one away.
    pub attributes: Assignment,
}

/// See [`EventBody::StudyTagged`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StudyTagged {
    /// Notes by name; null takes one away.
    pub attributes: Assignment,
}

/// What a person tells a study.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// No new runs; running ones finish; the runners leave.
    Stop,
    /// No new runs until told to go on.
    Pause,
    /// Go on.
    Resume,
}

/// See [`EventBody::Control`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Control {
    /// What to do.
    pub command: Command,
    /// Who said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub who: Option<String>,
}

fn is_false(value: &bool) -> bool {
    !value
}

fn is_zero(value: &u32) -> bool {
    *value == 0
}
