//! Deciding what is tried next (invariant ONE DECIDER).
//!
//! Inside a process the brain's lock makes one decider (see `turns`); between processes the append does: it happens
//! only if nobody else decided since the history that this decision was made from. Where a proposal takes longer than
//! the commits that a lease costs, the lease keeps others from working in vain. While the sampler proposes, no
//! transaction is open and the state is not locked, so endings, reports and questions never wait for it.

use std::sync::{MutexGuard, PoisonError};
use std::time::Duration;

use search::{Observed, PrunerSpec};
use store::{Acquired, DECIDER, Durability, Guard, Lease};
use study::{Phase, Rule, Study};

use crate::brain::Brain;
use crate::plan::{Plan, View};
use crate::request::Request;
use crate::{Answer, Over, Session, SessionError};

/// From here on a proposal is worth a lease of its own: it costs three commits of some 30 µs.
const WORTH_A_LEASE: Duration = Duration::from_millis(2);
/// How long a decision may take beyond ten times the last one before another process may take over.
const LEASE: Duration = Duration::from_secs(10);
/// How often a decision is tried anew when others decided meanwhile.
const TRIES: u32 = 1_000;

impl Session {
    /// Decides for a request; endings that come with it are appended in any case.
    pub(crate) fn decide_alone(&self, brain: &mut Brain, request: Request) -> Result<Answer, SessionError> {
        if self.with_study(|study| study.lag().is_some()) {
            self.decide_in_turn(brain, request)
        } else {
            self.decide_some(brain, request)
        }
    }

    /// Under a lag: one turn after the other, each from what it may know (invariant LAG). Nothing is learned in advance,
    /// since an ending is for later turns than the next.
    fn decide_in_turn(&self, brain: &mut Brain, mut request: Request) -> Result<Answer, SessionError> {
        self.append_ending(&request)?;
        request.endings.clear();
        request.events.clear();
        let mut asked = Vec::new();
        while asked.len() < request.want {
            let before = self.with_study(Study::turns);
            match self.decide_some(brain, Request { want: 1, ..request.clone() }) {
                Ok(Answer::Trials(trials)) => asked.extend(trials),
                // A point whose result is known already was a turn too.
                Ok(_) if self.with_study(Study::turns) > before => {}
                answer if asked.is_empty() => return answer,
                // What stands in the way will be met again.
                _ => break,
            }
        }
        Ok(Answer::Trials(asked))
    }

    fn decide_some(&self, brain: &mut Brain, mut request: Request) -> Result<Answer, SessionError> {
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
        brain.cautious == 0 && !depends && state.space.is_some() && state.study.lag().is_none()
    }

    fn try_decide(&self, brain: &mut Brain, request: &Request) -> Result<Answer, SessionError> {
        let takes = brain.takes();
        let lease = if takes > WORTH_A_LEASE { Some(self.lease(takes)?) } else { None };
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
        let now = self.store.now_ms()?;
        let (view, lesson) = {
            let mut state = self.lock();
            if let Some(kind) = &state.unknown {
                return Err(SessionError::Newer { study: state.study.name().to_owned(), kind: kind.clone() });
            }
            for ending in &request.endings {
                crate::tell::open_trial(&state.study, ending.trial)?;
            }
            if let Some(over) = over(&state.study, now)
                && !is_promotions_turn(&state.study, now)
            {
                drop(state);
                self.append_ending(request)?;
                return Ok(Answer::Over(over));
            }
            if !state.study.may_decide() {
                return Ok(Answer::Wait);
            }
            let view = View::of(&state.study, request.want, state.space.is_some(), self.options.host.clone());
            (view, brain.lesson(&mut state)?)
        };
        let began = self.clock().steady();
        let built = brain.learn(lesson, &view.study, self.options.programs.as_ref())?;
        let mut plan = Plan::default();
        if !request.endings.is_empty() {
            let foreseen: Vec<Observed> = self.with_study(|study| {
                request.endings.iter().flat_map(|ending| study.foresee(ending)).collect()
            });
            built.sampler.learn(&foreseen);
            plan.foreseen = foreseen.len();
            plan.bodies.clone_from(&request.events);
        }
        self.fill(&view, built, request, &mut plan)?;
        brain.took(self.clock().steady().saturating_sub(began));
        self.commit(brain, view, request, plan, lease)
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
        self.over_at_once.lock().unwrap_or_else(PoisonError::into_inner).extend(plan.over);
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
}

/// Whether only the number of trials is used up and the study's rule promotes trials: a promotion is no new trial, so the
/// last ones still climb.
fn is_promotions_turn(study: &Study, now: u64) -> bool {
    study.phase() == Phase::Open
        && study.settings().pruner.as_ref().is_some_and(PrunerSpec::promotes)
        && study.limits(now).iter().all(|limit| !limit.reached || limit.rule == Rule::Trials)
}

fn over(study: &Study, now: u64) -> Option<Over> {
    match study.phase() {
        Phase::Stopped => Some(Over::Stopped),
        Phase::Paused => Some(Over::Paused),
        Phase::Open => study.stopped_by(now).map(Over::Limit),
    }
}
