//! What became of the attempts of a trial, by stage and repetition.

use std::collections::{BTreeMap, BTreeSet};

use indexmap::IndexMap;
use search::TrialId;

use crate::course::Foreseen;
use crate::event::{How, RunEnded, RunKey};
use crate::settings::{OnTimeout, StageRules};
use crate::trial::Run;
use crate::{Digest, Digests, Real, Trial};

/// A run that was lost so often is not run again, unless the study's rules allow more: it takes its machine or its
/// supervisor along.
const MOST_LOST: u32 = 3;
/// How long the first new try waits where nothing is said.
const BACKOFF: u64 = 1_000;
/// How long a new try waits at most, in ms.
const LONGEST_BACKOFF: u64 = 300_000;

/// Where one run of a trial (a stage of a repetition) stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Standing {
    /// It may start as this attempt.
    Due { attempt: u32, not_before: u64 },
    /// An attempt is under way.
    Running,
    /// It has its results.
    Done,
    /// No try is left; this is what the last one said.
    Failed(String),
}

/// The attempts of a trial's present round.
pub(crate) struct Attempts<'a> {
    table: BTreeMap<(u32, u32), Slot<'a>>,
    foreseen: Option<Foreseen<'a>>,
}

/// All attempts of one run.
#[derive(Default)]
struct Slot<'a> {
    /// The number of the next one.
    next: u32,
    open: Option<u32>,
    done: Option<End<'a>>,
    last: Option<End<'a>>,
    failed: u32,
    lost: u32,
    /// Where a rule or its level stopped it.
    pruned: Option<u64>,
}

/// The end of an attempt, from the record or about to be recorded.
#[derive(Clone, Copy)]
enum End<'a> {
    Recorded(Run<'a>),
    Foreseen(Foreseen<'a>),
}

impl<'a> Attempts<'a> {
    pub(crate) fn of(trial: Trial<'a>, stages: &[StageRules], foreseen: Option<Foreseen<'a>>) -> Self {
        let mut table: BTreeMap<(u32, u32), Slot<'a>> = BTreeMap::new();
        let since = trial.runs_before_round();
        for (index, run) in trial.runs().enumerate() {
            let key = run.key();
            let slot = table.entry((key.repetition, key.stage)).or_default();
            slot.next = slot.next.max(key.attempt + 1);
            let rules = stages.get(key.stage as usize);
            // A trial that goes on to a higher level runs its stages again, but for those that run once.
            if index < since && !rules.is_some_and(|rules| rules.once) {
                continue;
            }
            let foreseen = foreseen.filter(|f| f.ended.run == key && f.ended.epoch == run.epoch());
            match (run.how(), foreseen) {
                (Some(_), _) => slot.end(End::Recorded(run), rules),
                (None, Some(foreseen)) => slot.end(End::Foreseen(foreseen), rules),
                (None, None) => slot.open = Some(key.attempt),
            }
        }
        Attempts { table, foreseen }
    }

    /// The metrics that came as text in the run whose ending is about to be recorded.
    pub(crate) fn texts(&self) -> IndexMap<String, String> {
        self.foreseen.map(|foreseen| foreseen.ended.end.texts.clone()).unwrap_or_default()
    }

    pub(crate) fn standing(&self, stage: u32, repetition: u32, rules: &StageRules) -> Standing {
        let Some(slot) = self.table.get(&(repetition, stage)) else {
            return Standing::Due { attempt: 0, not_before: 0 };
        };
        slot.standing(rules)
    }

    /// The attempts that are under way.
    pub(crate) fn open(&self, trial: TrialId) -> Vec<RunKey> {
        let open = self.table.iter().filter_map(|((repetition, stage), slot)| {
            Some(RunKey { trial, stage: *stage, repetition: *repetition, attempt: slot.open? })
        });
        open.collect()
    }

    /// The repetitions that ended as pruned, and at which step.
    pub(crate) fn pruned(&self) -> impl Iterator<Item = (u32, u64)> {
        self.table.iter().filter_map(|((repetition, _), slot)| Some((*repetition, slot.pruned?)))
    }

    /// All metrics of a repetition: those of its stages in order, by their own names and with the stage's; and what each
    /// stage took. Of a stage that failed they are those of its last attempt.
    pub(crate) fn metrics(&self, repetition: u32, stages: &[StageRules]) -> Digests {
        let (mut all, mut took) = (Digests::new(), Vec::new());
        for (stage, rules) in (0..).zip(stages) {
            let place = if rules.once { 0 } else { repetition };
            let slot = self.table.get(&(place, stage));
            let Some(end) = slot.and_then(|slot| slot.done.or(slot.last)) else { continue };
            for (name, digest) in end.digests() {
                if stages.len() > 1 {
                    all.insert(format!("{}.{name}", rules.name), digest.clone());
                }
                all.insert(name, digest);
            }
            took.extend(end.took().map(|(name, value)| (format!("{}.{name}", rules.name), value)));
        }
        for (name, value) in took {
            all.entry(name).or_insert_with(|| Digest::single(value));
        }
        all
    }

    /// The attempt that a stage of a repetition has its results from, what it reported, and what it took.
    pub(crate) fn result(&self, trial: TrialId, stage: u32, repetition: u32) -> Option<(RunKey, Digests)> {
        let end = self.table.get(&(repetition, stage))?.done?;
        let attempt = match end {
            End::Recorded(run) => run.key().attempt,
            End::Foreseen(foreseen) => foreseen.ended.run.attempt,
        };
        let mut metrics = end.digests();
        for (name, value) in end.took() {
            metrics.entry(name.to_owned()).or_insert_with(|| Digest::single(value));
        }
        Some((RunKey { trial, stage, repetition, attempt }, metrics))
    }

    /// What the last attempt of a repetition's last stage reported, however it ended.
    pub(crate) fn last_metrics(&self, repetition: u32) -> Digests {
        let of_repetition = self.table.range((repetition, 0)..=(repetition, u32::MAX)).rev();
        of_repetition.filter_map(|(_, slot)| slot.last).map(|end| end.digests()).next().unwrap_or_default()
    }

    /// The names among a trial's metrics that no program gave them.
    pub(crate) fn derived<'d>(&self, stages: &[StageRules], digests: &'d Digests) -> BTreeSet<&'d str> {
        let reported: Vec<(u32, BTreeSet<String>)> = self
            .table
            .iter()
            .filter_map(|((_, stage), slot)| Some((*stage, slot.last?.digests().into_keys().collect())))
            .collect();
        let is_reported = |name: &str| reported.iter().any(|(_, names)| names.contains(name));
        let by_stages = |name: &str| {
            let stages = reported.iter().filter(|(_, names)| names.contains(name)).map(|(stage, _)| *stage);
            stages.collect::<BTreeSet<u32>>().len()
        };
        let is_derived = |name: &str| {
            let of_stage = stages.iter().find_map(|rules| name.strip_prefix(&rules.name)?.strip_prefix('.'));
            match of_stage {
                _ if is_reported(name) => false,
                Some(own) if is_reported(own) => by_stages(own) < 2,
                Some(_) => stages.len() < 2,
                None => true,
            }
        };
        digests.keys().map(String::as_str).filter(|name| is_derived(name)).collect()
    }
}

impl<'a> Slot<'a> {
    fn end(&mut self, end: End<'a>, rules: Option<&StageRules>) {
        self.last = Some(end);
        let keeps = rules.is_some_and(|rules| rules.on_timeout == OnTimeout::Keep);
        match end.how() {
            How::Ok => self.done = Some(end),
            How::Timeout if keeps && !end.digests().is_empty() => self.done = Some(end),
            // Ended with the study, not by its own fault: it is run again.
            How::Killed => {}
            How::Lost => self.lost += 1,
            How::Pruned => self.pruned = Some(end.reached().unwrap_or(0)),
            How::Failed | How::Timeout => self.failed += 1,
        }
    }

    fn standing(&self, rules: &StageRules) -> Standing {
        if self.done.is_some() {
            return Standing::Done;
        }
        if self.open.is_some() || self.pruned.is_some() {
            return Standing::Running;
        }
        let most_lost = MOST_LOST.max(rules.retries.saturating_add(1));
        if self.lost >= most_lost {
            return Standing::Failed(format!(
                "it was lost {} times: its machine or its supervisor was gone each time",
                self.lost
            ));
        }
        if self.failed > rules.retries || self.last.is_some_and(End::is_hopeless) {
            let message = self.last.map(|end| end.message()).unwrap_or_default();
            return Standing::Failed(match self.failed {
                1 => message,
                tries => format!("{message} (tried {tries} times)"),
            });
        }
        let ended_at = self.last.map_or(0, |end| end.at());
        // What need not wait is due by every clock: by that of a reader which lags behind, the moment of the ending is yet
        // to come, and its room would go to another trial.
        let not_before = match self.wait(rules) {
            0 => 0,
            wait => ended_at.saturating_add(wait),
        };
        Standing::Due { attempt: self.next, not_before }
    }

    /// How long a new try waits. A loss is its machine's fault: after the first one it never waits, after others only where
    /// the stage says how long. Meanwhile its room would go to a trial that knows nothing of its result.
    fn wait(&self, rules: &StageRules) -> u64 {
        let lost = if rules.backoff.is_some() { self.lost.saturating_sub(1) } else { 0 };
        let tries = self.failed + lost;
        let first = rules.backoff.map_or(BACKOFF, |backoff| backoff.as_millis());
        match tries {
            0 => 0,
            tries => first.saturating_mul(1 << (tries - 1).min(20)).min(LONGEST_BACKOFF.max(first)),
        }
    }
}

impl End<'_> {
    fn how(self) -> How {
        match self {
            End::Recorded(run) => run.how().unwrap_or(How::Lost),
            End::Foreseen(foreseen) => foreseen.ended.end.how,
        }
    }

    fn at(self) -> u64 {
        match self {
            End::Recorded(run) => run.ended_at().unwrap_or(0),
            End::Foreseen(foreseen) => foreseen.at,
        }
    }

    fn reached(self) -> Option<u64> {
        match self {
            End::Recorded(run) => run.reached(),
            End::Foreseen(foreseen) => foreseen.ended.end.reached,
        }
    }

    /// Whether it failed so that another try would fail as well.
    fn is_hopeless(self) -> bool {
        match self {
            End::Recorded(run) => run.is_hopeless(),
            End::Foreseen(foreseen) => foreseen.ended.end.hopeless,
        }
    }

    fn digests(self) -> Digests {
        match self {
            End::Recorded(run) => run.digests().map(|(name, digest)| (name.to_owned(), digest)).collect(),
            End::Foreseen(foreseen) => foreseen.ended.metrics.clone(),
        }
    }

    /// Wall time and CPU time in seconds, peak memory in bytes, as far as they are known.
    fn took(self) -> impl Iterator<Item = (&'static str, f64)> {
        let (seconds, cpu, memory) = match self {
            End::Recorded(run) => (run.seconds(), run.cpu_seconds(), run.peak_memory()),
            End::Foreseen(Foreseen { ended: RunEnded { end, .. }, .. }) => {
                (Some(end.seconds.0), end.cpu_seconds.map(Real::get), end.peak_memory)
            }
        };
        // Bytes are far below 2⁵³.
        let all = [("time", seconds), ("cpu_time", cpu), ("peak_memory", memory.map(|bytes| bytes as f64))];
        all.into_iter().filter_map(|(name, value)| Some((name, value?)))
    }

    fn message(self) -> String {
        let (how, message, code, signal) = match self {
            End::Recorded(run) => (self.how(), run.message(), run.exit_code(), run.signal()),
            End::Foreseen(Foreseen { ended: RunEnded { end, .. }, .. }) => {
                (end.how, end.message.as_deref(), end.exit_code, end.signal)
            }
        };
        match (message, how, code, signal) {
            (Some(message), ..) => message.to_owned(),
            (_, How::Timeout, ..) => "it ran past its time limit".to_owned(),
            (_, _, Some(code), _) => format!("it ended with exit code {code}"),
            (_, _, _, Some(signal)) => format!("it was ended by signal {signal}"),
            _ => "it could not be started".to_owned(),
        }
    }
}
