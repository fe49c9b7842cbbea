//! The course of a trial: from how its runs went to which may start now, which are not wanted any more, or how it
//! ends (invariant ONE RUN, ONE BAD END).
//!
//! A trial runs its stages in order, for every repetition; a stage that runs once comes before them all. What one
//! repetition cannot mend (no try is left, a rule stopped it, its value is past `stop_above`) is the trial's end; the
//! rest is skipped. Under `lag` the repetitions before it still run, so that the one which ends the trial is the first
//! by number and not by chance (invariant LAG).

use std::collections::BTreeSet;

use search::TrialId;

use crate::attempts::{Attempts, Standing};
use crate::event::{Ending, RepetitionEnded, RunEnded, RunKey, TrialEnded};
use crate::repeat::{self, Axis};
use crate::settings::{Noise, StageRules};
use crate::{At, Digests, Judge, Real, Settings, Statistic, Study, Trial};

/// What follows for a trial from its runs so far.
#[derive(Clone, Debug, PartialEq)]
pub enum Course {
    /// It goes on.
    Open {
        /// Runs that may start, by repetition and stage.
        due: Vec<Due>,
        /// Runs that are under way and are to be ended: what they would say does not count any more.
        unwanted: Vec<RunKey>,
    },
    /// It is over like this.
    Over(Box<TrialEnded>),
}

/// A run that may start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Due {
    /// The attempt that it would be.
    pub run: RunKey,
    /// When at the earliest, in ms since 1970: a new try waits.
    pub not_before: u64,
}

/// An ending that is about to be appended.
#[derive(Clone, Copy, Debug)]
pub struct Foreseen<'a> {
    /// The ending.
    pub ended: &'a RunEnded,
    /// When, in ms since 1970.
    pub at: u64,
}

/// A repetition after which a rule ends its trial, by what the repetitions up to it came to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stopped {
    /// Which one.
    pub repetition: u32,
    /// So many were compared.
    pub compared: u64,
}

/// Why a repetition is the end of its trial.
#[derive(Clone, Debug, PartialEq)]
enum Bad {
    Failed(String),
    Pruned(u64),
}

impl Study {
    /// What follows for a trial, with the ending of a run that is about to be appended. `None` for a trial that is
    /// over, or was never created.
    pub fn course(&self, judge: &Judge, trial: TrialId, foreseen: Option<Foreseen<'_>>) -> Option<Course> {
        self.course_with(judge, trial, foreseen, None)
    }

    /// As [`course`](Study::course), with a verdict of a rule on the repetitions that is about to be appended.
    pub fn course_with(
        &self,
        judge: &Judge,
        trial: TrialId,
        foreseen: Option<Foreseen<'_>>,
        stopped: Option<Stopped>,
    ) -> Option<Course> {
        let trial = self.trial(trial).filter(|trial| !trial.state().is_ended())?;
        let unnamed = [StageRules::named("run")];
        let stages = self.settings.stages_or(&unnamed);
        let attempts = Attempts::of(trial, stages, foreseen);
        let walk = Walk { settings: &self.settings, stages, judge, trial, attempts, stopped };
        Some(walk.course())
    }

    /// What a rule may compare a trial by that looks at repetitions: the values of the first ones, in the minimised sense,
    /// up to the first that is not complete, without the last of all. Empty where the trial is over, or one was stopped
    /// already.
    pub fn first_repetitions(
        &self,
        judge: &Judge,
        trial: TrialId,
        foreseen: Option<Foreseen<'_>>,
    ) -> Vec<f64> {
        let Some(trial) = self.trial(trial).filter(|trial| !trial.state().is_ended()) else {
            return Vec::new();
        };
        let unnamed = [StageRules::named("run")];
        let stages = self.settings.stages_or(&unnamed);
        let attempts = Attempts::of(trial, stages, foreseen);
        let walk = Walk { settings: &self.settings, stages, judge, trial, attempts, stopped: None };
        walk.first_repetitions()
    }
}

impl Study {
    /// What the earlier stages of a run left: the attempt that each has its results from, and what it reported.
    pub fn earlier(&self, run: RunKey) -> Vec<(RunKey, Digests)> {
        let Some(trial) = self.trial(run.trial) else { return Vec::new() };
        let attempts = Attempts::of(trial, &self.settings.stages, None);
        let stages = (0..run.stage).zip(&self.settings.stages);
        let place = |once| if once { 0 } else { run.repetition };
        stages.filter_map(|(stage, rules)| attempts.result(run.trial, stage, place(rules.once))).collect()
    }
}

struct Walk<'a> {
    settings: &'a Settings,
    stages: &'a [StageRules],
    judge: &'a Judge,
    trial: Trial<'a>,
    attempts: Attempts<'a>,
    stopped: Option<Stopped>,
}

impl Walk<'_> {
    fn course(&self) -> Course {
        let total = repeat::repetitions(&self.settings.repeat, self.trial.repeats());
        let (mut due, mut complete, mut bad) = (BTreeSet::new(), Vec::new(), self.pruned());
        for repetition in 0..total {
            match self.standing(repetition) {
                (_, Standing::Done) => complete.push(repetition),
                (stage, Standing::Due { attempt, not_before }) => {
                    let repetition = if self.is_once(stage) { 0 } else { repetition };
                    let run = RunKey { trial: self.trial.number(), stage, repetition, attempt };
                    due.insert(Due { run, not_before });
                }
                (_, Standing::Running) => {}
                (stage, Standing::Failed(message)) => {
                    note(&mut bad, repetition, Bad::Failed(self.told(stage, repetition, &message)));
                }
            }
        }
        let metrics = self.metrics(&complete, total, bad.is_some());
        if let Some((repetition, message)) = self.beyond(&metrics, total) {
            note(&mut bad, repetition, Bad::Failed(message));
        }
        if let Some((first, _)) = &bad {
            let still = |repetition| self.settings.lag.is_some() && repetition < *first;
            due.retain(|due| still(due.run.repetition));
        }
        let open = self.attempts.open(self.trial.number());
        if due.is_empty() && open.is_empty() {
            return Course::Over(Box::new(self.ending(bad, metrics, total)));
        }
        let unwanted = match &bad {
            None => Vec::new(),
            Some((first, _)) => {
                let wanted = |run: &RunKey| self.settings.lag.is_some() && run.repetition < *first;
                open.into_iter().filter(|run| !wanted(run)).collect()
            }
        };
        Course::Open { due: due.into_iter().collect(), unwanted }
    }

    fn is_once(&self, stage: u32) -> bool {
        self.stages.get(stage as usize).is_some_and(|stage| stage.once)
    }

    /// Where a repetition stands: at its first stage that is not done.
    fn standing(&self, repetition: u32) -> (u32, Standing) {
        for (stage, rules) in (0..).zip(self.stages) {
            let place = if rules.once { 0 } else { repetition };
            match self.attempts.standing(stage, place, rules) {
                Standing::Done => {}
                other => return (stage, other),
            }
        }
        (0, Standing::Done)
    }

    /// The first repetition that a rule stopped in this round, and where.
    fn pruned(&self) -> Option<(u32, Bad)> {
        let verdicts = self.trial.verdicts().map(|(repetition, step)| (repetition, Bad::Pruned(step)));
        let runs = self.attempts.pruned().map(|(repetition, step)| (repetition, Bad::Pruned(step)));
        let stopped = self.stopped.map(|stopped| (stopped.repetition, Bad::Pruned(stopped.compared)));
        verdicts.chain(runs).chain(stopped).min_by_key(|(repetition, _)| *repetition)
    }

    /// The metrics of each complete repetition, where somebody will look at them: at the end, and where a value may
    /// end the trial.
    fn metrics(&self, complete: &[u32], total: u32, bad: bool) -> Vec<(u32, Digests)> {
        let watched = self.settings.repeat.iter().any(|axis| axis.stop_above.is_some());
        if !(watched || bad || complete.len() as u64 == u64::from(total)) {
            return Vec::new();
        }
        complete
            .iter()
            .map(|repetition| (*repetition, self.attempts.metrics(*repetition, self.stages)))
            .collect()
    }

    fn first_repetitions(&self) -> Vec<f64> {
        let total = repeat::repetitions(&self.settings.repeat, self.trial.repeats());
        if self.pruned().is_some() {
            return Vec::new();
        }
        let complete = (0..total).take_while(|repetition| self.standing(*repetition).1 == Standing::Done);
        let value = |repetition| {
            let metrics = self.attempts.metrics(repetition, self.stages);
            self.judge.first_minimized(&metrics).unwrap_or(f64::NAN)
        };
        // After the last one there is nothing to spare. What lies before it is looked at even where all are complete: in
        // which order they came must not matter.
        let before_last = total.saturating_sub(1) as usize;
        complete.take(before_last).map(value).collect()
    }

    /// The first repetition, or group of repetitions, whose value is past its axis's `stop_above`.
    fn beyond(&self, metrics: &[(u32, Digests)], total: u32) -> Option<(u32, String)> {
        let axes = &self.settings.repeat;
        let limits =
            axes.iter().enumerate().filter_map(|(depth, axis)| Some((depth, axis, axis.stop_above?)));
        let mut found: Vec<(u32, String)> = Vec::new();
        for (depth, axis, limit) in limits {
            let inner = &axes[depth + 1..];
            let size = repeat::repetitions(inner, 0);
            for group in 0..total.div_ceil(size.max(1)) {
                let within = group * size..(group + 1) * size;
                let of_group = || metrics.iter().filter(|(repetition, _)| within.contains(repetition));
                if of_group().count() as u64 != u64::from(size) {
                    continue;
                }
                let folded = if inner.is_empty() {
                    of_group().next().map(|(_, digests)| digests.clone()).unwrap_or_default()
                } else {
                    let numbered = of_group().map(|(index, digests)| (index - within.start, digests.clone()));
                    repeat::fold(inner, numbered.collect(), self.judge)
                };
                let Some(value) = self.judge.first_value(&folded).filter(|value| *value > limit.0) else {
                    continue;
                };
                let place = repeat::coordinates(&axes[..=depth], group);
                let label = axis.label(place.last().copied().unwrap_or(group));
                let (name, title) = (&axis.name, self.judge.first_title());
                let text =
                    format!("{name}={label} has a `{title}` of {}, above the limit of {limit}", Real(value));
                found.push((within.end.saturating_sub(1), text));
            }
        }
        found.into_iter().min_by_key(|(repetition, _)| *repetition)
    }

    fn ending(&self, bad: Option<(u32, Bad)>, metrics: Vec<(u32, Digests)>, total: u32) -> TrialEnded {
        let (trial, round) = (self.trial.number(), self.trial.round());
        match bad {
            None => self.complete(metrics, total),
            Some((first, Bad::Failed(message))) => {
                let digests = self.of_failed(first, metrics, total);
                self.pared(self.judge.failed(trial, round, &message, &digests), &digests)
            }
            Some((first, Bad::Pruned(step))) => {
                let mut found: Vec<_> =
                    metrics.into_iter().filter(|(repetition, _)| *repetition < first).collect();
                found.push((
                    first,
                    self.trial.reported(first, step).unwrap_or_else(|| self.attempts.last_metrics(first)),
                ));
                let digests = self.folded(found, total);
                self.pared(self.judge.pruned(trial, round, step, &digests), &digests)
            }
        }
    }

    /// What a failed trial has to show: what the repetitions up to the bad one have, and where none is complete, what the
    /// bad one came to.
    fn of_failed(&self, first: u32, metrics: Vec<(u32, Digests)>, total: u32) -> Digests {
        let mut found: Vec<_> = metrics.into_iter().filter(|(repetition, _)| *repetition <= first).collect();
        if found.is_empty() {
            found.push((first, self.attempts.metrics(first, self.stages)));
        }
        self.folded(found, total)
    }

    fn complete(&self, metrics: Vec<(u32, Digests)>, total: u32) -> TrialEnded {
        let (trial, round) = (self.trial.number(), self.trial.round());
        let repetitions = if total > 1 { self.each(&metrics) } else { Vec::new() };
        let spread = if total > 1 { repeat::spread(&metrics) } else { Digests::new() };
        let partial = repeat::partial(&metrics);
        let mut digests = self.folded(metrics, total);
        for (name, digest) in spread.clone() {
            digests.entry(name).or_insert(digest);
        }
        let ended = self.judge.complete_or(trial, round, &digests, |error| {
            error.knowing(&self.attempts.texts()).among(&partial, total as usize)
        });
        let mut ended = self.pared(ended, &digests);
        ended.repetitions = repetitions;
        if ended.state == Ending::Complete {
            if ended.errors.is_empty() {
                ended.errors = self.errors(&spread, total);
            }
            if let Some(level) = self.trial.level().filter(|level| self.settings.is_partial(*level)) {
                (ended.state, ended.step) = (Ending::Pruned, Some(level.0));
            }
        }
        ended
    }

    fn folded(&self, found: Vec<(u32, Digests)>, total: u32) -> Digests {
        match total {
            1 => found.into_iter().next().map(|(_, digests)| digests).unwrap_or_default(),
            _ => repeat::fold(&self.settings.repeat, found, self.judge),
        }
    }

    /// The values of each repetition that was not told with an earlier round; what cannot be judged alone is left out.
    fn each(&self, metrics: &[(u32, Digests)]) -> Vec<RepetitionEnded> {
        let told: BTreeSet<u32> = self.trial.repetitions().map(|(repetition, _)| repetition).collect();
        let new = metrics.iter().filter(|(repetition, _)| !told.contains(repetition));
        let judged =
            new.filter_map(|(repetition, digests)| Some((*repetition, self.judge.judge(digests).ok()?)));
        judged.map(|(repetition, judged)| RepetitionEnded { repetition, values: judged.values }).collect()
    }

    /// The standard errors of objectives that are plain means over all repetitions.
    fn errors(&self, spread: &Digests, total: u32) -> Vec<Real> {
        let plain =
            |axis: &Axis| axis.statistic == Statistic::Mean && axis.keep.is_none() && axis.weights.is_empty();
        if total < 2 || !self.settings.repeat.iter().all(plain) {
            return Vec::new();
        }
        let error = |objective: &crate::Objective| {
            let known = objective.noise == Noise::Auto && objective.at == At::Last;
            let name = objective.metric.as_deref().filter(|_| known)?;
            let std = spread.get(&format!("std_{name}"))?.last.value.0;
            // The population's deviation over √(n − 1) is the sample's over √n.
            Some(Real(std / libm::sqrt(f64::from(total - 1))))
        };
        let errors: Vec<Real> = self
            .settings
            .objectives
            .iter()
            .map(|objective| error(objective).unwrap_or(Real(f64::NAN)))
            .collect();
        if errors.iter().all(|error| error.is_nan()) { Vec::new() } else { errors }
    }

    /// Leaves out of an ending's metrics what nobody reported and no rule names: the times of a trial's only stage, the
    /// spread over repetitions, a stage's own name for a metric that has one already.
    fn pared(&self, mut ended: TrialEnded, digests: &Digests) -> TrialEnded {
        let named: BTreeSet<&str> = self.judge.names().collect();
        let derived = self.attempts.derived(self.stages, digests);
        ended.metrics.retain(|name, _| named.contains(name.as_str()) || !derived.contains(name.as_str()));
        ended
    }

    /// A message with the place where it happened, where there is more than one.
    fn told(&self, stage: u32, repetition: u32, message: &str) -> String {
        let axes = &self.settings.repeat;
        let mut place = Vec::new();
        if let [_, _, ..] = self.stages
            && let Some(rules) = self.stages.get(stage as usize)
        {
            place.push(format!("stage `{}`", rules.name));
        }
        if !self.is_once(stage) {
            let coordinates = axes.iter().zip(repeat::coordinates(axes, repetition));
            place.extend(coordinates.map(|(axis, index)| format!("{}={}", axis.name, axis.label(index))));
        }
        if place.is_empty() { message.to_owned() } else { format!("{}: {message}", place.join(", ")) }
    }
}

fn note(bad: &mut Option<(u32, Bad)>, repetition: u32, found: Bad) {
    if bad.as_ref().is_none_or(|(first, _)| repetition < *first) {
        *bad = Some((repetition, found));
    }
}
