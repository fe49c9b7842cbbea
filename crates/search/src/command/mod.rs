//! `command`: any program that speaks JSON lines on its standard input and output is a sampler.
//!
//! The program is told what happens and asked for points; see [`messages`] for the lines. It is started with the first
//! question, so that a study that only replays its history starts nothing. Everything it was ever told is kept here:
//! whenever it has to be started again (a restart of the study, a crash) it is told the whole history first, and is
//! not asked again for what is recorded (invariant HISTORY). Whether the same history gives the same answer is then the
//! program's own: it is given the study's seed and each decision's number to draw from.

mod messages;
mod options;
mod program;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use serde_json::{Map, Value};
use space::{Point, Space};

use crate::strategy::{Draft, Strategy};
use crate::{Ask, Observed, SearchError, Spent, TrialId};
use messages::{Answer, Refusal};

pub use options::CommandOptions;
pub use program::{Broken, Dialogue, Programs};

/// So often one decision is asked for before ravine helps itself to a new point.
const QUESTIONS: usize = 8;
/// So often a program that ended is started for one decision.
const STARTS: u32 = 2;

/// The sampler; what it knows is what was said to the program.
pub(crate) struct Command {
    options: CommandOptions,
    objectives: usize,
    space: Arc<Space>,
    /// `None` where nobody brought what runs programs: then it can be built, to look at its options, but not asked.
    programs: Option<Arc<dyn Programs>>,
    dialogue: Option<Box<dyn Dialogue>>,
    /// All that is to be told, without the first line, which needs the seed.
    told: Vec<String>,
    /// How much of it the running program knows; `None` where it has not even heard the first line.
    known: Option<usize>,
    /// The points of all trials, as they are told.
    points: BTreeMap<TrialId, Map<String, Value>>,
    running: BTreeSet<TrialId>,
}

impl Command {
    pub(crate) fn new(
        options: CommandOptions,
        space: Arc<Space>,
        objectives: usize,
        programs: Option<Arc<dyn Programs>>,
    ) -> Result<Self, SearchError> {
        options.check()?;
        Ok(Command {
            options,
            objectives,
            space,
            programs,
            dialogue: None,
            told: Vec::new(),
            known: None,
            points: BTreeMap::new(),
            running: BTreeSet::new(),
        })
    }

    fn take_in(&mut self, event: &Observed) {
        match event {
            Observed::Created { trial, point, level, memo, .. } => {
                let point = self.space.to_json(point);
                self.told.push(messages::running(*trial, &point, *level, memo.as_ref()));
                self.points.insert(*trial, point);
                self.running.insert(*trial);
            }
            Observed::Continued { trial, level, .. } => self.goes_on(*trial, Some(*level), None),
            Observed::Repeated { trial, memo, .. } => self.goes_on(*trial, None, memo.as_ref()),
            Observed::Ended { trial, outcome } => {
                if let Some(point) = self.points.get(trial) {
                    self.told.push(messages::ended(*trial, point, outcome));
                    self.running.remove(trial);
                }
            }
            Observed::Repetition { trial, repetition, values } => {
                self.told.push(messages::repetition(*trial, *repetition, values));
            }
            Observed::Reported { .. } | Observed::Spent { .. } => {}
        }
    }

    fn goes_on(&mut self, trial: TrialId, level: Option<crate::Level>, memo: Option<&Value>) {
        if let Some(point) = self.points.get(&trial) {
            self.told.push(messages::running(trial, point, level, memo));
            self.running.insert(trial);
        }
    }

    /// What may be repeated or started from; the error says which trial it is, and why not.
    fn is_over(&self, trial: TrialId) -> Result<(), String> {
        let number = trial.0;
        if !self.points.contains_key(&trial) {
            return Err(format!("trial {number}, which there is not"));
        }
        if self.running.contains(&trial) {
            return Err(format!("trial {number}, which has not ended"));
        }
        Ok(())
    }

    /// Asks once; a program that ended is started again, once, with all that it has to know.
    fn ask(&mut self, ask: &Ask<'_>, refused: &[Refusal]) -> Result<Answer, SearchError> {
        let timeout = Duration::from_millis((self.options.timeout * 1000.0) as u64);
        for start in 1..=STARTS {
            let dialogue = match &mut self.dialogue {
                Some(dialogue) => dialogue,
                none => {
                    let programs = self.programs.as_ref().ok_or_else(|| {
                        let message = "the sampler `command` needs a place to run programs, and here is none";
                        SearchError::Unsuitable(message.to_owned())
                    })?;
                    let started = programs.start(&self.options.run);
                    let dialogue = started.map_err(|why| wrong(&self.options, ask, why))?;
                    self.known = None;
                    none.insert(dialogue)
                }
            };
            let mut lines = Vec::new();
            if self.known.is_none() {
                lines.push(messages::start(&self.space, ask.seed, self.objectives));
            }
            lines.extend_from_slice(&self.told[self.known.unwrap_or(0)..]);
            lines.push(messages::ask(ask, refused));
            let answer = dialogue.exchange(&lines, timeout);
            self.known = Some(self.told.len());
            let what = match answer {
                Ok(line) => return messages::answer(&line).map_err(|what| self.gone(ask, what)),
                Err(Broken::Ended(_)) if start < STARTS => {
                    self.dialogue = None;
                    continue;
                }
                Err(Broken::Ended(how)) => format!("was started twice and {how}"),
                Err(Broken::Silent) => {
                    let seconds = self.options.timeout;
                    format!("gave no answer within {seconds} s; `timeout` in [sampler] gives it longer")
                }
                Err(Broken::Garbled(what)) => format!("answered {what}"),
            };
            return Err(self.gone(ask, what));
        }
        unreachable!("the last start answers or is an error")
    }

    /// The error, and the end of the program: what it will say next belongs to no question.
    fn gone(&mut self, ask: &Ask<'_>, what: String) -> SearchError {
        self.dialogue = None;
        wrong(&self.options, ask, what)
    }
}

fn wrong(options: &CommandOptions, ask: &Ask<'_>, what: String) -> SearchError {
    SearchError::Program { program: options.shown(), decision: ask.decision, what }
}

impl Strategy for Command {
    fn learn(&mut self, events: &[Observed]) {
        for event in events {
            self.take_in(event);
        }
    }

    fn draw(
        &mut self,
        ask: &Ask<'_>,
        attempt: u32,
        accept: &dyn Fn(&Point) -> bool,
    ) -> Result<Draft, SearchError> {
        // What it has nothing new to say to once it is not asked again.
        if attempt > 0 {
            return Ok(Draft::Refused);
        }
        let mut refused: Vec<Refusal> = Vec::new();
        while refused.len() < QUESTIONS {
            match self.ask(ask, &refused)? {
                Answer::Wait if self.running.is_empty() => {
                    let what = "answered `wait`, and no trial runs whose end it could wait for";
                    return Err(self.gone(ask, what.to_owned()));
                }
                Answer::Wait => return Ok(Draft::Wait),
                Answer::Exhausted => return Ok(Draft::Exhausted(Spent::Program)),
                Answer::Error(message) => return Err(self.gone(ask, format!("says: {message}"))),
                Answer::Repeat { trial, runs, memo } => {
                    self.is_over(trial).map_err(|what| self.gone(ask, format!("asked to repeat {what}")))?;
                    return Ok(Draft::Repeat(trial, runs, memo));
                }
                Answer::Point { point: given, parent, memo } => {
                    let point = messages::point(&self.space, &given).map_err(|what| {
                        self.gone(
                            ask,
                            format!("proposed a configuration that the space does not have: {what}"),
                        )
                    })?;
                    if let Some(parent) = parent {
                        self.is_over(parent)
                            .map_err(|what| self.gone(ask, format!("wants to start from {what}")))?;
                    }
                    if accept(&point) {
                        return Ok(match parent {
                            Some(parent) => Draft::Child(point, parent, memo),
                            None => Draft::Point(point, memo),
                        });
                    }
                    let why = if self.space.allows(&point) {
                        "it was tried before"
                    } else {
                        "it breaks a space constraint"
                    };
                    refused.push(Refusal { point: given, why });
                }
            }
        }
        Ok(Draft::Refused)
    }
}
