//! When a study ends: each limit with what is used and what is left.

use serde::{Serialize, Serializer};

use crate::record::State;
use crate::study::Study;
use crate::{Direction, Duration, Real, Settings, Source, StopRules, Trial};

/// Which limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Rule {
    /// `trials`.
    Trials,
    /// `time`.
    Time,
    /// `compute`.
    Compute,
    /// `gpu_time`.
    GpuTime,
    /// `resource`.
    Resource,
    /// `target`.
    Target,
    /// `no_improvement`.
    NoImprovement,
    /// `failures`, said or not: see [`DEFAULT_FAILURES`].
    Failures,
    /// `when`: the condition at this place ([`Study::condition`]).
    When(u32),
}

impl Rule {
    /// Its key in the study file.
    pub fn name(self) -> &'static str {
        match self {
            Rule::Trials => "trials",
            Rule::Time => "time",
            Rule::Compute => "compute",
            Rule::GpuTime => "gpu_time",
            Rule::Resource => "resource",
            Rule::Target => "target",
            Rule::NoImprovement => "no_improvement",
            Rule::Failures => "failures",
            Rule::When(_) => "when",
        }
    }
}

impl Serialize for Rule {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.name())
    }
}

/// One limit of a study, and how far it is.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Limit {
    /// Which limit.
    pub rule: Rule,
    /// What is used up: a count, or seconds. For `target` the best feasible value, NaN before there is one. For a
    /// condition that compares, its left side, and NaN for others.
    pub used: Real,
    /// What there is to use. For `target` the target, for a condition its right side.
    pub limit: Real,
    /// Whether it is reached.
    pub reached: bool,
}

impl Limit {
    fn count(rule: Rule, used: u64, limit: u64) -> Self {
        Limit { rule, used: Real(used as f64), limit: Real(limit as f64), reached: used >= limit }
    }

    fn length(rule: Rule, seconds: f64, limit: Duration) -> Self {
        let most = limit.as_seconds();
        Limit { rule, used: Real(seconds), limit: Real(most), reached: seconds >= most }
    }

    /// What is left, never below 0. For `target` and conditions the distance to it, NaN before there is a value.
    pub fn left(&self) -> f64 {
        match self.rule {
            Rule::Target | Rule::When(_) if self.reached => 0.0,
            Rule::Target | Rule::When(_) => (self.used.0 - self.limit.0).abs(),
            _ => (self.limit.0 - self.used.0).max(0.0),
        }
    }

    /// The share that is used, 0…1; for `target` and conditions 0 until they are reached.
    pub fn progress(&self) -> f64 {
        match self.rule {
            _ if self.reached => 1.0,
            Rule::Target | Rule::When(_) => 0.0,
            _ => (self.used.0 / self.limit.0).clamp(0.0, 1.0),
        }
    }
}

/// The trials of a study whose file says nothing of when to stop.
pub const DEFAULT_TRIALS: u64 = 100;

/// The failed trials that end a study before any trial that ran has succeeded, where its file says nothing of failures:
/// then its program is simply broken.
pub const DEFAULT_FAILURES: u64 = 10;

impl Settings {
    /// Whether no rule ends the study.
    pub fn is_endless(&self) -> bool {
        self.stop == crate::StopRules::default()
    }
}

impl StopRules {
    /// The limits that leave no room for anything, and what each would have to be.
    pub fn mistakes(&self) -> impl Iterator<Item = (Rule, String)> {
        let counts = [
            (Rule::Trials, self.trials),
            (Rule::Resource, self.resource),
            (Rule::NoImprovement, self.no_improvement),
            (Rule::Failures, self.failures),
        ];
        let lengths =
            [(Rule::Time, self.time), (Rule::Compute, self.compute), (Rule::GpuTime, self.gpu_time)];
        let counts = counts.into_iter().filter(|(_, count)| *count == Some(0));
        let lengths =
            lengths.into_iter().filter(|(_, length)| length.is_some_and(|length| length.as_millis() == 0));
        let counts = counts.map(|(rule, _)| (rule, format!("`{}` is at least 1", rule.name())));
        counts.chain(lengths.map(|(rule, _)| (rule, format!("`{}` is longer than 0s", rule.name()))))
    }
}

impl Study {
    /// Every limit that the study has, with what is used at `now` (ms since 1970).
    pub fn limits(&self, now: u64) -> Vec<Limit> {
        let rules = &self.settings.stop;
        // What runs now is gone through only where it counts: limits are looked at with every decision.
        let compute = rules.compute.map_or(0.0, |_| self.used.compute + self.running_compute(now));
        let lengths = [
            (Rule::Time, self.active_seconds(now), rules.time),
            (Rule::Compute, compute, rules.compute),
            (Rule::GpuTime, self.used.gpu_time, rules.gpu_time),
        ];
        // LAG: what is decided by outcomes is decided by those that the next turn may know.
        let (resource, since_best, failures, failed) = match self.lagged.as_deref() {
            Some(lagged) => (lagged.resource, lagged.since_best, lagged.failures_in_a_row, lagged.failed),
            None => (self.used.resource, self.since_best, self.failures_in_a_row, self.counts.failed),
        };
        let counts = [
            (Rule::Resource, resource, rules.resource),
            (Rule::NoImprovement, since_best, rules.no_improvement),
            (Rule::Failures, failures, rules.failures.or_else(|| self.default_failures(failures, failed))),
        ];
        let trials = self.trials_limit();
        let lengths =
            lengths.into_iter().filter_map(|(rule, used, limit)| Some(Limit::length(rule, used, limit?)));
        let counts =
            counts.into_iter().filter_map(|(rule, used, limit)| Some(Limit::count(rule, used, limit?)));
        trials.into_iter().chain(lengths).chain(counts).chain(self.target()).chain(self.readings()).collect()
    }

    fn readings(&self) -> impl Iterator<Item = Limit> {
        self.conditions.iter().enumerate().map(|(i, reading)| {
            let (used, limit) = reading.sides.unwrap_or((f64::NAN, f64::NAN));
            let (used, limit) = (Real(used), Real(limit));
            Limit { rule: Rule::When(i as u32), used, limit, reached: reading.holds }
        })
    }

    /// [`DEFAULT_FAILURES`], while no trial that ran has succeeded; one whose result was given says nothing of the
    /// program. Few failures are nobody's worry yet, and no limit to show.
    fn default_failures(&self, in_a_row: u64, failed: u64) -> Option<u64> {
        if in_a_row < DEFAULT_FAILURES / 2 || failed > in_a_row {
            return None;
        }
        (!self.has_worked()).then_some(DEFAULT_FAILURES)
    }

    /// Whether any trial that ran has succeeded.
    fn has_worked(&self) -> bool {
        let ran = |trial: Trial<'_>| trial.source() != Source::Given;
        let succeeded = |trial: Trial<'_>| matches!(trial.state(), State::Complete | State::Pruned);
        self.counting().any(|trial| succeeded(trial) && ran(trial))
    }

    /// How many more trials may begin while `unsure` ones have failed runs and wait to try again: should they all fail,
    /// no more trials are to have failed by then than end the study, or than run at a time (`slots`). Without limit
    /// where failures end nothing.
    pub fn room_beside(&self, unsure: u64, slots: u64) -> u64 {
        let failing = self.failures_in_a_row + unsure;
        let most = match self.settings.stop.failures {
            Some(limit) => limit,
            None if failing < DEFAULT_FAILURES || self.has_worked() => return u64::MAX,
            None => DEFAULT_FAILURES,
        };
        most.max(slots).saturating_sub(failing)
    }

    /// The limit that forbids new trials at `now`, if one is reached. Running trials finish; the study is over when none
    /// is pending. Under a lag, limits on outcomes go by those that the next turn may know (invariant LAG): one that turn
    /// d reaches ends the study after turn d + lag − 1.
    pub fn stopped_by(&self, now: u64) -> Option<Limit> {
        self.limits(now).into_iter().find(|limit| limit.reached)
    }

    /// The limit `trials`, if there is one.
    pub fn trials_limit(&self) -> Option<Limit> {
        let limit = self.settings.stop.trials?;
        Some(Limit::count(Rule::Trials, self.counts.total(), limit))
    }

    /// How many more trials `trials` allows; `None` without that limit.
    pub fn trials_left(&self) -> Option<u64> {
        self.settings.stop.trials.map(|limit| limit.saturating_sub(self.counts.total()))
    }

    /// How long runners were active, restarts added up, in seconds.
    pub fn active_seconds(&self, now: u64) -> f64 {
        let open = self.used.active_since.map_or(0, |since| now.saturating_sub(since));
        (self.used.active_ms + open) as f64 / 1000.0
    }

    /// The sum over ended runs of time × cpus, in seconds.
    pub fn compute_seconds(&self) -> f64 {
        self.used.compute
    }

    fn running_compute(&self, now: u64) -> f64 {
        let runs = self.pending().flat_map(|trial| trial.runs().filter(|run| run.how().is_none()));
        runs.map(|run| now.saturating_sub(run.started_at()) as f64 / 1000.0 * run.cpus()).sum()
    }

    fn target(&self) -> Option<Limit> {
        let (target, [objective]) = (self.settings.stop.target?, self.settings.objectives.as_slice()) else {
            return None;
        };
        let best = match self.lagged.as_deref() {
            Some(lagged) => lagged.best_feasible().map(|value| Real(objective.direction.minimized(value))),
            None => {
                self.best().filter(|best| best.is_feasible()).and_then(|best| best.values().first().copied())
            }
        };
        let reached = best.is_some_and(|best| match objective.direction {
            Direction::Minimize => best.0 <= target.0,
            Direction::Maximize => best.0 >= target.0,
        });
        Some(Limit { rule: Rule::Target, used: best.unwrap_or(Real(f64::NAN)), limit: target, reached })
    }
}
