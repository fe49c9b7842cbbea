//! A sampler behind lines of JSON, so that one harness (`proof/`) drives ravine's methods and all others alike.
//!
//! Each line on standard input is a request and is answered by one line; `README.md` has the list. Times are CPU
//! nanoseconds of this thread inside the sampler: parsing and printing are not in them.

use std::io::{BufRead as _, Write as _};
use std::sync::Arc;

use search::{
    Ask, DecisionId, Duplicates, Level, Observed, Outcome, Proposal, Pruner, PrunerSpec, Question, Sampler,
    SamplerSpec, Sense, TrialId, Verdict, build_pruner, build_with,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};
use space::{Declarations, Space};

use crate::problems::fail;
use crate::speed::cpu_nanoseconds;

#[derive(Deserialize)]
#[serde(tag = "op", rename_all = "lowercase", deny_unknown_fields)]
enum Request {
    /// Begins a study; the one before is forgotten.
    Open(Box<Opening>),
    /// What to try next.
    Ask,
    /// A configuration from outside, evaluated like any other.
    Give { point: Map<String, Value> },
    /// A running trial's intermediate value: whether it shall go on.
    Report { trial: u64, step: u64, value: f64 },
    /// The end of a trial: `values`, or `pruned` at a step, or neither for a failure.
    Tell {
        trial: u64,
        values: Option<Vec<f64>>,
        #[serde(default)]
        violations: Vec<f64>,
        pruned: Option<(u64, f64)>,
    },
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Opening {
    space: Declarations,
    #[serde(default)]
    constraints: Vec<String>,
    sampler: SamplerSpec,
    pruner: Option<PrunerSpec>,
    seed: u64,
    budget: Option<u64>,
    objectives: Option<usize>,
    #[serde(default)]
    duplicates: Duplicates,
}

/// The study that is open.
struct Session {
    space: Arc<Space>,
    sampler: Box<dyn Sampler>,
    rule: Option<Box<dyn Pruner>>,
    seed: u64,
    budget: Option<u64>,
    decisions: u64,
    trials: u64,
}

pub(crate) fn run() {
    let mut session = None;
    let mut out = std::io::stdout().lock();
    for line in std::io::stdin().lock().lines() {
        let line = line.unwrap_or_else(|error| fail(&error.to_string()));
        let answer = serde_json::from_str(&line)
            .map_err(|error| error.to_string())
            .and_then(|request| answer(&mut session, request))
            .unwrap_or_else(|message| json!({ "error": message }));
        let sent = writeln!(out, "{answer}").and_then(|()| out.flush());
        sent.unwrap_or_else(|error| fail(&error.to_string()));
    }
}

fn answer(session: &mut Option<Session>, request: Request) -> Result<Value, String> {
    if let Request::Open(opening) = request {
        *session = Some(Session::open(*opening)?);
        return Ok(json!({}));
    }
    let session = session.as_mut().ok_or("nothing is open")?;
    match request {
        Request::Open(_) | Request::Ask => session.ask(),
        Request::Give { point } => session.give(&point),
        Request::Report { trial, step, value } => Ok(session.report(TrialId(trial), step, value)),
        Request::Tell { trial, values, violations, pruned } => {
            let outcome = match (values, pruned) {
                (Some(values), _) => Outcome::Complete { values, violations },
                (None, Some((step, value))) => Outcome::Pruned { step, value: Some(value) },
                (None, None) => Outcome::Failed,
            };
            Ok(session.learn(Observed::Ended { trial: TrialId(trial), outcome }))
        }
    }
}

impl Session {
    fn open(opening: Opening) -> Result<Session, String> {
        let constraints: Vec<&str> = opening.constraints.iter().map(String::as_str).collect();
        let space = Space::build(&opening.space, &constraints).map_err(|error| error.to_string())?;
        let space = Arc::new(space);
        let objectives = opening.objectives.unwrap_or(1);
        let pruner = opening.pruner.as_ref();
        let built = build_with(&opening.sampler, pruner, space.clone(), objectives, opening.duplicates);
        let sampler = built.map_err(|error| error.to_string())?;
        let rule = match pruner {
            Some(pruner) => build_pruner(pruner, &[Sense::Minimize]).map_err(|error| error.to_string())?,
            None => None,
        };
        let (seed, budget) = (opening.seed, opening.budget);
        Ok(Session { space, sampler, rule, seed, budget, decisions: 0, trials: 0 })
    }

    fn ask(&mut self) -> Result<Value, String> {
        let decision = DecisionId(self.decisions);
        let ask = Ask { space: &self.space, seed: self.seed, decision, budget: self.budget };
        let start = cpu_nanoseconds();
        let made = self.sampler.propose(&ask).map_err(|error| error.to_string())?;
        let asked = cpu_nanoseconds() - start;
        let number = |level: Option<Level>| level.map(|level| level.0);
        Ok(match made.proposal {
            Proposal::Wait => json!({"wait": true, "ns": asked}),
            Proposal::Exhausted(_) => json!({"exhausted": true, "ns": asked}),
            Proposal::New { point, level, parent } => {
                self.decisions += 1;
                let trial = self.next_trial();
                let config = self.space.to_json(&point);
                let point = Arc::new(point);
                let decision = Some(decision);
                let event = Observed::Created { trial, decision, point, level, parent, memo: made.memo };
                let told = self.learn(event);
                json!({"trial": trial, "point": config, "level": number(level), "ns": asked, "told": told["ns"]})
            }
            Proposal::Continue { trial, level } => {
                self.decisions += 1;
                let told = self.learn(Observed::Continued { trial, decision, level, memo: made.memo });
                json!({"trial": trial, "level": level.0, "ns": asked, "told": told["ns"]})
            }
            Proposal::Repeat { trial, runs } => {
                self.decisions += 1;
                let told = self.learn(Observed::Repeated { trial, decision, runs, memo: made.memo });
                json!({"trial": trial, "runs": runs, "ns": asked, "told": told["ns"]})
            }
        })
    }

    fn give(&mut self, point: &Map<String, Value>) -> Result<Value, String> {
        let point = Arc::new(self.space.from_json(point).map_err(|error| error.to_string())?);
        let trial = self.next_trial();
        let event = Observed::Created { trial, decision: None, point, level: None, parent: None, memo: None };
        self.learn(event);
        Ok(json!({ "trial": trial }))
    }

    fn next_trial(&mut self) -> TrialId {
        self.trials += 1;
        TrialId(self.trials - 1)
    }

    /// The time that both the sampler and the rule took to learn `event`.
    fn learn(&mut self, event: Observed) -> Value {
        let events = [event];
        let start = cpu_nanoseconds();
        self.sampler.learn(&events);
        if let Some(rule) = &mut self.rule {
            rule.learn(&events);
        }
        json!({"ns": cpu_nanoseconds() - start})
    }

    fn report(&mut self, trial: TrialId, step: u64, value: f64) -> Value {
        let question = Question { trial, repetition: 0, step, value };
        let acts = self.rule.as_ref().is_some_and(|rule| rule.acts_on(&question));
        if !acts {
            return json!({"prune": false});
        }
        let told = self.learn(Observed::Reported { trial, repetition: 0, step, values: vec![value] });
        let verdict = self.rule.as_ref().map(|rule| rule.judge(&question));
        json!({"prune": verdict == Some(Verdict::Prune), "ns": told["ns"]})
    }
}
