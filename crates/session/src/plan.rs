//! Making turns: the events of what is tried next, from enqueued points and the sampler's proposals.

use std::sync::Arc;

use search::{Ask, Decision, DecisionId, Level, Observed, Proposal, PrunerSpec, TrialId};
use space::Space;
use study::{
    Assignment, Duplicates, Ending, Enqueued, EventBody, RunKey, RunStarted, Source, State, Study,
    TrialContinued, TrialCreated, TrialEnded, TrialRepeated,
};

use crate::brain::Built;
use crate::points::Given;
use crate::request::Request;
use crate::{Answer, Asked, Claim, Over, Session, SessionError};

/// How many trials whose results are known already one commit may hold beyond those asked for.
const AT_ONCE: u64 = 1_000;

/// What a decision is made from, taken from the state in one moment.
pub(crate) struct View {
    pub(crate) study: String,
    pub(crate) seed: u64,
    pub(crate) budget: Option<u64>,
    pub(crate) head: u64,
    pub(crate) turns: u64,
    pub(crate) decision: DecisionId,
    pub(crate) trial: TrialId,
    /// At most so many trials more.
    pub(crate) left: u64,
    /// Whether there are turns that make no trial: an ended one goes on.
    pub(crate) promotes: bool,
    /// Whether some trial is not over yet.
    pub(crate) pending: bool,
    pub(crate) entries: Vec<(u64, Enqueued)>,
    pub(crate) declared: bool,
    /// Where the runs that start at once will be.
    pub(crate) host: Option<String>,
    pub(crate) duplicates: Duplicates,
    /// Whether each turn has to be in the log before the next is decided (invariant LAG).
    pub(crate) lagged: bool,
}

/// Events in the making, and the trials that they make.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) bodies: Vec<EventBody>,
    pub(crate) asked: Vec<Asked>,
    /// Learned in advance, in the order of the events.
    pub(crate) foreseen: usize,
    pub(crate) turns: u64,
    pub(crate) decisions: u64,
    pub(crate) trials: u64,
    /// The trials that are over as they begin.
    pub(crate) over: Vec<TrialId>,
    pub(crate) end: Option<Answer>,
}

/// One decision on its way into the log.
enum Turn {
    /// A trial, and its ending where that is known already.
    Created(Box<TrialCreated>, Option<TrialEnded>),
    /// A trial that goes on.
    Again(Box<EventBody>, Option<Asked>),
}

impl View {
    /// What there is to decide from; at most `want` enqueued points are served at once.
    pub(crate) fn of(study: &Study, want: usize, declared: bool, host: Option<String>) -> Self {
        View {
            study: study.name().to_owned(),
            seed: study.seed(),
            budget: study.settings().stop.trials,
            head: study.seq(),
            turns: study.turns(),
            decision: study.next_decision(),
            trial: study.next_trial(),
            left: study.trials_left().unwrap_or(u64::MAX),
            promotes: study.settings().pruner.as_ref().is_some_and(PrunerSpec::promotes),
            pending: study.pending().next().is_some(),
            entries: study.enqueued().take(want).map(|(number, entry)| (number, entry.clone())).collect(),
            declared,
            host,
            duplicates: study.settings().duplicates,
            lagged: study.lag().is_some(),
        }
    }

    fn started(&self, run: RunKey, epoch: u64) -> EventBody {
        let host = self.host.clone();
        EventBody::RunStarted(RunStarted { run, epoch, host, cpus: None, gpus: None, lease: None })
    }
}

impl Plan {
    fn push(&mut self, view: &View, request: &Request, turn: Turn, space: &Space) {
        self.turns += 1;
        match turn {
            Turn::Created(created, ended) => {
                self.trials += 1;
                self.decisions += u64::from(created.decision.is_some());
                let run = RunKey::first(created.number);
                if ended.is_none() {
                    self.asked.push(Asked {
                        number: created.number,
                        parameters: created.point.clone(),
                        point: view.declared.then(|| crate::points::point(space, &created.point)),
                        level: created.level,
                        parent: created.parent,
                        run: request.epoch.map(|epoch| Claim { run, epoch }),
                    });
                }
                self.bodies.push(EventBody::TrialCreated(*created));
                match (ended, request.epoch) {
                    (Some(ended), _) => {
                        self.over.push(ended.trial);
                        self.bodies.push(EventBody::TrialEnded(ended));
                    }
                    (None, Some(epoch)) => self.bodies.push(view.started(run, epoch)),
                    (None, None) => {}
                }
            }
            Turn::Again(body, asked) => {
                self.decisions += 1;
                self.bodies.push(*body);
                let claim = |run: RunKey| request.epoch.map(|epoch| Claim { run, epoch });
                self.asked.extend(
                    asked.map(|asked| Asked { run: asked.run.and_then(|next| claim(next.run)), ..asked }),
                );
                if let Some(Claim { run, epoch }) = self.asked.last().and_then(|asked| asked.run) {
                    self.bodies.push(view.started(run, epoch));
                }
            }
        }
    }
}

impl Session {
    /// Fills a plan with turns, each made with knowledge of those before.
    pub(crate) fn fill(
        &self,
        view: &View,
        built: &mut Built,
        request: &Request,
        plan: &mut Plan,
    ) -> Result<(), SessionError> {
        let mut entries = view.entries.iter();
        // A trial whose space is not declared is shown to samplers when it ends, so there is nothing to foresee.
        let in_advance = view.declared && (request.want > 1 || !request.endings.is_empty());
        let most = if view.lagged { 1 } else { request.want as u64 + AT_ONCE };
        while plan.asked.len() < request.want && plan.turns < most {
            let may_begin = plan.trials < view.left;
            let turn = match entries.next().filter(|_| may_begin) {
                Some((number, entry)) => self.serve(view, built, *number, entry, plan),
                None if may_begin || view.promotes => self.propose_knowing_enough(view, built, plan)?,
                None => None,
            };
            let Some(turn) = turn else { break };
            let from = plan.bodies.len();
            let again = matches!(turn, Turn::Again(..));
            plan.push(view, request, turn, &built.space);
            if in_advance {
                let foreseen = self.foresee(&plan.bodies[from..], &built.space);
                plan.foreseen += foreseen.len();
                built.sampler.learn(&foreseen);
            }
            if again {
                break;
            }
        }
        Ok(())
    }

    /// What the sampler will learn of events that are about to be appended: its own last proposal, before the next.
    fn foresee(&self, bodies: &[EventBody], space: &Space) -> Vec<Observed> {
        let observed = |body: &EventBody| match body {
            EventBody::TrialCreated(created) => Some(Observed::Created {
                trial: created.number,
                decision: created.decision,
                point: Arc::new(crate::points::point(space, &created.point)),
                level: created.level,
                parent: created.parent,
                memo: created.memo.clone(),
            }),
            EventBody::TrialContinued(TrialContinued { trial, decision, level, memo, .. }) => {
                let (trial, decision, level, memo) = (*trial, *decision, *level, memo.clone());
                Some(Observed::Continued { trial, decision, level, memo })
            }
            EventBody::TrialRepeated(TrialRepeated { trial, decision, runs, memo, .. }) => {
                let (trial, decision, runs, memo) = (*trial, *decision, *runs, memo.clone());
                Some(Observed::Repeated { trial, decision, runs, memo })
            }
            _ => None,
        };
        let all = |body: &EventBody| match body {
            EventBody::TrialEnded(ended) => self.with_study(|study| study.foresee(ended)).collect(),
            body => observed(body).into_iter().collect::<Vec<_>>(),
        };
        bodies.iter().flat_map(all).collect()
    }

    /// The turn of an enqueued point.
    fn serve(&self, view: &View, built: &Built, number: u64, entry: &Enqueued, plan: &Plan) -> Option<Turn> {
        let trial = TrialId(view.trial.0 + plan.trials);
        let mut created = TrialCreated {
            decision: None,
            source: if entry.given { Source::Given } else { Source::Enqueued },
            entry: Some(number),
            attributes: entry.attributes.clone(),
            ..TrialCreated::sampled(trial, DecisionId(0), Assignment::new())
        };
        let mut ended = None;
        if view.declared {
            match Given::complete(&built.space, &entry.point, view.seed, number) {
                Ok(given) => (created.point, created.hash) = (given.parameters, Some(given.hash)),
                Err(error) => {
                    created.point.clone_from(&entry.point);
                    ended =
                        Some(self.lock().judge.failed(trial, 0, &error.to_string(), &study::Digests::new()));
                }
            }
        } else {
            created.prepared.clone_from(&entry.point);
        }
        if let (Some(result), None) = (&entry.result, &ended) {
            ended = Some(self.lock().judge.complete(trial, 0, &study::told(result)));
        }
        Some(Turn::Created(Box::new(created), ended))
    }

    /// The turn of a sampler's decision. Under a lag one that waits is shown the next outcomes, one by one and in the order
    /// of turns, until it does not wait any more: with no turn made none would ever come.
    fn propose_knowing_enough(
        &self,
        view: &View,
        built: &mut Built,
        plan: &mut Plan,
    ) -> Result<Option<Turn>, SessionError> {
        loop {
            let turn = self.propose(view, built, plan)?;
            if turn.is_some() || plan.end.is_some() {
                return Ok(turn);
            }
            let more = if view.lagged { self.lock().look_ahead(view.turns) } else { None };
            let Some(more) = more else { break };
            built.sampler.learn(&more);
        }
        // Where some trial is not over, its outcome may yet be worth a promotion.
        if plan.turns == 0 && view.left == 0 && !view.pending {
            plan.end = self.with_study(Study::trials_limit).map(|limit| Answer::Over(Over::Limit(limit)));
        }
        Ok(None)
    }

    /// The turn of a sampler's decision; `None` where it has none.
    fn propose(&self, view: &View, built: &mut Built, plan: &mut Plan) -> Result<Option<Turn>, SessionError> {
        let decision = DecisionId(view.decision.0 + plan.decisions);
        let ask = Ask { space: &built.space, seed: view.seed, decision, budget: view.budget };
        let proposed = built.sampler.propose(&ask);
        let Decision { proposal, memo } =
            proposed.map_err(|source| SessionError::Search { study: view.study.clone(), source })?;
        let trial = TrialId(view.trial.0 + plan.trials);
        let seen = if view.lagged { self.lock().seen() } else { None };
        Ok(match proposal {
            // There is room for promotions only.
            Proposal::New { .. } if plan.trials >= view.left => None,
            Proposal::New { point, level, parent } => {
                let parameters = crate::points::parameters(&built.space, &point);
                let mut created = TrialCreated {
                    level,
                    parent,
                    memo,
                    seen,
                    ..TrialCreated::sampled(trial, decision, Assignment::new())
                };
                if view.declared {
                    created.hash = Some(built.space.hash(&point));
                    created.point = parameters;
                } else {
                    created.prepared = parameters;
                }
                // What starts from another's checkpoint comes to something else.
                let may_reuse = view.duplicates == Duplicates::Reuse && created.parent.is_none();
                let reused = if may_reuse { self.reuse(&created) } else { None };
                Some(Turn::Created(Box::new(created), reused))
            }
            Proposal::Continue { trial, level } => {
                let body = EventBody::TrialContinued(TrialContinued { trial, decision, level, memo, seen });
                Some(Turn::Again(Box::new(body), self.asked_again(trial, Some(level))))
            }
            Proposal::Repeat { trial, runs } => {
                let body = EventBody::TrialRepeated(TrialRepeated { trial, decision, runs, memo, seen });
                Some(Turn::Again(Box::new(body), self.asked_again(trial, None)))
            }
            Proposal::Wait => None,
            Proposal::Exhausted(spent) => {
                plan.end = Some(Answer::Over(Over::Exhausted(spent)));
                None
            }
        })
    }

    /// A trial that goes on, with its next attempt.
    fn asked_again(&self, number: TrialId, level: Option<Level>) -> Option<Asked> {
        let state = self.lock();
        let trial = state.study.trial(number)?;
        let attempt = trial.runs().map(|run| run.key().attempt + 1).max().unwrap_or(0);
        Some(Asked {
            number,
            parameters: trial.point(),
            point: state.space.as_deref().map(|space| trial.point_in(space)),
            level: level.or(trial.level()),
            parent: trial.parent(),
            run: Some(Claim { run: RunKey { attempt, ..RunKey::first(number) }, epoch: 0 }),
        })
    }

    /// The ending of an earlier trial of the same configuration, for the policy that takes it over.
    fn reuse(&self, created: &TrialCreated) -> Option<TrialEnded> {
        let hash = created.hash?;
        let state = self.lock();
        let earlier = state
            .study
            .counting()
            .find(|trial| trial.hash() == Some(hash) && trial.state() == State::Complete)?;
        let number = earlier.number().0;
        Some(TrialEnded {
            values: earlier.values().to_vec(),
            errors: earlier.errors().to_vec(),
            violations: earlier.violations().to_vec(),
            metrics: earlier.metrics().map(|(name, value)| (name.to_owned(), value)).collect(),
            message: Some(format!("the result of trial {number}, which had the same configuration")),
            ..TrialEnded::new(created.number, Ending::Complete)
        })
    }
}
