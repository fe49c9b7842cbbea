//! Histories to fold: written by hand, or by a script of small numbers.

#![allow(unreachable_pub, dead_code, reason = "shared by test binaries, none of which uses all of it")]

use proptest::prelude::*;
use ravine_study::schedule::Lease;
use ravine_study::*;

/// A study's events in order.
pub struct Log(pub Vec<Event>);

impl Log {
    /// A study that minimises one metric.
    pub fn minimizing(metric: &str) -> Self {
        let mut log = Log(Vec::new());
        let settings = Settings { objectives: vec![Objective::minimize(metric)], ..Settings::default() };
        log.push(EventBody::StudyCreated(StudyCreated::new("test", 1, settings)));
        log
    }

    pub fn push(&mut self, body: EventBody) {
        let at = self.0.last().map_or(1_000, |event| event.at + 1);
        self.push_at(at, body);
    }

    pub fn push_at(&mut self, at: u64, body: EventBody) {
        self.0.push(Event { seq: self.0.len() as u64 + 1, at, body });
    }

    pub fn fold(&self) -> Study {
        let mut study = Study::new();
        for event in &self.0 {
            study.apply(event).unwrap();
        }
        study
    }

    /// Each step does one thing to one trial, in and out of season.
    pub fn of_script(script: &[(u8, u64, f64)]) -> Self {
        let mut log = Log::minimizing("loss");
        let mut trials = 0;
        for (what, which, value) in script {
            let trial = which % (trials + 1).max(1);
            let fresh = trial >= trials;
            log.push(match what % 10 {
                0 | 1 => created_next(&mut trials),
                _ if fresh => created_next(&mut trials),
                2 => run_started(trial, which % 2, which % 3),
                3 => run_ended(trial, which % 2, which % 3, How::Ok),
                4 => ended(trial, *value),
                5 => ended_with_repetitions(trial, *value),
                6 if what % 20 > 9 => EventBody::TrialRepeated(TrialRepeated {
                    trial: TrialId(trial),
                    decision: DecisionId(1_000 + which),
                    runs: 2,
                    memo: Some(serde_json::json!({ "noisy": true })),
                    seen: None,
                }),
                6 => EventBody::TrialContinued(TrialContinued {
                    trial: TrialId(trial),
                    decision: DecisionId(1_000 + which),
                    level: Level(3),
                    memo: None,
                    seen: None,
                }),
                8 => EventBody::Reported(Reported {
                    trial: TrialId(trial),
                    repetition: (which % 3) as u32,
                    step: *which,
                    values: [("loss".to_owned(), Real(*value))].into_iter().collect(),
                    verdict: Verdict::Go,
                }),
                7 => EventBody::TrialTagged(TrialTagged {
                    trial: TrialId(trial),
                    attributes: [("note".to_owned(), (*which).into())].into_iter().collect(),
                }),
                _ => EventBody::Enqueued(Enqueued { given: which % 2 == 0, ..Enqueued::default() }),
            });
        }
        log
    }
}

fn created_next(trials: &mut u64) -> EventBody {
    *trials += 1;
    created(*trials - 1)
}

pub fn script() -> impl Strategy<Value = Vec<(u8, u64, f64)>> {
    prop::collection::vec((any::<u8>(), 0u64..40, -5.0..5.0f64), 0..80)
}

pub fn created(number: u64) -> EventBody {
    let point = [("x".to_owned(), 0.5.into())].into_iter().collect();
    EventBody::TrialCreated(TrialCreated::sampled(TrialId(number), DecisionId(number), point))
}

pub fn key(trial: u64, attempt: u64) -> RunKey {
    RunKey { attempt: attempt as u32, ..RunKey::first(TrialId(trial)) }
}

pub fn run_started(trial: u64, attempt: u64, epoch: u64) -> EventBody {
    let (run, host) = (key(trial, attempt), Some("lab".to_owned()));
    let lease = Some(Box::new(Lease { cores: vec![attempt as u32], ..Lease::default() }));
    EventBody::RunStarted(RunStarted { run, epoch, host, cpus: None, gpus: None, lease })
}

/// Two seconds, one metric of three reports.
pub fn run_ended(trial: u64, attempt: u64, epoch: u64, how: How) -> EventBody {
    let mut builder = DigestBuilder::default();
    for step in 0..3 {
        builder.push(step, Real(1.0 / (step + 1) as f64));
    }
    let metrics = builder.finish().map(|digest| ("loss".to_owned(), digest)).into_iter().collect();
    EventBody::RunEnded(RunEnded { run: key(trial, attempt), epoch, end: RunEnd::new(how, 2.0), metrics })
}

fn ended_with_repetitions(trial: u64, value: f64) -> EventBody {
    let told = |repetition| RepetitionEnded { repetition, values: vec![Real(value)] };
    EventBody::TrialEnded(TrialEnded { repetitions: (0..2).map(told).collect(), ..end(trial, value) })
}

/// The end of a trial with this loss.
pub fn end(trial: u64, value: f64) -> TrialEnded {
    let metrics = [("loss".to_owned(), Real(value))].into_iter().collect();
    TrialEnded { metrics, ..TrialEnded::complete(TrialId(trial), [value]) }
}

pub fn ended(trial: u64, value: f64) -> EventBody {
    EventBody::TrialEnded(end(trial, value))
}
