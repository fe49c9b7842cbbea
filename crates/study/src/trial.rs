//! [`Trial`] and [`Run`]: what a study knows of one trial and of one attempt, to be read.

use std::collections::BTreeMap;

use indexmap::IndexMap;
use search::{DecisionId, Level, TrialId, Verdict};
use serde_json::Value as Json;
use space::{ConfigHash, Domain};

use crate::event::{Assignment, How, RunKey, Source};
use crate::names::{NO_DOMAIN, NameId, Names};
use crate::record::{Extra, Record, ReportRecord, Round, RunRecord, State};
use crate::{Digest, DigestBuilder, Digests, Real};

/// One trial of a study, as its history has it so far.
#[derive(Clone, Copy, Debug)]
pub struct Trial<'a> {
    pub(crate) number: TrialId,
    pub(crate) record: &'a Record,
    pub(crate) names: &'a Names,
}

impl<'a> Trial<'a> {
    /// Its number.
    pub fn number(self) -> TrialId {
        self.number
    }

    /// Where it stands.
    pub fn state(self) -> State {
        self.record.state
    }

    /// Where its point came from.
    pub fn source(self) -> Source {
        self.record.source
    }

    /// The decision that made it; `None` for points that no sampler chose.
    pub fn decision(self) -> Option<DecisionId> {
        self.record.decision
    }

    /// How far it runs now; `None` is to the end.
    pub fn level(self) -> Option<Level> {
        let extra = self.extra()?;
        extra.rounds.iter().rev().find_map(|round| round.level).or(extra.level)
    }

    /// How far it was to run when it was created.
    pub fn first_level(self) -> Option<Level> {
        self.extra().and_then(|extra| extra.level)
    }

    /// The trial whose artifacts and checkpoint it started from.
    pub fn parent(self) -> Option<TrialId> {
        self.extra().and_then(|extra| extra.parent)
    }

    /// How often it was continued or repeated.
    pub fn round(self) -> u32 {
        self.record.round
    }

    /// How many repetitions were asked for beyond the study file's.
    pub fn repeats(self) -> u32 {
        self.extra().map_or(0, |extra| extra.repeats)
    }

    /// The number of the enqueued entry that it serves.
    pub fn entry(self) -> Option<u64> {
        self.extra().and_then(|extra| extra.entry)
    }

    /// What the sampler noted when it chose the point.
    pub fn memo(self) -> Option<&'a Json> {
        self.extra().and_then(|extra| extra.memo.as_ref())
    }

    /// Its point: path → sampled value or label, in the space's order.
    pub fn point(self) -> Assignment {
        self.parameters().map(|(path, value)| (path.to_owned(), value)).collect()
    }

    /// The parts of its point, one by one.
    pub fn parameters(self) -> impl Iterator<Item = (&'a str, Json)> {
        let slots = self.names.shape(self.record.shape);
        slots
            .iter()
            .zip(&self.record.cells)
            .map(move |((path, _), cell)| (self.names.word(*path), self.names.json(cell)))
    }

    /// The value of one parameter; `None` where it is not active.
    pub fn parameter(self, path: &str) -> Option<Json> {
        let id = self.names.find(path)?;
        let index = self.names.shape(self.record.shape).iter().position(|(name, _)| *name == id)?;
        self.record.cells.get(index).map(|cell| self.names.json(cell))
    }

    /// The value that a suggestion of this name takes, if it fits the domain; prepared when the trial was created.
    pub fn prepared(self, name: &str) -> Option<&'a Json> {
        self.extra().and_then(|extra| extra.prepared.get(name))
    }

    /// The domains that were suggested for its parameters (define-by-run), in the order of asking.
    pub fn domains(self) -> impl Iterator<Item = (&'a str, &'a Domain)> {
        let slots = self.names.shape(self.record.shape);
        let suggested = slots.iter().filter(|(_, domain)| *domain != NO_DOMAIN);
        suggested
            .filter_map(move |(path, domain)| Some((self.names.word(*path), self.names.domain(*domain)?)))
    }

    /// The canonical hash of its configuration, where the space is declared.
    pub fn hash(self) -> Option<ConfigHash> {
        self.record.hash
    }

    /// One value per objective, as reported (not the minimised sense); empty until it has them.
    pub fn values(self) -> &'a [Real] {
        &self.record.values
    }

    /// The standard errors of its values, where known.
    pub fn errors(self) -> &'a [Real] {
        self.extra().map_or(&[], |extra| &extra.errors)
    }

    /// One per part of the outcome constraints; ≤ 0 is feasible.
    pub fn violations(self) -> &'a [Real] {
        &self.record.violations
    }

    /// The sum of what its violations exceed 0 by; 0 is feasible, NaN counts as infinite.
    pub fn total_violation(self) -> f64 {
        total_violation(&self.record.violations)
    }

    /// Whether it is complete and keeps all outcome constraints.
    pub fn is_feasible(self) -> bool {
        self.record.state == State::Complete && self.total_violation() <= 0.0
    }

    /// Its metrics, folded over stages and repetitions; empty until it ended.
    pub fn metrics(self) -> impl Iterator<Item = (&'a str, Real)> {
        self.record.metrics.iter().map(move |(name, value)| (self.names.word(*name), *value))
    }

    /// One of its metrics.
    pub fn metric(self, name: &str) -> Option<Real> {
        let id = self.names.find(name)?;
        self.record.metrics.iter().find(|(metric, _)| *metric == id).map(|(_, value)| *value)
    }

    /// What somebody noted on it.
    pub fn attributes(self) -> impl Iterator<Item = (&'a str, &'a Json)> {
        self.extra()
            .into_iter()
            .flat_map(|extra| extra.attributes.iter())
            .map(|(name, value)| (name.as_str(), value))
    }

    /// Why it failed.
    pub fn message(self) -> Option<&'a str> {
        self.extra().and_then(|extra| extra.message.as_deref())
    }

    /// The step at which it was pruned.
    pub fn pruned_at(self) -> Option<u64> {
        self.extra().and_then(|extra| extra.step)
    }

    /// The reports that a rule acted on: the step, and a value per metric name.
    pub fn reports(self) -> impl Iterator<Item = (u64, impl Iterator<Item = (&'a str, Real)>)> {
        let reports = self.extra().map_or(&[][..], |extra| &extra.reports);
        reports.iter().map(move |report| {
            (report.step, report.values.iter().map(move |(name, value)| (self.names.word(*name), *value)))
        })
    }

    /// What each repetition gave by itself: its number, and a value per objective as reported. Empty for trials of one.
    pub fn repetitions(self) -> impl Iterator<Item = (u32, &'a [Real])> {
        let told = self.extra().map_or(&[][..], |extra| &extra.repetitions);
        told.iter().map(|told| (told.repetition, &*told.values))
    }

    /// The values of each metric in its repetitions, in their order: the last of each, for metrics that every repetition
    /// reported. Empty for trials of one.
    pub fn by_repetition(self) -> IndexMap<&'a str, Vec<f64>> {
        let mut last: BTreeMap<u32, BTreeMap<(u32, &str), f64>> = BTreeMap::new();
        for run in self.runs().filter(|run| run.how() == Some(How::Ok)) {
            let of_run = last.entry(run.record.repetition).or_default();
            of_run
                .extend(run.digests().map(|(name, digest)| ((run.record.stage, name), digest.last.value.0)));
        }
        let mut lists: IndexMap<&str, Vec<f64>> = IndexMap::new();
        if last.len() > 1 {
            for of_run in last.values() {
                // Of several stages that report a name the last one has it.
                let names: BTreeMap<&str, f64> =
                    of_run.iter().map(|((_, name), value)| (*name, *value)).collect();
                names.into_iter().for_each(|(name, value)| lists.entry(name).or_default().push(value));
            }
        }
        lists.retain(|_, values| values.len() == last.len());
        lists
    }

    /// The verdicts of this round that stop a repetition: which one, and at which step.
    pub fn verdicts(self) -> impl Iterator<Item = (u32, u64)> {
        let stops = self.of_round(self.round()).filter(|report| report.verdict == Verdict::Prune);
        stops.map(|report| (report.repetition, report.step))
    }

    /// The first repetition, by number, that a rule stopped in a round, and at which step.
    pub(crate) fn first_stop(self, round: u32) -> Option<(u32, u64)> {
        let stops = self.of_round(round).filter(|report| report.verdict == Verdict::Prune);
        stops.map(|report| (report.repetition, report.step)).min()
    }

    /// What became of a report of this round that was judged before: its verdict, or that of the stop before it. `None`
    /// where no rule has acted on it.
    pub fn verdict(self, repetition: u32, step: u64) -> Option<Verdict> {
        let mut of_repetition = self.of_round(self.round()).filter(|report| report.repetition == repetition);
        let decided = |report: &&ReportRecord| report.verdict == Verdict::Prune || report.step == step;
        of_repetition.find(decided).map(|report| report.verdict)
    }

    /// What a repetition had reported in this round when it was stopped at `step`, of the reports that a rule acted on;
    /// `None` where there are none.
    pub(crate) fn reported(self, repetition: u32, step: u64) -> Option<Digests> {
        let mut builders: IndexMap<&str, DigestBuilder> = IndexMap::new();
        for report in self
            .of_round(self.round())
            .filter(|report| report.repetition == repetition && report.step <= step)
        {
            for (name, value) in &report.values {
                builders.entry(self.names.word(*name)).or_default().push(report.step, *value);
            }
        }
        let digests =
            builders.into_iter().filter_map(|(name, builder)| Some((name.to_owned(), builder.finish()?)));
        let digests: Digests = digests.collect();
        (!digests.is_empty()).then_some(digests)
    }

    fn of_round(self, round: u32) -> impl Iterator<Item = &'a ReportRecord> {
        let reports = self.extra().map_or(&[][..], |extra| &extra.reports);
        reports.iter().filter(move |report| report.round == round)
    }

    /// The attempts that began in a round.
    pub(crate) fn runs_of_round(self, round: u32) -> impl Iterator<Item = Run<'a>> {
        let rounds = self.rounds();
        let bound = |round: Option<u32>| rounds.get(round? as usize).map(|later| later.attempts as usize);
        let from = bound(round.checked_sub(1)).unwrap_or(0);
        let to = bound(Some(round)).unwrap_or(self.record.runs.len());
        self.runs().take(to).skip(from)
    }

    /// How many attempts do not count any more, because the trial went on to a higher level after them.
    pub(crate) fn runs_before_round(self) -> usize {
        let rounds = self.rounds();
        rounds.iter().rev().find(|round| round.level.is_some()).map_or(0, |round| round.attempts as usize)
    }

    /// When it was created, in ms since 1970.
    pub fn created_at(self) -> u64 {
        self.record.created_at
    }

    /// When its first run began.
    pub fn started_at(self) -> Option<u64> {
        (self.record.started_at > 0).then_some(self.record.started_at)
    }

    /// When it ended.
    pub fn ended_at(self) -> Option<u64> {
        (self.record.ended_at > 0).then_some(self.record.ended_at)
    }

    /// What its runs that are over took together, in seconds; `None` where none is.
    pub fn seconds(self) -> Option<f64> {
        let mut seconds = self.runs().filter_map(Run::seconds).peekable();
        seconds.peek()?;
        Some(seconds.sum())
    }

    /// Its attempts, in the order in which they began.
    pub fn runs(self) -> impl DoubleEndedIterator<Item = Run<'a>> {
        self.record.runs.iter().map(move |record| Run { trial: self.number, record, names: self.names })
    }

    /// One attempt.
    pub fn run(self, key: RunKey) -> Option<Run<'a>> {
        let index = self.record.run(key.stage, key.repetition, key.attempt)?;
        self.record.runs.get(index).map(|record| Run { trial: self.number, record, names: self.names })
    }

    /// The decisions to go on with it.
    pub(crate) fn rounds(self) -> &'a [Round] {
        self.extra().map_or(&[], |extra| &extra.rounds)
    }

    fn extra(self) -> Option<&'a Extra> {
        self.record.extra.as_deref()
    }
}

pub(crate) fn total_violation(violations: &[Real]) -> f64 {
    violations.iter().map(|v| if v.is_nan() { f64::INFINITY } else { v.0.max(0.0) }).sum()
}

/// One attempt of one run.
#[derive(Clone, Copy, Debug)]
pub struct Run<'a> {
    trial: TrialId,
    record: &'a RunRecord,
    names: &'a Names,
}

impl<'a> Run<'a> {
    /// Which attempt it is.
    pub fn key(self) -> RunKey {
        self.record.key(self.trial)
    }

    /// The fencing number of who started it.
    pub fn epoch(self) -> u64 {
        self.record.epoch
    }

    /// Where it ran.
    pub fn host(self) -> Option<&'a str> {
        self.record.host.map(|host| self.names.word(host))
    }

    /// When it began, in ms since 1970.
    pub fn started_at(self) -> u64 {
        self.record.started_at
    }

    /// How many cpus it held.
    pub fn cpus(self) -> f64 {
        f64::from(self.record.cpus)
    }

    /// How it ended; `None` while it runs.
    pub fn how(self) -> Option<How> {
        self.record.end.as_ref().map(|end| end.how)
    }

    /// When it ended.
    pub fn ended_at(self) -> Option<u64> {
        self.record.end.as_ref().map(|end| end.ended_at)
    }

    /// Its wall time, in seconds.
    pub fn seconds(self) -> Option<f64> {
        self.record.end.as_ref().map(|end| end.seconds.0)
    }

    /// CPU time of its process tree, in seconds.
    pub fn cpu_seconds(self) -> Option<f64> {
        self.record.end.as_ref()?.cpu_seconds.map(Real::get)
    }

    /// The largest resident size of its process tree, in bytes.
    pub fn peak_memory(self) -> Option<u64> {
        self.record.end.as_ref()?.peak_memory
    }

    /// Whether another try would end no better ([`RunEnd::hopeless`](crate::RunEnd::hopeless)).
    pub fn is_hopeless(self) -> bool {
        self.record.end.as_ref().is_some_and(|end| end.hopeless)
    }

    /// The level or the highest step that it reached.
    pub fn reached(self) -> Option<u64> {
        self.record.end.as_ref()?.reached
    }

    /// Its exit code.
    pub fn exit_code(self) -> Option<i32> {
        self.record.end.as_ref()?.exit_code
    }

    /// The signal that ended it.
    pub fn signal(self) -> Option<i32> {
        self.record.end.as_ref()?.signal
    }

    /// What a person should know of its end.
    pub fn message(self) -> Option<&'a str> {
        self.record.end.as_ref()?.message.as_deref()
    }

    /// What it reported, by metric: the figures, without the curve's points.
    pub fn digests(self) -> impl Iterator<Item = (&'a str, Digest)> {
        let digests: &[(NameId, _)] = self.record.end.as_ref().map_or(&[], |end| &end.digests);
        digests.iter().map(move |(name, figures)| (self.names.word(*name), figures.digest()))
    }
}
