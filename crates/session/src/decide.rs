//! Deciding what is tried next (invariant ONE DECIDER).
//!
//! Inside a process the brain's lock makes one decider (see `turns`); between processes the append does: it happens only if nobody
//! else decided since the history that this decision was made from. Where a proposal takes longer than the commits
//! that a lease costs, the lease keeps others from working in vain. While the sampler proposes, no transaction is
//! open and the state is not locked, so endings, reports and questions never wait for it.

use std::sync::{Arc, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use search::{Ask, Decision, DecisionId, Level, Observed, Proposal, TrialId};
use space::Space;
use store::{Acquired, DECIDER, Durability, Guard, Lease};
use study::{
    Assignment, Duplicates, Ending, Enqueued, EventBody, Phase, RunKey, RunStarted, Source, State, Study,
    TrialContinued, TrialCreated, TrialEnded, TrialRepeated,
};

use crate::brain::{Brain, Built};
use crate::points::Given;
use crate::{Answer, Asked, Claim, Over, Session, SessionError};

/// From here on a proposal is worth a lease of its own: it costs three commits of some 30 µs.
const WORTH_A_LEASE: Duration = Duration::from_millis(2);
/// How long a decision may take beyond ten times the last one before another process may take over.
const LEASE: Duration = Duration::from_secs(10);
/// How many trials whose results are known already one commit may hold beyond those asked for.
const AT_ONCE: u64 = 1_000;
/// How often a decision is tried anew when others decided meanwhile.
const TRIES: u32 = 1_000;

/// What is to be decided.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// The endings that go with it, in the same commit.
    pub(crate) endings: Vec<TrialEnded>,
    /// Their events.
    pub(crate) events: Vec<EventBody>,
    /// At most so many trials.
    pub(crate) want: usize,
    /// The epoch of who runs them at once; `None` leaves them queued.
    pub(crate) epoch: Option<u64>,
}

/// What a decision is made from, taken from the state in one moment.
struct View {
    study: String,
    seed: u64,
    head: u64,
    turns: u64,
    decision: DecisionId,
    trial: TrialId,
    /// At most so many trials more.
    left: u64,
    entries: Vec<(u64, Enqueued)>,
    declared: bool,
    duplicates: Duplicates,
}

/// Events in the making, and the trials that they make.
#[derive(Default)]
struct Plan {
    bodies: Vec<EventBody>,
    asked: Vec<Asked>,
    /// Learned in advance, in the order of the events.
    foreseen: usize,
    turns: u64,
    decisions: u64,
    trials: u64,
    end: Option<Answer>,
}

impl Session {
    /// Decides for a request; endings that come with it are appended in any case.
    pub(crate) fn decide_alone(
        &self,
        brain: &mut Brain,
        mut request: Request,
    ) -> Result<Answer, SessionError> {
        for _ in 0..TRIES {
            self.refresh()?;
            if !request.endings.is_empty() && !self.may_foresee(brain) {
                self.append(std::mem::take(&mut request.events), Durability::Synced)?;
                request.endings.clear();
            }
            if brain.cautious > 0 {
                brain.cautious -= 1;
                request.want = request.want.min(1);
            }
            let decided = self.try_decide(brain, &request);
            let Err(error) = decided else { return decided };
            if !request.endings.is_empty() || request.want > 1 {
                brain.forget(&mut self.lock());
            }
            match &error {
                SessionError::Store(error) if error.is_conflict() => {}
                SessionError::Store(_) | SessionError::Ended { .. } => return Err(error),
                // There is no next trial, but what was told is told.
                _ => {
                    self.append_ending(&request)?;
                    return Err(error);
                }
            }
        }
        self.append_ending(&request)?;
        Err(SessionError::Contended { study: self.name(), tries: TRIES })
    }

    /// Decides for several requests in one commit, if that works at once; else nothing is appended.
    pub(crate) fn try_together(&self, brain: &mut Brain, request: &Request) -> Result<Answer, SessionError> {
        self.refresh()?;
        let decided = self.try_decide(brain, request);
        if decided.is_err() {
            brain.forget(&mut self.lock());
        }
        decided
    }

    pub(crate) fn brain(&self) -> MutexGuard<'_, Brain> {
        self.brain.lock().unwrap_or_else(|poisoned| {
            // Whoever panicked may have left it half learned.
            let mut brain = PoisonError::into_inner(poisoned);
            *brain = Brain::default();
            brain
        })
    }

    /// Whether an ending and the next decision may be one commit: the decision must not depend on the ending but for
    /// what the sampler learns of it.
    pub(crate) fn may_foresee(&self, brain: &Brain) -> bool {
        let state = self.lock();
        let rules = &state.study.settings().stop;
        let depends = rules.target.is_some()
            || rules.no_improvement.is_some()
            || rules.failures.is_some()
            || rules.compute.is_some()
            || rules.gpu_time.is_some()
            || rules.resource.is_some();
        brain.cautious == 0 && !depends && state.space.is_some()
    }

    fn try_decide(&self, brain: &mut Brain, request: &Request) -> Result<Answer, SessionError> {
        let lease = if brain.took > WORTH_A_LEASE { Some(self.lease(brain.took)?) } else { None };
        let decided = self.decide_holding(brain, request, lease.as_ref());
        if let Some(lease) = &lease {
            self.store.release(lease)?;
        }
        decided
    }

    /// Waits for the decision lease.
    fn lease(&self, took: Duration) -> Result<Lease, SessionError> {
        loop {
            let ttl = LEASE + 10 * took;
            let asked = match self.store.acquire(self.id, DECIDER, &self.options.name, ttl)? {
                Acquired::Held(lease) if self.options.liveness.is_alive(&lease.holder) == Some(false) => {
                    self.store.steal(&lease, &self.options.name, ttl)?
                }
                asked => asked,
            };
            if let Some(lease) = asked.mine() {
                self.refresh()?;
                return Ok(lease);
            }
            let head = self.refresh()?;
            self.store.wait(self.id, head, Duration::from_millis(20))?;
        }
    }

    fn decide_holding(
        &self,
        brain: &mut Brain,
        request: &Request,
        lease: Option<&Lease>,
    ) -> Result<Answer, SessionError> {
        let (view, lesson) = {
            let mut state = self.lock();
            if let Some(kind) = &state.unknown {
                return Err(SessionError::Newer { study: state.study.name().to_owned(), kind: kind.clone() });
            }
            for ending in &request.endings {
                crate::tell::open_trial(&state.study, ending.trial)?;
            }
            if let Some(over) = over(&state.study, self.options.clock.now_ms()) {
                drop(state);
                self.append_ending(request)?;
                return Ok(Answer::Over(over));
            }
            let view = View::of(&state.study, request.want, state.space.is_some());
            (view, brain.lesson(&mut state)?)
        };
        let began = Instant::now();
        let built = brain.learn(lesson, &view.study)?;
        let mut plan = Plan::default();
        if !request.endings.is_empty() {
            let foreseen: Vec<Observed> =
                self.with_study(|study| request.endings.iter().map(|ending| study.foresee(ending)).collect());
            built.sampler.learn(&foreseen);
            plan.foreseen = foreseen.len();
            plan.bodies.clone_from(&request.events);
        }
        self.fill(&view, built, request, &mut plan)?;
        brain.took = began.elapsed();
        self.commit(brain, view, request, plan, lease)
    }

    fn fill(
        &self,
        view: &View,
        built: &mut Built,
        request: &Request,
        plan: &mut Plan,
    ) -> Result<(), SessionError> {
        let mut entries = view.entries.iter();
        // A trial whose space is not declared is shown to samplers when it ends, so there is nothing to foresee.
        let in_advance = view.declared && (request.want > 1 || !request.endings.is_empty());
        let most = request.want as u64 + AT_ONCE;
        while plan.asked.len() < request.want && plan.trials < view.left && plan.turns < most {
            let turn = match entries.next() {
                Some((number, entry)) => self.serve(view, built, *number, entry, plan),
                None => self.propose(view, built, plan)?,
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

    fn commit(
        &self,
        brain: &mut Brain,
        view: View,
        request: &Request,
        plan: Plan,
        lease: Option<&Lease>,
    ) -> Result<Answer, SessionError> {
        let nothing = plan.end.unwrap_or(Answer::Wait);
        if plan.turns == 0 {
            self.append_ending(request)?;
            if !request.endings.is_empty() {
                // It was learned in advance, and will come again by the log.
                brain.forget(&mut self.lock());
            }
            return Ok(nothing);
        }
        let guard = lease.map_or_else(Guard::default, Guard::holding);
        let mut guard = guard.deciding(view.turns..view.turns + plan.turns);
        if plan.foreseen > 0 {
            guard.head = Some(view.head);
        }
        let durability = if !request.endings.is_empty() { Durability::Synced } else { Durability::Committed };
        self.append_if(plan.bodies, &guard, durability)?;
        if plan.foreseen > 0 {
            self.lock().skip_feed(plan.foreseen);
        }
        Ok(if plan.asked.is_empty() { nothing } else { Answer::Trials(plan.asked) })
    }

    fn append_ending(&self, request: &Request) -> Result<(), SessionError> {
        if !request.endings.is_empty() {
            self.append(request.events.clone(), Durability::Synced)?;
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
            EventBody::TrialEnded(ended) => Some(self.with_study(|study| study.foresee(ended))),
            _ => None,
        };
        bodies.iter().filter_map(observed).collect()
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

    /// The turn of a sampler's decision; `None` where it has none.
    fn propose(&self, view: &View, built: &mut Built, plan: &mut Plan) -> Result<Option<Turn>, SessionError> {
        let decision = DecisionId(view.decision.0 + plan.decisions);
        let ask = Ask { space: &built.space, seed: view.seed, decision };
        let proposed = built.sampler.propose(&ask);
        let Decision { proposal, memo } =
            proposed.map_err(|source| SessionError::Search { study: view.study.clone(), source })?;
        let trial = TrialId(view.trial.0 + plan.trials);
        Ok(match proposal {
            Proposal::New { point, level, parent } => {
                let parameters = crate::points::parameters(&built.space, &point);
                let mut created = TrialCreated {
                    level,
                    parent,
                    memo,
                    ..TrialCreated::sampled(trial, decision, Assignment::new())
                };
                if view.declared {
                    created.hash = Some(built.space.hash(&point));
                    created.point = parameters;
                } else {
                    created.prepared = parameters;
                }
                let reused = if view.duplicates == Duplicates::Reuse { self.reuse(&created) } else { None };
                Some(Turn::Created(Box::new(created), reused))
            }
            Proposal::Continue { trial, level } => {
                let body = EventBody::TrialContinued(TrialContinued { trial, decision, level, memo });
                Some(Turn::Again(Box::new(body), self.asked_again(trial, Some(level))))
            }
            Proposal::Repeat { trial, runs } => {
                let body = EventBody::TrialRepeated(TrialRepeated { trial, decision, runs, memo });
                Some(Turn::Again(Box::new(body), self.asked_again(trial, None)))
            }
            Proposal::Wait => None,
            Proposal::Exhausted => {
                plan.end = Some(Answer::Over(Over::Exhausted));
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
            .trials()
            .find(|trial| trial.hash() == Some(hash) && trial.state() == State::Complete)?;
        Some(TrialEnded {
            trial: created.number,
            round: 0,
            state: Ending::Complete,
            values: earlier.values().to_vec(),
            errors: earlier.errors().to_vec(),
            violations: earlier.violations().to_vec(),
            metrics: earlier.metrics().map(|(name, value)| (name.to_owned(), value)).collect(),
            step: None,
            message: Some(format!(
                "the result of trial {}, which had the same configuration",
                earlier.number().0
            )),
        })
    }
}

/// One decision on its way into the log.
enum Turn {
    /// A trial, and its ending where that is known already.
    Created(Box<TrialCreated>, Option<TrialEnded>),
    /// A trial that goes on.
    Again(Box<EventBody>, Option<Asked>),
}

impl View {
    fn of(study: &Study, want: usize, declared: bool) -> Self {
        View {
            study: study.name().to_owned(),
            seed: study.seed(),
            head: study.seq(),
            turns: study.turns(),
            decision: study.next_decision(),
            trial: study.next_trial(),
            left: study.trials_left().unwrap_or(u64::MAX),
            entries: study.enqueued().take(want).map(|(number, entry)| (number, entry.clone())).collect(),
            declared,
            duplicates: study.settings().duplicates,
        }
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
                    (Some(ended), _) => self.bodies.push(EventBody::TrialEnded(ended)),
                    (None, Some(epoch)) => self.bodies.push(started(run, epoch)),
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
                    self.bodies.push(started(run, epoch));
                }
            }
        }
    }
}

fn started(run: RunKey, epoch: u64) -> EventBody {
    EventBody::RunStarted(RunStarted { run, epoch, host: None, cpus: None, gpus: None })
}

fn over(study: &Study, now: u64) -> Option<Over> {
    match study.phase() {
        Phase::Stopped => Some(Over::Stopped),
        Phase::Paused => Some(Over::Paused),
        Phase::Open => study.stopped_by(now).map(Over::Limit),
    }
}
