//! [`Study`]: the state that follows from a history, and the questions it answers.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use search::{DecisionId, Level, TrialId};
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use space::Domain;

use crate::conditions::Reading;
use crate::event::{Assignment, Enqueued, RunKey};
use crate::json_text;
use crate::lag::Lagged;
use crate::names::Names;
use crate::record::{Record, State};
use crate::schedule::Lease;
use crate::{Direction, Settings, Trial};

/// All that is known of a study: the fold of its history (invariant HISTORY).
///
/// Made by [`Study::new`] and [`Study::apply`] over every event from the first, or by [`Study::restore`] from a
/// snapshot and [`Study::apply`] over the rest; both give the same. It holds no sampler and knows no clock.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Study {
    pub(crate) seq: u64,
    pub(crate) at: u64,
    pub(crate) created_at: u64,
    pub(crate) name: String,
    pub(crate) seed: u64,
    pub(crate) ravine: String,
    #[serde(with = "json_text")]
    pub(crate) settings: Settings,
    #[serde(with = "json_text")]
    pub(crate) space: Option<Json>,
    #[serde(with = "json_text")]
    pub(crate) sampler: Option<Json>,
    #[serde(with = "json_text")]
    pub(crate) earlier: Option<Json>,
    pub(crate) names: Names,
    pub(crate) records: Vec<Record>,
    pub(crate) active: BTreeSet<TrialId>,
    pub(crate) decisions: u64,
    pub(crate) turns: u64,
    /// Present where the study has a lag.
    pub(crate) lagged: Option<Box<Lagged>>,
    #[serde(with = "json_text")]
    pub(crate) queue: BTreeMap<u64, Enqueued>,
    pub(crate) entries: u64,
    pub(crate) counts: Counts,
    pub(crate) used: Used,
    pub(crate) best: Option<TrialId>,
    pub(crate) since_best: u64,
    pub(crate) failures_in_a_row: u64,
    pub(crate) conditions: Vec<Reading>,
    pub(crate) phase: Phase,
    pub(crate) runners: BTreeMap<String, Runner>,
    /// What running attempts hold.
    #[serde(with = "json_text::pairs")]
    pub(crate) leases: BTreeMap<RunKey, Lease>,
    #[serde(with = "json_text")]
    pub(crate) domains: IndexMap<String, Domain>,
    pub(crate) conflicts: BTreeMap<TrialId, Conflict>,
    #[serde(with = "json_text")]
    pub(crate) attributes: Assignment,
}

/// How many trials are in each state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counts {
    /// Created, and nobody runs them yet.
    pub queued: u64,
    /// A run of theirs began.
    pub running: u64,
    /// With values.
    pub complete: u64,
    /// Stopped early.
    pub pruned: u64,
    /// Without usable values.
    pub failed: u64,
}

impl Counts {
    /// All trials.
    pub fn total(self) -> u64 {
        self.queued + self.running + self.ended()
    }

    /// The trials that are over.
    pub fn ended(self) -> u64 {
        self.complete + self.pruned + self.failed
    }

    pub(crate) fn of(&mut self, state: State) -> &mut u64 {
        match state {
            State::Queued => &mut self.queued,
            State::Running => &mut self.running,
            State::Complete => &mut self.complete,
            State::Pruned => &mut self.pruned,
            State::Failed => &mut self.failed,
        }
    }
}

/// What a study has used up so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Used {
    /// Seconds × cpus.
    pub(crate) compute: f64,
    /// Seconds × gpus.
    pub(crate) gpu_time: f64,
    pub(crate) resource: u64,
    /// While some runner was active, up to `active_since`.
    pub(crate) active_ms: u64,
    pub(crate) active_since: Option<u64>,
}

/// Whether new runs may begin.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// Yes.
    #[default]
    Open,
    /// Not until somebody resumes the study.
    Paused,
    /// No: somebody stopped the study. The next runner that starts, when none is active, opens it again.
    Stopped,
}

/// A process that drives a study, or did until it was lost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Runner {
    /// The number that fences its runs: the place in the log at which it announced itself, so never used twice.
    pub epoch: u64,
    /// When, in ms since 1970.
    pub started_at: u64,
    /// Where it runs.
    pub host: Option<String>,
}

/// A suggestion that does not go with what the study knows of the parameter. The fold leaves it out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conflict {
    /// The parameter.
    pub name: String,
    /// What does not fit.
    pub message: String,
}

impl Study {
    /// A study to which nothing has happened.
    pub fn new() -> Self {
        Study::default()
    }

    /// The last event that was folded; 0 before the first.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// When the last event was written, in ms since 1970.
    pub fn last_at(&self) -> u64 {
        self.at
    }

    /// When the study was created, in ms since 1970.
    pub fn created_at(&self) -> u64 {
        self.created_at
    }

    /// Its name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Its seed; all its randomness follows from it.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Which version of ravine created it.
    pub fn created_by(&self) -> &str {
        &self.ravine
    }

    /// Its rules as they are now.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// The direction of each objective.
    pub fn directions(&self) -> Vec<Direction> {
        self.settings.objectives.iter().map(|objective| objective.direction).collect()
    }

    /// The declared space as in the study file; `None` in define-by-run studies.
    pub fn space(&self) -> Option<&Json> {
        self.space.as_ref()
    }

    /// The sampler as in the study file.
    pub fn sampler(&self) -> Option<&Json> {
        self.sampler.as_ref()
    }

    /// What is known of the earlier studies that shape its start.
    pub fn transfer(&self) -> Option<&Json> {
        self.earlier.as_ref()
    }

    /// What somebody noted on it.
    pub fn attributes(&self) -> &Assignment {
        &self.attributes
    }

    /// Whether new runs may begin.
    pub fn phase(&self) -> Phase {
        self.phase
    }

    /// The processes that drive the study, by name.
    pub fn runners(&self) -> impl Iterator<Item = (&str, &Runner)> {
        self.runners.iter().map(|(name, runner)| (name.as_str(), runner))
    }

    /// The number of the next decision.
    pub fn next_decision(&self) -> DecisionId {
        DecisionId(self.decisions)
    }

    /// How often somebody decided what to try: trials created (enqueued and given ones too), continued and repeated.
    /// Who decides appends only if this is still what it saw (invariant ONE DECIDER).
    pub fn turns(&self) -> u64 {
        self.turns
    }

    /// The number of the next trial.
    pub fn next_trial(&self) -> TrialId {
        TrialId(self.records.len() as u64)
    }

    /// How many trials are in each state.
    pub fn counts(&self) -> Counts {
        self.counts
    }

    /// How many trials there are.
    pub fn len(&self) -> usize {
        self.records.len()
    }

    /// Whether there is no trial yet.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
    }

    /// One trial.
    pub fn trial(&self, number: TrialId) -> Option<Trial<'_>> {
        let record = self.records.get(usize::try_from(number.0).ok()?)?;
        Some(Trial { number, record, names: &self.names })
    }

    /// All trials by number.
    pub fn trials(&self) -> impl DoubleEndedIterator<Item = Trial<'_>> + ExactSizeIterator {
        let names = &self.names;
        self.records.iter().enumerate().map(move |(i, record)| Trial {
            number: TrialId(i as u64),
            record,
            names,
        })
    }

    /// The trials that are not over, by number: queued and running ones.
    pub fn pending(&self) -> impl Iterator<Item = Trial<'_>> {
        self.active.iter().filter_map(|number| self.trial(*number))
    }

    /// The trials that wait for somebody to run them.
    pub fn queued(&self) -> impl Iterator<Item = Trial<'_>> {
        self.pending().filter(|trial| trial.state() == State::Queued)
    }

    /// The trials that run.
    pub fn running(&self) -> impl Iterator<Item = Trial<'_>> {
        self.pending().filter(|trial| trial.state() == State::Running)
    }

    /// The enqueued points that no trial serves yet: each with its number, in the order in which they are served:
    /// those of the study file first.
    pub fn enqueued(&self) -> impl Iterator<Item = (u64, &Enqueued)> {
        let of = |given| self.queue.iter().filter(move |(_, entry)| entry.given == given);
        of(true).chain(of(false)).map(|(number, entry)| (*number, entry))
    }

    /// The domain of each parameter that was suggested (define-by-run), by first appearance; where programs asked
    /// for different but compatible ones, the first.
    pub fn domains(&self) -> &IndexMap<String, Domain> {
        &self.domains
    }

    /// A suggestion of this trial that the fold left out.
    pub fn conflict(&self, trial: TrialId) -> Option<&Conflict> {
        self.conflicts.get(&trial)
    }

    /// What a running attempt holds, where that was recorded.
    pub fn lease(&self, run: RunKey) -> Option<&Lease> {
        self.leases.get(&run)
    }

    /// How many trials failed since the last that did not.
    pub fn failures_in_a_row(&self) -> u64 {
        self.failures_in_a_row
    }

    /// The names of all metrics that any ended trial has.
    pub fn metric_names(&self) -> Vec<&str> {
        let ids: BTreeSet<_> =
            self.records.iter().flat_map(|record| record.metrics.iter().map(|(name, _)| *name)).collect();
        ids.into_iter().map(|id| self.names.word(id)).collect()
    }

    /// The level that a trial has come to, where the study's rule may let it go on to a higher one.
    pub fn waits_at(&self, trial: Trial<'_>) -> Option<Level> {
        let level = trial.level().filter(|level| self.settings.is_partial(*level))?;
        (trial.state() == State::Pruned && trial.pruned_at() == Some(level.0)).then_some(level)
    }

    /// The paths of all parameters that any trial has, in the order in which they first appeared.
    pub fn parameter_names(&self) -> Vec<&str> {
        let shapes: BTreeSet<u32> = self.records.iter().map(|record| record.shape).collect();
        let ids: BTreeSet<_> =
            shapes.iter().flat_map(|shape| self.names.shape(*shape).iter().map(|(name, _)| *name)).collect();
        ids.into_iter().map(|id| self.names.word(id)).collect()
    }
}

impl Study {
    /// Whether a suggestion goes with the parameter's domain as the study knows it; the error says what does not.
    pub fn suits(&self, trial: TrialId, name: &str, domain: &Domain) -> Result<(), String> {
        let own = self.trial(trial).and_then(|trial| trial.domains().find(|(known, _)| *known == name));
        let known = own.map(|(_, known)| known).or_else(|| self.domains.get(name));
        known.map_or(Ok(()), |known| known.compatible(domain).map_err(|error| error.to_string()))
    }
}
